//! Messages and the outbox.

use std::panic::AssertUnwindSafe;

use mock_ce::{Json, MockCe};
use rstest::rstest;

use super::{WithToken as _, by_token, with_mailjet};
#[cfg(feature = "cli")]
use crate::support::Binary;
use crate::support::{Core, Harness, Request, Server, mailjet, sendgrid, twilio};

const MAIL: &str =
    r#"{"from":"me@b.c","to":"a@b.c","cc":"d@b.c","subject":"Hi","message":"<p>Hi</p>"}"#;

fn is_sent<H: Harness>() {
    let (mut ce, token) = with_mailjet::<H>();
    let sent = ce.ask(Request::post("/hubs/messaging/messages", MAIL).token(&token));
    assert_eq!(sent.verdict(), (200, "messages-create"));
    let expected = r#"{"id":1,"from":"me@b.c","to":"a@b.c","cc":"d@b.c","subject":"Hi","message":"<p>Hi</p>","providerName":"MAILJET","priority":"High","status":"sent","direction":"OUTBOUND","received":false,"clickTrack":false,"openTrack":false,"sent":true,"sentTime":"2018-09-17T12:00:00Z","mimeType":"text/html"}"#;
    assert_eq!(sent.text(), expected);
    let read = ce.ask(Request::get("/messages/1").token(&token));
    assert_eq!(
        (read.verdict(), read.text()),
        ((200, "messages-read"), expected)
    );
}

/// Rules `messages-create`, `messages-read`: in all three harnesses.
#[test]
fn a_message_is_sent_and_there_at_once() {
    is_sent::<Core>();
    is_sent::<Server>();
    #[cfg(feature = "cli")]
    is_sent::<Binary>();
}

/// Rule `messages-create`: what was sent wins over defaults, not over what the service sets; each provider by its name.
#[rstest]
#[case(sendgrid("n"), "SENDGRID")]
#[case(mailjet("n"), "MAILJET")]
#[case(twilio("n"), "TWILIO")]
fn a_message_has_what_the_service_sets(#[case] payload: String, #[case] provider: &str) {
    let mut ce = Core::start(&[]);
    let token = ce.ask(Request::post("/instances", payload)).token();
    let body = r#"{"priority":"Low","sent":false,"id":99}"#;
    let sent = ce.ask(Request::post("/messages", body).token(&token));
    let message = sent.json();
    let text = |name| message.get(name).and_then(Json::as_str).unwrap_or_default();
    assert_eq!(
        (sent.id(), text("priority"), text("providerName")),
        (1, "Low", provider)
    );
    assert_eq!(message.get("sent"), Some(&Json::Bool(true)));
}

/// Rule `messages-create`: nothing is required, but a message is an object.
#[rstest]
#[case("[]", "The body must be an object, found an array")]
#[case("\"hello\"", "The body must be an object, found text")]
fn a_message_is_an_object(#[case] body: &str, #[case] message: &str) {
    let (mut ce, token) = with_mailjet::<Core>();
    let refused = ce.ask(Request::post("/messages", body).token(&token));
    assert_eq!(refused.verdict(), (400, "messages-create"));
    assert_eq!(refused.message(), message);
    assert_eq!(ce.ask(Request::get("/messages").token(&token)).text(), "[]");
}

/// Rule `messages-read`: a list, oldest first, and an id that is none.
#[test]
fn messages_are_listed_oldest_first() {
    let (mut ce, token) = with_mailjet::<Core>();
    let none = ce.ask(Request::get("/hubs/x/messages").token(&token));
    assert_eq!(
        (none.verdict(), none.text()),
        ((200, "messages-read"), "[]")
    );
    for _ in 0..3 {
        ce.ask(Request::post("/messages", MAIL).token(&token));
    }
    assert_eq!(
        ce.ask(Request::get("/messages").token(&token)).ids(),
        [1, 2, 3]
    );
    let unknown = ce.ask(Request::get("/messages/9").token(&token));
    assert_eq!(unknown.verdict(), (404, "messages-read"));
    assert_eq!(unknown.message(), "No message found with ID 9");
}

/// Rule `messaging-usage`: a row a day, under a hub only.
#[rstest]
#[case::all(
    "",
    r#"[{"date":"2018-09-17","sent":2},{"date":"2018-09-19","sent":1}]"#
)]
#[case::today("?days=1", r#"[{"date":"2018-09-19","sent":1}]"#)]
#[case::three_days(
    "?days=3",
    r#"[{"date":"2018-09-17","sent":2},{"date":"2018-09-19","sent":1}]"#
)]
#[case::none("?days=0", "[]")]
fn messages_are_counted_by_day(#[case] query: &str, #[case] expected: &str) {
    let (mut ce, token) = with_mailjet::<Core>();
    let other = ce.ask(Request::post("/instances", mailjet("m"))).token();
    for token in [&token, &token, &other] {
        ce.ask(Request::post("/messages", MAIL).token(token));
    }
    let forward = Request::raw("PUT", "/__admin/clock").json(r#"{"advance":"2days"}"#);
    ce.ask(forward);
    ce.ask(Request::post("/messages", MAIL).token(&token));
    let usage = ce.ask(Request::get(&format!("/hubs/messaging/usage{query}")).token(&token));
    assert_eq!(
        (usage.verdict(), usage.text()),
        ((200, "messaging-usage"), expected)
    );
}

/// Rule `messaging-usage`: days are a number.
#[test]
fn days_are_a_whole_number() {
    let (mut ce, token) = with_mailjet::<Core>();
    let refused = ce.ask(Request::get("/hubs/messaging/usage?days=many").token(&token));
    assert_eq!(refused.verdict(), (400, "messaging-usage"));
    assert_eq!(
        refused.message(),
        "days must be a whole number, found \"many\""
    );
}

/// A server on which two messages were sent.
fn with_two() -> (Server, String) {
    let (mut ce, token) = with_mailjet::<Server>();
    let second = r#"{"from":"me@b.c","to":["x@b.c","y@b.c"],"subject":"Two","message":"second"}"#;
    for body in [MAIL, second] {
        ce.ask(Request::post("/messages", body).token(&token));
    }
    (ce, token)
}

/// Rule `messages-create`: what would have been sent can be asserted on.
#[test]
fn a_test_asserts_on_messages() {
    let (server, _) = with_two();
    let ce: &MockCe = &server.ce;
    let first = ce.messages().to("a@b.c").once();
    assert_eq!(
        (
            first.instance,
            &*first.element,
            first.text("subject").as_deref()
        ),
        (1234, "mailjet", Some("Hi"))
    );
    ce.messages().to("d@b.c").once();
    ce.messages().to("y@b.c").text("econ").once();
    ce.messages()
        .from("me@b.c")
        .element("mailjet")
        .instance(1234)
        .organization("o")
        .times(2);
    ce.messages().subject("Three").never();
    ce.messages().organization("p").never();
    let subjects: Vec<_> = ce
        .messages()
        .all()
        .iter()
        .filter_map(|one| one.text("subject"))
        .collect();
    assert_eq!(subjects, ["Hi", "Two"]);
    ce.forget_messages();
    ce.messages().never();
}

/// Rule `messages-create`: a failed expectation says what was sent instead and what differs.
#[test]
fn a_failed_expectation_says_what_was_sent() {
    let (server, _) = with_two();
    let failed = std::panic::catch_unwind(AssertUnwindSafe(|| {
        server.ce.messages().to("nobody@b.c").once()
    }));
    let told = *failed.unwrap_err().downcast::<String>().unwrap();
    assert_eq!(
        told,
        "expected 1 message with to nobody@b.c, but 0 were sent\n  \
         sent: from me@b.c to x@b.c,y@b.c: \"Two\" by mailjet 1234\n    \
         to: expected \"nobody@b.c\", was \"x@b.c,y@b.c\"\n  \
         sent: from me@b.c to a@b.c: \"Hi\" by mailjet 1234\n    \
         to: expected \"nobody@b.c\", was \"a@b.c\""
    );
}

/// Rules `messages-create`, `control`: other languages read and empty the outbox; secrets have their short name.
#[rstest]
#[case("", 2)]
#[case("?to=a@b.c", 1)]
#[case("?from=me@b.c&subject=Two", 1)]
#[case("?text=nothing", 0)]
#[case("?element=mailjet&instance=1234&organization=o", 2)]
#[case("?organization=p", 0)]
fn the_outbox_is_read_below_admin(#[case] query: &str, #[case] count: usize) {
    let (mut ce, _) = with_two();
    let local = |method, path: &str| {
        Request::raw(method, path)
            .header("host", "localhost")
            .header("content-type", "application/json")
    };
    let reply = ce.ask(local("GET", &format!("/__admin/outbox{query}")));
    let body = reply.json();
    assert_eq!(
        body.get("messages").and_then(Json::as_array).unwrap().len(),
        count
    );
    assert!(!reply.text().contains("\"o\""));
    let wrong = ce.ask(local("GET", "/__admin/outbox?instance=x"));
    assert_eq!(
        wrong.message(),
        "instance must be a whole number, found \"x\""
    );
    assert_eq!(
        ce.ask(local("DELETE", "/__admin/outbox?organization=o"))
            .status,
        200
    );
    let empty = ce.ask(local("GET", "/__admin/outbox"));
    assert_eq!(empty.text(), r#"{"messages":[],"dropped":0}"#);
}

/// Rule `messages-create`: the outbox is cleared by a reset and comes back with a snapshot.
#[test]
fn the_outbox_is_part_of_a_snapshot() {
    let (server, token) = with_two();
    let ce = &server.ce;
    let (before, snapshot) = (ce.messages().all(), ce.snapshot());
    ce.reset();
    ce.messages().never();
    ce.restore(&snapshot).unwrap();
    assert_eq!(ce.messages().all(), before);
    assert_eq!(ce.snapshot(), snapshot);
    assert!(!by_token(&token).is_empty());
}
