//! `mock-ce convert`: HAR 1.2 into a cassette, redacted, or a cassette into HAR.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use mock_ce::cassette::{Cassette, LeftOut, Policy};
use mock_ce::{Json, file};

use super::check;
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
            "A HAR file or a cassette; its content tells which",
        ))
        .arg(path("to", "TO", "The file to write"))
        .arg(
            Arg::new("force")
                .long("force")
                .action(ArgAction::SetTrue)
                .help("Replace TO if it is there already and says something else"),
        )
        .arg(selectors(
            "redact",
            "Place of a HAR that holds a secret; repeatable",
        ))
        .arg(selectors(
            "keep",
            "Place of a HAR that holds no secret; repeatable",
        ))
        .arg(check::catalog())
        .after_help("Example: mock-ce convert browser.har cassette.json")
}

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, String> {
    let path = |name| matches.get_one::<PathBuf>(name).expect("clap demands it");
    let (from, to) = (path("from"), path("to"));
    if is_same_file(from, to) {
        let shown = to.display().to_string();
        return Err(format!(
            "{shown:?} cannot be converted into itself; name another file to write"
        ));
    }
    match std::fs::read_to_string(from) {
        Ok(text) if is_har(&text) => from_har(from, &text, to, matches),
        _ => {
            // A cassette may be in its journal only.
            super::tell_unfinished(from);
            let cassette = Cassette::load(from).map_err(|error| error.to_string())?;
            write(to, &cassette.to_har(), matches)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Writes the file, unless another is there that `--force` does not give up.
fn write(to: &Path, text: &str, matches: &ArgMatches) -> Result<(), String> {
    let shown = to.display().to_string();
    if super::is_another(to, text) && !matches.get_flag("force") {
        return Err(format!(
            "{shown:?} is there already; give --force to replace it, or name another file to write"
        ));
    }
    file::write(to, text).map_err(|error| format!("cannot write {shown:?}: {error}"))
}

/// Tells whether two paths lead to one file, by whatever name; a file that is not there yet is none.
fn is_same_file(one: &Path, other: &Path) -> bool {
    one == other
        || matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

fn is_har(text: &str) -> bool {
    Json::parse(text.as_bytes()).is_ok_and(|json| json.get("log").is_some())
}

fn from_har(from: &Path, text: &str, to: &Path, matches: &ArgMatches) -> Result<ExitCode, String> {
    let policy = all(matches, "redact")
        .into_iter()
        .fold(check::policy(matches)?, Policy::redact);
    let policy = all(matches, "keep").into_iter().fold(policy, Policy::keep);
    let (cassette, left_out) = Cassette::from_har(text, policy)
        .map_err(|error| format!("{:?} {error}", from.display().to_string()))?;
    write(to, &cassette.to_text(), matches)?;
    for leak in &left_out.leaks {
        super::tell(&format!("mock-ce: an entry is left out: {leak}"));
    }
    super::tell(&told(&cassette, &left_out));
    Ok(ExitCode::from(u8::from(!left_out.leaks.is_empty())))
}

fn told(cassette: &Cassette, left_out: &LeftOut) -> String {
    let (count, upstream) = (cassette.interactions().len(), cassette.upstream());
    let mut told = format!(
        "{} with {upstream}; {} with other services left out",
        super::counted(count, "interaction"),
        left_out.elsewhere
    );
    if left_out.unanswered > 0 {
        told += &format!(
            "; {} without an answer (status 0) left out",
            left_out.unanswered
        );
    }
    told
}
