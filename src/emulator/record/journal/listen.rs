//! The journal as listeners follow it: what was recorded after a number, and what was lost before it could be told.

use std::mem;
use std::sync::atomic::Ordering::Relaxed;

use http::StatusCode;

#[cfg(feature = "page")]
use super::Found;
use super::entry::Entry;
#[cfg(feature = "page")]
use super::mask::mask;
use super::words::MIN_WORD_LEN;
use super::{Journal, Received};
use crate::catalog::Catalog;
use crate::emulator::control::Cursor;
#[cfg(feature = "page")]
use crate::emulator::steer::predicate::Predicate;
use crate::wire::json::Json;

/// The parts of a request that a reader of the journal needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Enough for its line: see [`Received::to_log_line`].
    Line,
    /// Headers and bodies too.
    Whole,
}

/// The news for a listener.
#[derive(Default)]
pub(crate) struct Later {
    /// `true` if requests were forgotten: the listener is told again of all that are kept.
    pub(crate) is_forgotten: bool,
    /// The number of requests that were dropped before the listener was told of them.
    pub(crate) missed: u64,
    /// Number and summary, oldest first.
    pub(crate) requests: Vec<(u64, Json<'static>)>,
    /// `true` if script, state or clock were changed.
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
        let entries: Vec<_> = ring.entries.range(from..).take(most).cloned().collect();
        drop(ring);
        let requests = entries
            .iter()
            .map(|entry| (entry.number, self.summary(entry)));
        let requests: Vec<_> = requests.collect();
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

    fn summary(&self, entry: &Entry) -> Json<'static> {
        self.outlined(entry).to_summary().into_owned()
    }

    /// A request in so much detail, as readers outside of this process get it.
    pub(super) fn detailed(&self, entry: &Entry, detail: Detail) -> Received {
        let is_refused = entry.status() >= Some(StatusCode::BAD_REQUEST);
        match detail {
            // The line of a refusal has its message, which stands in the body.
            Detail::Line if !is_refused => self.outlined(entry),
            _ => self.outside_view(entry.received(&self.catalog.current())),
        }
    }

    /// At least the outline of a request, as readers outside of this process get it.
    fn outlined(&self, entry: &Entry) -> Received {
        let catalog = self.catalog.current();
        // Masking reads both bodies, which a flood would feel.
        if is_plain(entry, &catalog) {
            return entry.outline(&catalog);
        }
        self.outside_view(entry.received(&catalog))
    }

    /// The request with this number, if it is kept, as readers outside of this process get it.
    pub(crate) fn get(&self, number: u64) -> Option<Received> {
        let ring = self.ring.lock();
        let place = ring
            .entries
            .binary_search_by_key(&number, |entry| entry.number);
        let entry = ring.entries[place.ok()?].clone();
        drop(ring);
        Some(self.detailed(&entry, Detail::Whole))
    }

    /// Everything that is kept, masked even where the server shows secrets.
    #[cfg(feature = "page")]
    pub(crate) fn masked(&self) -> Found {
        let Found { requests, dropped } = self.find(0, &Predicate::new());
        let catalog = self.catalog.current();
        let masked = |received| mask(received, &catalog);
        Found {
            requests: requests.into_iter().map(masked).collect(),
            dropped,
        }
    }
}

/// Tells if no part of a request's outline can be a secret: a path of listed words, of element keys, and of words that
/// are too short to be masked, and an element of the catalog.
fn is_plain(entry: &Entry, catalog: &Catalog) -> bool {
    let is_known = |word: &str| {
        word.len() < MIN_WORD_LEN || PATH_WORDS.contains(&word) || catalog.find(word).is_some()
    };
    let has_query = entry.target().contains('?');
    let element = entry.element(catalog);
    !has_query
        && entry.target().split('/').all(is_known)
        && element.is_none_or(|key| catalog.find(&key).is_some())
}

/// The words of the API's paths that are long enough for a secret.
const PATH_WORDS: [&str; 4] = ["elements", "your_moms", "api-v2", "instances"];
