//! The rim outbound: records what a real service says, and keeps it as a cassette.
//!
//! A [`Recorder`] stands between a client and one upstream. It forwards each request, streams the answer back, redacts
//! the pair and has it in a journal before the client has the answer's last byte. At the end the journal becomes the
//! cassette: one JSON document without secrets, which `mock-ce serve --cassette FILE`, [`Settings::cassette`] and the
//! recorder itself replay.
//!
//! ```no_run
//! use mock_ce::recorder::{Mode, Recorder};
//!
//! let recorder = Recorder::to("https://api.example", "fixtures/lifecycle.json").mode(Mode::All).start();
//! println!("point the client at {}", recorder.base_url());
//! let summary = recorder.finish().unwrap();
//! println!("{} interactions", summary.total);
//! ```
//!
//! Decided in this order: what the [`Mode`] makes of a cassette that is there; in mode `new`, whether a request is
//! known; then it is forwarded. A client keeps the path that it would ask the upstream for: only scheme and host are
//! the recorder's. No redirect is followed, and one that leads to the upstream is made to lead to the recorder.
//!
//! # What is never written
//!
//! Denied by default, in both directions: the secrets of `Authorization`, cookies, every header that is not on the list
//! of those kept; in bodies, queries and forms every member whose name ends in `password`, `secret`, `token` or
//! `api.key` in any spelling, or holds `oauth`; in `configuration` also the entries that the catalog types as passwords
//! and those that end in `account` or `username`; `providerData`; e-mail addresses and names of users. A secret of six
//! bytes or more is replaced by the same placeholder wherever else it stands, also inside longer text, base64- or
//! percent-encoded; a shorter one, or one that is a text of the catalog or a word of the format (`smtp`, `sendgrid`),
//! only in its own place. Before anything is written it is searched for every secret seen so far; one hit, and nothing
//! is written.
//!
//! # What is lost when
//!
//! Killed at any moment, a recording loses no interaction whose answer the client has: it is in `FILE.journal`, and
//! every reader of the cassette reads that too. The journal is written to the operating system, not forced to the
//! disk; a power loss may cost its last lines. The cassette itself is forced to the disk before it is renamed into
//! place. An answer that breaks off, is larger than the limit (8 MiB) or compressed in an unknown manner goes to the
//! client and not into the cassette, with a warning.

mod capture;
mod client;
mod decode;
mod error;
mod headers;
mod listener;
mod proxy;
mod session;
mod tls;
mod upstream;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::SystemTime;

pub use client::{Client, SendError};
pub use error::RecordError;
pub use session::Summary;

use crate::cassette::{
    Cassette, Fallback, Journal, Redaction, Redactor, Repeat, Replay, Selector, Start,
};
use crate::server::MockCe;
use crate::settings::Settings;
use crate::wire::vocabulary::Dialect;
use listener::{Bound, Listener};
use proxy::Proxy;
use session::Session;
use upstream::{Address, Upstream};

/// What is done with a cassette that is there, and with requests that it does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mode {
    /// A cassette that is there is replayed, and nothing is sent; otherwise one is recorded.
    #[default]
    Once,
    /// Known requests are replayed; unknown ones are forwarded and added.
    New,
    /// Every request is forwarded, and the cassette recorded afresh.
    All,
    /// The cassette is replayed; nothing is ever sent.
    Locked,
}

/// How to record, and a builder for it.
#[derive(Clone, Debug)]
#[must_use = "nothing is recorded until `start`"]
pub struct Recording {
    upstream: String,
    cassette: PathBuf,
    mode: Mode,
    ca: Vec<PathBuf>,
    redact: Vec<Selector>,
    keep: Vec<Selector>,
    date: Option<SystemTime>,
    limit: usize,
    warn: fn(&str),
    /// What also holds for a server: address, catalogs, how to replay.
    settings: Settings,
}

impl Recording {
    /// What to do with the cassette. Default: [`Mode::Once`].
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// The address to listen on; port 0 takes any free one. Default: `127.0.0.1:0`.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.settings = self.settings.listen(address);
        self
    }

    /// A PEM file with certificates to trust beside those of the machine; may be said again.
    pub fn ca(mut self, file: impl Into<PathBuf>) -> Self {
        self.ca.push(file.into());
        self
    }

    /// A place that holds a secret, beside the defaults; may be said again.
    pub fn redact(mut self, place: Selector) -> Self {
        self.redact.push(place);
        self
    }

    /// A place that holds no secret, whatever the defaults say; may be said again.
    pub fn keep(mut self, place: Selector) -> Self {
        self.keep.push(place);
        self
    }

    /// A place of requests that need not be as recorded; may be said again.
    pub fn ignore(mut self, place: Selector) -> Self {
        self.settings = self.settings.ignore(place);
        self
    }

    /// What becomes of a request that comes more often than it was recorded. Default: [`Repeat::Never`].
    pub fn repeat(mut self, repeat: Repeat) -> Self {
        self.settings = self.settings.repeat(repeat);
        self
    }

    /// A directory of catalog fixtures, whose password entries are secrets too; may be said again.
    pub fn catalog(mut self, directory: impl Into<PathBuf>) -> Self {
        self.settings = self.settings.catalog(directory);
        self
    }

    /// The day that the cassette says it was recorded on. Default: today.
    pub fn date(mut self, date: SystemTime) -> Self {
        self.date = Some(date);
        self
    }

    /// The most bytes of a body that are kept; a larger one passes, and is not recorded. Default: 8 MiB.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// Who is told when an exchange is kept out of the cassette. Default: nobody.
    pub fn warn(mut self, warn: fn(&str)) -> Self {
        self.warn = warn;
        self
    }

    /// Starts the recorder; its port is open on return.
    ///
    /// # Panics
    /// When it cannot be started; [`Recording::try_start`] returns the reason instead.
    #[track_caller]
    pub fn start(self) -> Recorder {
        self.try_start()
            .unwrap_or_else(|error| panic!("the recorder did not start: {error}"))
    }

    /// Starts the recorder, or says why not.
    ///
    /// # Errors
    /// An upstream that cannot be recorded, a port that cannot be opened, or a cassette that cannot be used.
    pub fn try_start(self) -> Result<Recorder, RecordError> {
        let address = Address::parse(&self.upstream)?;
        let base_path = match address.path() {
            "" => Dialect::Element.base_path().to_owned(),
            path => path.to_owned(),
        };
        let part = match self.mode {
            Mode::Locked => self.replay()?,
            Mode::Once if exists(&self.cassette) => self.replay()?,
            _ => self.record(address)?,
        };
        Ok(Recorder { part, base_path })
    }

    fn replay(self) -> Result<Part, RecordError> {
        let settings = self.settings.cassette(self.cassette, Fallback::Refuse);
        let ce = settings.try_start().map_err(RecordError::Replay)?;
        Ok(Part::Replaying(ce))
    }

    fn record(self, upstream: Address) -> Result<Part, RecordError> {
        let listen = self.settings.listen;
        let failed = |source| RecordError::Listen {
            address: listen,
            source,
        };
        let bound = Bound::to(listen).map_err(failed)?;
        if upstream.is_at(bound.address().map_err(failed)?) {
            return Err(RecordError::Upstream {
                upstream: self.upstream,
                reason: "is this recorder itself",
            });
        }
        let upstream = Upstream::at(upstream, &self.ca)?;
        let proxy = Arc::new(self.proxy(upstream, &bound)?);
        let listener = bound.serve(proxy.clone()).map_err(RecordError::Runtime)?;
        Ok(Part::Recording { listener, proxy })
    }

    fn proxy(
        self,
        upstream: Upstream<capture::Forwarded>,
        bound: &Bound,
    ) -> Result<Proxy, RecordError> {
        let catalog = self.settings.load_catalog()?;
        let defaults = Redaction::new(&catalog);
        let redaction = self
            .redact
            .into_iter()
            .fold(defaults.clone(), Redaction::redact);
        let redaction = self.keep.into_iter().fold(redaction, Redaction::keep);
        let at = self.date.unwrap_or_else(SystemTime::now);
        let start = if self.mode == Mode::New {
            Start::Continue
        } else {
            Start::Afresh
        };
        let fresh = session::fresh(
            &upstream.address().origin(),
            &Redactor::new(redaction.clone()),
            at,
        );
        let journal = Journal::open(&self.cassette, fresh, start)?;
        let redactor = Redactor::continuing(redaction, journal.cassette().interactions());
        let known = (start == Start::Continue).then(|| {
            Replay::new(journal.cassette().clone(), defaults, self.settings.repeat)
                .ignoring(self.settings.ignored.clone())
        });
        let port = bound.address().map_or(0, |address| address.port());
        Ok(Proxy {
            upstream,
            session: Session::new(journal, redactor, self.warn),
            known,
            limit: self.limit,
            via: format!("1.1 mock-ce-{}-{port}", std::process::id()),
            failures: AtomicU64::new(0),
        })
    }
}

/// Whether there is anything to replay, be it the journal of a recording that was cut off.
fn exists(cassette: &Path) -> bool {
    !matches!(Cassette::load(cassette), Err(error) if error.is_absent())
}

/// A recorder under way; dropping it closes its port and writes the cassette.
///
/// It runs on a thread of its own, so it works from a plain `#[test]` and from any async runtime.
#[must_use = "the recorder stops when this value is dropped"]
pub struct Recorder {
    part: Part,
    base_path: String,
}

enum Part {
    Recording {
        listener: Listener,
        proxy: Arc<Proxy>,
    },
    Replaying(MockCe),
}

impl Recorder {
    /// A recorder of this upstream (`https://HOST[/PATH]`) into this cassette; nothing happens before
    /// [`Recording::start`].
    pub fn to(upstream: impl Into<String>, cassette: impl Into<PathBuf>) -> Recording {
        Recording {
            upstream: upstream.into(),
            cassette: cassette.into(),
            mode: Mode::default(),
            ca: Vec::new(),
            redact: Vec::new(),
            keep: Vec::new(),
            date: None,
            limit: 8 * 1024 * 1024,
            warn: |_| {},
            settings: Settings::default().listen((Ipv4Addr::LOCALHOST, 0).into()),
        }
    }

    /// What a client takes as its base: the upstream's path, or `/elements/api-v2` when it has none.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}{}", self.address(), self.base_path)
    }

    /// The address that the recorder listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        match &self.part {
            Part::Recording { listener, .. } => listener.address(),
            Part::Replaying(ce) => ce.address(),
        }
    }

    /// Whether a cassette is replayed, and nothing can be sent.
    #[must_use]
    pub fn is_replaying(&self) -> bool {
        matches!(self.part, Part::Replaying(_))
    }

    /// Lets requests under way finish for at most five seconds, closes, and writes the cassette.
    ///
    /// # Errors
    /// A cassette that cannot be written, or would hold a secret.
    pub fn finish(self) -> Result<Summary, RecordError> {
        self.close()
    }

    fn close(&self) -> Result<Summary, RecordError> {
        match &self.part {
            Part::Recording { listener, proxy } => {
                listener.drain();
                proxy.session.finish()
            }
            Part::Replaying(_) => Ok(Summary::default()),
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // Who wants to know calls `finish`; the journal stays when the cassette cannot be written.
        let _ = self.close();
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("address", &self.address())
            .finish_non_exhaustive()
    }
}
