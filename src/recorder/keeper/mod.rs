//! Who keeps what a recorder has seen: this process, or one beside it.
//!
//! Beside it is faster and safer: an answer waits for a write into a pipe alone, and a recorder that is killed has a
//! process behind it that redacts what is in the pipe and finishes the cassette. In this process an answer waits until
//! its exchange is redacted and in the journal.

mod apart;
mod session;
mod transcript;

pub use apart::PIPE;
pub use session::Summary;

pub(super) use apart::{Apart, keep_for};
pub(super) use session::Session;
pub(super) use transcript::{Half, Transcript};

use parking_lot::Mutex;

use super::RecordError;
use crate::cassette::Claim;

/// Who keeps, for the recorder that holds the claim.
pub(super) struct Keeper {
    place: Place,
    /// Until the end of the recording.
    claim: Mutex<Option<Claim>>,
}

pub(super) enum Place {
    Here(Box<Session>),
    Apart(Apart),
}

impl Keeper {
    pub(super) fn new(claim: Claim, place: Place) -> Self {
        Keeper {
            place,
            claim: Mutex::new(Some(claim)),
        }
    }

    /// Keeps an exchange. When this returns, killing the process does not lose it.
    pub(super) fn keep(&self, transcript: Transcript) {
        match &self.place {
            Place::Here(session) => session.keep(transcript),
            Place::Apart(apart) => apart.keep(&transcript),
        }
    }

    /// Counts an exchange that is not kept, and tells why.
    pub(super) fn keep_out(&self, asked: &str, reason: &str) {
        match &self.place {
            Place::Here(session) => session.keep_out(asked, reason),
            Place::Apart(apart) => apart.keep_out(asked, reason),
        }
    }

    /// Writes the cassette; later exchanges are not kept.
    pub(super) fn finish(&self) -> Result<Summary, RecordError> {
        let finished = match &self.place {
            Place::Here(session) => session.finish(),
            Place::Apart(apart) => apart.finish(),
        };
        drop(self.claim.lock().take());
        finished
    }
}
