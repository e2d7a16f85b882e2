//! What was asked, what was answered, and by which rule; bounded in entries and in bytes.
//!
//! An entry is one flat copy of what it keeps: a header map or a body out of hyper's hands would keep a whole read
//! buffer alive. An answer that shows an instance is kept as the instance and the way of showing it. Secrets in headers
//! are replaced before they are kept, those in bodies whenever an entry is looked at.

mod entry;
mod mask;
mod query;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

pub use entry::{Content, Received};
pub(crate) use mask::secret_name;
pub use query::{Found, PathPattern, Query};

use super::identity;
use super::outcome::Outcome;
use super::store::Stored;
use super::view::View;
use crate::settings::JournalLimits;
use crate::wire::message::{Body, Request};
use entry::{Answer, Entry, Kept};

/// The journal of one server.
#[derive(Debug)]
pub(crate) struct Journal {
    limits: JournalLimits,
    ring: Mutex<Ring>,
    /// Wakes those who wait for requests in process.
    recorded: Condvar,
    /// Wakes those who wait for requests over a connection.
    changed: Notify,
}

#[derive(Debug, Default)]
struct Ring {
    entries: VecDeque<Entry>,
    /// How many requests were ever recorded; the number of the last one.
    recorded: u64,
    /// How many were dropped for want of room.
    dropped: u64,
    /// Bytes that the kept entries take.
    bytes: usize,
}

/// What a request and its answer leave behind, apart from the two messages.
pub(crate) struct Circumstances {
    /// Milliseconds since 1970.
    pub(crate) at: u64,
    pub(crate) request_id: [u8; 24],
    /// The fingerprint of the caller's organization secret.
    pub(crate) organization: Option<u64>,
    /// The shown instance, where the answer's body is exactly that.
    pub(crate) shown: Option<(Arc<Stored>, View)>,
}

impl Journal {
    pub(crate) fn new(limits: JournalLimits) -> Self {
        Journal {
            limits,
            ring: Mutex::default(),
            recorded: Condvar::new(),
            changed: Notify::new(),
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
            rule: outcome.rule,
            effect: outcome.effect,
            status: outcome.reply.status,
            instance: outcome.instance.as_ref().map(|stored| stored.id),
            request: Kept::request(request, body, self.limits.body),
            answer: match shown {
                Some((stored, view)) => Answer::Shown(stored, view),
                None => Answer::Text(Kept::body(&outcome.reply.body, self.limits.body)),
            },
        }
    }

    /// What was recorded and fits, oldest first, with a word on what was dropped.
    pub(crate) fn find(&self, query: &Query) -> Found {
        self.ring.lock().find(query)
    }

    /// What fits the query, as soon as at least `count` requests do, or what does when the time is over.
    pub(crate) fn wait_for(&self, count: usize, query: &Query, patience: Duration) -> Found {
        let deadline = Instant::now() + patience;
        let mut ring = self.ring.lock();
        loop {
            let found = ring.find(query);
            if found.requests.len() >= count
                || self.recorded.wait_until(&mut ring, deadline).timed_out()
            {
                return found;
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
        let mut lines: Vec<_> = later.map(Entry::line).collect();
        lines.reverse();
        (lines, ring.recorded)
    }

    /// Forgets every request, or those of one organization.
    pub(crate) fn clear(&self, organization: Option<&str>) {
        let organization = organization.map(identity::fingerprint);
        let mut ring = self.ring.lock();
        ring.entries
            .retain(|entry| organization.is_some() && entry.organization != organization);
        ring.bytes = ring.entries.iter().map(Entry::bytes).sum();
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
            self.dropped += 1;
        }
    }

    fn find(&self, query: &Query) -> Found {
        let requests = self
            .entries
            .iter()
            .filter(|entry| query.fits(entry))
            .map(Entry::show)
            .collect();
        Found {
            requests,
            dropped: self.dropped,
        }
    }
}
