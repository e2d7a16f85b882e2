//! The state of a server, one section a kind. A new kind of state is one file here and one row in [`State::sections`].
//!
//! A snapshot is one JSON document with a member for each section:
//!
//! ```json
//! {
//!   "version": 1, "seed": 0, "requests": 3,
//!   "organizations": [{
//!     "organization": "secret", "nextId": 1235,
//!     "instances": [{
//!       "id": 1234, "element": "mailjet", "token": "…=", "name": "Test", "tags": ["a"],
//!       "configuration": {}, "disabled": false, "created": "2017-03-14T19:20:16.000Z", "updated": "2017-03-14T19:20:16.000Z"
//!     }]
//!   }],
//!   "oauthCodes": {"used": [{"organization": "secret", "number": 1}], "given": 1},
//!   "hubs": [{"organization": "secret", "nextId": 1002, "hubs": [{"id": 1001, "key": "mine", "name": "Mine"}]}]
//! }
//! ```
//!
//! It holds secrets, for without them it could not be restored. Restoring is all or nothing: the first mistake in the
//! document refuses it with its path.

pub(crate) mod codes;
pub(crate) mod events;
pub(crate) mod extensions;
pub(crate) mod hubs;
pub(crate) mod instances;
pub(crate) mod mappings;
pub(crate) mod outbox;
mod partition;
pub(crate) mod rows;
pub(crate) mod usage;

use codes::Codes;
use events::Events;
use extensions::Extensions;
use hubs::Hubs;
use instances::Store;
use mappings::Mappings;
use outbox::Outbox;
use partition::Partition;
use rows::Rows;
use usage::Usage;

pub use instances::document::Seed;

use crate::catalog::Catalog;
use crate::wire::json::document::{Document, Reading};
use crate::wire::json::{Json, Members};

/// The version of the document that is written, and the only one that is read.
const VERSION: u64 = 1;

/// All state that a reset forgets, a snapshot holds and a restore puts back.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) instances: Store,
    pub(crate) codes: Codes,
    pub(crate) hubs: Partition<Hubs>,
    pub(crate) rows: Partition<Rows>,
    pub(crate) outbox: Partition<Outbox>,
    pub(crate) extensions: Partition<Extensions>,
    pub(crate) mappings: Partition<Mappings>,
    pub(crate) events: Events,
    pub(crate) usage: Usage,
}

/// One kind of state. `only` is the secret of the organization that a call is limited to.
pub(crate) trait Section {
    /// The section's member in a snapshot.
    fn member(&self) -> &'static str;

    /// Forgets everything, or what one organization has.
    fn clear(&self, only: Option<&str>);

    /// Everything, or what one organization has, as JSON.
    fn snapshot(&self, only: Option<&str>) -> Json<'static>;

    /// Reads the section's member of a document, if there is one; nothing changes before the change is made.
    fn read<'s>(
        &'s self,
        json: Option<&Json<'_>>,
        restoration: &Restoration<'s>,
    ) -> Reading<Change<'s>>;

    /// Forgets what belongs to an instance that was deleted.
    fn forget_instance(&self, _organization: &str, _id: u64) {}

    /// Counts what is not kept any more for want of room.
    fn dropped(&self, _only: Option<&str>) -> u64 {
        0
    }
}

/// Puts what was read in the place of what there is; only the first section may still refuse.
pub(crate) type Change<'s> = Box<dyn FnOnce() -> Result<(), String> + 's>;

/// The terms of a restore.
#[derive(Clone, Copy)]
pub(crate) struct Restoration<'s> {
    pub(crate) only: Option<&'s str>,
    pub(crate) seed: u64,
    pub(crate) catalog: &'s Catalog,
}

impl State {
    /// Every section; a restore that is refused by the first has changed nothing.
    fn sections(&self) -> [&dyn Section; 9] {
        let State {
            instances,
            codes,
            hubs,
            rows,
            outbox,
            extensions,
            mappings,
            events,
            usage,
        } = self;
        [
            instances, codes, hubs, rows, outbox, extensions, mappings, events, usage,
        ]
    }

    /// Forgets what belongs to an instance that was deleted.
    pub(crate) fn forget_instance(&self, organization: &str, id: u64) {
        for section in self.sections() {
            section.forget_instance(organization, id);
        }
    }

    /// Counts for each section what is not kept any more for want of room, where there is any.
    pub(crate) fn dropped(&self, only: Option<&str>) -> Vec<(&'static str, u64)> {
        let counts = self
            .sections()
            .map(|section| (section.member(), section.dropped(only)));
        counts.into_iter().filter(|(_, count)| *count > 0).collect()
    }

    /// Forgets everything, or what one organization has.
    pub(crate) fn clear(&self, only: Option<&str>) {
        for section in self.sections() {
            section.clear(only);
        }
    }

    /// The document of everything, or of what one organization has.
    pub(crate) fn snapshot(&self, only: Option<&str>, seed: u64, requests: u64) -> Json<'static> {
        let mut members: Members<'static> = vec![
            ("version".into(), VERSION.into()),
            ("seed".into(), seed.into()),
            ("requests".into(), requests.into()),
        ];
        let sections = self.sections();
        members.extend(sections.map(|section| (section.member().into(), section.snapshot(only))));
        Json::Object(members)
    }

    /// Puts a document in the place of everything, or of what one organization has.
    ///
    /// `seed` is the one in force; restoring everything takes over the document's. Returned are the seed that is in
    /// force from then on, and the number of requests that the document counts.
    pub(crate) fn restore<'s>(
        &'s self,
        json: &Json<'_>,
        only: Option<&'s str>,
        seed: u64,
        catalog: &'s Catalog,
    ) -> Reading<(u64, u64)> {
        let sections = self.sections();
        let members = sections.map(|section| section.member());
        let known = [&["version", "seed", "requests"], &members[..]].concat();
        let document = Document::read(json, "", &known)?;
        check_version(&document)?;
        let said = document.whole("seed")?.filter(|_| only.is_none());
        let requests = document.counter("requests")?.unwrap_or(0);
        let seed = said.unwrap_or(seed);
        let restoration = Restoration {
            only,
            seed,
            catalog,
        };
        let read =
            |section: &&'s dyn Section| section.read(document.get(section.member()), &restoration);
        let changes = sections.iter().map(read).collect::<Reading<Vec<_>>>()?;
        changes.into_iter().try_for_each(|change| change())?;
        Ok((seed, requests))
    }
}

fn check_version(document: &Document<'_>) -> Reading<()> {
    match document.required_whole("version")? {
        VERSION => Ok(()),
        other => Err(format!(
            "version: {other} is not known; this server reads version {VERSION}"
        )),
    }
}
