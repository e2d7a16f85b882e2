//! Expectations in a test: what they return, and what they say when they fail.

use std::panic::{AssertUnwindSafe, catch_unwind};

use http::Method;
use mock_ce::{Expectation, MockCe};

use super::{ask, of};
use crate::support::{Request, mailjet, sendgrid};

fn failure(assertion: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(assertion)).expect_err("the expectation fails");
    panic.downcast_ref::<String>().expect("a text").clone()
}

#[test]
fn what_was_received_is_narrowed_and_returned() {
    let ce = MockCe::start();
    let created = ask(&ce, &Request::post("/instances", mailjet("n")));
    ask(
        &ce,
        &Request::post("/instances", sendgrid("n")).by(&of("p")),
    );
    ask(&ce, &Request::post("/instances", "{}"));
    let posts = || ce.received(Method::POST, "/instances");
    assert_eq!(posts().times(3).len(), 3);
    assert_eq!(posts().element("sendgrid").once().rule.id, "create");
    assert_eq!(posts().status(400).once().instance, None);
    assert_eq!(
        posts().organization("p").once().element.as_deref(),
        Some("sendgrid")
    );
    let received = posts()
        .instance(created.id())
        .organization("o")
        .rule("create")
        .once();
    assert_eq!(received.number, 1);
    assert_eq!(
        received.request_id,
        created.header("elements-request-id").unwrap()
    );
    assert_eq!(received.header("content-type"), Some("application/json"));
    assert!(
        received.body.text.contains("\"name\":\"n\""),
        "{}",
        received.body.text
    );
    ce.received(Method::DELETE, "/instances/*").never();
}

#[test]
fn a_failed_expectation_says_what_came_near_and_why_each_did_not_fit() {
    let ce = MockCe::start();
    ask(&ce, &Request::get("/elements"));
    ask(&ce, &Request::post("/instances", "{}"));
    ask(&ce, &Request::post("/instances/", sendgrid("n")));
    let expected = ce
        .received(Method::POST, "/instances")
        .element("mailjet")
        .status(200);
    let told = failure(|| drop(expected.once()));
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(
        lines[0],
        "expected 1 request with method POST, path /instances, element mailjet, status 200, but received 0"
    );
    assert_eq!(
        lines[1..3],
        [
            "  nearest: POST /elements/api-v2/instances/ → 200 (create; grade=guide)",
            "    element: expected mailjet, was sendgrid"
        ]
    );
    assert!(
        lines[3].starts_with("  nearest: POST /elements/api-v2/instances → 400"),
        "{told}"
    );
    assert_eq!(
        lines[4..6],
        [
            "    element: expected mailjet, was none",
            "    status: expected 200, was 400"
        ]
    );
    assert!(
        lines[6].starts_with("  nearest: GET /elements/api-v2/elements → 200"),
        "{told}"
    );
    assert_eq!(
        lines[7..],
        [
            "    method: expected POST, was GET",
            "    path: expected /instances, was /elements/api-v2/elements",
            "    element: expected mailjet, was none"
        ]
    );
}

#[test]
fn too_many_are_listed() {
    let ce = MockCe::start();
    for _ in 0..2 {
        ask(&ce, &Request::get("/elements"));
    }
    let expected: Expectation<'_> = ce.received(Method::GET, "/elements");
    let told = failure(|| drop(expected.once()));
    assert!(
        told.starts_with("expected 1 request with method GET, path /elements, but received 2"),
        "{told}"
    );
    assert_eq!(told.matches("\n  received: GET").count(), 2);
    let told = failure(|| expected.never());
    assert!(told.starts_with("expected 0 requests"), "{told}");
}

#[test]
fn nothing_at_all_is_said_too() {
    let ce = MockCe::start();
    let told = failure(|| drop(ce.received(Method::GET, "/elements").once()));
    assert!(told.ends_with("\n  nothing else was received"), "{told}");
}

#[test]
fn an_expectation_fails_where_nobody_can_tell_and_says_so() {
    let ce = MockCe::builder().journal_entries(1).start();
    ask(&ce, &Request::get("/elements").by(&of("a")));
    ask(&ce, &Request::get("/elements").by(&of("b")));
    let told = failure(|| ce.received(Method::POST, "/instances").never());
    assert!(
        told.contains("the journal has dropped 1 requests: keep more with journal_entries"),
        "{told}"
    );
    // Nothing of this organization was dropped.
    ce.received(Method::GET, "/elements")
        .organization("b")
        .once();
    failure(|| {
        ce.received(Method::GET, "/elements")
            .organization("a")
            .never()
    });
    // What was dropped before a reset is of no concern after it.
    ce.reset();
    ce.received(Method::POST, "/instances").never();
}
