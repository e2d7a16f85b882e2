//! The notifications of an event: their bodies, signatures and order.

use std::time::Duration;

use mock_ce::{Json, WebhookResult};
use rstest::rstest;

use super::{KEY, PATIENCE, core, fresh, sent, signed, status};
use crate::platform::receiver::Receiver;
use crate::platform::{column, event, provision};
use crate::support::{Core, Harness, Request, Server};

/// Rules `event-deliver`, `event-signature`, `event-body`, `event-status`.
#[test]
fn a_webhook_is_signed_and_its_event_is_notified() {
    let (mut ce, receiver) = (fresh(), Receiver::start());
    provision(&mut ce, &(receiver.entry() + KEY));
    ce.ask(event(
        "mailjet",
        r#"{"action":"update","objects":[{"attributes":{"type":"Contact"},"Id":"003x"}]}"#,
    ));
    let got = receiver.next();
    assert_eq!(got.request_line, "POST /callback?a=1 HTTP/1.1");
    assert_eq!(got.header("content-type"), Some("application/json"));
    assert_eq!(got.header("elements-webhook-id"), Some("7001"));
    assert_eq!(
        got.header("elements-webhook-signature"),
        Some(&*signed("schlüssel", &got))
    );
    let body = got.json();
    let message = body.get("message").unwrap();
    assert_eq!(got.event(), "5001");
    assert_eq!(
        message.get("instance_id").and_then(Json::as_u64),
        Some(1234)
    );
    assert_eq!(
        message
            .get("raw")
            .unwrap()
            .get("action")
            .and_then(Json::as_str),
        Some("update")
    );
    let entries = message.get("events").and_then(Json::as_array).unwrap();
    assert_eq!(
        entries[0].get("eventType").and_then(Json::as_str),
        Some("UPDATED")
    );
    let attempts = ce.ce.wait_for_webhooks(1, PATIENCE);
    assert_eq!(attempts[0].result, WebhookResult::Answered(200));
    assert_eq!(status(&mut ce, "5001"), "NOTIFIED");
    let shown = ce.ask(Request::get("/instances/events/5001"));
    assert_eq!(
        shown.json().get("notifiedData").unwrap().as_array(),
        Some(&[body.clone()][..])
    );
}

/// Rule `event-deliver`: without a key there is no signature.
#[test]
fn a_webhook_without_a_key_is_not_signed() {
    let (mut ce, receiver) = (fresh(), Receiver::start());
    provision(&mut ce, &receiver.entry());
    ce.ask(event("mailjet", "{}"));
    assert_eq!(receiver.next().header("elements-webhook-signature"), None);
}

/// Rule `event-signature`: the key is that of the time of sending; rule `event-config-late`.
#[test]
fn a_key_that_is_changed_signs_the_next_attempt() {
    let mut ce = Core::start(&[]);
    let callback = r#""event.notification.callback.url":"http://127.0.0.1:1/""#;
    provision(&mut ce, &format!("{callback}{KEY}"));
    ce.ask(event("mailjet", "{}"));
    let (first, second) = (sent(&ce, 500), {
        ce.ask(Request::patch(
            "/instances/1234",
            r#"{"configuration":{"event.notification.signature.key":"new"}}"#,
        ));
        ce.emulator().advance_clock(Duration::from_secs(4));
        sent(&ce, 200)
    });
    assert_eq!(first[0].body, second[0].body);
    assert_ne!(first[0].signature, second[0].signature);
}

/// Rule `event-body-guide`.
#[test]
fn the_guides_older_body_is_sent_on_demand() {
    let mut ce = core(&[("webhook-body", "guide")]);
    ce.ask(event("mailjet", r#"{"id":3}"#));
    let sent = sent(&ce, 200);
    let body = Json::parse(&sent[0].body).unwrap();
    let number = |name: &str| body.get(name).and_then(Json::as_u64);
    assert_eq!(
        (
            number("eventId"),
            number("instanceId"),
            number("notificationId")
        ),
        (Some(5001), Some(1234), Some(7001))
    );
    assert!(body.get("response").unwrap().get("events").is_some());
}

/// Rule `event-objects`: more entries than fit are split, each notification with the whole message.
#[rstest]
#[case::few("mailjet", 20, &[20])]
#[case::many("mailjet", 45, &[20, 20, 5])]
#[case::polled("mailjetPolling", 12, &[10, 2])]
fn many_changes_are_split(#[case] key: &str, #[case] count: usize, #[case] expected: &[usize]) {
    let mut ce = core(&[]);
    let entry = r#"{"objectType":"c","objectId":"1","eventType":"CREATED"}"#;
    let body = format!(
        r#"{{"instance_id":1234,"events":[{}]}}"#,
        vec![entry; count].join(",")
    );
    ce.ask(event(key, &body));
    let sent = sent(&ce, 200);
    let sizes: Vec<_> = sent
        .iter()
        .map(|webhook| {
            let body = Json::parse(&webhook.body).unwrap();
            let message = body.get("message").unwrap();
            let all = message
                .get("raw")
                .unwrap()
                .get("events")
                .unwrap()
                .as_array()
                .unwrap();
            assert_eq!(all.len(), count);
            message.get("events").unwrap().as_array().unwrap().len()
        })
        .collect();
    assert_eq!(sizes, expected);
    let ids: std::collections::BTreeSet<_> = sent.iter().map(|webhook| &webhook.id).collect();
    assert_eq!(ids.len(), expected.len());
    let has_poll_date = String::from_utf8_lossy(&sent[0].body).contains("pollDate");
    assert_eq!(has_poll_date, key != "mailjet");
}

/// A message with so many empty changes.
fn message_of(count: usize) -> String {
    format!(r#"{{"events":[{}]}}"#, vec!["{}"; count].join(","))
}

/// Rule `event-objects`: a message with more changes than an event has is refused, wherever it comes from.
#[rstest]
#[case::a_limit_too_many(
    1_001,
    "The message has 1001 changes, and this mock takes 1000 at most"
)]
#[case::a_large_body(
    300_000,
    "The message has 300000 changes, and this mock takes 1000 at most"
)]
fn a_message_with_too_many_changes_is_refused(#[case] count: usize, #[case] told: &str) {
    let mut ce = core(&[]);
    let instance = ce.emulator().instances(None).remove(0);
    assert_eq!(ce.ask(event("mailjet", &message_of(1_000))).status, 200);
    assert_eq!(sent(&ce, 200).len(), 50);
    let before = ce.emulator().snapshot(None).get("events").cloned();
    let refused = ce.ask(event("mailjet", &message_of(count)));
    assert_eq!(refused.verdict(), (400, "event-objects"));
    assert!(refused.message().starts_with(told), "{}", refused.message());
    let fired = ce
        .emulator()
        .fire_event(&instance, message_of(count).as_bytes());
    assert!(fired.unwrap_err().to_string().starts_with(told));
    let after = ce.emulator().snapshot(None).get("events").cloned();
    assert_eq!(after, before);
}

/// Rule `event-shape`: what was sent is shown byte by byte, of each notification in its own row.
#[test]
fn each_notification_of_an_event_is_shown_as_it_was_sent() {
    let mut ce = core(&[]);
    ce.ask(event("mailjet", &message_of(45)));
    let sent = sent(&ce, 200);
    let bodies = sent
        .iter()
        .map(|webhook| Json::parse(&webhook.body).unwrap());
    let bodies: Vec<_> = bodies.collect();
    let reply = ce.ask(Request::get("/instances/events/5001"));
    let shown = reply.json();
    let all = shown.get("notifiedData").unwrap().as_array();
    assert_eq!(all, Some(&*bodies));
    let rows = shown.get("eventElementInstances").unwrap().as_array();
    let of_rows = rows
        .unwrap()
        .iter()
        .map(|row| row.get("notifiedData").unwrap());
    let of_rows: Vec<_> = of_rows.flat_map(|sent| sent.as_array().unwrap()).collect();
    assert_eq!(of_rows, bodies.iter().collect::<Vec<_>>());
}

/// Rule `event-body`: a message of deep nesting is text from a depth on; what is made of it can be read and restored.
#[rstest]
#[case::deep(104, '[')]
#[case::too_deep(105, '"')]
#[case::as_deep_as_json_is_read(127, '"')]
#[case::deeper(200, '"')]
fn a_message_may_be_nested_deep(#[case] levels: usize, #[case] shown: char) {
    let mut ce = core(&[]);
    let body = "[".repeat(levels) + &"]".repeat(levels);
    ce.ask(event("mailjet", &body));
    let sent = sent(&ce, 200);
    let sent = Json::parse(&sent[0].body).unwrap();
    let raw = sent.get("message").unwrap().get("raw").unwrap();
    assert!(raw.to_string().starts_with(shown), "{raw}");
    let listed = ce.ask(Request::get("/instances/events"));
    assert_eq!(column(&listed, "providerData"), [body]);
    let kept = ce.emulator().snapshot(None).to_bytes();
    let restored = ce.emulator().restore(&Json::parse(&kept).unwrap(), None);
    assert!(restored.is_ok(), "{restored:?}");
}

/// Rule `event-list`: a page ends before it takes hundreds of megabytes, and says where the next begins.
#[test]
fn a_page_of_large_events_ends_early() {
    let mut ce = core(&[]);
    let body =
        message_of(1_000).replacen("{}", &format!(r#"{{"x":"{}"}}"#, "x".repeat(100_000)), 1);
    for _ in 0..4 {
        ce.ask(event("mailjet", &body));
    }
    sent(&ce, 200);
    let first = ce.ask(Request::get("/instances/events"));
    assert_eq!(column(&first, "id"), ["5004", "5003"]);
    let next = first.header("elements-next-page-token").unwrap();
    let second = ce.ask(Request::get(&format!("/instances/events?nextPage={next}")));
    assert_eq!(column(&second, "id"), ["5002", "5001"]);
    assert_eq!(second.header("elements-next-page-token"), None);
}

/// Rule `event-first-attempt`: by the machine's clock, also where the mock's stands still.
#[test]
fn the_first_attempt_comes_a_little_later_whatever_the_clock_says() {
    let receiver = Receiver::start();
    let mut ce = Server::start(&[("clock", "2017-03-14T19:20:16Z"), ("webhook-delay", "1ms")]);
    provision(&mut ce, &receiver.entry());
    ce.ask(event("mailjet", "{}"));
    assert_eq!(receiver.next().event(), "5001");
}

#[test]
fn an_event_is_fired_from_a_test() {
    let (mut ce, receiver) = (fresh(), Receiver::start());
    provision(&mut ce, &receiver.entry());
    let instance = ce.ce.instances().remove(0);
    assert_eq!(ce.ce.fire_event(&instance, r#"{"a":1}"#).unwrap(), "5001");
    assert_eq!(receiver.next().event(), "5001");
    ce.ask(Request::patch(
        "/instances/1234",
        r#"{"configuration":{"event.notification.enabled":false}}"#,
    ));
    let refused = ce.ce.fire_event(&instance, "{}").unwrap_err();
    assert!(refused.to_string().contains("takes no events"), "{refused}");
}

/// Rule `event-deliver`: a thousand events arrive once each, in order, over few connections.
#[test]
fn a_thousand_events_arrive_in_order() {
    let (mut ce, receiver) = (fresh(), Receiver::start());
    provision(&mut ce, &receiver.entry());
    let instance = ce.ce.instances().remove(0);
    let fired: Vec<_> = (0..1000)
        .map(|number| {
            ce.ce
                .fire_event(&instance, format!(r#"{{"n":{number}}}"#))
                .unwrap()
        })
        .collect();
    let arrived: Vec<_> = (0..1000).map(|_| receiver.next().event()).collect();
    assert_eq!(arrived, fired);
    assert_eq!(ce.ce.wait_for_webhooks(1000, PATIENCE).len(), 1000);
}
