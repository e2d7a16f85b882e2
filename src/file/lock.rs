//! Locked files, by which one process keeps others from a recording or from a state file.
//!
//! The operating system frees it when the process ends, however it ends, so a lock is never stale.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::private;

/// Maximum wait for a lock: a reader looks at it for a moment, and its holder may be just about to end.
const MAX_WAIT: Duration = Duration::from_millis(50);
const PAUSE: Duration = Duration::from_millis(1);

/// A file, open for appending and locked; an empty one is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Locked {
    pub(crate) path: PathBuf,
    pub(crate) file: File,
}

impl Locked {
    /// Opens the file at `path`, which need not be there.
    ///
    /// # Errors
    /// Another process holds it ([`io::ErrorKind::WouldBlock`]), or it cannot be opened.
    pub(crate) fn open(path: PathBuf) -> io::Result<Self> {
        let start = Instant::now();
        loop {
            let mut options = OpenOptions::new();
            options.read(true).append(true).create(true);
            let file = private(&mut options).open(&path)?;
            match file.try_lock() {
                // The holder before may have removed it between the two calls.
                Ok(()) if is_at(&path, &file) => return Ok(Locked { path, file }),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) if start.elapsed() > MAX_WAIT => {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
                Err(TryLockError::Error(source)) => return Err(source),
            }
        }
    }

    /// Forgets what is in the file, which is then removed.
    pub(crate) fn clear(&self) -> io::Result<()> {
        self.file.set_len(0)
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        if self.file.metadata().is_ok_and(|found| found.len() == 0) {
            // An empty one that stays says nothing to a reader.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Tells whether a process holds the lock.
pub(crate) fn is_locked(path: &Path) -> bool {
    let locked = File::open(path).map(|file| file.try_lock_shared());
    matches!(locked, Ok(Err(TryLockError::WouldBlock)))
}

#[cfg(unix)]
fn is_at(path: &Path, file: &File) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let identity = |found: fs::Metadata| (found.dev(), found.ino());
    let there = fs::metadata(path).map(identity);
    there.is_ok_and(|there| file.metadata().map(identity).is_ok_and(|own| own == there))
}

#[cfg(not(unix))]
fn is_at(path: &Path, _: &File) -> bool {
    path.exists()
}
