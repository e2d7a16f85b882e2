//! `mock-ce convert`: HAR 1.2 into a cassette, redacted, or a cassette into HAR.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command, value_parser};
use mock_ce::cassette::{Cassette, Redaction, Redactor};
use mock_ce::catalog::Catalog;
use mock_ce::{Json, file};

use super::record::{all, selectors};

pub(super) fn command() -> Command {
    let path = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name)
            .value_name(value)
            .required(true)
            .value_parser(value_parser!(PathBuf))
            .help(help)
    };
    Command::new("convert")
        .about("Convert HAR 1.2 into a cassette, or a cassette into HAR 1.2")
        .arg(path(
            "from",
            "FROM",
            "A HAR file or a cassette; what it is shows in it",
        ))
        .arg(path("to", "TO", "The file to write"))
        .arg(selectors(
            "redact",
            "Place of a HAR that holds a secret; repeatable",
        ))
        .arg(selectors(
            "keep",
            "Place of a HAR that holds no secret; repeatable",
        ))
}

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, String> {
    let path = |name| matches.get_one::<PathBuf>(name).expect("clap demands it");
    let (from, to) = (path("from"), path("to"));
    match std::fs::read_to_string(from) {
        Ok(text) if is_har(&text) => from_har(from, &text, to, matches)?,
        _ => {
            // A cassette may be in its journal only.
            super::tell_unfinished(from);
            let cassette = Cassette::load(from).map_err(|error| error.to_string())?;
            file::write(to, &cassette.to_har())
                .map_err(|error| format!("cannot write {:?}: {error}", to.display()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn is_har(text: &str) -> bool {
    Json::parse(text.as_bytes()).is_ok_and(|json| json.get("log").is_some())
}

fn from_har(from: &Path, text: &str, to: &Path, matches: &ArgMatches) -> Result<(), String> {
    let redaction = Redaction::new(Catalog::documented());
    let redaction = all(matches, "redact")
        .into_iter()
        .fold(redaction, Redaction::redact);
    let redaction = all(matches, "keep")
        .into_iter()
        .fold(redaction, Redaction::keep);
    let mut redactor = Redactor::new(redaction);
    let (cassette, elsewhere) = Cassette::from_har(text, &mut redactor)
        .map_err(|error| format!("{:?} {error}", from.display().to_string()))?;
    cassette.save(to).map_err(|error| error.to_string())?;
    super::tell(&format!(
        "{} interactions with {}; {elsewhere} with other services left out",
        cassette.interactions().len(),
        cassette.upstream()
    ));
    Ok(())
}
