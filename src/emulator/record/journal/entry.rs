//! One journaled request as the journal keeps it: copied into one flat allocation.

use std::borrow::Cow;
use std::cell::RefCell;
use std::mem::size_of;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, StatusCode};

use super::received::{Content, Received};
use crate::catalog::{Catalog, Element};
use crate::emulator::context::named_element;
use crate::emulator::identity::{self, RequestId};
use crate::emulator::state::instances::Stored;
use crate::emulator::view::View;
use crate::rules::Rule;
use crate::wire::message::Request;

/// One request as the journal keeps it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) number: u64,
    pub(super) at: u64,
    pub(super) request_id: RequestId,
    pub(super) organization: Option<u64>,
    /// The time that the answer took, in microseconds.
    pub(super) took: u32,
    pub(super) rule: &'static Rule,
    /// `None` where no answer was made.
    pub(super) status: Option<StatusCode>,
    pub(super) effect: Option<&'static str>,
    pub(super) stub: Option<u64>,
    pub(super) instance: Option<u64>,
    /// The element of that instance.
    pub(super) element: Option<Arc<Element>>,
    pub(super) request: KeptMessage,
    pub(super) answer: KeptAnswer,
}

/// The body of an answer.
#[derive(Debug)]
pub(super) enum KeptAnswer {
    Body(KeptMessage),
    /// The answer shows exactly this instance, in this view.
    Instance(Arc<Stored>, View),
}

/// A message in one allocation: for a request `METHOD TARGET`, a line a header, then a body; for an answer its hint
/// and its body.
#[derive(Debug)]
pub(super) struct KeptMessage {
    flat: Box<[u8]>,
    /// The start of the headers.
    headers_at: u32,
    /// The start of the body.
    body_at: u32,
    /// The body's length before it was cut.
    length: u64,
    /// A digest of the whole body, where it was cut.
    digest: u64,
}

thread_local! {
    /// A buffer in which a message is put together before it is copied in its exact size; shrinking would cost more.
    static FLAT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl KeptMessage {
    pub(super) fn request(request: &Request, body: &[u8], limit: usize) -> Self {
        // The target of a request for a tunnel is a host and a port.
        let authority = request.uri.authority().map_or("", |it| it.as_str());
        let target = request.uri.path_and_query();
        let target = target.map_or(authority, |target| target.as_str());
        FLAT.with_borrow_mut(|flat| {
            flat.clear();
            flat.extend_from_slice(request.method.as_str().as_bytes());
            flat.push(b' ');
            flat.extend_from_slice(&target.as_bytes()[..target.floor_char_boundary(limit)]);
            let headers_at = position(flat);
            push_headers(flat, &request.headers, limit);
            let body_at = position(flat);
            flat.extend_from_slice(clip(body, limit));
            KeptMessage::new(flat, [headers_at, body_at], body, limit)
        })
    }

    /// An answer; its hint stands where a request has its headers.
    pub(super) fn answer(hint: &[u8], body: &[u8], limit: usize) -> Self {
        let flat = [clip(hint, limit), clip(body, limit)].concat();
        let body_at = position(clip(hint, limit));
        KeptMessage::new(&flat, [0, body_at], body, limit)
    }

    /// The hint of an answer, where it has one.
    fn hint(&self) -> Option<String> {
        let hint = &self.flat[self.headers_at as usize..self.body_at as usize];
        (!hint.is_empty()).then(|| String::from_utf8_lossy(hint).into_owned())
    }

    fn new(flat: &[u8], [headers_at, body_at]: [u32; 2], body: &[u8], limit: usize) -> Self {
        let digest = if body.len() > limit {
            identity::fingerprint_bytes(body)
        } else {
            0
        };
        KeptMessage {
            flat: flat.into(),
            headers_at,
            body_at,
            length: body.len() as u64,
            digest,
        }
    }

    /// `METHOD TARGET`
    fn start_line(&self) -> &str {
        let line = &self.flat[..self.headers_at as usize];
        std::str::from_utf8(line).expect("a method and a target are text")
    }

    /// Each header with its value; bytes that are not UTF-8 are replaced.
    fn headers(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        let lines =
            self.flat[self.headers_at as usize..self.body_at as usize].split(|&byte| byte == b'\n');
        lines.filter_map(|line| {
            let colon = line.iter().position(|&byte| byte == b':')?;
            let text = String::from_utf8_lossy;
            Some((text(&line[..colon]), text(&line[colon + 1..])))
        })
    }

    fn body_bytes(&self) -> &[u8] {
        &self.flat[self.body_at as usize..]
    }

    /// A digest of the whole body, where only its beginning is kept.
    fn digest_if_cut(&self) -> Option<String> {
        let is_cut = self.length > self.body_bytes().len() as u64;
        is_cut.then(|| format!("{:016x}", self.digest))
    }

    fn content(&self) -> Content {
        Content {
            text: String::from_utf8_lossy(self.body_bytes()).into_owned(),
            length: self.length,
            digest: self.digest_if_cut(),
        }
    }
}

fn position(flat: &[u8]) -> u32 {
    u32::try_from(flat.len()).expect("a head is limited to less than 4 GiB")
}

fn clip(text: &[u8], limit: usize) -> &[u8] {
    &text[..text.len().min(limit)]
}

/// Appends one line a header, together not much longer than `limit`; a header `...` stands for those left out.
fn push_headers(flat: &mut Vec<u8>, headers: &HeaderMap, limit: usize) {
    let start = flat.len();
    for (name, value) in headers {
        if flat.len() - start > limit {
            flat.extend_from_slice(b"...:\n");
            return;
        }
        flat.extend_from_slice(name.as_str().as_bytes());
        flat.push(b':');
        // A line break cannot stand in a header's value.
        flat.extend_from_slice(value.as_bytes());
        flat.push(b'\n');
    }
}

impl KeptAnswer {
    fn content(&self) -> Content {
        match self {
            KeptAnswer::Body(kept) => kept.content(),
            KeptAnswer::Instance(stored, view) => {
                let mut rendered = Vec::new();
                view.render(&mut rendered, stored);
                Content {
                    length: rendered.len() as u64,
                    text: String::from_utf8_lossy(&rendered).into_owned(),
                    digest: None,
                }
            }
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            KeptAnswer::Body(kept) => kept.hint(),
            KeptAnswer::Instance(..) => None,
        }
    }

    /// Roughly what it takes; an instance is counted, for it may be in the journal only.
    fn bytes(&self) -> usize {
        match self {
            KeptAnswer::Body(kept) => kept.flat.len(),
            KeptAnswer::Instance(stored, _) => stored.bytes(),
        }
    }
}

impl Entry {
    /// Roughly what the entry takes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Entry>() + self.request.flat.len() + self.answer.bytes()
    }

    pub(super) fn method(&self) -> &str {
        let line = self.request.start_line();
        line.split(' ').next().unwrap_or_default()
    }

    /// Path and query as sent.
    pub(super) fn target(&self) -> &str {
        let line = self.request.start_line();
        line.split_once(' ').map_or("", |(_, target)| target)
    }

    pub(super) fn path(&self) -> &str {
        self.target().split('?').next().unwrap_or_default()
    }

    /// The key of the element that the request is about, if it can be told.
    pub(super) fn element(&self, catalog: &Catalog) -> Option<String> {
        match &self.element {
            Some(element) => Some(element.key().to_owned()),
            None => named_element(catalog, self.path(), self.request.body_bytes()),
        }
    }

    /// Each header with its value.
    pub(super) fn headers(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        self.request.headers()
    }

    /// The body, as much of it as was kept.
    pub(super) fn body(&self) -> &[u8] {
        self.request.body_bytes()
    }

    pub(super) fn is_cut(&self) -> bool {
        self.request.length > self.request.body_bytes().len() as u64
    }

    /// The request as it came.
    pub(super) fn received(&self, catalog: &Catalog) -> Received {
        let headers = self.request.headers();
        Received {
            headers: headers
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
            body: self.request.content(),
            answer: self.answer.content(),
            ..self.outline(catalog)
        }
    }

    /// The request as it came, without headers and bodies.
    pub(super) fn outline(&self, catalog: &Catalog) -> Received {
        Received {
            number: self.number,
            at: self.at,
            request_id: self.request_id.to_string(),
            organization: self.organization.map(identity::name_of),
            took: Duration::from_micros(self.took.into()),
            method: self.method().to_owned(),
            target: self.target().to_owned(),
            headers: Vec::new(),
            body: Content::default(),
            element: self.element(catalog),
            instance: self.instance,
            status: self.status.map(|status| status.as_u16()),
            rule: self.rule,
            effect: self.effect,
            hint: self.answer.hint(),
            stub: self.stub,
            answer: Content::default(),
        }
    }
}
