//! The verbs of the binary, one a file.
//!
//! Each verb has a `command`, which declares its arguments and help, and a `run`, which does the work. An error of `run`
//! is one line for the operator that says what failed, on what, and what to do. The exit status is 0, 1 (ran and failed)
//! or 2 (wrong usage); `exec` and `record` pass on the status of their command.

mod asking;
mod check;
mod compare;
mod completions;
mod convert;
mod exec;
mod forwarding;
mod import;
mod log;
mod man;
mod new_element;
mod process;
mod record;
mod rules;
mod serve;
mod settings;
#[cfg(unix)]
mod signal;
#[cfg(windows)]
#[path = "signal_windows.rs"]
mod signal;
mod tail;
mod trust;
mod wait;

use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use clap::{ArgMatches, Command};
use mock_ce::cassette::Cassette;

/// Runs one verb with its parsed arguments.
type Run = fn(&ArgMatches) -> Result<ExitCode, String>;

/// All verbs, in the order in which the help lists them.
fn verbs() -> [(Command, Run); 13] {
    [
        (serve::command(), serve::run),
        (exec::command(), exec::run),
        (wait::command(), wait::run),
        (tail::command(), tail::run),
        (record::command(), record::run),
        (check::command(), check::run),
        (compare::command(), compare::run),
        (convert::command(), convert::run),
        (import::command(), import::run),
        (new_element::command(), new_element::run),
        (rules::command(), rules::run),
        (completions::command(), completions::run),
        (man::command(), man::run),
    ]
}

/// The whole command line.
fn command() -> Command {
    Command::new("mock-ce")
        .about("A mock of the Cloud Elements provisioning API that says which rule it followed")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(verbs().into_iter().map(|(command, _)| command))
}

/// Parses the command line, runs its verb, and reports an error on standard error.
pub(crate) fn run() -> ExitCode {
    let matches = command().get_matches();
    let (name, matches) = matches.subcommand().expect("clap demands a verb");
    let mut verbs = verbs().into_iter();
    let (_, run) = verbs
        .find(|(verb, _)| verb.get_name() == name)
        .expect("clap takes known verbs only");
    let ran = signal::ignore_file_size_limit().and_then(|()| run(matches));
    ran.unwrap_or_else(|message| {
        tell(&format!("mock-ce: {message}"));
        ExitCode::FAILURE
    })
}

/// `1 interaction`, `2 interactions`
fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// Writes a line, or several, to standard error. A failure is ignored, because nobody reads a closed standard error.
fn tell(line: &str) {
    let _ = try_tell(line);
}

/// Writes a line, or several, to standard error.
fn try_tell(line: &str) -> io::Result<()> {
    use std::io::Write as _;
    // One write, so that no other line comes in between.
    io::stderr().write_all(format!("{line}\n").as_bytes())
}

/// Tells whether something else than a text is there already, which only `--force` replaces.
fn is_another(path: &Path, text: &str) -> bool {
    let Ok(found) = fs::metadata(path) else {
        return false;
    };
    // Reading a pipe would wait for its writer, and a file that cannot be read may be any.
    !found.is_file() || fs::read(path).map_or(true, |there| there != text.as_bytes())
}

/// Says on standard error that a recording beside this cassette has not ended.
fn tell_unfinished(cassette: &Path) {
    // A file that cannot be read is told of by the verb itself.
    if let Ok(Some(unfinished)) = Cassette::unfinished(cassette) {
        tell(&format!("mock-ce: {unfinished}"));
    }
}

/// Writes text to standard output and flushes it.
fn print(text: &str) -> Result<(), String> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| format!("cannot write to standard output: {error}"))
}
