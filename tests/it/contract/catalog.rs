//! The catalog.

use mock_ce::Json;
use rstest::rstest;

use super::fresh;
use crate::support::{Harness, Request};

/// Rule `element-list`.
#[test]
fn the_elements_are_listed_by_id() {
    let mut ce = fresh();
    assert_eq!(ce.ask(Request::get("/elements")).ids(), [6, 7, 84]);
    let keys = ce.ask(Request::get("/elements/keys"));
    assert_eq!(keys.verdict(), (200, "element-list"));
    assert_eq!(keys.text(), r#"["sendgrid","twilio","mailjet"]"#);
}

/// Rule `element-list`: each of the list is what the element alone is.
#[test]
fn the_list_has_the_elements_as_they_are_alone() {
    let mut ce = fresh();
    let list = ce.ask(Request::get("/elements"));
    assert_eq!(list.verdict(), (200, "element-list"));
    for element in list.json().as_array().unwrap() {
        let key = element.get("key").and_then(Json::as_str).unwrap();
        assert_eq!(
            ce.ask(Request::get(&format!("/elements/{key}"))).text(),
            element.to_string()
        );
    }
}

/// Rule `element-get`: by key and by id.
#[rstest]
#[case("sendgrid", "6")]
#[case("twilio", "7")]
#[case("mailjet", "84")]
fn an_element_is_found_by_key_and_by_id(#[case] key: &str, #[case] id: &str) {
    let mut ce = fresh();
    let by_key = ce.ask(Request::get(&format!("/elements/{key}")));
    let by_id = ce.ask(Request::get(&format!("/elements/{id}")));
    assert_eq!(by_key.verdict(), (200, "element-get"));
    assert_eq!(by_key.member("key"), key);
    assert_eq!(by_key.body, by_id.body);
}

/// Rule `element-get`: with what provisioning demands.
#[test]
fn an_element_tells_its_configuration_entries() {
    let reply = fresh().ask(Request::get("/elements/mailjet"));
    let entries = reply.json().get("configuration").unwrap().to_string();
    let expected = concat!(
        r#"[{"key":"mailjet.api.key","name":"Mailjet Api Key","description":"mailjet.api.key","type":"PASSWORD","required":true},"#,
        r#"{"key":"mailjet.api.secret","name":"Mailjet Api Secret","description":"mailjet.api.secret","type":"PASSWORD","required":true}]"#
    );
    assert_eq!(entries, expected);
}

/// Rule `element-get`: an unknown one is told the nearest.
#[rstest]
#[case(
    "mailject",
    "No element found with key or id mailject. Did you mean mailjet?"
)]
#[case(
    "Twilio",
    "No element found with key or id Twilio. Did you mean twilio?"
)]
#[case("85", "No element found with key or id 85")]
#[case("weather", "No element found with key or id weather")]
fn an_unknown_element_is_not_found(#[case] key_or_id: &str, #[case] message: &str) {
    let reply = fresh().ask(Request::get(&format!("/elements/{key_or_id}")));
    assert_eq!(reply.verdict(), (404, "element-get"));
    assert_eq!(reply.message(), message);
}
