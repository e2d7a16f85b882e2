//! Measures the time that a server takes to start, in process and as the binary.

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
use crate::verdict::{Bound, Verdicts};

/// Start, start with the first answer, and drop; after the first server of the process.
pub(crate) fn table(arguments: &Arguments, peers: Option<&Path>, verdicts: &mut Verdicts) -> Table {
    let times = arguments.starts.to_string();
    let heads = [
        "server",
        "start, µs",
        "start and first answer, µs",
        "drop, µs",
    ];
    let mut table = Table::new("Starting a server in a process that has one already", heads);
    let mut add = |name: &str, lines: Vec<f64>| {
        let column = |at: usize| Series::new(lines.iter().skip(at).step_by(3).copied());
        let columns = [0, 1, 2].map(column);
        let [start, answer, drop] = columns.each_ref().map(|column| format!("{column:.0}"));
        table.row([name.to_owned(), start, answer, drop]);
        columns
    };
    let bare = add(
        "bare hyper on a shared runtime",
        numbers(own(&["start", "bare", &times])),
    );
    let own = add("mock-ce", numbers(own(&["start", "mock-ce", &times])));
    let ratio = own[1].median() / bare[1].median();
    verdicts.judge(
        "start and first answer, ratio to bare hyper",
        ratio,
        Bound::AtMost(1.05),
    );
    verdicts.judge("drop of a server, µs", own[2].median(), Bound::AtMost(20.0));
    if let Some(program) = peers {
        for name in PEERS {
            // They tell two numbers a start; a drop is not measured.
            let lines = numbers(of_peers(program, &["start", name, &times]));
            let column = |at: usize| Series::new(lines.iter().skip(at).step_by(2).copied());
            let [start, answer] = [0, 1].map(|at| format!("{:.0}", column(at)));
            table.row([name.to_owned(), start, answer, "–".to_owned()]);
        }
    }
    table
}

/// The first server of a process: from the start of its program to the first answer.
pub(crate) fn cold_table(arguments: &Arguments, verdicts: &mut Verdicts) -> Table {
    let times = arguments.starts.min(100);
    let (mut bare, mut mock) = (Vec::new(), Vec::new());
    for _ in 0..times {
        bare.extend(numbers(own(&["cold", "bare"])));
        mock.extend(numbers(own(&["cold", "mock-ce"])));
    }
    let (bare, mock) = (Series::new(bare), Series::new(mock));
    let heads = ["server", "program to first answer, µs"];
    let mut table = Table::new("The first server of a process", heads);
    table.row(["bare hyper".to_owned(), format!("{bare:.0}")]);
    table.row(["mock-ce".to_owned(), format!("{mock:.0}")]);
    let ratio = mock.median() / bare.median();
    verdicts.judge(
        "cold start to first answer, ratio to bare hyper",
        ratio,
        Bound::AtMost(1.2),
    );
    table
}

/// The binary: how long from spawning it to its first answer, and its size.
pub(crate) fn binary_table(arguments: &Arguments, verdicts: &mut Verdicts) -> Table {
    let program = env!("CARGO_BIN_EXE_mock-ce");
    let times = (0..arguments.starts.min(100)).map(|_| spawn_to_answer(program));
    let bytes = std::fs::metadata(program).map_or(0, |file| file.len());
    let mut table = Table::new(
        "The binary, recorder and TLS included",
        ["measure", "value"],
    );
    let times = Series::new(times);
    let mebibytes = bytes as f64 / 1024.0 / 1024.0;
    verdicts.judge(
        "`mock-ce serve` to first answer, ms",
        times.median(),
        Bound::AtMost(5.0),
    );
    verdicts.judge("size of the binary, MiB", mebibytes, Bound::AtMost(6.0));
    let answered = format!("{times:.1}");
    table.row([
        "`mock-ce serve`, spawned to first answer, ms".to_owned(),
        answered,
    ]);
    let size = format!("{mebibytes:.2}");
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
