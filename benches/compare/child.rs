//! This program as a process under test.

use std::io::Read as _;
use std::time::Instant;

use mock_ce::MockCe;

use crate::chores;
use crate::emulated::{fill, print};
use crate::request::MAILJET;
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
