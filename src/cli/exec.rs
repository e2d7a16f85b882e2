//! `mock-ce exec -- COMMAND…` runs a command with a server of its own, and prints the ledger at the end.
//!
//! The command finds the server in its environment. The exit status is that of the command, 3 when the command succeeded
//! but a gate failed, and 127 when the command could not be started.

use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};
use mock_ce::{Ledger, MockCe};

use super::signal::Signals;
use super::{process, settings};

/// Exit status of a run whose command succeeded and whose gate failed.
const GATE_FAILED: u8 = 3;
/// The organization secret in the command's environment.
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
    settings::add_flags(Command::new("exec").about(about).arg(deny_leaks))
        .arg(command)
        .after_help(
            "The command's environment has MOCK_CE_URL, MOCK_CE_ADMIN_URL and MOCK_CE_ORGANIZATION.",
        )
}

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, String> {
    let ce = settings::start(settings::apply(MockCe::builder(), matches))?;
    let signals = Signals::listen()?;
    let words = matches.get_many::<String>("command").into_iter().flatten();
    let environment = [
        ("MOCK_CE_URL", Some(ce.base_url())),
        ("MOCK_CE_ADMIN_URL", Some(ce.admin_url())),
        ("MOCK_CE_ORGANIZATION", Some(ORGANIZATION.to_owned())),
    ];
    let status = process::run(&words.cloned().collect::<Vec<_>>(), &environment, signals)?;
    let ledger = ce.ledger();
    super::tell(&ledger.to_string());
    settings::stop(ce, matches)?;
    let failed_gate = find_failed_gate(&ledger, matches.get_flag("deny-leaks"));
    if let Some(reason) = &failed_gate {
        super::tell(&format!("mock-ce: gate failed: {reason}"));
    }
    let succeeded = status.is_some_and(|status| status.success());
    Ok(match failed_gate {
        Some(_) if succeeded => ExitCode::from(GATE_FAILED),
        _ => process::exit_code(status),
    })
}

/// Finds the gate that the run failed, and says how.
fn find_failed_gate(ledger: &Ledger, deny_leaks: bool) -> Option<String> {
    if ledger.refused > 0 {
        return Some(format!(
            "{} answers rest on rules below --min-grade",
            ledger.refused
        ));
    }
    let left = ledger.left.len();
    (deny_leaks && left > 0).then(|| format!("{left} instances were created and never deleted"))
}
