//! A mock of the Cloud Elements API that runs inside a test, says which rule is behind each answer, and fails on order.
//!
//! Everything is in memory, on this machine, and works offline. What follows is a first test in seven steps; the
//! [cookbook](docs::cookbook) has more, and [coming_from](docs::coming_from) says what other mock servers' words are called here.
//!
//! # Start
//!
//! A server is ready when `start` returns, and gone when `ce` is dropped. It needs no async runtime and works under any.
//!
//! ```
//! use mock_ce::MockCe;
//!
//! let ce = MockCe::start();
//! // Your client takes this as its setting: http://127.0.0.1:PORT/elements/api-v2
//! assert!(ce.base_url().starts_with("http://127.0.0.1:"));
//! ```
//!
//! [`MockCe::builder`] changes [`Settings`] before the start: the seed, the clock, the credentials that are good.
//!
//! # Assert
//!
//! Say afterwards what should have come. A failure shows the nearest requests with all their differences.
//!
//! ```
//! use mock_ce::{Method, MockCe};
//! # mod client { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/docs/client.rs")); }
//! # use client::provision;
//!
//! let ce = MockCe::start();
//! provision(&ce.base_url()); // your code
//! let received = ce.received(Method::POST, "/instances").element("mailjet").once();
//! assert_eq!(received.rule.id, "create");
//! assert_eq!(ce.instances()[0].configuration["mailjet.api.key"], "k");
//! ```
//!
//! [`MockCe::received`] begins an [`Expectation`] of requests, [`MockCe::messages`] one of the messages that were sent.
//!
//! # Steer
//!
//! [`Scripted`] is an [`Effect`] and the requests that it meets.
//!
//! ```
//! use mock_ce::{Effect, Method, MockCe, Scripted};
//! # mod client { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/docs/client.rs")); }
//! # use client::provision;
//!
//! let ce = MockCe::start();
//! // The creation happens, and its reply is lost: the fault that matters most for a creation.
//! ce.script(Scripted::new(Effect::LoseReply).method(Method::POST).first(1));
//! assert_eq!(provision(&ce.base_url()), None);
//! assert_eq!(ce.instances().len(), 1);
//! ```
//!
//! [`MockCe::stub`] answers what the service does not know, or otherwise than it would ([`Stub`]).
//!
//! # Isolate
//!
//! Everything that a client makes belongs to its organization secret. [`MockCe::organization`] is a handle of one
//! organization, so tests that run in parallel can share a server.
//!
//! ```
//! use mock_ce::{Method, MockCe};
//!
//! let ce = MockCe::start();
//! let (one, other) = (ce.organization("one"), ce.organization("other"));
//! one.seed(&one.seed_of("twilio", "Test")).unwrap();
//! assert!(other.instances().is_empty());
//! other.received(Method::POST, "/instances").never();
//! ```
//!
//! # Elements of your own
//!
//! The catalog has the documented elements. [`Settings::catalog`] reads a folder with fixtures of others, and [`catalog::fixture`]
//! says what stands in one.
//!
//! # Record
//!
//! The feature `recorder` (module `recorder`, verb `mock-ce record`) writes what the real service says into a [`cassette`], without its
//! secrets. [`Settings::cassette`] answers from one.
//!
//! # Debug
//!
//! A server that is dropped by a failing test prints its last requests. `mock-ce tail URL` follows a running one, a browser shows it
//! at `/__admin/` (feature `page`), and `MOCK_CE_HOLD=1` keeps it up until you have looked. At the end [`MockCe::run_ledger`] is what
//! the run relied upon, by [`Grade`].
//!
//! # Pages
//!
//! | page | about |
//! |---|---|
//! | [cookbook](docs::cookbook) | recipes, each a whole test |
//! | [coming_from](docs::coming_from) | wiremock, httpmock and mockito, word by word |
//! | [words](docs::words) | grade, ledger, mishap, leak, gate and the like, in one line each |
//! | [examples](docs::examples), [fixtures](docs::fixtures) | tests in shell, Python, Node and Java |
//! | [service](docs::service), [endpoints](docs::endpoints), [rules](docs::rules) | what is served, and on what evidence |
//! | [control](docs::control), [steering](docs::steering) | predicates, expectations, gates and faults, in Rust and as JSON |
//! | [https](docs::https) | HTTPS, and clients whose host is compiled in |
//! | [attacks](docs::attacks) | bad input that it withstands |
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `cli` (default) | the binary, and all below; a test needs none of it: `default-features = false` |
//! | `page` | the page at `/__admin/` and [`MockCe`]'s `post_mortem`, without another crate |
//! | `tls` | HTTPS, clients whose host is compiled in, and webhooks to `https` receivers |
//! | `recorder` | recording a real service, and `tls` |
//! | `guide` | importing guides into fixtures |
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

#[doc(inline)]
pub use catalog::fixture::Fixture;
#[doc(inline)]
pub use emulator::control::{ControlError, MessageQuery};
pub use emulator::dispatch::fault::WebhookFault;
pub use emulator::dispatch::log::{Webhook, WebhookResult};
pub use emulator::path::{PathPattern, Surface};
pub use emulator::record::gate::Gate;
pub use emulator::record::journal::{Content, Detail, Found, Near, Received};
pub use emulator::record::ledger::{Ledger, Mishap};
pub use emulator::record::report::Report;
pub use emulator::state::Seed;
pub use emulator::state::instances::{Clearing, Leak};
pub use emulator::state::outbox::Message;
pub use emulator::steer::predicate::Predicate;
pub use emulator::steer::script::{Effect, LiteralReply, Scripted};
#[doc(inline)]
pub use emulator::{Emulator, Outcome};
// A test names methods and statuses without a dependency of its own on `http`.
pub use http;
pub use http::{Method, StatusCode};
pub use instance::Instance;
#[doc(inline)]
pub use rules::Grade;
pub use server::expectation::{Expectation, VerifiedOnDrop};
pub use server::messages::MessageExpectation;
pub use server::organization::Organization;
pub use server::stub::Stub;
#[cfg(feature = "tls")]
pub use server::tls::TrustStore;
pub use server::{MockCe, StartError};
#[doc(inline)]
pub use settings::{
    Callbacks, ControlAccess, EmptyLists, OAuthCodes, Settings, Shape, WebhookBody,
};
#[doc(inline)]
pub use wire::json::Json;
#[doc(inline)]
pub use wire::message::Request;
#[doc(inline)]
pub use wire::vocabulary::Dialect;
