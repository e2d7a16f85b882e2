//! Warnings to the operator while a recording is under way: not without end, since nobody may be reading.

use std::sync::atomic::{AtomicUsize, Ordering};

/// As many lines fit into a pipe that nobody reads.
const MAX_WARNINGS: usize = 100;

/// Passes the first warnings on, and then one line that there are more.
pub(super) struct Warnings {
    count: AtomicUsize,
    warn: fn(&str),
}

impl Warnings {
    pub(super) fn new(warn: fn(&str)) -> Self {
        let count = AtomicUsize::new(0);
        Warnings { count, warn }
    }

    pub(super) fn tell(&self, warning: &str) {
        match self.count.fetch_add(1, Ordering::Relaxed) {
            count if count < MAX_WARNINGS => (self.warn)(warning),
            MAX_WARNINGS => (self.warn)("no more warnings are shown; the rest is only counted"),
            _ => {}
        }
    }
}
