//! Reasons for which a cassette cannot be read or written.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::FORMAT;

/// A reason for which a cassette cannot be read or written; each is one line that says what to do.
#[derive(Debug)]
#[non_exhaustive]
pub enum CassetteError {
    /// The file cannot be read.
    Unreadable {
        /// The reason.
        source: io::Error,
    },
    /// The file cannot be written; what was there is untouched.
    Unwritable {
        /// The reason.
        source: io::Error,
    },
    /// Another process is recording into the file.
    Locked,
    /// The file is of another version of the format.
    Format {
        /// Its version.
        found: u64,
    },
    /// The file is no cassette, or only a part of one.
    Malformed {
        /// The problem with it.
        reason: String,
    },
    /// The file says something else than when it was written.
    BrokenSeal,
    /// Any of these, of this file.
    Of {
        /// The cassette.
        path: PathBuf,
        /// The problem.
        source: Box<CassetteError>,
    },
}

impl CassetteError {
    pub(super) fn malformed(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        CassetteError::Malformed { reason }
    }

    /// Tells of a file that cannot be written.
    pub(super) fn unwritable(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| CassetteError::Unwritable { source }.of(path)
    }

    /// Tells of a file that is not there.
    pub(super) fn absent(path: &Path) -> Self {
        let source = io::ErrorKind::NotFound.into();
        CassetteError::Unreadable { source }.of(path)
    }

    /// The same, naming the file.
    pub(super) fn of(self, path: &Path) -> Self {
        CassetteError::Of {
            path: path.to_owned(),
            source: Box::new(self),
        }
    }

    /// Tells whether the file is not there.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        match self {
            CassetteError::Unreadable { source } => source.kind() == io::ErrorKind::NotFound,
            CassetteError::Of { source, .. } => source.is_absent(),
            _ => false,
        }
    }
}

impl fmt::Display for CassetteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CassetteError::Unreadable { source } if source.kind() == io::ErrorKind::IsADirectory => {
                f.write_str("is a directory; name a file")
            }
            CassetteError::Unreadable { source } if source.kind() == io::ErrorKind::NotFound => {
                f.write_str("is not there; check the path, or record it with mock-ce record")
            }
            CassetteError::Unreadable { source } => write!(f, "cannot be read: {source}"),
            CassetteError::Unwritable { source } => {
                write!(f, "cannot be written: {source}; what was there is untouched")
            }
            CassetteError::Locked => {
                f.write_str("is being recorded into by another process; wait for it or name another file")
            }
            CassetteError::Format { found } => write!(
                f,
                "is of format {found}, and this version reads format {FORMAT}; record it again"
            ),
            CassetteError::Malformed { reason } => write!(f, "is no whole cassette: {reason}"),
            CassetteError::BrokenSeal => f.write_str(
                "was changed since it was written (the seal is broken); after a review, `mock-ce check --reseal` seals it again",
            ),
            CassetteError::Of { path, source } => {
                write!(f, "the cassette {:?} {source}", path.display().to_string())
            }
        }
    }
}

// The texts tell the whole reason; a `source` would be printed twice.
impl std::error::Error for CassetteError {}
