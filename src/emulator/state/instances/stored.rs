//! An instance as it is kept, and as it is before it has an id and a token.

use std::ops::Deref;
use std::sync::Arc;

use super::configuration::Configuration;
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
    pub(crate) name: Box<str>,
    /// As sent; empty when none were.
    pub(crate) tags: Box<[Box<str>]>,
    pub(crate) configuration: Configuration,
    /// Milliseconds since 1970.
    pub(crate) created: u64,
    pub(crate) updated: u64,
    pub(crate) origin: Origin,
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

/// Who put an instance there.
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
    pub(crate) name: Box<str>,
    pub(crate) tags: Box<[Box<str>]>,
    pub(crate) configuration: Configuration,
}

/// All instances of an organization, and the id that the next one gets.
pub(crate) struct OrganizationInstances {
    pub(crate) organization: Arc<str>,
    pub(crate) next_id: u64,
    pub(crate) instances: Vec<Arc<Stored>>,
}

impl Draft {
    pub(super) fn with(self, id: u64, token: Token, now: u64, origin: Origin) -> Stored {
        let Draft {
            element,
            name,
            tags,
            configuration,
        } = self;
        Stored {
            id,
            element,
            token,
            name,
            tags,
            configuration,
            created: now,
            updated: now,
            origin,
        }
    }
}

impl Stored {
    /// The value of a configuration entry.
    pub(crate) fn configured(&self, key: &str) -> Option<&str> {
        self.configuration.get(&self.element, key)
    }

    /// Whether it takes part in events.
    pub(crate) fn takes_events(&self) -> bool {
        let enabled = self.configured(entry::EVENTS_ENABLED);
        enabled.is_some_and(|enabled| enabled.eq_ignore_ascii_case("true"))
    }

    /// Roughly what it takes, the element aside.
    pub(crate) fn bytes(&self) -> usize {
        let tags: usize = self.tags.iter().map(|tag| tag.len()).sum();
        size_of::<Stored>() + self.token.len() + self.name.len() + tags + self.configuration.bytes()
    }

    pub(crate) fn to_instance(&self, organization: &str) -> Instance {
        let entries = self.configuration.entries(&self.element);
        Instance {
            id: self.id,
            organization: organization.to_owned(),
            element: self.element.key().to_owned(),
            token: self.token.to_string(),
            name: self.name.to_string(),
            tags: self.tags.iter().map(|tag| tag.to_string()).collect(),
            configuration: entries
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect(),
            created: system_time(self.created),
            updated: system_time(self.updated),
        }
    }

    /// The tags as they are shown: the instance's own name when none were sent (rule `platform-shape`).
    pub(crate) fn shown_tags(&self) -> impl Iterator<Item = &str> {
        let own_name = self.tags.is_empty().then_some(&*self.name);
        self.tags.iter().map(|tag| &**tag).chain(own_name)
    }
}
