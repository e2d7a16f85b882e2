//! The platform beyond provisioning, one module a capability.

mod analytics;
mod events;
mod headers;
mod receiver;
mod webhooks;

use mock_ce::Json;

use crate::support::{Harness, Reply, Request, mailjet};

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
