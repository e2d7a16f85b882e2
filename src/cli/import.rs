//! `mock-ce import`: guides in, catalog fixtures out.
//!
//! Fixtures go to standard output or, with `--out`, each to a file of its own; findings and refusals go to standard
//! error, one a line. A refused document does not keep the others from being imported, but the exit status tells.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use mock_ce::catalog::fixture::Fixture;
use mock_ce::catalog::guide::{self, Guide, Import, Mode, Refusal};
use mock_ce::{Json, file};

pub(crate) fn command() -> Command {
    Command::new("import")
        .about("Turns \"Create Instance\" guides into catalog fixtures")
        .arg(
            Arg::new("guide")
                .value_name("GUIDE.md")
                .help("The guides; those of one element become one fixture")
                .required(true)
                .num_args(1..)
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(
            Arg::new("out")
                .long("out")
                .value_name("DIR")
                .help("Writes DIR/<key>.json for each element instead of printing")
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(
            Arg::new("strict")
                .long("strict")
                .help("Refuses a guide that has to be repaired to be read")
                .action(ArgAction::SetTrue),
        )
}

pub(crate) fn run(matches: &ArgMatches) -> Result<ExitCode, String> {
    let (documents, unreadable) = documents(matches)?;
    let guides: Vec<_> = documents
        .iter()
        .map(|(name, text)| Guide { name, text })
        .collect();
    let mut import = guide::import(&guides, mode(matches));
    import.refusals.extend(unreadable);
    let directory = matches.get_one::<PathBuf>("out");
    if directory.is_some() {
        refuse_unsafe_keys(&mut import);
    }
    report(&import);
    match directory {
        Some(directory) => write_all(directory, &import.fixtures)?,
        None => print(&import.fixtures)?,
    }
    Ok(ExitCode::from(u8::from(!import.refusals.is_empty())))
}

fn mode(matches: &ArgMatches) -> Mode {
    if matches.get_flag("strict") {
        Mode::Strict
    } else {
        Mode::Tolerant
    }
}

type Documents = Vec<(String, String)>;

/// The documents that are text, and a refusal for each that is not.
fn documents(matches: &ArgMatches) -> Result<(Documents, Vec<Refusal>), String> {
    let (mut documents, mut refusals) = (Vec::new(), Vec::new());
    for path in matches.get_many::<PathBuf>("guide").into_iter().flatten() {
        let name = path.display().to_string();
        let bytes = read(path).map_err(|error| {
            format!("cannot read the guide {name:?}: {error}; check the path and its permissions")
        })?;
        match text(&name, bytes) {
            Ok(text) => documents.push((name, text)),
            Err(refusal) => refusals.push(refusal),
        }
    }
    Ok((documents, refusals))
}

/// Reads no more than tells that a file is too long to be a guide.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(guide::LONGEST + 1).unwrap_or(u64::MAX);
    fs::File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn text(name: &str, bytes: Vec<u8>) -> Result<String, Refusal> {
    let refusal = |line, reason: String| Refusal {
        file: name.to_owned(),
        line,
        reason,
    };
    if bytes.len() > guide::LONGEST {
        let longest = guide::LONGEST;
        return Err(refusal(
            1,
            format!("longer than {longest} bytes, which no guide is; check the file"),
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..valid]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
            + 1;
        refusal(
            line,
            "not UTF-8 text; save the document as UTF-8".to_owned(),
        )
    })
}

fn refuse_unsafe_keys(import: &mut Import) {
    let (safe, unsafe_ones): (Vec<_>, Vec<_>) = std::mem::take(&mut import.fixtures)
        .into_iter()
        .partition(|fixture| is_file_name(fixture.key()));
    import.fixtures = safe;
    import
        .refusals
        .extend(unsafe_ones.iter().map(|fixture| Refusal {
        file: fixture.guides().join(", "),
        line: 1,
        reason: format!(
            "the key {:?} is no safe file name; import it without --out and name the file yourself",
            fixture.key()
        ),
    }));
}

fn is_file_name(key: &str) -> bool {
    let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !key.is_empty() && !key.starts_with('.') && key.bytes().all(is_safe)
}

fn write_all(directory: &Path, fixtures: &[Fixture]) -> Result<(), String> {
    fs::create_dir_all(directory).map_err(|error| {
        format!("cannot create {directory:?}: {error}; name another directory with --out")
    })?;
    for fixture in fixtures {
        let path = directory.join(format!("{}.json", fixture.key()));
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

fn report(import: &Import) {
    let findings = import.findings.iter().map(ToString::to_string);
    for line in findings.chain(import.refusals.iter().map(ToString::to_string)) {
        super::tell(&line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::plain("mailjet", true)]
    #[case::all_kinds("A1._-b", true)]
    #[case::empty("", false)]
    #[case::hidden(".x", false)]
    #[case::parent("..", false)]
    #[case::path("a/b", false)]
    #[case::blank("a b", false)]
    #[case::letters_beyond_ascii("\u{e4}", false)]
    fn a_key_is_a_file_name_only_when_safe(#[case] key: &str, #[case] expected: bool) {
        assert_eq!(is_file_name(key), expected);
    }

    #[test]
    fn a_document_that_is_not_text_is_refused_with_its_line() {
        let refusal = text("x.md", b"a\nb\n\xff".to_vec()).expect_err("this is no text");
        assert_eq!(
            refusal.to_string(),
            "x.md:3: refused: not UTF-8 text; save the document as UTF-8"
        );
    }
}
