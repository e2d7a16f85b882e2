//! Instances that are switched off and on.

use rstest::rstest;

use super::{by_token, provisioned};
use crate::support::{Core, Harness as _, Request, mailjet};

fn is_disabled(ce: &mut Core) -> bool {
    let shown = ce.ask(Request::get("/instances/1234"));
    assert_eq!(
        shown.json().get("valid").and_then(mock_ce::Json::as_bool),
        Some(true)
    );
    shown
        .json()
        .get("disabled")
        .and_then(mock_ce::Json::as_bool)
        .unwrap()
}

/// Rules `instance-disable`, `instance-enable`, `disabled-member`, `token-form`: twice is like once, in both forms.
#[rstest]
#[case::by_id("/instances/1234/enabled", "User u, Organization o")]
#[case::by_token("/instances/enabled", "User u, Element {token}")]
#[case::with_all_words("/instances/enabled", "User u, Organization o, Element {token}")]
fn an_instance_is_disabled_and_enabled(#[case] path: &str, #[case] by: &str) {
    let (mut ce, token) = provisioned();
    let by = by.replace("{token}", &token);
    for (method, rule, expected) in [
        ("DELETE", "instance-disable", true),
        ("DELETE", "instance-disable", true),
        ("PUT", "instance-enable", false),
        ("PUT", "instance-enable", false),
    ] {
        let reply = ce.ask(Request::to(method, path).by(&by));
        assert_eq!((reply.verdict(), reply.text()), ((200, rule), ""));
        assert_eq!(is_disabled(&mut ce), expected);
    }
    let other = ce.ask(Request::to("PATCH", path).by(&by));
    assert_eq!(
        (other.status, other.header("allow")),
        (405, Some("PUT, DELETE"))
    );
}

/// Rule `bodyless-verbs`: any body is ignored, whatever its type.
#[rstest]
#[case::empty("", "application/json")]
#[case::null("null", "application/json")]
#[case::json("{\"a\":1}", "application/json")]
#[case::text("x", "text/plain")]
fn a_body_is_ignored(#[case] body: &str, #[case] content_type: &str) {
    let (mut ce, _) = provisioned();
    for method in ["DELETE", "PUT"] {
        let request = Request::to(method, "/instances/1234/enabled");
        let reply = ce.ask(request.header("content-type", content_type).body(body));
        assert_eq!((reply.status, reply.text()), (200, ""), "{method}");
    }
    let delete = Request::delete("/instances/1234").header("content-type", content_type);
    assert_eq!(ce.ask(delete.body(body)).status, 200);
}

/// Rule `disabled-still-served`: the instance is listed, shown and changed, and stays disabled.
#[test]
fn a_disabled_instance_is_still_provisioned() {
    let (mut ce, token) = provisioned();
    ce.ask(Request::delete("/instances/1234/enabled"));
    for path in [
        "/instances",
        "/instances/1234",
        "/instances/1234/configuration",
    ] {
        assert_eq!(ce.ask(Request::get(path)).status, 200, "{path}");
    }
    let update = Request::patch("/instances", r#"{"name":"m"}"#).by(&by_token(&token));
    assert_eq!(ce.ask(update).verdict(), (200, "by-token"));
    assert!(is_disabled(&mut ce));
}

/// Rule `disabled-member`: also in the documented shape, whose bytes are otherwise as they were, and after a restore.
#[test]
fn the_documented_shape_tells_it_too() {
    let mut ce = Core::start(&[]);
    let created = ce.ask(Request::post("/instances", mailjet("n")));
    ce.ask(Request::delete("/instances/1234/enabled"));
    let state = ce.ask(Request::raw("GET", "/__admin/state")).body;
    ce.ask(Request::put("/instances/1234/enabled", ""));
    assert_eq!(ce.ask(Request::get("/instances/1234")).body, created.body);
    ce.ask(Request::raw("PUT", "/__admin/state").json(state));
    let expected = created
        .text()
        .replace("\"disabled\":false", "\"disabled\":true");
    assert_eq!(ce.ask(Request::get("/instances/1234")).text(), expected);
}

/// Rule `subject-unknown`: and no deletion is counted for an instance that was not to be deleted.
#[test]
fn an_instance_that_is_not_cannot_be_disabled() {
    let (mut ce, _) = provisioned();
    ce.ask(Request::delete("/instances/1234"));
    let reply = ce.ask(Request::delete("/instances/1234/enabled"));
    assert_eq!(reply.verdict(), (404, "subject-unknown"));
    assert_eq!(reply.message(), "No instance found with ID 1234");
    let ledger = ce.ask(Request::raw("GET", "/__admin/ledger"));
    assert!(
        ledger.text().contains(r#""mishaps":[]"#),
        "{}",
        ledger.text()
    );
}

/// Rules `trace-logging`, `word-before-id`: accepted by id and by token, without effect.
#[rstest]
#[case("PUT")]
#[case("DELETE")]
fn trace_logging_is_accepted(#[case] verb: &str) {
    let (mut ce, token) = provisioned();
    let before = ce.ask(Request::get("/instances/1234"));
    let by_id = ce.ask(Request::to(verb, "/instances/1234/trace-logging"));
    assert_eq!(
        (by_id.verdict(), by_id.text()),
        ((200, "trace-logging"), "")
    );
    let of_token = Request::to(verb, "/instances/trace-logging").by(&by_token(&token));
    assert_eq!(ce.ask(of_token).verdict(), (200, "trace-logging"));
    let nobody = ce.ask(Request::to(verb, "/instances/9/trace-logging"));
    assert_eq!(nobody.verdict(), (404, "subject-unknown"));
    let other_verb = ce.ask(Request::get("/instances/trace-logging"));
    assert_eq!(other_verb.verdict(), (405, "method"));
    assert_eq!(
        ce.ask(Request::get("/instances/1234")).text(),
        before.text()
    );
}
