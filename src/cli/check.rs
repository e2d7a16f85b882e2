//! `mock-ce check`: what can be known of a cassette offline.
//!
//! In this order: the file is read, and refused unless it is whole, of this version and sealed; every value is judged by
//! the policy that recordings are written by; every recorded request must get its own recorded answer. Exits 1 when
//! there is anything to tell.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use mock_ce::cassette::{Cassette, Drift, Policy, Repeat, Replay};
use mock_ce::catalog::{BuiltIn, Catalog};

use super::counted;
use super::record::{all, files};

pub(super) fn command() -> Command {
    let reseal = Arg::new("reseal")
        .long("reseal")
        .action(ArgAction::SetTrue)
        .help(
            "Seal a cassette again that was changed on purpose, and fold what a recording has left",
        );
    Command::new("check")
        .about("Check a cassette: seal, version, values that may be secrets, and whether it replays itself")
        .arg(cassette().num_args(1..))
        .arg(reseal)
        .arg(catalog())
        .after_help("Example: mock-ce check tests/cassettes/*.json")
}

/// The flag for the elements that `record` was given.
pub(super) fn catalog() -> Arg {
    let help = "Catalog fixture, or directory of them, that a recording was made with; repeatable";
    files("catalog", "FILE|DIR", help)
}

/// The policy that recordings are written by, with the elements of `--catalog`.
pub(super) fn policy(matches: &ArgMatches) -> Result<Policy, String> {
    let paths: Vec<PathBuf> = all(matches, "catalog");
    let catalog = Catalog::documented().with_files(&paths, BuiltIn::default());
    let catalog = catalog.map_err(|error| error.to_string())?;
    Ok(Policy::new(&catalog))
}

pub(super) fn cassette() -> Arg {
    Arg::new("cassette")
        .value_name("CASSETTE")
        .required(true)
        .value_parser(value_parser!(PathBuf))
        .help("The cassette")
}

/// The file that was named.
pub(super) fn path(matches: &ArgMatches) -> &Path {
    let path = matches.get_one::<PathBuf>("cassette");
    path.expect("clap demands a cassette")
}

/// Checks each file; one that cannot be read does not keep the others from being checked.
pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, String> {
    let paths = matches
        .get_many::<PathBuf>("cassette")
        .into_iter()
        .flatten();
    let policy = policy(matches)?;
    let mut has_failed = false;
    for path in paths {
        match check(path, matches, &policy) {
            Ok(passed) => has_failed |= !passed,
            Err(reason) => {
                super::tell(&format!("mock-ce: {reason}"));
                has_failed = true;
            }
        }
    }
    Ok(ExitCode::from(u8::from(has_failed)))
}

/// Tells whether there is nothing to tell of a cassette.
fn check(path: &Path, matches: &ArgMatches, policy: &Policy) -> Result<bool, String> {
    if matches.get_flag("reseal") {
        Cassette::reseal(path).map_err(|error| error.to_string())?;
    }
    super::tell_unfinished(path);
    let cassette = Cassette::load(path).map_err(|error| error.to_string())?;
    let findings = findings(&cassette, policy);
    let text: String = findings
        .iter()
        .map(|finding| format!("{finding}\n"))
        .collect();
    super::print(&text)?;
    let (shown, count) = (
        path.display(),
        counted(cassette.interactions().len(), "interaction"),
    );
    super::tell(&match findings.len() {
        0 => format!(
            "{shown}: {count} passed: seal, format, no value that may be a secret, each replays itself"
        ),
        found => format!("{shown}: {count}, {}", counted(found, "finding")),
    });
    Ok(findings.is_empty())
}

fn findings(cassette: &Cassette, defaults: &Policy) -> Vec<String> {
    let unkept = cassette.findings(defaults.clone());
    let mut findings: Vec<_> = unkept.iter().map(ToString::to_string).collect();
    findings.extend(unreplayed(cassette, defaults));
    findings
}

/// Recorded requests that do not get their own answer when they are sent in recorded order.
fn unreplayed(cassette: &Cassette, defaults: &Policy) -> Vec<String> {
    let drift = Drift::new(cassette, defaults.clone());
    let replay = Replay::new(cassette.clone(), defaults.clone(), Repeat::Never);
    let each = cassette.interactions().iter().enumerate();
    let failed = each.filter_map(|(index, interaction)| {
        let place = format!("interaction {}:", index + 1);
        let request = drift.request(interaction);
        match replay.take(&request) {
            Some(answer) if answer == *interaction => None,
            Some(_) => Some(format!(
                "{place} its request is answered by another interaction"
            )),
            None => Some(format!(
                "{place} its request is not answered: {}",
                replay.miss(&request)
            )),
        }
    });
    failed.collect()
}
