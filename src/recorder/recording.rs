//! The settings of a recorder, and its start.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::SystemTime;

use super::proxy::Proxy;
use super::upstream::{Address, Upstream};
use super::writer::JournalWriter;
use super::{Mode, Part, RecordError, Recorder};
use crate::cassette::{
    self, Cassette, Fallback, JournalFile, Orders, Policy, Repeat, Replay, Selector, Start,
    is_being_recorded,
};
use crate::server::listener::Bound;
use crate::server::tls::Front;
use crate::settings::Settings;
use crate::wire::vocabulary::Dialect;

/// The settings of a recorder; a builder.
#[derive(Clone)]
#[must_use = "nothing is recorded until `start`"]
pub struct Recording {
    pub(super) upstream: String,
    pub(super) cassette: PathBuf,
    pub(super) mode: Mode,
    pub(super) ca: Vec<PathBuf>,
    pub(super) orders: Orders,
    pub(super) date: Option<SystemTime>,
    pub(super) limit: usize,
    pub(super) warn: fn(&str),
    /// Settings that also hold for a server: address, catalogs, how to replay.
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
    /// Chooses what the recorder does with a cassette that is there. Default: [`Mode::Once`].
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// The address to listen on; port 0 takes any free one. Default: `127.0.0.1:0`.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.settings = self.settings.listen(address);
        self
    }

    /// Trusts the certificates in this PEM file beside those of the machine; repeatable.
    pub fn ca(mut self, file: impl Into<PathBuf>) -> Self {
        self.ca.push(file.into());
        self
    }

    /// Redacts this place, too; repeatable.
    pub fn redact(mut self, place: Selector) -> Self {
        self.orders.redact.push(place);
        self
    }

    /// Keeps this place as it is, whatever the defaults say; repeatable.
    pub fn keep(mut self, place: Selector) -> Self {
        self.orders.keep.push(place);
        self
    }

    /// Leaves this place out when a request is compared with recorded ones; repeatable.
    pub fn ignore(mut self, place: Selector) -> Self {
        self.settings = self.settings.ignore(place);
        self
    }

    /// Answers a request that comes more often than it was recorded. Default: [`Repeat::Never`].
    pub fn repeat(mut self, repeat: Repeat) -> Self {
        self.settings = self.settings.repeat(repeat);
        self
    }

    /// Adds a directory of catalog fixtures, whose password entries are secrets too; repeatable.
    pub fn catalog(mut self, directory: impl Into<PathBuf>) -> Self {
        self.settings = self.settings.catalog(directory);
        self
    }

    /// Sets the day that the cassette says it was recorded on. Default: today.
    pub fn date(mut self, date: SystemTime) -> Self {
        self.date = Some(date);
        self
    }

    /// Limits the bytes of a recorded body; a larger one passes, and is not recorded. Default: 8 MiB.
    ///
    /// In [`Mode::New`] a larger request does not pass: it is answered 502.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// Limits the connections of clients at a time; more wait. Each needs one to the upstream too. Default: 10,000.
    pub fn connection_limit(mut self, connections: usize) -> Self {
        self.settings = self.settings.connection_limit(connections);
        self
    }

    /// Makes the recorder a proxy for clients whose host is compiled in; see [`Settings::intercept`].
    pub fn intercept(mut self, host: impl Into<String>) -> Self {
        self.settings = self.settings.intercept(host);
        self
    }

    /// Passes on unread what is for other hosts; see [`Settings::pass`].
    pub fn pass(mut self) -> Self {
        self.settings = self.settings.pass();
        self
    }

    /// Writes the certificate that clients of an intercepted host must trust to this PEM file at the start.
    pub fn ca_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.settings = self.settings.ca_file(file);
        self
    }

    /// Calls this function with a line for each of the first hundred exchanges that are kept out of the cassette.
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
            // Where nothing can be written, a cassette can be replayed all the same.
            Mode::Once if exists(&self.cassette) && !is_being_recorded(&self.cassette) => {
                self.replay()?
            }
            _ => self.record(address)?,
        };
        Ok(Recorder { part, base_path })
    }

    fn replay(self) -> Result<Part, RecordError> {
        let settings = self.settings.cassette(self.cassette, Fallback::Refuse);
        Ok(Part::Replaying(settings.try_start()?))
    }

    fn record(self, upstream: Address) -> Result<Part, RecordError> {
        let bound = Bound::to(&self.settings.listen)?;
        if upstream.is_at(bound.place().address()) {
            return Err(RecordError::Upstream {
                upstream: self.upstream,
                reason: "is this recorder itself",
            });
        }
        let front = Front::of(&self.settings.tls, bound.place())?;
        let policy = self.defaults()?.with(&self.orders);
        let fresh = self.fresh(&upstream, &policy);
        let upstream = Upstream::at(upstream, &self.ca)?;
        let start = match self.mode {
            Mode::New => Start::Continue,
            _ => Start::Afresh,
        };
        let journal = JournalFile::open(&self.cassette, &fresh, start)?;
        if self.mode == Mode::Once && journal.before().is_some() {
            // Another recorder has ended in between.
            drop((journal, bound));
            return self.replay();
        }
        let port = bound.place().address().port();
        let via = format!("1.1 mock-ce-{}-{port}", std::process::id());
        let proxy = Proxy {
            upstream,
            known: self.known(&journal, &fresh)?,
            port,
            limit: self.limit,
            max_connections: self.settings.limits.connections,
            via: via
                .try_into()
                .expect("digits and letters are a header value"),
            refusals: AtomicU64::new(0),
            front,
            writer: JournalWriter::new(journal, policy, self.warn),
        };
        let listener = bound.serve(Arc::new(proxy), 1)?;
        Ok(Part::Recording(listener))
    }

    /// The recorded interactions, in the mode that does not ask for them again.
    fn known(
        &self,
        journal: &JournalFile,
        fresh: &Cassette,
    ) -> Result<Option<Replay>, RecordError> {
        if self.mode != Mode::New {
            return Ok(None);
        }
        let cassette = journal.before().unwrap_or(fresh).clone();
        let replay = Replay::new(cassette, self.defaults()?, self.settings.repeat);
        Ok(Some(replay.ignoring(self.settings.ignored.clone())))
    }

    fn defaults(&self) -> Result<Policy, RecordError> {
        Ok(Policy::new(&*self.settings.load_catalog()?))
    }

    /// A cassette without interactions.
    fn fresh(&self, upstream: &Address, policy: &Policy) -> Cassette {
        let day = cassette::day(self.date.unwrap_or_else(SystemTime::now));
        Cassette::new(upstream.origin(), &day).redacted_by(policy)
    }
}

/// Tells whether there is a cassette to replay, be it only the journal of a recording that was cut off.
fn exists(cassette: &Path) -> bool {
    cassette.exists() || !matches!(Cassette::load(cassette), Err(error) if error.is_absent())
}
