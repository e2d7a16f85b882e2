//! The time as an input: the machine's, or one that stands still; either can be moved by hand.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Says that the clock follows the machine's.
const RUNNING: u64 = u64::MAX;
/// The end of the year 9999, the last one that the API's dates can say.
const LATEST: u64 = 253_402_300_799_000;

/// The clock of a server.
#[derive(Debug)]
pub(crate) struct Clock {
    /// As it was at the start.
    initial: Option<SystemTime>,
    /// Milliseconds since 1970 at which it stands still.
    stopped_at: AtomicU64,
    /// Milliseconds that it was moved by.
    advanced: AtomicU64,
}

impl Clock {
    /// A clock that stands still at this time, or follows the machine's.
    pub(crate) fn new(initial: Option<SystemTime>) -> Self {
        let stopped_at = AtomicU64::new(initial.map_or(RUNNING, millis));
        Clock {
            initial,
            stopped_at,
            advanced: AtomicU64::new(0),
        }
    }

    /// The time in milliseconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        let base = match self.stopped_at.load(Relaxed) {
            RUNNING => millis(SystemTime::now()),
            stopped_at => stopped_at,
        };
        base.saturating_add(self.advanced.load(Relaxed)).min(LATEST)
    }

    /// Tells whether it says another time than the machine's.
    pub(crate) fn is_own(&self) -> bool {
        self.stopped_at.load(Relaxed) != RUNNING || self.advanced.load(Relaxed) != 0
    }

    /// Tells whether it stands still.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped_at.load(Relaxed) != RUNNING
    }

    /// Stands still at this time from now on, or follows the machine's.
    pub(crate) fn set(&self, stopped_at: Option<SystemTime>) {
        self.stopped_at
            .store(stopped_at.map_or(RUNNING, millis), Relaxed);
        self.advanced.store(0, Relaxed);
    }

    /// Sets it as it was at the start.
    pub(crate) fn reset(&self) {
        self.set(self.initial);
    }

    /// Moves it forward, to its end at most: it never goes back.
    pub(crate) fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        let moved = |advanced: u64| Some(advanced.saturating_add(by));
        let _before = self.advanced.fetch_update(Relaxed, Relaxed, moved);
    }
}

/// A time in milliseconds since 1970; an earlier one is 0.
pub(crate) fn millis(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| (since.as_millis() as u64).min(LATEST))
}

/// The time that is this many milliseconds after 1970.
pub(crate) fn system_time(millis: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_moved_too_far_stands_at_its_end() {
        let clock = Clock::new(Some(UNIX_EPOCH));
        for by in [
            Duration::from_millis(u64::MAX),
            Duration::from_secs(1),
            Duration::MAX,
        ] {
            clock.advance(by);
            assert_eq!(clock.now(), LATEST);
        }
    }
}
