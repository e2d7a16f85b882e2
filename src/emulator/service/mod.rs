//! The documented service, one capability a file: handlers that the route table names.

pub(super) mod analytics;
mod buckets;
pub(super) mod elements;
pub(super) mod events;
pub(super) mod instances;
pub(super) mod jsp;
mod page;
mod provision;
pub(super) mod receive;
pub(super) mod usage;
