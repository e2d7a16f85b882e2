//! Redacts exchanges and appends them to the journal of the cassette.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;

use super::RecordError;
use super::exchange::{ObservedRequest, ObservedResponse, exchange_of, shown};
use crate::cassette::{Exchange, JournalFile, Policy, Redactor};
use crate::wire::error::clip;

/// Redacts exchanges and appends them to the journal of the cassette.
pub(super) struct JournalWriter {
    /// `None` when the recording has ended.
    open: Mutex<Option<Open>>,
    /// Warnings so far.
    warnings: AtomicUsize,
    warn: fn(&str),
    /// Decides what a warning may show.
    pub(super) policy: Policy,
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
    /// Tells whether there were calls to the upstream, and all of them failed.
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

impl Open {
    /// Records an exchange, or returns the reason why it is not in the journal.
    fn record(&mut self, exchange: &Exchange) -> Option<String> {
        match self.redactor.redact(exchange) {
            Ok(interaction) => {
                self.summary.recorded += 1;
                let pushed = self.journal.push(&interaction);
                pushed.err().map(|error| error.to_string())
            }
            Err(leak) => {
                self.summary.leaked += 1;
                Some(format!("an exchange is kept out of the cassette: {leak}"))
            }
        }
    }
}

impl JournalWriter {
    pub(super) fn new(journal: JournalFile, policy: Policy, warn: fn(&str)) -> Self {
        let set_aside = journal.set_aside().map(|aside| aside.display().to_string());
        let open = Open {
            redactor: Redactor::continuing(policy.clone(), journal.continued()),
            journal,
            summary: Summary::default(),
        };
        let writer = JournalWriter {
            open: Mutex::new(Some(open)),
            warnings: AtomicUsize::new(0),
            warn,
            policy,
        };
        if let Some(aside) = set_aside {
            writer.tell(&format!(
                "an earlier recording into this cassette was not finished; it is now in {aside:?}"
            ));
        }
        writer
    }

    /// Records an exchange. When this returns, killing the process does not lose it.
    pub(super) fn record(&self, request: ObservedRequest, response: ObservedResponse) {
        let (method, uri) = (request.method().clone(), request.uri().clone());
        match exchange_of(request, response) {
            Err(reason) => self.keep_out(&shown(&method, &uri, &self.policy), &reason),
            Ok(exchange) => {
                let warning = match self.open.lock().as_mut() {
                    Some(open) => open.record(&exchange),
                    None => Some(
                        "an answer came after the recording had ended, and is not in the cassette"
                            .to_owned(),
                    ),
                };
                if let Some(warning) = warning {
                    self.tell(&warning);
                }
            }
        }
    }

    /// Counts an exchange that is not recorded, and tells the reason.
    pub(super) fn keep_out(&self, shown: &str, reason: &str) {
        self.tell(&format!(
            "{} is kept out of the cassette: {reason}",
            clip(shown)
        ));
        self.count(|summary| summary.kept_out += 1);
    }

    /// Counts something that happened while the recording is under way.
    pub(super) fn count(&self, add: fn(&mut Summary)) {
        if let Some(open) = self.open.lock().as_mut() {
            add(&mut open.summary);
        }
    }

    /// Passes the first warnings on, and then one line that there are more: nobody may be reading.
    pub(super) fn tell(&self, warning: &str) {
        /// As many lines fit into a pipe that nobody reads.
        const MAX_WARNINGS: usize = 100;
        match self.warnings.fetch_add(1, Ordering::Relaxed) {
            count if count < MAX_WARNINGS => (self.warn)(warning),
            MAX_WARNINGS => (self.warn)("no more warnings are shown; the rest is only counted"),
            _ => {}
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
