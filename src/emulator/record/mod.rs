//! The record of what happened: every request, and what the run is judged by.

pub(crate) mod counters;
pub(crate) mod gate;
pub(crate) mod journal;
pub(crate) mod ledger;
pub(crate) mod names;
pub(crate) mod report;
