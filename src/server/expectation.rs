//! What a test expects to have been received, and what it is told when that did not happen.

use std::fmt::Write as _;

use http::StatusCode;

use crate::emulator::Emulator;
use crate::emulator::record::journal::{Found, Query, Received};

/// Received requests to be narrowed and asserted on.
///
/// A failed expectation panics with what was expected, and the requests that came nearest with what differs:
///
/// ```text
/// expected 1 request with method POST, path /instances, status 200, but received 0
///   nearest: POST /elements/api-v2/instances → 400 (name-required; grade=guide) name is required
///     status: expected 200, was 400
/// ```
#[must_use = "an expectation asserts nothing by itself; end it with `once`, `times` or `never`"]
pub struct Expectation<'a> {
    emulator: &'a Emulator,
    query: Query,
}

impl<'a> Expectation<'a> {
    pub(super) fn new(emulator: &'a Emulator, query: Query) -> Self {
        Expectation { emulator, query }
    }

    /// Only about the element with this key.
    pub fn element(mut self, key: &str) -> Self {
        self.query = self.query.element(key);
        self
    }

    /// Only of the organization with this secret.
    pub fn organization(mut self, secret: &str) -> Self {
        self.query = self.query.organization(secret);
        self
    }

    /// Only about the instance with this id.
    pub fn instance(mut self, id: u64) -> Self {
        self.query = self.query.instance(id);
        self
    }

    /// Only decided by this rule.
    pub fn rule(mut self, id: &str) -> Self {
        self.query = self.query.rule(id);
        self
    }

    /// Only answered with this status.
    ///
    /// # Panics
    /// When `status` is not from 100 to 999.
    #[track_caller]
    pub fn status(mut self, status: u16) -> Self {
        let status = StatusCode::from_u16(status).expect("a status is from 100 to 999");
        self.query = self.query.status(status);
        self
    }

    /// The requests that fit.
    #[must_use]
    pub fn requests(&self) -> Found {
        self.emulator.received(&self.query)
    }

    /// Asserts that exactly one request fits, and returns it.
    ///
    /// # Panics
    /// When none or several do.
    #[track_caller]
    #[expect(
        clippy::must_use_candidate,
        reason = "an assertion is worth calling for itself"
    )]
    pub fn once(&self) -> Received {
        self.times(1).swap_remove(0)
    }

    /// Asserts that no request fits.
    ///
    /// # Panics
    /// When one does.
    #[track_caller]
    pub fn never(&self) {
        self.times(0);
    }

    /// Asserts that exactly `count` requests fit, and returns them.
    ///
    /// # Panics
    /// When more or fewer do, or when the journal has dropped requests, so that nobody can tell.
    #[track_caller]
    #[expect(
        clippy::must_use_candidate,
        reason = "an assertion is worth calling for itself"
    )]
    pub fn times(&self, count: usize) -> Vec<Received> {
        let Found { requests, dropped } = self.requests();
        assert!(
            requests.len() == count && dropped == 0,
            "{}",
            self.failure(count, &requests, dropped)
        );
        requests
    }

    fn failure(&self, count: usize, requests: &[Received], dropped: u64) -> String {
        let noun = if count == 1 { "request" } else { "requests" };
        let mut text = format!(
            "expected {count} {noun} with {}, but received {}",
            self.query,
            requests.len()
        );
        if dropped > 0 {
            let _ = write!(
                text,
                "\n  the journal has dropped {dropped} requests: keep more with journal_entries"
            );
        }
        for received in requests {
            let shown = self.emulator.outside_view(received.clone());
            let _ = write!(text, "\n  received: {}", shown.to_line());
        }
        if requests.len() < count {
            text.push_str(&self.nearest());
        }
        text
    }

    fn nearest(&self) -> String {
        let all = self
            .emulator
            .received(&self.query.of_same_sender())
            .requests;
        let others: Vec<_> = all
            .into_iter()
            .filter(|one| !self.query.differences(one).is_empty())
            .collect();
        if others.is_empty() {
            return "\n  nothing else was received".to_owned();
        }
        let mut text = String::new();
        for (received, _) in self.query.nearest(&others) {
            // The panic's text ends on standard error.
            let shown = self.emulator.outside_view(received.clone());
            let _ = write!(text, "\n  nearest: {}", shown.to_line());
            for difference in self.query.differences(&shown) {
                let _ = write!(text, "\n    {difference}");
            }
        }
        text
    }
}
