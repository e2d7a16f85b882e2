//! Webhooks on their way out: over a socket to a receiver, and in process to a function.

mod delivery;
mod faults;
mod polling;
mod reach;
mod retries;
#[cfg(feature = "tls")]
mod secure;
mod state;

use std::time::Duration;

use base64::Engine as _;
use mock_ce::{MockCe, Settings, Webhook};

use crate::platform::provision;
use crate::platform::receiver::Got;
use crate::support::{Core, Harness, Request, Server};

const PATIENCE: Duration = Duration::from_secs(20);

/// A server that sends at once, with these settings.
fn server(settings: Settings) -> Server {
    Server::of(settings.webhook_delay(Duration::ZERO).start())
}

fn fresh() -> Server {
    server(MockCe::builder())
}

fn signed(key: &str, got: &Got) -> String {
    let mac = hmac_sha256::HMAC::mac(&got.body, key.as_bytes());
    format!(
        "sha256={}",
        base64::engine::general_purpose::STANDARD.encode(mac)
    )
}

fn status(ce: &mut impl Harness, event: &str) -> String {
    ce.ask(Request::get(&format!("/instances/events/{event}")))
        .member("status")
}

const KEY: &str = r#","event.notification.signature.key":"schlüssel""#;

/// The webhooks that are due, each answered with this status.
fn sent(ce: &Core, status: u16) -> Vec<Webhook> {
    let mut sent = Vec::new();
    ce.emulator().send_webhooks(|webhook| {
        sent.push(webhook.clone());
        status
    });
    sent
}

/// A service without a socket, its clock stopped, whose one instance has a callback.
fn core(flags: &[(&str, &str)]) -> Core {
    let mut ce = Core::start(&[flags, &[("clock", "2017-03-14T19:20:16Z")]].concat());
    provision(
        &mut ce,
        r#""event.notification.callback.url":"http://127.0.0.1:1/""#,
    );
    ce
}
