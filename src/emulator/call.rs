//! A routed request whose caller is known: what every handler is given.
//!
//! Checked in the order of the contract: credentials, media types, size, JSON.

use std::borrow::Cow;
use std::sync::Arc;

use http::header::{CONTENT_ENCODING, CONTENT_TYPE, TRANSFER_ENCODING};

use super::context::{CalledInstance, Context};
use super::path::PathPattern;
use super::record::ledger::Mishap;
use super::state::instances::Stored;
use super::{Emulator, identity};
use crate::rules::{self, Rule};
use crate::wire::auth::{AuthProblem, Credentials};
use crate::wire::error::ApiError;
use crate::wire::json::{Json, JsonProblem, MAX_KEPT_LEVELS, position};
use crate::wire::media;
use crate::wire::message::Request;
use crate::wire::vocabulary::{Dialect, word};

/// A routed request whose caller is known.
pub(crate) struct Call<'c, 'r> {
    pub(crate) context: &'c Context<'r>,
    /// The rule that a success follows.
    pub(crate) rule: &'static Rule,
    pub(crate) pattern: &'static PathPattern,
    pub(crate) caller: Caller,
}

/// The caller, as far as the route must know.
#[derive(Default)]
pub(crate) struct Caller {
    /// The secret of the organization whose state the call sees.
    pub(crate) organization: Arc<str>,
    /// The instance of the header's token, where the route acts on it.
    pub(crate) of_token: Option<Arc<Stored>>,
}

/// The callers that an endpoint lets in (rules `catalog-open`, `auth-required`, `control`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Open,
    /// A `User` and an `Organization`.
    Organization,
    /// A `User` and the `Element` token of a living instance.
    Token,
    /// The same, for a resource of the instance; its refusal names rule `hub-call-401`.
    Resource,
    /// A `User`, and an `Element` token, or an `Organization` without one.
    OrganizationOrToken,
    /// Whoever may steer the mock; the path is below `/__admin`.
    Control,
}

impl Access {
    /// The words that `Authorization` must have.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Access::Open | Access::Control => "none",
            Access::Organization => "User, Organization",
            Access::Token | Access::Resource => "User, Element",
            Access::OrganizationOrToken => "User, Organization or Element",
        }
    }
}

impl Caller {
    /// Identifies the caller of a request (rules `auth-grammar`, `auth-required`, `dead-token`).
    pub(crate) fn identify(
        emulator: &Emulator,
        context: &Context<'_>,
        access: Access,
    ) -> Result<Self, ApiError> {
        if matches!(access, Access::Open | Access::Control) {
            return Ok(Caller::default());
        }
        let dialect = context.dialect();
        let required = || {
            let read = context.credentials().and_then(Result::ok);
            let hint = missing_words(access, dialect, read.as_ref());
            ApiError::unauthorized(required_rule(access)).hinted(hint)
        };
        let unreadable = |problem| {
            let hint = unreadable_words(problem, access, dialect);
            ApiError::unauthorized(&rules::AUTH_GRAMMAR).hinted(hint)
        };
        let credentials = context
            .credentials()
            .ok_or_else(required)?
            .map_err(unreadable)?;
        emulator.check_accepted(&credentials)?;
        credentials.user.ok_or_else(required)?;
        let caller = match access {
            Access::Organization => Caller {
                organization: credentials.organization.ok_or_else(required)?.into(),
                of_token: None,
            },
            Access::OrganizationOrToken if credentials.token.is_none() => Caller {
                organization: credentials.organization.ok_or_else(required)?.into(),
                of_token: None,
            },
            _ => Caller::of_token(
                emulator,
                credentials.token.ok_or_else(required)?,
                &credentials,
            )?,
        };
        context.remember_organization(&caller.organization);
        if access == Access::Resource {
            caller.remember_called_instance(context);
        }
        Ok(caller)
    }

    /// Tells the context whose resource is called.
    fn remember_called_instance(&self, context: &Context<'_>) {
        let names_a_resource = context.path().is_some_and(|path| path.resource().is_some());
        if let Some(instance) = self.of_token.as_ref().filter(|_| names_a_resource) {
            context.remember_called_instance(CalledInstance {
                organization: self.organization.clone(),
                instance: instance.clone(),
            });
        }
    }

    fn of_token(
        emulator: &Emulator,
        token: &str,
        credentials: &Credentials<'_>,
    ) -> Result<Self, ApiError> {
        let word = Dialect::Element.token_word();
        let refused =
            |rule, why: &str| ApiError::unauthorized(rule).hinted(format!("read {word}: {why}"));
        let (store, seed) = (&emulator.state.instances, emulator.seed());
        let Some((organization, stored)) = store.by_token(token, seed) else {
            if let Some(organization) = store.formerly_of(token, seed) {
                let mishap = Mishap::UsedAfterDeletion(identity::secret_name(token));
                emulator.counters.mishap(Some(organization), mishap);
                return Err(refused(
                    &rules::DEAD_TOKEN,
                    "the instance with this token was deleted",
                ));
            }
            return Err(refused(&rules::DEAD_TOKEN, "no instance has this token"));
        };
        if credentials
            .organization
            .is_some_and(|sent| *sent != *organization)
        {
            let hint = "the instance with this token is another organization's";
            return Err(ApiError::unauthorized(&rules::TOKEN_OTHER_ORGANIZATION).hinted(hint));
        }
        Ok(Caller {
            organization,
            of_token: Some(stored),
        })
    }
}

impl Emulator {
    /// Refuses credentials other than the only ones that the server accepts (rule `any-credentials`).
    fn check_accepted(&self, credentials: &Credentials<'_>) -> Result<(), ApiError> {
        let Some((user, organization)) = &self.settings.credentials else {
            return Ok(());
        };
        let fits = |sent: Option<&str>, accepted: &str| sent.is_none_or(|sent| sent == accepted);
        if fits(credentials.user, user) && fits(credentials.organization, organization) {
            return Ok(());
        }
        let wrong = match fits(credentials.user, user) {
            true => word::ORGANIZATION,
            false => word::USER,
        };
        let hint = format!(
            "read {wrong}: its secret is not the one that --credentials or MockCe::builder().credentials accepts"
        );
        Err(ApiError::unauthorized(&rules::ANY_CREDENTIALS).hinted(hint))
    }
}

/// Says which words of `Authorization` are missing, and which were read.
fn missing_words(access: Access, dialect: Dialect, read: Option<&Credentials<'_>>) -> String {
    let needed = needed_words(access, dialect);
    let Some(read) = read else {
        let line = needed.map(|word| format!("{word} SECRET")).join(", ");
        return format!("no Authorization was read; send Authorization: {line}");
    };
    let words = [
        (word::USER, read.user),
        (word::ORGANIZATION, read.organization),
        (dialect.token_word(), read.token),
    ];
    let found = words.iter().filter(|(_, secret)| secret.is_some());
    let found: Vec<_> = found.map(|(word, _)| *word).collect();
    let missing: Vec<_> = needed
        .into_iter()
        .filter(|word| !found.contains(word))
        .collect();
    let (missing, found) = (missing.join(", "), found.join(", "));
    format!("missing in Authorization: {missing}; read: {found}")
}

/// Says why `Authorization` cannot be read; what stands in it is not repeated, for it may be a secret.
fn unreadable_words(problem: AuthProblem, access: Access, dialect: Dialect) -> String {
    let line = needed_words(access, dialect).map(|word| format!("{word} SECRET"));
    format!(
        "Authorization: {problem}; send Authorization: {}",
        line.join(", ")
    )
}

/// The words that a route needs, in the spelling of the dialect.
fn needed_words(access: Access, dialect: Dialect) -> [&'static str; 2] {
    match access {
        Access::Token | Access::Resource => [word::USER, dialect.token_word()],
        _ => [word::USER, word::ORGANIZATION],
    }
}

/// The rule that refuses a caller without the words that are needed.
fn required_rule(access: Access) -> &'static Rule {
    match access {
        Access::Resource => &rules::HUB_CALL_401,
        _ => &rules::AUTH_REQUIRED,
    }
}

/// Refuses a body that is not said to be JSON (rule `content-type`).
pub(crate) fn check_content_type(request: &Request) -> Result<(), ApiError> {
    let content_type = request.header_text(&CONTENT_TYPE);
    if content_type.is_some_and(media::is_json) {
        return Ok(());
    }
    Err(ApiError::unsupported_media_type(content_type))
}

/// Refuses a body in a coding that would have to be undone before it is JSON (rule `content-type`).
pub(crate) fn check_codings(request: &Request) -> Result<(), ApiError> {
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

impl<'r> Call<'_, 'r> {
    pub(crate) fn dialect(&self) -> Dialect {
        self.context.dialect()
    }

    /// The secret whose state the call sees.
    pub(crate) fn organization(&self) -> &str {
        &self.caller.organization
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let path = self.context.path()?;
        self.pattern.parameter(name, &path.segments)
    }

    pub(crate) fn key_or_id(&self) -> Option<&str> {
        self.parameter("keyOrId")
    }

    /// The parameters of the query, decoded, in order.
    pub(crate) fn query(&self) -> impl Iterator<Item = (Cow<'r, str>, Cow<'r, str>)> + use<'r> {
        form_urlencoded::parse(self.context.query().as_bytes())
    }

    /// The body as JSON (rules `json-malformed`, `curly-quotes`), not nested deeper than what is kept of it may be.
    pub(crate) fn json(&self) -> Result<&Json<'r>, ApiError> {
        let json = self.document()?;
        if json.levels() > MAX_KEPT_LEVELS {
            let problem = JsonProblem::too_deep(self.context.body(), MAX_KEPT_LEVELS);
            return Err(ApiError::malformed(&problem, None));
        }
        Ok(json)
    }

    /// The body as JSON, as deep as JSON is read: the document of a state, which holds what was sent.
    pub(crate) fn document(&self) -> Result<&Json<'r>, ApiError> {
        let refusal = |problem| ApiError::malformed(problem, curly_quote(self.context.body()));
        self.context.json().map_err(refusal)
    }
}

/// Says what to type instead of the first curly quote of a text; `None` when there is none.
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
