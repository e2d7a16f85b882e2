//! Attempts that fail, callbacks that are turned off, and those that are turned on again.

use std::time::Duration;

use mock_ce::{MockCe, WebhookResult};
use rstest::rstest;

use super::{PATIENCE, core, sent, server, status};
use crate::platform::receiver::Receiver;
use crate::platform::{event, provision};
use crate::support::{Core, Harness, Request};

/// Rule `event-retry`: retry x comes 4^x seconds after the first failure, and nothing after a 2xx.
#[test]
fn a_failure_is_retried_by_the_mocks_clock() {
    let mut ce = core(&[]);
    ce.ask(event("mailjet", "{}"));
    assert_eq!(status(&mut ce, "5001"), "RECEIVED");
    assert_eq!(sent(&ce, 500).len(), 1);
    assert_eq!(status(&mut ce, "5001"), "DISPATCHED");
    let mut passed = 0;
    for retry in 1..=9_u32 {
        let due = 4_u64.pow(retry);
        ce.emulator()
            .advance_clock(Duration::from_secs(due - passed - 1));
        assert_eq!(sent(&ce, 500), [], "before retry {retry}");
        ce.emulator().advance_clock(Duration::from_secs(1));
        passed = due;
        let answer = if retry == 9 { 204 } else { 404 };
        let attempts = sent(&ce, answer);
        assert_eq!(attempts.len(), 1, "retry {retry}");
        assert_eq!(attempts[0].attempt, retry + 1);
    }
    assert_eq!(status(&mut ce, "5001"), "NOTIFIED");
    ce.emulator().advance_clock(Duration::from_secs(10_000_000));
    assert_eq!(sent(&ce, 200), []);
}

/// Rule `event-retry-end`.
#[test]
fn after_the_last_failure_later_events_wait() {
    let mut ce = core(&[("webhook-retry-unit", "1ms")]);
    ce.ask(event("mailjet", "{}"));
    assert_eq!(sent(&ce, 503).len(), 1);
    ce.emulator().advance_clock(Duration::from_secs(300));
    assert_eq!(sent(&ce, 503).len(), 9);
    assert_eq!(sent(&ce, 200), []);
    assert_eq!(status(&mut ce, "5001"), "DISPATCHED");
    ce.ask(event("mailjet", "{}"));
    assert_eq!(sent(&ce, 200), []);
    assert_eq!(status(&mut ce, "5002"), "RECEIVED");
    let other = r#"{"configuration":{"event.notification.callback.url":"http://127.0.0.1:2/"}}"#;
    ce.ask(Request::patch("/instances/1234", other));
    ce.ask(event("mailjet", "{}"));
    assert_eq!(sent(&ce, 200).len(), 1);
    let kept = ce.emulator().snapshot(None);
    let restored = Core::start(&[]);
    restored.emulator().restore(&kept, None).unwrap();
    assert_eq!(restored.emulator().snapshot(None), kept);
}

/// Rule `event-retry`: over a socket, where the receiver answers 5xx, redirects, or never answers at all.
#[rstest]
#[case::server_error(Receiver::answering(["500 Internal Server Error"]), WebhookResult::Answered(500))]
#[case::redirect(Receiver::answering(["302 Found\r\nlocation: /elsewhere"]), WebhookResult::Answered(302))]
#[case::silence(Receiver::silent_once(), WebhookResult::Failed("no answer within 2s".to_owned()))]
fn a_receiver_that_does_not_accept_is_called_again(
    #[case] receiver: Receiver,
    #[case] first: WebhookResult,
) {
    let settings = MockCe::builder().webhook_timeout(Duration::from_secs(2));
    let mut ce = server(settings.webhook_retry_unit(Duration::from_millis(1)));
    provision(&mut ce, &receiver.entry());
    ce.ask(event("mailjet", "{}"));
    let ids = [receiver.next(), receiver.next()].map(|got| {
        assert_eq!(got.request_line, "POST /callback?a=1 HTTP/1.1");
        got.header("elements-webhook-id").unwrap().to_owned()
    });
    assert_eq!(ids[0], ids[1]);
    let results: Vec<_> = ce
        .ce
        .wait_for_webhooks(2, PATIENCE)
        .into_iter()
        .map(|one| one.result)
        .collect();
    assert_eq!(results, [first, WebhookResult::Answered(200)]);
    assert_eq!(status(&mut ce, "5001"), "NOTIFIED");
    assert!(receiver.has_no_more());
}

/// Rule `event-retry-end`: with the policy `queue` the first failure turns the callback off, and nothing is tried again.
#[test]
fn an_account_that_queues_its_failures_retries_nothing() {
    let mut ce = core(&[]);
    let policy = |policy: &str| format!(r#"{{"notification.webhook.failure.policy":"{policy}"}}"#);
    let settings = ce.ask(Request::get("/accounts/settings"));
    assert_eq!(
        (settings.verdict(), settings.text()),
        ((200, "event-retry-end"), &*policy("retry"))
    );
    let set = ce.ask(Request::patch("/accounts/settings", policy("queue")));
    assert_eq!(set.text(), policy("queue"));
    ce.ask(event("mailjet", "{}"));
    assert_eq!(sent(&ce, 500).len(), 1);
    ce.ask(event("mailjet", "{}"));
    ce.emulator()
        .advance_clock(Duration::from_secs(4_u64.pow(9)));
    assert_eq!(sent(&ce, 200), []);
    assert_eq!(
        (status(&mut ce, "5001"), status(&mut ce, "5002")),
        ("DISPATCHED".to_owned(), "RECEIVED".to_owned())
    );
    let snapshot = ce.ask(Request::raw("GET", "/__admin/state"));
    ce.ask(Request::raw("DELETE", "/__admin/state").json(""));
    assert_eq!(
        ce.ask(Request::get("/accounts/settings")).text(),
        policy("retry")
    );
    ce.ask(Request::raw("PUT", "/__admin/state").json(snapshot.body));
    assert_eq!(
        ce.ask(Request::get("/accounts/settings")).text(),
        policy("queue")
    );
}

/// Rule `event-reactivate`: what waited is sent, and has all its retries again.
#[rstest]
#[case::callback(
    Request::patch(
        "/instances/1234",
        r#"{"configuration":{"event.notification.callback.url":"http://127.0.0.1:1/"}}"#
    ),
    true
)]
#[case::switched_on(
    Request::put(
        "/instances/1234",
        r#"{"configuration":{"event.notification.enabled":true}}"#
    ),
    true
)]
#[case::entry(
    Request::patch("/instances/1234/configuration/1234004", r#"{"propertyValue":"true"}"#),
    true
)]
#[case::switched_off(
    Request::patch(
        "/instances/1234",
        r#"{"configuration":{"event.notification.enabled":false}}"#
    ),
    false
)]
#[case::another_entry(
    Request::patch("/instances/1234", r#"{"configuration":{"event.objects":"a"}}"#),
    false
)]
fn a_callback_that_was_turned_off_can_be_turned_on(#[case] update: Request, #[case] is_on: bool) {
    let mut ce = core(&[]);
    let queue = r#"{"notification.webhook.failure.policy":"queue"}"#;
    ce.ask(Request::patch("/accounts/settings", queue));
    ce.ask(event("mailjet", "{}"));
    assert_eq!(sent(&ce, 500).len(), 1);
    ce.ask(event("mailjet", "{}"));
    assert_eq!(sent(&ce, 200), []);
    assert_eq!(ce.ask(update).status, 200);
    let statuses = |ce: &mut Core| ["5001", "5002"].map(|id| status(ce, id));
    match is_on {
        true => {
            assert_eq!(sent(&ce, 200).len(), 2);
            assert_eq!(statuses(&mut ce), ["NOTIFIED", "NOTIFIED"]);
            ce.ask(event("mailjet", "{}"));
            assert_eq!(sent(&ce, 200).len(), 1);
        }
        false => {
            assert_eq!(sent(&ce, 200), []);
            assert_eq!(statuses(&mut ce), ["DISPATCHED", "RECEIVED"]);
        }
    }
    let relied = ce.emulator().run_ledger(None).to_json().to_string();
    assert_eq!(relied.contains("event-reactivate"), is_on, "{relied}");
}

/// Rules `event-retry-end`, `analytics-foreign-account`.
#[rstest]
#[case(
    "PATCH",
    "/accounts/1/settings",
    r#"{"other":1}"#,
    200,
    "event-retry-end"
)]
#[case(
    "POST",
    "/accounts/1/settings",
    r#"{"notification.webhook.failure.policy":"queue"}"#,
    200,
    "event-retry-end"
)]
#[case("POST", "/accounts/0/settings", "{}", 403, "analytics-foreign-account")]
#[case(
    "PATCH",
    "/accounts/x/settings",
    "{}",
    400,
    "analytics-foreign-account"
)]
#[case("PATCH", "/accounts/settings", "[]", 400, "event-retry-end")]
#[case(
    "PATCH",
    "/accounts/settings",
    r#"{"notification.webhook.failure.policy":"never"}"#,
    400,
    "event-retry-end"
)]
#[case(
    "PATCH",
    "/accounts/settings",
    r#"{"notification.webhook.failure.policy":7}"#,
    400,
    "event-retry-end"
)]
fn settings_of_an_account_are_judged(
    #[case] verb: &str,
    #[case] path: &str,
    #[case] body: &str,
    #[case] status: u16,
    #[case] rule: &str,
) {
    let mut ce = Core::start(&[]);
    assert_eq!(
        ce.ask(Request::to(verb, path).json(body)).verdict(),
        (status, rule)
    );
}
