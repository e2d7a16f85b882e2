//! What was asked, what was answered, and by which rule; bounded in entries and in bytes.
//!
//! An entry is one flat copy of what it keeps: a header map or a body out of hyper's hands would keep a whole read
//! buffer alive. An answer that shows an instance is kept as the instance and the way of showing it. Secrets in headers
//! are replaced before they are kept, those in bodies whenever an entry is looked at.

mod broken;
mod entry;
mod listen;
mod mask;
mod query;
mod received;

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

pub use query::{Found, Query};
pub use received::{Content, Received};

use crate::catalog::Catalog;
use crate::emulator::identity;
use crate::emulator::outcome::Outcome;
use crate::emulator::state::instances::Stored;
use crate::emulator::view::View;
use crate::settings::{AGES, JournalLimits};
use crate::wire::message::{Body, Request};
use entry::{Answer, Entry, Kept};

/// The journal of one server.
#[derive(Debug)]
pub(crate) struct Journal {
    limits: JournalLimits,
    catalog: Arc<Catalog>,
    ring: Mutex<Ring>,
    /// Wakes those who wait for requests in process.
    recorded: Condvar,
    /// Wakes those who wait for requests over a connection.
    changed: Notify,
    /// How often script, state or clock were changed over the control API.
    steered: AtomicU64,
    /// Tells the journal of one server from that of another.
    run: u64,
}

/// The most organizations whose dropped requests are told apart.
const APART: usize = 10_000;

#[derive(Debug, Default)]
struct Ring {
    entries: VecDeque<Entry>,
    /// How many requests were ever recorded; the number of the last one.
    recorded: u64,
    /// How many of each organization's requests were dropped for want of room, by its fingerprint.
    dropped: HashMap<Option<u64>, u64>,
    /// Bytes that the kept entries take.
    bytes: usize,
    /// The number of the last request that was dropped for want of room.
    last_dropped: u64,
    /// How many requests had been recorded when all of them were last forgotten.
    forgotten_until: u64,
    /// How often requests were forgotten on purpose.
    forgotten: u64,
}

/// What a request and its answer leave behind, apart from the two messages.
pub(crate) struct Circumstances {
    /// Milliseconds since 1970.
    pub(crate) at: u64,
    pub(crate) request_id: [u8; 24],
    /// The fingerprint of the caller's organization secret.
    pub(crate) organization: Option<u64>,
    /// How long it took to answer, in microseconds.
    pub(crate) took: u32,
    /// The shown instance, where the answer's body is exactly that.
    pub(crate) shown: Option<(Arc<Stored>, View)>,
}

impl Journal {
    pub(crate) fn new(limits: JournalLimits, catalog: Arc<Catalog>) -> Self {
        Journal {
            limits,
            catalog,
            ring: Mutex::default(),
            recorded: Condvar::new(),
            changed: Notify::new(),
            steered: AtomicU64::new(0),
            run: RandomState::new().build_hasher().finish(),
        }
    }

    /// Keeps a request and its answer, dropping the oldest ones beyond the limits.
    pub(crate) fn record(
        &self,
        request: &Request,
        outcome: &Outcome,
        circumstances: Circumstances,
    ) {
        let entry = self.entry(request, outcome, circumstances);
        let mut ring = self.ring.lock();
        ring.push(entry, &self.limits);
        drop(ring);
        self.recorded.notify_all();
        self.changed.notify_waiters();
    }

    fn entry(&self, request: &Request, outcome: &Outcome, circumstances: Circumstances) -> Entry {
        let Circumstances {
            at,
            request_id,
            organization,
            took,
            shown,
        } = circumstances;
        let body: &[u8] = match &request.body {
            Body::Whole(body) => body,
            Body::TooLarge(_) => &[],
        };
        Entry {
            number: 0,
            at,
            request_id,
            organization,
            took,
            rule: outcome.rule,
            effect: outcome.effect,
            status: outcome.is_made().then_some(outcome.reply.status),
            instance: outcome.instance.as_ref().map(|stored| stored.id),
            element: (outcome.instance.as_ref()).map(|stored| stored.element.clone()),
            request: Kept::request(request, body, self.limits.body),
            answer: match shown.filter(|(stored, _)| self.is_small(outcome, stored)) {
                Some((stored, view)) => Answer::Shown(stored, view),
                None => Answer::Text(Kept::body(&outcome.reply.body, self.limits.body)),
            },
        }
    }

    /// Whether an instance may be kept as it is in the place of the answer that shows it.
    fn is_small(&self, outcome: &Outcome, stored: &Stored) -> bool {
        outcome.reply.body.len() <= self.limits.body && stored.bytes() <= self.limits.body
    }

    /// What was recorded and fits, oldest first, with a word on what was dropped.
    pub(crate) fn find(&self, query: &Query) -> Found {
        self.ring.lock().find(query, &self.catalog)
    }

    /// What fits the query, as soon as at least `count` requests do, or what does when the time is over.
    pub(crate) fn wait_for(&self, count: usize, query: &Query, patience: Duration) -> Found {
        let deadline = Instant::now() + patience.min(AGES);
        let mut ring = self.ring.lock();
        loop {
            let enough = ring.count(query, &self.catalog) >= count;
            if enough || self.recorded.wait_until(&mut ring, deadline).timed_out() {
                return ring.find(query, &self.catalog);
            }
        }
    }

    /// Resolves when the next request is recorded.
    pub(crate) fn next_recorded(&self) -> Notified<'_> {
        self.changed.notified()
    }

    /// A line for each request after the one with this number, as soon as there is one; and the last one's number.
    ///
    /// Requests that were dropped or forgotten meanwhile have no line.
    pub(crate) fn wait_for_lines(&self, number: u64) -> (Vec<String>, u64) {
        let mut ring = self.ring.lock();
        while ring.recorded == number {
            self.recorded.wait(&mut ring);
        }
        let later = ring
            .entries
            .iter()
            .rev()
            .take_while(|entry| entry.number > number);
        let mut lines: Vec<_> = later.map(|entry| entry.line(&self.catalog)).collect();
        lines.reverse();
        (lines, ring.recorded)
    }

    /// Forgets every request, or those of one organization.
    pub(crate) fn clear(&self, organization: Option<&str>) {
        let organization = organization.map(identity::fingerprint);
        let mut ring = self.ring.lock();
        ring.entries
            .retain(|entry| organization.is_some() && entry.organization != organization);
        ring.dropped
            .retain(|of, _| organization.is_some() && *of != organization);
        ring.bytes = ring.entries.iter().map(Entry::bytes).sum();
        ring.forgotten += 1;
        if organization.is_none() {
            ring.forgotten_until = ring.recorded;
        }
        drop(ring);
        self.changed.notify_waiters();
    }
}

impl Ring {
    fn push(&mut self, mut entry: Entry, limits: &JournalLimits) {
        self.recorded += 1;
        entry.number = self.recorded;
        self.bytes += entry.bytes();
        self.entries.push_back(entry);
        while self.entries.len() > limits.entries || self.bytes > limits.bytes {
            let Some(oldest) = self.entries.pop_front() else {
                break;
            };
            self.bytes -= oldest.bytes();
            self.last_dropped = oldest.number;
            self.note_dropped(oldest.organization);
        }
    }

    /// Beyond so many organizations the dropped requests of the others are counted as nobody's.
    fn note_dropped(&mut self, organization: Option<u64>) {
        let is_known = self.dropped.len() < APART || self.dropped.contains_key(&organization);
        *self
            .dropped
            .entry(organization.filter(|_| is_known))
            .or_default() += 1;
    }

    fn fitting<'r>(
        &'r self,
        query: &'r Query,
        catalog: &'r Catalog,
    ) -> impl Iterator<Item = &'r Entry> {
        let fits = move |entry: &&Entry| query.fits(entry, catalog);
        self.entries.iter().filter(fits)
    }

    fn count(&self, query: &Query, catalog: &Catalog) -> usize {
        self.fitting(query, catalog).count()
    }

    fn find(&self, query: &Query, catalog: &Catalog) -> Found {
        let shown = |entry: &Entry| entry.show(catalog);
        let may_be_missing = self.dropped.iter().filter(|(of, _)| query.may_miss(**of));
        Found {
            requests: self.fitting(query, catalog).map(shown).collect(),
            dropped: may_be_missing.map(|(_, count)| count).sum(),
        }
    }
}
