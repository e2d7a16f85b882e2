//! The hubs that callers made, by organization (rule `hub-create`).

use super::Restoration;
use super::partition::{Part, Partition};
use crate::wire::json::document::{Document, Reading};
use crate::wire::json::{Json, Members, object};

/// The id of an organization's first hub; the platform's own have lower ones.
const FIRST_ID: u64 = 1001;

/// Maximum number of an organization's hubs; the oldest go first.
const MAX_HUBS: usize = 1000;

/// A hub that a caller made.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hub {
    pub(crate) id: u64,
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) video_link: String,
    pub(crate) active: bool,
}

/// One organization's hubs, oldest first, and the id that the next one gets.
#[derive(Debug)]
pub(crate) struct Hubs {
    next_id: u64,
    hubs: Vec<Hub>,
}

impl Default for Hubs {
    fn default() -> Self {
        Hubs {
            next_id: FIRST_ID,
            hubs: Vec::new(),
        }
    }
}

impl Hubs {
    /// Keeps a hub under a fresh id; `None` when there is one with this key.
    fn insert(&mut self, hub: Hub) -> Option<Hub> {
        if self.hubs.iter().any(|known| known.key == hub.key) {
            return None;
        }
        let hub = Hub {
            id: self.next_id,
            ..hub
        };
        self.next_id += 1;
        self.hubs.push(hub.clone());
        self.evict();
        Some(hub)
    }

    fn evict(&mut self) {
        let surplus = self.hubs.len().saturating_sub(MAX_HUBS);
        self.hubs.drain(..surplus);
    }

    /// Removes the hub with this key; `false` when there is none.
    fn remove(&mut self, key: &str) -> bool {
        let before = self.hubs.len();
        self.hubs.retain(|hub| hub.key != key);
        self.hubs.len() < before
    }
}

impl Partition<Hubs> {
    /// The organization's hubs, oldest first.
    pub(crate) fn of(&self, organization: &str) -> Vec<Hub> {
        self.look(organization, |own| Some(own.hubs.clone()))
            .unwrap_or_default()
    }

    /// Keeps a hub under a fresh id; `None` when the organization has one with this key.
    pub(crate) fn insert(&self, organization: &str, hub: Hub) -> Option<Hub> {
        self.change(organization, |own| own.insert(hub))
    }

    /// Removes the hub with this key; `false` when there is none.
    pub(crate) fn remove(&self, organization: &str, key: &str) -> bool {
        let has_it = |own: &Hubs| own.hubs.iter().any(|hub| hub.key == key).then_some(());
        // An organization without hubs gets no entry by deleting one.
        self.look(organization, has_it).is_some()
            && self.change(organization, |own| own.remove(key))
    }
}

impl Part for Hubs {
    const MEMBER: &'static str = "hubs";

    const KNOWN: &'static [&'static str] = &["nextId", "hubs"];

    fn is_empty(&self) -> bool {
        self.hubs.is_empty() && self.next_id == FIRST_ID
    }

    fn members(&self) -> Members<'static> {
        let hubs = self.hubs.iter().map(Hub::to_json).collect();
        vec![
            ("nextId".into(), self.next_id.into()),
            ("hubs".into(), hubs),
        ]
    }

    fn read(document: &Document<'_>, _: &Restoration<'_>) -> Reading<Self> {
        let hubs = document.array("hubs")?.iter().enumerate();
        let hubs = hubs.map(|(at, json)| Hub::read(json, &document.at(&format!("hubs[{at}]"))));
        let hubs = hubs.collect::<Reading<Vec<_>>>()?;
        let next_id = document.counter("nextId")?.unwrap_or(FIRST_ID);
        let last = hubs.iter().map(|hub| hub.id + 1).max();
        let next_id = next_id.max(last.unwrap_or(FIRST_ID));
        let mut part = Hubs { next_id, hubs };
        part.evict();
        Ok(part)
    }
}

impl Hub {
    /// The hub as the API shows it.
    pub(crate) fn to_json(&self) -> Json<'static> {
        object([
            ("id", self.id.into()),
            ("name", self.name.clone().into()),
            ("key", self.key.clone().into()),
            ("description", self.description.clone().into()),
            ("videoLink", self.video_link.clone().into()),
            ("active", self.active.into()),
        ])
    }

    fn read(json: &Json<'_>, path: &str) -> Reading<Self> {
        let known = ["id", "name", "key", "description", "videoLink", "active"];
        let document = Document::read(json, path, &known)?;
        let text = |name| {
            document
                .text(name)
                .map(|text| text.unwrap_or_default().to_owned())
        };
        Ok(Hub {
            id: document.required_counter("id")?,
            key: document.required_text("key")?.to_owned(),
            name: document.required_text("name")?.to_owned(),
            description: text("description")?,
            video_link: text("videoLink")?,
            active: document.flag("active")?.unwrap_or(true),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    #[test]
    fn the_hubs_of_a_document_are_bounded_like_others() {
        let hub = |id: u64| {
            let key = format!("hub{id}");
            object([("id", id.into()), ("key", key.into()), ("name", "n".into())]).into_owned()
        };
        let ids = FIRST_ID..FIRST_ID + MAX_HUBS as u64 + 2;
        let json = object([("hubs", ids.map(hub).collect())]);
        let document = Document::read(&json, "", Hubs::KNOWN).unwrap();
        let restoration = Restoration {
            only: None,
            seed: 0,
            catalog: Catalog::documented(),
        };
        let mut hubs = Hubs::read(&document, &restoration).unwrap();
        let bounds = |hubs: &Hubs| (hubs.hubs.len(), hubs.hubs[0].id);
        assert_eq!(bounds(&hubs), (MAX_HUBS, FIRST_ID + 2));
        let next = Hub {
            key: "next".to_owned(),
            ..hubs.hubs[0].clone()
        };
        assert!(hubs.insert(next).is_some());
        assert_eq!(bounds(&hubs), (MAX_HUBS, FIRST_ID + 3));
    }
}
