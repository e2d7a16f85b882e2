//! `mock-ce man` prints the manual page of the program, or of one verb.

use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};
use clap_mangen::Man;

pub(super) fn command() -> Command {
    let verb = Arg::new("verb")
        .value_name("VERB")
        .help("The verb [default: the program as a whole]");
    Command::new("man")
        .about("Print a manual page")
        .arg(verb)
        .after_help("Example: mock-ce man serve > mock-ce-serve.1 && man ./mock-ce-serve.1")
}

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, String> {
    let page = match matches.get_one::<String>("verb") {
        None => super::command(),
        Some(verb) => of_verb(verb)?,
    };
    let mut text = Vec::new();
    let rendered = Man::new(page).render(&mut text);
    rendered.map_err(|error| format!("cannot write the page: {error}"))?;
    super::print(&String::from_utf8_lossy(&text))?;
    Ok(ExitCode::SUCCESS)
}

/// The verb as a command of its own: `mock-ce-serve`.
fn of_verb(verb: &str) -> Result<Command, String> {
    let mut commands = super::verbs().into_iter().map(|(command, _)| command);
    let found = commands.find(|command| command.get_name() == verb);
    let found = found.ok_or_else(|| {
        let verbs = super::verbs().map(|(command, _)| command.get_name().to_owned());
        format!("{verb:?} is no verb; there are {}", verbs.join(", "))
    })?;
    Ok(found
        .display_name(format!("mock-ce-{verb}"))
        .bin_name(format!("mock-ce {verb}")))
}
