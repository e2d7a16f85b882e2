//! The soak: mixed traffic with faults on from 256 connections, and what it leaves behind.
//!
//! `cargo bench --bench soak` runs for 20 seconds, `cargo bench --bench soak -- --minutes 10` for ten minutes, with
//! `-- --check` for a second. The server is a process of its own. It prints a table and exits with 1 when a bound is
//! broken: an error that nobody asked for, memory that grows after the warm-up, a descriptor that stays open.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used)]

mod connection;
mod server;
mod traffic;

use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

use server::Server;
use traffic::Tally;

const CONNECTIONS: usize = 256;
/// Maximum of bytes that the allocator may take after the warm-up.
const MAY_GROW: usize = 16 * 1024 * 1024;

fn main() -> ExitCode {
    let time = time(&std::env::args().collect::<Vec<_>>());
    let server = Server::start();
    let idle = server.descriptors();
    let tally = Tally::default();
    traffic::script(server.address);
    // Long enough to fill the journal, whose bounds are what memory grows to.
    traffic::run(server.address, CONNECTIONS, |round| round >= 20, &tally);
    let warm = server.resident();
    let (began, before) = (
        Instant::now(),
        tally.requests.load(std::sync::atomic::Ordering::Relaxed),
    );
    traffic::run(
        server.address,
        CONNECTIONS,
        |_| began.elapsed() >= time,
        &tally,
    );
    let took = began.elapsed();
    let requests = tally.requests.load(std::sync::atomic::Ordering::Relaxed);
    let unasked = tally.unasked(server.address);
    let left = settled(&server, idle);
    let end = server.resident();
    let mib = |bytes: usize| format!("{:.1} MiB", bytes as f64 / 1_048_576.0);
    println!(
        "| soak | {} s, {CONNECTIONS} connections |\n|---|---|",
        took.as_secs()
    );
    println!(
        "| requests | {requests}, {:.0} a second |",
        (requests - before) as f64 / took.as_secs_f64()
    );
    println!("| faults ordered and seen | {} |", tally.faults_seen());
    println!("| errors not asked for | {unasked} |");
    println!("| resident after the warm-up | {} |", mib(warm));
    println!("| resident at the end | {} |", mib(end));
    println!("| descriptors before and after | {idle}, {left} |");
    for example in tally.examples.lock().unwrap().iter() {
        eprintln!("{example}");
    }
    let holds = unasked == 0 && left <= idle && end <= warm + MAY_GROW;
    if holds {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The number behind `--minutes`, one second with `--check`, or else 20 seconds.
fn time(arguments: &[String]) -> Duration {
    if arguments.iter().any(|argument| argument == "--check") {
        return Duration::from_secs(1);
    }
    let minutes = arguments
        .iter()
        .skip_while(|argument| *argument != "--minutes")
        .nth(1);
    let minutes = minutes.map(|minutes| minutes.parse::<f64>().expect("--minutes NUMBER"));
    minutes.map_or(Duration::from_secs(20), |minutes| {
        Duration::from_secs_f64(minutes * 60.0)
    })
}

/// The descriptors that stay open when the connections have had time to close.
fn settled(server: &Server, idle: usize) -> usize {
    let give_up = Instant::now() + Duration::from_secs(10);
    while server.descriptors() > idle && Instant::now() < give_up {
        sleep(Duration::from_millis(50));
    }
    server.descriptors()
}
