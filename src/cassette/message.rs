//! One recorded request with its reply, as a cassette holds it.
//!
//! There are two ways to one: out of the redaction, or out of a cassette that was written before. Nothing else can
//! make one, so nothing that has not been redacted can be written.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use form_urlencoded::byte_serialize;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use percent_encoding::percent_decode_str;

use super::placeholder;
use super::policy::{Policy, is_like_a_name};
use super::selector::{MessagePart, Place, Side, Step};
use super::sought::Weight;
use crate::wire::json::{Json, MAX_KEPT_LEVELS};
use crate::wire::message::{Body, Request};

/// Names with values, in order; a name may appear more than once.
pub(crate) type Pairs = Vec<(String, String)>;

/// A conversation as it went over the wire, secrets and all; it can be redacted, and nothing else.
pub struct Exchange {
    /// The verb.
    pub method: Method,
    /// Path and query.
    pub target: String,
    /// All headers of the request.
    pub request_headers: http::HeaderMap,
    /// The request's body, decoded.
    pub request_body: Bytes,
    /// The status of the reply.
    pub status: StatusCode,
    /// All headers of the reply.
    pub response_headers: http::HeaderMap,
    /// The reply's body, decoded.
    pub response_body: Bytes,
}

/// One recorded request with its reply, without secrets.
#[derive(Clone, Debug, PartialEq)]
pub struct Interaction {
    pub(super) request: Asked,
    pub(super) response: Answered,
}

/// A recorded request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Pairs,
    pub(crate) headers: Pairs,
    pub(crate) body: Content,
}

/// A recorded reply.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) headers: Pairs,
    pub(crate) body: Content,
}

/// A recorded body.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    Empty,
    Json(Json<'static>),
    /// A form that is spelled as its names and values are; written as text.
    Form(Pairs),
    Text(String),
    Binary(Vec<u8>),
}

impl Interaction {
    /// Reads an exchange as it came; the values of headers that are not kept are returned beside it.
    ///
    /// The result must not be written before it is redacted.
    pub(super) fn read(exchange: &Exchange, policy: &Policy) -> (Self, UnkeptValues) {
        let (path, query) = exchange
            .target
            .split_once('?')
            .unwrap_or((&exchange.target, ""));
        let (request_headers, mut left_out) =
            read_headers(Side::Request, &exchange.request_headers, policy);
        let (response_headers, others) =
            read_headers(Side::Response, &exchange.response_headers, policy);
        left_out.extend(others);
        let request = Asked {
            method: exchange.method.clone(),
            path: path_of(path),
            query: parse_pairs(query),
            body: Content::of(&exchange.request_body, content_type(&request_headers)),
            headers: request_headers,
        };
        let response = Answered {
            status: exchange.status,
            body: Content::of(&exchange.response_body, content_type(&response_headers)),
            headers: response_headers,
        };
        (Interaction { request, response }, left_out)
    }

    pub(crate) fn response(&self) -> &Answered {
        &self.response
    }
}

impl Asked {
    /// A request that came, as it would be recorded; with its secrets, so nothing of it may be shown unasked.
    pub(super) fn of(request: &Request) -> Self {
        let body = match &request.body {
            Body::Whole(bytes) => bytes.as_ref(),
            Body::TooLarge(_) => &[],
        };
        let header = |name| request.header_text(name).unwrap_or_default();
        Asked {
            method: request.method.clone(),
            path: request.uri.path().to_owned(),
            query: parse_pairs(request.uri.query().unwrap_or_default()),
            headers: vec![(AUTHORIZATION.to_string(), header(&AUTHORIZATION).to_owned())],
            body: Content::of(body, header(&CONTENT_TYPE)),
        }
    }

    pub(super) fn authorization(&self) -> &str {
        value_of(&self.headers, AUTHORIZATION.as_str()).unwrap_or_default()
    }

    /// Path and query, encoded.
    #[cfg(feature = "recorder")]
    pub(crate) fn target(&self) -> String {
        match self.query.as_slice() {
            [] => self.path.clone(),
            query => format!("{}?{}", self.path, encode_pairs(query)),
        }
    }
}

impl Content {
    /// Reads a body by what it is; `content_type` only tells a form from other text.
    pub(super) fn of(body: &[u8], content_type: &str) -> Self {
        if body.is_empty() {
            return Content::Empty;
        }
        match Json::parse(body) {
            Ok(value) if value.levels() <= MAX_KEPT_LEVELS => {
                return Content::Json(value.into_owned());
            }
            _ => {}
        }
        match std::str::from_utf8(body) {
            Ok(text) => Content::of_text(text, content_type),
            Err(_) => Content::Binary(body.to_vec()),
        }
    }

    /// Reads a body that is text, and no JSON.
    pub(super) fn of_text(text: &str, content_type: &str) -> Self {
        form_of(text, content_type).map_or_else(|| Content::Text(text.to_owned()), Content::Form)
    }

    /// The body as bytes; JSON in its compact spelling.
    pub(crate) fn to_bytes(&self) -> Bytes {
        match self {
            Content::Empty => Bytes::new(),
            Content::Json(value) => value.to_string().into(),
            Content::Form(pairs) => encode_pairs(pairs).into(),
            Content::Text(text) => Bytes::copy_from_slice(text.as_bytes()),
            Content::Binary(bytes) => Bytes::copy_from_slice(bytes),
        }
    }
}

/// The path of a target, without scheme and host; `*` and the like become a path too.
fn path_of(target: &str) -> String {
    let without_scheme = target
        .split_once("://")
        .filter(|(scheme, _)| !scheme.contains('/'));
    let path = match without_scheme {
        Some((_, rest)) => rest.find('/').map_or("/", |start| &rest[start..]),
        None => target,
    };
    if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("/{path}")
    }
}

/// The values of headers that are not kept.
pub(super) type UnkeptValues = Vec<(Weight, String)>;

/// Splits headers into those that are kept and the values of all others.
fn read_headers(side: Side, headers: &HeaderMap, policy: &Policy) -> (Pairs, UnkeptValues) {
    let (mut kept, mut left_out) = (Pairs::new(), Vec::new());
    for (name, value) in headers {
        let steps = [Step::Member(name.as_str())];
        let place = Place::new(side, MessagePart::Header, &steps);
        if policy.keeps_header(&place) {
            kept.push((name.as_str().to_owned(), text_of_bytes(value.as_bytes())));
        } else if !UNSOUGHT_HEADERS.contains(&name.as_str()) {
            left_out.push((policy.weight(&place), text_of_bytes(value.as_bytes())));
        }
    }
    kept.retain(|(name, _)| name != CONTENT_LENGTH.as_str() && name != TRANSFER_ENCODING.as_str());
    // Clients and servers differ in the order, which says nothing.
    kept.sort_by(|a, b| a.0.cmp(&b.0));
    (kept, left_out)
}

/// Made by the connection, and so common that finding their values elsewhere tells nothing.
const UNSOUGHT_HEADERS: &[&str] = &["content-length", "date", "connection", "transfer-encoding"];

/// The pairs of a text that says it is a form and is one: it is spelled as its own names and values are.
fn form_of(text: &str, content_type: &str) -> Option<Pairs> {
    const FORM: &str = "application/x-www-form-urlencoded";
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case(FORM) || !text.contains('=') {
        return None;
    }
    let pairs = parse_pairs(text);
    let is_name = |name: &str| {
        is_like_a_name(name.trim_end_matches("[]")) || placeholder::number_of(name).is_some()
    };
    let has_names = pairs.iter().all(|(name, _)| is_name(name));
    (has_names && encode_pairs(&pairs) == text).then_some(pairs)
}

/// The names and values of a query.
fn parse_pairs(query: &str) -> Pairs {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        text_of_bytes(&percent_decode_str(&spaced).collect::<Vec<_>>())
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

pub(super) fn encode_pairs(pairs: &[(String, String)]) -> String {
    let encode = |text: &str| byte_serialize(&bytes_of_text(text)).collect::<String>();
    let pairs = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// Marks around the base64 of a header or of a query value that is not UTF-8; a replay gives its bytes back.
const BINARY: (&str, &str) = ("=?binary?B?", "?=");

fn text_of_bytes(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => format!("{}{}{}", BINARY.0, STANDARD.encode(bytes), BINARY.1),
    }
}

/// Headers as they go over the wire.
pub(crate) fn header_map(pairs: &Pairs) -> HeaderMap {
    let headers = pairs.iter().filter_map(|(name, value)| {
        let value = HeaderValue::from_bytes(&bytes_of_text(value)).ok()?;
        Some((HeaderName::try_from(name).ok()?, value))
    });
    headers.collect()
}

fn bytes_of_text(text: &str) -> Cow<'_, [u8]> {
    let encoded = text
        .strip_prefix(BINARY.0)
        .and_then(|text| text.strip_suffix(BINARY.1));
    let decoded = encoded.and_then(|encoded| STANDARD.decode(encoded).ok());
    decoded.map_or(Cow::Borrowed(text.as_bytes()), Cow::Owned)
}

pub(super) fn member<'a>(name: &'static str, value: Json<'a>) -> (Cow<'a, str>, Json<'a>) {
    (Cow::Borrowed(name), value)
}

pub(super) fn content_type(headers: &Pairs) -> &str {
    value_of(headers, CONTENT_TYPE.as_str()).unwrap_or_default()
}

pub(super) fn value_of<'p>(pairs: &'p Pairs, name: &str) -> Option<&'p str> {
    pairs
        .iter()
        .find_map(|(known, value)| known.eq_ignore_ascii_case(name).then_some(value.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::nothing("", "", "Empty")]
    #[case::json(r#"{"a": [1, 2.5]}"#, "text/plain", "Json(")]
    #[case::deep_json(&("[".repeat(104) + &"]".repeat(104)), "", "Json(")]
    #[case::json_too_deep_to_be_read_again(&("[".repeat(105) + &"]".repeat(105)), "", "Text(")]
    #[case::text("a=b&c=d", "text/plain", "Text(")]
    #[case::form("a=b&c=d", "Application/X-WWW-Form-Urlencoded; charset=utf-8", "Form(")]
    #[case::no_form("{a=b", "application/x-www-form-urlencoded", "Text(")]
    #[case::no_names("5551234567=b", "application/x-www-form-urlencoded", "Text(")]
    fn a_body_is_read_by_what_it_is(
        #[case] body: &str,
        #[case] content_type: &str,
        #[case] kind: &str,
    ) {
        let content = Content::of(body.as_bytes(), content_type);
        assert!(format!("{content:?}").starts_with(kind), "{content:?}");
    }
}
