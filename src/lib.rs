//! A mock of the Cloud Elements provisioning API that runs inside a test.
//!
//! Every reply names the rule behind it and how well that rule is evidenced.
//!
//! ```
//! use mock_ce::MockCe;
//!
//! let ce = MockCe::start();
//! // Your client takes this as its setting.
//! assert!(ce.base_url().starts_with("http://127.0.0.1:"));
//! assert!(ce.instances().is_empty());
//! ```
//!
//! Start with [`MockCe`], which is the server, and [`Settings`], which is its builder. [`Scripted`] orders a fault,
//! [`MockCe::received`] asks what the client sent, and [`cassette`] and `recorder` replay and record the real service.
//!
//! Reference pages: [endpoints](docs::endpoints), [rules](docs::rules), [steering](docs::steering) from any language,
//! [examples](docs::examples) in shell and Python, [attacks](docs::attacks).
//!
//! A module uses only modules above it in this file; that order is the architecture.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod rules;

pub mod wire;

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

#[cfg(any(doc, doctest))]
pub mod docs;

pub use catalog::fixture::Fixture;
pub use emulator::control::{ControlError, MessageQuery};
pub use emulator::dispatch::fault::WebhookFault;
pub use emulator::dispatch::log::{Webhook, WebhookResult};
pub use emulator::path::{PathPattern, Surface};
pub use emulator::record::gate::Gate;
pub use emulator::record::journal::{Content, Found, Near, Received};
pub use emulator::record::ledger::{Ledger, Mishap};
pub use emulator::record::report::Report;
pub use emulator::state::Seed;
pub use emulator::state::instances::{Clearing, Leak};
pub use emulator::state::outbox::Message;
pub use emulator::steer::predicate::Predicate;
pub use emulator::steer::script::{Effect, LiteralReply, Scripted};
pub use emulator::{Emulator, Outcome};
// A test names methods and statuses without a dependency of its own on `http`.
pub use http;
pub use http::{Method, StatusCode};
pub use instance::Instance;
pub use rules::Grade;
pub use server::expectation::{Expectation, VerifiedOnDrop};
pub use server::messages::MessageExpectation;
pub use server::organization::Organization;
pub use server::{MockCe, StartError};
pub use settings::{
    Callbacks, ControlAccess, EmptyLists, OAuthCodes, Settings, Shape, WebhookBody,
};
pub use wire::json::Json;
pub use wire::message::Request;
pub use wire::vocabulary::Dialect;
