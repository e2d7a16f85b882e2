//! How to record, and the way to a recorder that does.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::SystemTime;

use super::capture::Forwarded;
use super::listener::Bound;
use super::proxy::Proxy;
use super::session::{self, Session};
use super::upstream::{Address, Upstream};
use super::{Mode, Part, RecordError, Recorder};
use crate::cassette::{
    Cassette, Fallback, Journal, Redaction, Redactor, Repeat, Replay, Selector, Start,
};
use crate::settings::Settings;
use crate::wire::vocabulary::Dialect;

/// How to record, and a builder for it.
#[derive(Clone)]
#[must_use = "nothing is recorded until `start`"]
pub struct Recording {
    pub(super) upstream: String,
    pub(super) cassette: PathBuf,
    pub(super) mode: Mode,
    pub(super) ca: Vec<PathBuf>,
    pub(super) redact: Vec<Selector>,
    pub(super) keep: Vec<Selector>,
    pub(super) date: Option<SystemTime>,
    pub(super) limit: usize,
    pub(super) warn: fn(&str),
    /// What also holds for a server: address, catalogs, how to replay.
    pub(super) settings: Settings,
}

impl fmt::Debug for Recording {
    /// Without the upstream, which may be given with credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording")
            .field("cassette", &self.cassette)
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
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
    ///
    /// In [`Mode::New`] a larger request does not pass: it is answered 502.
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

    fn proxy(self, upstream: Upstream<Forwarded>, bound: &Bound) -> Result<Proxy, RecordError> {
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
