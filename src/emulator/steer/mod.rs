//! Orders of a test that change what its clients meet.

pub(crate) mod script;
