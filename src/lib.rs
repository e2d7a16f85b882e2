//! An in-process mock of the Cloud Elements provisioning API, which says for every answer which rule it followed and
//! how well that rule is evidenced.
//!
//! ```
//! use mock_ce::MockCe;
//!
//! let ce = MockCe::start();
//! let client_takes = ce.base_url();
//! assert!(client_takes.starts_with("http://127.0.0.1:"));
//! assert!(ce.instances().is_empty());
//! ```
//!
//! A module uses only modules above it: that order is the architecture.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod rules;

pub mod wire;

// The journal and the cassettes move here from lists of their own.
#[allow(dead_code, unused_imports)]
mod secrets;

pub mod catalog;

pub mod file;

pub mod cassette;

mod instance;
pub mod settings;

#[cfg(feature = "page")]
mod page;

pub mod emulator;

mod server;

#[cfg(feature = "recorder")]
pub mod recorder;

pub use emulator::control::ControlError;
pub use emulator::journal::{Content, Found, Query, Received};
pub use emulator::ledger::{Ledger, Mishap};
pub use emulator::script::{Effect, LiteralReply, Scripted};
pub use emulator::snapshot::Seed;
pub use emulator::{Emulator, Outcome};
pub use instance::Instance;
pub use rules::Grade;
pub use server::expectation::Expectation;
pub use server::{MockCe, StartError};
pub use settings::{ControlAccess, EmptyLists, Settings, Shape};
pub use wire::json::Json;
pub use wire::message::Request;
pub use wire::vocabulary::Dialect;

/// The README's example, compiled and run with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
