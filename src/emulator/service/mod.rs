//! The documented service, one capability a file: handlers that the route table names.

pub(super) mod analytics;
mod buckets;
pub(super) mod configuration;
pub(super) mod count;
pub(super) mod definitions;
pub(super) mod docs;
pub(super) mod elements;
pub(super) mod enabled;
pub(super) mod events;
pub(super) mod extensions;
pub(super) mod hubs;
pub(super) mod instances;
pub(super) mod jsp;
pub(super) mod login;
pub(super) mod metadata;
pub(super) mod oauth;
mod paging;
mod provision;
pub(super) mod receive;
pub(super) mod resources;
pub(super) mod settings;
mod subject;
pub(super) mod usage;
