//! Ctrl-C and SIGTERM, as something to wait for.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};

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
        let (interrupt, terminate) = (
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
        );
        drop(entered);
        Ok(Signals {
            runtime,
            interrupt,
            terminate,
        })
    }

    /// Waits for the first of them.
    pub(super) fn wait(self) {
        let Signals {
            runtime,
            mut interrupt,
            mut terminate,
        } = self;
        let either = |cx: &mut Context<'_>| match interrupt.poll_recv(cx) {
            Poll::Ready(_) => Poll::Ready(()),
            Poll::Pending => terminate.poll_recv(cx).map(|_| ()),
        };
        runtime.block_on(poll_fn(either));
    }
}
