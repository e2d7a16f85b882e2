//! The hubs that callers made, by organization (rule `hub-create`).

use std::collections::BTreeMap;

use parking_lot::Mutex;

use super::{Change, Restoration, Section};
use crate::wire::json::document::{Document, Reading};
use crate::wire::json::{Json, object};

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

/// All hubs that callers made.
#[derive(Debug, Default)]
pub(crate) struct Hubs {
    state: Mutex<BTreeMap<Box<str>, Own>>,
}

/// One organization's hubs, oldest first, and the id that the next one gets.
#[derive(Clone, Debug)]
struct Own {
    next_id: u64,
    hubs: Vec<Hub>,
}

impl Default for Own {
    fn default() -> Self {
        Own {
            next_id: FIRST_ID,
            hubs: Vec::new(),
        }
    }
}

impl Hubs {
    /// The organization's hubs, oldest first.
    pub(crate) fn of(&self, organization: &str) -> Vec<Hub> {
        let state = self.state.lock();
        state
            .get(organization)
            .map_or_else(Vec::new, |own| own.hubs.clone())
    }

    /// Keeps a hub under a fresh id; `None` when the organization has one with this key.
    pub(crate) fn insert(&self, organization: &str, hub: Hub) -> Option<Hub> {
        let mut state = self.state.lock();
        let own = state.entry(organization.into()).or_default();
        if own.hubs.iter().any(|known| known.key == hub.key) {
            return None;
        }
        if own.hubs.len() == MAX_HUBS {
            own.hubs.remove(0);
        }
        let hub = Hub {
            id: own.next_id,
            ..hub
        };
        own.next_id = own.next_id.saturating_add(1);
        own.hubs.push(hub.clone());
        Some(hub)
    }

    /// Removes the hub with this key; `false` when there is none.
    pub(crate) fn remove(&self, organization: &str, key: &str) -> bool {
        let mut state = self.state.lock();
        let Some(own) = state.get_mut(organization) else {
            return false;
        };
        let before = own.hubs.len();
        own.hubs.retain(|hub| hub.key != key);
        own.hubs.len() < before
    }
}

impl Section for Hubs {
    fn member(&self) -> &'static str {
        "hubs"
    }

    fn clear(&self, only: Option<&str>) {
        let mut state = self.state.lock();
        match only {
            None => state.clear(),
            Some(only) => drop(state.remove(only)),
        }
    }

    fn snapshot(&self, only: Option<&str>) -> Json<'static> {
        let state = self.state.lock();
        let sections = state
            .iter()
            .filter(|(organization, _)| only.is_none_or(|only| only == &***organization));
        let sections = sections.map(|(organization, own)| {
            object([
                ("organization", organization.to_string().into()),
                ("nextId", own.next_id.into()),
                ("hubs", own.hubs.iter().map(Hub::to_json).collect()),
            ])
        });
        sections.collect()
    }

    fn read<'s>(
        &'s self,
        json: Option<&Json<'_>>,
        restoration: &Restoration<'s>,
    ) -> Reading<Change<'s>> {
        let only = restoration.only;
        let read = json
            .map(|json| read(json, only))
            .transpose()?
            .unwrap_or_default();
        Ok(Box::new(move || {
            self.clear(only);
            self.state.lock().extend(read);
            Ok(())
        }))
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
            id: document.required_whole("id")?,
            key: document.required_text("key")?.to_owned(),
            name: document.required_text("name")?.to_owned(),
            description: text("description")?,
            video_link: text("videoLink")?,
            active: document.flag("active")?.unwrap_or(true),
        })
    }
}

fn read(json: &Json<'_>, only: Option<&str>) -> Reading<BTreeMap<Box<str>, Own>> {
    let found = || format!("hubs must be an array, found {}", json.kind());
    let sections = json.as_array().ok_or_else(found)?.iter().enumerate();
    let sections = sections.map(|(at, json)| {
        let document = Document::read(
            json,
            &format!("hubs[{at}]"),
            &["organization", "nextId", "hubs"],
        )?;
        let organization = document.required_text("organization")?;
        if only.is_some_and(|only| only != organization) {
            let at = document.at("organization");
            return Err(format!("{at} is another one than the one to restore"));
        }
        let hubs = document.array("hubs")?.iter().enumerate();
        let hubs = hubs.map(|(at, json)| Hub::read(json, &document.at(&format!("hubs[{at}]"))));
        let hubs = hubs.collect::<Reading<Vec<_>>>()?;
        let next_id = document.whole("nextId")?.unwrap_or(FIRST_ID);
        let last = hubs.iter().map(|hub| hub.id.saturating_add(1)).max();
        let next_id = next_id.max(last.unwrap_or(FIRST_ID));
        Ok((organization.into(), Own { next_id, hubs }))
    });
    sections.collect()
}
