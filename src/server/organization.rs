//! The handle for one organization: all that a test asks and orders, limited to what belongs to it.

use std::time::Duration;

use http::Method;

use super::expectation::{Expectation, assert_none_unfired, resolved};
use super::stub::Stub;
use crate::emulator::Emulator;
use crate::emulator::control::ControlError;
use crate::emulator::record::journal::Found;
use crate::emulator::record::ledger::Ledger;
use crate::emulator::state::Seed;
use crate::emulator::steer::predicate::Predicate;
use crate::emulator::steer::script::Scripted;
use crate::instance::Instance;
use crate::wire::json::Json;

/// A handle to one organization of a server: whatever it shows or orders is of that organization alone.
///
/// One server thereby serves parallel tests: each has an organization of its own, and neither sees nor clears another's.
///
/// ```
/// use http::Method;
/// use mock_ce::MockCe;
///
/// let ce = MockCe::start();
/// let acme = ce.organization("acme");
/// acme.seed(&acme.seed_of("mailjet", "Test")).unwrap();
/// assert_eq!(acme.instances().len(), 1);
/// assert!(ce.organization("other").instances().is_empty());
/// acme.received(Method::POST, "/instances").never();
/// acme.reset();
/// assert!(acme.instances().is_empty());
/// ```
#[derive(Clone, Debug)]
pub struct Organization<'a> {
    emulator: &'a Emulator,
    secret: String,
}

impl<'a> Organization<'a> {
    pub(super) fn new(emulator: &'a Emulator, secret: String) -> Self {
        emulator.remember_name(&secret);
        Organization { emulator, secret }
    }

    /// The secret that its requests carry.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// Its instances, by id.
    #[must_use]
    pub fn instances(&self) -> Vec<Instance> {
        self.emulator.instances(Some(&self.secret))
    }

    /// Expects its requests with this verb to a path that fits, to be narrowed and asserted on.
    ///
    /// # Panics
    /// When no client sends this verb, or the pattern is blank or has a query or a host.
    #[track_caller]
    pub fn received(&self, method: Method, path: &str) -> Expectation<'a> {
        self.expect(Predicate::new().method(method).path(path))
    }

    /// Expects those of its requests that fit, to be narrowed and asserted on.
    ///
    /// # Panics
    /// When the secret is blank.
    #[track_caller]
    pub fn expect(&self, predicate: Predicate) -> Expectation<'a> {
        Expectation::new(self.emulator, predicate.organization(&self.secret))
    }

    /// Its journaled requests that fit.
    ///
    /// # Panics
    /// When the secret is blank, or the catalog does not have an element that the predicate names.
    #[must_use]
    #[track_caller]
    pub fn journal(&self, predicate: &Predicate) -> Found {
        let own = predicate.clone().organization(&self.secret);
        self.emulator.received(&resolved(self.emulator, &own))
    }

    /// Its requests that fit, as soon as there are `count` of them, or those there are when `patience` is over.
    ///
    /// It blocks the calling thread, not the server.
    ///
    /// # Panics
    /// When the secret is blank, or the catalog does not have an element that the predicate names.
    #[must_use]
    #[track_caller]
    pub fn wait_for(&self, count: usize, predicate: &Predicate, patience: Duration) -> Found {
        let own = predicate.clone().organization(&self.secret);
        let own = resolved(self.emulator, &own);
        self.emulator.wait_for(count, &own, patience)
    }

    /// Forgets its requests.
    pub fn forget_requests(&self) {
        self.emulator.forget_requests(Some(&self.secret));
    }

    /// Scripts a fault or an answer for its requests only, behind those there are, and returns its id.
    ///
    /// # Panics
    /// When its predicate can match nothing: an element that the catalog does not have.
    #[track_caller]
    pub fn script(&self, scripted: Scripted) -> u64 {
        let scripted = self.emulator.script(scripted.organization(&self.secret));
        scripted.unwrap_or_else(|error| panic!("mock-ce: {error}"))
    }

    /// Puts a fault or an answer in the place of its script with this id, which it keeps; it counts anew.
    ///
    /// # Errors
    /// An id that nothing of it has, or a predicate that can match nothing.
    pub fn replace_script(&self, id: u64, scripted: Scripted) -> Result<(), ControlError> {
        let scripted = scripted.organization(&self.secret);
        self.emulator
            .replace_script(id, scripted, Some(&self.secret))
    }

    /// Forgets its script with this id.
    ///
    /// # Errors
    /// An id that nothing of it has.
    pub fn remove_script(&self, id: u64) -> Result<(), ControlError> {
        self.emulator.remove_script(id, Some(&self.secret))
    }

    /// Forgets its scripted faults and answers.
    pub fn clear_script(&self) {
        self.emulator.clear_script(Some(&self.secret));
    }

    /// Answers its requests with this verb to a path that fits, in the place of the service; see [`Stub`].
    ///
    /// # Panics
    /// When no client sends this verb, or the pattern is blank or has a query or a host.
    #[track_caller]
    pub fn stub(&self, method: Method, path: &str) -> Stub<'a> {
        Stub::new(
            self.emulator,
            Predicate::new()
                .method(method)
                .path(path)
                .organization(&self.secret),
        )
    }

    /// Forgets its stub with this id.
    ///
    /// # Errors
    /// An id that nothing of it has.
    pub fn remove_stub(&self, id: u64) -> Result<(), ControlError> {
        self.emulator.remove_stub(id, Some(&self.secret))
    }

    /// Forgets its stubs.
    pub fn clear_stubs(&self) {
        self.emulator.clear_stubs(Some(&self.secret));
    }

    /// Its scripts and stubs that have not fired.
    #[must_use]
    pub fn unfired(&self) -> Vec<String> {
        self.emulator.unfired(Some(&self.secret))
    }

    /// Asserts that each of its scripts and stubs has fired.
    ///
    /// # Panics
    /// When one has not.
    #[track_caller]
    pub fn assert_fired(&self) {
        assert_none_unfired(&self.unfired());
    }

    /// Forgets its instances, requests, scripts, stubs and ledger; its ids start anew.
    pub fn reset(&self) {
        self.emulator.reset(Some(&self.secret));
    }

    /// An instance of it, to be refined and given to [`seed`](Self::seed).
    pub fn seed_of(&self, element: impl Into<String>, name: impl Into<String>) -> Seed {
        Seed::new(self.secret.clone(), element, name)
    }

    /// Puts an instance into its state.
    ///
    /// # Errors
    /// Another organization's seed, an element that the catalog does not have, or an id or token that is taken.
    pub fn seed(&self, seed: &Seed) -> Result<Instance, ControlError> {
        if seed.organization != self.secret {
            return Err(ControlError::from(
                "organization: the seed is another organization's".to_owned(),
            ));
        }
        self.emulator.seed_instance(seed)
    }

    /// Its state as one document, secrets included.
    #[must_use]
    pub fn snapshot(&self) -> Json<'static> {
        self.emulator.snapshot(Some(&self.secret))
    }

    /// Puts a document's state in the place of what it has.
    ///
    /// # Errors
    /// The first mistake in the document, with its path; nothing changes then.
    pub fn restore(&self, document: &Json<'_>) -> Result<(), ControlError> {
        self.emulator.restore(document, Some(&self.secret))
    }

    /// Its ledger since the last reset.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        self.emulator.ledger(Some(&self.secret))
    }

    /// Its ledger of the whole run.
    #[must_use]
    pub fn run_ledger(&self) -> Ledger {
        self.emulator.run_ledger(Some(&self.secret))
    }
}
