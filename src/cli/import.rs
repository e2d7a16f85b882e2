//! `mock-ce import`: guides in, catalog fixtures out.
//!
//! Fixtures go to standard output or, with `--out`, each to a file of its own; one line for each guide goes to standard
//! error. A refused guide does not keep the others from being imported, but the exit status tells.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use mock_ce::catalog::fixture::Fixture;
use mock_ce::catalog::guide::{Guide, Import, Importer, MAX_LEN, Mode, Options};
use mock_ce::catalog::{BuiltIn, Identities};
use mock_ce::wire::json::object;
use mock_ce::{Json, file};

/// The name by which messages call what comes from standard input.
const STANDARD_INPUT: &str = "(standard input)";

pub(crate) fn command() -> Command {
    let directory = |name: &'static str, help: &'static str| {
        let arg = Arg::new(name).long(name).value_name("DIR").help(help);
        arg.value_parser(value_parser!(PathBuf))
    };
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .help(help)
            .action(ArgAction::SetTrue)
    };
    Command::new("import")
        .about("Import \"Create Instance\" guides as catalog fixtures")
        .arg(
            Arg::new("guide")
                .value_name("GUIDE.md")
                .help("Guides, directories of guides, or - for standard input; guides of one element become one fixture")
                .required(true)
                .num_args(1..)
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(directory("out", "Write DIR/<key>.json for each element instead of printing"))
        .arg(flag("force", "Overwrite a fixture that is not what the guides give, such as one edited by hand"))
        .arg(flag("strict", "Refuse a guide that needs a repair, or of which something has to be assumed"))
        .arg(flag("json", "Print the report as JSON, with the fixtures in it unless --out is given"))
        .arg(flag("verbose", "Tell every repair and every decision, with its line").short('v'))
        .arg(pairs("define", "X=VALUE", "Give the placeholder {{ page.X }} a value; repeatable"))
        .arg(directory("includes", "Directory of the files that guides include"))
        .arg(pairs("id", "KEY=ID", "Give an element another id, the only one if KEY= is left out; repeatable"))
        .arg(flag("replace-built-in", "Let an element take the place of a built-in one"))
        .after_help("Example: mock-ce import guides/ --out elements && mock-ce serve --catalog elements")
}

fn pairs(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    let arg = Arg::new(name)
        .long(name)
        .value_name(value)
        .help(help)
        .action(ArgAction::Append);
    match name {
        "id" => arg.value_parser(id),
        _ => arg.value_parser(define),
    }
}

fn define(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.to_owned()))
        }
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

fn id(text: &str) -> Result<(String, u64), String> {
    let (key, id) = text.split_once('=').unwrap_or(("", text));
    let id = id
        .parse()
        .map_err(|_| "write KEY=ID, the id a whole number")?;
    Ok((key.to_owned(), id))
}

pub(crate) fn run(matches: &ArgMatches) -> Result<ExitCode, String> {
    let options = options(matches);
    let built_in = options.built_in;
    let mut importer = Importer::new(options);
    for path in matches.get_many::<PathBuf>("guide").into_iter().flatten() {
        read(path, &mut importer);
    }
    let mut import = importer.finish();
    let directory = matches.get_one::<PathBuf>("out");
    if let Some(directory) = directory {
        let may_overwrite = matches.get_flag("force");
        check_directory(directory, built_in, may_overwrite, &mut import)?;
        write_all(directory, &import.fixtures)?;
    }
    tell(&import, matches.get_flag("verbose"));
    match (matches.get_flag("json"), directory) {
        (true, _) => super::print(&(report(&import, directory).to_pretty() + "\n"))?,
        (false, None) => print(&import.fixtures)?,
        (false, Some(_)) => {}
    }
    let failed =
        import.fixtures.is_empty() || import.reports.iter().any(|report| report.is_refused());
    Ok(ExitCode::from(u8::from(failed)))
}

fn options(matches: &ArgMatches) -> Options {
    let defines = matches
        .get_many::<(String, String)>("define")
        .into_iter()
        .flatten();
    let ids = matches
        .get_many::<(String, u64)>("id")
        .into_iter()
        .flatten();
    Options {
        mode: if matches.get_flag("strict") {
            Mode::Strict
        } else {
            Mode::Tolerant
        },
        defines: defines.cloned().collect::<BTreeMap<_, _>>(),
        includes: matches.get_one::<PathBuf>("includes").cloned(),
        ids: ids.cloned().collect(),
        built_in: if matches.get_flag("replace-built-in") {
            BuiltIn::Replace
        } else {
            BuiltIn::Keep
        },
    }
}

/// Reads a guide, all guides below a directory, or standard input; one document is in memory at a time.
fn read(path: &Path, importer: &mut Importer) {
    if path.as_os_str() == "-" {
        read_from(STANDARD_INPUT, Ok(io::stdin().lock()), importer);
    } else if path.is_dir() {
        match guides_below(path) {
            Ok(files) => files.iter().for_each(|file| read(file, importer)),
            Err(error) => {
                let reason = format!("cannot be read: {error}; check the path and its permissions");
                importer.refuse(&path.display().to_string(), 1, reason);
            }
        }
    } else {
        read_from(&path.display().to_string(), fs::File::open(path), importer);
    }
}

fn read_from(name: &str, source: io::Result<impl Read>, importer: &mut Importer) {
    let mut bytes = Vec::new();
    // No more is read than tells that a document is too long to be a guide.
    let limit = u64::try_from(MAX_LEN + 1).unwrap_or(u64::MAX);
    let read = source.and_then(|source| source.take(limit).read_to_end(&mut bytes));
    if let Err(error) = read {
        let reason = format!("cannot be read: {error}; check the path and its permissions");
        return importer.refuse(name, 1, reason);
    }
    if bytes.len() > MAX_LEN {
        let reason = format!("longer than {MAX_LEN} bytes, which no guide is; check the file");
        return importer.refuse(name, 1, reason);
    }
    match String::from_utf8(bytes) {
        Ok(text) => importer.read(Guide { name, text: &text }),
        Err(error) => {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
            importer.refuse(name, line, "not UTF-8 text; save the document as UTF-8");
        }
    }
}

/// The Markdown files below a directory, by path; hidden ones and links to directories are passed over.
fn guides_below(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory)? {
            let entry = entry?;
            let path = entry.path();
            let is_markdown = path.extension().is_some_and(|extension| {
                ["md", "markdown"]
                    .iter()
                    .any(|known| extension.eq_ignore_ascii_case(known))
            });
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            if entry.file_type()?.is_dir() {
                open.push(path);
            } else if is_markdown {
                files.push(path);
            }
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// Takes out of the import what would clash with a fixture of the directory, or overwrite one that differs.
fn check_directory(
    directory: &Path,
    built_in: BuiltIn,
    may_overwrite: bool,
    import: &mut Import,
) -> Result<(), String> {
    let own: BTreeSet<_> = import
        .fixtures
        .iter()
        .map(|fixture| file_name(fixture.key()))
        .collect();
    let mut identities = Identities::new(built_in);
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(|error| {
            format!("cannot read the directory {directory:?}: {error}; give --out another one")
        })?,
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        let is_other = name.is_some_and(|name| name.ends_with(".json") && !own.contains(&name));
        let text = fs::read_to_string(&path).ok().filter(|_| is_other);
        if let Some(fixture) = text.and_then(|text| Fixture::parse(&text).ok()) {
            // Two of the directory's own that clash are for `serve` to report.
            let _ = identities.claim(fixture.id(), fixture.key(), &path.display().to_string());
        }
    }
    for fixture in std::mem::take(&mut import.fixtures) {
        let path = directory.join(file_name(fixture.key()));
        let differs = super::is_another(&path, &fixture.to_text());
        let claimed = identities.claim(fixture.id(), fixture.key(), &path.display().to_string());
        if let Err(clash) = claimed {
            let reason =
                format!("{clash}; remove that fixture, or give another id with --id KEY=ID");
            import.refuse(fixture.key(), &reason);
        } else if differs && !may_overwrite {
            let reason = format!(
                "{} is not what the guides give, it may have been edited by hand; overwrite it with --force, or \
                 name another directory with --out",
                path.display()
            );
            import.refuse(fixture.key(), &reason);
        } else {
            import.fixtures.push(fixture);
        }
    }
    Ok(())
}

/// `<key>.json`; what is not safe in a file name is written as its bytes: `a/b` is `a%2Fb.json`.
fn file_name(key: &str) -> String {
    /// Short enough for every file system; longer keys are told apart by their lengths and beginnings.
    const MAX_NAME: usize = 200;
    let mut name = String::new();
    for (index, byte) in key.bytes().enumerate() {
        let is_safe =
            byte.is_ascii_alphanumeric() || b"_-".contains(&byte) || (byte == b'.' && index > 0);
        if is_safe {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("%{byte:02X}"));
        }
    }
    if name.len() > MAX_NAME {
        name.truncate(MAX_NAME);
        name.push_str(&format!("-{}", key.len()));
    }
    name + ".json"
}

fn write_all(directory: &Path, fixtures: &[Fixture]) -> Result<(), String> {
    fs::create_dir_all(directory).map_err(|error| {
        format!("cannot create {directory:?}: {error}; name another directory with --out")
    })?;
    for fixture in fixtures {
        let path = directory.join(file_name(fixture.key()));
        file::write(&path, &fixture.to_text()).map_err(|error| {
            format!("cannot write {path:?}: {error}; check the directory's permissions and space")
        })?;
    }
    Ok(())
}

fn print(fixtures: &[Fixture]) -> Result<(), String> {
    let text = match fixtures {
        [] => return Ok(()),
        [fixture] => fixture.to_text(),
        several => {
            let all: Json<'_> = several.iter().map(Fixture::to_json).collect();
            format!("{}\n", all.to_pretty())
        }
    };
    super::print(&text)
}

/// One line for each guide on standard error, and each repair and decision if wanted.
fn tell(import: &Import, verbose: bool) {
    for report in &import.reports {
        super::tell(&report.to_string());
        if verbose {
            report.details().iter().for_each(|line| super::tell(line));
        }
    }
}

fn report(import: &Import, directory: Option<&PathBuf>) -> Json<'static> {
    let elements = import.fixtures.iter().map(|fixture| {
        let place = match directory {
            Some(directory) => {
                let path = directory.join(file_name(fixture.key()));
                ("file", path.display().to_string().into())
            }
            None => ("fixture", fixture.to_json()),
        };
        object([
            ("key", fixture.key().to_owned().into()),
            ("id", fixture.id().into()),
            place,
        ])
    });
    object([
        (
            "guides",
            import
                .reports
                .iter()
                .map(|report| report.to_json())
                .collect(),
        ),
        ("elements", elements.collect()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::plain("mailjet", "mailjet.json")]
    #[case::all_kinds("A1._-b", "A1._-b.json")]
    #[case::hidden(".x", "%2Ex.json")]
    #[case::parent("..", "%2E..json")]
    #[case::path("a/b", "a%2Fb.json")]
    #[case::blank("a b", "a%20b.json")]
    #[case::letters_beyond_ascii("\u{e4}", "%C3%A4.json")]
    fn every_key_has_a_safe_file_name(#[case] key: &str, #[case] expected: &str) {
        assert_eq!(file_name(key), expected);
    }

    #[test]
    fn a_long_key_has_a_short_file_name() {
        let names = [300, 301].map(|length| file_name(&"x".repeat(length)));
        assert!(names[0] != names[1] && names[0].len() < 220, "{names:?}");
    }
}
