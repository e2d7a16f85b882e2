//! Webhooks that are still to be sent: in the ledger, in snapshots and within limits.

use std::time::Duration;

use mock_ce::Json;
use rstest::rstest;

use super::{core, sent};
use crate::platform::{event, provision};
use crate::support::{Core, Harness, Request};

/// The ledger says which events no callback has taken.
#[test]
fn what_was_not_taken_is_in_the_ledger() {
    let mut ce = core(&[]);
    ce.ask(event("mailjet", "{}"));
    ce.ask(event("mailjet", "{}"));
    let mut statuses = [200, 500].into_iter();
    ce.emulator().send_webhooks(|_| statuses.next().unwrap());
    let ledger = ce.emulator().ledger(None);
    assert_eq!(ledger.undelivered, ["5002"]);
    assert!(
        ledger
            .to_string()
            .contains("no callback has taken event 5002"),
        "{ledger}"
    );
    assert_eq!(ce.emulator().ledger(Some("p")).undelivered, [""; 0]);
}

/// An instance that is deleted gets no more webhooks.
#[test]
fn nothing_is_sent_for_an_instance_that_is_gone() {
    let mut ce = core(&[]);
    ce.ask(event("mailjet", "{}"));
    ce.ask(Request::delete("/instances/1234"));
    assert_eq!(sent(&ce, 200), []);
    let shown = ce.ask(Request::get("/instances/events/5001"));
    assert!(
        shown
            .text()
            .contains("the instance or its callback is gone"),
        "{}",
        shown.text()
    );
}

/// The server sends no webhook that a reset has forgotten, though an event with the same id comes after it.
#[test]
fn a_reset_forgets_what_was_to_be_sent() {
    let mut ce = core(&[]);
    ce.ask(event("mailjet", r#"{"n":1}"#));
    assert_eq!(sent(&ce, 500).len(), 1);
    ce.emulator().reset(None);
    assert_eq!(ce.emulator().webhooks(), []);
    provision(
        &mut ce,
        r#""event.notification.callback.url":"http://127.0.0.1:1/""#,
    );
    ce.ask(event("mailjet", r#"{"n":2}"#));
    ce.emulator().advance_clock(Duration::from_secs(10));
    let bodies: Vec<_> = sent(&ce, 200)
        .into_iter()
        .map(|one| String::from_utf8(one.body.to_vec()).unwrap())
        .collect();
    assert_eq!(bodies.len(), 1);
    assert!(bodies[0].contains(r#""raw":{"n":2}"#), "{}", bodies[0]);
}

/// A restored queue goes on where it was.
#[test]
fn a_restored_retry_is_due_when_it_was() {
    let mut ce = core(&[]);
    ce.ask(event("mailjet", "{}"));
    assert_eq!(sent(&ce, 500).len(), 1);
    let restored = Core::start(&[("clock", "2017-03-14T19:20:16Z")]);
    restored
        .emulator()
        .restore(&ce.emulator().snapshot(None), None)
        .unwrap();
    assert_eq!(sent(&restored, 200), []);
    restored.emulator().advance_clock(Duration::from_secs(4));
    assert_eq!(sent(&restored, 200)[0].attempt, 2);
}

/// A document that is wrong in its events is refused with the place, and nothing changes.
#[rstest]
#[case::array(r#"{}"#, "events must be an array")]
#[case::member(r#"[{"organization":"o","event":[]}]"#, "events[0]")]
#[case::element(
    r#"[{"organization":"o","events":[{"id":1,"instance":1,"element":"mailject"}]}]"#,
    "events[0].events[0].element"
)]
#[case::twice(
    r#"[{"organization":"o"},{"organization":"o"}]"#,
    "events[1].organization comes twice"
)]
#[case::stage(
    r#"[{"organization":"o","events":[{"id":1,"instance":1,"element":"mailjet","notifications":[{"id":1,"stage":"x"}]}]}]"#,
    "notifications[0].stage"
)]
#[case::count(
    r#"[{"organization":"o","events":[{"id":1,"instance":1,"element":"mailjet","notifications":[{"id":1,"stage":"queued"},{"id":2,"stage":"queued"}]}]}]"#,
    "notifications must be 1"
)]
#[case::changes(
    &format!(
        r#"[{{"organization":"o","events":[{{"id":1,"instance":1,"element":"mailjet","raw":{{"events":[{}]}}}}]}}]"#,
        ["{}"; 1001].join(",")
    ),
    "events[0].events[0].raw: The message has 1001 changes"
)]
#[case::next_event(
    r#"[{"organization":"o","nextId":18446744073709551615}]"#,
    "events[0].nextId must be at most"
)]
#[case::next_notification(
    r#"[{"organization":"o","nextNotification":18446744073709551615}]"#,
    "events[0].nextNotification must be at most"
)]
#[case::dropped(
    r#"[{"organization":"o","dropped":18446744073709551615}]"#,
    "events[0].dropped must be at most"
)]
#[case::notification_id(
    r#"[{"organization":"o","events":[{"id":1,"instance":1,"element":"mailjet","notifications":[{"id":18446744073709551615,"stage":"queued"}]}]}]"#,
    "notifications[0].id must be at most"
)]
#[case::attempts(
    r#"[{"organization":"o","events":[{"id":1,"instance":1,"element":"mailjet","notifications":[{"id":1,"stage":"queued","attempts":4294967295}]}]}]"#,
    "notifications[0].attempts must be at most"
)]
fn a_wrong_document_is_refused(#[case] events: &str, #[case] place: &str) {
    let mut ce = core(&[]);
    ce.ask(event("mailjet", "{}"));
    let before = ce.emulator().snapshot(None);
    let document = format!(r#"{{"version":1,"organizations":[],"events":{events}}}"#);
    let document = Json::parse(document.as_bytes()).unwrap();
    let refused = ce
        .emulator()
        .restore(&document, None)
        .unwrap_err()
        .to_string();
    assert!(refused.contains(place), "{refused}");
    assert_eq!(ce.emulator().snapshot(None), before);
}

/// Limits: the oldest events go first.
#[test]
fn old_events_are_dropped_and_counted() {
    let mut ce = core(&[]);
    for _ in 0..10_003 {
        ce.ask(event("mailjet", "{}"));
    }
    assert_eq!(ce.ask(Request::get("/instances/events/5003")).status, 404);
    assert_eq!(ce.ask(Request::get("/instances/events/5004")).status, 200);
    assert_eq!(sent(&ce, 200).len(), 10_000);
    let snapshot = ce.emulator().snapshot(None);
    let account = &snapshot.get("events").unwrap().as_array().unwrap()[0];
    assert_eq!(account.get("dropped").and_then(Json::as_u64), Some(3));
}
