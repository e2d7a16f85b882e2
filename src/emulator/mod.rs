//! The emulated service: a request in, an outcome out, without sockets.
//!
//! [`Emulator::answer`] is the way of every request, in process, over a socket and in the binary. A scripted effect
//! comes first, then a stub, then a cassette's recording; then the checks run in the order of the contract, and the first that fails
//! answers: route, method, credentials, media types, size, JSON, element, members and configuration.
//!
//! A module of this list uses only modules before it:
//!
//! ```text
//! identity · clock · path      tokens and ids · the time · paths and their one pattern
//! lazy                         a lock around what most servers never use
//! state                        instances, and every other section that a reset clears
//! context                      a request, read lazily: path, credentials and body once each
//! view                         an instance as a reply shows it
//! steer                        scripted faults and answers, and stubs
//! outcome                      a reply, its rule, and how it is brought to the caller
//! record                       journal and ledger
//! replay                       answers from a cassette
//! dispatch                     webhooks on their way out
//! call · route                 a routed request · a row of the table
//! service · control            the documented service · the operations of a test
//! routes · router              the table · finding a request's row in it
//! ```

mod call;
mod clock;
mod context;
pub mod control;
pub(crate) mod dispatch;
mod disposal;
mod identity;
mod lazy;
mod outcome;
pub(crate) mod path;
pub(crate) mod record;
mod replay;
pub mod route;
mod router;
pub mod routes;
mod service;
pub(crate) mod state;
pub(crate) mod steer;
mod view;

use std::mem;
use std::net::{IpAddr, Ipv4Addr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use http::HeaderMap;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD,
};

pub(crate) use control::Cursor;
pub use outcome::Outcome;

use crate::catalog::{Catalog, LiveCatalog};
use crate::rules::{self, Rule};
use crate::settings::Settings;
use crate::wire::error::ApiError;
use crate::wire::message::{Malformed, Request};
use crate::wire::vocabulary::header;
use call::{Call, Caller};
use clock::Clock;
use context::{CalledInstance, Context};
use dispatch::Dispatch;
use disposal::dispose;
use identity::RequestId;
use outcome::Handled;
use path::Surface;
use record::counters::Counters;
use record::journal::{Circumstances, Journal};
use record::names::Names;
use replay::Tape;
use state::State;
use state::usage::Row;
use steer::live::LiveRequest;
use steer::script::{Effect, Script};
use steer::stub::Stubs;
use view::{Hydration, View};

/// The emulated service: a catalog, instances, the rules, and what a test has ordered.
#[derive(Debug)]
pub struct Emulator {
    catalog: LiveCatalog,
    state: State,
    script: Script,
    stubs: Stubs,
    journal: Journal,
    counters: Counters,
    names: Names,
    pub(crate) dispatch: Dispatch,
    clock: Clock,
    seed: AtomicU64,
    pub(crate) settings: Arc<Settings>,
    /// The certificates that a client of an HTTPS server must trust, as PEM.
    pub(crate) ca_pem: Option<String>,
    /// The hosts that an HTTPS server is asked for by `https://`; `None` for all.
    pub(crate) https_hosts: Option<Vec<String>>,
    started: Instant,
    requests: AtomicU64,
    tape: Option<Box<Tape>>,
    control_requests: AtomicU64,
}

impl Drop for Emulator {
    /// Frees large state on another thread: the last owner may be the thread of all servers, which has others to serve.
    fn drop(&mut self) {
        let instances = self.state.instances.len();
        dispose(mem::take(&mut self.state), instances);
        self.journal.clear(None);
    }
}

/// Keeps the ids of traffic apart from those of requests.
const TRAFFIC: u64 = 1 << 63;

impl Emulator {
    /// Makes an emulator with these settings and this catalog; settings of sockets are not looked at.
    #[must_use]
    pub fn new(settings: &Settings, catalog: Arc<Catalog>) -> Self {
        Emulator::with(Arc::new(settings.clone()), catalog)
    }

    /// The same with settings that are shared: most servers of a process have those of all others.
    pub(crate) fn with(settings: Arc<Settings>, catalog: Arc<Catalog>) -> Self {
        let catalog = LiveCatalog::new(catalog);
        let journal = Journal::new(settings.journal, settings.secrets, catalog.clone());
        Emulator {
            catalog,
            state: State::default(),
            script: Script::default(),
            stubs: Stubs::default(),
            journal,
            counters: Counters::default(),
            names: Names::default(),
            dispatch: Dispatch::default(),
            clock: Clock::new(settings.clock),
            seed: AtomicU64::new(settings.seed),
            settings,
            ca_pem: None,
            https_hosts: None,
            started: Instant::now(),
            requests: AtomicU64::new(0),
            tape: None,
            control_requests: AtomicU64::new(0),
        }
    }

    /// Answers one request. This is the whole way: nothing else decides what a caller gets.
    ///
    /// Never panics: whatever goes wrong inside is a 500 (rule `internal`).
    pub fn answer(&self, request: &Request) -> Outcome {
        if let Some(outcome) = control::answer(self, request) {
            return outcome;
        }
        let number = self.requests.fetch_add(1, Relaxed);
        let request_id = RequestId::new(self.seed(), number);
        let answered = catch_unwind(AssertUnwindSafe(|| {
            self.respond(&Context::new(request), number, request_id)
        }));
        answered.unwrap_or_else(|_| self.apologize(request, request_id))
    }

    /// Answers a request by the script, by a stub or by the service, applies the scripted effect, and records both messages.
    fn respond(&self, context: &Context<'_>, number: u64, request_id: RequestId) -> Outcome {
        let effect = self.intercept(context);
        let scripted = effect
            .as_ref()
            .and_then(|effect| Outcome::scripted(effect, &request_id));
        let mut outcome = scripted.unwrap_or_else(|| {
            let handled = guard(|| self.handle(context));
            let admitted = handled.map_err(|error| self.admit(error));
            admitted.unwrap_or_else(|error| Outcome::refusal(error, &request_id))
        });
        if let Some(called) = context.called_instance() {
            let headers = &mut outcome.reply.headers;
            headers.insert(header::INSTANCE_ID, called.instance.id.into());
        }
        if let Some(effect) = &effect {
            outcome.apply_effect(effect, self.seed(), number);
        }
        outcome.add_standard_headers(&context.request.headers, &request_id, &self.clock);
        self.remember(context, &outcome, request_id);
        if let Some(called) = context.called_instance() {
            self.log_usage(context.request, called, &outcome, number, request_id);
        }
        outcome
    }

    /// Answers 500 where answering itself went wrong (rule `internal`).
    fn apologize(&self, request: &Request, request_id: RequestId) -> Outcome {
        let mut outcome = Outcome::refusal(ApiError::internal(), &request_id);
        outcome.add_standard_headers(&request.headers, &request_id, &self.clock);
        // Recording may be what went wrong; the answer matters more.
        let _remembered = catch_unwind(AssertUnwindSafe(|| {
            self.remember(&Context::new(request), &outcome, request_id);
        }));
        outcome
    }

    /// Answers what is not even a request; the connection ends with it (rule `http-malformed`).
    pub fn refuse_malformed(&self, malformed: Malformed) -> Outcome {
        self.refuse(ApiError::malformed_http(malformed))
    }

    /// Refuses a request to the proxy, and records it, because most clients do not show the reason of such a refusal.
    #[cfg(feature = "tls")]
    pub(crate) fn refuse_tunnel(&self, request: &Request, error: ApiError) -> Outcome {
        let request_id = RequestId::new(self.seed(), self.requests.fetch_add(1, Relaxed));
        let mut outcome = Outcome::refusal(error, &request_id);
        outcome.add_standard_headers(&HeaderMap::new(), &request_id, &self.clock);
        self.remember(&Context::new(request), &outcome, request_id);
        outcome
    }

    /// Answers with an error of the server around the emulator.
    fn refuse(&self, error: ApiError) -> Outcome {
        let request_id = RequestId::new(self.seed(), self.requests.fetch_add(1, Relaxed));
        let mut outcome = Outcome::refusal(error, &request_id);
        outcome.add_standard_headers(&HeaderMap::new(), &request_id, &self.clock);
        outcome
    }

    /// Answers a request by a stub, by the cassette or by its route: the straight line.
    fn handle(&self, context: &Context<'_>) -> Handled {
        let request = context.request;
        if let Some(line) = self.stubs.take(&self.live(context)) {
            let literal = line.answer(context);
            return Ok(Outcome::stubbed(&literal, line.id, line.order.delay));
        }
        let preflight = self.preflight(context);
        let tape = self.tape.as_ref();
        if let Some(recorded) = tape.and_then(|tape| tape.answer(request, preflight.as_ref())) {
            return recorded;
        }
        if let Some(answer) = preflight {
            return Ok(answer);
        }
        let router::Entry { route, pattern } = router::find(context)?;
        self.check_grade(route.rule)?;
        if context.has_trailing_slash() {
            self.check_grade(&rules::TRAILING_SLASH)?;
        }
        let caller = Caller::identify(self, context, route.access)?;
        if context.has_trailing_slash() {
            self.counters
                .relied(self.fingerprint(context), &rules::TRAILING_SLASH);
        }
        route.check_media(request)?;
        (route.handler)(
            self,
            &Call {
                context,
                rule: route.rule,
                pattern,
                caller,
            },
        )
    }

    /// Refuses a rule that is evidenced too poorly to be followed.
    fn check_grade(&self, rule: &'static Rule) -> Result<(), ApiError> {
        if rule.grade >= self.settings.min_grade {
            return Ok(());
        }
        Err(ApiError::below_grade(rule, self.settings.min_grade))
    }

    /// Returns the refusal itself, or 501 where its rule is evidenced too poorly.
    fn admit(&self, error: ApiError) -> ApiError {
        self.check_grade(error.rule).err().unwrap_or(error)
    }

    /// The effect that the script has for a request.
    fn intercept(&self, context: &Context<'_>) -> Option<Effect> {
        self.script.intercept(&self.live(context), self.seed())
    }

    /// The request as predicates look at it.
    fn live<'e, 'r>(&'e self, context: &'e Context<'r>) -> LiveRequest<'e, 'r> {
        LiveRequest {
            context,
            catalog: &self.catalog,
            instances: &self.state.instances,
            seed: self.seed(),
        }
    }

    /// Answers a browser that asks whether it may send a request, by the verbs of routes and stubs (rule `cors`).
    fn preflight(&self, context: &Context<'_>) -> Option<Outcome> {
        let Request { uri, headers, .. } = context.request;
        let asked = headers.get(ACCESS_CONTROL_REQUEST_METHOD);
        let asked = asked.filter(|_| context.is_preflight())?;
        let asked = asked.to_str().unwrap_or_default();
        let mut verbs = router::allowed(uri, Surface::Api).unwrap_or_default();
        for verb in self.stubs.verbs_at(uri.path(), asked) {
            if !verb.is_empty() && !verbs.split(", ").any(|known| known == verb) {
                let separator = if verbs.is_empty() { "" } else { ", " };
                verbs = verbs + separator + &verb;
            }
        }
        if verbs.is_empty() {
            return None;
        }
        Some(permit(headers, &verbs))
    }

    /// The fingerprint of the organization whose request it is.
    fn fingerprint(&self, context: &Context<'_>) -> Option<u64> {
        context.fingerprint(&self.state.instances, self.seed())
    }

    /// Writes a request and its answer into the journal and the ledger.
    fn remember(&self, context: &Context<'_>, outcome: &Outcome, request_id: RequestId) {
        // A request that needs no credentials, or was refused before they were judged, still belongs to its sender.
        let organization = self.fingerprint(context);
        if outcome.rule.grade < self.settings.min_grade {
            self.counters.refused(organization, outcome.rule);
        } else {
            self.counters.relied(organization, outcome.rule);
        }
        let circumstances = Circumstances {
            at: self.clock.now(),
            request_id,
            organization,
            took: u32::try_from(context.began.elapsed().as_micros()).unwrap_or(u32::MAX),
            shown: outcome.instance.clone().zip(outcome.view),
        };
        let number = self.journal.record(context.request, outcome, circumstances);
        if let Some(stored) = &outcome.instance {
            stored.request.note(number);
        }
    }

    /// Writes a call of an instance's resource into the usage log (rule `usage-written`).
    fn log_usage(
        &self,
        request: &Request,
        called: &CalledInstance,
        outcome: &Outcome,
        number: u64,
        request_id: RequestId,
    ) {
        let peer = request.peer.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        self.state.usage.record(
            &called.organization,
            Row {
                number: 0,
                at: self.clock.now(),
                request_id,
                traffic_id: RequestId::new(self.seed() ^ TRAFFIC, number),
                element: called.instance.element.clone(),
                instance: called.instance.id,
                labels: called.instance.details.labels().into(),
                path: request.uri.path().into(),
                ip: peer.to_canonical(),
                is_success: outcome.reply.status.is_success(),
            },
        );
    }

    fn seed(&self) -> u64 {
        self.seed.load(Relaxed)
    }

    fn catalog(&self) -> Arc<Catalog> {
        self.catalog.current()
    }

    fn view(&self, call: &Call<'_, '_>) -> View {
        View {
            dialect: call.dialect(),
            shape: self.settings.shape,
            configuration: Hydration::Full,
        }
    }
}

/// Runs `handle`; a panic in it becomes the answer of rule `internal`.
///
/// No lock is poisoned by it (the locks here know no poison), and each change of state is one step.
fn guard(handle: impl FnOnce() -> Handled) -> Handled {
    catch_unwind(AssertUnwindSafe(handle)).unwrap_or_else(|_| Err(ApiError::internal()))
}

/// Answers a browser that asks whether it may send a request, with the verbs that it may send (rule `cors`).
fn permit(headers: &HeaderMap, verbs: &str) -> Outcome {
    let mut outcome = Outcome::empty(&rules::CORS).header(ACCESS_CONTROL_ALLOW_METHODS, verbs);
    if let Some(wanted) = headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        let allowed = &mut outcome.reply.headers;
        allowed.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::steer::predicate::Predicate;
    use super::steer::script::Scripted;
    use super::steer::stub::StubOrder;
    use super::*;
    use crate::wire::json::Json;
    use http::{Method, StatusCode};
    use std::time::Duration;

    /// Rule `internal`.
    #[test]
    fn a_panic_is_an_answer_and_the_next_request_is_served() {
        let emulator = Emulator::new(&Settings::default(), Catalog::documented().clone());
        let refused = guard(|| {
            let _held = emulator.state.instances.get("o", 1);
            panic!("on purpose")
        });
        assert_eq!(refused.unwrap_err(), ApiError::internal());
        let request = Request::new(Method::GET, "/elements/api-v2/elements/6", "");
        assert_eq!(emulator.answer(&request).reply.status, StatusCode::OK);
    }

    /// Rule `internal`: also what goes wrong around the handler is answered, with its id, and journaled.
    #[test]
    fn a_panic_outside_of_the_handler_is_an_answer_that_the_journal_has() {
        let emulator = Emulator::new(&Settings::default(), Catalog::documented().clone());
        let request = Request::new(Method::GET, "/elements/api-v2/elements/6", "");
        let outcome = emulator.apologize(&request, RequestId::new(0, 7));
        assert_eq!(outcome.reply.status, StatusCode::INTERNAL_SERVER_ERROR);
        let body = Json::parse(&outcome.reply.body).unwrap();
        let request_id = body.get("requestId").and_then(Json::as_str);
        assert_eq!(request_id, Some(&*RequestId::new(0, 7)));
        let found = emulator.received(&Predicate::new().rule("internal"));
        assert_eq!(found.requests.len(), 1);
    }

    /// Rule `stub`: its delay and that of a scripted effect add up.
    #[test]
    fn a_stub_is_given_after_its_delay_and_that_of_the_script() {
        let emulator = Emulator::new(&Settings::default(), Catalog::documented().clone());
        let ms = Duration::from_millis;
        let stub = StubOrder {
            delay: ms(30),
            ..StubOrder::default()
        };
        emulator.stub(stub).unwrap();
        let slower = Scripted::new(Effect::Delay(ms(20))).nth(2);
        emulator.script(slower).unwrap();
        let request = Request::new(Method::GET, "/elements/api-v2/elements/6", "");
        let delays = [(); 2].map(|()| emulator.answer(&request).conduct.delay);
        assert_eq!(delays, [ms(30), ms(50)]);
    }
}
