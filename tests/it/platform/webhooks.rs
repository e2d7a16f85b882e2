//! Webhooks on their way out: over a socket to a receiver, and in process to a function.

use std::time::Duration;

use base64::Engine as _;
use mock_ce::{
    Callbacks, Json, MockCe, Settings, Webhook, WebhookBody, WebhookFault, WebhookResult,
};
use rstest::rstest;

use super::receiver::{Got, Receiver};
use super::{WithToken as _, column, event, payload, provision};
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

/// Rule `event-first-attempt`: by the machine's clock, also where the mock's stands still.
#[test]
fn the_first_attempt_comes_a_little_later_whatever_the_clock_says() {
    let receiver = Receiver::start();
    let mut ce = Server::start(&[("clock", "2017-03-14T19:20:16Z"), ("webhook-delay", "1ms")]);
    provision(&mut ce, &receiver.entry());
    ce.ask(event("mailjet", "{}"));
    assert_eq!(receiver.next().event(), "5001");
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

/// What a reset has forgotten is not sent, though an event with the same id comes after it.
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

/// Rule `event-poll`: a row that is created or changed is one event, sent at the next interval of the mock's clock.
#[test]
fn an_instance_that_polls_finds_its_own_rows() {
    let mut ce = Core::start(&[("clock", "2017-03-14T19:20:16Z")]);
    let entries = r#""event.notification.callback.url":"http://127.0.0.1:1/","event.vendor.type":"polling","event.poller.refresh_interval":5"#;
    let token = provision(&mut ce, entries).token();
    let message = Request::post("/messages", r#"{"to":"a@b.c"}"#).token(&token);
    let row = ce.ask(message);
    let event = ce.ask(Request::get("/instances/events/5001"));
    assert_eq!(event.member("status"), "RECEIVED");
    ce.emulator().advance_clock(Duration::from_secs(4 * 60));
    assert_eq!(sent(&ce, 200), []);
    ce.emulator().advance_clock(Duration::from_secs(60));
    let sent = sent(&ce, 200);
    let body = Json::parse(&sent[0].body).unwrap();
    let raw = body.get("message").unwrap().get("raw").unwrap();
    let expected = format!(
        concat!(
            r#"{{"instance_id":1234,"objectType":"messages","eventId":"5001","events":[{{"objectType":"messages","#,
            r#""objectId":1,"eventType":"CREATED","date":"2017-03-14T19:20:16.000Z"}}],"messages":[{}]}}"#
        ),
        row.text()
    );
    assert_eq!((sent.len(), raw.to_string()), (1, expected));
    assert_eq!(status(&mut ce, "5001"), "NOTIFIED");
}

/// Rule `event-poll`: which instances poll, and which rows.
#[rstest]
#[case(
    r#""event.vendor.type":"polling","event.objects":"contacts, messages""#,
    200
)]
#[case(r#""event.vendor.type":"polling","event.objects":"contacts""#, 404)]
#[case(r#""event.vendor.type":"webhooks""#, 404)]
#[case(
    r#""event.vendor.type":"polling","event.notification.enabled":false"#,
    404
)]
fn only_an_instance_that_polls_finds_its_rows(#[case] entries: &str, #[case] status: u16) {
    let mut ce = Core::start(&[]);
    let enabled = r#""event.notification.enabled":true,"#;
    let enabled = if entries.contains("enabled") {
        ""
    } else {
        enabled
    };
    let token = ce
        .ask(Request::post(
            "/instances",
            payload(&format!("{enabled}{entries}")),
        ))
        .token();
    ce.ask(Request::post("/messages", "{}").token(&token));
    assert_eq!(ce.ask(Request::get("/instances/events")).status, status);
}
