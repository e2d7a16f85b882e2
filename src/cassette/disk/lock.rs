//! The one lock of a recording: whoever holds `FILE.journal` locked may record into the cassette `FILE`.
//!
//! The operating system frees it when the process ends, however it ends, so a lock is never stale.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::CassetteError;
use crate::file::private;

/// Maximum wait for a lock: a reader looks at it for a moment, and a recorder may be just about to end.
const MAX_WAIT: Duration = Duration::from_millis(50);
const PAUSE: Duration = Duration::from_millis(1);

/// Opens the journal at `path` for appending, locked.
///
/// # Errors
/// Another recorder holds it, or it cannot be opened.
pub(super) fn lock(path: &Path) -> Result<File, CassetteError> {
    let unwritable = |source| CassetteError::Unwritable { source };
    let start = Instant::now();
    loop {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        let file = private(&mut options).open(path).map_err(unwritable)?;
        match file.try_lock() {
            // The recorder before may have removed it between the two calls.
            Ok(()) if is_at(path, &file) => return Ok(file),
            Ok(()) => {}
            Err(TryLockError::WouldBlock) if start.elapsed() > MAX_WAIT => {
                return Err(CassetteError::Locked);
            }
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            Err(TryLockError::Error(source)) => return Err(unwritable(source)),
        }
    }
}

/// Whether a recorder holds the lock.
pub(super) fn is_locked(path: &Path) -> bool {
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
