//! Secrets: which names, which headers and which parts of `Authorization` and of an address hold one. Each is decided here and nowhere
//! else; the journal's view, standard error and the cassette's rule for messages ask this room.
//!
//! A name is judged without its case and its separators, so `api_key`, `apiKey` and `API.KEY` are one name. A list of
//! names can never be complete. It is therefore used only to mask what stays in memory, and to be stricter than the
//! cassette's policy, which keeps what is known to be harmless instead of removing what is known to be secret.

mod address;
mod authorization;
mod header;
mod name;

pub(crate) use address::credentials_in;
pub(crate) use authorization::{AuthorizationPart, authorization_parts};
pub(crate) use header::is_secret_header;
pub(crate) use name::names_secret;
