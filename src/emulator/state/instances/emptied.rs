//! Organizations whose instances are all deleted: a name and the next id is all that they cost.
//!
//! Ids go on where they were, and a dead token is told from one that never was.

use std::collections::BTreeMap;

use super::namespace::{FIRST_ID, Namespace};
use super::stored::OrganizationInstances;

/// Emptied organizations, by the fingerprint that a token tells.
#[derive(Debug, Default)]
pub(super) struct Emptied(BTreeMap<u64, Kept>);

/// The next id, and the name behind it: one allocation takes less room than a number beside a shared name.
#[derive(Debug)]
struct Kept(Box<[u8]>);

impl Kept {
    fn new(organization: &str, next_id: u64) -> Self {
        let packed = [&next_id.to_le_bytes(), organization.as_bytes()].concat();
        Kept(packed.into())
    }

    fn parts(&self) -> (&str, u64) {
        let (next_id, organization) = self.0.split_first_chunk().expect("an id stands first");
        let organization = std::str::from_utf8(organization).expect("it was made of text");
        (organization, u64::from_le_bytes(*next_id))
    }
}

impl Emptied {
    pub(super) fn insert(&mut self, fingerprint: u64, namespace: &Namespace) {
        let kept = Kept::new(&namespace.organization, namespace.next_id);
        self.0.insert(fingerprint, kept);
    }

    /// Takes out an organization, to be filled again.
    pub(super) fn take(&mut self, fingerprint: u64, organization: &str) -> Option<Namespace> {
        let next_id = self.next_id(fingerprint, organization)?;
        self.0.remove(&fingerprint);
        let mut namespace = Namespace::new(organization.into());
        namespace.next_id = next_id;
        Some(namespace)
    }

    /// The id of the organization's next instance.
    pub(super) fn next_id(&self, fingerprint: u64, organization: &str) -> Option<u64> {
        let (known, next_id) = self.0.get(&fingerprint)?.parts();
        (known == organization).then_some(next_id)
    }

    /// Tells whether an organization with this fingerprint ever had an instance with this id.
    pub(super) fn has_issued(&self, fingerprint: u64, id: u64) -> bool {
        let emptied = self.0.get(&fingerprint);
        emptied.is_some_and(|kept| (FIRST_ID..kept.parts().1).contains(&id))
    }

    pub(super) fn sections(&self) -> impl Iterator<Item = OrganizationInstances> {
        self.0
            .values()
            .map(Kept::parts)
            .map(|(organization, next_id)| OrganizationInstances {
                organization: organization.into(),
                next_id,
                instances: Vec::new(),
            })
    }
}
