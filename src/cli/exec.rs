//! `mock-ce exec -- COMMAND…` runs a command with a server of its own, and prints the ledger at the end.
//!
//! The command finds the server in its environment. The exit status is that of the command, 3 when the command succeeded
//! but a gate failed, and 127 when the command could not be started. The gates judge the whole run, whatever the command
//! has reset or forgotten meanwhile.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use mock_ce::{Emulator, Gate, MockCe, Report, file};

use super::signal::Signals;
use super::{log, process, settings, trust};

/// Exit status of a run whose command succeeded and whose gate failed.
const GATE_FAILED: u8 = 3;
/// The organization secret in the command's environment.
const ORGANIZATION: &str = "mock-ce-exec";
/// Maximum of requests shown when the command failed.
const MAX_SHOWN: usize = 20;

pub(super) fn command() -> Command {
    let gates = Gate::ALL.into_iter().filter(|gate| *gate != Gate::MinGrade);
    let gates = gates.map(|gate| {
        let flag = Arg::new(gate.name())
            .long(gate.name())
            .action(ArgAction::SetTrue)
            .help(format!("Exit 3 unless this holds: {}", gate.demand()));
        match gate {
            Gate::Misses => flag.requires("cassette"),
            _ => flag,
        }
    });
    let report = Arg::new("report")
        .long("report")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .help("Write gates and ledger of the run here: JSON, or JUnit where FILE ends in .xml");
    let post_mortem = Arg::new("post-mortem")
        .long("post-mortem")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .help("Write the inspection page with the run inside to FILE when the command or a gate fails");
    let command = Arg::new("command")
        .value_name("COMMAND")
        .required(true)
        .num_args(1..)
        .trailing_var_arg(true)
        .help("The command and its arguments");
    let about = "Run a command with a server of its own, and print what it relied upon";
    settings::add_flags(Command::new("exec").about(about).args(gates))
        .arg(report)
        .arg(post_mortem)
        .arg(log::flag("off"))
        .arg(command)
        .after_help(
            "The command's environment has MOCK_CE_URL, MOCK_CE_ADMIN_URL and MOCK_CE_ORGANIZATION;\n\
             MOCK_CE_SOCKET with --listen unix:PATH; with --tls or --intercept what its clients need to trust the server,\n\
             and with --intercept to find it: SSL_CERT_FILE, https_proxy, JAVA_TOOL_OPTIONS and more.\n\
             Exit status: the command's own; 3 when it succeeded and a gate failed; 127 when it could not be started;\n\
             128 and the number of the signal that ended it.\n\n\
             Example: mock-ce exec --deny-leaks --report run.xml -- cargo test",
        )
}

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, String> {
    for name in ["report", "post-mortem"] {
        check_directory(name, matches)?;
    }
    let ce = settings::start(settings::apply(MockCe::builder(), matches))?;
    let log = log::chosen(matches).follow(ce.emulator().clone());
    let signals = Signals::listen()?;
    let words = matches.get_many::<String>("command").into_iter().flatten();
    let mut environment = vec![
        ("MOCK_CE_URL", Some(ce.base_url())),
        ("MOCK_CE_ADMIN_URL", Some(ce.admin_url())),
        (
            "MOCK_CE_ORGANIZATION",
            Some(organization(matches).to_owned()),
        ),
    ];
    #[cfg(unix)]
    environment.push((
        "MOCK_CE_SOCKET",
        ce.socket().map(|path| path.display().to_string()),
    ));
    let trust = ce.trust_store();
    let trust = trust.map(|trust| trust::prepare(trust, ce.address(), matches));
    let files = trust.transpose()?.map(|(files, variables)| {
        environment.extend(variables);
        files
    });
    let status = process::run(&words.cloned().collect::<Vec<_>>(), &environment, signals)?;
    drop(files);
    log.finish();
    let succeeded = status.is_some_and(|status| status.success());
    let report = Report::new(ce.run_ledger(), demanded(matches));
    // A command that could not be started has been told of, and has asked for nothing.
    if status.is_some() {
        if !succeeded {
            show_last_requests(ce.emulator());
        }
        super::tell(&report.ledger().to_string());
    }
    let path = |flag| matches.get_one::<PathBuf>(flag);
    let report_written = path("report").map(|path| write_report(path, &report));
    let post_mortem_written =
        path("post-mortem").map(|path| write_post_mortem(path, &ce, &report, succeeded));
    // A file that cannot be written costs no other one, and not the status of the command.
    let kept = [
        report_written,
        post_mortem_written,
        Some(settings::stop(ce)),
    ];
    let unkept: Vec<_> = kept.into_iter().flatten().filter_map(Result::err).collect();
    for reason in &unkept {
        super::tell(&format!("mock-ce: {reason}"));
    }
    for (_, reason) in report.failures() {
        super::tell(&format!("mock-ce: gate failed: {reason}"));
    }
    let has_failed = report.failures().next().is_some();
    Ok(match succeeded {
        true if has_failed => ExitCode::from(GATE_FAILED),
        true if !unkept.is_empty() => ExitCode::FAILURE,
        _ => process::exit_code(status),
    })
}

/// The secret that the command should send: the only one that `--credentials` accepts, or one of its own.
fn organization(matches: &ArgMatches) -> &str {
    let given = matches
        .get_many::<String>("credentials")
        .into_iter()
        .flatten();
    let accepted = given.last().and_then(|pair| pair.split_once(':'));
    accepted.map_or(ORGANIZATION, |(_, organization)| organization)
}

/// The gates that the flags demand.
fn demanded(matches: &ArgMatches) -> Vec<Gate> {
    let is_demanded = |gate: &Gate| match gate {
        Gate::MinGrade => matches.contains_id(gate.name()),
        _ => matches.get_flag(gate.name()),
    };
    Gate::ALL.into_iter().filter(is_demanded).collect()
}

/// Refuses a file that could not be written when the run is over.
fn check_directory(flag: &str, matches: &ArgMatches) -> Result<(), String> {
    let Some(path) = matches.get_one::<PathBuf>(flag) else {
        return Ok(());
    };
    let directory = path.parent().filter(|it| !it.as_os_str().is_empty());
    let problem = match directory.is_none_or(Path::is_dir) {
        true if !path.is_dir() => return Ok(()),
        true => "it is a directory; name a file in it",
        false => "its directory is not there; make it, or name another file",
    };
    Err(format!(
        "cannot write --{flag} {:?}: {problem}",
        path.display().to_string()
    ))
}

fn write_report(path: &Path, report: &Report) -> Result<(), String> {
    let is_xml = path.extension().is_some_and(|extension| extension == "xml");
    let text = match is_xml {
        true => report.to_junit(),
        false => report.to_json().to_pretty() + "\n",
    };
    file::write(path, &text)
        .map_err(|error| format!("cannot write the report {:?}: {error}", path.display()))
}

/// Writes the post-mortem of a run whose command or gate failed.
fn write_post_mortem(
    path: &Path,
    ce: &MockCe,
    report: &Report,
    succeeded: bool,
) -> Result<(), String> {
    let reason = match report.failures().next() {
        Some((_, reason)) => format!("gate failed: {reason}"),
        None if succeeded => return Ok(()),
        None => "the command failed".to_owned(),
    };
    file::write(path, &ce.post_mortem(&reason))
        .map_err(|error| format!("cannot write the post-mortem {:?}: {error}", path.display()))
}

/// Shows what the failed command asked for last.
fn show_last_requests(emulator: &Emulator) {
    let (requests, count) = emulator.last_requests(MAX_SHOWN);
    if requests.is_empty() {
        return super::tell("mock-ce: the command failed, and sent no request");
    }
    let shown = requests.len();
    super::tell(&format!(
        "mock-ce: the command failed; the last {shown} of {count} requests:"
    ));
    for received in requests {
        super::tell(&format!(
            "  {}",
            emulator.outside_view(received).to_log_line()
        ));
    }
}
