//! Faults on webhooks: what a receiver must bear.

use std::time::Duration;

use mock_ce::{Json, WebhookFault, WebhookResult};
use rstest::rstest;

use super::{KEY, core, fresh, sent, signed, status};
use crate::platform::receiver::{Got, Receiver};
use crate::platform::{event, provision};
use crate::support::{Harness, Request};

/// Faults on webhooks: what a receiver must bear.
#[test]
fn a_webhook_is_lost_and_comes_again() {
    let mut ce = core(&[]);
    ce.emulator().fault_webhooks(WebhookFault::Drop, 1);
    ce.ask(event("mailjet", "{}"));
    assert_eq!(sent(&ce, 200), []);
    assert_eq!(ce.emulator().webhooks()[0].result, WebhookResult::Dropped);
    ce.emulator().advance_clock(Duration::from_secs(4));
    assert_eq!(sent(&ce, 200).len(), 1);
}

#[test]
fn a_webhook_is_delayed() {
    let mut ce = core(&[]);
    ce.emulator()
        .fault_webhooks(WebhookFault::Delay(Duration::from_secs(5)), 1);
    ce.ask(event("mailjet", "{}"));
    assert_eq!(sent(&ce, 200), []);
    ce.emulator().advance_clock(Duration::from_secs(5));
    assert_eq!(sent(&ce, 200).len(), 1);
}

#[test]
fn a_webhook_comes_twice() {
    let mut ce = core(&[]);
    ce.emulator().fault_webhooks(WebhookFault::Twice, 1);
    ce.ask(event("mailjet", "{}"));
    let twice = sent(&ce, 200);
    assert_eq!(twice.len(), 2);
    assert_eq!(twice[0], twice[1]);
    assert_eq!(status(&mut ce, "5001"), "NOTIFIED");
}

/// Of two copies that both fail there is one retry, and one that was taken is not sent again.
#[rstest]
#[case::both_fail([500, 500], 1)]
#[case::the_second_is_taken([500, 200], 0)]
#[case::the_first_is_taken([200, 500], 0)]
fn two_copies_are_one_notification(#[case] statuses: [u16; 2], #[case] retries: usize) {
    let mut ce = core(&[]);
    ce.emulator().fault_webhooks(WebhookFault::Twice, 1);
    ce.ask(event("mailjet", "{}"));
    let mut statuses = statuses.into_iter();
    ce.emulator().send_webhooks(|_| statuses.next().unwrap());
    ce.emulator().advance_clock(Duration::from_secs(16));
    assert_eq!(sent(&ce, 200).len(), retries);
    assert_eq!(status(&mut ce, "5001"), "NOTIFIED");
}

#[test]
fn a_webhook_comes_behind_the_next_one() {
    let mut ce = core(&[]);
    ce.emulator().fault_webhooks(WebhookFault::OutOfOrder, 1);
    for _ in 0..3 {
        ce.ask(event("mailjet", "{}"));
    }
    let order: Vec<_> = sent(&ce, 200)
        .into_iter()
        .map(|webhook| webhook.event)
        .collect();
    assert_eq!(order, ["5002", "5003", "5001"]);
}

#[test]
fn a_webhook_is_signed_with_another_key() {
    let (mut ce, receiver) = (fresh(), Receiver::start());
    provision(&mut ce, &(receiver.entry() + KEY));
    ce.ce.fault_webhooks(WebhookFault::WrongSignature, 1);
    ce.ask(event("mailjet", "{}"));
    ce.ask(event("mailjet", "{}"));
    let is_right =
        |got: Got| got.header("elements-webhook-signature") == Some(&*signed("schlüssel", &got));
    assert_eq!(
        [receiver.next(), receiver.next()].map(is_right),
        [false, true]
    );
}

/// The same from any language.
#[test]
fn webhooks_are_steered_below_admin() {
    let mut ce = core(&[]);
    let order = |method: &str, path: &str, body: &str| {
        Request::raw(method, &format!("/__admin{path}")).json(body)
    };
    let faults =
        r#"[{"fault":"twice","instance":1234},{"fault":{"delay":"5s"},"instance":99,"times":3}]"#;
    assert_eq!(
        ce.ask(order("POST", "/webhooks/faults", faults)).text(),
        "{}"
    );
    let fired = ce.ask(order(
        "POST",
        "/events",
        r#"{"instance":1234,"body":{"a":1}}"#,
    ));
    assert_eq!(fired.text(), r#"{"events":["5001"]}"#);
    assert_eq!(sent(&ce, 200).len(), 2);
    let shown = ce.ask(Request::raw("GET", "/__admin/webhooks"));
    let shown = shown.json();
    let attempts = shown.get("webhooks").unwrap().as_array().unwrap();
    let status = |attempt: &Json<'_>| attempt.get("status").and_then(Json::as_u64);
    assert_eq!(
        attempts.iter().map(status).collect::<Vec<_>>(),
        [Some(200), Some(200)]
    );
    assert_eq!(
        ce.ask(Request::raw("DELETE", "/__admin/webhooks/faults").json(""))
            .status,
        200
    );
    for (body, word) in [
        (r#"{"fault":"late"}"#, "fault must be"),
        ("{}", "fault is required"),
        (r#"{"fault":"drop","times":0}"#, "times must be at least 1"),
    ] {
        let refused = ce.ask(order("POST", "/webhooks/faults", body));
        assert_eq!(refused.status, 400);
        assert!(refused.message().contains(word), "{}", refused.message());
    }
    let unknown = ce.ask(order("POST", "/events", r#"{"instance":99}"#));
    assert!(
        unknown.message().contains("there is no instance 99"),
        "{}",
        unknown.message()
    );
}
