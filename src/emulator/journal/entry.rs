//! One journaled request: as it is kept, flat; and as it is shown, with secrets masked.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::mem::size_of;
use std::sync::Arc;

use http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::mask;
use crate::catalog::{Catalog, Element};
use crate::emulator::identity;
use crate::emulator::named_element;
use crate::emulator::store::Stored;
use crate::emulator::view::{View, date};
use crate::rules::Rule;
use crate::wire::json::{Json, object, object_of_pairs};
use crate::wire::message::Request;

/// One request as the journal keeps it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) number: u64,
    pub(super) at: u64,
    pub(super) request_id: [u8; 24],
    pub(super) organization: Option<u64>,
    pub(super) rule: &'static Rule,
    /// `None` where no answer was made.
    pub(super) status: Option<StatusCode>,
    pub(super) effect: Option<&'static str>,
    pub(super) instance: Option<u64>,
    /// The element of that instance.
    pub(super) element: Option<Arc<Element>>,
    pub(super) request: Kept,
    pub(super) answer: Answer,
}

/// The body of an answer.
#[derive(Debug)]
pub(super) enum Answer {
    Text(Kept),
    /// Exactly this instance, shown so.
    Shown(Arc<Stored>, View),
}

/// A message in one allocation: for a request `METHOD TARGET`, a line a header, then a body; for an answer the body.
#[derive(Debug)]
pub(super) struct Kept {
    flat: Box<[u8]>,
    /// Where the body starts.
    body_at: u32,
    /// The body's length before it was cut.
    length: u64,
    /// A digest of the whole body, where it was cut.
    digest: u64,
}

thread_local! {
    /// Where a message is put together before it is copied in its exact size: shrinking an allocation costs more.
    static FLAT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Kept {
    pub(super) fn request(request: &Request, body: &[u8], limit: usize) -> Self {
        let target = request
            .uri
            .path_and_query()
            .map_or("", |target| target.as_str());
        FLAT.with_borrow_mut(|flat| {
            flat.clear();
            flat.extend_from_slice(request.method.as_str().as_bytes());
            flat.push(b' ');
            flat.extend_from_slice(&target.as_bytes()[..target.floor_char_boundary(limit)]);
            flat.push(b'\n');
            push_headers(flat, &request.headers, limit);
            let body_at = u32::try_from(flat.len()).expect("a head is limited to less than 4 GiB");
            flat.extend_from_slice(clip(body, limit));
            Kept::new(flat, body_at, body, limit)
        })
    }

    pub(super) fn body(body: &[u8], limit: usize) -> Self {
        Kept::new(clip(body, limit), 0, body, limit)
    }

    fn new(flat: &[u8], body_at: u32, body: &[u8], limit: usize) -> Self {
        let digest = if body.len() > limit {
            identity::fingerprint_bytes(body)
        } else {
            0
        };
        Kept {
            flat: flat.into(),
            body_at,
            length: body.len() as u64,
            digest,
        }
    }

    fn head(&self) -> &str {
        std::str::from_utf8(&self.flat[..self.body_at as usize]).unwrap_or_default()
    }

    fn body_text(&self) -> &[u8] {
        &self.flat[self.body_at as usize..]
    }

    fn content(&self, mask: impl Fn(&[u8]) -> String) -> Content {
        let text = mask(self.body_text());
        let cut = self.length > self.body_text().len() as u64;
        Content {
            text,
            length: self.length,
            digest: cut.then(|| format!("{:016x}", self.digest)),
        }
    }
}

fn clip(text: &[u8], limit: usize) -> &[u8] {
    &text[..text.len().min(limit)]
}

/// One line a header, secrets replaced, together not much longer than `limit`.
fn push_headers(flat: &mut Vec<u8>, headers: &HeaderMap, limit: usize) {
    let start = flat.len();
    for (name, value) in headers {
        if flat.len() - start > limit {
            flat.extend_from_slice(b"...: \n");
            return;
        }
        flat.extend_from_slice(name.as_str().as_bytes());
        flat.extend_from_slice(b": ");
        push_header_value(flat, name, value);
        flat.push(b'\n');
    }
}

fn push_header_value(flat: &mut Vec<u8>, name: &HeaderName, value: &HeaderValue) {
    if *name == AUTHORIZATION {
        mask::push_authorization(flat, value);
    } else if *name == COOKIE || *name == PROXY_AUTHORIZATION || is_secret_header(name) {
        mask::push_secret(flat, value.as_bytes());
    } else if value.as_bytes().is_ascii() {
        flat.extend_from_slice(value.as_bytes());
    } else {
        flat.extend(
            value
                .as_bytes()
                .iter()
                .map(|&byte| if byte.is_ascii() { byte } else { b'?' }),
        );
    }
}

/// `x-api-key`, `x-auth-token` and the like.
fn is_secret_header(name: &HeaderName) -> bool {
    let name = name.as_str();
    ["key", "token", "secret", "password"]
        .iter()
        .any(|ending| name.ends_with(ending))
}

impl Entry {
    /// Roughly what the entry takes; an instance is counted, for it may be in the journal only.
    pub(super) fn bytes(&self) -> usize {
        let answer = match &self.answer {
            Answer::Text(kept) => kept.flat.len(),
            Answer::Shown(stored, _) => stored.bytes(),
        };
        size_of::<Entry>() + self.request.flat.len() + answer
    }

    pub(super) fn method(&self) -> &str {
        self.request.head().split(' ').next().unwrap_or_default()
    }

    /// Path and query as sent.
    pub(super) fn target(&self) -> &str {
        let line = self.request.head().lines().next().unwrap_or_default();
        line.split_once(' ').map_or("", |(_, target)| target)
    }

    /// The key of the element that the request is about, if it can be told.
    pub(super) fn element(&self, catalog: &Catalog) -> Option<String> {
        match &self.element {
            Some(element) => Some(element.key().to_owned()),
            None => named_element(catalog, self.path(), self.request.body_text()),
        }
    }

    pub(super) fn path(&self) -> &str {
        self.target().split('?').next().unwrap_or_default()
    }

    pub(super) fn line(&self, catalog: &Catalog) -> String {
        let target = mask::target(self.target(), &|key| catalog.hides(key));
        let answer = if let Answer::Text(kept) = &self.answer {
            kept.body_text()
        } else {
            &[]
        };
        line(
            self.method(),
            &target,
            self.status.map(|status| status.as_u16()),
            self.rule,
            self.effect,
            answer,
        )
    }

    pub(super) fn show(&self, catalog: &Catalog) -> Received {
        let is_secret = |key: &str| catalog.hides(key);
        let head = self.request.head();
        let headers = head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "));
        Received {
            number: self.number,
            at: self.at,
            request_id: String::from_utf8_lossy(&self.request_id).into_owned(),
            organization: self.organization.map(mask::name),
            method: self.method().to_owned(),
            target: mask::target(self.target(), &is_secret),
            headers: headers
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            body: self
                .request
                .content(|text| mask::sent_body(text, &is_secret)),
            element: self.element(catalog),
            instance: self.instance,
            status: self.status.map(|status| status.as_u16()),
            rule: self.rule,
            effect: self.effect,
            answer: match &self.answer {
                Answer::Text(kept) => kept.content(|text| mask::body(text, &is_secret)),
                Answer::Shown(stored, view) => {
                    let mut body = Vec::new();
                    view.render(&mut body, stored);
                    Content {
                        length: body.len() as u64,
                        digest: None,
                        text: mask::body(&body, &is_secret),
                    }
                }
            },
        }
    }
}

/// One request that a server received, and how it was answered; secrets are masked.
///
/// As JSON: `{"number", "at", "requestId", "organization", "method", "target", "headers": {}, "body": {"text",
/// "length", "digest"?}, "element", "instance", "status", "rule", "grade", "effect", "answer": {…}}`; times are
/// RFC 3339, absent values `null`, and the values of a header that came more than once are an array.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Received {
    /// Counts the server's requests from 1.
    pub number: u64,
    /// When, in milliseconds since 1970, by the server's clock.
    pub at: u64,
    /// What the header `elements-request-id` of the answer said.
    pub request_id: String,
    /// A short stable name for the organization's secret: `"secret-1f3a9c0e"`.
    pub organization: Option<String>,
    /// The verb.
    pub method: String,
    /// Path and query as sent.
    pub target: String,
    /// The headers, secrets replaced by their short names.
    pub headers: Vec<(String, String)>,
    /// The request's body.
    pub body: Content,
    /// The key of the element it was about, if it can be told.
    pub element: Option<String>,
    /// The id of the instance it was about.
    pub instance: Option<u64>,
    /// The answer's status; `None` where the script ended the connection instead of an answer being made.
    pub status: Option<u16>,
    /// The rule that decided.
    pub rule: &'static Rule,
    /// The scripted effect that fired: `"loseReply"`.
    pub effect: Option<&'static str>,
    /// The answer's body, as it would have arrived whole.
    pub answer: Content,
}

/// A body, as much of it as was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Content {
    /// The text, secrets masked; bytes that are not UTF-8 are replaced.
    pub text: String,
    /// How long the body was, in bytes.
    pub length: u64,
    /// A digest of the whole body, where only its beginning was kept.
    pub digest: Option<String>,
}

impl Content {
    fn to_json(&self) -> Json<'_> {
        let digest = self.digest.as_deref();
        object([
            ("text", (&*self.text).into()),
            ("length", self.length.into()),
            ("digest", digest.into()),
        ])
    }
}

impl Received {
    /// The value of a header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find_map(|(header, value)| (header == name).then_some(&**value))
    }

    /// The shape that the type's documentation gives.
    #[must_use]
    pub fn to_json(&self) -> Json<'_> {
        let headers = self.headers.iter().map(|(name, value)| (&**name, &**value));
        object([
            ("number", self.number.into()),
            ("at", date(self.at).into()),
            ("requestId", (&*self.request_id).into()),
            ("organization", self.organization.as_deref().into()),
            ("method", (&*self.method).into()),
            ("target", (&*self.target).into()),
            ("headers", object_of_pairs(headers)),
            ("body", self.body.to_json()),
            ("element", self.element.as_deref().into()),
            ("instance", self.instance.into()),
            ("status", self.status.map(u64::from).into()),
            ("rule", self.rule.id.into()),
            ("grade", self.rule.grade.name().into()),
            ("effect", self.effect.into()),
            ("answer", self.answer.to_json()),
        ])
    }

    /// One line for people: `POST /elements/api-v2/instances → 200 (create; grade=guide)`.
    #[must_use]
    pub fn to_line(&self) -> String {
        let Received {
            method,
            target,
            status,
            rule,
            effect,
            answer,
            ..
        } = self;
        line(
            method,
            target,
            *status,
            rule,
            *effect,
            answer.text.as_bytes(),
        )
    }
}

/// One line for people; `answer` is the body, of which only an error's message is repeated.
fn line(
    method: &str,
    target: &str,
    status: Option<u16>,
    rule: &Rule,
    effect: Option<&str>,
    answer: &[u8],
) -> String {
    let shown = status.map_or("none".to_owned(), |status| status.to_string());
    let mut line = format!("{method} {target} → {shown} ({})", rule.because);
    if let Some(effect) = effect {
        let _ = write!(line, " [{effect}]");
    }
    let body = Json::parse(answer).ok().filter(|_| status >= Some(400));
    if let Some(message) = body.as_ref().and_then(|body| body.get("message")?.as_str()) {
        let _ = write!(line, " {message}");
    }
    line
}
