//! `mock-ce record`: stands between a client and a real service, and keeps what they say as a cassette.
//!
//! Without a command, standard output has the base URL and nothing else, and recording ends at Ctrl-C. With one,
//! standard output is the command's, which finds the recorder in its environment, and so is the exit status.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use mock_ce::cassette::{Repeat, Selector};
use mock_ce::recorder::{Mode, Recorder, Recording, Summary};
use rustix::process::{Resource, getrlimit};

use super::keep;
use super::process::{self, Environment};
use super::signal::Signals;

pub(super) fn command() -> Command {
    Command::new("record")
        .about("Record what a real service says, without secrets, or replay it")
        .arg(required("upstream", "URL", "The service: https://HOST[/PATH]"))
        .arg(required("cassette", "FILE", "The cassette").value_parser(value_parser!(PathBuf)))
        .arg(
            Arg::new("mode")
                .long("mode")
                .value_name("MODE")
                .value_parser(PossibleValuesParser::new(["once", "new", "all", "locked"]))
                .default_value("once")
                .help("once: replay a cassette that is there; new: add what is unknown; all: record afresh; locked: only replay"),
        )
        .arg(
            Arg::new("listen")
                .long("listen")
                .value_name("ADDRESS")
                .value_parser(value_parser!(SocketAddr))
                .help("Address to listen on; port 0 takes any free one [default: 127.0.0.1:0]"),
        )
        .arg(files("ca", "FILE", "PEM file with certificates to trust beside the machine's; repeatable"))
        .arg(selectors("redact", "Place that holds a secret, such as body:configuration/smtp.host; repeatable"))
        .arg(selectors("keep", "Place that holds no secret, such as response.body:user/name; repeatable"))
        .arg(selectors("ignore", "Place of requests that need not be as recorded; repeatable"))
        .arg(
            Arg::new("repeat")
                .long("repeat")
                .value_name("ANSWER")
                .value_parser(PossibleValuesParser::new(["never", "last"]))
                .default_value("never")
                .help("Replay each recorded answer once, then never again or the last one"),
        )
        .arg(files("catalog", "DIR", "Directory of catalog fixtures, whose password entries are secrets; repeatable"))
        .arg(
            Arg::new("date")
                .long("date")
                .value_name("TIME")
                .value_parser(humantime::parse_rfc3339_weak)
                .help("Day of the recording, such as 2017-03-14T00:00:00Z [default: today]"),
        )
        .arg(
            Arg::new("body-limit")
                .long("body-limit")
                .value_name("BYTES")
                .value_parser(value_parser!(usize))
                .help("Largest body that is recorded; a larger one passes, but a request in mode new is answered 502 [default: 8388608]"),
        )
        .arg(
            Arg::new("command")
                .value_name("COMMAND")
                .num_args(0..)
                .trailing_var_arg(true)
                .allow_hyphen_values(true)
                .help("Record for as long as this command runs"),
        )
        .after_help("The command's environment has MOCK_CE_URL.")
}

fn required(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .value_name(value)
        .required(true)
        .help(help)
}

pub(super) fn files(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .value_name(value)
        .value_parser(value_parser!(PathBuf))
        .action(ArgAction::Append)
        .help(help)
}

pub(super) fn selectors(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .value_name("SELECTOR")
        .value_parser(|text: &str| text.parse::<Selector>())
        .action(ArgAction::Append)
        .help(help)
}

/// Every value of a flag.
pub(super) fn all<T: Clone + Send + Sync + 'static>(matches: &ArgMatches, name: &str) -> Vec<T> {
    matches
        .get_many::<T>(name)
        .into_iter()
        .flatten()
        .cloned()
        .collect()
}

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, String> {
    let mut signals = Signals::listen()?;
    let words: Vec<String> = all(matches, "command");
    let itself = std::env::current_exe()
        .map_err(|error| format!("cannot find the program of this process: {error}"))?;
    let recorder = recording(matches)
        .written_by(itself, keep::words_for(&words))
        .connection_limit(affordable_connections())
        .try_start()
        .map_err(|error| error.to_string())?;
    if words.is_empty() {
        super::print(&format!("{}\n", recorder.base_url()))?;
        super::tell(&banner(&recorder, matches));
        signals.wait();
        // Another one ends this process, and its keeper finishes the cassette.
        let _forwarding = signals.forward()?;
        finish(recorder)?;
        return Ok(ExitCode::SUCCESS);
    }
    super::tell(&banner(&recorder, matches));
    let environment: Environment<'_> = &[("MOCK_CE_URL", recorder.base_url())];
    let status = process::run(&words, environment, signals).map(process::exit_code);
    finish(recorder)?;
    status
}

/// As many as leave a descriptor to the upstream for each.
fn affordable_connections() -> usize {
    /// For what is no connection: pipes, files, the port.
    const OTHERS: u64 = 32;
    const MOST: usize = 10_000;
    let descriptors = getrlimit(Resource::Nofile).current;
    let affordable = descriptors.map(|most| most.saturating_sub(OTHERS) / 2);
    affordable.map_or(MOST, |most| usize::try_from(most).unwrap_or(MOST).min(MOST))
}

pub(super) fn cassette(matches: &ArgMatches) -> PathBuf {
    let path = matches.get_one::<PathBuf>("cassette");
    path.cloned().unwrap_or_default()
}

/// What the words say, whatever of it is done here.
pub(super) fn recording(matches: &ArgMatches) -> Recording {
    let text = |name: &str| matches.get_one::<String>(name).map_or("", String::as_str);
    let mut recording = Recorder::to(text("upstream"), cassette(matches))
        .mode(match text("mode") {
            "new" => Mode::New,
            "all" => Mode::All,
            "locked" => Mode::Locked,
            _ => Mode::Once,
        })
        .repeat(if text("repeat") == "last" {
            Repeat::Last
        } else {
            Repeat::Never
        })
        .warn(|warning| super::tell(&format!("mock-ce: {warning}")));
    if let Some(address) = matches.get_one::<SocketAddr>("listen") {
        recording = recording.listen(*address);
    }
    if let Some(date) = matches.get_one("date") {
        recording = recording.date(*date);
    }
    if let Some(limit) = matches.get_one("body-limit") {
        recording = recording.body_limit(*limit);
    }
    recording = all::<PathBuf>(matches, "ca")
        .into_iter()
        .fold(recording, Recording::ca);
    recording = all::<PathBuf>(matches, "catalog")
        .into_iter()
        .fold(recording, Recording::catalog);
    recording = all(matches, "redact")
        .into_iter()
        .fold(recording, Recording::redact);
    recording = all(matches, "keep")
        .into_iter()
        .fold(recording, Recording::keep);
    all(matches, "ignore")
        .into_iter()
        .fold(recording, Recording::ignore)
}

fn banner(recorder: &Recorder, matches: &ArgMatches) -> String {
    let url = recorder.base_url();
    let cassette = cassette(matches);
    let cassette = cassette.display();
    match recorder.upstream() {
        Some(upstream) => format!("mock-ce records {upstream} into {cassette} at {url}"),
        None => format!(
            "mock-ce replays {cassette} at {url} and sends nothing; --mode all records it afresh"
        ),
    }
}

fn finish(recorder: Recorder) -> Result<(), String> {
    if recorder.is_replaying() {
        return Ok(());
    }
    let Summary {
        recorded,
        kept_out,
        total,
        ..
    } = recorder.finish().map_err(|error| error.to_string())?;
    super::tell(&format!(
        "mock-ce recorded {recorded} interactions and kept {kept_out} out; the cassette has {total}"
    ));
    Ok(())
}
