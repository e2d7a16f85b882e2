//! Instances in memory, partitioned by organization (rule `credential-namespace`).
//!
//! One lock guards all of it and is held only for the step that must not be divided: nothing is parsed, validated or
//! rendered under it. Readers take a counted reference to an instance and let go; a change puts a new instance in the
//! place of the old one.

mod namespace;
mod stored;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use parking_lot::Mutex;

use super::identity;
use namespace::Namespace;
pub(crate) use namespace::{FIRST_ID, Page, Selection};
pub(crate) use stored::{Chosen, Draft, Origin, Section, Stored};

/// All instances of a server.
#[derive(Debug, Default)]
pub(crate) struct Store {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Ordered, for clients choose these names: no choice of theirs can make it slow.
    organizations: BTreeMap<Arc<str>, Namespace>,
    tokens: HashMap<Arc<str>, Address, BuildHasherDefault<TokenHasher>>,
    /// Tokens of deleted instances that do not tell themselves whose they were, and the organization's fingerprint.
    retired: HashMap<Arc<str>, u64>,
}

/// Hashes what no client chooses: tokens are given out by the store, or seeded by the test.
#[derive(Default)]
struct TokenHasher(u64);

impl Hasher for TokenHasher {
    fn write(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..piece.len()].copy_from_slice(piece);
            self.0 = identity::mix(self.0 ^ u64::from_le_bytes(word));
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The most retired tokens that are remembered; a test that chooses more of them has another one in mind.
const RETIRED: usize = 10_000;

/// Where the instance of a token is.
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
        state.keep(organization, draft.with(id, token, now, Origin::Created))
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
        state.check_free(&chosen)?;
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
            state.keep(organization, draft.with(id, token, now, Origin::Seeded))
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
    pub(crate) fn by_token(&self, token: &str) -> Option<(Arc<str>, Arc<Stored>)> {
        let state = self.state.lock();
        let Address { organization, id } = state.tokens.get(token)?;
        let stored = state.organizations.get(organization)?.instances.get(id)?;
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

    /// Removes an instance, and its token with it.
    pub(crate) fn remove(&self, organization: &str, id: u64) -> Option<Arc<Stored>> {
        let mut state = self.state.lock();
        let removed = state.organizations.get_mut(organization)?.take(id)?;
        state.tokens.remove(&removed.token);
        if removed.origin == Origin::Seeded && state.retired.len() < RETIRED {
            let fingerprint = identity::fingerprint(organization);
            state.retired.insert(removed.token.clone(), fingerprint);
        }
        Some(removed)
    }

    /// Every organization's instances, or only those of one, by organization and id.
    pub(crate) fn sections(&self, only: Option<&str>) -> Vec<Section> {
        let state = self.state.lock();
        let of = |namespace: &&Namespace| only.is_none_or(|only| only == &*namespace.organization);
        let mut sections: Vec<_> = state
            .organizations
            .values()
            .filter(of)
            .map(Namespace::section)
            .collect();
        drop(state);
        sections.sort_by(|a, b| a.organization.cmp(&b.organization));
        sections
    }

    /// Puts sections in the place of everything, or of what one organization has.
    ///
    /// Nothing changes when a section is of another organization than `only`, or has a token of one that stays.
    pub(crate) fn restore(&self, only: Option<&str>, sections: Vec<Section>) -> Result<(), String> {
        if sections
            .iter()
            .any(|section| only.is_some_and(|only| only != &*section.organization))
        {
            return Err(
                "the document holds another organization than the one to restore".to_owned(),
            );
        }
        let mut state = self.state.lock();
        let stays = |address: &Address| only.is_some_and(|only| only != &*address.organization);
        for (section, at) in sections.iter().zip(0..) {
            let is_taken =
                |stored: &Arc<Stored>| state.tokens.get(&stored.token).is_some_and(stays);
            if let Some(taken) = section.instances.iter().position(is_taken) {
                return Err(format!(
                    "organizations[{at}].instances[{taken}].token belongs to another organization's instance"
                ));
            }
        }
        state.forget(only);
        for section in sections {
            state.namespace(&section.organization).next_id = section.next_id;
            for stored in section.instances {
                state.keep(&section.organization, Arc::unwrap_or_clone(stored));
            }
        }
        Ok(())
    }

    /// Forgets everything, or what one organization has; ids start anew.
    pub(crate) fn clear(&self, only: Option<&str>) {
        self.state.lock().forget(only);
    }

    /// Whether the organization has given out this id, whether or not the instance still exists.
    pub(crate) fn has_issued(&self, organization: &str, id: u64) -> bool {
        let state = self.state.lock();
        let namespace = state.organizations.get(organization);
        namespace.is_some_and(|namespace| namespace.has_issued(id))
    }

    /// The fingerprint of the organization whose instance had this token until it was deleted.
    pub(crate) fn formerly_of(&self, token: &str, seed: u64) -> Option<u64> {
        let state = self.state.lock();
        if let Some(organization) = state.retired.get(token) {
            return Some(*organization);
        }
        let (organization, id) = identity::issued_to(seed, token)?;
        let is_of =
            |namespace: &&Namespace| identity::fingerprint(&namespace.organization) == organization;
        let namespace = state.organizations.values().find(is_of)?;
        namespace.has_issued(id).then_some(organization)
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

impl State {
    /// Whether nobody has the ids and tokens that were chosen, nor gets them while the drafts are kept in their order.
    fn check_free(&self, chosen: &[Chosen<'_>]) -> Result<(), (usize, String)> {
        let (mut ids, mut tokens) = (HashSet::new(), HashSet::new());
        let mut next_ids = HashMap::new();
        for (at, one) in chosen.iter().enumerate() {
            let namespace = self.organizations.get(one.organization);
            let next_id = next_ids
                .entry(one.organization)
                .or_insert_with(|| namespace.map_or(FIRST_ID, |namespace| namespace.next_id));
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
            if self.tokens.contains_key(token) || !tokens.insert(token) {
                return Err((at, "token: it already belongs to an instance".to_owned()));
            }
        }
        Ok(())
    }

    /// The organization's namespace, made if need be.
    fn namespace(&mut self, organization: &str) -> &mut Namespace {
        if !self.organizations.contains_key(organization) {
            let name = Arc::<str>::from(organization);
            self.organizations
                .insert(name.clone(), Namespace::new(name));
        }
        self.organizations
            .get_mut(organization)
            .expect("it was put there above")
    }

    /// A token that no instance has, not even one that was seeded with it.
    fn fresh_token(&self, seed: u64, organization: &str, id: u64) -> Arc<str> {
        let tokens =
            (0..).map(|salt: u64| identity::token(seed.wrapping_add(salt), organization, id));
        tokens
            .map(Arc::from)
            .find(|token: &Arc<str>| !self.tokens.contains_key(token))
            .expect("the salts are many")
    }

    /// Puts an instance in its place; ids go on behind it.
    fn keep(&mut self, organization: &str, stored: Stored) -> Arc<Stored> {
        let (stored, namespace) = (Arc::new(stored), self.namespace(organization));
        namespace.count(stored.id);
        namespace.put(stored.clone());
        let address = Address {
            organization: namespace.organization.clone(),
            id: stored.id,
        };
        self.tokens.insert(stored.token.clone(), address);
        stored
    }

    fn forget(&mut self, only: Option<&str>) {
        match only {
            None => *self = State::default(),
            Some(only) => {
                let fingerprint = identity::fingerprint(only);
                self.retired.retain(|_, retired| *retired != fingerprint);
                self.organizations.remove(only);
                self.tokens
                    .retain(|_, address| &*address.organization != only);
            }
        }
    }
}
