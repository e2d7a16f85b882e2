//! The settings of a server as flags: made from the table of the library, so that neither can have what the other lacks.

use clap::{Arg, ArgAction, ArgMatches, Command};
use mock_ce::Settings;
use mock_ce::settings::FLAGS;

/// The command with a flag for each setting.
pub(super) fn flags(command: Command) -> Command {
    command.args(FLAGS.iter().map(|flag| {
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
        for value in matches.get_many::<String>(flag.name).into_iter().flatten() {
            settings =
                (flag.apply)(settings, value).unwrap_or_else(|reason| usage(flag.name, &reason));
        }
    }
    settings
}

fn usage(flag: &str, reason: &str) -> ! {
    super::tell(&format!("mock-ce: --{flag}: {reason}"));
    std::process::exit(2)
}
