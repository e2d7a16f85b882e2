//! Ctrl-C and SIGTERM, as something to wait for or to pass on.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};
use std::thread;

use rustix::process::{Pid, Signal as Asked, kill_process};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::forwarding::Forwarding;

/// The signals that ask the process to stop.
pub(super) struct Signals {
    runtime: Runtime,
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// From here on the signals do not end the process by themselves.
    pub(super) fn listen() -> Result<Self, String> {
        Signals::try_listen().map_err(|error| format!("cannot listen for signals: {error}"))
    }

    fn try_listen() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let entered = runtime.enter();
        let interrupt = signal(SignalKind::interrupt())?;
        let terminate = signal(SignalKind::terminate())?;
        drop(entered);
        Ok(Signals {
            runtime,
            interrupt,
            terminate,
        })
    }

    /// Waits for the next of them.
    pub(super) fn wait(&mut self) -> Asked {
        let Signals {
            runtime,
            interrupt,
            terminate,
        } = self;
        let either = |cx: &mut Context<'_>| match interrupt.poll_recv(cx) {
            Poll::Ready(_) => Poll::Ready(Asked::INT),
            Poll::Pending => terminate.poll_recv(cx).map(|_| Asked::TERM),
        };
        runtime.block_on(poll_fn(either))
    }

    /// Passes every one of them on, as long as this process lives.
    pub(super) fn forward(mut self) -> Result<Forwarding, String> {
        let forwarding = Forwarding::new();
        let way = forwarding.clone();
        let passing_on = move || {
            loop {
                let asked = self.wait();
                // The terminal sends Ctrl-C to the child itself, and a second one does no harm.
                let kill = |child: u32| {
                    if let Some(child) = child.try_into().ok().and_then(Pid::from_raw) {
                        let _ended_meanwhile = kill_process(child, asked);
                    }
                };
                way.deliver(kill, 128 + asked.as_raw());
            }
        };
        let started = thread::Builder::new().spawn(passing_on);
        started.map_err(|error| format!("cannot start a thread for signals: {error}"))?;
        Ok(forwarding)
    }
}

/// Makes a write past a file size limit an error of that write; by default the signal ends the process.
pub(super) fn ignore_file_size_limit() -> Result<(), String> {
    let ignored = || {
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let _entered = runtime.enter();
        // The handler stays when the value is dropped, and a command that is run gets the default back.
        signal(SignalKind::from_raw(Asked::XFSZ.as_raw())).map(drop)
    };
    ignored().map_err(|error: io::Error| format!("cannot listen for signals: {error}"))
}
