//! State that each organization has of its own (rule `credential-namespace`): one lock, one section of a snapshot.
//!
//! A kind of state says what one organization has and how that is written; clearing, taking and restoring snapshots is
//! the same for all of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Change, Restoration, Section};
use crate::emulator::lazy::LazyMutex;
use crate::wire::json::document::{Document, Reading};
use crate::wire::json::{Json, Members};

/// One organization's part of a kind of state.
pub(crate) trait Part: Default + Send {
    /// The section's member in a snapshot.
    const MEMBER: &'static str;

    /// The members beside `organization` that [`Part::members`] writes.
    const KNOWN: &'static [&'static str];

    /// Tells whether there is anything to keep.
    fn is_empty(&self) -> bool;

    /// Its part of a snapshot.
    fn members(&self) -> Members<'static>;

    /// Reads what a snapshot says of it.
    fn read(document: &Document<'_>, restoration: &Restoration<'_>) -> Reading<Self>;

    /// Forgets what belongs to an instance that was deleted.
    fn forget_instance(&mut self, _id: u64) {}

    /// Counts what is not kept any more for want of room.
    fn dropped(&self) -> u64 {
        0
    }
}

/// One kind of state, apart for each organization.
#[derive(Debug)]
pub(crate) struct Partition<T>(LazyMutex<BTreeMap<Arc<str>, T>>);

impl<T> Default for Partition<T> {
    fn default() -> Self {
        Partition(LazyMutex::default())
    }
}

impl<T: Part> Partition<T> {
    /// Looks at what an organization has; `None` where it has nothing.
    pub(crate) fn look<R>(
        &self,
        organization: &str,
        look: impl FnOnce(&T) -> Option<R>,
    ) -> Option<R> {
        look(self.0.lock().get(organization)?)
    }

    /// Changes what an organization has.
    pub(crate) fn change<R>(&self, organization: &str, change: impl FnOnce(&mut T) -> R) -> R {
        let mut parts = self.0.lock();
        if let Some(part) = parts.get_mut(organization) {
            return change(part);
        }
        change(parts.entry(organization.into()).or_default())
    }

    /// Collects something of every organization, or of one.
    pub(crate) fn collect<R>(
        &self,
        only: Option<&str>,
        collect: impl Fn(&Arc<str>, &T) -> Vec<R>,
    ) -> Vec<R> {
        let parts = self.0.lock();
        let wanted = parts
            .iter()
            .filter(|(organization, _)| only.is_none_or(|only| only == &***organization));
        wanted
            .flat_map(|(organization, part)| collect(organization, part))
            .collect()
    }
}

impl<T: Part> Section for Partition<T> {
    fn member(&self) -> &'static str {
        T::MEMBER
    }

    fn clear(&self, only: Option<&str>) {
        self.0
            .lock()
            .retain(|organization, _| only.is_some_and(|only| only != &**organization));
    }

    fn snapshot(&self, only: Option<&str>) -> Json<'static> {
        let written = self.collect(only, |organization, part| {
            if part.is_empty() {
                return Vec::new();
            }
            let mut members = vec![("organization".into(), organization.to_string().into())];
            members.extend(part.members());
            vec![Json::Object(members)]
        });
        written.into_iter().collect()
    }

    fn read<'s>(
        &'s self,
        json: Option<&Json<'_>>,
        restoration: &Restoration<'s>,
    ) -> Reading<Change<'s>> {
        let found =
            |json: &Json<'_>| format!("{} must be an array, found {}", T::MEMBER, json.kind());
        let items = json.map_or(Ok(&[][..]), |json| {
            json.as_array().ok_or_else(|| found(json))
        })?;
        let known = [&["organization"], T::KNOWN].concat();
        let mut parts = BTreeMap::new();
        for (at, item) in items.iter().enumerate() {
            let document = Document::read(item, &format!("{}[{at}]", T::MEMBER), &known)?;
            let organization = document.required_text("organization")?;
            let is_other = restoration.only.is_some_and(|only| only != organization);
            let part = T::read(&document, restoration)?;
            if is_other || parts.insert(Arc::from(organization), part).is_some() {
                let reason = if is_other {
                    "is another one than the one to restore"
                } else {
                    "comes twice"
                };
                return Err(format!("{} {reason}", document.at("organization")));
            }
        }
        let only = restoration.only;
        Ok(Box::new(move || {
            self.clear(only);
            self.0.lock().extend(parts);
            Ok(())
        }))
    }

    fn forget_instance(&self, organization: &str, id: u64) {
        if let Some(part) = self.0.lock().get_mut(organization) {
            part.forget_instance(id);
        }
    }

    fn dropped(&self, only: Option<&str>) -> u64 {
        let counts = self.collect(only, |_, part| vec![part.dropped()]);
        counts.iter().sum()
    }
}
