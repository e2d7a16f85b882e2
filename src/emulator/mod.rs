//! What the service does with one request; no sockets.
//!
//! [`Emulator::answer`] is the way of every request, in process, over a socket and in the binary. The checks run in
//! the order of the contract, and the first that fails answers: route, method, credentials, media types, size, JSON,
//! element, members and configuration.

mod clock;
mod configuration;
mod elements;
mod identity;
mod instances;
pub mod journal;
mod provision;
pub mod routes;
mod store;
mod view;

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::header::{
    ACCEPT, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ALLOW, AUTHORIZATION, CONTENT_TYPE, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use crate::catalog::Catalog;
use crate::instance::Instance;
use crate::rules::{self, Rule};
use crate::settings::{EmptyLists, Settings, Shape};
use crate::wire::auth::Credentials;
use crate::wire::error::ApiError;
use crate::wire::json::{Json, object, position};
use crate::wire::media;
use crate::wire::message::{Body, Connection, Malformed, Reply, Request};
use crate::wire::vocabulary::{Dialect, EXPOSED_HEADERS, header, member};
use clock::Clock;
use journal::{Circumstances, Found, Journal, Query, Received};
use routes::{Access, ApiPath, Route};
use store::{Store, Stored};
use view::{Hydration, View};

/// The emulated service: a catalog, instances, and the rules.
#[derive(Debug)]
pub struct Emulator {
    catalog: Arc<Catalog>,
    store: Store,
    journal: Journal,
    clock: Clock,
    seed: u64,
    shape: Shape,
    empty_lists: EmptyLists,
    accepted: Option<(String, String)>,
    requests: AtomicU64,
}

/// A reply, and why it is what it is.
#[derive(Debug)]
pub struct Outcome {
    /// What the caller gets.
    pub reply: Reply,
    /// The rule that decided.
    pub rule: &'static Rule,
    /// The instance it is about.
    pub(crate) instance: Option<Arc<Stored>>,
    /// How the body shows it, where the body is exactly that.
    pub(crate) view: Option<View>,
}

pub(crate) type Handled = Result<Outcome, ApiError>;

/// One request on its way to a handler: routed, and its caller known.
pub(crate) struct Call<'a> {
    request: &'a Request,
    route: &'static Route,
    path: ApiPath<'a>,
    organization: Cow<'a, str>,
    /// The instance of the header's token, where the route acts on it.
    of_token: Option<Arc<Stored>>,
}

impl Emulator {
    /// An emulator with these settings and this catalog; what concerns sockets is not looked at.
    #[must_use]
    pub fn new(settings: &Settings, catalog: Arc<Catalog>) -> Self {
        Emulator {
            catalog,
            store: Store::new(settings.seed),
            journal: Journal::new(settings.journal),
            clock: settings.clock.map_or(Clock::System, |at| {
                Clock::Manual(AtomicU64::new(clock::millis(at)))
            }),
            seed: settings.seed,
            shape: settings.shape,
            empty_lists: settings.empty_lists,
            accepted: settings.credentials.clone(),
            requests: AtomicU64::new(0),
        }
    }

    /// Answers one request. This is the whole way: nothing else decides what a caller gets.
    ///
    /// Never panics: whatever goes wrong inside is a 500 (rule `internal`).
    pub fn answer(&self, request: &Request) -> Outcome {
        let request_id = self.next_request_id();
        let mut organization = None;
        let handled = guard(|| self.handle(request, &mut organization));
        let mut outcome = handled.unwrap_or_else(|error| Outcome::refusal(error, &request_id));
        mark(&mut outcome, &request.headers, &request_id);
        let shown = outcome.instance.clone().zip(outcome.view);
        let at = self.clock.now();
        let circumstances = Circumstances {
            at,
            request_id,
            organization,
            shown,
        };
        self.journal.record(request, &outcome, circumstances);
        outcome
    }

    /// Answers what is not even a request; the connection ends with it (rule `http-malformed`).
    pub fn refuse_malformed(&self, malformed: Malformed) -> Outcome {
        let request_id = self.next_request_id();
        let mut outcome = Outcome::refusal(ApiError::malformed_http(malformed), &request_id);
        mark(&mut outcome, &HeaderMap::new(), &request_id);
        outcome
    }

    /// Every instance of every organization, by organization and id.
    #[must_use]
    pub fn instances(&self) -> Vec<Instance> {
        self.store
            .all()
            .iter()
            .map(|(organization, stored)| stored.to_instance(organization))
            .collect()
    }

    pub(crate) fn has_system_clock(&self) -> bool {
        matches!(self.clock, Clock::System)
    }

    /// The requests that fit, with secrets masked.
    #[must_use]
    pub fn received(&self, query: &Query) -> Found {
        self.journal.find(query)
    }

    /// What was received after the request with this number; waits until there is anything.
    #[must_use]
    pub fn received_after(&self, number: u64) -> Vec<Received> {
        self.journal.wait_after(number)
    }

    fn next_request_id(&self) -> [u8; 24] {
        identity::request_id(self.seed, self.requests.fetch_add(1, Ordering::Relaxed))
    }

    /// The straight line; `caller` is told whose request it is as soon as that is known.
    fn handle(&self, request: &Request, caller: &mut Option<u64>) -> Handled {
        if let Some(answer) = preflight(request) {
            return Ok(answer);
        }
        let (route, path) = routes::find(&request.method, &request.uri)?;
        let (organization, of_token) = self.caller(request, route.access, path.dialect)?;
        *caller = (route.access != Access::Open).then(|| identity::fingerprint(&organization));
        check_media(request, route)?;
        (route.handler)(
            self,
            &Call {
                request,
                route,
                path,
                organization,
                of_token,
            },
        )
    }

    /// Who is calling: the organization whose state the call sees, and the instance of its token.
    fn caller<'r>(
        &self,
        request: &'r Request,
        access: Access,
        dialect: Dialect,
    ) -> Result<(Cow<'r, str>, Option<Arc<Stored>>), ApiError> {
        if access == Access::Open {
            return Ok((Cow::default(), None));
        }
        let unauthorized = |rule| move || ApiError::unauthorized(rule);
        let header = request
            .header_text(&AUTHORIZATION)
            .ok_or_else(unauthorized(&rules::AUTH_REQUIRED))?;
        let credentials = Credentials::parse(header, dialect)
            .map_err(|_| ApiError::unauthorized(&rules::AUTH_GRAMMAR))?;
        self.check_accepted(&credentials)?;
        credentials
            .user
            .ok_or_else(unauthorized(&rules::AUTH_REQUIRED))?;
        if access == Access::Organization {
            let organization = credentials
                .organization
                .ok_or_else(unauthorized(&rules::AUTH_REQUIRED))?;
            return Ok((organization.into(), None));
        }
        let token = credentials
            .token
            .ok_or_else(unauthorized(&rules::AUTH_REQUIRED))?;
        let (organization, stored) = self
            .store
            .by_token(token)
            .ok_or_else(unauthorized(&rules::DEAD_TOKEN))?;
        match credentials.organization {
            Some(sent) if *sent != *organization => Err(ApiError::unauthorized(&rules::DEAD_TOKEN)),
            _ => Ok((Cow::Owned(organization.to_string()), Some(stored))),
        }
    }

    /// Rule `any-credentials`.
    fn check_accepted(&self, credentials: &Credentials<'_>) -> Result<(), ApiError> {
        let Some((user, organization)) = &self.accepted else {
            return Ok(());
        };
        let fits = |sent: Option<&str>, accepted: &str| sent.is_none_or(|sent| sent == accepted);
        if fits(credentials.user, user) && fits(credentials.organization, organization) {
            return Ok(());
        }
        Err(ApiError::unauthorized(&rules::ANY_CREDENTIALS))
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

/// Rules `accept`, `content-type` and `too-large`, in this order.
fn check_media(request: &Request, route: &Route) -> Result<(), ApiError> {
    if let Some(accept) = request
        .header_text(&ACCEPT)
        .filter(|accept| !media::accepts_json(accept))
    {
        return Err(ApiError::not_acceptable(accept));
    }
    let takes_body = matches!(route.method, Method::POST | Method::PUT | Method::PATCH);
    let sends_body = request.body != Body::Whole(Bytes::new());
    if takes_body && sends_body {
        let content_type = request.header_text(&CONTENT_TYPE);
        if !content_type.is_some_and(media::is_json) {
            return Err(ApiError::unsupported_media_type(content_type));
        }
    }
    match request.body {
        Body::TooLarge(limit) => Err(ApiError::too_large(limit)),
        Body::Whole(_) => Ok(()),
    }
}

/// Puts on the reply what every reply carries.
fn mark(outcome: &mut Outcome, asked: &HeaderMap, request_id: &[u8]) {
    let headers = &mut outcome.reply.headers;
    let request_id = HeaderValue::from_bytes(request_id).expect("hex digits are a header's value");
    headers.insert(header::REQUEST_ID, request_id);
    headers.insert(
        header::BECAUSE,
        HeaderValue::from_static(outcome.rule.because),
    );
    if let Some(origin) = asked.get(ORIGIN) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(
            ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(EXPOSED_HEADERS),
        );
        headers.insert(VARY, HeaderValue::from_static("origin"));
    }
}

impl<'a> Call<'a> {
    fn dialect(&self) -> Dialect {
        self.path.dialect
    }

    /// The secret whose state the call sees.
    fn organization(&self) -> &str {
        &self.organization
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.path.parameter(self.route.pattern, name)
    }

    fn key_or_id(&self) -> Option<&str> {
        self.parameter("keyOrId")
    }

    fn query(&self) -> &'a str {
        self.request.uri.query().unwrap_or_default()
    }

    /// The body as JSON (rules `json-malformed`, `curly-quotes`).
    fn json(&self) -> Result<Json<'a>, ApiError> {
        let Body::Whole(text) = &self.request.body else {
            unreachable!("a body that is too large is refused before any handler runs")
        };
        Json::parse(text).map_err(|problem| ApiError::malformed(&problem, curly_quote(text)))
    }
}

/// What to say of the first curly quote in a text; `None` when there is none.
fn curly_quote(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    let (offset, quote) = text
        .char_indices()
        .find(|(_, c)| matches!(c, '“' | '”' | '„' | '‘' | '’'))?;
    let (line, column) = position(text.as_bytes(), offset);
    Some(format!(
        "the curly quote {quote} at line {line}, column {column} must be a straight one: type \""
    ))
}

impl Outcome {
    /// 200 with a JSON body.
    fn json(rule: &'static Rule, body: impl Into<Bytes>) -> Self {
        let mut outcome = Outcome::empty(rule);
        outcome.reply.body = body.into();
        outcome
            .reply
            .headers
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        outcome
    }

    /// 200 without a body.
    fn empty(rule: &'static Rule) -> Self {
        let headers = HeaderMap::with_capacity(8);
        let (status, connection) = (StatusCode::OK, Connection::KeepAlive);
        let reply = Reply {
            status,
            headers,
            body: Bytes::new(),
            connection,
        };
        Outcome {
            reply,
            rule,
            instance: None,
            view: None,
        }
    }

    /// The one place where a refusal becomes a reply (rule `error-body`).
    fn refusal(error: ApiError, request_id: &[u8]) -> Self {
        let request_id = std::str::from_utf8(request_id).expect("hex digits are text");
        let body = object([
            (member::REQUEST_ID, request_id.into()),
            (member::MESSAGE, error.message.into()),
        ]);
        let mut outcome = Outcome::json(error.rule, body.to_string());
        outcome.reply.status = error.status;
        outcome.reply.connection = error.connection;
        match error.allow {
            Some(allow) => outcome.header(ALLOW, &allow),
            None => outcome,
        }
    }

    fn header(mut self, name: HeaderName, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("values of our own making are printable");
        self.reply.headers.insert(name, value);
        self
    }

    fn about(mut self, instance: Arc<Stored>) -> Self {
        self.instance = Some(instance);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
