//! The server-sent events of `/__admin/events`: what was recorded, as it is recorded.
//!
//! A listener is a [`Cursor`] into the journal and nothing more, so it costs the server no memory however slow it is:
//! what the journal drops before it was told is counted in a `missed` event. An event's `id` is the request's number,
//! so that a listener that comes back says where it was.
//!
//! Events: `hello` `{"run", "version", "seed", "time"}`, once; `request`, one request without its bodies; `missed`
//! `{"count"}`; `forgotten`, after which all that is kept is told anew; `steered`, when script, state or clock was
//! changed.

use std::fmt::Write as _;

use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, Method};

use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::outcome::{Handled, Outcome};
use crate::emulator::view::date;
use crate::rules;
use crate::wire::error::ApiError;
use crate::wire::json::{Json, object};
use crate::wire::message::Request;
use crate::wire::vocabulary::CONTROL_PATH;

/// The most requests that one look at the journal tells, which is as long as it is locked.
const MAX_REQUESTS: usize = 100;
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The last thing that a listener was told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cursor {
    /// The number of the last request.
    pub(crate) number: u64,
    pub(crate) forgotten: u64,
    pub(crate) steered: u64,
    is_greeted: bool,
}

impl Cursor {
    /// The cursor of a listener who was greeted and knows all of this.
    pub(crate) fn new(number: u64, forgotten: u64, steered: u64) -> Self {
        Cursor {
            number,
            forgotten,
            steered,
            is_greeted: true,
        }
    }
}

/// Tells whether a request asks for the events in their own media type, which is not JSON.
pub(super) fn is_accepted(request: &Request) -> bool {
    let below = request.uri.path().strip_prefix(CONTROL_PATH);
    let accept = request.header_text(&ACCEPT);
    below == Some("/events") && accept.is_some_and(|accept| accept.contains("text/event-stream"))
}

/// `GET /__admin/events?after=12`, or with the header `Last-Event-ID`
pub(in crate::emulator) fn events(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let mut cursor = Cursor {
        number: after(call)?,
        ..Cursor::default()
    };
    let first = emulator.next_events(&mut cursor).unwrap_or_default();
    let mut outcome = Outcome::empty(&rules::CONTROL)
        .header(CONTENT_TYPE, "text/event-stream")
        .header(CACHE_CONTROL, "no-store");
    outcome.reply.body = first.into();
    // A HEAD ends with its head.
    outcome.follow = (call.context.request.method == Method::GET).then_some(cursor);
    Ok(outcome)
}

/// The number of the last request that the listener knows; what the browser says when it comes back is newer.
fn after(call: &Call<'_, '_>) -> Result<u64, ApiError> {
    let asked = call
        .query()
        .find_map(|(name, value)| (name == "after").then_some(value));
    let header = call.context.request.header_text(&LAST_EVENT_ID);
    let Some(said) = header.or(asked.as_deref()) else {
        return Ok(0);
    };
    said.parse().map_err(|_| {
        let reason = format!("after must be the number of a request, found {said:?}");
        ApiError::bad_request(&rules::CONTROL, reason)
    })
}

impl Emulator {
    /// The events that a listener has not been told; `None` when there are none.
    pub(crate) fn next_events(&self, cursor: &mut Cursor) -> Option<String> {
        let mut events = String::new();
        if !cursor.is_greeted {
            self.greet(cursor, &mut events);
        }
        let later = self.journal.later(cursor, MAX_REQUESTS);
        if later.is_forgotten {
            push(&mut events, "forgotten", &object([]));
        }
        if later.missed > 0 {
            push(
                &mut events,
                "missed",
                &object([("count", later.missed.into())]),
            );
        }
        for (number, request) in &later.requests {
            let _ = writeln!(events, "id: {number}");
            push(&mut events, "request", request);
        }
        if later.is_steered {
            push(&mut events, "steered", &object([]));
        }
        (!events.is_empty()).then_some(events)
    }

    /// Says who speaks, so that a listener of an earlier server knows to begin anew.
    fn greet(&self, cursor: &mut Cursor, events: &mut String) {
        let hello = object([
            ("run", format!("{:016x}", self.journal.run()).into()),
            ("version", env!("CARGO_PKG_VERSION").into()),
            ("seed", self.seed().into()),
            ("time", date(self.clock.now()).into()),
        ]);
        push(events, "hello", &hello);
        *cursor = self.journal.cursor(cursor.number);
    }
}

fn push(events: &mut String, name: &str, json: &Json<'_>) {
    let _ = write!(events, "event: {name}\ndata: {json}\n\n");
}
