//! What the operator is told while a recording is under way: not without end, since nobody may be reading.

use std::sync::atomic::{AtomicUsize, Ordering};

/// So many lines fit into a pipe that nobody reads.
const MOST: usize = 100;

/// Tells so many warnings, and that there are more.
pub(super) struct Warnings {
    told: AtomicUsize,
    warn: fn(&str),
}

impl Warnings {
    pub(super) fn by(warn: fn(&str)) -> Self {
        let told = AtomicUsize::new(0);
        Warnings { told, warn }
    }

    pub(super) fn tell(&self, warning: &str) {
        match self.told.fetch_add(1, Ordering::Relaxed) {
            told if told < MOST => (self.warn)(warning),
            MOST => (self.warn)("more happens than is worth a line each; the rest is only counted"),
            _ => {}
        }
    }
}
