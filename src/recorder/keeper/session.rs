//! A recording under way: exchanges go in, are redacted, and are in the journal when they are back.

use parking_lot::Mutex;

use super::super::RecordError;
use super::transcript::Transcript;
use super::warnings::Warnings;
use crate::cassette::{Journal, Redactor};
use crate::wire::error::clip;

/// A recording under way.
pub(crate) struct Session {
    underway: Mutex<Option<Underway>>,
    /// The most bytes of a body that are kept.
    limit: usize,
    warnings: Warnings,
}

struct Underway {
    journal: Journal,
    redactor: Redactor,
    summary: Summary,
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
    pub(crate) fn new(journal: Journal, redactor: Redactor, limit: usize, warn: fn(&str)) -> Self {
        let underway = Underway {
            journal,
            redactor,
            summary: Summary::default(),
        };
        Session {
            underway: Mutex::new(Some(underway)),
            limit,
            warnings: Warnings::by(warn),
        }
    }

    /// Keeps an exchange. When this returns, killing the process does not lose it.
    pub(crate) fn keep(&self, transcript: Transcript) {
        let exchange = match transcript.read(self.limit) {
            Ok(exchange) => exchange,
            Err((asked, reason)) => return self.keep_out(&asked, &reason),
        };
        let mut underway = self.underway.lock();
        let Some(underway) = underway.as_mut() else {
            self.warnings
                .tell("an answer came after the recording had ended, and is not in the cassette");
            return;
        };
        match underway.redactor.redact(&exchange) {
            Ok(interaction) => {
                underway.summary.recorded += 1;
                if let Err(error) = underway.journal.push(interaction) {
                    self.warnings.tell(&error.to_string());
                }
            }
            Err(leak) => {
                underway.summary.kept_out += 1;
                self.warnings.tell(&format!(
                    "an exchange is kept out of the cassette: {leak} holds a value that was replaced elsewhere"
                ));
            }
        }
    }

    /// Counts an exchange that is not kept, and tells why.
    pub(crate) fn keep_out(&self, asked: &str, reason: &str) {
        let asked = clip(asked);
        self.warnings
            .tell(&format!("{asked} is kept out of the cassette: {reason}"));
        if let Some(underway) = self.underway.lock().as_mut() {
            underway.summary.kept_out += 1;
        }
    }

    /// Folds the journal into the cassette; later exchanges are not kept.
    pub(crate) fn finish(&self) -> Result<Summary, RecordError> {
        let Some(underway) = self.underway.lock().take() else {
            return Ok(Summary::default());
        };
        let cassette = underway.journal.fold()?;
        Ok(Summary {
            total: cassette.interactions().len(),
            ..underway.summary
        })
    }
}
