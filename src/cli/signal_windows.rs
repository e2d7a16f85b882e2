//! Ctrl-C, as something to wait for; Windows tells every process of a console of it, so there is nothing to pass on.

use std::io;
use std::thread;

use tokio::runtime::{Builder, Runtime};
use tokio::signal::windows::{CtrlC, ctrl_c};

use super::forwarding::Forwarding;

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
        let forwarding = Forwarding::new();
        let way = forwarding.clone();
        let passing_on = move || {
            loop {
                self.wait();
                way.deliver(|_| {}, INTERRUPTED);
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
