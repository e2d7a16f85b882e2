//! The control surface in Rust: methods of [`MockCe`], each the same operation as a route below `/__admin`.

use std::time::{Duration, SystemTime};

use http::Method;

use super::MockCe;
use super::expectation::{Expectation, assert_none_unfired, resolved};
use super::messages::MessageExpectation;
use super::organization::Organization;
use super::stub::Stub;
use crate::catalog::fixture::Fixture;
use crate::emulator::control::ControlError;
use crate::emulator::dispatch::fault::WebhookFault;
use crate::emulator::dispatch::log::Webhook;
use crate::emulator::record::journal::Found;
use crate::emulator::record::ledger::Ledger;
use crate::emulator::state::Seed;
use crate::emulator::steer::predicate::Predicate;
use crate::emulator::steer::script::Scripted;
use crate::instance::Instance;
use crate::wire::json::Json;
use crate::wire::vocabulary::CONTROL_PATH;

impl MockCe {
    /// The base URL of the control API, by which other languages steer the server: `http://127.0.0.1:PORT/__admin`.
    #[must_use]
    pub fn admin_url(&self) -> String {
        format!("{}{CONTROL_PATH}", self.origin())
    }

    /// Expects requests with this verb at a path that fits, to be narrowed and asserted on.
    ///
    /// ```
    /// use http::Method;
    /// use mock_ce::MockCe;
    ///
    /// let ce = MockCe::start();
    /// ce.received(Method::POST, "/instances").never();
    /// ```
    ///
    /// # Panics
    /// When no client sends this verb, or the pattern is blank or has a query or a host.
    #[track_caller]
    pub fn received(&self, method: Method, path: &str) -> Expectation<'_> {
        self.expect(Predicate::new().method(method).path(path))
    }

    /// Expects requests that fit, to be narrowed and asserted on.
    pub fn expect(&self, predicate: Predicate) -> Expectation<'_> {
        Expectation::new(&self.emulator, predicate)
    }

    /// The handle for what belongs to the organization with this secret.
    pub fn organization(&self, secret: impl Into<String>) -> Organization<'_> {
        Organization::new(&self.emulator, secret.into())
    }

    /// The journaled requests that fit, as they came, secrets included.
    ///
    /// # Panics
    /// When the predicate can match nothing: an element that the catalog does not have.
    #[must_use]
    #[track_caller]
    pub fn journal(&self, query: &Predicate) -> Found {
        self.emulator.received(&resolved(&self.emulator, query))
    }

    /// The requests that fit, as soon as there are `count` of them, or those there are when `patience` is over.
    ///
    /// It blocks the calling thread, not the server.
    ///
    /// # Panics
    /// When the predicate can match nothing: an element that the catalog does not have.
    #[must_use]
    #[track_caller]
    pub fn wait_for(&self, count: usize, query: &Predicate, patience: Duration) -> Found {
        let query = resolved(&self.emulator, query);
        self.emulator.wait_for(count, &query, patience)
    }

    /// The messages that instances would have sent, to be narrowed and asserted on (rule `messages-create`).
    ///
    /// ```
    /// use mock_ce::MockCe;
    ///
    /// let ce = MockCe::start();
    /// ce.messages().to("a@b.c").never();
    /// ```
    pub fn messages(&self) -> MessageExpectation<'_> {
        MessageExpectation::new(&self.emulator)
    }

    /// Empties the outbox.
    pub fn forget_messages(&self) {
        self.emulator.forget_messages(None);
    }

    /// Empties the journal.
    pub fn forget_requests(&self) {
        self.emulator.forget_requests(None);
    }

    /// Scripts a fault or an answer, behind those there are, and returns its id.
    ///
    /// # Panics
    /// When its predicate can match nothing: an element that the catalog does not have.
    #[track_caller]
    pub fn script(&self, scripted: Scripted) -> u64 {
        let scripted = self.emulator.script(scripted);
        scripted.unwrap_or_else(|error| panic!("mock-ce: {error}"))
    }

    /// Puts a fault or an answer in the place of the script with this id, which it keeps; it counts anew.
    ///
    /// # Errors
    /// An id that nothing has, or a predicate that can match nothing.
    pub fn replace_script(&self, id: u64, scripted: Scripted) -> Result<(), ControlError> {
        self.emulator.replace_script(id, scripted, None)
    }

    /// Forgets the script with this id.
    ///
    /// # Errors
    /// An id that nothing has.
    pub fn remove_script(&self, id: u64) -> Result<(), ControlError> {
        self.emulator.remove_script(id, None)
    }

    /// Forgets every scripted fault and answer.
    pub fn clear_script(&self) {
        self.emulator.clear_script(None);
    }

    /// Answers requests with this verb to a path that fits, in the place of the service; see [`Stub`].
    ///
    /// # Panics
    /// When no client sends this verb, or the pattern is blank or has a query or a host.
    #[track_caller]
    pub fn stub(&self, method: Method, path: &str) -> Stub<'_> {
        Stub::new(&self.emulator, Predicate::new().method(method).path(path))
    }

    /// Forgets the stub with this id.
    ///
    /// # Errors
    /// An id that nothing has.
    pub fn remove_stub(&self, id: u64) -> Result<(), ControlError> {
        self.emulator.remove_stub(id, None)
    }

    /// Forgets every stub.
    pub fn clear_stubs(&self) {
        self.emulator.clear_stubs(None);
    }

    /// Forgets all instances, the journal, the script, the stubs and the ledger, sets the clock as it was, and rewinds the
    /// cassette; ids start anew.
    pub fn reset(&self) {
        self.emulator.reset(None);
    }

    /// Lets the cassette answer from its beginning again; [`MockCe::reset`] does it too.
    ///
    /// # Errors
    /// The server has no cassette.
    pub fn rewind(&self) -> Result<(), ControlError> {
        self.emulator.rewind()
    }

    /// Puts an instance into the state.
    ///
    /// # Errors
    /// An element that the catalog does not have, or an id or token that is taken.
    pub fn seed(&self, seed: &Seed) -> Result<Instance, ControlError> {
        self.emulator.seed_instance(seed)
    }

    /// The whole state as one document, secrets included; its shape stands at [`Emulator::snapshot`](crate::Emulator::snapshot).
    #[must_use]
    pub fn snapshot(&self) -> Json<'static> {
        self.emulator.snapshot(None)
    }

    /// Puts a document's state in the place of everything.
    ///
    /// # Errors
    /// The first mistake in the document, with its path; nothing changes then.
    pub fn restore(&self, document: &Json<'_>) -> Result<(), ControlError> {
        self.emulator.restore(document, None)
    }

    /// Adds an element while the server runs, in the place of one of the test's own with the same id and key.
    ///
    /// The catalog is the server's: every organization sees the element, and it stays when the state is reset.
    ///
    /// ```
    /// use mock_ce::{Fixture, MockCe};
    ///
    /// let ce = MockCe::start();
    /// ce.add_element(&Fixture::parse(&Fixture::template("pigeon"))?)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// An id or a key that another element has.
    pub fn add_element(&self, element: &Fixture) -> Result<(), ControlError> {
        self.emulator.add_element(element)
    }

    /// Takes an element of the test's own away, by its key or id; its instances stay as they are.
    ///
    /// # Errors
    /// There is none, or it is built in.
    pub fn remove_element(&self, key_or_id: &str) -> Result<(), ControlError> {
        self.emulator.remove_element(key_or_id)
    }

    /// Writes the state to the file of [`crate::Settings::state`].
    ///
    /// # Errors
    /// When there is none, or it cannot be written.
    pub fn save(&self) -> Result<(), ControlError> {
        self.emulator.save()
    }

    /// The scripts and stubs that have not fired.
    #[must_use]
    pub fn unfired(&self) -> Vec<String> {
        self.emulator.unfired(None)
    }

    /// Asserts that every script and every stub has fired.
    ///
    /// # Panics
    /// When one has not.
    #[track_caller]
    pub fn assert_fired(&self) {
        assert_none_unfired(&self.unfired());
    }

    /// The ledger since the last reset.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        self.emulator.ledger(None)
    }

    /// The ledger of the whole run: no reset, restore or forgetting takes anything from it.
    #[must_use]
    pub fn run_ledger(&self) -> Ledger {
        self.emulator.run_ledger(None)
    }

    /// Lets a provider's event happen to an instance, as if the provider had sent `body`; returns the event's id.
    ///
    /// # Errors
    /// An instance that is gone, or that has no `event.notification.enabled`; a body with more than 1,000 changes.
    pub fn fire_event(
        &self,
        instance: &Instance,
        body: impl AsRef<[u8]>,
    ) -> Result<String, ControlError> {
        self.emulator.fire_event(instance, body.as_ref())
    }

    /// Every attempt to send a webhook, oldest first; the last 10,000.
    #[must_use]
    pub fn webhooks(&self) -> Vec<Webhook> {
        self.emulator.webhooks()
    }

    /// The attempts to send webhooks, as soon as there are `count`, or those there are when `patience` is over.
    ///
    /// It blocks the calling thread, not the server.
    #[must_use]
    pub fn wait_for_webhooks(&self, count: usize, patience: Duration) -> Vec<Webhook> {
        self.emulator.wait_for_webhooks(count, patience)
    }

    /// Orders a fault for the next `times` attempts to send a webhook, of whatever instance.
    pub fn fault_webhooks(&self, fault: WebhookFault, times: u64) {
        self.emulator.fault_webhooks(fault, times);
    }

    /// Stops the clock at this time.
    pub fn set_clock(&self, at: SystemTime) {
        self.emulator.set_clock(Some(at));
    }

    /// Lets the clock follow the machine's again.
    pub fn release_clock(&self) {
        self.emulator.set_clock(None);
    }

    /// Moves the clock forward.
    pub fn advance_clock(&self, by: Duration) {
        self.emulator.advance_clock(by);
    }
}
