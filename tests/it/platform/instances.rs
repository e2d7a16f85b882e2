//! Counting, tags, whole instances sent back, and words that stand where ids do.

use rstest::rstest;

use super::{by_token, provisioned};
use crate::support::{Core, Harness as _, Reply, Request, mailjet, twilio};

fn tags(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json().get("tags").unwrap().to_string()
}

/// Rules `instance-count`, `instance-count-empty`: the caller's own, by element.
#[test]
fn instances_are_counted_by_element() {
    let mut ce = Core::start(&[]);
    let empty = ce.ask(Request::get("/instances/count"));
    assert_eq!(empty.verdict(), (200, "instance-count-empty"));
    assert_eq!(
        empty.text(),
        r#"{"totalInstances":0,"elementInstances":{}}"#
    );
    for payload in [mailjet("a"), twilio("b"), mailjet("c")] {
        ce.ask(Request::post("/instances", payload));
    }
    ce.ask(Request::post("/instances", twilio("x")).by("User u, Organization other"));
    let count = ce.ask(Request::get("/instances/count"));
    assert_eq!(count.verdict(), (200, "instance-count"));
    let expected = r#"{"totalInstances":3,"elementInstances":{"twilio":1,"mailjet":2}}"#;
    assert_eq!(count.text(), expected);
    let refused = ce.ask(Request::get("/instances/count").without("authorization"));
    assert_eq!(refused.verdict(), (401, "auth-required"));
}

/// Rule `word-before-id`: a word is a route, also with a verb that it lacks.
#[rstest]
#[case("GET", "/instances/count", 200)]
#[case("PUT", "/instances/count", 405)]
#[case("GET", "/instances/enabled", 405)]
#[case("GET", "/instances/configuration", 401)]
#[case("GET", "/instances/counts", 400)]
fn a_word_is_no_id(#[case] method: &str, #[case] path: &str, #[case] status: u16) {
    let reply = Core::start(&[]).ask(Request::to(method, path).json("{}"));
    assert_eq!(reply.status, status);
}

/// Rule `token-other-organization`: the token decides, and another organization's secret beside it is refused.
#[test]
fn a_token_with_another_organization_is_refused() {
    let (mut ce, token) = provisioned();
    let other = format!("User u, Organization other, Element {token}");
    let reply = ce.ask(Request::get("/instances/configuration").by(&other));
    assert_eq!(reply.verdict(), (401, "token-other-organization"));
    let alone = Request::get("/instances/configuration").by(&by_token(&token));
    assert_eq!(ce.ask(alone).status, 200);
}

/// Rule `dialect-new-routes`: the new paths answer in the other dialect, and keys of the caller's elements stay.
#[test]
fn the_other_dialect_has_the_new_routes() {
    let (mut ce, _) = provisioned();
    for path in ["/instances/1234/configuration", "/instances/count"] {
        let own = ce.ask(Request::get(path));
        assert_eq!(
            ce.ask(Request::get(path).your_mom()).body,
            own.body,
            "{path}"
        );
    }
}

/// Rule `tags-unset`: the name stands for them, also in a search, and follows a rename.
#[test]
fn without_tags_the_name_is_the_tag() {
    let (mut ce, _) = provisioned();
    assert_eq!(tags(&ce.ask(Request::get("/instances/1234"))), r#"["n"]"#);
    let renamed = ce.ask(Request::patch(
        "/instances/1234",
        r#"{"name":"<b>m</b>","tags":null}"#,
    ));
    assert_eq!(tags(&renamed), r#"["m"]"#);
    assert_eq!(ce.ask(Request::get("/instances?tags[]=m")).ids(), [1234]);
    assert_eq!(ce.ask(Request::get("/instances?tags[]=n")).status, 404);
}

/// Rule `tags-set`: replaced as a whole, stripped of HTML, kept by an update without them.
#[rstest]
#[case("PUT")]
#[case("PATCH")]
fn sent_tags_replace_the_list(#[case] method: &str) {
    let (mut ce, _) = provisioned();
    let mut change = |body: &str| tags(&ce.ask(Request::to(method, "/instances/1234").json(body)));
    assert_eq!(change(r#"{"tags":["a","<b>b</b>"]}"#), r#"["a","b"]"#);
    assert_eq!(change(r#"{"name":"m"}"#), r#"["a","b"]"#);
    assert_eq!(change(r#"{"tags":["c"]}"#), r#"["c"]"#);
}

/// Rule `tags-cleared`: neither a rename nor new configuration nor a restore brings the name back.
#[test]
fn cleared_tags_stay_cleared() {
    let (mut ce, _) = provisioned();
    let mut change = |body: &str| tags(&ce.ask(Request::patch("/instances/1234", body)));
    assert_eq!(change(r#"{"tags":[]}"#), "[]");
    assert_eq!(change(r#"{"name":"m"}"#), "[]");
    assert_eq!(change(r#"{"configuration":{"mailjet.api.key":"k"}}"#), "[]");
    let state = ce.ask(Request::raw("GET", "/__admin/state")).body;
    ce.ask(Request::raw("PUT", "/__admin/state").json(state));
    assert_eq!(tags(&ce.ask(Request::get("/instances/1234"))), "[]");
    assert_eq!(ce.ask(Request::get("/instances?tags[]=m")).status, 404);
}

/// Rule `whole-instance-back`: what `GET` gave is taken back, in either shape and dialect.
#[rstest]
#[case::documented("documented")]
#[case::platform("platform")]
fn a_whole_instance_is_taken_back(#[case] shape: &str) {
    let mut ce = Core::start(&[("shape", shape), ("clock", "2017-03-14T19:20:16Z")]);
    let token = ce.ask(Request::post("/instances", mailjet("n"))).token();
    for your_mom in [false, true] {
        let dialect = |request: Request| {
            if your_mom {
                request.your_mom()
            } else {
                request
            }
        };
        let fetched = ce.ask(dialect(Request::get("/instances/1234")));
        let put = dialect(Request::put("/instances/1234", fetched.body.clone()));
        assert_eq!(ce.ask(put).body, fetched.body);
        let word = if your_mom { "Your_mom" } else { "Element" };
        let put = dialect(Request::put("/instances", fetched.body.clone()));
        let put = put.by(&format!("User u, {word} {token}"));
        assert_eq!(ce.ask(put).body, fetched.body);
    }
}

/// Rule `whole-instance-back`: what is another instance's is refused.
#[rstest]
#[case::id(r#"{"id":1235}"#)]
#[case::token(r#"{"token":"x"}"#)]
#[case::element(r#"{"element":{"key":"twilio"}}"#)]
#[case::element_id(r#"{"element":{"id":7}}"#)]
fn another_instance_is_not_taken(#[case] body: &str) {
    let (mut ce, token) = provisioned();
    for (path, by) in [
        ("/instances/1234", "User u, Organization o".to_owned()),
        ("/instances", by_token(&token)),
    ] {
        let reply = ce.ask(Request::put(path, body).by(&by));
        assert_eq!(reply.verdict(), (400, "whole-instance-back"), "{path}");
        assert!(!reply.message().contains(&token));
    }
}

/// Rule `reprovision`: id, token, tags and state stay; the token goes on working; `providerData` is never shown.
#[rstest]
#[case("PUT")]
#[case("PATCH")]
fn an_instance_is_provisioned_anew(#[case] method: &str) {
    let (mut ce, token) = provisioned();
    ce.ask(Request::patch("/instances/1234", r#"{"tags":["t"]}"#));
    ce.ask(Request::delete("/instances/1234/enabled"));
    let clock = Request::raw("PUT", "/__admin/clock").json(r#"{"at":"2017-03-14T20:00:00Z"}"#);
    assert_eq!(ce.ask(clock).status, 200);
    let body =
        r#"{"configuration":{"mailjet.api.key":"other","x":"y"},"providerData":{"code":"c"}}"#;
    for (path, by) in [
        ("/instances/1234", "User u, Organization o".to_owned()),
        ("/instances", by_token(&token)),
    ] {
        let reply = ce.ask(Request::to(method, path).json(body).by(&by));
        assert_eq!(
            (reply.id(), reply.token(), tags(&reply)),
            (1234, token.clone(), r#"["t"]"#.to_owned())
        );
        assert!(
            reply
                .text()
                .contains(r#""configuration":{"mailjet.api.key":"********""#)
        );
        assert!(reply.text().contains("\"disabled\":true"));
        assert!(!reply.text().contains("providerData"));
        assert_eq!(reply.member("createdDate"), "2017-03-14T19:20:16Z");
        assert_eq!(reply.member("updatedDate"), "2017-03-14T20:00:00Z");
    }
}
