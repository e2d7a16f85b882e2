//! Orders of a test that change what its clients meet, and the predicates that say which requests are meant.

pub(crate) mod live;
pub(crate) mod predicate;
pub(crate) mod script;
pub(crate) mod stub;

use crate::emulator::identity;
use predicate::Predicate;

/// More scripts, and more stubs, are refused: each request is held against all of them.
const MAX_ORDERS: usize = 10_000;

/// Refuses `more` orders where there would be too many.
fn check_room(there_are: usize, more: usize) -> Result<(), String> {
    if there_are + more <= MAX_ORDERS {
        return Ok(());
    }
    Err(format!(
        "there is room for {MAX_ORDERS}, {there_are} are there and {more} were sent: remove some, or send fewer"
    ))
}

/// A script or a stub that met no request, for the ledger.
pub(crate) struct Unfired {
    /// The fingerprint of the organization that it was for.
    pub(crate) organization: Option<u64>,
    pub(crate) text: String,
}

impl Unfired {
    fn new(predicate: &Predicate, text: String) -> Self {
        let organization = predicate.organization_secret().map(identity::fingerprint);
        Unfired { organization, text }
    }
}
