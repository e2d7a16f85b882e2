//! The platform's later shape of an instance, member by member.

use std::time::Duration;

use mock_ce::Json;
use rstest::rstest;

use crate::support::{Core, Harness, Reply, Request, Server, mailjet, sendgrid, twilio};

fn platform() -> Core {
    Core::start(&[("shape", "platform"), ("clock", "2017-03-14T19:20:16Z")])
}

fn create(payload: String) -> Reply {
    let reply = platform().ask(Request::post("/instances", payload));
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply
}

fn member(reply: &Reply, name: &str) -> String {
    reply
        .json()
        .get(name)
        .unwrap_or_else(|| panic!("{name}"))
        .to_string()
}

/// Rule `platform-shape`: the documented shape is the default, and exact.
#[test]
fn the_documented_shape_is_the_default() {
    let by_default = Core::start(&[]).ask(Request::post("/instances", mailjet("n")));
    let documented =
        Core::start(&[("shape", "documented")]).ask(Request::post("/instances", mailjet("n")));
    assert_eq!(by_default.body, documented.body);
    for member in ["tags", "configuration", "createdDate", "user"] {
        assert!(by_default.json().get(member).is_none(), "{member}");
    }
}

/// Rule `platform-shape`: every documented member, with what it has in the documented shape, then the others.
#[rstest]
#[case::sendgrid(sendgrid("n"))]
#[case::twilio(twilio("n"))]
#[case::mailjet(mailjet("n"))]
fn the_documented_members_come_first(#[case] payload: String) {
    let documented = Core::start(&[]).ask(Request::post("/instances", payload.clone()));
    let platform = create(payload);
    let (Json::Object(documented), Json::Object(shown)) = (documented.json(), platform.json())
    else {
        panic!("objects")
    };
    for ((name, value), (shown_name, shown)) in documented.iter().zip(&shown) {
        assert_eq!(name, shown_name);
        if name != "element" {
            assert_eq!(value, shown, "{name}");
        }
    }
    let added: Vec<_> = shown[documented.len()..]
        .iter()
        .map(|(name, _)| &**name)
        .collect();
    let mut expected = vec![
        "user",
        "eventsEnabled",
        "traceLoggingEnabled",
        "externalAuthentication",
        "tags",
        "configuration",
        "createdDate",
        "updatedDate",
    ];
    expected.retain(|name| !documented.iter().any(|(documented, _)| documented == name));
    assert_eq!(added, expected);
}

/// Rule `platform-shape`: the members that are alike for every instance.
#[test]
fn constant_members_are_as_the_platform_has_them() {
    let reply = create(twilio("n"));
    assert_eq!(member(&reply, "eventsEnabled"), "false");
    assert_eq!(member(&reply, "traceLoggingEnabled"), "false");
    assert_eq!(member(&reply, "externalAuthentication"), "\"none\"");
    let user = reply.json();
    let user = user.get("user").and_then(Json::as_object).unwrap();
    let names: Vec<_> = user.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["id", "emailAddress", "firstName", "lastName"]);
}

/// Rule `platform-shape`: the element has its hub, also where the guide's response has none.
#[rstest]
#[case(sendgrid("n"))]
#[case(twilio("n"))]
#[case(mailjet("n"))]
fn the_element_has_its_hub(#[case] payload: String) {
    let reply = create(payload);
    assert_eq!(
        reply
            .json()
            .get("element")
            .unwrap()
            .get("hub")
            .and_then(Json::as_str),
        Some("messaging")
    );
    assert_eq!(reply.text().matches("\"hub\"").count(), 1);
}

/// Rules `platform-shape`, `tags-cleared`: tags as sent, or the instance's own name.
#[rstest]
#[case::sent(r#""tags":["a","b"],"#, r#"["a","b"]"#)]
#[case::absent("", r#"["n"]"#)]
#[case::none(r#""tags":[],"#, "[]")]
fn tags_default_to_the_name(#[case] tags: &str, #[case] shown: &str) {
    let reply = create(mailjet("n").replace("\"name\"", &format!("{tags}\"name\"")));
    assert_eq!(member(&reply, "tags"), shown);
}

/// Rule `platform-shape`: values as text, booleans too, unset entries `null`.
#[test]
fn configuration_values_are_text() {
    let sent = "\"configuration\":{\"messaging.sendgrid.user.zip\":80202,\"on\":true,\"off\":false,\"ratio\":0.5,\"blank\":null,";
    let reply = create(sendgrid("n").replace("\"configuration\":{", sent));
    let configuration = reply
        .json()
        .get("configuration")
        .unwrap()
        .clone()
        .into_owned();
    let value = |key: &str| configuration.get(key).map(Json::to_string);
    assert_eq!(
        value("messaging.smtp.sendgrid.username").as_deref(),
        Some("\"v\"")
    );
    assert_eq!(
        value("messaging.sendgrid.user.zip").as_deref(),
        Some("\"80202\"")
    );
    assert_eq!(value("on").as_deref(), Some("\"true\""));
    assert_eq!(value("off").as_deref(), Some("\"false\""));
    assert_eq!(value("ratio").as_deref(), Some("\"0.5\""));
    assert_eq!(
        value("messaging.sendgrid.user.city").as_deref(),
        Some("null")
    );
    let entries = configuration.as_object().unwrap();
    assert!(
        entries[..20]
            .iter()
            .all(|(key, _)| key.contains("sendgrid")),
        "the catalog's entries come first"
    );
}

/// Rule `platform-shape`: secrets are exactly `********`, whether the catalog knows the entry or not.
#[rstest]
#[case("messaging.smtp.sendgrid.password", true)]
#[case("messaging.sendgrid.user.confirmpassword", true)]
#[case("my.own.password", true)]
#[case("my.own.secret", true)]
#[case("my.own.token", true)]
#[case("my.own.api.key", true)]
#[case("my.own.key", false)]
#[case("my.token.name", false)]
fn secrets_are_masked(#[case] key: &str, #[case] masked: bool) {
    let payload = sendgrid("n").replace(&format!("\"{key}\":\"v\","), "");
    let payload = payload.replace(
        "\"configuration\":{",
        &format!("\"configuration\":{{\"{key}\":\"s3cret\","),
    );
    let mut ce = platform();
    let created = ce.ask(Request::post("/instances", payload));
    let replies = [
        created,
        ce.ask(Request::get("/instances/1234")),
        ce.ask(Request::get("/instances")),
    ];
    for reply in replies {
        assert_eq!(reply.status, 200);
        assert_eq!(reply.text().contains("s3cret"), !masked, "{key}");
        assert_eq!(
            reply.text().contains(&format!("\"{key}\":\"********\"")),
            masked,
            "{key}"
        );
    }
}

/// Rule `platform-shape`: an unset secret is `null`, for there is nothing to hide.
#[test]
fn an_unset_secret_is_null() {
    let reply = create(sendgrid("n"));
    assert!(
        reply
            .text()
            .contains("\"messaging.sendgrid.user.password\":null")
    );
}

/// Rule `platform-shape`: dates in seconds, from the server's clock.
#[test]
fn dates_are_those_of_the_clock() {
    let mut ce = platform();
    let created = ce.ask(Request::post("/instances", mailjet("n")));
    let updated = ce.ask(Request::put("/instances/1234", "{}"));
    for reply in [created, updated] {
        assert_eq!(member(&reply, "createdDate"), "\"2017-03-14T19:20:16Z\"");
        assert_eq!(member(&reply, "updatedDate"), "\"2017-03-14T19:20:16Z\"");
    }
}

/// Rule `platform-shape`: an update moves `updatedDate` alone.
#[test]
fn an_update_moves_its_date() {
    let mut server = Server::start(&[("shape", "platform"), ("clock", "2017-03-14T19:20:16Z")]);
    server.ask(Request::post("/instances", mailjet("n")));
    server.ce.advance_clock(Duration::from_secs(60));
    for method in ["PUT", "GET"] {
        let reply = server.ask(Request::to(method, "/instances/1234").json("{}"));
        assert_eq!(member(&reply, "createdDate"), "\"2017-03-14T19:20:16Z\"");
        assert_eq!(member(&reply, "updatedDate"), "\"2017-03-14T19:21:16Z\"");
    }
}

/// Rule `platform-shape`: also in the other dialect.
#[test]
fn the_platforms_shape_has_both_spellings() {
    let payload = mailjet("n").replace("\"element\"", "\"your_mom\"");
    let reply = platform().ask(Request::post("/instances", payload).your_mom());
    assert!(reply.json().get("your_mom").unwrap().get("hub").is_some());
    assert_eq!(member(&reply, "externalAuthentication"), "\"none\"");
}

/// Rule `configuration-blank`: an entry with a default is never missing, and (rule `platform-shape`) shown with it.
#[test]
fn an_entry_with_a_default_is_never_missing() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("pigeon.json"), PIGEON).unwrap();
    let mut ce = Core::start(&[
        ("shape", "platform"),
        ("catalog", directory.path().to_str().unwrap()),
    ]);
    for configuration in ["{}", r#"{"pigeon.loft":null}"#, r#"{"pigeon.loft":" "}"#] {
        let payload = format!(
            r#"{{"element":{{"key":"pigeon"}},"name":"n","configuration":{configuration}}}"#
        );
        let reply = ce.ask(Request::post("/instances", payload));
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert_eq!(
            member(&reply, "configuration"),
            r#"{"pigeon.loft":"roof","pigeon.ring":null}"#
        );
    }
    let sent = r#"{"element":{"id":900},"name":"n","configuration":{"pigeon.loft":"tower","pigeon.ring":"s3cret"}}"#;
    let reply = ce.ask(Request::post("/instances", sent));
    assert_eq!(
        member(&reply, "configuration"),
        r#"{"pigeon.loft":"tower","pigeon.ring":"********"}"#
    );
}

/// One required entry with a default, one of type `PASSWORD` whose key does not say so.
const PIGEON: &str = r#"{
  "instance": { "id": 1, "name": "", "token": "t=", "element": { "id": 900, "name": "Pigeon", "key": "pigeon" } },
  "configuration": [
    { "key": "pigeon.loft", "required": true, "default": "roof" },
    { "key": "pigeon.ring", "type": "PASSWORD", "required": false }
  ]
}"#;
