//! The journal as listeners follow it: what was recorded after a number, and what was lost before it could be told.

use std::mem;
use std::sync::atomic::Ordering::Relaxed;

use super::{Journal, Received};
use crate::emulator::control::Cursor;
use crate::wire::json::Json;

/// What a listener has not been told.
#[derive(Default)]
pub(crate) struct Later {
    /// Whether requests were forgotten: the listener is told again of all that are kept.
    pub(crate) is_forgotten: bool,
    /// The number of requests that were dropped before the listener was told of them.
    pub(crate) missed: u64,
    /// Number and summary, oldest first.
    pub(crate) requests: Vec<(u64, Json<'static>)>,
    /// Whether script, state or clock were changed.
    pub(crate) is_steered: bool,
}

impl Journal {
    /// A number that tells this journal from that of another server.
    pub(crate) fn run(&self) -> u64 {
        self.run
    }

    /// The cursor of a listener who knows the requests up to this number.
    pub(crate) fn cursor(&self, number: u64) -> Cursor {
        let ring = self.ring.lock();
        // A higher number than was ever given is one of another server.
        let known = if number > ring.recorded { 0 } else { number };
        Cursor::new(known, ring.forgotten, self.steered.load(Relaxed))
    }

    /// Tells the listeners that script, state or clock were changed.
    pub(crate) fn announce_steering(&self) {
        self.steered.fetch_add(1, Relaxed);
        self.changed.notify_waiters();
    }

    /// Returns at most `most` requests that a listener has not been told of, and moves its cursor on.
    pub(crate) fn later(&self, cursor: &mut Cursor, most: usize) -> Later {
        let steered = self.steered.load(Relaxed);
        let is_steered = mem::replace(&mut cursor.steered, steered) != steered;
        let ring = self.ring.lock();
        let is_forgotten = mem::replace(&mut cursor.forgotten, ring.forgotten) != ring.forgotten;
        if is_forgotten {
            cursor.number = ring.last_dropped;
        }
        let known = cursor.number.max(ring.forgotten_until);
        let missed = ring.last_dropped.saturating_sub(known);
        cursor.number = known.max(ring.last_dropped);
        let from = ring
            .entries
            .partition_point(|entry| entry.number <= cursor.number);
        let requests: Vec<_> = (ring.entries.range(from..).take(most))
            .map(|entry| (entry.number, entry.summary(&self.catalog)))
            .collect();
        if let Some((number, _)) = requests.last() {
            cursor.number = *number;
        }
        Later {
            is_forgotten,
            missed,
            requests,
            is_steered,
        }
    }

    /// The request with this number, if it is kept.
    pub(crate) fn get(&self, number: u64) -> Option<Received> {
        let ring = self.ring.lock();
        let place = ring
            .entries
            .binary_search_by_key(&number, |entry| entry.number);
        Some(ring.entries[place.ok()?].show(&self.catalog))
    }
}
