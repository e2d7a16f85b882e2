//! One request on its way to a handler: who calls, and what was sent.
//!
//! In the order of the contract: credentials, media types, size, JSON.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, TRANSFER_ENCODING};

use super::ledger::Mishap;
use super::routes::{Access, Route, RoutePath};
use super::store::Stored;
use super::{Emulator, journal};
use crate::rules;
use crate::wire::auth::Credentials;
use crate::wire::error::ApiError;
use crate::wire::json::{Json, position};
use crate::wire::media;
use crate::wire::message::{Body, Request};
use crate::wire::vocabulary::Dialect;

/// A routed request whose caller is known.
pub(crate) struct Call<'a> {
    pub(crate) request: &'a Request,
    pub(crate) route: &'static Route,
    pub(crate) path: RoutePath<'a>,
    pub(crate) caller: Caller<'a>,
}

/// Whose state a call sees.
#[derive(Default)]
pub(crate) struct Caller<'a> {
    pub(crate) organization: Cow<'a, str>,
    /// The instance of the header's token, where the route acts on it.
    pub(crate) of_token: Option<Arc<Stored>>,
}

impl<'a> Caller<'a> {
    /// Who sent a request, as far as its route must know.
    pub(crate) fn identify(
        emulator: &Emulator,
        request: &'a Request,
        access: Access,
        dialect: Dialect,
    ) -> Result<Self, ApiError> {
        if matches!(access, Access::Open | Access::Control) {
            return Ok(Caller::default());
        }
        let required = || ApiError::unauthorized(&rules::AUTH_REQUIRED);
        let header = request.header_text(&AUTHORIZATION).ok_or_else(required)?;
        let credentials = Credentials::parse(header, dialect)
            .map_err(|_| ApiError::unauthorized(&rules::AUTH_GRAMMAR))?;
        emulator.check_accepted(&credentials)?;
        credentials.user.ok_or_else(required)?;
        if access == Access::Organization {
            let organization = credentials.organization.ok_or_else(required)?;
            return Ok(Caller {
                organization: organization.into(),
                of_token: None,
            });
        }
        Caller::of_token(
            emulator,
            credentials.token.ok_or_else(required)?,
            &credentials,
        )
    }

    fn of_token(
        emulator: &Emulator,
        token: &str,
        credentials: &Credentials<'_>,
    ) -> Result<Self, ApiError> {
        let dead = || ApiError::unauthorized(&rules::DEAD_TOKEN);
        let Some((organization, stored)) = emulator.store.by_token(token) else {
            if let Some(organization) = emulator.store.formerly_of(token, emulator.seed()) {
                let mishap = Mishap::UsedAfterDeletion(journal::secret_name(token));
                emulator.counters.mishap(Some(organization), mishap);
            }
            return Err(dead());
        };
        if credentials
            .organization
            .is_some_and(|sent| *sent != *organization)
        {
            return Err(dead());
        }
        Ok(Caller {
            organization: Cow::Owned(organization.to_string()),
            of_token: Some(stored),
        })
    }
}

impl Emulator {
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
}

/// Rules `accept`, `content-type` and `too-large`, in this order.
pub(crate) fn check_media(request: &Request, route: &Route) -> Result<(), ApiError> {
    let accept = request.header_list(&ACCEPT);
    if let Some(accept) = accept.filter(|accept| !media::accepts_json(accept)) {
        return Err(ApiError::not_acceptable(&accept));
    }
    let takes_body = matches!(route.method, Method::POST | Method::PUT | Method::PATCH);
    if takes_body && request.body != Body::Whole(Bytes::new()) {
        check_content_type(request)?;
        check_codings(request)?;
    }
    match request.body {
        Body::TooLarge(limit) => Err(ApiError::too_large(limit)),
        Body::Whole(_) => Ok(()),
    }
}

/// Rule `content-type`.
pub(crate) fn check_content_type(request: &Request) -> Result<(), ApiError> {
    let content_type = request.header_text(&CONTENT_TYPE);
    if content_type.is_some_and(media::is_json) {
        return Ok(());
    }
    Err(ApiError::unsupported_media_type(content_type))
}

/// Refuses a body in a coding that would have to be undone before it is JSON (rule `content-type`).
fn check_codings(request: &Request) -> Result<(), ApiError> {
    for header in [CONTENT_ENCODING, TRANSFER_ENCODING] {
        for line in request.headers.get_all(&header) {
            let codings = String::from_utf8_lossy(line.as_bytes());
            if !codings.split(',').all(is_no_coding) {
                return Err(ApiError::unsupported_coding(&header, &codings));
            }
        }
    }
    Ok(())
}

/// Tells if a body arrives as it is under this coding; chunks are put together before anything is read.
fn is_no_coding(coding: &str) -> bool {
    let coding = coding.trim();
    ["", "identity", "chunked"]
        .iter()
        .any(|plain| coding.eq_ignore_ascii_case(plain))
}

impl<'a> Call<'a> {
    pub(crate) fn dialect(&self) -> Dialect {
        self.path.dialect
    }

    /// The secret whose state the call sees.
    pub(crate) fn organization(&self) -> &str {
        &self.caller.organization
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.path.parameter(self.route.pattern, name)
    }

    pub(crate) fn key_or_id(&self) -> Option<&str> {
        self.parameter("keyOrId")
    }

    pub(crate) fn query(&self) -> &'a str {
        self.request.uri.query().unwrap_or_default()
    }

    /// The body as JSON (rules `json-malformed`, `curly-quotes`).
    pub(crate) fn json(&self) -> Result<Json<'a>, ApiError> {
        let Body::Whole(text) = &self.request.body else {
            unreachable!("a body that is too large is refused before any handler runs")
        };
        Json::parse(text).map_err(|problem| ApiError::malformed(&problem, curly_quote(text)))
    }
}

/// What to say of the first curly quote in a text; `None` when there is none.
fn curly_quote(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    let is_curly =
        |(_, character): &(usize, char)| matches!(character, '“' | '”' | '„' | '‘' | '’');
    let (offset, quote) = text.char_indices().find(is_curly)?;
    let (line, column) = position(text.as_bytes(), offset);
    Some(format!(
        "the curly quote {quote} at line {line}, column {column} must be a straight one: type \""
    ))
}
