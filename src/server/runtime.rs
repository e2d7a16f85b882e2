//! The one thread that all servers of a process share.

use std::future::pending;
use std::io;
use std::thread;

use once_cell::sync::OnceCell;
use tokio::runtime::{Builder, Handle};

/// The runtime's handle; the first call starts the thread, which lives as long as the process.
pub(crate) fn handle() -> io::Result<&'static Handle> {
    static RUNTIME: OnceCell<Handle> = OnceCell::new();
    RUNTIME.get_or_try_init(|| {
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let handle = runtime.handle().clone();
        thread::Builder::new()
            .name("mock-ce".to_owned())
            .spawn(move || runtime.block_on(pending::<()>()))?;
        Ok(handle)
    })
}
