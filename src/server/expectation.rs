//! Expectations of a test: how many requests must have been received, now or in a while, and what the test is told when
//! that did not happen.

use std::fmt::Write as _;
use std::ops::{Bound, RangeBounds};
use std::panic::Location;
use std::time::Duration;

use super::patience;
use crate::emulator::Emulator;
use crate::emulator::record::journal::{Found, Received};
use crate::emulator::steer::predicate::{Made, Predicate, conditions};

/// More requests are not listed in a failure.
const MAX_LISTED: usize = 10;
/// More requests are not shown as near in a failure.
const MAX_NEAREST: usize = 3;

/// An expectation of received requests: narrow it to those that are meant, then say how many there must be.
///
/// A failed expectation panics with what was expected, and the requests that came nearest with everything that differs:
///
/// ```text
/// expected 1 request with method POST, path /instances, body /element/key "mailjet", but received 0
///   nearest: POST /elements/api-v2/instances → 400 (name-required; grade=guide) name is required
///     body /element/key: expected "mailjet", was "sendgrid"
/// ```
#[must_use = "an expectation asserts nothing by itself; end it with `once`, `times`, `never` or another verb"]
#[derive(Debug)]
pub struct Expectation<'a> {
    emulator: &'a Emulator,
    predicate: Predicate,
    count: Count,
}

/// The number of requests that are expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Count {
    least: usize,
    most: Option<usize>,
}

impl<'a> Expectation<'a> {
    pub(super) fn new(emulator: &'a Emulator, predicate: Predicate) -> Self {
        let count = Count {
            least: 1,
            most: None,
        };
        Expectation {
            emulator,
            predicate,
            count,
        }
    }

    conditions!(request);
    conditions!(answer);

    #[track_caller]
    fn with(mut self, name: &str, made: Made) -> Self {
        self.predicate = self.predicate.with(name, made);
        self
    }

    /// Expects so many requests, for [`eventually`](Self::eventually) and [`verified_on_drop`](Self::verified_on_drop):
    /// `2..=2`, `1..`, `..=3`. Default: at least one.
    pub fn count(mut self, range: impl RangeBounds<usize>) -> Self {
        let least = match range.start_bound() {
            Bound::Included(least) => *least,
            Bound::Excluded(less) => less + 1,
            Bound::Unbounded => 0,
        };
        let most = match range.end_bound() {
            Bound::Included(most) => Some(*most),
            Bound::Excluded(more) => Some(more.saturating_sub(1)),
            Bound::Unbounded => None,
        };
        self.count = Count { least, most };
        self
    }

    /// The requests that fit.
    ///
    /// # Panics
    /// When the predicate can match nothing: an element that the catalog does not have.
    #[must_use]
    #[track_caller]
    pub fn requests(&self) -> Found {
        self.emulator
            .received(&resolved(self.emulator, &self.predicate))
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
        self.between(count, count)
    }

    /// Asserts that `count` requests or more fit, and returns them.
    ///
    /// # Panics
    /// When fewer do.
    #[track_caller]
    #[expect(
        clippy::must_use_candidate,
        reason = "an assertion is worth calling for itself"
    )]
    pub fn at_least(&self, count: usize) -> Vec<Received> {
        let most = None;
        self.assert(Count { least: count, most })
    }

    /// Asserts that no more than `count` requests fit, and returns them.
    ///
    /// # Panics
    /// When more do, or when the journal has dropped requests, so that nobody can tell.
    #[track_caller]
    #[expect(
        clippy::must_use_candidate,
        reason = "an assertion is worth calling for itself"
    )]
    pub fn at_most(&self, count: usize) -> Vec<Received> {
        self.between(0, count)
    }

    /// Asserts that `least` to `most` requests fit, and returns them.
    ///
    /// # Panics
    /// When more or fewer do, or when the journal has dropped requests, so that nobody can tell.
    #[track_caller]
    #[expect(
        clippy::must_use_candidate,
        reason = "an assertion is worth calling for itself"
    )]
    pub fn between(&self, least: usize, most: usize) -> Vec<Received> {
        let most = Some(most);
        self.assert(Count { least, most })
    }

    /// Waits until as many requests fit as [`count`](Self::count) says, at most for `patience`, and returns them.
    ///
    /// It blocks the calling thread, not the server; [`eventually_async`](Self::eventually_async) blocks none.
    ///
    /// # Panics
    /// When they do not come in time, or too many do.
    #[track_caller]
    #[expect(
        clippy::must_use_candidate,
        reason = "an assertion is worth calling for itself"
    )]
    pub fn eventually(&self, patience: Duration) -> Vec<Received> {
        let predicate = resolved(self.emulator, &self.predicate);
        let least = self.count.least;
        let _waited = self.emulator.wait_for(least, &predicate, patience);
        self.assert(self.count)
    }

    /// Waits like [`eventually`](Self::eventually) without blocking a thread; it works on any async runtime.
    ///
    /// ```
    /// use std::time::Duration;
    /// use http::Method;
    /// use mock_ce::MockCe;
    ///
    /// # async fn test() {
    /// let ce = MockCe::start();
    /// # ce.emulator().answer(&mock_ce::Request::new(Method::GET, "/elements/api-v2/elements", ""));
    /// let seen = ce.received(Method::GET, "/elements").eventually_async(Duration::from_secs(5)).await;
    /// assert_eq!(seen.len(), 1);
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(test());
    /// ```
    ///
    /// # Panics
    /// When they do not come in time, or too many do; where that was asked for is said in the message.
    #[track_caller]
    pub fn eventually_async(
        &self,
        patience: Duration,
    ) -> impl Future<Output = Vec<Received>> + Send {
        let asked_at = Location::caller();
        async move {
            let is_enough = || self.requests().requests.len() >= self.count.least;
            patience::wait_until(self.emulator, patience, is_enough).await;
            let verdict = self.verdict(self.count);
            verdict.unwrap_or_else(|failure| panic!("{failure}\n  asked for at {asked_at}"))
        }
    }

    /// Asserts at the end of the scope that as many requests fit as [`count`](Self::count) says.
    ///
    /// It does not panic where the test is panicking already.
    #[must_use = "it verifies when it is dropped, which is at once unless it is kept"]
    #[track_caller]
    pub fn verified_on_drop(self) -> VerifiedOnDrop<'a> {
        VerifiedOnDrop {
            expectation: self,
            made_at: Location::caller(),
        }
    }

    #[track_caller]
    fn assert(&self, count: Count) -> Vec<Received> {
        self.verdict(count)
            .unwrap_or_else(|failure| panic!("{failure}"))
    }

    #[track_caller]
    fn verdict(&self, count: Count) -> Result<Vec<Received>, String> {
        if let Some(secret) = self.predicate.organization_secret() {
            self.emulator.remember_name(secret);
        }
        let Found { requests, dropped } = self.requests();
        // Where only the least is asked for, what was dropped cannot change the verdict.
        let nobody_can_tell = dropped > 0 && (count.most.is_some() || requests.len() < count.least);
        if count.holds(requests.len()) && !nobody_can_tell {
            return Ok(requests);
        }
        Err(self.failure(count, &requests, dropped))
    }

    fn failure(&self, count: Count, requests: &[Received], dropped: u64) -> String {
        let mut text = format!(
            "expected {count} with {}, but received {}",
            self.predicate.masked(),
            requests.len()
        );
        if dropped > 0 {
            let _ = write!(
                text,
                "\n  the journal has dropped {dropped} requests: keep more with journal_entries"
            );
        }
        for received in requests.iter().take(MAX_LISTED) {
            let shown = self.emulator.outside_view(received.clone());
            let _ = write!(text, "\n  received: {}", shown.to_line());
        }
        if requests.len() > MAX_LISTED {
            let more = requests.len() - MAX_LISTED;
            let _ = write!(text, "\n  received: {more} more");
        }
        if requests.len() < count.least {
            text.push_str(&self.nearest());
        }
        self.emulator.spelled(text)
    }

    fn nearest(&self) -> String {
        let predicate = resolved(self.emulator, &self.predicate);
        let nearest = self.emulator.nearest(&predicate, MAX_NEAREST);
        if nearest.is_empty() {
            return "\n  nothing else was received".to_owned();
        }
        let mut text = String::new();
        for near in nearest {
            // The panic's text ends on standard error.
            let shown = self.emulator.outside_view(near.received.clone());
            let _ = write!(text, "\n  nearest: {}", shown.to_line());
            for difference in near.differences_in(&shown, &predicate) {
                let _ = write!(text, "\n    {difference}");
            }
        }
        text
    }
}

/// The predicate with each element named by its key; panics where the catalog does not have one.
#[track_caller]
pub(super) fn resolved(emulator: &Emulator, predicate: &Predicate) -> Predicate {
    let resolved = emulator.resolved(predicate.clone());
    resolved.unwrap_or_else(|error| panic!("mock-ce: {error}"))
}

/// Fails with the scripts and stubs that have not fired.
#[track_caller]
pub(super) fn assert_none_unfired(unfired: &[String]) {
    let scripts: String = unfired
        .iter()
        .map(|script| format!("\n  {script}"))
        .collect();
    assert!(
        unfired.is_empty(),
        "expected every script and stub to fire, but these have not:{scripts}"
    );
}

/// `1 request`, `at least 2 requests`
impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Count { least, most } = *self;
        let (number, shown) = match most {
            Some(most) if most == least => (most, format!("{most}")),
            Some(most) if least == 0 => (most, format!("at most {most}")),
            Some(most) => (most, format!("{least} to {most}")),
            None => (least, format!("at least {least}")),
        };
        let noun = if number == 1 { "request" } else { "requests" };
        write!(f, "{shown} {noun}")
    }
}

impl Count {
    fn holds(self, received: usize) -> bool {
        received >= self.least && self.most.is_none_or(|most| received <= most)
    }
}

/// An expectation that is verified at the end of the scope.
///
/// ```should_panic
/// use http::Method;
/// use mock_ce::MockCe;
///
/// let ce = MockCe::start();
/// let _created = ce.received(Method::POST, "/instances").count(1..=1).verified_on_drop();
/// // The client was to create an instance, and did not.
/// ```
#[derive(Debug)]
pub struct VerifiedOnDrop<'a> {
    expectation: Expectation<'a>,
    made_at: &'static Location<'static>,
}

impl Drop for VerifiedOnDrop<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        if let Err(failure) = self.expectation.verdict(self.expectation.count) {
            panic!("{failure}\n  expected at {}", self.made_at);
        }
    }
}
