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
    super::print(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}
