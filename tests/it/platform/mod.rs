//! The service beyond provisioning, one module a capability; each test says which rules it is about.

mod configuration;
mod docs;
mod elements;
mod enabled;
mod hubs;
mod instances;
mod login;
mod oauth;

use crate::support::{Core, Harness as _, Request, mailjet};

/// A service in the platform's shape with one instance of `mailjet`, and its token.
fn provisioned() -> (Core, String) {
    let mut ce = Core::start(&[("shape", "platform"), ("clock", "2017-03-14T19:20:16Z")]);
    let token = ce.ask(Request::post("/instances", mailjet("n"))).token();
    (ce, token)
}

/// The credentials of the user with this token.
fn by_token(token: &str) -> String {
    format!("User u, Element {token}")
}
