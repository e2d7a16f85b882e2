//! The settings of a server as flags: made from the table of the library, so that neither can have what the other lacks.

use std::path::Path;

use clap::{Arg, ArgAction, ArgMatches, Command};
use mock_ce::settings::FLAGS;
use mock_ce::{MockCe, Settings};

/// The command with a flag for each setting.
pub(super) fn flags(command: Command) -> Command {
    let all: Vec<_> = FLAGS.iter().map(|flag| flag.name).collect();
    only(command, &all)
}

/// The command with a flag for each of these settings.
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

/// `settings` with what the flags say.
///
/// A value that does not fit ends the process with status 2, as any wrong usage does.
pub(super) fn apply(mut settings: Settings, matches: &ArgMatches) -> Settings {
    for flag in FLAGS {
        let values = matches.try_get_many::<String>(flag.name).ok().flatten();
        for value in values.into_iter().flatten() {
            settings =
                (flag.apply)(settings, value).unwrap_or_else(|reason| usage(flag.name, &reason));
        }
    }
    let cassettes = matches.try_get_many::<String>("cassette").ok().flatten();
    for cassette in cassettes.into_iter().flatten() {
        super::tell_unfinished(Path::new(cassette));
    }
    settings
}

/// Starts a server, or says in one line why not.
pub(super) fn start(settings: Settings) -> Result<MockCe, String> {
    settings.try_start().map_err(|error| error.to_string())
}

/// Stops the server, and only then writes the state file, where there is to be one: all that was answered is in it.
pub(super) fn stop(ce: MockCe, matches: &ArgMatches) -> Result<(), String> {
    let emulator = ce.emulator().clone();
    ce.shutdown();
    match matches.contains_id("state") {
        true => emulator.save().map_err(|error| error.to_string()),
        false => Ok(()),
    }
}

fn usage(flag: &str, reason: &str) -> ! {
    super::tell(&format!("mock-ce: --{flag}: {reason}"));
    std::process::exit(2)
}
