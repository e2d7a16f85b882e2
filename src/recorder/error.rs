//! The error of a recorder that does not start, of a recording that cannot be written, or of a request without an answer.

use std::fmt;
use std::path::PathBuf;

use crate::cassette::CassetteError;
use crate::catalog::CatalogError;
use crate::server::StartError;

/// The error of a recorder that does not start, of a recording that cannot be written, or of a request without an answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum RecordError {
    /// The upstream is not one that can be recorded.
    Upstream {
        /// Its scheme, host and path, without credentials and query.
        upstream: String,
        /// The problem with it.
        reason: &'static str,
    },
    /// A file of certificates cannot be used.
    Ca {
        /// The file.
        path: PathBuf,
        /// The problem with it.
        reason: String,
    },
    /// A request of a [`Client`](super::Client) has no answer.
    Unanswered {
        /// Scheme and host of the service.
        service: String,
        /// The problem with it.
        reason: String,
    },
    /// The machine's trust store is empty or cannot be read.
    NoTrust(String),
    /// The cassette cannot be read or written.
    Cassette(CassetteError),
    /// The port cannot be opened, a catalog of the user's own cannot be read, or the server that replays not be started.
    Start(StartError),
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordError::Upstream { upstream, reason } => {
                write!(f, "the upstream {upstream:?} {reason}")
            }
            RecordError::Unanswered { service, reason } => write!(f, "{service} {reason}"),
            RecordError::Ca { path, reason } => write!(
                f,
                "the certificates in {:?} cannot be used: {reason}; name a PEM file with --ca",
                path.display().to_string()
            ),
            RecordError::NoTrust(reason) => write!(
                f,
                "this machine trusts no certificates ({reason}); name a PEM file with --ca"
            ),
            RecordError::Cassette(source) => source.fmt(f),
            RecordError::Start(source) => source.fmt(f),
        }
    }
}

// The texts tell the whole reason; a `source` would be printed twice.
impl std::error::Error for RecordError {}

impl From<CassetteError> for RecordError {
    fn from(error: CassetteError) -> Self {
        RecordError::Cassette(error)
    }
}

impl From<CatalogError> for RecordError {
    fn from(error: CatalogError) -> Self {
        RecordError::Start(error.into())
    }
}

impl From<StartError> for RecordError {
    fn from(error: StartError) -> Self {
        RecordError::Start(error)
    }
}
