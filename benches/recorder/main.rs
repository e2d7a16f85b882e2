//! Measures the latency that recording adds to a bare hyper reverse proxy, side by side, and its memory by body size.
//!
//! `cargo bench --bench recorder [-- INTERACTIONS]`. One client on one connection sends `POST /instances` through each
//! in turns: a bare proxy in a process of its own, and `mock-ce record`. The
//! service behind them is the same, on a thread of its own, and answers with the documented body and a token that is new
//! each time. It is measured twice: as it runs, and with all processes on one core, where only work counts and not which
//! core was asleep.
#![allow(clippy::print_stdout, reason = "a bench prints its table")]

mod caller;
mod program;
mod service;

use std::io::Read as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderValue, Method, StatusCode};
use mock_ce::cassette::{Cassette, Exchange, JournalFile, Policy, Redactor, Start};
use mock_ce::catalog::Catalog;
use mock_ce::recorder::{Mode, Recorder};
#[cfg(target_os = "linux")]
use rustix::thread::{CpuSet, sched_setaffinity};

use caller::Caller;
use program::Program;
use service::{Service, instance_body, serve};

const ROUND: usize = 50;
/// The argument that makes this program the bare proxy.
const BARE: &str = "bare";
/// The argument that makes it measure on one core.
const ONE_CORE: &str = "one-core";
const BODY: &str = r#"{"element":{"key":"sendgrid"},"configuration":{"sendgrid.api.key":"SG.4qUaeI0wFjYcUdsbWXGq","sendgrid.username":"a.user.of.sendgrid","password":"a-password-of-sendgrid","event.notification.enabled":"true","event.vendor.type":"webhook","event.notification.callback.url":"https://example.com/callback"},"tags":["bench"],"name":"An instance of SendGrid that is recorded in a bench"}"#;

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let path = std::env::temp_dir().join(format!("mock-ce-bench-{}.json", std::process::id()));
    match &words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [_, BARE, upstream] => be_bare(upstream.parse().expect("an address")),
        [_, ONE_CORE, count] => {
            take_one_core();
            latency(&path, count.parse().expect("a number"));
        }
        words => {
            let count = words.iter().find_map(|word| word.parse().ok());
            let count = count.unwrap_or(10_000);
            println!("{count} interactions each, µs for a request and its answer");
            println!("\nEach process wherever the system puts it:");
            latency(&path, count);
            println!("\nAll processes on one core:");
            let mut itself = itself();
            let itself = itself.args([ONE_CORE, &count.to_string()]);
            assert!(itself.status().expect("it is there").success());
            println!();
            parts(&path);
            memory(&path);
        }
    }
    let _ = std::fs::remove_file(&path);
}

fn itself() -> Command {
    Command::new(std::env::current_exe().expect("this program has a path"))
}

/// Without the lottery of which core a process is on, and for how long that one has slept.
fn take_one_core() {
    #[cfg(target_os = "linux")]
    {
        let mut cores = CpuSet::new();
        cores.set(0);
        sched_setaffinity(None, &cores).expect("there is a first core");
    }
}

/// The bare proxy is a process like the recorder, so that the same is measured.
fn be_bare(upstream: SocketAddr) {
    println!("http://{}/", serve(Service::Proxy(upstream)));
    let _ = std::io::stdin().read(&mut [0]);
}

/// Interleaved rounds, so that whatever else the machine does hits all.
fn latency(path: &Path, count: usize) {
    let upstream = serve(Service::Instances);
    let url = format!("http://{upstream}");
    let bare = Program::start(itself().args([BARE, &upstream.to_string()]));
    let recording = ["record", "--mode", "all", "--upstream", &url, "--cassette"];
    let binary = env!("CARGO_BIN_EXE_mock-ce");
    let binary = Program::start(Command::new(binary).args(recording).arg(path));
    let mut measured = [
        ("bare hyper proxy", bare.address),
        ("`mock-ce record`", binary.address),
    ]
    .map(|(name, address)| (name, Caller::to(address), Vec::new(), Vec::new()));
    for round in 0..=count / ROUND {
        let mut before = 0.0;
        for (_, caller, times, ratios) in &mut measured {
            let mut taken = caller.round();
            let median = median(&mut taken).as_secs_f64();
            before = if before == 0.0 { median } else { before };
            // The first one is for warming up.
            if round > 0 {
                ratios.push(median / before);
                times.append(&mut taken);
            }
        }
    }
    println!("| through | median | mean | 99 of 100 | ratio of a round's medians (half of them) |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    for (name, _, times, ratios) in &mut measured {
        let mean = times.iter().sum::<Duration>() / u32::try_from(times.len()).unwrap_or(1);
        let median = median(times);
        let most = times[times.len() * 99 / 100];
        ratios.sort_by(f64::total_cmp);
        let [low, middle, high] = [1, 2, 3].map(|part| ratios[ratios.len() * part / 4]);
        let [median, mean, most] = [median, mean, most].map(|time| time.as_secs_f64() * 1e6);
        println!(
            "| {name} | {median:.1} | {mean:.1} | {most:.1} | {middle:.3} ({low:.3}–{high:.3}) |"
        );
    }
    bare.end();
    binary.end();
    let written = Cassette::load(path).expect("the cassette is written");
    assert!(written.interactions().len() >= count);
}

/// Measures the parts of a recording one by one.
fn parts(path: &Path) {
    let mut redactor = Redactor::new(Policy::new(Catalog::documented()));
    let cassette = Cassette::new("https://api.example", "2017-03-14");
    let mut journal = JournalFile::open(path, &cassette, Start::Afresh).expect("a journal");
    let (mut redacting, mut writing) = (Vec::new(), Vec::new());
    for number in 0..2000 {
        let mut request_headers = HeaderMap::new();
        let authorization =
            "User user-secret-of-the-bench, Organization organization-secret-of-the-bench";
        request_headers.insert("authorization", HeaderValue::from_static(authorization));
        let exchange = Exchange {
            method: Method::POST,
            target: "/elements/api-v2/instances".to_owned(),
            request_headers,
            request_body: BODY.into(),
            status: StatusCode::OK,
            response_headers: HeaderMap::new(),
            response_body: instance_body(number).into(),
        };
        let start = Instant::now();
        let interaction = redactor.redact(&exchange).expect("no secret is left");
        redacting.push(start.elapsed());
        let start = Instant::now();
        journal.push(&interaction).expect("the disk takes it");
        writing.push(start.elapsed());
    }
    journal.fold().expect("the disk takes it");
    println!("redacting         {:>9.1?}", median(&mut redacting));
    println!("journal           {:>9.1?}", median(&mut writing));
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// The resident memory after bodies of growing size have passed.
fn memory(path: &Path) {
    let upstream = serve(Service::Large);
    let recorder = Recorder::to(format!("http://{upstream}"), path)
        .mode(Mode::All)
        .start();
    for megabytes in [1, 16, 64, 256] {
        let mut caller = Caller::to(recorder.address());
        caller.call(megabytes << 20, &[]);
        println!(
            "{megabytes:>4} MiB there and back: resident {} MiB",
            resident() >> 10
        );
    }
}

/// In KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS"));
    let digits = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    digits.unwrap_or_default()
}
