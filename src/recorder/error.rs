//! Why a recorder does not start, or a recording is not kept.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::cassette::CassetteError;
use crate::catalog::CatalogError;
use crate::server::StartError;

/// Why a recorder does not start, or a recording is not kept.
#[derive(Debug)]
#[non_exhaustive]
pub enum RecordError {
    /// The upstream is not one that can be recorded.
    Upstream {
        /// Its scheme, host and path, without credentials and query.
        upstream: String,
        /// Why.
        reason: &'static str,
    },
    /// A file of certificates cannot be used.
    Ca {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The machine's trust store is empty or cannot be read.
    NoTrust(String),
    /// The address cannot be listened on.
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The thread of all servers cannot be started.
    Runtime(io::Error),
    /// A catalog of the user's own cannot be read.
    Catalog(CatalogError),
    /// The cassette cannot be read or written.
    Cassette(CassetteError),
    /// The server that replays cannot be started.
    Replay(StartError),
    /// The process that writes the cassette does not do its part; why.
    Keeper(String),
    /// What the process that writes the cassette says of a failure.
    NotKept(String),
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordError::Upstream { upstream, reason } => {
                write!(f, "the upstream {upstream:?} {reason}")
            }
            RecordError::Ca { path, reason } => write!(
                f,
                "the certificates in {:?} cannot be used: {reason}; name a PEM file with --ca",
                path.display().to_string()
            ),
            RecordError::NoTrust(reason) => write!(
                f,
                "this machine trusts no certificates ({reason}); name a PEM file with --ca"
            ),
            RecordError::Listen { address, source }
                if source.kind() == io::ErrorKind::AddrInUse =>
            {
                write!(
                    f,
                    "{address} is in use; stop what listens there or take any free port with port 0"
                )
            }
            RecordError::Listen { address, source } => {
                write!(f, "cannot listen on {address}: {source}")
            }
            RecordError::Runtime(source) => write!(f, "cannot start a thread: {source}"),
            RecordError::Catalog(source) => source.fmt(f),
            RecordError::Cassette(source) => source.fmt(f),
            RecordError::Replay(source) => source.fmt(f),
            RecordError::Keeper(reason) => {
                write!(f, "the process that writes the cassette {reason}")
            }
            RecordError::NotKept(said) => f.write_str(said),
        }
    }
}

impl std::error::Error for RecordError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            RecordError::Listen { source, .. } | RecordError::Runtime(source) => Some(source),
            RecordError::Catalog(source) => Some(source),
            RecordError::Cassette(source) => Some(source),
            RecordError::Replay(source) => Some(source),
            _ => None,
        }
    }
}

impl From<CassetteError> for RecordError {
    fn from(error: CassetteError) -> Self {
        RecordError::Cassette(error)
    }
}

impl From<CatalogError> for RecordError {
    fn from(error: CatalogError) -> Self {
        RecordError::Catalog(error)
    }
}
