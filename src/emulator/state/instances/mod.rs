//! Instances in memory, partitioned by organization (rule `credential-namespace`).
//!
//! One lock guards all of it and is held only for the step that must not be divided: nothing is parsed, validated or
//! rendered under it. Readers take a counted reference to an instance and let go; a change puts a new instance in the
//! place of the old one.

mod details;
pub(crate) mod document;
mod emptied;
mod leak;
mod namespace;
mod state;
mod stored;

use std::sync::Arc;

use super::{Change, Restoration, Section};
use crate::catalog::Element;
use crate::emulator::disposal::dispose;
use crate::emulator::identity;
use crate::emulator::lazy::LazyMutex;
use crate::wire::json::Json;
use crate::wire::json::document::Reading;
pub(crate) use details::{Details, KeptLabels};
pub(crate) use leak::Leaks;
pub use leak::{Clearing, Leak};
use namespace::Namespace;
pub(crate) use namespace::{Matches, Page, Selection};
use state::State;
pub(crate) use stored::{Chosen, Deleted, Draft, OrganizationInstances, Origin, Stored};

/// All instances of a server.
#[derive(Debug, Default)]
pub(crate) struct Store {
    state: LazyMutex<State>,
    /// Leaks of state that was cleared, by organization, until the ledger takes them.
    cleared: LazyMutex<Vec<(u64, Leaks)>>,
}

impl Store {
    /// Gives the draft an id and a token derived from `seed`, and keeps it.
    pub(crate) fn insert(
        &self,
        organization: &str,
        draft: Draft,
        seed: u64,
        now: u64,
    ) -> Arc<Stored> {
        let mut state = self.state.lock();
        let id = state.namespace(organization).next_id;
        let token = state.fresh_token(seed, organization, id);
        let stored = draft.with(id, token, now, Origin::Created);
        state.keep(organization, stored, seed)
    }

    /// Keeps drafts with the ids and tokens that were chosen; those not chosen are as for a creation.
    ///
    /// Nothing changes when one of them is taken; the number of that draft comes with the reason.
    pub(crate) fn seed(
        &self,
        chosen: Vec<Chosen<'_>>,
        seed: u64,
        now: u64,
    ) -> Result<Vec<Arc<Stored>>, (usize, String)> {
        let mut state = self.state.lock();
        state.check_free(&chosen, seed)?;
        let keep = |Chosen {
                        organization,
                        draft,
                        id,
                        token,
                    }| {
            let id = id.unwrap_or_else(|| state.namespace(organization).next_id);
            let token = match token {
                Some(token) => token.into(),
                None => state.fresh_token(seed, organization, id),
            };
            let stored = draft.with(id, token, now, Origin::Seeded);
            state.keep(organization, stored, seed)
        };
        Ok(chosen.into_iter().map(keep).collect())
    }

    /// The organization's instance with this id.
    pub(crate) fn get(&self, organization: &str, id: u64) -> Option<Arc<Stored>> {
        self.state
            .lock()
            .organizations
            .get(organization)?
            .instances
            .get(&id)
            .cloned()
    }

    /// The instance with this token, and its organization.
    pub(crate) fn by_token(&self, token: &str, seed: u64) -> Option<(Arc<str>, Arc<Stored>)> {
        let state = self.state.lock();
        let (organization, stored) = state.by_token(token, seed)?;
        Some((organization.clone(), stored.clone()))
    }

    /// Puts what `change` makes of an instance in its place; `None` when it is gone.
    pub(crate) fn update(
        &self,
        organization: &str,
        id: u64,
        change: impl FnOnce(&Stored) -> Stored,
    ) -> Option<Arc<Stored>> {
        let mut state = self.state.lock();
        let namespace = state.organizations.get_mut(organization)?;
        let after = Arc::new(change(namespace.instances.get(&id)?));
        namespace.take(id);
        namespace.put(after.clone());
        Some(after)
    }

    /// Counts the instances of every organization.
    pub(crate) fn len(&self) -> usize {
        let state = self.state.lock();
        let namespaces = state.organizations.values();
        namespaces.map(|namespace| namespace.instances.len()).sum()
    }

    /// Counts the organization's instances of each element, by the element's id.
    pub(crate) fn count(&self, organization: &str) -> Vec<(Arc<Element>, usize)> {
        let state = self.state.lock();
        let namespace = state.organizations.get(organization);
        namespace.map_or_else(Vec::new, Namespace::count_by_element)
    }

    /// Removes an instance, and its token with it.
    pub(crate) fn remove(&self, organization: &str, id: u64) -> Option<Arc<Stored>> {
        let mut state = self.state.lock();
        let namespace = state.organizations.get_mut(organization)?;
        let (removed, name) = (namespace.take(id)?, namespace.organization.clone());
        if namespace.is_emptied() {
            state.fold(organization);
        }
        state.retire(organization, &removed.token);
        state.note_deleted(name, &removed);
        Some(removed)
    }

    /// The instances that were deleted last, newest first, of everybody or of one organization.
    pub(crate) fn deleted(&self, only: Option<&str>) -> Vec<Deleted> {
        let state = self.state.lock();
        let newest_first = state.deleted.iter().rev();
        let of = |one: &&Deleted| only.is_none_or(|only| only == &*one.organization);
        newest_first.filter(of).cloned().collect()
    }

    /// Every organization's instances, or only those of one, by organization and id.
    pub(crate) fn sections(&self, only: Option<&str>) -> Vec<OrganizationInstances> {
        let state = self.state.lock();
        let of = |namespace: &&Namespace| only.is_none_or(|only| only == &*namespace.organization);
        let mut sections: Vec<_> = state
            .organizations
            .values()
            .filter(of)
            .map(Namespace::section)
            .collect();
        let is_asked = |section: &OrganizationInstances| {
            only.is_none_or(|only| only == &*section.organization)
        };
        sections.extend(state.emptied.sections().filter(is_asked));
        drop(state);
        sections.sort_unstable_by(|a, b| a.organization.cmp(&b.organization));
        sections
    }

    /// Puts sections in the place of everything, or of what one organization has.
    ///
    /// Nothing changes when a section is of another organization than `only`, or has a token of one that stays.
    fn restore(
        &self,
        only: Option<&str>,
        sections: Vec<OrganizationInstances>,
        seed: u64,
    ) -> Result<(), String> {
        if sections
            .iter()
            .any(|section| only.is_some_and(|only| only != &*section.organization))
        {
            return Err(
                "the document holds another organization than the one to restore".to_owned(),
            );
        }
        let mut state = self.state.lock();
        let stays = |organization: &str| only.is_some_and(|only| only != organization);
        for (section, at) in sections.iter().zip(0..) {
            let is_taken = |stored: &Arc<Stored>| {
                let holder = state.by_token(&stored.token, seed);
                holder.is_some_and(|(organization, _)| stays(organization))
            };
            if let Some(taken) = section.instances.iter().position(is_taken) {
                return Err(format!(
                    "organizations[{at}].instances[{taken}].token belongs to another organization's instance"
                ));
            }
        }
        let mut sections = sections;
        let mut forgotten = state.forget(only);
        for section in &mut sections {
            if let Some(before) = forgotten.organizations.get_mut(&section.organization) {
                section.take_over(before);
            }
        }
        for section in sections {
            state.namespace(&section.organization).next_id = section.next_id;
            if section.instances.is_empty() {
                state.fold(&section.organization);
            }
            for stored in section.instances {
                state.keep(&section.organization, Arc::unwrap_or_clone(stored), seed);
            }
        }
        drop(state);
        self.dispose(forgotten, Clearing::Restore);
        Ok(())
    }

    /// The matching instances that fit, of every organization or of one.
    pub(crate) fn matching(
        &self,
        only: Option<&str>,
        matches: Matches,
        is_fit: impl Fn(&Stored) -> bool,
    ) -> Vec<(Arc<str>, Arc<Stored>)> {
        let state = self.state.lock();
        let of = |namespace: &&Namespace| only.is_none_or(|only| only == &*namespace.organization);
        let namespaces = state.organizations.values().filter(of);
        let found = namespaces.flat_map(|namespace| {
            let matching = namespace.matching(matches);
            matching.map(|stored| (namespace.organization.clone(), stored))
        });
        let fit = found.filter(|(_, stored)| is_fit(stored));
        fit.map(|(organization, stored)| (organization, stored.clone()))
            .collect()
    }

    /// Tells whether the organization has ever given out this id.
    pub(crate) fn has_issued(&self, organization: &str, id: u64) -> bool {
        let state = self.state.lock();
        match state.organizations.get(organization) {
            Some(namespace) => namespace.has_issued(id),
            None => (state.emptied).has_issued(identity::fingerprint(organization), id),
        }
    }

    /// The fingerprint of the organization whose instance had this token until it was deleted.
    pub(crate) fn formerly_of(&self, token: &str, seed: u64) -> Option<u64> {
        let state = self.state.lock();
        if let Some(organization) = state.retired.get(token) {
            return Some(*organization);
        }
        let (fingerprint, id) = identity::issued_to(seed, token)?;
        let has_issued = match state.by_fingerprint.get(&fingerprint) {
            Some(organization) => state.organizations[organization].has_issued(id),
            None => state.emptied.has_issued(fingerprint, id),
        };
        has_issued.then_some(fingerprint)
    }

    /// At most `size` of the selected instances with an id above `after`, oldest first.
    pub(crate) fn page(
        &self,
        organization: &str,
        selection: &Selection<'_>,
        after: u64,
        size: usize,
    ) -> Page {
        let state = self.state.lock();
        let empty = Page {
            instances: Vec::new(),
            total: 0,
            next: None,
        };
        state
            .organizations
            .get(organization)
            .map_or(empty, |namespace| namespace.page(selection, after, size))
    }
}

impl Store {
    /// Keeps the leaks of what was forgotten, and drops it.
    fn dispose(&self, forgotten: State, cleared_by: Clearing) {
        let mut cleared = self.cleared.lock();
        for namespace in forgotten.organizations.values() {
            let leaks = namespace.leaks(Some(cleared_by));
            if leaks.count() > 0 {
                cleared.push((identity::fingerprint(&namespace.organization), leaks));
            }
        }
        drop(cleared);
        let namespaces = forgotten.organizations.values();
        let things = namespaces.map(|namespace| namespace.instances.len()).sum();
        dispose(forgotten, things);
    }

    /// The leaks of everything that was cleared since this was asked last, by organization.
    pub(crate) fn take_cleared(&self) -> Vec<(u64, Leaks)> {
        std::mem::take(&mut self.cleared.lock())
    }

    /// The instances that clients created and did not delete, of everybody or of one organization.
    pub(crate) fn leaks(&self, only: Option<&str>) -> Leaks {
        let state = self.state.lock();
        let of = |namespace: &&Namespace| only.is_none_or(|only| only == &*namespace.organization);
        let mut leaks = Leaks::default();
        for namespace in state.organizations.values().filter(of) {
            leaks.add(&namespace.leaks(None));
        }
        leaks
    }
}

impl Section for Store {
    fn member(&self) -> &'static str {
        "organizations"
    }

    fn clear(&self, only: Option<&str>) {
        let forgotten = self.state.lock().forget(only);
        self.dispose(forgotten, Clearing::Reset);
    }

    fn snapshot(&self, only: Option<&str>) -> Json<'static> {
        document::to_json(&self.sections(only))
    }

    fn read<'s>(
        &'s self,
        json: Option<&Json<'_>>,
        restoration: &Restoration<'s>,
    ) -> Reading<Change<'s>> {
        let json = json.ok_or_else(|| "organizations is required".to_owned())?;
        let sections = document::read(json, restoration.catalog)?;
        let Restoration { only, seed, .. } = *restoration;
        Ok(Box::new(move || self.restore(only, sections, seed)))
    }
}

#[cfg(test)]
mod tests;
