//! Messages and their parts, spelled as the real API spells them; no behaviour.
//!
//! Everything here is a value or a pure function: texts and names ([`vocabulary`]), whole messages ([`message`]), the
//! `Authorization` header ([`auth`]), the shapes of elements and instances, and the error body. Which request gets
//! which of them is decided in the emulator.

pub mod auth;
pub mod ceql;
pub(crate) mod distance;
pub mod error;
pub(crate) mod host;
pub mod instance;
pub mod json;
pub(crate) mod markup;
pub mod media;
pub mod message;
pub(crate) mod oauth;
mod rule;
pub mod status;
pub(crate) mod time;
pub mod vocabulary;
pub(crate) mod webhook;
