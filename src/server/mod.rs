//! The rim inbound: a listener, its connections, and the handle that a test holds.
//!
//! All servers of a process share one thread with one runtime, so that a server costs a listener and a task. What a
//! request gets is not decided here but in the emulator.

mod collecting;
pub(crate) mod connection;
mod control;
mod courier;
mod delivery;
pub(crate) mod expectation;
mod failure;
pub(crate) mod listener;
pub(crate) mod messages;
pub(crate) mod organization;
mod patience;
#[cfg(feature = "page")]
mod post_mortem;
pub(crate) mod progress;
pub(crate) mod runtime;
pub(crate) mod socket;
mod sse;
mod state_file;
pub(crate) mod stub;
#[cfg(feature = "tls")]
pub(crate) mod tls;

use std::fmt;
use std::net::SocketAddr;
#[cfg(feature = "tls")]
use std::net::{Ipv4Addr, Ipv6Addr};
#[cfg(unix)]
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use once_cell::sync::Lazy;

use crate::cassette::{Cassette, CassetteError};
use crate::catalog::fixture::Fixture;
#[cfg(feature = "guide")]
use crate::catalog::guide;
use crate::catalog::{Catalog, CatalogError};
use crate::emulator::Emulator;
use crate::emulator::control::ControlError;
use crate::instance::Instance;
use crate::settings::{Listen, Settings, callable};
use crate::wire::vocabulary::Dialect;
use connection::Answers;
use courier::Courier;
use listener::{Bound, Listener};
use state_file::StateFile;
#[cfg(feature = "tls")]
use tls::{Front, TrustStore};

/// A running mock server; its port closes when it is dropped.
///
/// It runs on a thread of its own, so it works from a plain `#[test]` and from any async runtime.
///
/// ```
/// use mock_ce::MockCe;
///
/// let ce = MockCe::start();
/// assert!(ce.base_url().starts_with("http://127.0.0.1:"));
/// assert!(ce.instances().is_empty());
/// ```
#[must_use = "the server stops when this value is dropped"]
pub struct MockCe {
    emulator: Arc<Emulator>,
    listener: Listener<Answers>,
    #[cfg(feature = "page")]
    _witness: post_mortem::Witness,
    _courier: Courier,
    _state_file: Option<StateFile>,
}

impl MockCe {
    /// Starts a server with the default settings on a free loopback port, which is open on return.
    ///
    /// # Panics
    /// When the port cannot be opened; [`Settings::try_start`] returns the reason instead.
    #[track_caller]
    pub fn start() -> Self {
        static DEFAULT: Lazy<Arc<Settings>> = Lazy::new(Arc::default);
        expect_started(try_start(&DEFAULT))
    }

    /// Settings to change before the server starts.
    pub fn builder() -> Settings {
        Settings::default()
    }

    /// The base URL for a client: `http://127.0.0.1:PORT/elements/api-v2`, or `https://localhost:PORT/…` where the port
    /// speaks TLS, or `http://localhost/…` at a Unix socket.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.dialect_url(Dialect::Element)
    }

    /// The base in the dialect that the path spells (rule `dialect`).
    #[must_use]
    pub fn dialect_url(&self, dialect: Dialect) -> String {
        format!("{}{}", self.origin(), dialect.base_path())
    }

    /// Scheme, host and port.
    fn origin(&self) -> String {
        match self.listener.place() {
            #[cfg(unix)]
            Listen::Unix(_) => "http://localhost".to_owned(),
            #[cfg(feature = "tls")]
            Listen::Tcp(address) if self.listener.service().front.is_https() => {
                let callable = callable(*address);
                match callable.ip() == Ipv4Addr::LOCALHOST || callable.ip() == Ipv6Addr::LOCALHOST {
                    true => format!("https://localhost:{}", address.port()),
                    false => format!("https://{address}"),
                }
            }
            Listen::Tcp(address) => format!("http://{}", callable(*address)),
        }
    }

    /// The address that the server listens on; URLs have a loopback one in the place of a wildcard such as `0.0.0.0`.
    ///
    /// # Panics
    /// When it listens on a Unix socket.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listener.place().address()
    }

    /// The path of the Unix socket that the server listens on; `None` when it listens on an address.
    #[cfg(unix)]
    #[must_use]
    pub fn socket(&self) -> Option<&Path> {
        match self.listener.place() {
            Listen::Unix(path) => Some(path),
            Listen::Tcp(_) => None,
        }
    }

    /// The certificates that a client must trust; `None` when the server speaks no TLS.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn trust_store(&self) -> Option<&TrustStore> {
        self.listener.service().front.trust()
    }

    /// The certificates that a client must trust, as the text of a PEM file; `None` when the server speaks no TLS.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn ca_pem(&self) -> Option<String> {
        self.trust_store().map(TrustStore::to_pem)
    }

    /// Every instance of every organization, by organization and id.
    #[must_use]
    pub fn instances(&self) -> Vec<Instance> {
        self.emulator.instances(None)
    }

    /// The service behind the server, for requests without a socket.
    #[must_use]
    pub fn emulator(&self) -> &Arc<Emulator> {
        &self.emulator
    }

    /// Stops accepting, lets requests under way finish for at most five seconds, and closes.
    ///
    /// Dropping the server instead closes at once.
    pub fn shutdown(self) {
        self.listener.drain();
    }

    /// Shuts down, and then writes the state to the file of [`Settings::state`], if there is one.
    ///
    /// Written in this order, the file holds the effect of every request that was answered.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn finish(self) -> Result<(), ControlError> {
        self.listener.drain();
        match self.emulator.has_state_file() {
            true => self.emulator.save(),
            false => Ok(()),
        }
    }
}

impl Settings {
    /// Starts a server with these settings; its port is open on return.
    ///
    /// # Panics
    /// When the port cannot be opened or a catalog cannot be read; [`Settings::try_start`] returns the reason instead.
    #[track_caller]
    pub fn start(self) -> MockCe {
        expect_started(self.try_start())
    }

    /// Starts a server with these settings, or says why not.
    ///
    /// # Errors
    /// A port that cannot be opened, or a catalog that cannot be read.
    pub fn try_start(self) -> Result<MockCe, StartError> {
        try_start(&Arc::new(self))
    }

    /// The emulator that a server with these settings would have, for requests without a socket.
    ///
    /// # Errors
    /// A catalog or a cassette that cannot be read.
    pub fn emulator(&self) -> Result<Emulator, StartError> {
        emulator(&Arc::new(self.clone()))
    }

    /// The front of the port, and the emulator that knows of it.
    #[cfg(feature = "tls")]
    fn fronted(
        &self,
        mut emulator: Emulator,
        bound: &Bound,
    ) -> Result<(Emulator, Front), StartError> {
        let front = Front::of(&self.tls, bound.place())?;
        emulator.ca_pem = front.trust().map(TrustStore::to_pem);
        emulator.https_hosts = front.https_hosts();
        Ok((emulator, front))
    }

    pub(crate) fn load_catalog(&self) -> Result<Arc<Catalog>, CatalogError> {
        let documented = Catalog::documented();
        let own = self.own_elements()?;
        if self.catalogs.is_empty() && own.is_empty() {
            return Ok(documented.clone());
        }
        let catalog = documented.with_files(&self.catalogs, self.built_in)?;
        let join = |catalog: Catalog, own: &Fixture| catalog.with_element(own, self.built_in);
        let joined = own.iter().try_fold(catalog, join);
        Ok(Arc::new(joined.map_err(CatalogError::Clash)?))
    }

    /// The elements that the settings were given in process.
    fn own_elements(&self) -> Result<Vec<Fixture>, CatalogError> {
        #[cfg(feature = "guide")]
        let from_guides = guide::read_all(&self.guides, self.built_in)?;
        #[cfg(not(feature = "guide"))]
        let from_guides: Vec<Fixture> = Vec::new();
        Ok([&self.elements[..], &from_guides].concat())
    }
}

#[track_caller]
fn expect_started(started: Result<MockCe, StartError>) -> MockCe {
    started.unwrap_or_else(|error| panic!("mock-ce did not start: {error}"))
}

fn try_start(settings: &Arc<Settings>) -> Result<MockCe, StartError> {
    let bound = Bound::to(&settings.listen)?;
    let emulator = emulator(settings)?;
    #[cfg(feature = "tls")]
    let (emulator, front) = settings.fronted(emulator, &bound)?;
    let emulator = Arc::new(emulator);
    #[cfg(feature = "tls")]
    let receivers = front.receivers(&settings.tls)?;
    #[cfg(not(feature = "tls"))]
    let receivers = courier::Receivers;
    let courier = Courier::of(&emulator, receivers);
    let state_file = settings.state.as_deref();
    let state_file = state_file.map(|path| StateFile::open(path, &emulator));
    let state_file = state_file.transpose()?.flatten();
    let answers = Answers {
        emulator: emulator.clone(),
        #[cfg(feature = "tls")]
        front,
        has_announced: AtomicBool::new(false),
    };
    let listener = bound.serve(answers, settings.threads)?;
    Ok(MockCe {
        #[cfg(feature = "page")]
        _witness: post_mortem::Witness::new(emulator.clone(), listener.place()),
        emulator,
        listener,
        _courier: courier,
        _state_file: state_file,
    })
}

/// The emulator with what the settings name: the catalog, and the cassette that it answers from.
fn emulator(settings: &Arc<Settings>) -> Result<Emulator, StartError> {
    let emulator = Emulator::with(settings.clone(), settings.load_catalog()?);
    match &settings.cassette {
        Some(path) => Ok(emulator.replaying(Cassette::load(path)?, settings)),
        None => Ok(emulator),
    }
}

// A panicking test may look at its server: the locks inside know no poison, and each change of state is one step.
impl std::panic::UnwindSafe for MockCe {}
impl std::panic::RefUnwindSafe for MockCe {}

impl fmt::Debug for MockCe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockCe")
            .field("place", self.listener.place())
            .finish_non_exhaustive()
    }
}

/// The reason for which a server did not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The address cannot be listened on.
    Listen {
        /// Which.
        address: SocketAddr,
        /// The reason.
        source: std::io::Error,
    },
    /// The Unix socket cannot be listened on.
    Socket {
        /// Its path.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The settings of HTTPS or of interception cannot be used.
    #[cfg(feature = "tls")]
    Tls(String),
    /// The thread of all servers cannot be started.
    Runtime(std::io::Error),
    /// A catalog of the user's own cannot be read.
    Catalog(CatalogError),
    /// A cassette cannot be read.
    Cassette(CassetteError),
    /// The state file cannot be read or restored.
    State {
        /// Which.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::Listen { address, source }
                if source.kind() == std::io::ErrorKind::AddrInUse =>
            {
                write!(
                    f,
                    "{address} is in use; stop what listens there or take any free port with port 0"
                )
            }
            StartError::Listen { address, source } => {
                write!(f, "cannot listen on {address}: {source}")
            }
            StartError::Socket { path, source } => {
                let path = path.display().to_string();
                write!(
                    f,
                    "cannot listen on the Unix socket {path:?}: {source}; give --listen unix:PATH another path"
                )
            }
            #[cfg(feature = "tls")]
            StartError::Tls(problem) => f.write_str(problem),
            StartError::Runtime(source) => write!(f, "cannot start a thread: {source}"),
            StartError::Catalog(source) => source.fmt(f),
            StartError::Cassette(source) => source.fmt(f),
            StartError::State { path, reason } => {
                write!(
                    f,
                    "cannot use the state file {:?}: {reason}",
                    path.display()
                )
            }
        }
    }
}

// The texts tell the whole reason; a `source` would be printed twice.
impl std::error::Error for StartError {}

impl StartError {
    fn listen(place: &Listen, source: std::io::Error) -> Self {
        match place {
            Listen::Tcp(address) => StartError::Listen {
                address: *address,
                source,
            },
            #[cfg(unix)]
            Listen::Unix(path) => StartError::Socket {
                path: path.clone(),
                source,
            },
        }
    }
}

impl From<CassetteError> for StartError {
    fn from(error: CassetteError) -> Self {
        StartError::Cassette(error)
    }
}

impl From<CatalogError> for StartError {
    fn from(error: CatalogError) -> Self {
        StartError::Catalog(error)
    }
}
