//! The flags for a server's settings, made from the library's table so that the builder and the flags cannot differ.

use clap::{Arg, ArgAction, ArgMatches, Command};
use mock_ce::settings::FLAGS;
use mock_ce::{MockCe, Settings};

/// Adds a flag for each setting.
pub(super) fn add_flags(command: Command) -> Command {
    let all: Vec<_> = FLAGS.iter().map(|flag| flag.name).collect();
    only(command, &all)
}

/// Adds a flag for each of these settings.
pub(super) fn only(command: Command, names: &[&str]) -> Command {
    let chosen = FLAGS.iter().filter(|flag| names.contains(&flag.name));
    command.args(chosen.map(|flag| {
        Arg::new(flag.name)
            .long(flag.name)
            .value_name(flag.value)
            .help(flag.help)
            .action(ArgAction::Append)
    }))
}

/// Applies the flags to the settings.
///
/// A wrong value ends the process with status 2, as any wrong usage does.
pub(super) fn apply(mut settings: Settings, matches: &ArgMatches) -> Settings {
    for flag in FLAGS {
        let values = matches.try_get_many::<String>(flag.name).ok().flatten();
        for value in values.into_iter().flatten() {
            settings = (flag.apply)(settings, value)
                .unwrap_or_else(|reason| refuse_usage(flag.name, &reason));
        }
    }
    settings
}

/// Starts a server; the error is one line that says why it did not start.
pub(super) fn start(settings: Settings) -> Result<MockCe, String> {
    settings.try_start().map_err(|error| error.to_string())
}

/// Stops the server, then writes the file of `--state`, if any.
///
/// Written in this order, the file holds the effect of every request that was answered.
pub(super) fn stop(ce: MockCe, matches: &ArgMatches) -> Result<(), String> {
    let emulator = ce.emulator().clone();
    ce.shutdown();
    match matches.contains_id("state") {
        true => emulator.save().map_err(|error| error.to_string()),
        false => Ok(()),
    }
}

/// Ends the process because the value of a flag is wrong.
fn refuse_usage(flag: &str, reason: &str) -> ! {
    super::tell(&format!("mock-ce: --{flag}: {reason}"));
    std::process::exit(2)
}
