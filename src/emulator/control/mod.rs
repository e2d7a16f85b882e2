//! The control surface of a test: one set of operations, in process and as JSON below `/__admin`.
//!
//! The operations are methods of [`Emulator`]; the handlers of the control API call the same ones. A request below
//! `/__admin` is decided in this order: may the sender steer (rule `control`), route, verb, content type, handler. It
//! is neither journaled nor counted.

mod directory;
mod elements;
mod feed;
mod handlers;
mod inspect;
mod messages;
mod openapi;
mod orders;
#[cfg(feature = "page")]
mod page;
mod parameter;
mod sender;
mod webhooks;

pub(super) use elements::*;
pub(crate) use feed::Cursor;
pub(super) use feed::events;
pub(super) use handlers::*;
pub(super) use inspect::*;
pub use messages::MessageQuery;
pub(super) use messages::{forget_messages, messages};
pub(super) use orders::*;
#[cfg(feature = "tls")]
pub(crate) use sender::is_local;
pub(super) use webhooks::*;

use std::fmt;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::Method;

use super::call::{Call, Caller, check_content_type};
use super::context::Context;
use super::identity::RequestId;
use super::outcome::{Handled, Outcome};
use super::path::Surface;
use super::record::counters::Period;
use super::record::journal::{Detail, Found, Near, Received};
use super::record::ledger::Ledger;
use super::state::Seed;
use super::state::instances::{Chosen, Details, Draft, OrganizationInstances, document};
use super::steer::predicate::Predicate;
use super::{Emulator, guard, permit, router};
use crate::catalog::fixture::Fixture;
use crate::file;
use crate::instance::Instance;
use crate::rules;
use crate::wire::error::ApiError;
use crate::wire::json::Json;
use crate::wire::message::{Body, Request};
use crate::wire::vocabulary::CONTROL_PATH;

/// A control operation that was refused for what it was given, or that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlError {
    message: String,
    blame: Blame,
}

/// The side that a control operation failed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blame {
    /// It was given something wrong.
    Request,
    /// The thing that it was to act on is not there.
    Address,
    /// The machine could not do it.
    Machine,
}

impl fmt::Display for ControlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ControlError {}

impl From<String> for ControlError {
    fn from(message: String) -> Self {
        let blame = Blame::Request;
        ControlError { message, blame }
    }
}

impl From<ControlError> for ApiError {
    fn from(error: ControlError) -> Self {
        match error.blame {
            Blame::Request => ApiError::bad_request(&rules::CONTROL, error.message),
            Blame::Address => inspect::missing(&error.message),
            Blame::Machine => ApiError::failed(error.message),
        }
    }
}

/// Tells whether a request is for the control API.
fn is_for(request: &Request) -> bool {
    let below = request.uri.path().strip_prefix(CONTROL_PATH);
    below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
}

/// Answers a request of the control API, or of somebody who asks what there is; `None` for any other.
pub(super) fn answer(emulator: &Emulator, request: &Request) -> Option<Outcome> {
    let entrance = directory::at_entrance(request);
    if entrance.is_none() && !is_for(request) {
        return None;
    }
    let number = emulator.control_requests.fetch_add(1, Relaxed);
    let request_id = RequestId::new(!emulator.seed(), number);
    let handled = entrance.map_or_else(|| guard(|| handle(emulator, request)), Ok);
    let outcome = handled.unwrap_or_else(|error| Outcome::refusal(error, &request_id));
    let outcome = outcome.identified(&request_id).dated(&emulator.clock);
    Some(sender::admit_page(&emulator.settings, request, outcome))
}

/// A path to stand before the name of a member.
fn dotted(path: &str) -> String {
    if path.is_empty() {
        String::new()
    } else {
        format!("{path}.")
    }
}

fn handle(emulator: &Emulator, request: &Request) -> Handled {
    sender::check(&emulator.settings, request)?;
    let context = Context::new(request);
    if context.is_preflight()
        && sender::is_admitted(&emulator.settings, request)
        && let Some(verbs) = router::allowed(&request.uri, Surface::Control)
    {
        return Ok(permit(&request.headers, &verbs));
    }
    #[cfg(feature = "page")]
    if let Some(file) = page::answer(request) {
        return Ok(file);
    }
    if let Some(directory) = directory::of_control(request) {
        return Ok(directory);
    }
    let router::Entry { route, pattern } = router::find(&context)?;
    let has_body = request.body != Body::Whole(Bytes::new());
    if has_body && !matches!(request.method, Method::GET | Method::HEAD) {
        check_content_type(request)?;
    }
    if !feed::is_accepted(request) {
        route.check_media(request)?;
    }
    parameter::check(request, route)?;
    let handled = (route.handler)(
        emulator,
        &Call {
            context: &context,
            rule: route.rule,
            pattern,
            caller: Caller::default(),
        },
    );
    if handled.is_ok() && !matches!(request.method, Method::GET | Method::HEAD) {
        emulator.journal.announce_steering();
    }
    handled
}

/// The questions and orders of a test. `organization` is always a secret; `None` stands for everybody.
impl Emulator {
    /// The instances of every organization or of one, by organization and id.
    #[must_use]
    pub fn instances(&self, organization: Option<&str>) -> Vec<Instance> {
        let sections = self.state.instances.sections(organization);
        let of = |section: &OrganizationInstances| {
            let organization = section.organization.clone();
            section
                .instances
                .iter()
                .map(move |stored| stored.to_instance(&organization))
                .collect::<Vec<_>>()
        };
        sections.iter().flat_map(of).collect()
    }

    /// The requests that fit, as they came, secrets included.
    #[must_use]
    pub fn received(&self, query: &Predicate) -> Found {
        self.journal.find(0, query)
    }

    /// Those of them with a higher number than `after`.
    pub(crate) fn received_after(&self, after: u64, predicate: &Predicate) -> Found {
        self.journal.find(after, predicate)
    }

    /// Makes the view of a request that `/__admin` and standard error show: secrets are masked, unless the server was
    /// told to show them.
    #[must_use]
    pub fn outside_view(&self, received: Received) -> Received {
        self.journal.outside_view(received)
    }

    /// Waits for a request after the one with this number; returns each such request as others than the test see it
    /// (see [`Emulator::outside_view`]), and the last number.
    #[must_use]
    pub fn wait_for_next(&self, number: u64, detail: Detail) -> (Vec<Received>, u64) {
        self.journal.wait_for_next(number, detail)
    }

    /// The last requests as they came, the oldest first, and the number of the last one.
    #[must_use]
    pub fn last_requests(&self, count: usize) -> (Vec<Received>, u64) {
        self.journal.last(count)
    }

    /// The requests that fit, as soon as there are `count` of them, or those there are when `patience` is over.
    #[must_use]
    pub fn wait_for(&self, count: usize, query: &Predicate, patience: Duration) -> Found {
        self.journal.wait_for(count, query, patience)
    }

    /// Resolves when the next request is recorded.
    pub(crate) fn next_recorded(&self) -> tokio::sync::futures::Notified<'_> {
        self.journal.next_recorded()
    }

    /// Forgets the requests that were received, all or those of one organization.
    pub fn forget_requests(&self, organization: Option<&str>) {
        self.journal.clear(organization);
    }

    /// The requests that came nearest to fitting, the nearest first, with everything that differs.
    ///
    /// Where the predicate names an organization, those of others are among them only if nothing else differs.
    #[must_use]
    pub fn nearest(&self, predicate: &Predicate, count: usize) -> Vec<Near> {
        self.journal.nearest(predicate, count)
    }

    /// Remembers an organization's secret as the test spelled it, for its messages.
    pub(crate) fn remember_name(&self, organization: &str) {
        self.names.remember(organization);
    }

    /// A message with the organizations spelled as the test did.
    pub(crate) fn spelled(&self, text: String) -> String {
        self.names.spelled(text)
    }

    /// The predicate with each element named by its key.
    ///
    /// # Errors
    /// An element that the catalog does not have.
    pub(crate) fn resolved(&self, mut predicate: Predicate) -> Result<Predicate, ControlError> {
        predicate.resolve(&self.catalog())?;
        Ok(predicate)
    }

    /// Forgets instances, journal, script, stubs and ledger, of everybody or of one organization; ids start anew.
    ///
    /// Of everybody it also sets the clock as the settings have it, and rewinds the cassette. The [`run_ledger`](Self::run_ledger) stays as it is.
    pub fn reset(&self, organization: Option<&str>) {
        self.state.clear(organization);
        self.journal.clear(organization);
        self.clear_script(organization);
        self.clear_stubs(organization);
        self.counters.clear(organization);
        self.counters
            .note_leaks(self.state.instances.take_cleared());
        self.dispatch.clear(organization);
        if organization.is_none() {
            self.requests.store(0, Relaxed);
            self.clock.reset();
            if let Some(tape) = &self.tape {
                tape.rewind();
            }
        }
    }

    /// Lets the cassette answer from its beginning again, as if no request had come.
    ///
    /// # Errors
    /// The server has no cassette.
    pub fn rewind(&self) -> Result<(), ControlError> {
        let tape = self.tape.as_ref();
        let tape =
            tape.ok_or_else(|| "the server was started without --cassette FILE".to_owned())?;
        tape.rewind();
        Ok(())
    }

    /// Puts an instance into the state.
    ///
    /// # Errors
    /// An element that the catalog does not have, an id or token that is taken, or a blank text.
    pub fn seed_instance(&self, seed: &Seed) -> Result<Instance, ControlError> {
        let mut instances = self.seed_each(&[(String::new(), seed)])?;
        Ok(instances.remove(0))
    }

    /// Puts all of these instances into the state, or none; each comes with the path that a mistake is told with.
    pub(crate) fn seed_each(
        &self,
        seeds: &[(String, &Seed)],
    ) -> Result<Vec<Instance>, ControlError> {
        let chosen = seeds.iter().map(|(path, seed)| self.chosen(seed, path));
        let chosen = chosen.collect::<Result<Vec<_>, _>>()?;
        let (now, at) = (self.clock.now(), |at: usize| dotted(&seeds[at].0));
        let kept = self.state.instances.seed(chosen, self.seed(), now);
        let kept = kept.map_err(|(number, reason)| at(number) + &reason)?;
        let instances = kept.iter().zip(seeds);
        Ok(instances
            .map(|(stored, (_, seed))| stored.to_instance(&seed.organization))
            .collect())
    }

    /// Makes the draft that the store keeps of a seed.
    fn chosen<'s>(&self, seed: &'s Seed, path: &str) -> Result<Chosen<'s>, String> {
        let path = dotted(path);
        seed.check(&path)?;
        let element = document::element(&seed.element, &format!("{path}element"), &self.catalog())?;
        let entries = seed
            .configuration
            .iter()
            .map(|(key, value)| (&**key, &**value));
        let tags = Some(&*seed.tags).filter(|tags| !tags.is_empty());
        let draft = Draft {
            details: Details::pack(&seed.name, tags, &element, entries),
            element,
        };
        Ok(Chosen {
            organization: &seed.organization,
            draft,
            id: seed.id,
            token: seed.token.as_deref(),
        })
    }

    /// The state as a document, of everybody or of one organization.
    ///
    /// ```json
    /// {"version": 1, "seed": 0, "requests": 3, "organizations": [{"organization": "secret", "nextId": 1235,
    ///   "instances": [{"id": 1234, "element": "mailjet", "token": "…=", "name": "Test", "tags": ["a"],
    ///     "configuration": {}, "disabled": false, "created": "2017-03-14T19:20:16.000Z", "updated": "2017-03-14T19:20:16.000Z"}]}]}
    /// ```
    #[must_use]
    pub fn snapshot(&self, organization: Option<&str>) -> Json<'static> {
        let requests = self.requests.load(Relaxed);
        self.state.snapshot(organization, self.seed(), requests)
    }

    /// Puts a document's state in the place of everything, or of what one organization has.
    ///
    /// Restoring everything also takes over the document's seed, so that what comes next is what came next there.
    ///
    /// # Errors
    /// The first mistake in the document, with its path; nothing changes then.
    pub fn restore(
        &self,
        document: &Json<'_>,
        organization: Option<&str>,
    ) -> Result<(), ControlError> {
        let (seed, requests) =
            self.state
                .restore(document, organization, self.seed(), &self.catalog())?;
        self.counters
            .note_leaks(self.state.instances.take_cleared());
        if organization.is_none() {
            self.seed.store(seed, Relaxed);
            self.requests.store(requests, Relaxed);
        }
        self.dispatch.start();
        Ok(())
    }

    /// Adds an element while the server runs; requests that are being answered go on with the catalog that they found.
    ///
    /// It takes the place of one of the user's own with the same id and key; instances of that one stay as they are. The
    /// catalog is the server's: all organizations see it, and no reset, snapshot or restore touches it.
    ///
    /// # Errors
    /// An id or a key that another element has.
    pub fn add_element(&self, fixture: &Fixture) -> Result<(), ControlError> {
        let added = self.catalog.add(fixture, self.settings.built_in);
        added.map_err(|clash| clash.to_string().into())
    }

    /// Takes an element away that is not built in, by its key or id; its instances stay as they are.
    ///
    /// # Errors
    /// There is none, or it is built in.
    pub fn remove_element(&self, key_or_id: &str) -> Result<(), ControlError> {
        let own = || {
            let catalog = self.catalog();
            let own = catalog.elements().iter().filter(|one| !one.is_built_in());
            let keys: Vec<_> = own.map(|element| element.key().to_owned()).collect();
            match keys.is_empty() {
                true => "there is none".to_owned(),
                false => format!("there is {}", keys.join(", ")),
            }
        };
        match self.catalog.remove(key_or_id) {
            true => Ok(()),
            false => Err(format!("{key_or_id:?} is no element of your own; {}", own()).into()),
        }
    }

    pub(crate) fn has_state_file(&self) -> bool {
        self.settings.state.is_some()
    }

    /// Writes the state to the file that the server was started with.
    ///
    /// # Errors
    /// When there is none, or it cannot be written.
    pub fn save(&self) -> Result<(), ControlError> {
        let path = self.settings.state.as_ref();
        let path = path.ok_or_else(|| "the server was started without --state FILE".to_owned())?;
        let failed = |error| ControlError {
            message: format!("cannot write the state {:?}: {error}", path.display()),
            blame: Blame::Machine,
        };
        file::write(path, &(self.snapshot(None).to_pretty() + "\n")).map_err(failed)
    }

    /// The ledger since the last reset, of everybody or of one organization.
    #[must_use]
    pub fn ledger(&self, organization: Option<&str>) -> Ledger {
        self.close(Period::SinceReset, organization)
    }

    /// The ledger of the whole run, whatever was reset, restored or forgotten meanwhile.
    #[must_use]
    pub fn run_ledger(&self, organization: Option<&str>) -> Ledger {
        self.close(Period::Run, organization)
    }

    fn close(&self, period: Period, organization: Option<&str>) -> Ledger {
        let left = self.state.instances.leaks(organization);
        let unfired = self.unfired_orders(organization);
        Ledger {
            undelivered: self.state.events.undelivered(organization),
            dropped: self.state.dropped(organization),
            ..self.counters.close(period, organization, &left, unfired)
        }
    }

    /// Stops the clock at this time, or lets it follow the machine's.
    pub fn set_clock(&self, at: Option<SystemTime>) {
        self.clock.set(at);
        self.dispatch.wake();
    }

    /// Moves the clock forward.
    pub fn advance_clock(&self, by: Duration) {
        self.clock.advance(by);
        self.dispatch.wake();
    }
}
