//! Addresses and dialects.

use mock_ce::rules;
use rstest::rstest;

use super::fresh;
use crate::support::{Core, Harness, Request, mailjet, twilio};

fn your_mom(payload: String) -> String {
    payload.replace("\"element\"", "\"your_mom\"")
}

/// Rule `base-path`: the API is where the guides say, and nowhere else.
#[rstest]
#[case("/elements/api-v2/instances", 200, "create")]
#[case("/instances", 404, "unknown-route")]
#[case("/api-v2/instances", 404, "unknown-route")]
#[case("/elements/api-v1/instances", 404, "unknown-route")]
#[case("/elements/api-v2", 404, "unknown-route")]
#[case("/elements/api-v22/instances", 404, "unknown-route")]
#[case("/Elements/api-v2/instances", 404, "unknown-route")]
fn the_api_is_below_its_base_path(#[case] target: &str, #[case] status: u16, #[case] rule: &str) {
    let request = Request::raw("POST", target)
        .header("authorization", "User u, Organization o")
        .json(mailjet("n"));
    assert_eq!(fresh().ask(request).verdict(), (status, rule));
}

/// Rule `dialect`: both spellings see the same instances, each in its own words.
#[test]
fn an_instance_is_shown_in_the_spelling_of_the_path() {
    let mut ce = fresh();
    let created = ce.ask(Request::post("/instances", your_mom(mailjet("element"))).your_mom());
    assert_eq!(created.verdict(), (200, "create"));
    assert!(created.json().get("element").is_none());
    let here = ce.ask(Request::get("/instances/1234"));
    let there = ce.ask(Request::get("/instances/1234").your_mom());
    assert_eq!(there.body, created.body);
    for (element, your_mom) in [
        ("\"element\":{", "\"your_mom\":{"),
        (
            "multiple Messaging Elements.",
            "multiple Messaging Your_moms.",
        ),
        (
            "elements/provider_mailjet.png",
            "your_moms/provider_mailjet.png",
        ),
        ("?p=CElements", "?p=CYour_moms"),
        (
            "Cloud Elements MailJet Account",
            "Cloud Your_moms MailJet Account",
        ),
    ] {
        assert!(
            here.text().contains(element) && !here.text().contains(your_mom),
            "{element}"
        );
        assert!(
            there.text().contains(your_mom) && !there.text().contains(element),
            "{your_mom}"
        );
    }
}

/// Rule `dialect`: the words of a path follow its base path; one of the other dialect is unknown.
#[rstest]
#[case("/elements/api-v2/elements/mailjet/instances", 200)]
#[case("/your_moms/api-v2/your_moms/mailjet/instances", 200)]
#[case("/elements/api-v2/your_moms/mailjet/instances", 404)]
#[case("/your_moms/api-v2/elements/mailjet/instances", 404)]
fn the_noun_in_a_path_follows_its_base_path(#[case] target: &str, #[case] status: u16) {
    let request = Request::raw("POST", target).header("authorization", "User u, Organization o");
    let nameless =
        r#"{"name":"n","configuration":{"mailjet.api.key":"k","mailjet.api.secret":"s"}}"#;
    assert_eq!(fresh().ask(request.json(nameless)).status, status);
}

/// Rule `dialect`: a body in the other spelling lacks its key, and is told which spelling is expected.
#[test]
fn a_body_in_the_other_spelling_lacks_its_key() {
    let mut ce = fresh();
    let reply = ce.ask(Request::post("/instances", mailjet("n")).your_mom());
    assert_eq!(reply.verdict(), (400, "element-key-missing"));
    assert!(
        reply.message().starts_with("your_mom.key is required"),
        "{}",
        reply.message()
    );
    let reply = ce.ask(Request::post("/instances", your_mom(mailjet("n"))));
    assert_eq!(reply.verdict(), (400, "element-key-missing"));
    assert!(
        reply.message().starts_with("element.key is required"),
        "{}",
        reply.message()
    );
}

/// Rule `dialect`: the other spelling is never passed over, not even where an element need not be named.
#[rstest]
#[case::move_to_another("PATCH", "/instances/1234")]
#[case::create_by_element("POST", "/elements/twilio/instances")]
fn the_other_spelling_is_never_passed_over(#[case] method: &str, #[case] path: &str) {
    let mut ce = fresh();
    ce.ask(Request::post("/instances", mailjet("n")));
    let moving = Request::to(method, path).json(r#"{"name":"n","your_mom":{"key":"twilio"}}"#);
    let reply = ce.ask(moving);
    assert_eq!(reply.verdict(), (400, "element-key-missing"));
    assert!(
        reply.message().contains("spells the noun"),
        "{}",
        reply.message()
    );
}

/// Rule `dialect`: the token's word is spelled as the path is.
#[rstest]
#[case::element("/elements/api-v2/instances", "Element", 200)]
#[case::your_mom("/your_moms/api-v2/instances", "Your_mom", 200)]
#[case::element_there("/your_moms/api-v2/instances", "Element", 401)]
#[case::your_mom_here("/elements/api-v2/instances", "Your_mom", 401)]
fn the_word_of_the_token_follows_the_path(
    #[case] target: &str,
    #[case] word: &str,
    #[case] status: u16,
) {
    let mut ce = fresh();
    let token = ce.ask(Request::post("/instances", mailjet("n"))).token();
    let authorization = format!("User u, {word} {token}");
    let request = Request::raw("DELETE", target).header("authorization", &authorization);
    assert_eq!(ce.ask(request).status, status);
}

/// Rule `dialect`: what the caller sent is nobody's spelling but the caller's.
#[test]
fn the_callers_own_texts_are_never_translated() {
    let mut ce = Core::start(&[("shape", "platform")]);
    let payload = your_mom(mailjet("Elements and Your_moms")).replace(
        "\"configuration\":{",
        "\"tags\":[\"element\",\"your_mom\"],\"configuration\":{\"element.x\":\"Element\",\"your_mom.y\":\"Your_mom\",",
    );
    ce.ask(Request::post("/instances", payload).your_mom());
    for request in [
        Request::get("/instances/1234"),
        Request::get("/instances/1234").your_mom(),
    ] {
        let reply = ce.ask(request);
        for own in [
            "\"name\":\"Elements and Your_moms\"",
            "\"tags\":[\"element\",\"your_mom\"]",
            "\"element.x\":\"Element\"",
            "\"your_mom.y\":\"Your_mom\"",
        ] {
            assert!(reply.text().contains(own), "{own} in {}", reply.text());
        }
    }
}

/// Rule `dialect`: response headers are spelled alike in both.
#[test]
fn response_headers_stay_as_they_are() {
    let mut ce = fresh();
    for name in ["a", "b"] {
        ce.ask(Request::post("/instances", twilio(name)));
    }
    let names = |request| {
        let reply = ce.ask(request);
        let names: Vec<_> = reply.headers.into_iter().map(|(name, _)| name).collect();
        names
    };
    let requests = [
        Request::get("/instances?pageSize=1"),
        Request::get("/instances?pageSize=1").your_mom(),
    ];
    let [here, there] = requests.map(names);
    assert_eq!(here, there);
    assert!(here.iter().any(|name| name == "elements-next-page-token"));
}

/// Rule `trailing-slash`.
#[rstest]
#[case("/instances/", 404, "empty-list")]
#[case("/instances/1234/", 404, "instance-get")]
#[case("/elements/", 200, "element-list")]
#[case("/elements/keys/?x=1", 200, "element-list")]
#[case("/elements/mailjet/instances/", 404, "empty-list")]
#[case("/instances//", 404, "unknown-route")]
fn a_slash_at_the_end_changes_nothing(#[case] path: &str, #[case] status: u16, #[case] rule: &str) {
    assert_eq!(fresh().ask(Request::get(path)).verdict(), (status, rule));
}

/// Rule `unknown-route`: the message names method and path, and the route that was probably meant.
#[rstest]
#[case::misspelt(
    "/instnaces",
    "No route GET /elements/api-v2/instnaces. Did you mean GET /elements/api-v2/instances?"
)]
#[case::far(
    "/weather/in/denver",
    "No route GET /elements/api-v2/weather/in/denver; \
     a resource of an instance needs the word Element in Authorization"
)]
#[case::deep(
    "/docs/a/b/c/d/e/f/g/h",
    "No route GET /elements/api-v2/docs/a/b/c/d/e/f/g/h"
)]
fn an_unknown_route_is_told_its_neighbour(#[case] path: &str, #[case] message: &str) {
    let reply = fresh().ask(Request::get(path));
    assert_eq!(reply.verdict(), (404, "unknown-route"));
    assert_eq!(reply.message(), message);
}

/// Rule `request-id`: and every reply carries the rule that decided, with its grade.
#[test]
fn every_reply_says_its_rule_and_grade() {
    let mut ce = fresh();
    for request in [
        Request::post("/instances", mailjet("n")),
        Request::get("/nowhere"),
        Request::get("/instances").without("authorization"),
        Request::delete("/instances/1234"),
    ] {
        let reply = ce.ask(request);
        let rule = rules::find(reply.rule()).unwrap();
        let because = format!("{}; grade={}", rule.id, rule.grade);
        assert_eq!(reply.header("mock-ce-because"), Some(&*because));
        assert_eq!(reply.header("elements-request-id").map(str::len), Some(24));
    }
}
