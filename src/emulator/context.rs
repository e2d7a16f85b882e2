//! A request on its way through the emulator, read lazily: path, credentials and body, each once at the most.
//!
//! Script, routes, handlers and journal all ask the same context, so nobody reads a header or a body a second time.

use std::cell::OnceCell;
use std::sync::Arc;
use std::time::Instant;

use http::Method;
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, ORIGIN};

use super::identity;
use super::path::ApiPath;
use super::state::instances::{Store, Stored};
use crate::catalog::Catalog;
use crate::wire::auth::{AuthProblem, Credentials};
use crate::wire::json::{Json, JsonProblem};
use crate::wire::message::{Body, Request};
use crate::wire::vocabulary::Dialect;

/// One request and what has been read of it so far.
pub(crate) struct Context<'r> {
    pub(crate) request: &'r Request,
    pub(crate) began: Instant,
    path: OnceCell<Option<ApiPath<'r>>>,
    credentials: OnceCell<Option<Result<Credentials<'r>, AuthProblem>>>,
    json: OnceCell<Result<Json<'r>, JsonProblem>>,
    organization: OnceCell<Option<Arc<str>>>,
    called_instance: OnceCell<CalledInstance>,
}

/// The instance whose resource is called, for the usage log.
pub(crate) struct CalledInstance {
    pub(crate) organization: Arc<str>,
    pub(crate) instance: Arc<Stored>,
}

impl<'r> Context<'r> {
    pub(crate) fn new(request: &'r Request) -> Self {
        Context {
            request,
            began: Instant::now(),
            path: OnceCell::new(),
            credentials: OnceCell::new(),
            json: OnceCell::new(),
            organization: OnceCell::new(),
            called_instance: OnceCell::new(),
        }
    }

    /// The path; `None` for a target that is no path, such as `*`.
    pub(crate) fn path(&self) -> Option<&ApiPath<'r>> {
        let read = || ApiPath::parse(self.request.uri.path());
        self.path.get_or_init(read).as_ref()
    }

    /// The dialect of the path.
    pub(crate) fn dialect(&self) -> Dialect {
        self.path().map_or(Dialect::Element, |path| path.dialect)
    }

    pub(crate) fn query(&self) -> &'r str {
        self.request.uri.query().unwrap_or_default()
    }

    /// Tells whether the path ends in a slash that its route lacks (rule `trailing-slash`).
    pub(crate) fn has_trailing_slash(&self) -> bool {
        self.request.uri.path().ends_with('/')
    }

    /// Tells whether a browser asks whether it may send a request (rule `cors`).
    pub(crate) fn is_preflight(&self) -> bool {
        let Request {
            method, headers, ..
        } = self.request;
        *method == Method::OPTIONS
            && headers.contains_key(ORIGIN)
            && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
    }

    /// The credentials in the dialect of the path; `None` where the header is absent or not text.
    pub(crate) fn credentials(&self) -> Option<Result<Credentials<'r>, AuthProblem>> {
        *self.credentials.get_or_init(|| {
            let header = self.request.header_text(&AUTHORIZATION)?;
            Some(Credentials::parse(header, self.dialect()))
        })
    }

    /// The body as it was sent; nothing of one that is too large.
    pub(crate) fn body(&self) -> &'r [u8] {
        match &self.request.body {
            Body::Whole(body) => body,
            Body::TooLarge(_) => &[],
        }
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Result<&Json<'r>, &JsonProblem> {
        self.json.get_or_init(|| Json::parse(self.body())).as_ref()
    }

    /// The secret of the organization whose request it is, also where the header has only an instance's token.
    ///
    /// A header in the other dialect is refused, but its sender is known all the same.
    pub(crate) fn organization(&self, store: &Store, seed: u64) -> Option<&str> {
        let read = || {
            let other_dialect = || {
                let header = self.request.header_text(&AUTHORIZATION)?;
                Credentials::parse(header, self.dialect().other()).ok()
            };
            let credentials = self.credentials()?.ok().or_else(other_dialect)?;
            let of_token = || Some(store.by_token(credentials.token?, seed)?.0);
            credentials.organization.map(Arc::from).or_else(of_token)
        };
        self.organization.get_or_init(read).as_deref()
    }

    /// Remembers the organization of a caller; its instance may be gone when the request is journaled.
    pub(crate) fn remember_organization(&self, secret: &Arc<str>) {
        // Whoever asked before got the same answer.
        let _known = self.organization.set(Some(secret.clone()));
    }

    /// Remembers that the request is a call of an instance's resource, so that it is marked however it ends
    /// (rule `instance-id-header`).
    pub(crate) fn remember_called_instance(&self, called: CalledInstance) {
        let _known = self.called_instance.set(called);
    }

    /// The instance whose resource the request calls.
    pub(crate) fn called_instance(&self) -> Option<&CalledInstance> {
        self.called_instance.get()
    }

    /// Tells whether the header has an instance's token, dead or alive.
    pub(crate) fn has_token(&self) -> bool {
        let credentials = self.credentials().and_then(Result::ok);
        credentials.is_some_and(|credentials| credentials.token.is_some())
    }

    /// The fingerprint of that organization.
    pub(crate) fn fingerprint(&self, store: &Store, seed: u64) -> Option<u64> {
        self.organization(store, seed).map(identity::fingerprint)
    }

    /// The key of the element that the request names in its path or its body; as sent, where the catalog lacks it.
    pub(crate) fn named_element(&self, catalog: &Catalog) -> Option<String> {
        let in_path = self.path().and_then(ApiPath::named_element);
        let named = match in_path {
            Some(named) => named.to_owned(),
            None => element_in_body(self.json().ok()?)?,
        };
        Some(known_key(catalog, named))
    }
}

/// The key of the element that a kept request names; see [`Context::named_element`].
pub(crate) fn named_element(catalog: &Catalog, path: &str, body: &[u8]) -> Option<String> {
    let path = ApiPath::parse(path);
    let in_path = path.as_ref().and_then(ApiPath::named_element);
    let named = match in_path {
        Some(named) => named.to_owned(),
        None => element_in_body(&Json::parse(body).ok()?)?,
    };
    Some(known_key(catalog, named))
}

fn element_in_body(body: &Json<'_>) -> Option<String> {
    let mut nouns = Dialect::ALL.iter();
    let named = nouns.find_map(|dialect| body.get(dialect.noun()))?;
    let key = named.get("key").and_then(Json::as_str).map(str::to_owned);
    key.or_else(|| Some(named.get("id")?.as_u64()?.to_string()))
}

fn known_key(catalog: &Catalog, named: String) -> String {
    let known = catalog.find(&named);
    known.map_or(named, |element| element.key().to_owned())
}
