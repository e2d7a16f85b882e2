//! `mock-ce keep`, which `record` starts beside itself: redacts and writes what it is told, and outlives it.

use std::io::{stdin, stdout};
use std::process::ExitCode;

use clap::{ArgMatches, Command};
use mock_ce::recorder::Summary;
use rustix::process::setsid;

use super::record;
use super::signal::Signals;

/// The verb's words are those of `record`, so that both know the same of the recording.
pub(super) const VERB: &str = "keep";

pub(super) fn command() -> Command {
    record::command()
        .name(VERB)
        .about("What `record` starts to redact and write")
        .hide(true)
}

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, String> {
    // Whatever ends the recorder is not to end the process that finishes its cassette.
    let _ignored = Signals::listen()?;
    let _ = setsid();
    widen_pipe();
    let kept = record::recording(matches).keep_for(stdin().lock(), stdout().lock());
    if let Some(Summary { total, .. }) = kept.map_err(|error| error.to_string())? {
        super::tell(&format!(
            "mock-ce: the recorder of {} was killed; the cassette has {total} interactions",
            record::cassette(matches).display()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// So that the recorder seldom waits for room in it.
fn widen_pipe() {
    #[cfg(target_os = "linux")]
    let _ = rustix::pipe::fcntl_setpipe_size(stdin(), mock_ce::recorder::PIPE);
}
