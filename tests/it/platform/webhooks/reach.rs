//! The addresses that may be called.

use std::time::Duration;

use mock_ce::{Callbacks, WebhookBody, WebhookResult};
use rstest::rstest;

use super::{PATIENCE, fresh, sent, status};
use crate::platform::{column, event, provision};
use crate::support::{Core, Harness, Request};

/// Rule `event-callback-reach`: what may not be called is said in the event and in the journal of webhooks.
#[rstest]
#[case::elsewhere("http://198.51.100.1/", "not this machine")]
#[case::name("http://receiver.example/", "not this machine")]
#[case::no_url("call me", "no URL")]
fn a_callback_elsewhere_is_not_called(#[case] callback: &str, #[case] reason: &str) {
    let mut ce = Core::start(&[]);
    provision(
        &mut ce,
        &format!(r#""event.notification.callback.url":"{callback}""#),
    );
    ce.ask(event("mailjet", "{}"));
    assert_eq!(sent(&ce, 200), []);
    assert_eq!(status(&mut ce, "5001"), "DISPATCHED");
    let shown = ce.ask(Request::get("/instances/events/5001"));
    assert!(shown.text().contains(reason), "{}", shown.text());
    let attempts = ce.emulator().webhooks();
    let WebhookResult::Refused(why) = &attempts[0].result else {
        panic!("{attempts:?}")
    };
    assert!(why.contains(reason), "{why}");
    ce.emulator().advance_clock(Duration::from_secs(100));
    assert_eq!(sent(&ce, 200), []);
}

/// Rule `event-callback-reach`: on demand.
#[test]
fn a_callback_elsewhere_is_called_on_demand() {
    let mut ce = Core::start(&[("callbacks", "anywhere")]);
    provision(
        &mut ce,
        r#""event.notification.callback.url":"http://198.51.100.1/""#,
    );
    ce.ask(event("mailjet", "{}"));
    assert_eq!(sent(&ce, 200).len(), 1);
    assert_eq!(Callbacks::default(), Callbacks::Loopback);
    assert_eq!(WebhookBody::default(), WebhookBody::Message);
}

/// Rule `event-callback-reach`: the mock as its own callback is called once.
#[test]
fn a_callback_to_the_mock_itself_makes_no_loop() {
    let mut ce = fresh();
    let own = format!("{}/events/mailjet", ce.ce.base_url());
    provision(
        &mut ce,
        &format!(r#""event.notification.callback.url":"{own}""#),
    );
    ce.ask(event("mailjet", "{}"));
    let attempts = ce.ce.wait_for_webhooks(1, PATIENCE);
    assert_eq!(attempts[0].result, WebhookResult::Answered(200));
    ce.ce
        .received(http::Method::POST, "/events/mailjet")
        .rule("event-callback-reach")
        .once();
    assert_eq!(
        column(&ce.ask(Request::get("/instances/events")), "id"),
        ["5001"]
    );
}
