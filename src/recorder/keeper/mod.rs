//! Who keeps what a recorder has seen: this process, or one beside it.
//!
//! Beside it is faster and safer: an answer waits for a write into a pipe alone, and a recorder that is killed has a
//! process behind it that redacts what is in the pipe and finishes the cassette. In this process an answer waits until
//! its exchange is redacted and in the journal.

mod apart;
mod session;
mod transcript;
mod warnings;

pub use session::Summary;

pub(super) use apart::{Apart, keep_for};
pub(super) use session::Session;
pub(super) use transcript::{Half, Transcript};

use super::RecordError;

/// Where exchanges are kept.
pub(super) enum Keeper {
    Here(Box<Session>),
    Apart(Apart),
}

impl Keeper {
    /// Keeps an exchange. When this returns, killing this process does not lose it.
    pub(super) fn keep(&self, transcript: Transcript) {
        match self {
            Keeper::Here(session) => session.keep(transcript),
            Keeper::Apart(apart) => apart.keep(&transcript),
        }
    }

    /// Counts an exchange that is not kept, and tells why.
    pub(super) fn keep_out(&self, asked: &str, reason: &str) {
        match self {
            Keeper::Here(session) => session.keep_out(asked, reason),
            Keeper::Apart(apart) => apart.keep_out(asked, reason),
        }
    }

    /// Writes the cassette; later exchanges are not kept.
    pub(super) fn finish(&self) -> Result<Summary, RecordError> {
        match self {
            Keeper::Here(session) => session.finish(),
            Keeper::Apart(apart) => apart.finish(),
        }
    }
}
