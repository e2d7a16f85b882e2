//! `mock-ce record`: stands between a client and a real service, and records what they say as a cassette.
//!
//! Without a command, standard output has the base URL and nothing else, and recording ends at Ctrl-C. With one,
//! standard output is the command's, which finds the recorder in its environment, and so is the exit status; it is 1
//! when the command succeeded, but a secret was left in an exchange, no call to the upstream was answered, or a replayed
//! cassette did not have a request.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use mock_ce::cassette::{Repeat, Selector};
use mock_ce::recorder::{Mode, RecordError, Recorder, Recording, Summary};
#[cfg(unix)]
use rustix::process::{Resource, getrlimit};

use super::counted;
use super::signal::Signals;
use super::{process, settings, trust};

pub(super) fn command() -> Command {
    let command = Command::new("record")
        .about("Record what a real service says, without secrets, or replay it");
    let command = settings::only(command, &["ca-file", "intercept", "pass"])
        .arg(
            required("upstream", "URL", "The service: https://HOST[/PATH] [default: the host of --intercept]")
                .required(false)
                .required_unless_present("intercept"),
        )
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
                .value_parser(mock_ce::settings::listen_address)
                .help("Address to listen on, such as localhost:0 or 6847; port 0 takes any free one [default: 127.0.0.1:0]"),
        )
        .arg(
            Arg::new("port")
                .long("port")
                .value_name("PORT")
                .value_parser(value_parser!(u16))
                .help("Port to listen on, instead of that of --listen"),
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
        .arg(files("catalog", "FILE|DIR", "Catalog fixture, or directory of them, whose password entries are secrets; repeatable"))
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
                .help("Record for as long as this command runs"),
        )
        .after_help(
            "The command's environment has MOCK_CE_URL, and MOCK_CE_ADMIN_URL when a cassette is replayed; with\n\
             --intercept HOST also what its clients need to find the recorder in the place of HOST, and to trust it.\n\
             Exit status: the command's own; 1 when it succeeded, but a secret was left in an exchange, no call to the\n\
             upstream was answered, or a replayed cassette did not have a request; 127 when it could not be started.\n\n\
             Example: mock-ce record --upstream https://api.example --cassette day.json -- cargo test",
        );
    settings::other_names_of_listen(command)
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
    super::tell_unfinished(&cassette(matches));
    let recorder = recording(matches)?
        .connection_limit(affordable_connections())
        .try_start()
        .map_err(|error| error.to_string())?;
    if words.is_empty() {
        super::print(&format!("{}\n", recorder.base_url()))?;
        super::tell(&banner(&recorder, matches));
        signals.wait();
        // Another signal ends this process at once; what was recorded is in the journal.
        let _forwarding = signals.forward()?;
        return match conclude(recorder, Recorder::finish)? {
            Verdict::Good => Ok(ExitCode::SUCCESS),
            Verdict::Bad => Ok(ExitCode::FAILURE),
        };
    }
    super::tell(&banner(&recorder, matches));
    let admin_url = recorder.admin_url();
    if admin_url.is_none() {
        super::tell(
            "mock-ce: MOCK_CE_ADMIN_URL is not set, since a recorder has no control surface",
        );
    }
    let mut environment = vec![
        ("MOCK_CE_URL", Some(recorder.base_url())),
        ("MOCK_CE_ADMIN_URL", admin_url),
    ];
    let trust = recorder.trust_store();
    let trust = trust.map(|trust| trust::prepare(trust, recorder.address(), matches));
    let files = trust.transpose()?.map(|(files, variables)| {
        environment.extend(variables);
        files
    });
    let status = process::run(&words, &environment, signals);
    drop(files);
    let succeeded = matches!(&status, Ok(Some(status)) if status.success());
    let end = match succeeded {
        true => Recorder::finish,
        false => Recorder::abandon,
    };
    let verdict = conclude(recorder, end)?;
    match verdict {
        Verdict::Bad if succeeded => Ok(ExitCode::FAILURE),
        _ => status.map(process::exit_code),
    }
}

/// The judgement of a recording or a replay, as the exit status tells it.
enum Verdict {
    Good,
    /// A secret was left in an exchange, no call was answered, or the cassette did not have a request.
    Bad,
}

/// Ends the recorder, and tells the figures of the recording.
fn conclude(
    recorder: Recorder,
    end: fn(Recorder) -> Result<Summary, RecordError>,
) -> Result<Verdict, String> {
    if recorder.is_replaying() {
        let misses = usize::try_from(recorder.misses()).unwrap_or(usize::MAX);
        if misses == 0 {
            return Ok(Verdict::Good);
        }
        super::tell(&format!(
            "mock-ce: the cassette did not have {}; --mode new records what it lacks",
            counted(misses, "request")
        ));
        return Ok(Verdict::Bad);
    }
    let summary = end(recorder).map_err(|error| error.to_string())?;
    let Summary {
        recorded,
        kept_out,
        leaked,
        failed,
        total,
        ..
    } = summary;
    if leaked > 0 {
        super::tell(&format!(
            "mock-ce: {} dropped, because a secret was left in {}",
            counted(leaked, "interaction"),
            if leaked == 1 { "it" } else { "them" }
        ));
    }
    if summary.all_failed() {
        super::tell(&format!(
            "mock-ce: no call to the upstream was answered ({failed} failed)"
        ));
    }
    if let Some(journal) = &summary.journal {
        super::tell(&format!(
            "mock-ce: the recording did not end well, so the cassette stays as it was; what was recorded is in {:?}",
            journal.display().to_string()
        ));
    }
    super::tell(&format!(
        "mock-ce recorded {} and kept {} out; the cassette has {total}",
        counted(recorded, "interaction"),
        kept_out + leaked
    ));
    Ok(match leaked > 0 || summary.all_failed() {
        true => Verdict::Bad,
        false => Verdict::Good,
    })
}

/// The most connections of clients for which there are descriptors, each with one to the upstream.
#[cfg(unix)]
fn affordable_connections() -> usize {
    /// Descriptors for pipes, files and the port.
    const OTHERS: u64 = 32;
    const MAX_CONNECTIONS: usize = 10_000;
    let descriptors = getrlimit(Resource::Nofile).current;
    let affordable = descriptors.map(|most| most.saturating_sub(OTHERS) / 2);
    affordable.map_or(MAX_CONNECTIONS, |most| {
        usize::try_from(most).map_or(MAX_CONNECTIONS, |most| most.min(MAX_CONNECTIONS))
    })
}

#[cfg(not(unix))]
fn affordable_connections() -> usize {
    10_000
}

fn cassette(matches: &ArgMatches) -> PathBuf {
    let path = matches.get_one::<PathBuf>("cassette");
    path.cloned().unwrap_or_default()
}

/// The recording that the command line asks for.
fn recording(matches: &ArgMatches) -> Result<Recording, String> {
    let text = |name: &str| matches.get_one::<String>(name).map_or("", String::as_str);
    let intercepted: Vec<String> = all(matches, "intercept");
    let upstream = match (text("upstream"), &*intercepted) {
        ("", [host]) => format!("https://{host}"),
        (_, [_, _, ..]) => {
            return Err("a recording is of one service; give --intercept only once".to_owned());
        }
        (upstream, _) => upstream.to_owned(),
    };
    let mut recording = Recorder::to(upstream, cassette(matches))
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
    if let Some(host) = intercepted.first() {
        recording = recording.intercept(host);
    }
    if matches.get_flag("pass") {
        recording = recording.pass();
    }
    if let Some(path) = matches.get_one::<String>("ca-file") {
        recording = recording.ca_file(path);
    }
    let listen = matches.get_one::<SocketAddr>("listen").copied();
    let mut address = listen.unwrap_or((Ipv4Addr::LOCALHOST, 0).into());
    if let Some(port) = matches.get_one::<u16>("port") {
        address.set_port(*port);
    }
    recording = recording.listen(address);
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
    let ignored = all(matches, "ignore").into_iter();
    Ok(ignored.fold(recording, Recording::ignore))
}

fn banner(recorder: &Recorder, matches: &ArgMatches) -> String {
    let url = recorder.base_url();
    let cassette = cassette(matches);
    let cassette = cassette.display();
    match recorder.upstream() {
        Some(upstream) => format!("mock-ce records {upstream} into {cassette} at {url}"),
        None => {
            let is_locked = matches
                .get_one::<String>("mode")
                .is_some_and(|mode| mode == "locked");
            let advice = if is_locked {
                ""
            } else {
                "; --mode all records it afresh"
            };
            format!("mock-ce replays {cassette} at {url} and sends nothing{advice}")
        }
    }
}
