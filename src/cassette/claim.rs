//! Who may record into a cassette, and who writes its journal: two locks, since they may be two processes.
//!
//! The recorder holds the claim (`FILE.lock`), the writer its journal (`FILE.journal`). A journal whose writer is at
//! work while nobody holds the claim is one whose recorder was killed: it is about to be whole, and worth waiting for.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::CassetteError;
use super::file::{beside, private};
use super::journal;

/// How long a claim that is held is asked for: somebody may be looking at it just now, or be about to end.
const GLANCE: Duration = Duration::from_millis(50);
/// How long the writer of a recorder that was killed may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long until a lock is asked for again.
const PAUSE: Duration = Duration::from_millis(1);

/// The right to record into a cassette; one process at a time has it, until this value is dropped.
#[derive(Debug)]
#[must_use = "the claim ends when this value is dropped"]
pub(crate) struct Claim {
    path: PathBuf,
    _locked: File,
}

impl Claim {
    /// Takes the claim on a cassette, when the writer of a recorder that was killed has done its part.
    ///
    /// # Errors
    /// Another recorder has it, or its file (`FILE.lock`) cannot be written.
    pub(crate) fn take(cassette: &Path) -> Result<Self, CassetteError> {
        settle(cassette);
        let path = beside(cassette, ".lock");
        let locked = lock(&path, GLANCE).map_err(|error| error.of(cassette))?;
        Ok(Claim {
            path,
            _locked: locked,
        })
    }

    /// Whether a recorder has the claim.
    #[cfg(feature = "recorder")]
    pub(crate) fn is_held(cassette: &Path) -> bool {
        is_locked(&beside(cassette, ".lock"))
    }

    /// Takes away the claim of a recorder that was killed, if nobody else has it by now.
    #[cfg(feature = "recorder")]
    pub(crate) fn tidy(cassette: &Path) {
        let path = beside(cassette, ".lock");
        if path.exists() {
            drop(Claim::take(cassette));
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // A file that stays is no claim: the lock on it is.
        let _ = fs::remove_file(&self.path);
    }
}

/// Opens the journal at `path` for this process alone.
pub(super) fn lock_journal(path: &Path) -> Result<File, CassetteError> {
    lock(path, PATIENCE)
}

fn lock(path: &Path, patience: Duration) -> Result<File, CassetteError> {
    let unwritable = |source| CassetteError::Unwritable { source };
    let start = Instant::now();
    loop {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        let file = private(&mut options).open(path).map_err(unwritable)?;
        match file.try_lock() {
            // Who had it before may have removed it between the two calls.
            Ok(()) if is_at(path, &file) => return Ok(file),
            Ok(()) => {}
            Err(TryLockError::WouldBlock) if start.elapsed() > patience => {
                return Err(CassetteError::Locked);
            }
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            Err(TryLockError::Error(source)) => return Err(unwritable(source)),
        }
    }
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

/// Waits, for ten seconds at most, until the writer of a recorder that was killed has done its part.
///
/// One that is being killed still has its claim for a moment.
pub(super) fn settle(cassette: &Path) {
    let (claim, journal) = (beside(cassette, ".lock"), journal::path_of(cassette));
    let start = Instant::now();
    while is_locked(&journal) {
        let patience = if is_locked(&claim) { GLANCE } else { PATIENCE };
        if start.elapsed() > patience {
            return;
        }
        thread::sleep(PAUSE);
    }
}

fn is_locked(path: &Path) -> bool {
    let locked = File::open(path).map(|file| file.try_lock_shared());
    matches!(locked, Ok(Err(TryLockError::WouldBlock)))
}
