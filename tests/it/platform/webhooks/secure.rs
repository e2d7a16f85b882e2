//! Webhooks to receivers that speak HTTPS.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mock_ce::{Method, MockCe, Seed, WebhookResult};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use rstest::rstest;
use tempfile::TempDir;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;

use super::{PATIENCE, server};
use crate::platform::receiver::Receiver;
use crate::platform::{event, provision};
use crate::support::Harness as _;

/// A receiver with a self-signed certificate of these parameters, and the PEM file that has it.
fn secured(certificate: CertificateParams, room: &TempDir) -> (Receiver, PathBuf) {
    let key = KeyPair::generate().unwrap();
    let certificate = certificate.self_signed(&key).unwrap();
    let path = room.path().join("receiver.pem");
    std::fs::write(&path, certificate.pem()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.into())
        .unwrap();
    (Receiver::secured(config), path)
}

fn named(name: &str) -> CertificateParams {
    CertificateParams::new(vec![name.to_owned()]).unwrap()
}

/// `openssl req -x509` makes such: an authority's form, and no name but that of the subject.
fn of_openssl() -> CertificateParams {
    let mut certificate = CertificateParams::new(Vec::new()).unwrap();
    certificate.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    certificate
}

/// Rule `event-deliver`.
#[rstest]
#[case::named(named("127.0.0.1"))]
#[case::of_openssl(of_openssl())]
fn a_receiver_with_a_certificate_that_the_settings_name_gets_webhooks(
    #[case] certificate: CertificateParams,
) {
    let room = TempDir::new().unwrap();
    let (receiver, file) = secured(certificate, &room);
    let mut ce = server(MockCe::builder().callback_ca(file));
    provision(&mut ce, &receiver.entry());
    for id in ["5001", "5002"] {
        ce.ask(event("mailjet", "{}"));
        let got = receiver.next();
        assert_eq!(got.request_line, "POST /callback?a=1 HTTP/1.1");
        assert_eq!(got.event(), id);
    }
    let attempts = ce.ce.wait_for_webhooks(2, PATIENCE);
    assert!(
        attempts
            .iter()
            .all(|attempt| attempt.result == WebhookResult::Answered(200)),
        "{attempts:?}"
    );
}

#[test]
fn a_receiver_that_is_not_trusted_gets_nothing_and_the_attempt_says_why() {
    let room = TempDir::new().unwrap();
    let (receiver, _) = secured(named("127.0.0.1"), &room);
    let mut ce = server(MockCe::builder());
    provision(&mut ce, &receiver.entry());
    ce.ask(event("mailjet", "{}"));
    let attempts = ce.ce.wait_for_webhooks(1, PATIENCE);
    let WebhookResult::Failed(reason) = &attempts[0].result else {
        panic!("{attempts:?}");
    };
    assert!(
        reason.contains("its certificate is not trusted") && reason.contains("--callback-ca FILE"),
        "{reason}"
    );
    assert!(receiver.has_no_more());
}

#[test]
fn a_certificate_vouches_for_no_receiver_but_the_one_that_shows_it() {
    let room = TempDir::new().unwrap();
    let (receiver, _) = secured(named("127.0.0.1"), &room);
    let other = TempDir::new().unwrap();
    let (_, file) = secured(named("127.0.0.1"), &other);
    let mut ce = server(MockCe::builder().callback_ca(file));
    provision(&mut ce, &receiver.entry());
    ce.ask(event("mailjet", "{}"));
    let attempts = ce.ce.wait_for_webhooks(1, PATIENCE);
    assert!(
        matches!(&attempts[0].result, WebhookResult::Failed(reason) if reason.contains("not trusted")),
        "{attempts:?}"
    );
}

/// Rule `event-callback-reach`: a webhook to the mock itself is answered, and makes no event.
#[test]
fn the_servers_own_certificate_is_trusted() {
    let ce = MockCe::builder()
        .tls()
        .webhook_delay(Duration::ZERO)
        .start();
    let own = format!("{}/events/mailjet", ce.base_url());
    let seed = Seed::new("o", "mailjet", "n").entry("event.notification.enabled", "true");
    let seed = seed.entry("event.notification.callback.url", own);
    let instance = ce.seed(&seed).unwrap();
    ce.fire_event(&instance, "{}").unwrap();
    let attempts = ce.wait_for_webhooks(1, PATIENCE);
    assert_eq!(attempts[0].result, WebhookResult::Answered(200));
    ce.received(Method::POST, "/events/mailjet")
        .rule("event-callback-reach")
        .once();
}

#[test]
fn a_file_that_cannot_be_used_is_told_at_the_start() {
    let refused = MockCe::builder().callback_ca("no.pem").try_start();
    let told = refused.unwrap_err().to_string();
    assert!(
        told.contains("cannot use the PEM file of --callback-ca \"no.pem\""),
        "{told}"
    );
}
