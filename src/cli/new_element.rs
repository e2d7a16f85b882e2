//! `mock-ce new-element`: a catalog fixture to start from, with comments, that is served as it stands.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::builder::NonEmptyStringValueParser;
use clap::{Arg, ArgMatches, Command, value_parser};
use mock_ce::Fixture;

pub(super) fn command() -> Command {
    let key = Arg::new("key")
        .value_name("KEY")
        .required(true)
        .value_parser(NonEmptyStringValueParser::new())
        .help("Key of the element, as requests spell it");
    let file = Arg::new("file")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .help("File to write, which must not be there yet [default: standard output]");
    Command::new("new-element")
        .about("Write a catalog fixture to start from, for an element of your own")
        .arg(key)
        .arg(file)
        .after_help("Example: mock-ce new-element pigeon pigeon.json && mock-ce serve --catalog pigeon.json")
}

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, String> {
    let key = matches.get_one::<String>("key");
    let text = Fixture::template(key.expect("clap demands a key"));
    Fixture::parse(&text).map_err(|error| error.reason)?;
    match matches.get_one::<PathBuf>("file") {
        Some(path) => create(path, &text)?,
        None => super::print(&text)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes a new file; one that is there may have been edited, so it stays as it is.
fn create(path: &Path, text: &str) -> Result<(), String> {
    let created = File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes()));
    created.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            format!(
                "{:?} is there already and stays as it is; name another file",
                path.display()
            )
        }
        _ => format!(
            "cannot write {:?}: {error}; name another file",
            path.display()
        ),
    })
}
