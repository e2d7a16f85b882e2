//! Ctrl-C, as something to wait for; Windows tells every process of a console of it, so there is nothing to pass on.

use std::io;
use std::process::{Child, Command};
use std::sync::Arc;
use std::thread;

use parking_lot::Mutex;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::windows::{CtrlC, ctrl_c};

/// Exit status of a process that Ctrl-C has ended, as Unix has it.
const INTERRUPTED: i32 = 130;

/// The signal that asks the process to stop.
pub(super) struct Signals {
    runtime: Runtime,
    interrupt: CtrlC,
}

impl Signals {
    /// From here on Ctrl-C does not end the process by itself.
    pub(super) fn listen() -> Result<Self, String> {
        Signals::try_listen().map_err(|error| format!("cannot listen for signals: {error}"))
    }

    fn try_listen() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let entered = runtime.enter();
        let interrupt = ctrl_c()?;
        drop(entered);
        Ok(Signals { runtime, interrupt })
    }

    /// Waits for the next Ctrl-C.
    pub(super) fn wait(&mut self) {
        self.runtime.block_on(self.interrupt.recv());
    }

    /// Leaves every Ctrl-C to the command, as long as one runs; without one it ends this process.
    pub(super) fn forward(mut self) -> Result<Forwarding, String> {
        let receiver = Arc::new(Mutex::new(Receiver::Process));
        let forwarding = Forwarding(receiver.clone());
        let passing_on = move || {
            loop {
                self.wait();
                // A child that is being started is waited for.
                let mut receiver = receiver.lock();
                match *receiver {
                    Receiver::Child => {}
                    // The child may have ended by this very Ctrl-C before it was seen here.
                    Receiver::Nobody => *receiver = Receiver::Process,
                    Receiver::Process => {
                        super::tell("mock-ce: ended without waiting for what was under way");
                        std::process::exit(INTERRUPTED);
                    }
                }
            }
        };
        let started = thread::Builder::new().spawn(passing_on);
        started.map_err(|error| format!("cannot start a thread for signals: {error}"))?;
        Ok(forwarding)
    }
}

/// A write past a size limit is an error here by itself.
#[expect(
    clippy::unnecessary_wraps,
    reason = "it can fail where there are signals"
)]
pub(super) fn ignore_file_size_limit() -> Result<(), String> {
    Ok(())
}

/// The receiver of the next Ctrl-C.
#[derive(Clone, Copy)]
enum Receiver {
    Child,
    Nobody,
    /// Ctrl-C ends this process.
    Process,
}

/// The way of Ctrl-C to a child, which another thread goes.
pub(super) struct Forwarding(Arc<Mutex<Receiver>>);

impl Forwarding {
    /// Starts the child that Ctrl-C is left to; one that comes meanwhile is left to it too.
    pub(super) fn start(&self, command: &mut Command) -> io::Result<Child> {
        let mut receiver = self.0.lock();
        let child = command.spawn()?;
        *receiver = Receiver::Child;
        Ok(child)
    }

    /// The child has ended.
    pub(super) fn end(&self) {
        *self.0.lock() = Receiver::Nobody;
    }
}
