//! Handlers of OAuth's two sides: the addresses and tokens that a client asks for, and the consent that the provider
//! would ask of a person.

use std::sync::Arc;

use http::header::{ACCEPT, HOST, LOCATION};
use http::{HeaderValue, StatusCode};

use super::{elements, provision};
use crate::catalog::{Element, OAuthVersion};
use crate::emulator::call::Call;
use crate::emulator::identity::Code;
use crate::emulator::outcome::{Handled, Outcome};
use crate::emulator::{Emulator, identity};
use crate::rules;
use crate::settings::OAuthCodes;
use crate::wire::error::ApiError;
use crate::wire::json::{Json, Members, object};
use crate::wire::oauth::{Authorization, DEFAULT_CALLBACK, Decision, Visit};
use crate::wire::vocabulary::{member, text};

/// The client that asks where the caller names none of its own (rule `oauth-url-default`).
const DEFAULT_CLIENT: &str = "mock-ce";

/// The lifetime of a code, in milliseconds (rule `oauth-strict`).
const CODE_LIFE: u64 = 10 * 60 * 1000;

/// A client's words about itself, as texts that are not empty.
struct Asked(Vec<(String, String)>);

/// The names without which no address is given out.
const REQUIRED: [&str; 3] = ["apiKey", "apiSecret", "callbackUrl"];

impl Asked {
    fn by_query(call: &Call<'_, '_>) -> Self {
        let pairs = call
            .query()
            .map(|(name, value)| (name.into_owned(), value.into_owned()));
        Asked(pairs.collect())
    }

    /// A body has no state (rule `oauth-url-post`).
    fn by_body(body: &Members<'_>) -> Self {
        let texts = body.iter().filter(|(name, _)| name != "state");
        let texts =
            texts.filter_map(|(name, value)| Some((name.to_string(), value.as_str()?.to_owned())));
        Asked(texts.collect())
    }

    fn get(&self, wanted: &str) -> Option<&str> {
        let named = self.0.iter().filter(|(name, _)| name == wanted);
        named
            .map(|(_, value)| &**value)
            .find(|value| !value.trim().is_empty())
    }

    /// Refuses a client that leaves out what is required (rule `oauth-url-bad`).
    fn check(&self) -> Result<(), ApiError> {
        let missing: Vec<_> = REQUIRED
            .into_iter()
            .filter(|name| self.get(name).is_none())
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let message = format!("Missing required parameters: {}", missing.join(", "));
        Err(ApiError::bad_request(&rules::OAUTH_URL_BAD, message))
    }
}

/// `GET /elements/{keyOrId}/oauth/url`
pub(in crate::emulator) fn url(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    answer_url(emulator, call, &Asked::by_query(call))
}

/// `POST /elements/{keyOrId}/oauth/url`
pub(in crate::emulator) fn post_url(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    answer_url(
        emulator,
        call,
        &Asked::by_body(provision::members(call.json()?)?),
    )
}

fn answer_url(emulator: &Emulator, call: &Call<'_, '_>, asked: &Asked) -> Handled {
    let (element, version) = of_call(emulator, call)?;
    asked.check()?;
    let request_token = asked
        .get("requestToken")
        .filter(|_| version == OAuthVersion::One);
    if version == OAuthVersion::One && request_token.is_none() {
        let message = "requestToken is required for OAuth 1; oauth/token gives one";
        return Err(ApiError::bad_request(&rules::OAUTH1_URL, message));
    }
    let authorization = Authorization {
        element: element.key(),
        client_id: asked.get("apiKey").unwrap_or_default(),
        callback: asked.get("callbackUrl").unwrap_or_default(),
        state: asked.get("state").unwrap_or(element.key()),
        scope: asked.get("scope"),
        request_token,
    };
    let body = object([
        (call.dialect().noun(), element.key().into()),
        (
            "oauthUrl",
            authorization.url(&origin(emulator, call)).into(),
        ),
    ]);
    Ok(Outcome::json(call.rule, body.to_bytes()))
}

/// `GET /elements/{keyOrId}/oauth/url/default`
pub(in crate::emulator) fn default_url(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let (element, version) = of_call(emulator, call)?;
    let asked = Asked::by_query(call);
    let (token, secret) = fresh_token(emulator, &element);
    let callback = asked
        .get("callbackUrl")
        .or_else(|| asked.get("oauth.callback.url"));
    let authorization = Authorization {
        element: element.key(),
        client_id: DEFAULT_CLIENT,
        callback: callback.unwrap_or(DEFAULT_CALLBACK),
        state: asked.get("state").unwrap_or(element.key()),
        scope: asked.get("scope"),
        request_token: (version == OAuthVersion::One).then_some(&*token),
    };
    let body = object([
        (call.dialect().noun(), element.key().into()),
        (
            "oauthUrl",
            authorization.url(&origin(emulator, call)).into(),
        ),
        (member::CONFIGURATION, object([("secret", secret.into())])),
    ]);
    Ok(Outcome::json(call.rule, body.to_bytes()))
}

/// `GET /elements/{keyOrId}/oauth/token`
pub(in crate::emulator) fn token(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let (element, version) = of_call(emulator, call)?;
    if version != OAuthVersion::One {
        let message = format!(
            "Element {} does not use OAuth 1, and only that has request tokens",
            element.key()
        );
        return Err(ApiError::bad_request(call.rule, message));
    }
    Asked::by_query(call).check()?;
    let (token, secret) = fresh_token(emulator, &element);
    let body = object([(member::TOKEN, token.into()), ("secret", secret.into())]);
    Ok(Outcome::json(call.rule, body.to_bytes()))
}

/// `GET /oauth/authorize/{keyOrId}`: a browser gets the page, and whoever else asks gets consent at once.
pub(in crate::emulator) fn consent(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let (element, _) = of_call(emulator, call)?;
    let refused = |message| ApiError::bad_request(call.rule, message);
    let visit = Visit::parse(call.context.query()).map_err(refused)?;
    let accept = call.context.request.header_text(&ACCEPT);
    let is_person = accept.is_some_and(|accept| accept.contains("text/html"));
    let decision = match &visit.decision {
        None if is_person => return Ok(Outcome::page(call.rule, visit.page(element.key()))),
        None => &Decision::Approve,
        Some(decision) => decision,
    };
    let rule = match decision {
        Decision::Approve => call.rule,
        Decision::Refuse(_) => &rules::CONSENT_DENIED,
    };
    let address = visit.way_back(decision, &fresh_code(emulator, &element));
    let address = HeaderValue::try_from(address).expect("a checked address is printable");
    let mut outcome = Outcome::empty(rule);
    outcome.reply.status = StatusCode::FOUND;
    outcome.reply.headers.insert(LOCATION, address);
    Ok(outcome)
}

/// Uses up the code that a body brings, where only the server's own are good (rule `oauth-strict`).
///
/// # Errors
/// 400 for a code that was not given out for this element, that is older than ten minutes, or that was used before.
pub(super) fn redeem(
    emulator: &Emulator,
    call: &Call<'_, '_>,
    element: &Element,
    body: &Json<'_>,
) -> Result<(), ApiError> {
    if emulator.settings.oauth == OAuthCodes::Any || element.oauth().is_none() {
        return Ok(());
    }
    let data = body.get(member::PROVIDER_DATA);
    let named = ["code", "oauth_verifier"].into_iter();
    let code = named
        .filter_map(|name| data?.get(name))
        .find(|code| **code != Json::Null);
    let Some(code) = code else {
        return Ok(());
    };
    let refused = |reason: &str| {
        let message = format!("The OAuth code {reason}; ask for consent again");
        Err(ApiError::bad_request(&rules::OAUTH_STRICT, message))
    };
    let read = code
        .as_str()
        .and_then(|code| Code::read(emulator.seed(), code));
    let Some(code) = read.filter(|code| code.element == element.id()) else {
        return refused("was not given out by this server for this element");
    };
    if emulator.clock.now().saturating_sub(code.given) > CODE_LIFE {
        return refused("is older than ten minutes");
    }
    if !emulator.state.codes.spend(call.organization(), code.number) {
        return refused("was used before");
    }
    Ok(())
}

/// The element of the path, which must use OAuth, and the version that it uses.
fn of_call(
    emulator: &Emulator,
    call: &Call<'_, '_>,
) -> Result<(Arc<Element>, OAuthVersion), ApiError> {
    let element = elements::known(emulator, call.key_or_id().unwrap_or_default())?;
    let version = element.oauth().ok_or_else(|| {
        let message = format!("Element {} does not use OAuth", element.key());
        ApiError::bad_request(&rules::OAUTH_URL_BAD, message)
    })?;
    Ok((element, version))
}

fn fresh_code(emulator: &Emulator, element: &Element) -> String {
    let code = Code {
        element: element.id(),
        given: emulator.clock.now(),
        number: emulator.state.codes.next(),
    };
    code.text(emulator.seed())
}

/// A request token and its secret.
fn fresh_token(emulator: &Emulator, element: &Element) -> (String, String) {
    let token = fresh_code(emulator, element);
    let secret = identity::login_secret(emulator.seed(), identity::fingerprint(&token), 2);
    (token, secret)
}

/// The address under which the caller reached the server.
fn origin(emulator: &Emulator, call: &Call<'_, '_>) -> String {
    let host = call
        .context
        .request
        .header_text(&HOST)
        .unwrap_or(text::LOCALHOST);
    let is_named = |hosts: &Vec<String>| hosts.iter().any(|name| name.eq_ignore_ascii_case(host));
    let is_https = emulator.ca_pem.is_some() && emulator.https_hosts.as_ref().is_none_or(is_named);
    let scheme = if is_https { "https" } else { "http" };
    format!("{scheme}://{host}")
}
