//! The service beyond provisioning, one module a capability; each test says which rules it is about.

mod abuse;
mod analytics;
mod configuration;
mod definitions;
mod docs;
mod elements;
mod enabled;
mod events;
mod extensions;
mod headers;
mod hubs;
mod instances;
mod login;
mod messages;
mod model;
mod oauth;
mod receiver;
mod resources;
mod webhooks;

use mock_ce::Json;

use crate::support::{Core, Harness, Reply, Request, mailjet};

/// A service in the platform's shape with one instance of `mailjet`, and its token.
fn provisioned() -> (Core, String) {
    let mut ce = Core::start(&[("shape", "platform"), ("clock", "2017-03-14T19:20:16Z")]);
    let token = ce.ask(Request::post("/instances", mailjet("n"))).token();
    (ce, token)
}

/// A service with one instance of `mailjet`, and its token.
fn with_mailjet<H: Harness>() -> (H, String) {
    let mut ce = H::start(&[("clock", "2018-09-17T12:00:00Z")]);
    let token = ce.ask(Request::post("/instances", mailjet("n"))).token();
    (ce, token)
}

/// A service with one instance of an element whose fixture declares nothing but its hub, and its token.
fn with_hub(hub: &str) -> (Core, String) {
    with_fixture("pigeon", &format!(r#""hub": "{hub}","#))
}

/// A service with one instance of an element of this key, whose fixture has these members too, and its token.
fn with_fixture(key: &str, members: &str) -> (Core, String) {
    let directory = tempfile::tempdir().unwrap();
    let fixture = format!(
        r#"{{"instance": {{"id": 1, "name": "", "token": "t", "element": {{"id": 9001, "name": "P", "key": "{key}"}}}},
        {members} "configuration": []}}"#
    );
    std::fs::write(directory.path().join("fixture.json"), fixture).unwrap();
    let path = directory.path().to_str().unwrap().to_owned();
    let mut ce = Core::start(&[("catalog", &path), ("clock", "2018-09-17T12:00:00Z")]);
    let body = format!(r#"{{"element": {{"key": "{key}"}}, "name": "n"}}"#);
    let token = ce.ask(Request::post("/instances", body)).token();
    (ce, token)
}

/// The credentials of the user with this token.
fn by_token(token: &str) -> String {
    format!("User u, Element {token}")
}

/// The same request with a token in the place of the organization.
pub(crate) trait WithToken {
    fn token(self, token: &str) -> Self;
}

impl WithToken for Request {
    fn token(self, token: &str) -> Self {
        self.by(&by_token(token))
    }
}

/// A payload whose configuration also has these entries.
fn payload(extra: &str) -> String {
    let entries = format!(r#""configuration":{{{extra},"#);
    mailjet("events").replacen(r#""configuration":{"#, &entries, 1)
}

/// Creates an instance that takes events, with these further entries; its reply.
fn provision(ce: &mut impl Harness, extra: &str) -> Reply {
    let separator = if extra.is_empty() { "" } else { "," };
    let payload = payload(&format!(
        r#""event.notification.enabled":true{separator}{extra}"#
    ));
    let reply = ce.ask(Request::post("/instances", payload));
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply
}

/// A provider's message to a path below `/events`, without credentials.
fn event(path: &str, body: &str) -> Request {
    Request::to("POST", &format!("/events/{path}"))
        .without("authorization")
        .body(body)
}

/// The member of each row of a list, as text.
fn column(reply: &Reply, name: &str) -> Vec<String> {
    let rows = reply.json();
    let cell = |row: &Json<'_>| match row.get(name).unwrap() {
        Json::Text(text) => text.to_string(),
        other => other.to_string(),
    };
    rows.as_array().unwrap().iter().map(cell).collect()
}
