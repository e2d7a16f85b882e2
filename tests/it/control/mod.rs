//! Orders and questions of a test: in process and below `/__admin`, one module a capability.

#[cfg(feature = "cli")]
mod command;
mod determinism;
mod elements;
mod events;
mod expectations;
mod failing;
mod faults;
mod gates;
mod grades;
mod hints;
mod isolation;
mod journal;
mod ledger;
mod matching;
mod secrets;
mod sender;
mod snapshots;
mod state;
#[cfg(all(feature = "cli", unix))]
mod state_file;
mod stubs;
mod surface;
#[cfg(feature = "cli")]
mod tailing;
#[cfg(feature = "cli")]
mod waiting;

use mock_ce::{Json, MockCe};

use crate::support::{Client, Reply, Request};

/// A request that orders something.
fn order(method: &str, path: &str, json: &str) -> Request {
    asking(method, path).json(json)
}

/// A request that asks for something.
fn asking(method: &str, path: &str) -> Request {
    Request::raw(method, &format!("/__admin{path}")).header("host", "localhost")
}

/// Over a connection of its own.
fn ask(ce: &MockCe, request: &Request) -> Reply {
    Client::connect(ce.address()).ask(request)
}

/// Orders something, and fails unless that is done.
fn done(ce: &MockCe, method: &str, path: &str, json: &str) -> Reply {
    let reply = ask(ce, &order(method, path, json));
    assert_eq!(reply.status, 200, "{method} {path}: {}", reply.text());
    reply
}

/// Asks the control API for the document at a path.
fn look(ce: &MockCe, path: &str) -> Json<'static> {
    let reply = ask(ce, &asking("GET", path));
    assert_eq!(reply.status, 200, "{path}: {}", reply.text());
    reply.json().into_owned()
}

/// The message of a refused order.
fn refusal(ce: &MockCe, method: &str, path: &str, json: &str) -> String {
    let reply = ask(ce, &order(method, path, json));
    assert_eq!(reply.status, 400, "{method} {path}: {}", reply.text());
    reply.member("message")
}

/// The credentials of an organization.
fn of(organization: &str) -> String {
    format!("User u, Organization {organization}")
}

/// A member of an object, by its path: `"requests.0.status"`; the value itself for an empty one.
fn at<'j>(json: &'j Json<'static>, path: &str) -> &'j Json<'static> {
    let words = path.split('.').filter(|word| !word.is_empty());
    words.fold(json, |json, word| {
        let found = match word.parse::<usize>() {
            Ok(index) => json.as_array().and_then(|items| items.get(index)),
            Err(_) => json.get(word),
        };
        found.unwrap_or_else(|| panic!("no {path} in {json}"))
    })
}

fn text_at(json: &Json<'static>, path: &str) -> String {
    let text = at(json, path).as_str();
    text.unwrap_or_else(|| panic!("{path} is no text"))
        .to_owned()
}

fn number_at(json: &Json<'static>, path: &str) -> u64 {
    let number = at(json, path).as_u64();
    number.unwrap_or_else(|| panic!("{path} is no number"))
}

fn length_at(json: &Json<'static>, path: &str) -> usize {
    let array = at(json, path).as_array();
    array.unwrap_or_else(|| panic!("{path} is no array")).len()
}
