//! An instance as it is kept, and as it is before it has an id and a token.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::details::{Configuration, Details};
use super::namespace::Namespace;
use crate::catalog::Element;
use crate::emulator::clock::system_time;
use crate::emulator::identity::TOKEN_LEN;
use crate::instance::Instance;
use crate::wire::vocabulary::entry;

/// One provisioned instance.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) id: u64,
    pub(crate) element: Arc<Element>,
    pub(crate) token: Token,
    pub(crate) details: Details,
    /// `true` if resource calls are refused (rule `disabled-403`).
    pub(crate) disabled: bool,
    /// Milliseconds since 1970.
    pub(crate) created: u64,
    pub(crate) updated: u64,
    pub(crate) origin: Origin,
    pub(crate) request: RequestNumber,
}

/// The number that the journal gave to the request which created an instance; 0 before it is journaled, and for others.
#[derive(Debug, Default)]
pub(crate) struct RequestNumber(AtomicU64);

impl RequestNumber {
    /// Notes the number, unless there is one: the first request about an instance is the one that made it.
    pub(crate) fn note(&self, number: u64) {
        let _known = self.0.compare_exchange(0, number, Relaxed, Relaxed);
    }

    pub(crate) fn get(&self) -> Option<u64> {
        Some(self.0.load(Relaxed)).filter(|number| *number > 0)
    }
}

impl Clone for RequestNumber {
    fn clone(&self) -> Self {
        RequestNumber(self.0.load(Relaxed).into())
    }
}

/// The token of an instance, as text.
#[derive(Clone, Debug)]
pub(crate) enum Token {
    /// As long as those that are derived from a seed; it takes no allocation of its own.
    Inline([u8; TOKEN_LEN]),
    /// Chosen by a test, of another length.
    Boxed(Box<str>),
}

impl From<&str> for Token {
    fn from(text: &str) -> Self {
        let inline = text.as_bytes().try_into().map(Token::Inline);
        inline.unwrap_or_else(|_| Token::Boxed(text.into()))
    }
}

impl Deref for Token {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Token::Inline(text) => std::str::from_utf8(text).expect("it was made of text"),
            Token::Boxed(text) => text,
        }
    }
}

/// The origin of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A client's creation.
    Created,
    /// The test, by seeding or restoring.
    Seeded,
}

/// A draft of a test, which may choose what a creation draws.
pub(crate) struct Chosen<'a> {
    pub(crate) organization: &'a str,
    pub(crate) draft: Draft,
    pub(crate) id: Option<u64>,
    pub(crate) token: Option<&'a str>,
}

/// An instance before it has an id and a token.
pub(crate) struct Draft {
    pub(crate) element: Arc<Element>,
    pub(crate) details: Details,
}

/// All instances of an organization, and the id that the next one gets.
pub(crate) struct OrganizationInstances {
    pub(crate) organization: Arc<str>,
    pub(crate) next_id: u64,
    pub(crate) instances: Vec<Arc<Stored>>,
}

impl OrganizationInstances {
    /// Lets the instances that were there before, and still are, remember who made them; they are taken out of `before`.
    pub(super) fn take_over(&mut self, before: &mut Namespace) {
        for stored in &mut self.instances {
            let same = before.instances.get(&stored.id);
            if same.is_none_or(|same| *same.token != *stored.token) {
                continue;
            }
            if let Some(same) = before.take(stored.id) {
                let stored = Arc::make_mut(stored);
                (stored.origin, stored.request) = (same.origin, same.request.clone());
            }
        }
    }
}

impl Draft {
    pub(super) fn with(self, id: u64, token: Token, now: u64, origin: Origin) -> Stored {
        let Draft { element, details } = self;
        Stored {
            id,
            element,
            token,
            details,
            disabled: false,
            created: now,
            updated: now,
            origin,
            request: RequestNumber::default(),
        }
    }
}

/// The little that is kept of an instance that was deleted.
#[derive(Clone, Debug)]
pub(crate) struct Deleted {
    pub(crate) organization: Arc<str>,
    pub(crate) id: u64,
    pub(crate) element: Arc<Element>,
    pub(crate) token: Token,
}

impl Stored {
    pub(crate) fn name(&self) -> &str {
        self.details.labels().name()
    }

    /// The value of a configuration entry.
    pub(crate) fn configured(&self, key: &str) -> Option<&str> {
        self.configuration().get(&self.element, key)
    }

    pub(crate) fn configuration(&self) -> Configuration<'_> {
        self.details.configuration()
    }

    /// Tells whether its configuration asks for events (rule `event-enabled-shown`).
    pub(crate) fn has_events_enabled(&self) -> bool {
        let enabled = self.configured(entry::EVENTS_ENABLED);
        enabled.is_some_and(|enabled| enabled.eq_ignore_ascii_case("true"))
    }

    /// Tells whether it takes part in events: it is enabled, and so are its notifications.
    pub(crate) fn takes_events(&self) -> bool {
        !self.disabled && self.has_events_enabled()
    }

    /// Estimates the bytes that it takes, the element aside.
    pub(crate) fn bytes(&self) -> usize {
        let boxed_token = match &self.token {
            Token::Inline(_) => 0,
            Token::Boxed(text) => text.len(),
        };
        size_of::<Stored>() + boxed_token + self.details.bytes()
    }

    pub(crate) fn to_instance(&self, organization: &str) -> Instance {
        let entries = self.configuration().entries(&self.element);
        let tags = self.details.labels().tags().into_iter().flatten();
        Instance {
            id: self.id,
            organization: organization.to_owned(),
            element: self.element.key().to_owned(),
            token: self.token.to_string(),
            name: self.name().to_owned(),
            tags: tags.map(str::to_owned).collect(),
            configuration: entries
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect(),
            created: system_time(self.created),
            updated: system_time(self.updated),
        }
    }

    /// The tags as they are shown: the instance's own name until some are sent (rule `tags-unset`).
    pub(crate) fn shown_tags(&self) -> impl Iterator<Item = &str> {
        self.details.labels().shown_tags()
    }
}
