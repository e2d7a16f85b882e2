//! The time as an input: the machine's, or one that stands still until it is moved.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Where a server takes the time from.
#[derive(Debug)]
pub(crate) enum Clock {
    /// The machine's clock.
    System,
    /// Milliseconds since 1970, moved by hand.
    Manual(AtomicU64),
}

impl Clock {
    /// The time in milliseconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        match self {
            Clock::System => millis(SystemTime::now()),
            Clock::Manual(millis) => millis.load(Ordering::Relaxed),
        }
    }
}

/// A time in milliseconds since 1970; an earlier one is 0.
pub(crate) fn millis(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as u64)
}

/// The time that is this many milliseconds after 1970.
pub(crate) fn system_time(millis: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(millis)
}
