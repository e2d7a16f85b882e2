//! What this program does as a process under test.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::time::Instant;

use http::Method;
use mock_ce::{Emulator, MockCe, Request, Settings};

use crate::chores;
use crate::request::{INSTANCES, MAILJET};
use crate::yardstick::{self, Work};

/// Runs the command: a server, or a measurement that prints numbers.
pub(crate) fn run(words: &[String]) {
    let began = Instant::now();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let count = |text: &str| text.parse().expect("a count is a whole number");
    match words[..] {
        ["serve", subject, instances] => serve(subject, count(instances)),
        ["start", subject, times] => chores::start(subject, count(times)),
        ["cold", subject] => chores::cold(subject, began),
        ["idle", subject, servers] => chores::idle(subject, count(servers)),
        ["store", kept, instances] => chores::store(kept, count(instances)),
        ["reset", instances] => chores::reset(count(instances)),
        ["rows", rows] => chores::rows(count(rows)),
        ["events", events] => chores::events(count(events)),
        ["list", query, instances] => chores::list(query, count(instances)),
        _ => panic!("no such command: {words:?}"),
    }
}

/// Serves until standard input ends.
fn serve(subject: &str, instances: usize) {
    match subject {
        "bare" => serve_at(yardstick::start(&yardstick::runtime(), Work::Same)),
        "constant" => serve_at(yardstick::start(&yardstick::runtime(), Work::Constant)),
        _ => {
            let threads = if subject == "two-threads" { 2 } else { 1 };
            let ce = MockCe::builder().threads(threads).start();
            fill(ce.emulator(), instances, MAILJET);
            serve_at(ce.address());
        }
    }
}

fn serve_at(address: std::net::SocketAddr) {
    print([address]);
    let mut rest = Vec::new();
    let _ended = std::io::stdin().read_to_end(&mut rest);
}

/// Creates instances without a socket.
pub(crate) fn fill(emulator: &Emulator, instances: usize, body: &'static str) {
    let request = creation(body);
    for _ in 0..instances {
        assert_eq!(emulator.answer(&request).reply.status, 200);
    }
}

pub(crate) fn creation(body: &'static str) -> Request {
    Request::new(Method::POST, INSTANCES, body)
        .header("authorization", "User u8Jx1DqvCYIpQnzY, Organization o")
        .header("host", "localhost")
        .header("accept", "*/*")
        .header("content-type", "application/json")
        .header("content-length", "412")
}

/// The authorization of the token of a server's first instance.
pub(crate) fn first_caller(emulator: &Emulator) -> String {
    format!("Element {}", emulator.instances(None)[0].token)
}

/// An emulator without a server.
pub(crate) fn emulator(settings: &Settings) -> Arc<Emulator> {
    let catalog = mock_ce::catalog::Catalog::documented().clone();
    Arc::new(Emulator::new(settings, catalog))
}

/// Prints a line for each.
pub(crate) fn print<T: std::fmt::Display>(lines: impl IntoIterator<Item = T>) {
    let mut out = std::io::stdout().lock();
    for line in lines {
        writeln!(out, "{line}").expect("whoever started this reads");
    }
    out.flush().expect("whoever started this reads");
}
