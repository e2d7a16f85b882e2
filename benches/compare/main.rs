//! `cargo bench --bench compare`: how fast the mock is and how little it costs, side by side with bare hyper.
//!
//! Every server under test is a process of its own, loaded from here by one load generator, so that nothing but the
//! server differs. Rounds are interleaved and a ratio is always to the yardstick of the same round, so that a machine
//! which is busy elsewhere slows both. Deliberately not a timed test: numbers are printed, nothing fails.
//!
//! In this order: throughput, the tail while a store grows, threads, start, memory, lists, resets, webhooks, the long run, the
//! binary, and on request the cost of building. Last stands a verdict on each target that was measured.

mod arguments;
mod child;
mod chores;
mod cost;
mod emulated;
mod growth_plot;
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
mod tail;
mod threads;
mod verdict;
mod yardstick;

use std::process::ExitCode;

use arguments::{Arguments, Keep};
use report::Report;
use verdict::Verdicts;

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
    let (mut report, mut verdicts) = (Report::new(arguments), Verdicts::default());
    let speeds = speed::measure(arguments, peers.as_deref());
    report.add(speed::tables(&speeds));
    speed::judge(&speeds, &mut verdicts);
    let (rate, growths) = tail::measure(arguments);
    report.add([tail::table(rate, &growths, &mut verdicts)]);
    report.add([threads::table(arguments, &mut verdicts)]);
    report.add([start::table(arguments, peers.as_deref(), &mut verdicts)]);
    report.add([start::cold_table(arguments, &mut verdicts)]);
    report.add([memory::idle_table(
        arguments,
        peers.as_deref(),
        &mut verdicts,
    )]);
    report.add([memory::stored_table(arguments, &mut verdicts)]);
    report.add([memory::list_table(arguments)]);
    report.add([memory::reset_table()]);
    report.add([memory::events_table()]);
    report.add([memory::long_run_table(arguments)]);
    report.add([start::binary_table(arguments, &mut verdicts)]);
    if arguments.build_cost {
        report.add([cost::table(&mut verdicts)]);
    }
    report.add([verdicts.table()]);
    if arguments.keep == Keep::Files {
        report.write("results.md");
        plot::write(&speeds, "plot.svg");
        growth_plot::write(&growths, "growth.svg");
    }
}
