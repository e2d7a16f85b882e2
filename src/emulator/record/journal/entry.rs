//! One journaled request as it is kept: flat.

use std::cell::RefCell;
use std::mem::size_of;
use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::mask::{self, Mask};
use super::received::{Content, Received, line};
use crate::catalog::{Catalog, Element};
use crate::emulator::clock::system_time;
use crate::emulator::context::named_element;
use crate::emulator::identity;
use crate::emulator::state::instances::Stored;
use crate::emulator::view::View;
use crate::rules::Rule;
use crate::wire::json::{Json, object};
use crate::wire::message::Request;

/// One request as the journal keeps it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) number: u64,
    pub(super) at: u64,
    pub(super) request_id: [u8; 24],
    pub(super) organization: Option<u64>,
    /// How long it took to answer, in microseconds.
    pub(super) took: u32,
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

    /// A digest of the whole body, where only its beginning is kept.
    fn digest_if_cut(&self) -> Option<String> {
        let is_cut = self.length > self.body_text().len() as u64;
        is_cut.then(|| format!("{:016x}", self.digest))
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

    fn headers(&self) -> &str {
        let head = self.request.head();
        head.split_once('\n').map_or("", |(_, headers)| headers)
    }

    pub(super) fn line(&self, catalog: &Catalog) -> String {
        let mut mask = Mask::new(catalog, self.headers());
        let target = mask.target(self.target());
        let answer = if let Answer::Text(kept) = &self.answer {
            kept.body_text()
        } else {
            &[]
        };
        let line = line(
            self.method(),
            &target,
            self.status.map(|status| status.as_u16()),
            self.rule,
            self.effect,
            answer,
        );
        mask.without(&line).into_owned()
    }

    /// The members that a list shows: everything but headers and bodies.
    pub(super) fn summary(&self, catalog: &Catalog) -> Json<'static> {
        let mut mask = Mask::new(catalog, self.headers());
        let target = mask.target(self.target());
        let at = humantime::format_rfc3339_millis(system_time(self.at)).to_string();
        let status = self.status.map(|status| u64::from(status.as_u16()));
        object([
            ("number", self.number.into()),
            ("at", at.into()),
            (
                "organization",
                self.organization.map(identity::name_of).into(),
            ),
            ("method", self.method().to_owned().into()),
            ("target", mask.without(&target).into_owned().into()),
            ("element", self.element(catalog).into()),
            ("instance", self.instance.into()),
            ("status", status.into()),
            ("rule", self.rule.id.into()),
            ("grade", self.rule.grade.name().into()),
            ("effect", self.effect.into()),
            ("took", u64::from(self.took).into()),
        ])
    }

    pub(super) fn show(&self, catalog: &Catalog) -> Received {
        let mut mask = Mask::new(catalog, self.headers());
        let target = mask.target(self.target());
        let sent = mask.sent(self.request.body_text());
        let mut rendered = Vec::new();
        let (answer, length, digest) = match &self.answer {
            Answer::Text(kept) => (kept.body_text(), kept.length, kept.digest_if_cut()),
            Answer::Shown(stored, view) => {
                view.render(&mut rendered, stored);
                (&rendered[..], rendered.len() as u64, None)
            }
        };
        let answered = mask.answered(answer);
        let headers = self.headers().lines();
        let headers = headers.filter_map(|line| line.split_once(": "));
        Received {
            number: self.number,
            at: self.at,
            request_id: String::from_utf8_lossy(&self.request_id).into_owned(),
            organization: self.organization.map(identity::name_of),
            took: Duration::from_micros(self.took.into()),
            method: self.method().to_owned(),
            target: mask.without(&target).into_owned(),
            headers: headers
                .map(|(name, value)| (name.to_owned(), mask.without(value).into_owned()))
                .collect(),
            body: Content {
                text: mask.show(sent),
                length: self.request.length,
                digest: self.request.digest_if_cut(),
            },
            element: self.element(catalog),
            instance: self.instance,
            status: self.status.map(|status| status.as_u16()),
            rule: self.rule,
            effect: self.effect,
            answer: Content {
                text: mask.show(answered),
                length,
                digest,
            },
        }
    }
}
