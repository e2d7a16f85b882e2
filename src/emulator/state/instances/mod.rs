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
mod stored;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use super::{Change, Restoration, Section};
use crate::catalog::Element;
use crate::emulator::disposal::dispose;
use crate::emulator::identity;
use crate::emulator::lazy::LazyMutex;
use crate::wire::json::Json;
use crate::wire::json::document::Reading;
pub(crate) use details::{Details, KeptLabels};
use emptied::Emptied;
pub(crate) use leak::Leaks;
pub use leak::{Clearing, Leak};
use namespace::{FIRST_ID, Namespace};
pub(crate) use namespace::{Matches, Page, Selection};
pub(crate) use stored::{Chosen, Deleted, Draft, OrganizationInstances, Origin, Stored, Token};

/// All instances of a server.
#[derive(Debug, Default)]
pub(crate) struct Store {
    state: LazyMutex<State>,
    /// Leaks of state that was cleared, by organization, until the ledger takes them.
    cleared: LazyMutex<Vec<(u64, Leaks)>>,
}

#[derive(Debug, Default)]
struct State {
    /// Ordered, for clients choose these names: no choice of theirs can make it slow.
    organizations: BTreeMap<Arc<str>, Namespace>,
    /// The first organization with each fingerprint, which is what a token tells.
    by_fingerprint: BTreeMap<u64, Arc<str>>,
    /// Those that had instances and have none, which are in neither of the two.
    emptied: Emptied,
    /// The places of instances whose tokens do not tell them: seeded and restored ones. Growing by a million others
    /// rebuilds no table, so that no creation waits for one.
    chosen: BTreeMap<Box<str>, Address>,
    /// Tokens of deleted instances that do not tell themselves whose they were, and the organization's fingerprint.
    retired: HashMap<Box<str>, u64>,
    /// The instances that were deleted last, oldest first, for a person who meets one of their tokens.
    deleted: VecDeque<Deleted>,
}

/// More deleted instances are not shown; the oldest go first.
const MAX_DELETED: usize = 100;

/// More retired tokens are not remembered; a test that chooses as many does not ask for one of them again.
const MAX_RETIRED: usize = 10_000;

/// The place of a token's instance.
#[derive(Clone, Debug)]
struct Address {
    organization: Arc<str>,
    id: u64,
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
        if let Some((token, _)) = state.chosen.remove_entry(&*removed.token)
            && state.retired.len() < MAX_RETIRED
        {
            let fingerprint = identity::fingerprint(organization);
            state.retired.insert(token, fingerprint);
        }
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
        sections.sort_by(|a, b| a.organization.cmp(&b.organization));
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

impl State {
    /// Checks that nobody has the ids and tokens that were chosen, nor gets them while the drafts are kept in turn.
    fn check_free(&self, chosen: &[Chosen<'_>], seed: u64) -> Result<(), (usize, String)> {
        let (mut ids, mut tokens) = (HashSet::new(), HashSet::new());
        let mut next_ids = HashMap::new();
        for (at, one) in chosen.iter().enumerate() {
            let namespace = self.organizations.get(one.organization);
            let next_id = next_ids
                .entry(one.organization)
                .or_insert_with(|| self.next_id(one.organization).unwrap_or(FIRST_ID));
            let id = one.id.unwrap_or(*next_id);
            *next_id = (*next_id).max(id.saturating_add(1));
            let is_taken = namespace.is_some_and(|known| known.instances.contains_key(&id));
            if is_taken || !ids.insert((one.organization, id)) {
                return Err((
                    at,
                    format!("id: the organization already has an instance {id}"),
                ));
            }
            let Some(token) = one.token else { continue };
            if self.by_token(token, seed).is_some() || !tokens.insert(token) {
                return Err((at, "token: it already belongs to an instance".to_owned()));
            }
        }
        Ok(())
    }

    /// The id of the organization's next instance, if it ever had one.
    fn next_id(&self, organization: &str) -> Option<u64> {
        match self.organizations.get(organization) {
            Some(namespace) => Some(namespace.next_id),
            None => self
                .emptied
                .next_id(identity::fingerprint(organization), organization),
        }
    }

    /// The organization's namespace, made if need be.
    fn namespace(&mut self, organization: &str) -> &mut Namespace {
        if !self.organizations.contains_key(organization) {
            let fingerprint = identity::fingerprint(organization);
            let emptied = self.emptied.take(fingerprint, organization);
            let namespace = emptied.unwrap_or_else(|| Namespace::new(organization.into()));
            let name = namespace.organization.clone();
            self.by_fingerprint
                .entry(fingerprint)
                .or_insert_with(|| name.clone());
            self.organizations.insert(name, namespace);
        }
        self.organizations
            .get_mut(organization)
            .expect("it was put there above")
    }

    /// Folds an organization that is empty again: thousands of them must cost little.
    fn fold(&mut self, organization: &str) {
        if !self.is_told(organization) {
            // Another one has its fingerprint, and the place.
            return;
        }
        let fingerprint = identity::fingerprint(organization);
        self.by_fingerprint.remove(&fingerprint);
        if let Some(namespace) = self.organizations.remove(organization) {
            self.emptied.insert(fingerprint, &namespace);
        }
    }

    /// The instance with this token, and its organization.
    fn by_token(&self, token: &str, seed: u64) -> Option<(&Arc<str>, &Arc<Stored>)> {
        let (organization, id) = match self.chosen.get(token) {
            Some(Address { organization, id }) => (organization, *id),
            None => self.issued_to(token, seed)?,
        };
        let stored = self.organizations.get(organization)?.instances.get(&id)?;
        (*stored.token == *token).then_some((organization, stored))
    }

    /// The organization and the id that a token tells, whether or not there is such an instance.
    fn issued_to(&self, token: &str, seed: u64) -> Option<(&Arc<str>, u64)> {
        let (fingerprint, id) = identity::issued_to(seed, token)?;
        Some((self.by_fingerprint.get(&fingerprint)?, id))
    }

    /// A token that no instance has, not even one that was seeded with it; nobody must have the id.
    fn fresh_token(&self, seed: u64, organization: &str, id: u64) -> Token {
        let derive =
            |salt: u64| Token::Inline(identity::token(seed.wrapping_add(salt), organization, id));
        let first = derive(0);
        // It tells this id, which is free, so that only a chosen one can be the same.
        if self.is_told(organization) && !self.chosen.contains_key(&*first) {
            return first;
        }
        let tokens = std::iter::once(first).chain((1..).map(derive));
        tokens
            .map(|token| (self.by_token(&token, seed).is_some(), token))
            .find_map(|(is_taken, token)| (!is_taken).then_some(token))
            .expect("the salts are many")
    }

    /// Tells whether tokens tell this organization, and not another one that has its fingerprint.
    fn is_told(&self, organization: &str) -> bool {
        let told = self
            .by_fingerprint
            .get(&identity::fingerprint(organization));
        told.is_some_and(|told| **told == *organization)
    }

    /// Puts an instance in its place; ids go on behind it.
    fn keep(&mut self, organization: &str, stored: Stored, seed: u64) -> Arc<Stored> {
        let (stored, namespace) = (Arc::new(stored), self.namespace(organization));
        namespace.count(stored.id);
        namespace.put(stored.clone());
        let organization = namespace.organization.clone();
        // A token of another seed, of a salt, or of an organization that shares its fingerprint does not tell.
        if self.issued_to(&stored.token, seed) != Some((&organization, stored.id)) {
            let id = stored.id;
            self.chosen
                .insert((*stored.token).into(), Address { organization, id });
        }
        stored
    }

    fn note_deleted(&mut self, organization: Arc<str>, stored: &Stored) {
        if self.deleted.len() == MAX_DELETED {
            self.deleted.pop_front();
        }
        self.deleted.push_back(Deleted {
            organization,
            id: stored.id,
            element: stored.element.clone(),
            token: stored.token.clone(),
        });
    }

    /// Takes out everything, or what one organization has.
    fn forget(&mut self, only: Option<&str>) -> State {
        let Some(only) = only else {
            return std::mem::take(self);
        };
        let fingerprint = identity::fingerprint(only);
        self.retired.retain(|_, retired| *retired != fingerprint);
        self.deleted.retain(|one| &*one.organization != only);
        self.by_fingerprint
            .retain(|_, organization| &**organization != only);
        self.emptied.take(fingerprint, only);
        self.chosen
            .retain(|_, address| &*address.organization != only);
        let taken = self.organizations.remove_entry(only);
        State {
            organizations: taken.into_iter().collect(),
            ..State::default()
        }
    }
}

#[cfg(test)]
mod tests;
