//! The journal: every request with its answer and the rule behind it, bounded in entries and in bytes.
//!
//! It keeps requests as they came, in memory only. In process they are read like that. Readers outside of the process
//! get the masked view, which is made when they read, unless the server was told to show secrets.
//!
//! An entry is one flat copy of what it keeps: a header map or a body out of hyper's hands would keep a whole read
//! buffer alive. An answer that shows an instance is kept as the instance and the way of showing it.

mod broken;
mod entry;
mod kept;
mod listen;
mod mask;
mod near;
mod received;
mod serial;
mod subject;
mod words;

use std::collections::{BTreeMap, VecDeque};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

pub use listen::Detail;
pub(crate) use mask::mask_document;
pub use near::Near;
pub use received::{Content, Found, Received};

use crate::catalog::LiveCatalog;
use crate::emulator::disposal::dispose;
use crate::emulator::identity::{self, RequestId};
use crate::emulator::outcome::Outcome;
use crate::emulator::state::instances::Stored;
use crate::emulator::steer::predicate::Predicate;
use crate::emulator::view::View;
use crate::settings::{JournalLimits, MAX_WAIT, Secrets};
use crate::wire::message::{Body, Request};
use crate::wire::vocabulary::header;
use entry::{About, Entry, Rare};
use kept::{Answer, Cut, KeptMessages};
use subject::EntryView;

/// The journal of one server.
#[derive(Debug)]
pub(crate) struct Journal {
    limits: JournalLimits,
    secrets: Secrets,
    catalog: LiveCatalog,
    ring: Mutex<Ring>,
    /// Wakes those who wait for requests in process.
    recorded: Condvar,
    /// Wakes those who wait for requests over a connection.
    changed: Notify,
    /// The number of changes of script, state or clock over the control API.
    steered: AtomicU64,
    /// Tells the journal of one server from that of another.
    run: u64,
}

/// Beyond so many organizations dropped requests are counted as nobody's.
const MAX_ORGANIZATIONS_COUNTED: usize = 10_000;

#[derive(Debug, Default)]
struct Ring {
    entries: VecDeque<Arc<Entry>>,
    /// The number of the last request; requests are counted from 1.
    recorded: u64,
    /// Each organization's count of requests that were dropped for want of room, by its fingerprint.
    dropped: BTreeMap<Option<u64>, u64>,
    /// Bytes that the kept entries take.
    bytes: usize,
    /// The number of the last request that was dropped for want of room.
    last_dropped: u64,
    /// The number of requests that had been recorded when all of them were last forgotten.
    forgotten_until: u64,
    /// The number of times that requests were forgotten on purpose.
    forgotten: u64,
}

/// The entries that a query may find: taken under the lock, looked at after it, for a closure of the test may ask the
/// journal in its turn.
struct Candidates {
    entries: Vec<Arc<Entry>>,
    dropped: u64,
    /// The number of the last request.
    recorded: u64,
}

/// Facts about a request and its answer that are in neither of the two messages.
pub(crate) struct Circumstances {
    /// Milliseconds since 1970.
    pub(crate) at: u64,
    pub(crate) request_id: RequestId,
    /// The fingerprint of the caller's organization secret.
    pub(crate) organization: Option<u64>,
    /// The time that the answer took, in microseconds.
    pub(crate) took: u32,
    /// The shown instance, where the answer's body is exactly that.
    pub(crate) shown: Option<(Arc<Stored>, View)>,
}

impl Journal {
    pub(crate) fn new(limits: JournalLimits, secrets: Secrets, catalog: LiveCatalog) -> Self {
        Journal {
            limits,
            secrets,
            catalog,
            ring: Mutex::default(),
            recorded: Condvar::new(),
            changed: Notify::new(),
            steered: AtomicU64::new(0),
            run: RandomState::new().build_hasher().finish(),
        }
    }

    /// Records a request and its answer; beyond the limits the oldest entries are dropped. Returns the
    /// request's number.
    pub(crate) fn record(
        &self,
        request: &Request,
        outcome: &Outcome,
        circumstances: Circumstances,
    ) -> u64 {
        let entry = Arc::new(self.entry(request, outcome, circumstances));
        let mut ring = self.ring.lock();
        ring.push(entry, &self.limits);
        let number = ring.recorded;
        drop(ring);
        self.recorded.notify_all();
        self.changed.notify_waiters();
        number
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
        let limit = self.limits.body;
        let shown = shown.filter(|(stored, _)| self.is_small(outcome, stored));
        let hint = outcome.reply.headers.get(header::HINT);
        let answer = Answer {
            hint: hint.map_or(&[], |hint| hint.as_bytes()),
            body: &outcome.reply.body,
        };
        let kept_answer = shown.is_none().then_some(answer);
        let rare = Rare {
            effect: outcome.effect,
            stub: outcome.stub,
            request_cut: Cut::of(body, limit),
            answer_cut: kept_answer.and_then(|answer| Cut::of(answer.body, limit)),
        };
        let status = outcome.is_made().then_some(outcome.reply.status);
        Entry {
            number: 0,
            at,
            request_id: request_id.into(),
            took,
            organization: organization.and_then(NonZeroU64::new),
            rule: outcome.rule,
            messages: KeptMessages::new(request, body, kept_answer, status, limit),
            about: About::of(shown, outcome.instance.as_deref()),
            rare: rare.boxed(),
        }
    }

    /// Tells whether an instance may be kept as it is in the place of the answer that shows it.
    fn is_small(&self, outcome: &Outcome, stored: &Stored) -> bool {
        outcome.reply.body.len() <= self.limits.body && stored.bytes() <= self.limits.body
    }

    /// Finds the requests with a higher number than `after` that fit, oldest first, as they came.
    pub(crate) fn find(&self, after: u64, query: &Predicate) -> Found {
        let candidates = self.ring.lock().candidates(after, query);
        self.read(self.fitting(candidates, query))
    }

    /// The `count` requests that came nearest to fitting; see [`crate::Emulator::nearest`].
    pub(crate) fn nearest(&self, predicate: &Predicate, count: usize) -> Vec<Near> {
        let mut all = self.find(0, &Predicate::new()).requests;
        let only_the_sender_differs = predicate.of_everybody();
        all.retain(|received| {
            predicate.is_of_sender(received) || only_the_sender_differs.fits(received)
        });
        let near = predicate.nearest(&all, count).into_iter();
        near.map(|received| Near::new(received, predicate))
            .collect()
    }

    /// Waits until `count` requests fit or `patience` is over, and finds those that fit then.
    pub(crate) fn wait_for(&self, count: usize, query: &Predicate, patience: Duration) -> Found {
        let deadline = Instant::now() + patience.min(MAX_WAIT);
        let mut is_over = false;
        loop {
            let candidates = self.ring.lock().candidates(0, query);
            let seen = candidates.recorded;
            let found = self.fitting(candidates, query);
            if is_over || found.entries.len() >= count {
                return self.read(found);
            }
            let mut ring = self.ring.lock();
            while ring.recorded == seen && !is_over {
                is_over = self.recorded.wait_until(&mut ring, deadline).timed_out();
            }
        }
    }

    fn fitting(&self, mut candidates: Candidates, query: &Predicate) -> Candidates {
        let catalog = &self.catalog.current();
        let fits = |entry: &Arc<Entry>| query.fits(&EntryView { entry, catalog });
        candidates.entries.retain(fits);
        candidates
    }

    fn read(&self, found: Candidates) -> Found {
        let catalog = self.catalog.current();
        let entries = found.entries.iter();
        Found {
            requests: entries.map(|entry| entry.received(&catalog)).collect(),
            dropped: found.dropped,
        }
    }

    /// Makes the view of a request that readers outside of this process get: masked, unless secrets are to be shown.
    pub(crate) fn outside_view(&self, received: Received) -> Received {
        match self.secrets {
            Secrets::Masked => mask::mask(received, &self.catalog.current()),
            Secrets::Shown => received,
        }
    }

    /// Resolves when the next request is recorded.
    pub(crate) fn next_recorded(&self) -> Notified<'_> {
        self.changed.notified()
    }

    /// Waits for a request after the one with this number; returns each such request as readers outside of this process
    /// get it, and the last number.
    ///
    /// Requests that were dropped or forgotten meanwhile are not among them.
    pub(crate) fn wait_for_next(&self, number: u64, detail: Detail) -> (Vec<Received>, u64) {
        let mut ring = self.ring.lock();
        while ring.recorded == number {
            self.recorded.wait(&mut ring);
        }
        let last = ring.recorded;
        let newest_first = ring.entries.iter().rev();
        let later = newest_first.take_while(|entry| entry.number > number);
        let later: Vec<_> = later.cloned().collect();
        drop(ring);
        let requests = later.iter().rev().map(|entry| self.detailed(entry, detail));
        (requests.collect(), last)
    }

    /// The last requests, the oldest first, and the number of the last one.
    pub(crate) fn last(&self, count: usize) -> (Vec<Received>, u64) {
        let ring = self.ring.lock();
        let first = ring.entries.len().saturating_sub(count);
        let last: Vec<_> = ring.entries.range(first..).cloned().collect();
        let number = ring.recorded;
        drop(ring);
        let catalog = self.catalog.current();
        let requests = last.iter().map(|entry| entry.received(&catalog));
        (requests.collect(), number)
    }

    /// Forgets every request, or those of one organization.
    pub(crate) fn clear(&self, organization: Option<&str>) {
        let organization = organization.map(identity::fingerprint);
        let mut ring = self.ring.lock();
        let entries = std::mem::take(&mut ring.entries);
        let stays = |entry: &Arc<Entry>| entry.organization() != organization;
        let (kept, forgotten): (VecDeque<_>, VecDeque<_>) = match organization {
            None => (VecDeque::new(), entries),
            Some(_) => entries.into_iter().partition(stays),
        };
        ring.bytes = kept.iter().map(|entry| entry.bytes()).sum();
        ring.entries = kept;
        ring.dropped
            .retain(|of, _| organization.is_some() && *of != organization);
        ring.forgotten += 1;
        if organization.is_none() {
            ring.forgotten_until = ring.recorded;
        }
        drop(ring);
        self.changed.notify_waiters();
        let things = forgotten.len();
        dispose(forgotten, things);
    }
}

impl Ring {
    fn push(&mut self, mut entry: Arc<Entry>, limits: &JournalLimits) {
        self.recorded += 1;
        let numbered = Arc::get_mut(&mut entry).expect("nobody else has the entry yet");
        numbered.number = self.recorded;
        self.bytes += entry.bytes();
        self.entries.push_back(entry);
        while self.entries.len() > limits.entries || self.bytes > limits.bytes {
            let Some(oldest) = self.entries.pop_front() else {
                break;
            };
            self.bytes -= oldest.bytes();
            self.last_dropped = oldest.number;
            self.note_dropped(oldest.organization());
        }
    }

    fn note_dropped(&mut self, organization: Option<u64>) {
        let is_known = self.dropped.len() < MAX_ORGANIZATIONS_COUNTED
            || self.dropped.contains_key(&organization);
        *self
            .dropped
            .entry(organization.filter(|_| is_known))
            .or_default() += 1;
    }

    /// The entries with a higher number than `after`.
    fn candidates(&self, after: u64, query: &Predicate) -> Candidates {
        let first = self.entries.partition_point(|entry| entry.number <= after);
        let may_be_missing = self.dropped.iter().filter(|(of, _)| query.may_fit(**of));
        Candidates {
            entries: self.entries.range(first..).cloned().collect(),
            dropped: may_be_missing.map(|(_, count)| count).sum(),
            recorded: self.recorded,
        }
    }
}
