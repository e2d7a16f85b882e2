//! One journaled request as the journal keeps it.

use std::borrow::Cow;
use std::mem::size_of;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;

use super::kept::{Cut, KeptMessages};
use super::received::{Content, Received};
use crate::catalog::{Catalog, Element};
use crate::emulator::context::named_element;
use crate::emulator::identity::{self, PackedRequestId, RequestId};
use crate::emulator::state::instances::Stored;
use crate::emulator::view::View;
use crate::rules::Rule;

/// One request as the journal keeps it. There are thousands of them, so the size of each counts.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) number: u64,
    pub(super) at: u64,
    pub(super) request_id: PackedRequestId,
    /// The time that the answer took, in microseconds.
    pub(super) took: u32,
    /// No fingerprint is 0, but one of 2^64.
    pub(super) organization: Option<NonZeroU64>,
    pub(super) rule: &'static Rule,
    pub(super) messages: KeptMessages,
    pub(super) about: About,
    pub(super) rare: Option<Box<Rare>>,
}

/// The instance that a request is about.
#[derive(Debug)]
pub(super) enum About {
    Nothing,
    /// The answer shows exactly this instance, in this view, and is not kept otherwise.
    Shown(Arc<Stored>, View),
    /// The id and the element.
    Instance(Box<(u64, Arc<Element>)>),
}

impl About {
    pub(super) fn of(shown: Option<(Arc<Stored>, View)>, instance: Option<&Stored>) -> Self {
        match (shown, instance) {
            (Some((stored, view)), _) => About::Shown(stored, view),
            (None, Some(stored)) => About::Instance(Box::new((stored.id, stored.element.clone()))),
            (None, None) => About::Nothing,
        }
    }
}

/// What is said of few requests.
#[derive(Debug, Default)]
pub(super) struct Rare {
    pub(super) effect: Option<&'static str>,
    pub(super) stub: Option<u64>,
    pub(super) request_cut: Option<Cut>,
    pub(super) answer_cut: Option<Cut>,
}

impl Rare {
    /// `None` where there is nothing to keep.
    pub(super) fn boxed(self) -> Option<Box<Self>> {
        let is_cut = self.request_cut.is_some() || self.answer_cut.is_some();
        (is_cut || self.effect.is_some() || self.stub.is_some()).then(|| self.into())
    }
}

impl Entry {
    /// Roughly what the entry takes; an instance is counted, for it may be in the journal only.
    pub(super) fn bytes(&self) -> usize {
        let about = match &self.about {
            About::Nothing => 0,
            About::Shown(stored, _) => stored.bytes(),
            About::Instance(known) => size_of_val(&**known),
        };
        let rare = self.rare.as_ref().map_or(0, |_| size_of::<Rare>());
        size_of::<Entry>() + self.messages.bytes() + about + rare
    }

    /// The fingerprint of the caller's organization secret.
    pub(super) fn organization(&self) -> Option<u64> {
        self.organization.map(NonZeroU64::get)
    }

    pub(super) fn method(&self) -> &str {
        let line = self.messages.start_line();
        line.split(' ').next().unwrap_or_default()
    }

    /// Path and query as sent.
    pub(super) fn target(&self) -> &str {
        let line = self.messages.start_line();
        line.split_once(' ').map_or("", |(_, target)| target)
    }

    pub(super) fn path(&self) -> &str {
        self.target().split('?').next().unwrap_or_default()
    }

    /// The key of the element that the request is about, if it can be told.
    pub(super) fn element(&self, catalog: &Catalog) -> Option<String> {
        match &self.about {
            About::Nothing => named_element(catalog, self.path(), self.body()),
            About::Shown(stored, _) => Some(stored.element.key().to_owned()),
            About::Instance(known) => Some(known.1.key().to_owned()),
        }
    }

    /// The id of the instance that the request is about.
    pub(super) fn instance(&self) -> Option<u64> {
        match &self.about {
            About::Nothing => None,
            About::Shown(stored, _) => Some(stored.id),
            About::Instance(known) => Some(known.0),
        }
    }

    /// `None` where no answer was made.
    pub(super) fn status(&self) -> Option<StatusCode> {
        self.messages.status
    }

    /// Each header with its value.
    pub(super) fn headers(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        self.messages.headers()
    }

    /// The body, as much of it as was kept.
    pub(super) fn body(&self) -> &[u8] {
        self.messages.request_body()
    }

    pub(super) fn is_cut(&self) -> bool {
        self.request_cut().is_some()
    }

    fn request_cut(&self) -> Option<Cut> {
        self.rare.as_ref()?.request_cut
    }

    /// The request as it came.
    pub(super) fn received(&self, catalog: &Catalog) -> Received {
        let headers = self.headers();
        Received {
            headers: headers
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
            body: content(self.body(), self.request_cut()),
            answer: self.answer(),
            ..self.outline(catalog)
        }
    }

    fn answer(&self) -> Content {
        if let About::Shown(stored, view) = &self.about {
            let mut rendered = Vec::new();
            view.render(&mut rendered, stored);
            return content(&rendered, None);
        }
        let body = self.messages.answer().map_or(&[][..], |answer| answer.body);
        content(body, self.rare.as_ref().and_then(|rare| rare.answer_cut))
    }

    /// The hint of the answer, where it has one.
    fn hint(&self) -> Option<String> {
        let hint = self.messages.answer()?.hint;
        (!hint.is_empty()).then(|| String::from_utf8_lossy(hint).into_owned())
    }

    /// The request as it came, without headers and bodies.
    pub(super) fn outline(&self, catalog: &Catalog) -> Received {
        Received {
            number: self.number,
            at: self.at,
            request_id: RequestId::from(self.request_id).to_string(),
            organization: self.organization().map(identity::name_of),
            took: Duration::from_micros(self.took.into()),
            method: self.method().to_owned(),
            target: self.target().to_owned(),
            headers: Vec::new(),
            body: Content::default(),
            element: self.element(catalog),
            instance: self.instance(),
            status: self.status().map(|status| status.as_u16()),
            rule: self.rule,
            effect: self.rare.as_ref().and_then(|rare| rare.effect),
            hint: self.hint(),
            stub: self.rare.as_ref().and_then(|rare| rare.stub),
            answer: Content::default(),
        }
    }
}

/// A body of which these bytes are kept.
fn content(kept: &[u8], cut: Option<Cut>) -> Content {
    Content {
        text: String::from_utf8_lossy(kept).into_owned(),
        length: cut.map_or(kept.len() as u64, |cut| cut.length),
        digest: cut.map(|cut| format!("{:016x}", cut.digest)),
    }
}
