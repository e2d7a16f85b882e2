//! How to record, and the way to a recorder that does.

use std::ffi::OsString;
use std::fmt;
use std::io::{stdin, stdout};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::SystemTime;

use super::keeper::{self, Apart, Keeper, Session, Summary};
use super::proxy::Proxy;
use super::upstream::{Address, Upstream};
use super::{Mode, Part, RecordError, Recorder};
use crate::cassette::{
    self, Cassette, Claim, Fallback, Journal, Policy, Redactor, Repeat, Replay, Selector, Start,
};
use crate::server::listener::Bound;
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
    /// The program that keeps what is recorded, and its arguments.
    pub(super) keeper: Option<(PathBuf, Vec<OsString>)>,
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

    /// The most connections of clients at a time; more wait. Each needs one to the upstream too. Default: 10,000.
    pub fn connection_limit(mut self, connections: usize) -> Self {
        self.settings = self.settings.connection_limit(connections);
        self
    }

    /// Who is told when an exchange is kept out of the cassette: of the first hundred, one line each. Default: nobody.
    pub fn warn(mut self, warn: fn(&str)) -> Self {
        self.warn = warn;
        self
    }

    /// Has exchanges redacted and written by a process of this program, started with these arguments.
    ///
    /// That process has to call [`Recording::write_for_recorder`] on a recording with the same settings; the binary does
    /// with the verb `keep` in the place of `record`, and otherwise the same words. An answer then waits until its
    /// exchange is in the pipe to that process, and not until it is redacted and written; and when this process is
    /// killed, that one finishes the cassette. What it has to warn of, it tells by its own [`Recording::warn`]. Default:
    /// this process redacts and writes.
    pub fn written_by(
        mut self,
        program: impl Into<PathBuf>,
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Self {
        self.keeper = Some((program.into(), arguments.into_iter().collect()));
        self
    }

    /// Redacts and writes what the recorder that has started this process tells it on its standard input.
    ///
    /// Standard output is the recorder's too. When the recorder was killed, so that there is nobody to tell, what came of
    /// the recording is returned.
    ///
    /// # Errors
    /// When there is nobody to tell: a cassette that cannot be written, or would hold a secret.
    pub fn write_for_recorder(self) -> Result<Option<Summary>, RecordError> {
        let cassette = self.cassette.clone();
        let session = self.session(None);
        let kept = keeper::keep_for(stdin().lock(), stdout().lock(), &cassette, session);
        if !matches!(kept, Ok(None)) {
            Claim::tidy(&cassette);
        }
        kept
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
            Mode::Once if exists(&self.cassette) && !Claim::is_held(&self.cassette) => {
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
        let bound = Bound::to(self.settings.listen)?;
        if upstream.is_at(bound.address()) {
            return Err(RecordError::Upstream {
                upstream: self.upstream,
                reason: "is this recorder itself",
            });
        }
        let upstream = Upstream::at(upstream, &self.ca)?;
        let claim = Claim::take(&self.cassette)?;
        if self.mode == Mode::Once && exists(&self.cassette) {
            // Another recorder has ended in between.
            drop((claim, bound));
            return self.replay();
        }
        let via = format!(
            "1.1 mock-ce-{}-{}",
            std::process::id(),
            bound.address().port()
        );
        let proxy = Proxy {
            upstream,
            known: self.known()?,
            limit: self.limit,
            most_connections: self.settings.limits.connections,
            via: via
                .try_into()
                .expect("digits and letters are a header value"),
            failures: AtomicU64::new(0),
            keeper: self.keeper(claim)?,
        };
        let listener = bound.serve(Arc::new(proxy))?;
        Ok(Part::Recording(listener))
    }

    /// What is known already, when that is not to be asked again.
    fn known(&self) -> Result<Option<Replay>, RecordError> {
        if self.mode != Mode::New {
            return Ok(None);
        }
        let cassette = match Cassette::load(&self.cassette) {
            Err(error) if error.is_absent() => Cassette::new(&self.upstream, ""),
            cassette => cassette?,
        };
        let replay = Replay::new(cassette, self.defaults()?, self.settings.repeat);
        Ok(Some(replay.ignoring(self.settings.ignored.clone())))
    }

    fn defaults(&self) -> Result<Policy, RecordError> {
        Ok(Policy::new(&*self.settings.load_catalog()?))
    }

    fn keeper(self, claim: Claim) -> Result<Keeper, RecordError> {
        let Some((program, arguments)) = &self.keeper else {
            return Ok(Keeper::Here(Box::new(self.session(Some(claim))?)));
        };
        let mut command = Command::new(program);
        command.args(arguments);
        let apart = Apart::start(command, &self.cassette, claim, self.warn)?;
        Ok(Keeper::Apart(apart))
    }

    /// `claim` is on the cassette, unless the recorder has it, which is another process.
    fn session(self, claim: Option<Claim>) -> Result<Session, RecordError> {
        let upstream = Address::parse(&self.upstream)?;
        let defaults = self.defaults()?;
        let redaction = self.redact.into_iter().fold(defaults, Policy::redact);
        let redaction = self.keep.into_iter().fold(redaction, Policy::keep);
        let day = cassette::day(self.date.unwrap_or_else(SystemTime::now));
        let fresh = Cassette::new(upstream.origin(), &day).redacted_by(&redaction);
        let start = if self.mode == Mode::New {
            Start::Continue
        } else {
            Start::Afresh
        };
        let journal = Journal::open_claimed(&self.cassette, fresh, start, claim)?;
        let redactor = Redactor::continuing(redaction, journal.cassette().interactions());
        Ok(Session::new(journal, redactor, self.limit, self.warn))
    }
}

/// Whether there is anything to replay, be it the journal of a recording that was cut off.
fn exists(cassette: &Path) -> bool {
    cassette.exists() || !matches!(Cassette::load(cassette), Err(error) if error.is_absent())
}
