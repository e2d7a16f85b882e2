//! Ids and keys of elements, each claimed once; the importer and the server ask here alike.

use std::collections::HashMap;
use std::fmt;

use super::{Catalog, Element};

/// The treatment of an element that has the id or the key of a built-in one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BuiltIn {
    /// It is refused.
    #[default]
    Keep,
    /// It takes the built-in one's place.
    Replace,
}

/// The ids and keys that are taken, and by whom.
#[derive(Debug)]
pub struct Identities {
    by_id: HashMap<u64, Holder>,
    by_key: HashMap<String, Holder>,
}

#[derive(Clone, Debug)]
struct Holder {
    id: u64,
    key: String,
    /// The file and perhaps the line; `None` for a built-in element.
    place: Option<String>,
}

/// An id or a key that is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    is_id: bool,
    id: u64,
    key: Box<str>,
    place: Option<String>,
}

impl Identities {
    /// The identities of the built-in elements, if those stay.
    #[must_use]
    pub fn new(built_in: BuiltIn) -> Self {
        let mut identities = Identities {
            by_id: HashMap::new(),
            by_key: HashMap::new(),
        };
        if built_in == BuiltIn::Keep {
            for element in Catalog::documented().elements() {
                identities.insert(element.id(), element.key(), None);
            }
        }
        identities
    }

    /// Takes an id and a key for the element that `place` documents.
    ///
    /// # Errors
    /// One of them is taken.
    pub fn claim(&mut self, id: u64, key: &str, place: &str) -> Result<(), Clash> {
        let by_key = self.by_key.get(key);
        if let Some(holder) = by_key.or_else(|| self.by_id.get(&id)) {
            return Err(Clash {
                is_id: by_key.is_none(),
                id: holder.id,
                key: holder.key.as_str().into(),
                place: holder.place.clone(),
            });
        }
        self.insert(id, key, Some(place.to_owned()));
        Ok(())
    }

    fn insert(&mut self, id: u64, key: &str, place: Option<String>) {
        let holder = Holder {
            id,
            key: key.to_owned(),
            place,
        };
        self.by_id.insert(id, holder.clone());
        self.by_key.insert(key.to_owned(), holder);
    }
}

impl Clash {
    /// The clash of an element that has this key with another one of the catalog.
    pub(super) fn with(holder: &Element, key: &str) -> Self {
        let place = (!holder.is_built_in()).then(|| "the catalog".to_owned());
        Clash {
            is_id: holder.key() != key,
            id: holder.id(),
            key: holder.key().into(),
            place,
        }
    }
}

impl fmt::Display for Clash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, key) = (self.id, &self.key);
        if self.is_id {
            write!(f, "the id {id} is taken by {key:?}")?;
        } else {
            write!(f, "the key {key:?} is taken by the element {id}")?;
        }
        match &self.place {
            Some(place) => write!(f, " of {place}"),
            None => {
                f.write_str(", which is built in (--replace-built-in lets this one take its place)")
            }
        }
    }
}

impl std::error::Error for Clash {}
