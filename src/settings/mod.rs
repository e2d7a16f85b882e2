//! What a server can be told before it starts: one definition for the Rust builder and the binary's flags.

mod flags;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::cassette::{Fallback, Repeat, Selector};
use crate::rules::Grade;
pub use flags::{FLAGS, Flag};

/// Settings of a server, and its builder: each method sets one of them.
///
/// ```
/// use mock_ce::{MockCe, Shape};
///
/// let ce = MockCe::builder().seed(7).shape(Shape::Platform).start();
/// assert!(ce.base_url().ends_with("/elements/api-v2"));
/// ```
#[derive(Clone, Debug)]
#[must_use = "settings do nothing until `start`"]
pub struct Settings {
    pub(crate) listen: SocketAddr,
    pub(crate) seed: u64,
    pub(crate) shape: Shape,
    pub(crate) empty_lists: EmptyLists,
    pub(crate) credentials: Option<(String, String)>,
    pub(crate) catalogs: Vec<PathBuf>,
    pub(crate) clock: Option<SystemTime>,
    pub(crate) limits: Limits,
    pub(crate) journal: JournalLimits,
    pub(crate) min_grade: Grade,
    pub(crate) control: ControlAccess,
    pub(crate) state: Option<PathBuf>,
    pub(crate) cassette: Option<PathBuf>,
    pub(crate) fallback: Fallback,
    pub(crate) repeat: Repeat,
    pub(crate) ignored: Vec<Selector>,
    pub(crate) secrets: Secrets,
}

/// From where a server can be steered (rule `control`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ControlAccess {
    /// From this machine only.
    #[default]
    Loopback,
    /// From wherever the server can be reached.
    Anywhere,
}

/// How secrets of journaled requests are shown outside of the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Secrets {
    /// By short stable names.
    #[default]
    Masked,
    /// As they came.
    Shown,
}

/// How much a server remembers of what it was asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JournalLimits {
    /// Requests.
    pub(crate) entries: usize,
    /// Bytes that they take together.
    pub(crate) bytes: usize,
    /// Bytes of one body; the rest is cut.
    pub(crate) body: usize,
}

/// How much of an instance replies show (rule `platform-shape`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// Exactly what the guide's response shows.
    #[default]
    Documented,
    /// What the platform showed later: also tags, configuration, dates and more.
    Platform,
}

/// Whether an empty list is an error (rule `empty-list`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum EmptyLists {
    /// 404 `No instances found`, as the vendor answers.
    #[default]
    NotFound,
    /// `200 []`.
    Ok,
}

/// As good as for ever; a longer time would reach beyond what clocks can say.
pub(crate) const AGES: Duration = Duration::from_secs(24 * 60 * 60);

/// What a server bears from its clients before it lets go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Bytes of a body; a larger one is refused (rule `too-large`).
    pub(crate) body: usize,
    /// Open connections; beyond, nothing is accepted until one closes.
    pub(crate) connections: usize,
    /// Headers of a request.
    pub(crate) headers: usize,
    /// Bytes of a request's head.
    pub(crate) head: usize,
    /// From a head's first byte to its last.
    pub(crate) head_time: Duration,
    /// Between two pieces of a body.
    pub(crate) body_idle: Duration,
    /// From a request's first byte to the reply's last.
    pub(crate) request_time: Duration,
    /// Between a reply and the next request.
    pub(crate) keep_alive: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            seed: 0,
            shape: Shape::default(),
            empty_lists: EmptyLists::default(),
            credentials: None,
            catalogs: Vec::new(),
            clock: None,
            limits: Limits {
                body: 8 * 1024 * 1024,
                connections: 10_000,
                headers: 100,
                head: 64 * 1024,
                head_time: Duration::from_secs(10),
                body_idle: Duration::from_secs(30),
                request_time: Duration::from_secs(60),
                keep_alive: Duration::from_secs(75),
            },
            min_grade: Grade::Assumed,
            control: ControlAccess::default(),
            state: None,
            cassette: None,
            fallback: Fallback::default(),
            repeat: Repeat::default(),
            ignored: Vec::new(),
            secrets: Secrets::default(),
            journal: JournalLimits {
                entries: 10_000,
                bytes: 16 * 1024 * 1024,
                body: 16 * 1024,
            },
        }
    }
}

impl Settings {
    /// The address to listen on; port 0 takes any free one. Default: `127.0.0.1:0`.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// What tokens and request ids derive from; the same seed gives the same ones. Default: 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How much of an instance replies show (rule `platform-shape`). Default: [`Shape::Documented`].
    pub fn shape(mut self, shape: Shape) -> Self {
        self.shape = shape;
        self
    }

    /// What a list without instances answers (rule `empty-list`). Default: [`EmptyLists::NotFound`].
    pub fn empty_lists(mut self, empty_lists: EmptyLists) -> Self {
        self.empty_lists = empty_lists;
        self
    }

    /// The only user and organization secrets that are accepted (rule `any-credentials`). Default: any.
    pub fn credentials(mut self, user: impl Into<String>, organization: impl Into<String>) -> Self {
        self.credentials = Some((user.into(), organization.into()));
        self
    }

    /// A directory of catalog fixtures with elements beside the documented ones; may be said again. Default: none.
    pub fn catalog(mut self, directory: impl Into<PathBuf>) -> Self {
        self.catalogs.push(directory.into());
        self
    }

    /// A clock that stands still at this time. Default: the machine's clock.
    pub fn clock(mut self, at: SystemTime) -> Self {
        self.clock = Some(at);
        self
    }

    /// The weakest grade of a rule that is followed; an answer that rests on a weaker one is 501. Default: any.
    pub fn min_grade(mut self, grade: Grade) -> Self {
        self.min_grade = grade;
        self
    }

    /// From where the control API is open (rule `control`). Default: [`ControlAccess::Loopback`].
    pub fn control(mut self, access: ControlAccess) -> Self {
        self.control = access;
        self
    }

    /// A file with the state: read at the start if it is there, written by [`crate::MockCe::save`]. Default: none.
    ///
    /// The binary also writes it at its end.
    pub fn state(mut self, file: impl Into<PathBuf>) -> Self {
        self.state = Some(file.into());
        self
    }

    /// A cassette that answers first (rule `recorded`), and what answers the rest. Default: none.
    pub fn cassette(mut self, file: impl Into<PathBuf>, fallback: Fallback) -> Self {
        self.cassette = Some(file.into());
        self.fallback = fallback;
        self
    }

    /// What becomes of a request that comes more often than it was recorded. Default: [`Repeat::Never`].
    pub fn repeat(mut self, repeat: Repeat) -> Self {
        self.repeat = repeat;
        self
    }

    /// A place of requests that a cassette's need not agree in; may be said again. Default: none.
    pub fn ignore(mut self, place: Selector) -> Self {
        self.ignored.push(place);
        self
    }

    /// The most requests that the journal keeps; the oldest are dropped, and counted. Default: 10,000.
    pub fn journal_entries(mut self, entries: usize) -> Self {
        self.journal.entries = entries;
        self
    }

    /// The most bytes that the journal keeps. Default: 16 MiB.
    pub fn journal_bytes(mut self, bytes: usize) -> Self {
        self.journal.bytes = bytes;
        self
    }

    /// The most bytes of one body that the journal keeps; the rest is cut. Default: 16 KiB.
    pub fn journal_body_limit(mut self, bytes: usize) -> Self {
        self.journal.body = bytes;
        self
    }

    /// Shows requests below `/__admin` and on standard error with their secrets. Default: secrets are masked there.
    ///
    /// In process, requests are always shown as they came.
    pub fn show_secrets(mut self) -> Self {
        self.secrets = Secrets::Shown;
        self
    }

    /// The largest body in bytes (rule `too-large`). Default: 8 MiB.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.limits.body = bytes;
        self
    }

    /// The most connections open at once, at least 1; beyond, accepting waits until one closes. Default: 10,000.
    pub fn connection_limit(mut self, connections: usize) -> Self {
        self.limits.connections = connections.max(1);
        self
    }

    /// The most headers of a request. Default: 100.
    pub fn header_limit(mut self, headers: usize) -> Self {
        self.limits.headers = headers;
        self
    }

    /// The largest head of a request in bytes, at least 8,192. Default: 64 KiB.
    pub fn head_limit(mut self, bytes: usize) -> Self {
        self.limits.head = bytes.max(8192);
        self
    }

    /// How long a request's head may take. Default: 10 s.
    pub fn head_timeout(mut self, time: Duration) -> Self {
        self.limits.head_time = time.min(AGES);
        self
    }

    /// How long a body may pause. Default: 30 s.
    pub fn body_timeout(mut self, time: Duration) -> Self {
        self.limits.body_idle = time.min(AGES);
        self
    }

    /// How long a whole request may take, reply included. Default: 60 s.
    pub fn request_timeout(mut self, time: Duration) -> Self {
        self.limits.request_time = time.min(AGES);
        self
    }

    /// How long a connection may idle between requests. Default: 75 s.
    pub fn keep_alive_timeout(mut self, time: Duration) -> Self {
        self.limits.keep_alive = time.min(AGES);
        self
    }
}
