//! How long a server takes to start, in process and as the binary.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::arguments::Arguments;
use crate::chores::first_answer;
use crate::report::Table;
use crate::request::{INSTANCES, MAILJET, render};
use crate::series::Series;
use crate::subject::{PEERS, numbers, of_peers, own};

/// Start, and start with the first answer; after the first of the process.
pub(crate) fn table(arguments: &Arguments, peers: Option<&Path>) -> Table {
    let times = arguments.starts.to_string();
    let heads = ["server", "start, µs", "start and first answer, µs"];
    let mut table = Table::new("Starting a server in a process that has one already", heads);
    let mut add = |name: &str, lines: Vec<f64>| {
        let column = |at: usize| Series::new(lines.iter().skip(at).step_by(2).copied());
        table.row([
            name.to_owned(),
            format!("{:.0}", column(0)),
            format!("{:.0}", column(1)),
        ]);
    };
    add(
        "bare hyper on a shared runtime",
        numbers(own(&["start", "bare", &times])),
    );
    add("mock-ce", numbers(own(&["start", "mock-ce", &times])));
    if let Some(program) = peers {
        for name in PEERS {
            add(name, numbers(of_peers(program, &["start", name, &times])));
        }
    }
    table
}

/// The binary: how long from spawning it to its first answer, and its size.
pub(crate) fn binary_table(arguments: &Arguments) -> Table {
    let program = env!("CARGO_BIN_EXE_mock-ce");
    let times = (0..arguments.starts.min(100)).map(|_| spawn_to_answer(program));
    let bytes = std::fs::metadata(program).map_or(0, |file| file.len());
    let mut table = Table::new(
        "The binary, recorder and TLS included",
        ["measure", "value"],
    );
    let answered = format!("{:.1}", Series::new(times));
    table.row([
        "`mock-ce serve`, spawned to first answer, ms".to_owned(),
        answered,
    ]);
    let size = format!("{:.2}", bytes as f64 / 1024.0 / 1024.0);
    table.row(["size, MiB".to_owned(), size]);
    table
}

/// Milliseconds.
fn spawn_to_answer(program: &str) -> f64 {
    let began = Instant::now();
    let mut process = Command::new(program)
        .args(["serve", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    let output = process.stdout.take().expect("it was piped");
    let mut url = String::new();
    BufReader::new(output)
        .read_line(&mut url)
        .expect("the binary prints its URL");
    let address = url
        .split('/')
        .nth(2)
        .and_then(|address| address.parse().ok());
    let address = address.expect("a URL has an address");
    first_answer(address, &render("POST", INSTANCES, "o", MAILJET));
    let elapsed = began.elapsed();
    process.kill().expect("the process is ours");
    let _ended = process.wait();
    elapsed.as_secs_f64() * 1e3
}
