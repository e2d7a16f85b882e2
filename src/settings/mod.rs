//! The settings of a server, defined once for the Rust builder and for the flags of the binary.

mod address;
mod flags;
mod shown;
#[cfg(feature = "tls")]
mod tls;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::cassette::{Fallback, Repeat, Selector};
use crate::catalog::BuiltIn;
use crate::catalog::fixture::Fixture;
use crate::rules::Grade;
pub(crate) use address::callable;
#[cfg(unix)]
pub use address::check_socket_path;
pub use address::listen_address;
pub use flags::{FLAGS, Flag};
#[cfg(feature = "tls")]
pub(crate) use tls::{FurtherHosts, Others, TlsSettings};

/// The settings of a server, and its builder: each method sets one of them.
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
    pub(crate) listen: Listen,
    #[cfg(feature = "tls")]
    pub(crate) tls: TlsSettings,
    pub(crate) threads: usize,
    pub(crate) seed: u64,
    pub(crate) shape: Shape,
    pub(crate) empty_lists: EmptyLists,
    pub(crate) credentials: Option<(String, String)>,
    pub(crate) login: Option<(String, String)>,
    pub(crate) oauth: OAuthCodes,
    pub(crate) catalogs: Vec<PathBuf>,
    pub(crate) elements: Vec<Fixture>,
    #[cfg(feature = "guide")]
    pub(crate) guides: Vec<String>,
    pub(crate) built_in: BuiltIn,
    pub(crate) clock: Option<SystemTime>,
    pub(crate) limits: Limits,
    pub(crate) journal: JournalLimits,
    pub(crate) min_grade: Grade,
    pub(crate) control: ControlAccess,
    pub(crate) control_origins: Vec<String>,
    pub(crate) state: Option<PathBuf>,
    pub(crate) cassette: Option<PathBuf>,
    pub(crate) fallback: Fallback,
    pub(crate) repeat: Repeat,
    pub(crate) ignored: Vec<Selector>,
    pub(crate) secrets: Secrets,
    pub(crate) webhooks: Webhooks,
}

/// The place that a server listens on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Listen {
    /// An address of the machine.
    Tcp(SocketAddr),
    /// A Unix socket.
    #[cfg(unix)]
    Unix(PathBuf),
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Listen::Tcp(address) => address.fmt(f),
            #[cfg(unix)]
            Listen::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl Listen {
    pub(crate) fn port(&self) -> Option<u16> {
        match self {
            Listen::Tcp(address) => Some(address.port()),
            #[cfg(unix)]
            Listen::Unix(_) => None,
        }
    }

    /// # Panics
    /// When it is a Unix socket.
    pub(crate) fn address(&self) -> SocketAddr {
        match self {
            Listen::Tcp(address) => *address,
            #[cfg(unix)]
            Listen::Unix(path) => panic!("a server at the Unix socket {path:?} has no address"),
        }
    }
}

/// The addresses that webhooks are sent to (rule `event-callback-reach`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Callbacks {
    /// This machine only.
    #[default]
    Loopback,
    /// Whatever address an instance names.
    Anywhere,
}

/// The body of a webhook.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum WebhookBody {
    /// The one below `message` (rule `event-body`).
    #[default]
    Message,
    /// The older one that the event guide prints (rule `event-body-guide`).
    Guide,
}

/// The addresses, times and shape of the webhooks that are sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Webhooks {
    pub(crate) callbacks: Callbacks,
    pub(crate) body: WebhookBody,
    /// The time between the provider's message and the first attempt (rule `event-first-attempt`).
    pub(crate) delay: Duration,
    /// The unit of the waits of retries (rule `event-retry`).
    pub(crate) retry_unit: Duration,
    /// Maximum time of one attempt.
    pub(crate) timeout: Duration,
}

/// The callers to whom the control API is open (rule `control`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ControlAccess {
    /// Callers on this machine.
    #[default]
    Loopback,
    /// All callers that reach the server.
    Anywhere,
}

/// The form in which secrets of journaled requests are shown outside of the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Secrets {
    /// By short stable names.
    #[default]
    Masked,
    /// As they came.
    Shown,
}

/// The limits of the journal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JournalLimits {
    /// Maximum number of requests.
    pub(crate) entries: usize,
    /// Maximum number of bytes of all requests together.
    pub(crate) bytes: usize,
    /// Maximum number of bytes of one body; the rest is cut off.
    pub(crate) body: usize,
}

/// The shape in which replies show an instance (rule `platform-shape`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// Exactly the members of the guide's response.
    #[default]
    Documented,
    /// The members that the platform showed later: also tags, configuration, dates and more.
    Platform,
}

/// The answer to a list request that finds nothing (rule `empty-list`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum EmptyLists {
    /// 404 `No instances found`, as the vendor answers.
    #[default]
    NotFound,
    /// `200 []`.
    Ok,
}

/// The codes that provision an OAuth element (rules `oauth-create`, `oauth-strict`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OAuthCodes {
    /// Any code, also one that nobody gave out.
    #[default]
    Any,
    /// Codes of the server's own consent page, once and within ten minutes.
    Strict,
}

/// The most threads of one server; more than that serve nothing faster.
pub(crate) const MAX_THREADS: usize = 256;

/// The least that a request's head may be limited to; hyper takes no less.
pub(crate) const MIN_HEAD: usize = 8192;

/// Maximum of every time limit; a deadline further off could lie beyond what `Instant` can hold.
pub(crate) const MAX_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// The limits for clients; a client that exceeds one is refused or disconnected.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Maximum number of bytes of a body (rule `too-large`).
    pub(crate) body: usize,
    /// Maximum number of open connections; further ones wait to be accepted.
    pub(crate) connections: usize,
    /// Maximum number of headers of a request.
    pub(crate) headers: usize,
    /// Maximum number of bytes of a request's head.
    pub(crate) head: usize,
    /// Maximum time from the first byte of a head to its last.
    pub(crate) head_time: Duration,
    /// Maximum time between two pieces of a body.
    pub(crate) body_idle: Duration,
    /// Maximum time from the first byte of a request to the last byte of its reply.
    pub(crate) request_time: Duration,
    /// Maximum time between a reply and the next request.
    pub(crate) keep_alive: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            listen: Listen::Tcp((Ipv4Addr::LOCALHOST, 0).into()),
            #[cfg(feature = "tls")]
            tls: TlsSettings::default(),
            threads: 1,
            seed: 0,
            shape: Shape::default(),
            empty_lists: EmptyLists::default(),
            credentials: None,
            login: None,
            oauth: OAuthCodes::default(),
            catalogs: Vec::new(),
            elements: Vec::new(),
            #[cfg(feature = "guide")]
            guides: Vec::new(),
            built_in: BuiltIn::Keep,
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
            control_origins: Vec::new(),
            state: None,
            cassette: None,
            fallback: Fallback::default(),
            repeat: Repeat::default(),
            ignored: Vec::new(),
            secrets: Secrets::default(),
            webhooks: Webhooks {
                callbacks: Callbacks::default(),
                body: WebhookBody::default(),
                delay: Duration::from_millis(250),
                retry_unit: Duration::from_secs(1),
                timeout: Duration::from_secs(10),
            },
            journal: JournalLimits {
                entries: 10_000,
                bytes: 16 * 1024 * 1024,
                body: 16 * 1024,
            },
        }
    }
}

impl Settings {
    /// Sets the address to listen on; port 0 takes any free one. Default: `127.0.0.1:0`.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = Listen::Tcp(address);
        self
    }

    /// Listens on a Unix socket at this path instead of a port; the file is this user's only, and is removed at the end.
    #[cfg(unix)]
    pub fn listen_unix(mut self, path: impl Into<PathBuf>) -> Self {
        self.listen = Listen::Unix(path.into());
        self
    }

    /// Sets the number of threads that serve connections, for a server that many processes share; at most 256. Default: 1,
    /// which all servers of the process share.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads.clamp(1, MAX_THREADS);
        self
    }

    /// Sets the seed of tokens and request ids; the same seed gives the same ones. Default: 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the shape in which replies show an instance (rule `platform-shape`). Default: [`Shape::Documented`].
    pub fn shape(mut self, shape: Shape) -> Self {
        self.shape = shape;
        self
    }

    /// Sets the answer to a list request that finds nothing (rule `empty-list`). Default: [`EmptyLists::NotFound`].
    pub fn empty_lists(mut self, empty_lists: EmptyLists) -> Self {
        self.empty_lists = empty_lists;
        self
    }

    /// Accepts these user and organization secrets only (rule `any-credentials`). Default: any.
    pub fn credentials(mut self, user: impl Into<String>, organization: impl Into<String>) -> Self {
        self.credentials = Some((user.into(), organization.into()));
        self
    }

    /// Accepts this login only (rule `login`). Default: any name and password.
    pub fn login(mut self, name: impl Into<String>, password: impl Into<String>) -> Self {
        self.login = Some((name.into(), password.into()));
        self
    }

    /// Sets the codes that provision an OAuth element (rule `oauth-strict`). Default: [`OAuthCodes::Any`].
    pub fn oauth(mut self, codes: OAuthCodes) -> Self {
        self.oauth = codes;
        self
    }

    /// Adds a catalog fixture or a directory of them, whose elements join the documented ones. Default: none.
    pub fn catalog(mut self, file_or_directory: impl Into<PathBuf>) -> Self {
        self.catalogs.push(file_or_directory.into());
        self
    }

    /// Adds an element; see [the page about them](crate::docs::elements). Default: none.
    ///
    /// Of two with the same id and key the later one counts.
    pub fn element(mut self, element: Fixture) -> Self {
        self.elements.push(element);
        self
    }

    /// Adds the element that a "Create Instance" guide in Markdown documents, as `mock-ce import` reads it. Default: none.
    #[cfg(feature = "guide")]
    #[cfg_attr(docsrs, doc(cfg(feature = "guide")))]
    pub fn guide(mut self, text: impl Into<String>) -> Self {
        self.guides.push(text.into());
        self
    }

    /// Lets an element of the user's own take the place of a built-in one, or refuses it. Default: [`BuiltIn::Keep`].
    pub fn built_in(mut self, built_in: BuiltIn) -> Self {
        self.built_in = built_in;
        self
    }

    /// Stops the clock at this time. Default: the machine's clock.
    pub fn clock(mut self, at: SystemTime) -> Self {
        self.clock = Some(at);
        self
    }

    /// Sets the weakest grade that an answer may rest on; the server answers 501 instead of a weaker one. Default: any.
    pub fn min_grade(mut self, grade: Grade) -> Self {
        self.min_grade = grade;
        self
    }

    /// Sets the callers to whom the control API is open (rule `control`). Default: [`ControlAccess::Loopback`].
    pub fn control(mut self, access: ControlAccess) -> Self {
        self.control = access;
        self
    }

    /// Lets the pages of an origin, such as `http://localhost:3000`, use the control API (rule `control`). Default: none.
    ///
    /// # Panics
    /// When it is no origin: `http` or `https`, a host, and a port where it is not the usual one.
    #[track_caller]
    pub fn control_origin(mut self, origin: &str) -> Self {
        let read = address::origin(origin);
        let read = read.unwrap_or_else(|reason| panic!("mock-ce: control_origin: {reason}"));
        self.control_origins.push(read);
        self
    }

    /// Sets the state file, which the server reads at its start if it exists. Default: none.
    ///
    /// [`crate::MockCe::save`] and [`crate::MockCe::finish`] write it, and the binary does when it ends. The file is one
    /// server's at a time: another one that is given it does not start. Nor does one that could not write it at the end.
    pub fn state(mut self, file: impl Into<PathBuf>) -> Self {
        self.state = Some(file.into());
        self
    }

    /// Answers from this cassette (rule `recorded`), and all other requests by the fallback. Default: none.
    pub fn cassette(mut self, file: impl Into<PathBuf>, fallback: Fallback) -> Self {
        self.cassette = Some(file.into());
        self.fallback = fallback;
        self
    }

    /// Sets the answer to a request that comes more often than it was recorded. Default: [`Repeat::Never`].
    pub fn repeat(mut self, repeat: Repeat) -> Self {
        self.repeat = repeat;
        self
    }

    /// Adds a place where a request may differ from the recorded one. Default: none.
    pub fn ignore(mut self, place: Selector) -> Self {
        self.ignored.push(place);
        self
    }

    /// Sets the addresses that webhooks are sent to. Default: [`Callbacks::Loopback`].
    pub fn callbacks(mut self, callbacks: Callbacks) -> Self {
        self.webhooks.callbacks = callbacks;
        self
    }

    /// Sets the body of webhooks. Default: [`WebhookBody::Message`].
    pub fn webhook_body(mut self, body: WebhookBody) -> Self {
        self.webhooks.body = body;
        self
    }

    /// Sets the time between a provider's message and its webhook, by the machine's clock. Default: 250 ms.
    pub fn webhook_delay(mut self, time: Duration) -> Self {
        self.webhooks.delay = time.min(MAX_WAIT);
        self
    }

    /// Sets what the waits of retries are counted in: retry *x* follows after 4^*x* of it. Default: 1 s.
    pub fn webhook_retry_unit(mut self, time: Duration) -> Self {
        self.webhooks.retry_unit = time.min(MAX_WAIT);
        self
    }

    /// Sets the maximum time of one attempt to send a webhook. Default: 10 s.
    pub fn webhook_timeout(mut self, time: Duration) -> Self {
        self.webhooks.timeout = time.min(MAX_WAIT);
        self
    }

    /// Sets the maximum number of requests in the journal, which drops and counts the oldest. Default: 10,000.
    pub fn journal_entries(mut self, entries: usize) -> Self {
        self.journal.entries = entries;
        self
    }

    /// Sets the maximum number of bytes in the journal. Default: 16 MiB.
    pub fn journal_bytes(mut self, bytes: usize) -> Self {
        self.journal.bytes = bytes;
        self
    }

    /// Sets the maximum number of bytes of one body in the journal; the rest is cut off. Default: 16 KiB.
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

    /// Sets the maximum length of a body in bytes (rule `too-large`). Default: 8 MiB.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.limits.body = bytes;
        self
    }

    /// Sets the maximum number of open connections, at least 1; further ones wait to be accepted. Default: 10,000.
    pub fn connection_limit(mut self, connections: usize) -> Self {
        self.limits.connections = connections.max(1);
        self
    }

    /// Sets the maximum number of headers of a request. Default: 100.
    pub fn header_limit(mut self, headers: usize) -> Self {
        self.limits.headers = headers;
        self
    }

    /// Sets the maximum length of a request's head in bytes, at least 8,192. Default: 64 KiB.
    pub fn head_limit(mut self, bytes: usize) -> Self {
        self.limits.head = bytes.max(MIN_HEAD);
        self
    }

    /// Sets the maximum time for a request's head. Default: 10 s.
    pub fn head_timeout(mut self, time: Duration) -> Self {
        self.limits.head_time = time.min(MAX_WAIT);
        self
    }

    /// Sets the maximum pause within a body. Default: 30 s.
    pub fn body_timeout(mut self, time: Duration) -> Self {
        self.limits.body_idle = time.min(MAX_WAIT);
        self
    }

    /// Sets the maximum time for a request and its reply. Default: 60 s.
    pub fn request_timeout(mut self, time: Duration) -> Self {
        self.limits.request_time = time.min(MAX_WAIT);
        self
    }

    /// Sets the maximum idle time of a connection between two requests. Default: 75 s.
    pub fn keep_alive_timeout(mut self, time: Duration) -> Self {
        self.limits.keep_alive = time.min(MAX_WAIT);
        self
    }
}
