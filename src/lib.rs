//! x
#![cfg_attr(test, allow(clippy::unwrap_used))]
pub mod wire;
pub use wire::json::Json;
pub mod catalog;
