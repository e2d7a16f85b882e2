//! The configuration of an instance, entry by entry.

use mock_ce::Json;
use rstest::rstest;

use super::{by_token, provisioned};
use crate::support::{Harness as _, Reply, Request, mailjet};

const LIST: &str = "/instances/1234/configuration";

fn texts(reply: &Reply, name: &str) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", reply.text());
    let list = reply.json();
    let text = |entry: &Json<'_>| match entry.get(name) {
        Some(Json::Text(text)) => text.to_string(),
        Some(other) => other.to_string(),
        None => panic!("{name} in {entry}"),
    };
    list.as_array().unwrap().iter().map(text).collect()
}

fn value(reply: &Reply) -> String {
    reply.json().get("propertyValue").unwrap().to_string()
}

/// Rules `instance-config-list`, `instance-config-contents`: the catalog's entries, the common ones, the caller's own.
#[test]
fn all_entries_are_listed_whether_set_or_not() {
    let (mut ce, _) = provisioned();
    let sent = r#"{"configuration":{"z.own":true,"event.vendor.type":"webhook","a.own":1}}"#;
    ce.ask(Request::patch("/instances/1234", sent));
    let list = ce.ask(Request::get(LIST));
    assert_eq!(list.verdict(), (200, "instance-config-list"));
    let expected = [
        ("mailjet.api.key", "********"),
        ("mailjet.api.secret", "********"),
        ("filter.response.nulls", "true"),
        ("event.notification.enabled", "false"),
        ("event.vendor.type", "webhook"),
        ("event.notification.type", "null"),
        ("event.notification.callback.url", "null"),
        ("z.own", "true"),
        ("a.own", "1"),
    ];
    let listed = texts(&list, "key")
        .into_iter()
        .zip(texts(&list, "propertyValue"));
    let known = listed.filter(|(key, _)| !key.starts_with("mailjet.") || key.contains(".api."));
    let known: Vec<_> = known.collect();
    let known: Vec<_> = known
        .iter()
        .map(|(key, value)| (&**key, &**value))
        .collect();
    assert_eq!(known, expected);
    assert_eq!(texts(&list, "type").last().unwrap(), "TEXTFIELD_1000");
}

/// Rule `instance-config-entry`: the members of an entry and their types.
#[test]
fn an_entry_has_all_its_members() {
    let (mut ce, _) = provisioned();
    let list = ce.ask(Request::get(LIST));
    assert_eq!(
        list.json().as_array().unwrap()[0].to_string(),
        r#"{"id":1234001,"key":"mailjet.api.key","name":"Mailjet Api Key","description":"mailjet.api.key","type":"PASSWORD","required":true,"active":true,"hideFromConsole":false,"propertyValue":"********"}"#
    );
    assert!(!list.text().contains("defaultValue"));
}

/// Rule `instance-config-text`: a boolean and a number become text.
#[rstest]
#[case("true", "\"true\"")]
#[case("1", "\"1\"")]
#[case("\"x\"", "\"x\"")]
#[case("null", "null")]
#[case("\" \"", "null")]
fn a_value_is_text_or_null(#[case] sent: &str, #[case] shown: &str) {
    let (mut ce, _) = provisioned();
    let id = id_of(&mut ce, "event.vendor.type");
    let path = format!("{LIST}/{id}");
    let reply = ce.ask(Request::patch(
        &path,
        format!(r#"{{"propertyValue":{sent}}}"#),
    ));
    assert_eq!(reply.verdict(), (200, "instance-config-patch"));
    assert_eq!(value(&reply), shown);
}

fn id_of(ce: &mut crate::support::Core, key: &str) -> u64 {
    let list = ce.ask(Request::get(LIST));
    let position = texts(&list, "key").iter().position(|listed| listed == key);
    list.ids()[position.unwrap()]
}

fn named(ce: &mut crate::support::Core, key: &str) -> Reply {
    let id = id_of(ce, key);
    ce.ask(Request::get(&format!("{LIST}/{id}")))
}

/// Rule `instance-config-mask`: a secret is masked here and in the instance, one that is not set is null.
#[test]
fn a_secret_is_masked_in_the_entry_and_in_the_instance() {
    let (mut ce, _) = provisioned();
    let sent = r#"{"configuration":{"oauth.api.secret":"s3cret","username":"me"}}"#;
    let instance = ce.ask(Request::patch("/instances/1234", sent));
    let secret = named(&mut ce, "oauth.api.secret");
    assert_eq!(value(&secret), "\"********\"");
    assert!(instance.text().contains(r#""oauth.api.secret":"********""#));
    let plain = id_of(&mut ce, "username");
    assert_eq!(
        value(&ce.ask(Request::get(&format!("{LIST}/{plain}")))),
        "\"me\""
    );
    let unset = r#"{"configuration":{"oauth.api.secret":null}}"#;
    ce.ask(Request::patch("/instances/1234", unset));
    let secret = named(&mut ce, "oauth.api.secret");
    assert_eq!(value(&secret), "null");
}

/// Rules `instance-config-ids`, `consecutive-ids`: ids stay, also when an entry before is unset, and take no instance's.
#[test]
fn an_entry_keeps_its_id_for_the_life_of_the_instance() {
    let (mut ce, _) = provisioned();
    let sent = r#"{"configuration":{"one":"1","two":"2"}}"#;
    ce.ask(Request::patch("/instances/1234", sent));
    let before = ce.ask(Request::get(LIST));
    let two = id_of(&mut ce, "two");
    assert!(
        before
            .ids()
            .iter()
            .zip(1234001..)
            .all(|(id, expected)| *id == expected)
    );
    ce.ask(Request::patch(
        "/instances/1234",
        r#"{"configuration":{"one":null,"three":"3"}}"#,
    ));
    assert_eq!(id_of(&mut ce, "two"), two);
    assert_eq!(id_of(&mut ce, "three"), two + 1);
    let state = ce.ask(Request::raw("GET", "/__admin/state")).body;
    let restore = Request::raw("PUT", "/__admin/state").json(state);
    assert_eq!(ce.ask(restore).status, 200);
    assert_eq!(id_of(&mut ce, "three"), two + 1);
    for id in [1235, 1236] {
        assert_eq!(ce.ask(Request::post("/instances", mailjet("n"))).id(), id);
    }
}

/// Rules `instance-config-get`, `subject-unknown`.
#[rstest]
#[case::unknown("/instances/1234/configuration/1234999", 404, "instance-config-get")]
#[case::of_another("/instances/1235/configuration/1234001", 404, "instance-config-get")]
#[case::no_integer("/instances/1234/configuration/x", 400, "instance-config-get")]
#[case::no_instance("/instances/1/configuration/1234001", 404, "subject-unknown")]
#[case::no_instance_at_all("/instances/1/configuration", 404, "subject-unknown")]
#[case::no_id("/instances/x/configuration", 400, "subject-unknown")]
#[case::below_an_element("/elements/mailjet/instances/1234/configuration", 404, "unknown-route")]
fn what_is_not_there_is_refused(#[case] path: &str, #[case] status: u16, #[case] rule: &str) {
    let (mut ce, _) = provisioned();
    ce.ask(Request::post("/instances", mailjet("other")));
    let reply = ce.ask(Request::get(path));
    assert_eq!(reply.verdict(), (status, rule));
    if rule == "instance-config-get" && status == 404 {
        let id = path.rsplit('/').next().unwrap();
        assert_eq!(
            reply.message(),
            format!("No configuration found with ID {id}")
        );
    }
}

/// Rules `token-form`, `instance-config-effect`: a change is seen in both forms, in the instance, and the other way.
#[test]
fn both_forms_show_the_same_entries() {
    let (mut ce, token) = provisioned();
    let by = by_token(&token);
    let id = id_of(&mut ce, "filter.response.nulls");
    let path = format!("/instances/configuration/{id}");
    let patch = Request::patch(&path, r#"{"propertyValue":"false"}"#).by(&by);
    assert_eq!(ce.ask(patch).verdict(), (200, "instance-config-patch"));
    let by_id = ce.ask(Request::get(LIST));
    let of_token = ce.ask(Request::get("/instances/configuration").by(&by));
    assert_eq!(by_id.body, of_token.body);
    assert_eq!(
        ce.ask(Request::get(&format!("{LIST}/{id}"))).body,
        ce.ask(Request::get(&path).by(&by)).body
    );
    let instance = ce.ask(Request::get("/instances/1234"));
    assert!(
        instance
            .text()
            .contains(r#""filter.response.nulls":"false""#)
    );
    let back = r#"{"configuration":{"filter.response.nulls":true}}"#;
    ce.ask(Request::patch("/instances", back).by(&by));
    assert_eq!(
        value(&ce.ask(Request::get(&format!("{LIST}/{id}")))),
        "\"true\""
    );
}

/// Rule `instance-config-patch`: the whole entry may be sent back, if it agrees with the path.
#[test]
fn the_whole_entry_may_be_sent_back() {
    let (mut ce, _) = provisioned();
    let path = format!("{LIST}/1234003");
    let fetched = ce.ask(Request::get(&path));
    let changed = fetched
        .text()
        .replace(r#""propertyValue":"true""#, r#""propertyValue":"false""#);
    let reply = ce.ask(Request::patch(&path, changed.clone()));
    assert_eq!(
        (reply.verdict(), reply.text()),
        ((200, "instance-config-patch"), &*changed)
    );
    for other in [r#""id":1234004"#, r#""key":"x""#] {
        let body = format!(r#"{{{other},"propertyValue":"true"}}"#);
        let reply = ce.ask(Request::patch(&path, body));
        assert_eq!(reply.verdict(), (400, "instance-config-patch"));
        assert!(reply.message().contains("make it agree"));
    }
}

/// Rule `instance-config-patch-bad`.
#[rstest]
#[case::missing("{}", "propertyValue is required")]
#[case::object(
    r#"{"propertyValue":{}}"#,
    "propertyValue must be text, found an object"
)]
#[case::array(
    r#"{"propertyValue":[]}"#,
    "propertyValue must be text, found an array"
)]
#[case::null(
    r#"{"propertyValue":null}"#,
    "propertyValue must not be blank: mailjet.api.key is required"
)]
#[case::blank(
    r#"{"propertyValue":" "}"#,
    "propertyValue must not be blank: mailjet.api.key is required"
)]
fn a_bad_change_is_refused(#[case] body: &str, #[case] message: &str) {
    let (mut ce, _) = provisioned();
    let path = format!("{LIST}/1234001");
    let reply = ce.ask(Request::patch(&path, body));
    assert_eq!(reply.verdict(), (400, "instance-config-patch-bad"));
    assert_eq!(reply.message(), message);
    let reply = ce.ask(Request::put(&path, body));
    assert_eq!(
        (reply.status, reply.header("allow")),
        (405, Some("GET, HEAD, PATCH"))
    );
}

/// Rule `mask-written-back`: the mask is not a new secret, wherever it is sent.
#[test]
fn a_mask_that_is_sent_back_keeps_the_secret() {
    let (mut ce, _) = provisioned();
    let mask = "********";
    let sent = [
        (
            format!("{LIST}/1234001"),
            format!(r#"{{"propertyValue":"{mask}"}}"#),
        ),
        (
            "/instances/1234".to_owned(),
            format!(r#"{{"configuration":{{"mailjet.api.key":"{mask}"}}}}"#),
        ),
    ];
    for (path, body) in sent {
        assert_eq!(ce.ask(Request::patch(&path, body)).status, 200);
    }
    let whole = ce.ask(Request::get("/instances/1234")).body;
    assert_eq!(ce.ask(Request::put("/instances/1234", whole)).status, 200);
    let state = ce.ask(Request::raw("GET", "/__admin/state"));
    assert!(
        state.text().contains(r#""mailjet.api.key":"v""#),
        "{}",
        state.text()
    );
    let plain = format!(r#"{{"configuration":{{"plain":"{mask}"}}}}"#);
    let reply = ce.ask(Request::patch("/instances/1234", plain));
    assert!(reply.text().contains(r#""plain":"********""#));
}
