//! A lock around what most servers never use: its value takes no room until somebody locks it.

use std::fmt;

use parking_lot::{MappedMutexGuard, Mutex, MutexGuard};

/// A mutex whose value is made at first use, in an allocation of its own.
pub(crate) struct LazyMutex<T>(Mutex<Option<Box<T>>>);

impl<T: Default> LazyMutex<T> {
    pub(crate) fn lock(&self) -> MappedMutexGuard<'_, T> {
        MutexGuard::map(self.0.lock(), |value| &mut **value.get_or_insert_default())
    }
}

impl<T> Default for LazyMutex<T> {
    fn default() -> Self {
        LazyMutex(Mutex::new(None))
    }
}

impl<T: fmt::Debug> fmt::Debug for LazyMutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
