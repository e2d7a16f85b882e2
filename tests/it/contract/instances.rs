//! Instances afterwards: by id, by token, below an element.

use rstest::rstest;

use super::fresh;
use crate::support::{Core, Harness, Request, mailjet, sendgrid, twilio};

/// A service with these three: 1234 of mailjet, 1235 of twilio, 1236 of mailjet.
fn three(flags: &[(&str, &str)]) -> Core {
    let mut ce = Core::start(flags);
    for payload in [mailjet("one"), twilio("two"), mailjet("three")] {
        assert_eq!(ce.ask(Request::post("/instances", payload)).status, 200);
    }
    ce
}

const PLATFORM: &[(&str, &str)] = &[("shape", "platform")];

/// Rule `instance-get`: what the creation answered.
#[test]
fn an_instance_is_shown_as_its_creation_showed_it() {
    let mut ce = fresh();
    let created = ce.ask(Request::post("/instances", mailjet("n")));
    let shown = ce.ask(Request::get("/instances/1234"));
    assert_eq!(shown.verdict(), (200, "instance-get"));
    assert_eq!(shown.body, created.body);
}

/// Rule `instance-get`: an unknown id is 404, one that is no integer 400.
#[rstest]
#[case("1237", 404, "No instance found with ID 1237")]
#[case("0", 404, "No instance found with ID 0")]
#[case("-1", 404, "No instance found with ID -1")]
#[case(
    "99999999999999999999",
    404,
    "No instance found with ID 99999999999999999999"
)]
#[case("abc", 400, "The id \"abc\" is not an integer")]
#[case("12.5", 400, "The id \"12.5\" is not an integer")]
#[case("1234x", 400, "The id \"1234x\" is not an integer")]
#[case("-", 400, "The id \"-\" is not an integer")]
fn an_id_must_be_that_of_an_instance(#[case] id: &str, #[case] status: u16, #[case] message: &str) {
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        let reply = three(&[]).ask(Request::to(method, &format!("/instances/{id}")).json("{}"));
        assert_eq!(reply.verdict(), (status, "instance-get"), "{method}");
        assert_eq!(reply.message(), message);
    }
}

/// Rule `instance-replace`: tags are replaced, entries that are sent are set, the others stay, and so do id and token.
#[test]
fn a_replacement_changes_what_it_sends() {
    let mut ce = Core::start(PLATFORM);
    let payload = mailjet("n").replace(
        "\"configuration\":{",
        "\"tags\":[\"a\",\"b\"],\"configuration\":{\"x\":\"1\",\"y\":\"2\",",
    );
    let created = ce.ask(Request::post("/instances", payload));
    let change = r#"{"tags":["c"],"configuration":{"y":"3","z":"4"}}"#;
    let changed = ce.ask(Request::put("/instances/1234", change));
    assert_eq!(changed.verdict(), (200, "instance-replace"));
    assert_eq!((changed.id(), changed.token()), (1234, created.token()));
    assert_eq!(changed.member("name"), "n");
    assert_eq!(changed.json().get("tags").unwrap().to_string(), r#"["c"]"#);
    let configuration = changed.json().get("configuration").unwrap().to_string();
    assert!(
        configuration.ends_with(r#""x":"1","y":"3","z":"4"}"#),
        "{configuration}"
    );
    assert_eq!(ce.ask(Request::get("/instances/1234")).body, changed.body);
    let renamed = ce.ask(Request::put("/instances/1234", r#"{"name":"m"}"#));
    assert_eq!(renamed.member("name"), "m");
    assert_eq!(renamed.json().get("tags").unwrap().to_string(), r#"["c"]"#);
}

/// Rule `instance-replace`: an optional entry that is sent blank is unset.
#[rstest]
#[case("null")]
#[case("\" \"")]
fn a_blank_entry_is_unset(#[case] value: &str) {
    let mut ce = Core::start(PLATFORM);
    let optional =
        "\"configuration\":{\"messaging.sendgrid.user.city\":\"Fakesville\",\"x\":\"1\",";
    let payload = sendgrid("n").replace("\"configuration\":{", optional);
    assert!(
        ce.ask(Request::post("/instances", payload))
            .text()
            .contains("Fakesville")
    );
    let change =
        format!(r#"{{"configuration":{{"messaging.sendgrid.user.city":{value},"x":{value}}}}}"#);
    let changed = ce.ask(Request::put("/instances/1234", change));
    assert_eq!(changed.status, 200);
    assert!(
        changed
            .text()
            .contains("\"messaging.sendgrid.user.city\":null")
    );
    assert!(!changed.text().contains("\"x\""));
}

/// Rule `instance-replace`: a replacement does not move the instance, whatever element it names.
#[test]
fn a_replacement_never_moves_an_instance() {
    let mut ce = three(&[]);
    let to = |key: &str| {
        Request::put(
            "/instances/1234",
            format!(r#"{{"element":{{"key":"{key}"}}}}"#),
        )
    };
    assert_eq!(ce.ask(to("twilio")).verdict(), (400, "whole-instance-back"));
    let reply = ce.ask(to("mailjet"));
    assert_eq!(reply.verdict(), (200, "instance-replace"));
    assert!(reply.text().contains("\"key\":\"mailjet\""));
}

/// Rules `instance-replace`, `instance-patch`: what an update sends is checked like a creation.
#[rstest]
#[case::type_of_name(r#"{"name":5}"#, "member-types")]
#[case::type_of_a_tag(r#"{"tags":[1]}"#, "member-types")]
#[case::type_of_configuration(r#"{"configuration":"x"}"#, "member-types")]
#[case::type_of_an_entry(r#"{"configuration":{"mailjet.api.key":{}}}"#, "member-types")]
#[case::no_object("[]", "member-types")]
#[case::blank_name(r#"{"name":" "}"#, "name-required")]
#[case::blank_entry(r#"{"configuration":{"mailjet.api.key":null}}"#, "configuration-blank")]
fn an_update_is_checked_like_a_creation(#[case] body: &str, #[case] rule: &str) {
    let mut ce = three(&[]);
    let before = ce.ask(Request::get("/instances/1234"));
    for path in ["/instances/1234", "/elements/mailjet/instances/1234"] {
        for method in ["PUT", "PATCH"] {
            let reply = ce.ask(Request::to(method, path).json(body));
            assert_eq!(reply.verdict(), (400, rule), "{method} {path}");
        }
    }
    assert_eq!(ce.ask(Request::get("/instances/1234")).body, before.body);
}

/// Rules `instance-replace`, `instance-patch`: an update that sends nothing changes nothing.
#[rstest]
#[case("PUT", "instance-replace")]
#[case("PATCH", "instance-patch")]
fn an_update_may_send_nothing(#[case] method: &str, #[case] rule: &str) {
    let mut ce = three(&[]);
    let before = ce.ask(Request::get("/instances/1234"));
    let reply = ce.ask(Request::to(method, "/instances/1234").json("{}"));
    assert_eq!(reply.verdict(), (200, rule));
    assert_eq!(reply.body, before.body);
}

/// Rule `instance-patch`: a redundant id must agree.
#[rstest]
#[case("1234", 200)]
#[case("null", 200)]
#[case("1235", 400)]
#[case("\"1234\"", 400)]
#[case("1234.5", 400)]
fn a_redundant_id_must_agree(#[case] id: &str, #[case] status: u16) {
    let body = format!("{{\"id\":{id},\"name\":\"m\"}}");
    let reply = three(&[]).ask(Request::patch("/instances/1234", body));
    assert_eq!(reply.verdict(), (status, "instance-patch"));
}

/// Rule `instance-patch`: an element by key or id moves the instance, which keeps id, token, name and entries.
#[rstest]
#[case(r#"{"element":{"key":"twilio"}}"#)]
#[case(r#"{"element":{"id":7}}"#)]
fn a_patch_moves_an_instance_to_another_element(#[case] body: &str) {
    let mut ce = three(PLATFORM);
    let before = ce.ask(Request::get("/instances/1234"));
    let moved = ce.ask(Request::patch("/instances/1234", body));
    assert_eq!(moved.verdict(), (200, "instance-patch"));
    assert_eq!(
        (moved.id(), moved.token(), moved.member("name")),
        (1234, before.token(), "one".to_owned())
    );
    assert!(moved.text().contains("\"key\":\"twilio\""));
    let configuration = moved.json().get("configuration").unwrap().to_string();
    assert!(
        configuration.starts_with("{\"messaging.sms.twilio.protocol\":null,"),
        "{configuration}"
    );
    assert!(
        configuration.contains("\"mailjet.api.key\":\"********\""),
        "{configuration}"
    );
    assert_eq!(
        ce.ask(Request::get("/elements/twilio/instances")).ids(),
        [1234, 1235]
    );
    assert_eq!(
        ce.ask(Request::get("/elements/mailjet/instances")).ids(),
        [1236]
    );
}

/// Rule `instance-patch`: only to an element that there is.
#[test]
fn a_patch_cannot_move_an_instance_nowhere() {
    let reply = three(&[]).ask(Request::patch(
        "/instances/1234",
        r#"{"element":{"key":"twillio"}}"#,
    ));
    assert_eq!(reply.verdict(), (404, "element-unknown"));
}

/// Rule `instance-delete`: 200 with an empty body, and the instance is gone.
#[test]
fn a_deletion_leaves_nothing() {
    let mut ce = three(&[]);
    let reply = ce.ask(Request::delete("/instances/1235"));
    assert_eq!(reply.verdict(), (200, "instance-delete"));
    assert_eq!((reply.text(), reply.header("content-type")), ("", None));
    assert_eq!(
        ce.ask(Request::get("/instances/1235")).verdict(),
        (404, "instance-get")
    );
    assert_eq!(
        ce.ask(Request::delete("/instances/1235")).verdict(),
        (404, "instance-get")
    );
    assert_eq!(ce.ask(Request::get("/instances")).ids(), [1234, 1236]);
}

/// Rule `by-token`: without an id, the instance is that of the header's token.
#[test]
fn the_token_names_the_instance() {
    let mut ce = fresh();
    let tokens =
        ["one", "two"].map(|name| ce.ask(Request::post("/instances", mailjet(name))).token());
    let by = format!("User u, Element {}", tokens[1]);
    let replaced = ce.ask(Request::put("/instances", r#"{"name":"three"}"#).by(&by));
    assert_eq!(replaced.verdict(), (200, "by-token"));
    assert_eq!(
        (replaced.id(), replaced.member("name")),
        (1235, "three".to_owned())
    );
    let patched = ce.ask(Request::patch("/instances", r#"{"element":{"id":7}}"#).by(&by));
    assert_eq!(patched.verdict(), (200, "by-token"));
    assert!(patched.text().contains("\"key\":\"twilio\""));
    let deleted = ce.ask(Request::delete("/instances").by(&format!("Organization o, {by}")));
    assert_eq!((deleted.verdict(), deleted.text()), ((200, "by-token"), ""));
    assert_eq!(ce.ask(Request::get("/instances")).ids(), [1234]);
}

/// Rule `dead-token`: the token of a deleted instance, and one that never was.
#[rstest]
#[case("PUT")]
#[case("PATCH")]
#[case("DELETE")]
fn a_dead_token_is_refused(#[case] method: &str) {
    let mut ce = fresh();
    let token = ce.ask(Request::post("/instances", mailjet("n"))).token();
    assert_eq!(ce.ask(Request::delete("/instances/1234")).status, 200);
    for token in [&*token, "cuED0/DezalhhzK2OtO6kMP7NvPnMyNcRDZc=", "x"] {
        let reply = ce.ask(
            Request::to(method, "/instances")
                .by(&format!("User u, Element {token}"))
                .json("{}"),
        );
        assert_eq!(reply.verdict(), (401, "dead-token"), "{token}");
        let literal = "Invalid Organization or User secret, or invalid Element token provided.";
        assert_eq!(reply.message(), literal);
    }
}

/// Rule `by-element`: the same calls, over that element's instances only.
#[rstest]
#[case::key("/elements/mailjet/instances")]
#[case::id("/elements/84/instances")]
fn below_an_element_are_its_instances_only(#[case] path: &str) {
    let mut ce = three(&[]);
    let (own, foreign) = (format!("{path}/1236"), format!("{path}/1235"));
    let list = ce.ask(Request::get(path));
    assert_eq!(
        (list.verdict(), list.ids()),
        ((200, "by-element"), vec![1234, 1236])
    );
    assert_eq!(list.header("elements-total-count"), Some("2"));
    assert_eq!(
        ce.ask(Request::get(&own)).body,
        ce.ask(Request::get("/instances/1236")).body
    );
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        let reply = ce.ask(Request::to(method, &foreign).json("{}"));
        assert_eq!(reply.verdict(), (404, "by-element"), "{method}");
        assert_eq!(reply.message(), "No instance found with ID 1235");
    }
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        let reply = ce.ask(Request::to(method, &own).json(r#"{"name":"m"}"#));
        assert_eq!(reply.verdict(), (200, "by-element"), "{method}");
    }
    assert_eq!(ce.ask(Request::get(path)).ids(), [1234]);
}

/// Rule `by-element`: an element without instances has an empty list, an element that is not has none.
#[test]
fn below_an_unknown_element_is_nothing() {
    let mut ce = three(&[]);
    assert_eq!(
        ce.ask(Request::get("/elements/sendgrid/instances"))
            .verdict(),
        (404, "empty-list")
    );
    assert_eq!(
        ce.ask(Request::get("/elements/sendgird/instances"))
            .verdict(),
        (404, "element-get")
    );
    assert_eq!(
        ce.ask(Request::get("/elements/sendgird/instances/1234"))
            .verdict(),
        (404, "element-get")
    );
    assert_eq!(
        ce.ask(Request::get("/elements/mailjet/instances/abc"))
            .status,
        400
    );
    let created = ce.ask(Request::post("/elements/sendgrid/instances", sendgrid("n")));
    assert_eq!((created.rule(), created.id()), ("create-by-element", 1237));
    assert_eq!(
        ce.ask(Request::get("/elements/6/instances?pageSize=1"))
            .ids(),
        [1237]
    );
}
