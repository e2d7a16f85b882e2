//! `mock-ce completions SHELL` prints what a shell needs to complete verbs and flags.

use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command, value_parser};
use clap_complete::{Shell, generate};

pub(super) fn command() -> Command {
    let shell = Arg::new("shell")
        .value_name("SHELL")
        .required(true)
        .value_parser(value_parser!(Shell))
        .help("The shell");
    Command::new("completions")
        .about("Print completions of verbs and flags for a shell")
        .arg(shell)
        .after_help("Example: mock-ce completions bash > ~/.local/share/bash-completion/completions/mock-ce")
}

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, String> {
    let shell = *matches.get_one::<Shell>("shell").expect("clap demands it");
    let mut script = Vec::new();
    generate(shell, &mut super::command(), "mock-ce", &mut script);
    let mut script = String::from_utf8_lossy(&script).into_owned();
    if shell == Shell::Bash {
        // clap_complete 4.6 names a state by its path where it enters it, and by the words of the path where it looks it
        // up; the two differ for a program with a hyphen.
        script = script.replace("mock__subcmd__ce", "mock__ce");
    }
    super::print(&script)?;
    Ok(ExitCode::SUCCESS)
}
