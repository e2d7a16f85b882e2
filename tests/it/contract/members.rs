//! Provisioning: members and configuration entries.

use rstest::rstest;

use super::fresh;
use crate::support::{Core, Harness, Reply, Request, mailjet, sendgrid};

fn create(payload: impl Into<Vec<u8>>) -> Reply {
    fresh().ask(Request::post("/instances", payload))
}

/// Rule `configuration-blank`: `null` and blank text count as absent.
#[rstest]
#[case::null("null")]
#[case::empty("\"\"")]
#[case::blank("\" \\t\\n\"")]
fn a_blank_entry_is_missing(#[case] value: &str) {
    let reply = create(mailjet("n").replacen("\"v\"", value, 1));
    assert_eq!(reply.verdict(), (400, "configuration-blank"));
    let expected = "configuration is missing required entries: mailjet.api.key (blank)";
    assert_eq!(reply.message(), expected);
}

/// Rule `configuration-blank`: numbers and booleans are values.
#[rstest]
#[case("0", "0")]
#[case("587", "587")]
#[case("false", "false")]
fn a_number_or_boolean_is_not_blank(#[case] value: &str, #[case] kept: &str) {
    let mut ce = Core::start(&[("shape", "platform")]);
    let reply = ce.ask(Request::post(
        "/instances",
        sendgrid("n").replacen("\"v\"", value, 1),
    ));
    assert_eq!(reply.status, 200);
    let shown = format!("\"messaging.smtp.sendgrid.username\":\"{kept}\"");
    assert!(reply.text().contains(&shown), "{}", reply.text());
}

/// Rule `configuration-missing`: an entry under a name that is nearly right is told so, and the order is the catalog's.
#[test]
fn missing_and_blank_entries_are_named_together() {
    let payload = sendgrid("n")
        .replace("sendgrid.username", "sendgrid.usrname")
        .replace("sendgrid.port\":\"v\"", "sendgrid.port\":null");
    let reply = create(payload);
    assert_eq!(reply.verdict(), (400, "configuration-missing"));
    let message = reply.message();
    let (username, port) = (
        message.find("smtp.sendgrid.username"),
        message.find("sendgrid.port (blank)"),
    );
    assert!(username.is_some() && username < port, "{message}");
    assert!(
        message.contains("(sent as messaging.smtp.sendgrid.usrname?)"),
        "{message}"
    );
}

/// Rule `configuration-extra`: entries that nobody knows are kept, and so are those that every element takes.
#[test]
fn unknown_entries_are_accepted_and_kept() {
    let extra = concat!(
        r#""configuration":{"event.notification.enabled":"true","event.vendor.type":"polling","#,
        r#""event.notification.type":"webhook","event.notification.callback.url":"http://x.test","#,
        r#""filter.response.nulls":true,"nobody.knows":"this","#
    );
    let mut ce = Core::start(&[("shape", "platform")]);
    let reply = ce.ask(Request::post(
        "/instances",
        mailjet("n").replace("\"configuration\":{", extra),
    ));
    assert_eq!(reply.verdict(), (200, "create"));
    let shown = reply.json().get("configuration").unwrap().to_string();
    for kept in [
        r#""event.notification.enabled":"true""#,
        r#""event.vendor.type":"polling""#,
        r#""event.notification.type":"webhook""#,
        r#""event.notification.callback.url":"http://x.test""#,
        r#""filter.response.nulls":"true""#,
        r#""nobody.knows":"this""#,
    ] {
        assert!(shown.contains(kept), "{kept} in {shown}");
    }
}

/// Rule `member-types`: the path of each offending member, all in one message.
#[rstest]
#[case::name("\"name\":\"n\"", "\"name\":5", "name must be text, found a number")]
#[case::name_object("\"name\":\"n\"", "\"name\":{}", "name must be text, found an object")]
#[case::tags(
    "\"name\"",
    "\"tags\":\"a\",\"name\"",
    "tags must be an array of texts, found text"
)]
#[case::a_tag(
    "\"name\"",
    "\"tags\":[\"a\",1],\"name\"",
    "tags[1] must be text, found a number"
)]
#[case::an_array(
    "\"mailjet.api.key\":\"v\"",
    "\"mailjet.api.key\":[\"v\"]",
    "configuration.mailjet.api.key must be text, found an array"
)]
#[case::an_object(
    "\"mailjet.api.key\":\"v\"",
    "\"mailjet.api.key\":\"v\",\"x\":{}",
    "configuration.x must be text, found an object"
)]
#[case::element(
    "{\"key\":\"mailjet\"}",
    "[]",
    "element must be an object, found an array"
)]
#[case::element_key(
    "\"key\":\"mailjet\"",
    "\"key\":84",
    "element.key must be text, found a number"
)]
#[case::all(
    "\"mailjet.api.key\":\"v\",\"mailjet.api.secret\":\"v\"},\"name\":\"n\"",
    "\"mailjet.api.key\":{},\"mailjet.api.secret\":\"v\"},\"name\":true,\"tags\":[null]",
    "name must be text, found a boolean; tags[0] must be text, found null; configuration.mailjet.api.key must be text, found an object"
)]
fn members_of_the_wrong_type_are_named_by_path(
    #[case] from: &str,
    #[case] to: &str,
    #[case] message: &str,
) {
    let payload = mailjet("n");
    assert!(payload.contains(from), "the case changes something");
    let reply = create(payload.replace(from, to));
    assert_eq!(reply.verdict(), (400, "member-types"));
    assert_eq!(reply.message(), message);
}

/// Rule `member-types`: a configuration that is no object, and a body that is none.
#[rstest]
#[case(
    r#"{"element":{"key":"mailjet"},"name":"n","configuration":[]}"#,
    "configuration must be an object, found an array"
)]
#[case("[]", "The request body must be an object, found an array")]
#[case("null", "The request body must be an object, found null")]
#[case("\"text\"", "The request body must be an object, found text")]
#[case("12", "The request body must be an object, found a number")]
fn what_must_be_an_object_is_one(#[case] body: &str, #[case] message: &str) {
    let reply = create(body);
    assert_eq!(reply.verdict(), (400, "member-types"));
    assert!(reply.message().starts_with(message), "{}", reply.message());
}

/// Rule `name-required`.
#[rstest]
#[case::absent(",\"name\":\"n\"", "", "name is required")]
#[case::null("\"name\":\"n\"", "\"name\":null", "name is required")]
#[case::empty("\"name\":\"n\"", "\"name\":\"\"", "name must not be blank")]
#[case::blank("\"name\":\"n\"", "\"name\":\" \\t\"", "name must not be blank")]
#[case::only_tags("\"name\":\"n\"", "\"name\":\"<b></b>\"", "name must not be blank")]
fn a_creation_needs_a_name(#[case] from: &str, #[case] to: &str, #[case] message: &str) {
    let reply = create(mailjet("n").replace(from, to));
    assert_eq!(reply.verdict(), (400, "name-required"));
    assert_eq!(reply.message(), message);
}

/// Rule `name-required`: `tags` are optional.
#[rstest]
#[case::absent("")]
#[case::null("\"tags\":null,")]
#[case::none("\"tags\":[],")]
fn tags_are_optional(#[case] tags: &str) {
    let payload = mailjet("n").replace("\"name\"", &format!("{tags}\"name\""));
    assert_eq!(create(payload).verdict(), (200, "create"));
}

/// Rules `name-required`, `configuration-missing`: everything that is wrong is named at once, members first.
#[test]
fn one_answer_names_everything_that_is_wrong() {
    let reply = create(r#"{"element":{"key":"mailjet"},"tags":1}"#);
    assert_eq!(reply.verdict(), (400, "name-required"));
    let expected = "name is required; tags must be an array of texts, found a number; \
                    configuration is missing required entries: mailjet.api.key, mailjet.api.secret";
    assert_eq!(reply.message(), expected);
}

/// Rule `name-sanitized`: on creation and on update, in names and in tags.
#[rstest]
#[case::link("<a href=\\\"#\\\">x</a>", "x")]
#[case::script("a<script>b</script>c", "abc")]
#[case::nested("<<b>script>x", "x")]
#[case::placeholder("<INSERT_INSTANCE_NAME>", "<INSERT_INSTANCE_NAME>")]
#[case::comparison("1 < 2 > 0", "1 < 2 > 0")]
fn html_tags_are_stripped(#[case] sent: &str, #[case] kept: &str) {
    let mut ce = Core::start(&[("shape", "platform")]);
    let tags = format!("\"tags\":[\"{sent}\"],\"name\"");
    let created = ce.ask(Request::post(
        "/instances",
        mailjet(sent).replace("\"name\"", &tags),
    ));
    ce.ask(Request::post("/instances", mailjet("n")));
    let replaced = ce.ask(Request::put(
        "/instances/1235",
        format!("{{{tags}:\"{sent}\"}}"),
    ));
    for reply in [created, replaced] {
        assert_eq!(reply.member("name"), kept);
        assert_eq!(
            reply.json().get("tags").unwrap().as_array().unwrap()[0].as_str(),
            Some(kept)
        );
    }
}
