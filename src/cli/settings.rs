//! The flags for a server's settings, made from the library's table so that the builder and the flags cannot differ.

use std::path::Path;

use clap::builder::UnknownArgumentValueParser;
use clap::{Arg, ArgAction, ArgMatches, Command};
use mock_ce::settings::{FLAGS, Flag};
use mock_ce::{MockCe, Settings};

/// Adds a flag for each setting.
pub(super) fn add_flags(command: Command) -> Command {
    let all: Vec<_> = FLAGS.iter().map(|flag| flag.name).collect();
    only(command, &all)
}

/// Adds a flag for each of these settings.
pub(super) fn only(command: Command, names: &[&str]) -> Command {
    let chosen = FLAGS.iter().filter(|flag| names.contains(&flag.name));
    let command = command.args(chosen.map(argument));
    match names.contains(&"listen") {
        true => other_names_of_listen(command),
        false => command,
    }
}

/// Answers `--host` and the like with a tip.
pub(super) fn other_names_of_listen(command: Command) -> Command {
    let others = ["host", "bind", "address", "addr"].map(|name| {
        let tip = UnknownArgumentValueParser::suggest_arg("--listen <ADDRESS>");
        Arg::new(name).long(name).hide(true).value_parser(tip)
    });
    command.args(others)
}

/// Flags that say nothing without a cassette.
const OF_CASSETTES: [&str; 3] = ["fallback", "repeat", "ignore"];

fn argument(flag: &Flag) -> Arg {
    let mut argument = Arg::new(flag.name).long(flag.name).help(flag.help);
    if OF_CASSETTES.contains(&flag.name) {
        argument = argument.requires("cassette");
    }
    match flag.value {
        Some(value) => argument.value_name(value).action(ArgAction::Append),
        None => argument.action(ArgAction::SetTrue),
    }
}

/// Applies the flags to the settings.
///
/// A wrong value ends the process with status 2, as any wrong usage does.
pub(super) fn apply(mut settings: Settings, matches: &ArgMatches) -> Settings {
    for flag in FLAGS {
        for value in values(flag, matches) {
            settings = (flag.apply)(settings, value)
                .unwrap_or_else(|reason| refuse_usage(flag.name, &reason));
        }
    }
    let cassettes = matches.try_get_many::<String>("cassette").ok().flatten();
    for cassette in cassettes.into_iter().flatten() {
        super::tell_unfinished(Path::new(cassette));
    }
    settings
}

/// The values that a flag was given; an empty one for a flag that takes none.
fn values<'m>(flag: &Flag, matches: &'m ArgMatches) -> Vec<&'m str> {
    // A verb may have only some of the flags.
    if flag.value.is_none() {
        let is_given = matches.try_get_one::<bool>(flag.name).ok().flatten();
        return is_given
            .filter(|given| **given)
            .map(|_| "")
            .into_iter()
            .collect();
    }
    let values = matches.try_get_many::<String>(flag.name).ok().flatten();
    values.into_iter().flatten().map(String::as_str).collect()
}

/// Starts a server; the error is one line that says why it did not start.
pub(super) fn start(settings: Settings) -> Result<MockCe, String> {
    settings.try_start().map_err(|error| error.to_string())
}

/// Stops the server, then writes the file of `--state`, if any.
pub(super) fn stop(ce: MockCe) -> Result<(), String> {
    ce.finish().map_err(|error| error.to_string())
}

/// Ends the process because the value of a flag is wrong.
fn refuse_usage(flag: &str, reason: &str) -> ! {
    super::tell(&format!("mock-ce: --{flag}: {reason}"));
    std::process::exit(2)
}
