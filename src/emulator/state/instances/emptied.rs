//! Organizations whose instances are all deleted: a name and the next id is all that they cost.
//!
//! Ids go on where they were, and a dead token is told from one that never was.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::namespace::{FIRST_ID, Namespace};
use super::stored::OrganizationInstances;

/// Emptied organizations, by the fingerprint that a token tells.
#[derive(Debug, Default)]
pub(super) struct Emptied(BTreeMap<u64, (Arc<str>, u64)>);

impl Emptied {
    pub(super) fn insert(&mut self, fingerprint: u64, namespace: Namespace) {
        let kept = (namespace.organization, namespace.next_id);
        self.0.insert(fingerprint, kept);
    }

    /// Takes out an organization, to be filled again.
    pub(super) fn take(&mut self, fingerprint: u64, organization: &str) -> Option<Namespace> {
        self.next_id(fingerprint, organization)?;
        let (organization, next_id) = self.0.remove(&fingerprint)?;
        let mut namespace = Namespace::new(organization);
        namespace.next_id = next_id;
        Some(namespace)
    }

    /// The id of the organization's next instance.
    pub(super) fn next_id(&self, fingerprint: u64, organization: &str) -> Option<u64> {
        let (known, next_id) = self.0.get(&fingerprint)?;
        (**known == *organization).then_some(*next_id)
    }

    /// Tells whether an organization with this fingerprint ever had an instance with this id.
    pub(super) fn has_issued(&self, fingerprint: u64, id: u64) -> bool {
        let emptied = self.0.get(&fingerprint);
        emptied.is_some_and(|(_, next_id)| (FIRST_ID..*next_id).contains(&id))
    }

    pub(super) fn sections(&self) -> impl Iterator<Item = OrganizationInstances> {
        self.0
            .values()
            .map(|(organization, next_id)| OrganizationInstances {
                organization: organization.clone(),
                next_id: *next_id,
                instances: Vec::new(),
            })
    }
}
