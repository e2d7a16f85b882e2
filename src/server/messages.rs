//! Expectations of a test about messages, and the text of a failed one.

use std::fmt::Write as _;

use crate::emulator::Emulator;
use crate::emulator::control::MessageQuery;
use crate::emulator::state::outbox::Message;

/// An expectation of sent messages: narrow it to those that are meant, then say how many there must be.
///
/// A failed expectation panics with what was expected, and with every message that was sent and what differs:
///
/// ```text
/// expected 1 message with to a@b.c, but 0 were sent
///   sent: from me@b.c to d@e.f: "Hello" by sendgrid 1234
///     to: expected "a@b.c", was "d@e.f"
/// ```
#[must_use = "an expectation asserts nothing by itself; end it with `once`, `times` or `never`"]
pub struct MessageExpectation<'a> {
    emulator: &'a Emulator,
    query: MessageQuery,
}

/// More messages than these are not told.
const MAX_TOLD: usize = 5;

impl<'a> MessageExpectation<'a> {
    pub(super) fn new(emulator: &'a Emulator) -> Self {
        let query = MessageQuery::new();
        MessageExpectation { emulator, query }
    }

    fn narrowed(mut self, narrow: impl FnOnce(MessageQuery) -> MessageQuery) -> Self {
        self.query = narrow(self.query);
        self
    }

    /// Only to this recipient, who may be one of several.
    pub fn to(self, recipient: &str) -> Self {
        self.narrowed(|query| query.to(recipient))
    }

    /// Only from this sender.
    pub fn from(self, sender: &str) -> Self {
        self.narrowed(|query| query.from(sender))
    }

    /// Only with this subject.
    pub fn subject(self, subject: &str) -> Self {
        self.narrowed(|query| query.subject(subject))
    }

    /// Only with this somewhere in the text.
    pub fn text(self, part: &str) -> Self {
        self.narrowed(|query| query.text(part))
    }

    /// Only by instances of the element with this key.
    pub fn element(self, key: &str) -> Self {
        self.narrowed(|query| query.element(key))
    }

    /// Only by the instance with this id.
    pub fn instance(self, id: u64) -> Self {
        self.narrowed(|query| query.instance(id))
    }

    /// Only of the organization with this secret.
    pub fn organization(self, secret: &str) -> Self {
        self.narrowed(|query| query.organization(secret))
    }

    /// The messages that fit, by the time of sending.
    #[must_use]
    pub fn all(&self) -> Vec<Message> {
        self.emulator.messages(&self.query).0
    }

    /// Asserts that exactly one message fits, and returns it.
    ///
    /// # Panics
    /// When none or several do.
    #[track_caller]
    #[expect(
        clippy::must_use_candidate,
        reason = "an assertion is worth calling for itself"
    )]
    pub fn once(&self) -> Message {
        self.times(1).swap_remove(0)
    }

    /// Asserts that no message fits.
    ///
    /// # Panics
    /// When one does.
    #[track_caller]
    pub fn never(&self) {
        self.times(0);
    }

    /// Asserts that exactly `count` messages fit, and returns them.
    ///
    /// # Panics
    /// When more or fewer do, or when the outbox has dropped messages, so that nobody can tell.
    #[track_caller]
    #[expect(
        clippy::must_use_candidate,
        reason = "an assertion is worth calling for itself"
    )]
    pub fn times(&self, count: usize) -> Vec<Message> {
        let (messages, dropped) = self.emulator.messages(&self.query);
        assert!(
            messages.len() == count && dropped == 0,
            "{}",
            self.failure(count, messages.len(), dropped)
        );
        messages
    }

    fn failure(&self, count: usize, found: usize, dropped: u64) -> String {
        let noun = if count == 1 { "message" } else { "messages" };
        let mut text = format!(
            "expected {count} {noun} with {}, but {found} were sent",
            self.query
        );
        if dropped > 0 {
            let _ = write!(
                text,
                "\n  the outbox has dropped {dropped} messages for want of room"
            );
        }
        let (all, _) = self.emulator.messages(&MessageQuery::new());
        if all.is_empty() {
            text.push_str("\n  nothing was sent");
        }
        for message in all.iter().rev().take(MAX_TOLD) {
            let _ = write!(text, "\n  sent: {}", message.to_line());
            for difference in self.query.differences(message) {
                let _ = write!(text, "\n    {difference}");
            }
        }
        text
    }
}
