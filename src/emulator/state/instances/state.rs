//! The state that the lock of the instances guards: the organizations, and the ways from a token to its instance.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use super::emptied::Emptied;
use super::namespace::{FIRST_ID, Namespace};
use super::stored::{Chosen, Deleted, Stored, Token};
use crate::emulator::identity;

/// The instances of a server, as they are under its lock.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Ordered, for clients choose these names: no choice of theirs can make it slow.
    pub(super) organizations: BTreeMap<Arc<str>, Namespace>,
    /// The first organization with each fingerprint, which is what a token tells.
    pub(super) by_fingerprint: BTreeMap<u64, Arc<str>>,
    /// Those that had instances and have none, which are in neither of the two.
    pub(super) emptied: Emptied,
    /// The places of instances whose tokens do not tell them: seeded and restored ones. Growing by a million others
    /// rebuilds no table, so that no creation waits for one.
    pub(super) chosen: BTreeMap<Box<str>, Address>,
    /// Tokens of deleted instances that do not tell themselves whose they were, and the organization's fingerprint.
    pub(super) retired: HashMap<Box<str>, u64>,
    /// The instances that were deleted last, oldest first, for a person who meets one of their tokens.
    pub(super) deleted: VecDeque<Deleted>,
}

/// More deleted instances are not shown; the oldest go first.
const MAX_DELETED: usize = 100;

/// More retired tokens are not remembered; a test that chooses as many does not ask for one of them again.
const MAX_RETIRED: usize = 10_000;

/// The place of a token's instance.
#[derive(Clone, Debug)]
pub(super) struct Address {
    organization: Arc<str>,
    id: u64,
}

impl State {
    /// Checks that nobody has the ids and tokens that were chosen, nor gets them while the drafts are kept in turn.
    pub(super) fn check_free(
        &self,
        chosen: &[Chosen<'_>],
        seed: u64,
    ) -> Result<(), (usize, String)> {
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
    pub(super) fn next_id(&self, organization: &str) -> Option<u64> {
        match self.organizations.get(organization) {
            Some(namespace) => Some(namespace.next_id),
            None => self
                .emptied
                .next_id(identity::fingerprint(organization), organization),
        }
    }

    /// The organization's namespace, made if need be.
    pub(super) fn namespace(&mut self, organization: &str) -> &mut Namespace {
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
    pub(super) fn fold(&mut self, organization: &str) {
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
    pub(super) fn by_token(&self, token: &str, seed: u64) -> Option<(&Arc<str>, &Arc<Stored>)> {
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
    pub(super) fn fresh_token(&self, seed: u64, organization: &str, id: u64) -> Token {
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
    pub(super) fn keep(&mut self, organization: &str, stored: Stored, seed: u64) -> Arc<Stored> {
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

    /// Remembers whose a token was that does not tell it itself.
    pub(super) fn retire(&mut self, organization: &str, token: &str) {
        if let Some((token, _)) = self.chosen.remove_entry(token)
            && self.retired.len() < MAX_RETIRED
        {
            let fingerprint = identity::fingerprint(organization);
            self.retired.insert(token, fingerprint);
        }
    }

    pub(super) fn note_deleted(&mut self, organization: Arc<str>, stored: &Stored) {
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
    pub(super) fn forget(&mut self, only: Option<&str>) -> State {
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
        let mut forgotten = State::default();
        let taken = self.organizations.remove_entry(only);
        forgotten.organizations.extend(taken);
        forgotten
    }
}
