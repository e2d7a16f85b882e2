//! Dropping what is large on a thread of its own: who clears a state does not wait until a hundred thousand things are
//! given back one by one.

use std::thread;

/// Fewer things are dropped at once: starting a thread takes longer.
const MIN_ELSEWHERE: usize = 1_000;

/// Drops a value that consists of `things` many others.
pub(crate) fn dispose<T: Send + 'static>(value: T, things: usize) {
    if things >= MIN_ELSEWHERE {
        // Where no thread can be had, the value is dropped with the closure, here and now.
        let _started = thread::Builder::new()
            .name("mock-ce-disposal".to_owned())
            .spawn(move || drop(value));
    }
}
