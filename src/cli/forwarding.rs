//! The way of signals to the command that a server or recorder runs for.

use std::io;
use std::process::{Child, Command};
use std::sync::Arc;

use parking_lot::Mutex;

/// Decides whom the next signal is for.
#[derive(Clone)]
pub(super) struct Forwarding(Arc<Mutex<Receiver>>);

/// The receiver of the next signal.
#[derive(Clone, Copy)]
enum Receiver {
    /// The command, by the id of its process.
    Child(u32),
    /// The child has ended, and its id may be another's by now.
    Nobody,
    /// The signal ends this process.
    Process,
}

impl Forwarding {
    /// No child yet: a signal ends this process.
    pub(super) fn new() -> Self {
        Forwarding(Arc::new(Mutex::new(Receiver::Process)))
    }

    /// Starts the child that gets the signals; one that comes meanwhile is for it too.
    pub(super) fn start(&self, command: &mut Command) -> io::Result<Child> {
        let mut receiver = self.0.lock();
        let child = command.spawn()?;
        *receiver = Receiver::Child(child.id());
        Ok(child)
    }

    /// The child has ended.
    pub(super) fn end(&self) {
        *self.0.lock() = Receiver::Nobody;
    }

    /// Hands a signal to the child by `pass_on`; without one it ends this process with `status`.
    pub(super) fn deliver(&self, pass_on: impl FnOnce(u32), status: i32) {
        // A child that is being started is waited for.
        let mut receiver = self.0.lock();
        match *receiver {
            Receiver::Child(child) => pass_on(child),
            // The child may have ended by this very signal before it was seen here.
            Receiver::Nobody => *receiver = Receiver::Process,
            Receiver::Process => {
                super::tell("mock-ce: ended without waiting for what was under way");
                std::process::exit(status);
            }
        }
    }
}
