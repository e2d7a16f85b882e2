//! `mock-ce exec -- COMMAND…`: a server for as long as a command runs, and at the end the ledger.
//!
//! The command finds the server in its environment. The exit status is the command's own; 3 when it succeeded but a
//! gate failed; 127 when it could not be started.

use std::process::{Child, Command as Process, ExitCode, ExitStatus};

use clap::{Arg, ArgAction, ArgMatches, Command};
use mock_ce::{Ledger, MockCe};

use super::settings;
use super::signal::Signals;

/// What the exit status is when only a gate failed.
const GATE_FAILED: u8 = 3;
/// What it is when the command could not be started, as shells have it.
const NOT_STARTED: u8 = 127;
/// The organization secret that the command is given.
const ORGANIZATION: &str = "mock-ce-exec";

pub(super) fn command() -> Command {
    let deny_leaks = Arg::new("deny-leaks")
        .long("deny-leaks")
        .action(ArgAction::SetTrue)
        .help("Exit 3 when an instance was created and never deleted");
    let command = Arg::new("command")
        .value_name("COMMAND")
        .required(true)
        .num_args(1..)
        .trailing_var_arg(true)
        .allow_hyphen_values(true)
        .help("The command and its arguments");
    let about = "Run a command with a server of its own, and print what it relied upon";
    settings::flags(Command::new("exec").about(about).arg(deny_leaks))
        .arg(command)
        .after_help(
            "The command's environment has MOCK_CE_URL, MOCK_CE_ADMIN_URL and MOCK_CE_ORGANIZATION.",
        )
}

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, String> {
    let ce = settings::start(settings::apply(MockCe::builder(), matches))?;
    let signals = Signals::listen()?;
    let mut words = matches.get_many::<String>("command").into_iter().flatten();
    let program = words.next().expect("clap demands a command");
    let mut process = Process::new(program);
    process
        .args(words)
        .env("MOCK_CE_URL", ce.base_url())
        .env("MOCK_CE_ADMIN_URL", ce.admin_url())
        .env("MOCK_CE_ORGANIZATION", ORGANIZATION);
    let child = match process.spawn() {
        Ok(child) => child,
        Err(error) => {
            super::tell(&format!("mock-ce: cannot start {program:?}: {error}"));
            return Ok(ExitCode::from(NOT_STARTED));
        }
    };
    let status =
        wait(child, signals).map_err(|error| format!("cannot wait for {program:?}: {error}"))?;
    let ledger = ce.ledger();
    super::tell(&ledger.to_string());
    settings::stop(ce, matches)?;
    Ok(exit_code(
        status,
        failed_gate(&ledger, matches.get_flag("deny-leaks")),
    ))
}

/// Waits for the child, passing on what the operator sends.
fn wait(mut child: Child, signals: Signals) -> std::io::Result<ExitStatus> {
    signals.forward(
        child
            .id()
            .try_into()
            .expect("a process id is a positive pid_t"),
    );
    child.wait()
}

/// What a gate has against the run, if anything.
fn failed_gate(ledger: &Ledger, deny_leaks: bool) -> Option<String> {
    if ledger.refused > 0 {
        return Some(format!(
            "{} answers rest on rules below --min-grade",
            ledger.refused
        ));
    }
    let left = ledger.left.len();
    (deny_leaks && left > 0).then(|| format!("{left} instances were created and never deleted"))
}

fn exit_code(status: ExitStatus, failed_gate: Option<String>) -> ExitCode {
    if let Some(reason) = &failed_gate {
        super::tell(&format!("mock-ce: gate failed: {reason}"));
    }
    match status.code() {
        Some(0) if failed_gate.is_some() => ExitCode::from(GATE_FAILED),
        Some(code) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        None => ExitCode::from(128 + ended_by(status)),
    }
}

/// The signal that ended a process.
fn ended_by(status: ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt as _;
    status
        .signal()
        .and_then(|signal| u8::try_from(signal).ok())
        .unwrap_or(0)
}
