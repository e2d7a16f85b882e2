//! The stub that a test holds: in force from the moment it is made, changed by every further word.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::emulator::Emulator;
use crate::emulator::steer::predicate::Predicate;
use crate::emulator::steer::script::LiteralReply;
use crate::emulator::steer::stub::{StubAnswer, StubOrder};
use crate::wire::message::Request;
use crate::wire::status::Status;

/// An answer of the test's own for the requests that fit, in the place of the service's (rule `stub`).
///
/// It is in force from the moment it is made, and forgotten when it is dropped unless it is kept with
/// [`forever`](Stub::forever). Of several that fit a request, the newest answers. Until more is said, it answers 200
/// without a body.
///
/// ```
/// use mock_ce::{Method, MockCe, Request};
/// use serde_json::json;
///
/// let ce = MockCe::start();
/// let _ping = ce.stub(Method::GET, "/hubs/messaging/ping").json(json!({"pong": true}));
/// let ping = Request::new(Method::GET, "/elements/api-v2/hubs/messaging/ping", "");
/// assert_eq!(ce.emulator().answer(&ping).reply.body, r#"{"pong":true}"#);
/// ```
#[derive(Debug)]
#[must_use = "a stub is forgotten when it is dropped, which is at once unless it is held or kept with `forever`"]
pub struct Stub<'a> {
    emulator: &'a Emulator,
    order: StubOrder,
    id: u64,
    is_kept: bool,
}

impl<'a> Stub<'a> {
    #[track_caller]
    pub(super) fn new(emulator: &'a Emulator, predicate: Predicate) -> Self {
        let order = StubOrder {
            predicate,
            ..StubOrder::default()
        };
        let stubbed = emulator.stub(order.clone());
        Stub {
            emulator,
            order,
            id: stubbed.unwrap_or_else(|error| panic!("mock-ce: {error}")),
            is_kept: false,
        }
    }

    /// Answers with this status: a `u16` or a `StatusCode`.
    ///
    /// # Panics
    /// When the status is not from 200 to 999.
    #[track_caller]
    pub fn status(self, status: impl Status) -> Self {
        let status = LiteralReply::new(status).status;
        self.answering(|literal| LiteralReply { status, ..literal })
    }

    /// Answers with one header more.
    ///
    /// # Panics
    /// When the name or the value is not one of a header.
    #[track_caller]
    pub fn header(self, name: &str, value: &str) -> Self {
        self.answering(|literal| literal.header(name, value))
    }

    /// Answers with this value as JSON and, unless it has one, the content type of JSON.
    ///
    /// # Panics
    /// When serde cannot write the value as JSON.
    #[track_caller]
    pub fn json(self, value: impl serde_core::Serialize) -> Self {
        self.answering(|literal| literal.json(value))
    }

    /// Answers with this text and, unless it has one, the content type of plain text.
    pub fn text(self, text: impl Into<String>) -> Self {
        self.answering(|literal| literal.text(text))
    }

    /// Answers with this body.
    pub fn body(self, body: impl Into<Bytes>) -> Self {
        self.answering(|literal| literal.body(body))
    }

    /// Answers what the closure makes of the request, in the place of status, headers and body.
    ///
    /// A closure that panics answers 500 (rule `internal`).
    pub fn respond_with(
        mut self,
        answer: impl Fn(&Request) -> LiteralReply + Send + Sync + 'static,
    ) -> Self {
        self.order.answer = StubAnswer::Closure(Arc::new(answer));
        self.refined()
    }

    /// Answers after this time.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.order.delay = delay;
        self.refined()
    }

    /// Answers only so many requests, and leaves the others to older stubs and to the service.
    ///
    /// # Panics
    /// When `times` is 0.
    #[track_caller]
    pub fn times(mut self, times: u64) -> Self {
        let set = self.order.set_times(times);
        set.unwrap_or_else(|reason| panic!("mock-ce: {reason}"));
        self.refined()
    }

    /// Answers only requests that also fit the predicate.
    ///
    /// # Panics
    /// When a request can never fit: an element that the catalog does not have, or a condition on the answer.
    #[track_caller]
    pub fn when(mut self, predicate: &Predicate) -> Self {
        for condition in predicate.conditions() {
            self.order.predicate.add(condition.clone());
        }
        self.refined()
    }

    /// Answers only requests for which the closure says so.
    #[track_caller]
    pub fn matching(self, closure: impl Fn(&Request) -> bool + Send + Sync + 'static) -> Self {
        self.when(&Predicate::new().matching(closure))
    }

    /// The number by which the control API, the journal and the ledger name it.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Counts the requests that it answered.
    #[must_use]
    pub fn fired(&self) -> u64 {
        self.emulator.stub_fired(self.id)
    }

    /// Keeps it until the server is reset, and returns its id.
    pub fn forever(mut self) -> u64 {
        self.is_kept = true;
        self.id
    }

    #[track_caller]
    fn answering(mut self, change: impl FnOnce(LiteralReply) -> LiteralReply) -> Self {
        let literal = match std::mem::take(&mut self.order.answer) {
            StubAnswer::Literal(literal) => literal,
            _ => LiteralReply::default(),
        };
        self.order.answer = StubAnswer::Literal(change(literal));
        self.refined()
    }

    #[track_caller]
    fn refined(self) -> Self {
        let refined = self.emulator.refine_stub(self.id, self.order.clone());
        refined.unwrap_or_else(|error| panic!("mock-ce: {error}"));
        self
    }
}

impl Drop for Stub<'_> {
    fn drop(&mut self) {
        if !self.is_kept {
            // A reset may have forgotten it already.
            let _removed = self.emulator.remove_stub(self.id, None);
        }
    }
}
