//! `mock-ce keep`, which `record` starts beside itself: redacts and writes what it is told, and outlives it.

use std::ffi::OsString;
use std::iter;
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

/// The words for a recorder that was started with those of this process, and runs this command.
pub(super) fn words_for(recorded: &[String]) -> impl Iterator<Item = OsString> {
    let same = std::env::args_os().skip(2);
    // What the command is told may be secret.
    let count = same.len() - recorded.len();
    iter::once(VERB.into()).chain(same.take(count))
}

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, String> {
    // Whatever ends the recorder is not to end the process that finishes its cassette.
    let _ignored = Signals::listen()?;
    let _ = setsid();
    widen_pipe();
    let kept = record::recording(matches).write_for_recorder();
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
    {
        /// The most that anybody may have.
        const BYTES: usize = 1 << 20;
        let _ = rustix::pipe::fcntl_setpipe_size(std::io::stdin(), BYTES);
    }
}
