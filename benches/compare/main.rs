//! `cargo bench --bench compare`: how fast the mock is and how little it costs, side by side with bare hyper.
//!
//! Every server under test is a process of its own, loaded from here by one load generator, so that nothing but the
//! server differs. Rounds are interleaved and a ratio is always to the yardstick of the same round, so that a machine
//! which is busy elsewhere slows both. Deliberately not a timed test: numbers are printed, nothing fails.
//!
//! In this order: throughput, start, memory, lists, the long run, the binary, and on request the cost of building.

mod arguments;
mod child;
mod chores;
mod cost;
mod emulated;
mod load;
mod memory;
mod plot;
mod process;
mod report;
mod request;
mod series;
mod speed;
mod start;
mod subject;
mod yardstick;

use std::process::ExitCode;

use arguments::{Arguments, Keep};
use report::Report;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let Some(("child", words)) = words.split_first().map(|(first, rest)| (&**first, rest)) {
        child::run(words);
        return ExitCode::SUCCESS;
    }
    match Arguments::parse(&words) {
        // `cargo test --all-targets` runs benches too, without the flag of `cargo bench`.
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(arguments)) => {
            measure(&arguments);
            ExitCode::SUCCESS
        }
        Err(problem) => {
            report::tell(&problem);
            ExitCode::from(2)
        }
    }
}

fn measure(arguments: &Arguments) {
    let peers = arguments.peers.then(subject::build_peers);
    let mut report = Report::new(arguments);
    let speeds = speed::measure(arguments, peers.as_deref());
    report.add(speed::tables(&speeds));
    report.add([start::table(arguments, peers.as_deref())]);
    report.add([memory::idle_table(arguments, peers.as_deref())]);
    report.add([memory::stored_table(arguments)]);
    report.add([memory::list_table(arguments)]);
    report.add([memory::long_run_table(arguments)]);
    report.add([start::binary_table(arguments)]);
    if arguments.build_cost {
        report.add([cost::table()]);
    }
    if arguments.keep == Keep::Files {
        report.write("results.md");
        plot::write(&speeds, "plot.svg");
    }
}
