//! Provisioning: what a creation answers, and in which order it is checked.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mock_ce::Json;
use rstest::rstest;

use super::fresh;
use crate::support::{Core, Harness, Request, mailjet, sendgrid, twilio};

/// Rule `create`: every documented member in the documented order, and nothing else.
#[test]
fn a_creation_answers_with_the_documented_members() {
    let reply = fresh().ask(Request::post(
        "/instances",
        twilio("a \\\"name\\\" – \u{1F426}"),
    ));
    assert_eq!(reply.verdict(), (200, "create"));
    let body = reply.json();
    let members: Vec<_> = body
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, _)| &**name)
        .collect();
    let documented = [
        "id",
        "name",
        "token",
        "element",
        "provisionInteractions",
        "valid",
        "disabled",
        "maxCacheSize",
        "cacheTimeToLive",
        "cachingEnabled",
    ];
    assert_eq!(members, documented);
    assert_eq!(reply.member("name"), "a \"name\" – \u{1F426}");
}

/// Rule `create`: the element may also be named by its id, or by both.
#[rstest]
#[case(r#"{"id":84}"#, 200, "create")]
#[case(r#"{"id":84,"key":"mailjet"}"#, 200, "create")]
#[case(r#"{"id":84,"key":null,"more":[1]}"#, 200, "create")]
#[case(r#"{"id":85}"#, 404, "element-unknown")]
#[case(r#"{"id":84,"key":"twilio"}"#, 400, "element-key-missing")]
#[case(r#"{"id":"84"}"#, 400, "member-types")]
#[case(r#"{"id":8.4}"#, 404, "element-unknown")]
#[case(r#"{"key":84}"#, 400, "member-types")]
#[case(r#""mailjet""#, 400, "member-types")]
fn the_element_is_named_by_key_or_id(
    #[case] element: &str,
    #[case] status: u16,
    #[case] rule: &str,
) {
    let payload = mailjet("n").replace(r#"{"key":"mailjet"}"#, element);
    assert_eq!(
        fresh().ask(Request::post("/instances", payload)).verdict(),
        (status, rule)
    );
}

fn without_element(payload: &str, element: &str) -> String {
    payload.replace(&format!(r#""element":{{"key":"{element}"}},"#), "")
}

/// Rule `create-by-element`.
#[rstest]
#[case::key("/elements/mailjet/instances")]
#[case::id("/elements/84/instances")]
fn a_creation_below_an_element_needs_none_in_the_body(#[case] path: &str) {
    let reply = fresh().ask(Request::post(
        path,
        without_element(&mailjet("n"), "mailjet"),
    ));
    assert_eq!(reply.verdict(), (200, "create-by-element"));
    let same = fresh().ask(Request::post("/instances", mailjet("n")));
    assert_eq!(reply.body, same.body);
    assert_eq!(
        fresh().ask(Request::post(path, mailjet("n"))).body,
        same.body
    );
}

/// Rule `create-by-element`: an element in the body must be that of the path.
#[test]
fn path_and_body_must_agree_on_the_element() {
    let reply = fresh().ask(Request::post("/elements/twilio/instances", mailjet("n")));
    assert_eq!(reply.verdict(), (400, "create-by-element"));
    let message = reply.message();
    assert!(
        message.contains("mailjet") && message.contains("twilio"),
        "{message}"
    );
}

/// Rule `create-by-element`: what the element demands is demanded here too.
#[test]
fn a_creation_below_an_element_is_checked_like_any_other() {
    let mut ce = fresh();
    let reply = ce.ask(Request::post("/elements/7/instances", "{\"name\":\"n\"}"));
    assert_eq!(reply.verdict(), (400, "configuration-missing"));
    let reply = ce.ask(Request::post("/elements/twillio/instances", "{}"));
    assert_eq!(reply.verdict(), (404, "element-unknown"));
    assert!(
        reply.message().ends_with("Did you mean twilio?"),
        "{}",
        reply.message()
    );
}

/// Rule `instance-id`: from 1234, each one higher; a deleted one is not given again, a refused one takes none.
#[test]
fn ids_count_up_from_the_first() {
    let mut ce = fresh();
    let mut next = || ce.ask(Request::post("/instances", mailjet("n"))).id();
    assert_eq!([next(), next(), next()], [1234, 1235, 1236]);
    ce.ask(Request::delete("/instances/1236"));
    ce.ask(Request::post("/instances", "{}"));
    assert_eq!(
        ce.ask(Request::post("/instances", sendgrid("n"))).id(),
        1237
    );
}

/// Rule `instance-token`: base64 text that ends in `=`, never the same again.
#[test]
fn tokens_are_base64_and_never_reused() {
    let mut ce = fresh();
    let mut tokens = HashSet::new();
    for _ in 0..100 {
        let token = ce.ask(Request::post("/instances", mailjet("n"))).token();
        assert!(
            token.ends_with('=') && STANDARD.decode(&token).is_ok(),
            "{token}"
        );
        ce.ask(Request::delete("/instances").by(&format!("User u, Element {token}")));
        assert!(tokens.insert(token), "a token came twice");
    }
}

/// Rule `instance-token`: a rerun with the same seed gives the same tokens, another seed others.
#[test]
fn tokens_derive_from_the_seed() {
    let tokens = |seed| {
        let mut ce = Core::start(&[("seed", seed)]);
        [mailjet("a"), twilio("b")]
            .map(|payload| ce.ask(Request::post("/instances", payload)).token())
    };
    assert_eq!(tokens("7"), tokens("7"));
    assert_ne!(tokens("7"), tokens("8"));
    assert_eq!(
        tokens("0")[0],
        fresh()
            .ask(Request::post("/instances", twilio("c")))
            .token()
    );
}

/// Rule `element-key-missing`.
#[rstest]
#[case::absent("")]
#[case::null(r#""element":null,"#)]
#[case::empty(r#""element":{},"#)]
#[case::key_null(r#""element":{"key":null},"#)]
#[case::key_blank(r#""element":{"key":" "},"#)]
fn a_creation_must_name_an_element(#[case] element: &str) {
    let payload = mailjet("n").replace(r#""element":{"key":"mailjet"},"#, element);
    let reply = fresh().ask(Request::post("/instances", payload));
    assert_eq!(reply.verdict(), (400, "element-key-missing"));
    assert!(
        reply.message().starts_with("element.key is required"),
        "{}",
        reply.message()
    );
}

/// Rule `element-unknown`: the key is named, and the nearest known one.
#[rstest]
#[case("sendgird", "sendgrid")]
#[case("twillio", "twilio")]
#[case("MAILJET", "mailjet")]
fn an_unknown_key_is_told_the_nearest(#[case] sent: &str, #[case] near: &str) {
    let payload = mailjet("n").replace(r#"{"key":"mailjet"}"#, &format!(r#"{{"key":"{sent}"}}"#));
    let reply = fresh().ask(Request::post("/instances", payload));
    assert_eq!(reply.verdict(), (404, "element-unknown"));
    let message = reply.message();
    assert!(
        message.contains(sent) && message.contains(near),
        "{message}"
    );
}

/// Rule `oauth-not-implied`: `typeOauth` demands nothing; what is sent for it is accepted and never shown.
#[test]
fn provider_data_is_accepted_and_never_shown() {
    let mut ce = Core::start(&[("shape", "platform")]);
    let typed = ce.ask(Request::get("/elements/twilio"));
    assert_eq!(typed.json().get("typeOauth"), Some(&Json::Bool(true)));
    let plain = ce.ask(Request::post("/instances", twilio("n")));
    assert_eq!(plain.status, 200);
    let data = r#""providerData":{"code":"s3cret"},"name""#;
    let created = ce.ask(Request::post(
        "/instances",
        twilio("n").replace("\"name\"", data),
    ));
    let updated = ce.ask(Request::put(
        "/instances/1235",
        r#"{"providerData":{"code":"s3cret"}}"#,
    ));
    for reply in [created, updated, ce.ask(Request::get("/instances/1235"))] {
        assert_eq!(reply.status, 200);
        assert!(!reply.text().contains("s3cret") && !reply.text().contains("providerData"));
    }
}

/// Rule `name-duplicates`.
#[test]
fn two_instances_may_have_the_same_name() {
    let mut ce = fresh();
    for id in [1234, 1235] {
        assert_eq!(
            ce.ask(Request::post("/instances", mailjet("twin"))).id(),
            id
        );
    }
    assert_eq!(
        ce.ask(Request::get("/instances?searchText=twin")).ids(),
        [1234, 1235]
    );
}

/// Rules `unknown-route`, `method`, `auth-required`, `accept`, `content-type`, `too-large`, `json-malformed`,
/// `element-unknown`, `member-types`: a request with every mistake is told them one after the other, in this order.
#[test]
fn the_first_check_that_fails_answers() {
    let mut ce = Core::start(&[("body-limit", "500")]);
    let mut request = Request::raw("BREW", "/elements/api-v2/instancez")
        .header("accept", "text/html")
        .body("{".repeat(501));
    let mut told = Vec::new();
    let mut ask = |request: &Request| told.push(ce.ask(request.clone()).rule().to_owned());
    ask(&request);
    request.target = "/elements/api-v2/instances".to_owned();
    ask(&request);
    request.method = "POST".to_owned();
    ask(&request);
    request = request.header("authorization", "User u, Organization o");
    ask(&request);
    request = request.without("accept");
    ask(&request);
    request = request.header("content-type", "application/json");
    ask(&request);
    for body in [
        r#"{"#,
        r#"{"name":5,"element":{"key":"nowhere"}}"#,
        r#"{"name":5,"element":{"key":"mailjet"}}"#,
        r#"{"element":{"key":"mailjet"}}"#,
        r#"{"name":"n","element":{"key":"mailjet"}}"#,
    ] {
        request = request.body(body);
        ask(&request);
    }
    let order = [
        "unknown-route",
        "method",
        "auth-required",
        "accept",
        "content-type",
        "too-large",
        "json-malformed",
        "element-unknown",
        "member-types",
        "name-required",
        "configuration-missing",
    ];
    assert_eq!(told, order);
}

#[test]
fn an_unknown_element_and_a_wrong_member_are_refused_together() {
    let body = r#"{"element":{"key":"twillio"},"name":5,"tags":"a","configuration":[]}"#;
    let reply = fresh().ask(Request::post("/instances", body));
    assert_eq!(reply.verdict(), (404, "element-unknown"));
    let wrong = "Did you mean twilio?; name must be text, found a number; \
                 tags must be an array of texts, found text; configuration must be an object, found an array";
    assert!(reply.message().ends_with(wrong), "{}", reply.message());
}
