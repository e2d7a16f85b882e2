//! Orders of a test that change what its clients meet, and the predicates that say which requests are meant.

pub(crate) mod live;
pub(crate) mod predicate;
pub(crate) mod script;
