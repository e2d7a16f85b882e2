//! The one thread that all servers of a process share, and the threads of a server that has more.

use std::future::pending;
use std::io;
use std::thread::{self, JoinHandle};

use once_cell::sync::OnceCell;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;

/// The runtime's handle; the first call starts the thread, which lives as long as the process.
pub(crate) fn handle() -> io::Result<&'static Handle> {
    static RUNTIME: OnceCell<Handle> = OnceCell::new();
    RUNTIME.get_or_try_init(|| {
        let runtime = single_threaded()?;
        let handle = runtime.handle().clone();
        thread::Builder::new()
            .name("mock-ce".to_owned())
            .spawn(move || runtime.block_on(pending::<()>()))?;
        Ok(handle)
    })
}

fn single_threaded() -> io::Result<Runtime> {
    Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
}

/// Threads that serve the connections of one server, each with a runtime of its own.
///
/// Dropping them ends their connections and waits until each has ended.
#[derive(Default)]
pub(super) struct Workers {
    threads: Box<[Worker]>,
    next: usize,
}

struct Worker {
    runtime: Handle,
    /// Ends the thread by being dropped.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Workers {
    /// Starts so many threads; of one there is none, for the shared thread serves then.
    pub(super) fn start(count: usize) -> io::Result<Self> {
        let count = if count > 1 { count } else { 0 };
        let threads = (0..count)
            .map(|_| Worker::start())
            .collect::<io::Result<_>>()?;
        Ok(Workers { threads, next: 0 })
    }

    /// The thread that serves the next connection; `None` where it is the shared one.
    pub(super) fn next(&mut self) -> Option<&Handle> {
        self.next = (self.next + 1).checked_rem(self.threads.len())?;
        Some(&self.threads[self.next].runtime)
    }
}

impl Worker {
    fn start() -> io::Result<Self> {
        let (runtime, (stop, stopped)) = (single_threaded()?, oneshot::channel());
        let handle = runtime.handle().clone();
        let thread = thread::Builder::new()
            .name("mock-ce".to_owned())
            .spawn(move || {
                // Nothing is ever sent.
                let _dropped = runtime.block_on(stopped);
            })?;
        Ok(Worker {
            runtime: handle,
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}
