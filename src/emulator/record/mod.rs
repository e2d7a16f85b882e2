//! The record of what happened: every request, and what the run relied upon.

pub(crate) mod journal;
pub(crate) mod ledger;
