//! An instance as a test sees it.

use std::collections::BTreeMap;
use std::time::SystemTime;

/// A provisioned instance, as the server holds it: nothing is masked here.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Instance {
    /// The id: 1234.
    pub id: u64,
    /// The secret of the organization that it belongs to.
    pub organization: String,
    /// The key of its element: `"mailjet"`.
    pub element: String,
    /// Its token, as the creation returned it.
    pub token: String,
    /// Its name, without HTML tags.
    pub name: String,
    /// Its tags as sent; empty when none were.
    pub tags: Vec<String>,
    /// Its configuration entries, values as text.
    pub configuration: BTreeMap<String, String>,
    /// When it was created.
    pub created: SystemTime,
    /// When it was last changed.
    pub updated: SystemTime,
}
