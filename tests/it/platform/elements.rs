//! The catalog's answers about its elements: metadata, configuration, and lists by a condition.

use std::fs;

use mock_ce::Json;
use rstest::rstest;

use crate::support::{Core, Harness as _, Reply, Request};

fn ask(path: &str) -> Reply {
    Core::start(&[]).ask(Request::get(path).without("authorization"))
}

/// A service whose catalog also has an element with this key and some resources.
fn with_element(key: &str) -> Core {
    let directory = tempfile::tempdir().unwrap();
    let fixture = format!(
        r#"{{"instance": {{"id": 1, "name": "", "token": "t", "element": {{"id": 146, "key": "{key}"}}}},
        "authentication": {{"type": "basic"}}, "hub": "crm",
        "configuration": [{{"key": "{key}.site", "required": true, "default": "eu"}}],
        "resources": [{{"path": "/contacts", "methods": ["create", "list"], "row": {{"id": "1"}}}}]}}"#
    );
    fs::write(directory.path().join("one.json"), fixture).unwrap();
    Core::start(&[("catalog", directory.path().to_str().unwrap())])
}

fn names(json: &Json<'_>) -> Vec<String> {
    let members = json.as_object().unwrap();
    members.iter().map(|(name, _)| name.to_string()).collect()
}

/// Rules `element-metadata-all`, `element-metadata-required`: every element, page by page, and the word is no key.
#[test]
fn all_elements_tell_what_they_can_do() {
    let mut ce = Core::start(&[]);
    let all = ce.ask(Request::get("/elements/metadata").without("authorization"));
    assert_eq!(
        (all.verdict(), all.ids()),
        ((200, "element-metadata-all"), vec![6, 7, 84])
    );
    let list = all.json();
    for one in list.as_array().unwrap() {
        assert_eq!(names(one), ["id", "key", "name", "description", "events"]);
        assert_eq!(
            one.get("events").unwrap().to_string(),
            r#"{"supported":false,"methods":[]}"#
        );
    }
    let first = ce.ask(Request::get("/elements/metadata?pageSize=2"));
    let next = first.header("elements-next-page-token").unwrap();
    let second = ce.ask(Request::get(&format!(
        "/elements/metadata?pageSize=2&nextPage={next}"
    )));
    assert_eq!((first.ids(), second.ids()), (vec![6, 7], vec![84]));
    assert_eq!(second.header("elements-next-page-token"), None);
    for bad in ["pageSize=0", "pageSize=x", "nextPage=x"] {
        let reply = ce.ask(Request::get(&format!("/elements/metadata?{bad}")));
        assert_eq!(reply.verdict(), (400, "element-metadata-all"), "{bad}");
    }
}

/// Rule `element-metadata`: by id and by key.
#[rstest]
#[case("/elements/84/metadata", 200, "element-metadata")]
#[case("/elements/mailjet/metadata", 200, "element-metadata")]
#[case("/elements/999999999999/metadata", 404, "element-get")]
#[case("/elements/99999999999999999999999/metadata", 404, "element-get")]
fn one_element_tells_what_it_can_do(#[case] path: &str, #[case] status: u16, #[case] rule: &str) {
    let reply = ask(path);
    assert_eq!(reply.verdict(), (status, rule));
    match status {
        200 => assert_eq!(reply.id(), 84),
        _ => assert!(
            reply
                .message()
                .starts_with("No element found with key or id 9999")
        ),
    }
}

/// Rules `element-metadata-expand`, `element-metadata-resource`.
#[test]
fn everything_is_told_on_demand() {
    let mut ce = with_element("closeio");
    let reply = ce.ask(Request::get("/elements/closeio/metadata?expand=true"));
    assert_eq!(reply.id(), 146);
    let shown = reply.json();
    let flags = [
        "active",
        "beta",
        "transformations",
        "normalizedPaging",
        "swaggerValidated",
        "cloneable",
    ];
    for flag in flags {
        assert!(shown.get(flag).and_then(Json::as_bool).is_some(), "{flag}");
    }
    for (text, expected) in [
        ("hub", "crm"),
        ("authenticationType", "basic"),
        ("elementType", "api"),
        ("image", ""),
    ] {
        assert_eq!(
            shown.get(text).and_then(Json::as_str),
            Some(expected),
            "{text}"
        );
    }
    assert_eq!(shown.get("displayOrder").and_then(Json::as_u64), Some(0));
    assert_eq!(names(shown.get("discovery").unwrap()).len(), 4);
    assert_eq!(
        shown.get("bulk").unwrap().to_string(),
        r#"{"upload":false,"download":false}"#
    );
    assert_eq!(
        shown.get("resources").unwrap().to_string(),
        concat!(
            r#"[{"canonicalName":"contacts","operations":["create","search"],"#,
            r#""events":{"supported":false,"methods":[],"eventTypes":[]},"#,
            r#""bulk":{"upload":{"supported":false,"native":false},"download":{"supported":false,"native":false}},"#,
            r#""customField":{"get":false,"create":false,"update":false,"delete":false}}]"#
        )
    );
}

/// Rule `element-metadata-known`.
#[rstest]
#[case("netsuitecrm", "polling")]
#[case("dropbox", "webhook")]
fn known_events_are_told(#[case] key: &str, #[case] method: &str) {
    let reply = with_element(key).ask(Request::get(&format!("/elements/{key}/metadata")));
    let shown = reply.json();
    let events = shown.get("events").unwrap();
    assert_eq!(events.get("supported").and_then(Json::as_bool), Some(true));
    assert_eq!(
        events.get("methods").unwrap().to_string(),
        format!("[\"{method}\"]")
    );
    let resources = events.get(method).and_then(Json::as_object).unwrap();
    assert!(
        resources[0]
            .1
            .get("eventTypes")
            .and_then(Json::as_array)
            .is_some()
    );
}

/// Rules `element-config`, `element-config-entry`: the same entries as the element has; a default only where one is.
#[test]
fn an_element_tells_how_it_is_configured() {
    let reply = ask("/elements/84/configuration");
    assert_eq!(reply.verdict(), (200, "element-config"));
    let whole = ask("/elements/mailjet");
    let shown = reply.json();
    assert_eq!(
        shown.get("configuration"),
        whole.json().get("configuration")
    );
    assert_eq!(names(&shown), ["configuration", "authentication"]);
    assert!(!reply.text().contains("defaultValue"));
    let reply = with_element("x").ask(Request::get("/elements/x/configuration"));
    let expected = concat!(
        r#"{"configuration":[{"key":"x.site","name":"X Site","description":"x.site","type":"TEXTFIELD_128","#,
        r#""required":true,"defaultValue":"eu"}],"authentication":{"type":"basic"}}"#
    );
    assert_eq!(reply.text(), expected);
    assert_eq!(
        ask("/elements/nothing/configuration").verdict(),
        (404, "element-get")
    );
}

/// Rule `element-where-extended`: only the organization that has added a resource sees the element extended.
#[test]
fn an_element_with_an_added_resource_is_extended() {
    let mut ce = Core::start(&[]);
    let thing = r#"{"method":"GET","path":"/things"}"#;
    let added = ce.ask(Request::post("/elements/twilio/resources", thing));
    assert_eq!(added.status, 200);
    let extended = Request::get("/elements?where=extended%3D'true'");
    assert_eq!(ce.ask(extended.clone()).ids(), [7]);
    let others = ce.ask(extended.clone().by("User u, Organization other"));
    assert_eq!(others.verdict(), (404, "element-where-empty"));
    ce.ask(Request::delete("/elements/twilio/resources/1"));
    assert_eq!(ce.ask(extended).verdict(), (404, "element-where-empty"));
}

/// Rules `element-where`, `element-where-extended`.
#[rstest]
#[case("key='mailjet'", &[84])]
#[case("key in ('twilio','mailjet')", &[7, 84])]
#[case("private='false' AND extended='false' AND id<10", &[6, 7])]
#[case("key='sendgrid' OR id=84", &[6, 84])]
#[case("active='true'", &[6, 7, 84])]
#[case("abridged='true' AND key='twilio'", &[7])]
fn a_condition_chooses_elements(#[case] condition: &str, #[case] ids: &[u64]) {
    let query: String = form_urlencoded::byte_serialize(condition.as_bytes()).collect();
    let reply = ask(&format!("/elements?where={query}"));
    assert_eq!((reply.rule(), &*reply.ids()), ("element-where", ids));
    assert_eq!(
        reply.text().contains("\"configuration\""),
        !condition.starts_with("abridged")
    );
}

/// Rules `element-where-empty`, `element-where-bad`.
#[test]
fn a_condition_may_choose_nothing_or_be_none() {
    let none = "/elements?where=private%3D%27true%27";
    let reply = ask(none);
    assert_eq!(reply.verdict(), (404, "element-where-empty"));
    assert_eq!(reply.message(), "No elements found");
    let mut ce = Core::start(&[("empty-lists", "ok")]);
    let reply = ce.ask(Request::get(none));
    assert_eq!(
        (reply.verdict(), reply.text()),
        ((200, "element-where-empty"), "[]")
    );
    let reply = ask("/elements?where=key%3D");
    assert_eq!(reply.verdict(), (400, "element-where-bad"));
    assert!(
        reply
            .message()
            .starts_with("Error parsing query: character "),
        "{}",
        reply.message()
    );
}

/// Rule `element-abridged`: all but the long members.
#[test]
fn an_abridged_element_lacks_its_long_members() {
    let reply = ask("/elements?abridged=true");
    assert_eq!(
        (reply.rule(), reply.ids()),
        ("element-abridged", vec![6, 7, 84])
    );
    assert!(!reply.text().contains("\"configuration\""));
    assert!(reply.text().contains("\"description\""));
    assert_eq!(ask("/elements?abridged=false").body, ask("/elements").body);
}
