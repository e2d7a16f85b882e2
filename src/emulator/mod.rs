//! What the service does with one request; no sockets.
//!
//! [`Emulator::answer`] is the way of every request, in process, over a socket and in the binary. What the script orders
//! comes first, then what a cassette has; then the checks run in the order of the contract, and the first that fails
//! answers: route, method, credentials, media types, size, JSON, element, members and configuration.

mod call;
mod clock;
mod configuration;
pub mod control;
mod elements;
mod identity;
mod instances;
pub mod journal;
pub mod ledger;
mod outcome;
mod provision;
mod replay;
pub mod routes;
pub mod script;
pub mod snapshot;
mod store;
mod view;

use std::cell::OnceCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, ORIGIN,
};
use http::{HeaderMap, Method};

pub(crate) use control::Cursor;
pub use outcome::Outcome;

use crate::catalog::Catalog;
use crate::rules::{self, Grade, Rule};
use crate::settings::{ControlAccess, EmptyLists, Settings, Shape};
use crate::wire::auth::Credentials;
use crate::wire::error::ApiError;
use crate::wire::json::Json;
use crate::wire::message::{Body, Malformed, Request};
use crate::wire::vocabulary::Dialect;
use call::{Call, Caller};
use clock::Clock;
use journal::{Circumstances, Journal};
use ledger::Counters;
use outcome::Handled;
use replay::Tape;
use routes::Access;
use script::{Effect, Script, Subject};
use store::Store;
use view::{Hydration, View};

/// The emulated service: a catalog, instances, the rules, and what a test has ordered.
#[derive(Debug)]
pub struct Emulator {
    catalog: Arc<Catalog>,
    store: Store,
    script: Script,
    journal: Journal,
    counters: Counters,
    clock: Clock,
    seed: AtomicU64,
    shape: Shape,
    empty_lists: EmptyLists,
    accepted: Option<(String, String)>,
    min_grade: Grade,
    control: ControlAccess,
    state_file: Option<PathBuf>,
    started: Instant,
    requests: AtomicU64,
    tape: Option<Tape>,
    control_requests: AtomicU64,
}

impl Emulator {
    /// An emulator with these settings and this catalog; what concerns sockets is not looked at.
    #[must_use]
    pub fn new(settings: &Settings, catalog: Arc<Catalog>) -> Self {
        let journal = Journal::new(settings.journal, catalog.clone());
        Emulator {
            catalog,
            store: Store::default(),
            script: Script::default(),
            journal,
            counters: Counters::default(),
            clock: Clock::new(settings.clock),
            seed: AtomicU64::new(settings.seed),
            shape: settings.shape,
            empty_lists: settings.empty_lists,
            accepted: settings.credentials.clone(),
            min_grade: settings.min_grade,
            control: settings.control,
            state_file: settings.state.clone(),
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
        if control::is_for(request) {
            return control::answer(self, request);
        }
        #[cfg(feature = "page")]
        if let Some(redirect) = control::welcome(request) {
            return redirect.dated(&self.clock);
        }
        let number = self.requests.fetch_add(1, Relaxed);
        let request_id = identity::request_id(self.seed(), number);
        let answered = catch_unwind(AssertUnwindSafe(|| {
            self.respond(request, number, request_id)
        }));
        answered.unwrap_or_else(|_| self.apologize(request, request_id))
    }

    /// What the script or the service has for a request, with what the script does to it.
    fn respond(&self, request: &Request, number: u64, request_id: [u8; 24]) -> Outcome {
        let began = Instant::now();
        let effect = self.intercept(request);
        let mut organization = None;
        let scripted = effect
            .as_ref()
            .and_then(|effect| Outcome::scripted(effect, &request_id));
        let mut outcome = scripted.unwrap_or_else(|| {
            let handled = guard(|| self.handle(request, &mut organization));
            let admitted = handled.map_err(|error| self.admit(error));
            admitted.unwrap_or_else(|error| Outcome::refusal(error, &request_id))
        });
        if let Some(effect) = &effect {
            outcome.suffer(effect, self.seed(), number);
        }
        outcome.mark(&request.headers, &request_id, &self.clock);
        // What needs no credentials, or was refused before they were looked at, still belongs to who sent them.
        let sender = || Some(identity::fingerprint(&self.organization_of(request)?));
        let organization = organization.or_else(sender);
        self.remember(request, &outcome, request_id, organization, began);
        outcome
    }

    /// The answer where answering itself went wrong (rule `internal`).
    fn apologize(&self, request: &Request, request_id: [u8; 24]) -> Outcome {
        let mut outcome = Outcome::refusal(ApiError::internal(), &request_id);
        outcome.mark(&request.headers, &request_id, &self.clock);
        // Should this be what went wrong, the answer matters more.
        let _remembered = catch_unwind(AssertUnwindSafe(|| {
            self.remember(request, &outcome, request_id, None, Instant::now());
        }));
        outcome
    }

    /// Answers what is not even a request; the connection ends with it (rule `http-malformed`).
    pub fn refuse_malformed(&self, malformed: Malformed) -> Outcome {
        let request_id = identity::request_id(self.seed(), self.requests.fetch_add(1, Relaxed));
        let mut outcome = Outcome::refusal(ApiError::malformed_http(malformed), &request_id);
        outcome.mark(&HeaderMap::new(), &request_id, &self.clock);
        outcome
    }

    /// The straight line; `organization` is told whose request it is as soon as that is known.
    fn handle(&self, request: &Request, organization: &mut Option<u64>) -> Handled {
        if let Some(recorded) = self.tape.as_ref().and_then(|tape| tape.answer(request)) {
            return recorded;
        }
        if let Some(answer) = preflight(request) {
            return Ok(answer);
        }
        let (route, path) = routes::find(&request.method, &request.uri)?;
        self.check_grade(route.rule)?;
        if routes::has_trailing_slash(&request.uri) {
            self.check_grade(&rules::TRAILING_SLASH)?;
        }
        let caller = Caller::identify(self, request, route.access, path.dialect)?;
        if route.access != Access::Open {
            *organization = Some(identity::fingerprint(&caller.organization));
        }
        if routes::has_trailing_slash(&request.uri) {
            self.counters.relied(*organization, &rules::TRAILING_SLASH);
        }
        call::check_media(request, route)?;
        (route.handler)(
            self,
            &Call {
                request,
                route,
                path,
                caller,
            },
        )
    }

    /// Whether a rule is evidenced well enough to be followed.
    fn check_grade(&self, rule: &'static Rule) -> Result<(), ApiError> {
        if rule.grade >= self.min_grade {
            return Ok(());
        }
        Err(ApiError::below_grade(rule, self.min_grade))
    }

    /// The refusal itself, or 501 where its rule is evidenced too poorly.
    fn admit(&self, error: ApiError) -> ApiError {
        self.check_grade(error.rule).err().unwrap_or(error)
    }

    /// The effect that the script has for a request.
    fn intercept(&self, request: &Request) -> Option<Effect> {
        // Found out once at the most, however many rules ask.
        let (organization, element) = (OnceCell::new(), OnceCell::new());
        let subject = Subject {
            method: &request.method,
            path: request.uri.path(),
            organization: &|| {
                organization
                    .get_or_init(|| self.organization_of(request))
                    .clone()
            },
            element: &|| element.get_or_init(|| self.named_element(request)).clone(),
        };
        self.script.intercept(&subject, self.seed())
    }

    /// The organization of a request, also of one that only carries a token.
    fn organization_of(&self, request: &Request) -> Option<String> {
        let header = request.header_text(&AUTHORIZATION)?;
        let credentials = Dialect::ALL
            .iter()
            .find_map(|dialect| Credentials::parse(header, *dialect).ok())?;
        let of_token = || {
            Some(
                self.store
                    .by_token(credentials.token?, self.seed())?
                    .0
                    .to_string(),
            )
        };
        credentials
            .organization
            .map(str::to_owned)
            .or_else(of_token)
    }

    /// The key of the element that a request names.
    fn named_element(&self, request: &Request) -> Option<String> {
        let body: &[u8] = match &request.body {
            Body::Whole(body) => body,
            Body::TooLarge(_) => &[],
        };
        named_element(&self.catalog, request.uri.path(), body)
    }

    /// Writes a request and its answer into the journal and the ledger.
    fn remember(
        &self,
        request: &Request,
        outcome: &Outcome,
        request_id: [u8; 24],
        organization: Option<u64>,
        began: Instant,
    ) {
        if outcome.rule.grade < self.min_grade {
            self.counters.refused(organization);
        } else {
            self.counters.relied(organization, outcome.rule);
        }
        let shown = outcome.instance.clone().zip(outcome.view);
        let at = self.clock.now();
        let took = u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX);
        self.journal.record(
            request,
            outcome,
            Circumstances {
                at,
                request_id,
                organization,
                took,
                shown,
            },
        );
    }

    fn seed(&self) -> u64 {
        self.seed.load(Relaxed)
    }

    fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn view(&self, call: &Call<'_>) -> View {
        View {
            dialect: call.dialect(),
            shape: self.shape,
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

/// The answer to a browser's question whether it may send a request (rule `cors`).
fn preflight(request: &Request) -> Option<Outcome> {
    let is_preflight = request.method == Method::OPTIONS
        && request.headers.contains_key(ORIGIN)
        && request.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let allowed = is_preflight.then(|| routes::allowed(&request.uri))??;
    let mut outcome = Outcome::empty(&rules::CORS).header(ACCESS_CONTROL_ALLOW_METHODS, &allowed);
    if let Some(headers) = request.headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        outcome
            .reply
            .headers
            .insert(ACCESS_CONTROL_ALLOW_HEADERS, headers.clone());
    }
    Some(outcome)
}

/// The element that a request names, in the path or in the body: by its key in the catalog, or else as sent.
fn named_element(catalog: &Catalog, path: &str, body: &[u8]) -> Option<String> {
    let in_body = || {
        let body = Json::parse(body).ok()?;
        let mut nouns = Dialect::ALL.iter();
        let named = nouns.find_map(|dialect| body.get(dialect.noun()))?;
        let key = named.get("key").and_then(Json::as_str).map(str::to_owned);
        key.or_else(|| Some(named.get("id")?.as_u64()?.to_string()))
    };
    let named = routes::named_element(path).or_else(in_body)?;
    let known = catalog.find(&named);
    Some(known.map_or(named, |element| element.key().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::StatusCode;

    /// Rule `internal`.
    #[test]
    fn a_panic_is_an_answer_and_the_next_request_is_served() {
        let emulator = Emulator::new(&Settings::default(), Catalog::documented().clone());
        let refused = guard(|| {
            let _held = emulator.store.get("o", 1);
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
        let outcome = emulator.apologize(&request, *b"0123456789abcdef01234567");
        assert_eq!(outcome.reply.status, StatusCode::INTERNAL_SERVER_ERROR);
        let body = Json::parse(&outcome.reply.body).unwrap();
        let request_id = body.get("requestId").and_then(Json::as_str);
        assert_eq!(request_id, Some("0123456789abcdef01234567"));
        let found = emulator.received(&journal::Query::new().rule("internal"));
        assert_eq!(found.requests.len(), 1);
    }
}
