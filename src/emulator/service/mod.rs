//! The documented service, one capability a file: handlers that the route table names.

pub(super) mod definitions;
pub(super) mod elements;
pub(super) mod extensions;
pub(super) mod instances;
mod provision;
pub(super) mod resources;
