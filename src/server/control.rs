//! The control surface in Rust: methods of [`MockCe`], each the same operation as a route below `/__admin`.

use std::time::{Duration, SystemTime};

use http::Method;

use super::MockCe;
use super::expectation::Expectation;
use crate::emulator::control::ControlError;
use crate::emulator::dispatch::fault::WebhookFault;
use crate::emulator::dispatch::log::Webhook;
use crate::emulator::record::journal::{Found, Query};
use crate::emulator::record::ledger::Ledger;
use crate::emulator::state::Seed;
use crate::emulator::steer::script::Scripted;
use crate::instance::Instance;
use crate::wire::json::Json;
use crate::wire::vocabulary::CONTROL_PATH;

impl MockCe {
    /// Where other languages steer the server: `http://127.0.0.1:PORT/__admin`.
    #[must_use]
    pub fn admin_url(&self) -> String {
        format!("http://{}{CONTROL_PATH}", self.address())
    }

    /// What was received with this verb at a path that fits, to be narrowed and asserted on.
    ///
    /// ```
    /// use http::Method;
    /// use mock_ce::MockCe;
    ///
    /// let ce = MockCe::start();
    /// ce.received(Method::POST, "/instances").never();
    /// ```
    pub fn received(&self, method: Method, path: &str) -> Expectation<'_> {
        Expectation::new(&self.emulator, Query::new().method(method).path(path))
    }

    /// The journaled requests that fit, as they came, secrets included.
    #[must_use]
    pub fn journal(&self, query: &Query) -> Found {
        self.emulator.received(query)
    }

    /// The requests that fit, as soon as there are `count` of them, or those there are when `patience` is over.
    ///
    /// It blocks the calling thread, not the server.
    #[must_use]
    pub fn wait_for(&self, count: usize, query: &Query, patience: Duration) -> Found {
        self.emulator.wait_for(count, query, patience)
    }

    /// Empties the journal.
    pub fn forget_requests(&self) {
        self.emulator.forget_requests(None);
    }

    /// Scripts a fault or an answer, behind those there are.
    pub fn script(&self, scripted: Scripted) {
        self.emulator.script(scripted);
    }

    /// Forgets every scripted fault and answer.
    pub fn clear_script(&self) {
        self.emulator.clear_script(None);
    }

    /// Forgets all instances, the journal, the script and the ledger; ids start anew.
    pub fn reset(&self) {
        self.emulator.reset(None);
    }

    /// Forgets what belongs to the organization with this secret; its ids start anew.
    pub fn reset_organization(&self, organization: &str) {
        self.emulator.reset(Some(organization));
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

    /// The state of the organization with this secret.
    #[must_use]
    pub fn snapshot_organization(&self, organization: &str) -> Json<'static> {
        self.emulator.snapshot(Some(organization))
    }

    /// Puts a document's state in the place of everything.
    ///
    /// # Errors
    /// The first mistake in the document, with its path; nothing changes then.
    pub fn restore(&self, document: &Json<'_>) -> Result<(), ControlError> {
        self.emulator.restore(document, None)
    }

    /// Puts a document's state in the place of what the organization with this secret has.
    ///
    /// # Errors
    /// The first mistake in the document, with its path; nothing changes then.
    pub fn restore_organization(
        &self,
        document: &Json<'_>,
        organization: &str,
    ) -> Result<(), ControlError> {
        self.emulator.restore(document, Some(organization))
    }

    /// Writes the state to the file of [`crate::Settings::state`].
    ///
    /// # Errors
    /// When there is none, or it cannot be written.
    pub fn save(&self) -> Result<(), ControlError> {
        self.emulator.save()
    }

    /// What was relied upon and left behind so far.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        self.emulator.ledger(None)
    }

    /// What the organization with this secret relied upon and left behind so far.
    #[must_use]
    pub fn ledger_organization(&self, organization: &str) -> Ledger {
        self.emulator.ledger(Some(organization))
    }

    /// Lets a provider's event happen to an instance, as if the provider had sent `body`; returns the event's id.
    ///
    /// # Errors
    /// An instance that is gone, or that has no `event.notification.enabled`.
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
