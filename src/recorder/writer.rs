//! Redacts exchanges and appends them to the journal of the cassette.

use std::path::PathBuf;

use parking_lot::Mutex;

use super::RecordError;
use super::exchange::{ObservedRequest, ObservedResponse, exchange_of};
use super::warnings::Warnings;
use crate::cassette::{JournalFile, Policy, Redactor};
use crate::wire::error::clip;

/// Redacts exchanges and appends them to the journal of the cassette.
pub(super) struct JournalWriter {
    /// `None` when the recording has ended.
    open: Mutex<Option<Open>>,
    warnings: Warnings,
}

struct Open {
    journal: JournalFile,
    redactor: Redactor,
    summary: Summary,
}

/// The figures of a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Interactions that were added.
    pub recorded: usize,
    /// Exchanges that were kept out, because they could not be read to their end or were not answered.
    pub kept_out: usize,
    /// Exchanges that were kept out, because a secret was still in them after redaction.
    pub leaked: usize,
    /// Requests that the upstream answered.
    pub answered: usize,
    /// Requests that the upstream was to answer and did not.
    pub failed: usize,
    /// Interactions that the cassette has now.
    pub total: usize,
    /// The journal that holds the recording, when it did not replace the cassette.
    pub journal: Option<PathBuf>,
}

impl Summary {
    /// Whether there were calls to the upstream and all of them failed.
    #[must_use]
    pub fn all_failed(&self) -> bool {
        self.failed > 0 && self.answered == 0
    }
}

/// Tells whether a recording may replace the cassette.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Well,
    Badly,
}

impl JournalWriter {
    pub(super) fn new(journal: JournalFile, policy: Policy, warn: fn(&str)) -> Self {
        let warnings = Warnings::new(warn);
        if let Some(aside) = journal.set_aside() {
            warnings.tell(&format!(
                "an earlier recording into this cassette was not finished; it is now in {:?}",
                aside.display().to_string()
            ));
        }
        let redactor = Redactor::continuing(policy, journal.continued());
        let open = Open {
            journal,
            redactor,
            summary: Summary::default(),
        };
        JournalWriter {
            open: Mutex::new(Some(open)),
            warnings,
        }
    }

    /// Records an exchange. When this returns, killing the process does not lose it.
    pub(super) fn record(&self, request: ObservedRequest, response: ObservedResponse) {
        let shown = request.shown();
        match exchange_of(request, response) {
            Err(reason) => self.keep_out(&shown, &reason),
            Ok(exchange) => {
                let warning = self.with_open(|open| {
                    let interaction = match open.redactor.redact(&exchange) {
                        Ok(interaction) => interaction,
                        Err(leak) => {
                            open.summary.leaked += 1;
                            return Some(format!(
                                "an exchange is kept out of the cassette: a secret was left at {leak}; redact that place with --redact"
                            ));
                        }
                    };
                    open.summary.recorded += 1;
                    let pushed = open.journal.push(&interaction);
                    pushed.err().map(|error| error.to_string())
                });
                if let Some(warning) = warning {
                    self.warnings.tell(&warning);
                }
            }
        }
    }

    /// Counts an exchange that is not recorded, and tells the reason.
    pub(super) fn keep_out(&self, shown: &str, reason: &str) {
        self.warnings.tell(&format!(
            "{} is kept out of the cassette: {reason}",
            clip(shown)
        ));
        if let Some(open) = self.open.lock().as_mut() {
            open.summary.kept_out += 1;
        }
    }

    fn with_open(&self, act: impl FnOnce(&mut Open) -> Option<String>) -> Option<String> {
        match self.open.lock().as_mut() {
            Some(open) => act(open),
            None => Some(
                "an answer came after the recording had ended, and is not in the cassette"
                    .to_owned(),
            ),
        }
    }

    /// Folds the journal into the cassette, or leaves it when the cassette would be replaced after a bad ending.
    pub(super) fn finish(&self, ending: Ending) -> Result<Summary, RecordError> {
        let Some(Open {
            journal,
            mut summary,
            ..
        }) = self.open.lock().take()
        else {
            return Ok(Summary::default());
        };
        match ending {
            Ending::Well => summary.total = journal.fold()?,
            Ending::Badly => (summary.total, summary.journal) = journal.leave()?,
        }
        Ok(summary)
    }
}
