//! A recording under way: exchanges go in, are redacted, and are in the journal when they are back.

use std::time::SystemTime;

use parking_lot::Mutex;

use super::RecordError;
use crate::cassette::{Cassette, CassetteError, Exchange, Journal, Redactor};

/// A recording under way.
pub(super) struct Session {
    recording: Mutex<Option<Recording>>,
    warn: fn(&str),
}

struct Recording {
    journal: Journal,
    redactor: Redactor,
    summary: Summary,
    /// The first thing that kept an interaction from the disk.
    failed: Option<CassetteError>,
}

/// What a recording came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Interactions that were added.
    pub recorded: usize,
    /// Interactions that were kept out, because they could not be looked at or were not answered.
    pub kept_out: usize,
    /// Interactions that the cassette has now.
    pub total: usize,
}

impl Session {
    pub(super) fn new(journal: Journal, redactor: Redactor, warn: fn(&str)) -> Self {
        let recording = Recording {
            journal,
            redactor,
            summary: Summary::default(),
            failed: None,
        };
        Session {
            recording: Mutex::new(Some(recording)),
            warn,
        }
    }

    /// Keeps an exchange. When this returns, killing the process does not lose it.
    pub(super) fn keep(&self, exchange: &Exchange) {
        let mut recording = self.recording.lock();
        let Some(recording) = recording.as_mut() else {
            (self.warn)("an answer came after the recording had ended, and is not in the cassette");
            return;
        };
        let interaction = recording.redactor.redact(exchange);
        recording.summary.recorded += 1;
        if let Err(error) = recording.journal.push(interaction, &recording.redactor) {
            (self.warn)(&error.to_string());
            recording.failed.get_or_insert(error);
        }
    }

    /// Counts an exchange that is not kept, and tells why.
    pub(super) fn keep_out(&self, request: &str, reason: &str) {
        (self.warn)(&format!("{request} is kept out of the cassette: {reason}"));
        if let Some(recording) = self.recording.lock().as_mut() {
            recording.summary.kept_out += 1;
        }
    }

    /// Folds the journal into the cassette; later exchanges are not kept.
    pub(super) fn finish(&self) -> Result<Summary, RecordError> {
        let Some(recording) = self.recording.lock().take() else {
            return Ok(Summary::default());
        };
        let cassette = recording.journal.fold(&recording.redactor)?;
        Ok(Summary {
            total: cassette.interactions().len(),
            ..recording.summary
        })
    }
}

/// An empty cassette of today.
pub(super) fn fresh(upstream: &str, redactor: &Redactor, at: SystemTime) -> Cassette {
    Cassette::new(upstream, &crate::cassette::day(at)).redacted_by(redactor.redaction())
}
