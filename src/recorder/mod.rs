//! The rim outbound: records the answers of a real service as a cassette.
//!
//! A [`Recorder`] stands between a client and one upstream. It forwards each request and streams the answer back. Before
//! the client has the answer's last byte, the exchange is redacted and appended to a journal. At the end the journal
//! becomes the cassette: one JSON document without secrets, which `mock-ce serve --cassette FILE`,
//! [`Settings::cassette`] and the recorder itself replay.
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
//! of those kept; in bodies, queries and forms every member whose name ends in `password`, `secret`, `token`, `api.key`
//! or another word of that kind (`passphrase`, `credential`, `private.key`, `jwt` …) in any spelling, or holds `oauth`,
//! with all that is in it; in `configuration` also the entries that the catalog types as passwords and those that end in
//! `account` or `username`; `providerData`; e-mail addresses and names of users. Where a text is no JSON document but has
//! members all the same, such as broken JSON, lines of it, JSON in a string, parts of a form, markup or an address, they
//! are found by their names. A secret of six
//! bytes or more is replaced by the same placeholder wherever else it stands, also inside longer text, base64- or
//! percent-encoded; a shorter one, or one that is a text of the catalog or a word of the format (`smtp`, `sendgrid`),
//! only in its own place. Before an exchange is written it is searched for every secret seen so far; one hit, and it is
//! left out, which is told and counted.
//!
//! # When a recording is cut off
//!
//! Killed at any moment, a recording loses no interaction whose answer the client has: it stands in `FILE.journal`. The
//! next recorder folds the journal into the cassette, and readers of the cassette read it too. In [`Mode::All`] the
//! cassette that is there is replaced only when the recording ends well ([`Recorder::finish`], or a drop without panic);
//! otherwise it stays, and the journal is an unfinished recording, which the next recorder moves to `FILE.journal.old`.
//! The journal is written to the operating system, not forced to the disk; a power loss may cost its last lines. The
//! cassette itself is forced to the disk before it is renamed into place.
//!
//! An exchange goes to the client and not into the cassette, with a warning, when its answer breaks off, or when one of
//! its bodies is larger than the limit (8 MiB), compressed in an unknown manner, or not sent to its end. In mode `new` a
//! request over the limit cannot be compared with the cassette: it is not sent, and answered 502. A request that nobody
//! waits for any more, or that is under way when the recording ends, is counted as kept out too.

mod client;
mod connection;
mod decode;
mod error;
mod exchange;
mod headers;
mod observe;
mod proxy;
mod recording;
mod tls;
mod upstream;
mod warnings;
mod writer;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

pub use client::{Client, SendError};
pub use error::RecordError;
pub use recording::Recording;
pub use writer::Summary;

use crate::file::behind_links;
use crate::server::MockCe;
use crate::server::listener::Listener;
use crate::settings::Settings;
use proxy::Proxy;
use writer::Ending;

/// Tells a recorder when to replay, and when to ask the upstream.
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

/// A recorder under way; dropping it closes its port and writes the cassette.
///
/// It runs on a thread of its own, so it works from a plain `#[test]` and from any async runtime.
#[must_use = "the recorder stops when this value is dropped"]
pub struct Recorder {
    part: Part,
    base_path: String,
}

enum Part {
    Recording(Listener<Arc<Proxy>>),
    Replaying(MockCe),
}

impl Recorder {
    /// A recorder of this upstream (`https://HOST[/PATH]`) into this cassette; nothing happens before
    /// [`Recording::start`].
    pub fn to(upstream: impl Into<String>, cassette: impl Into<PathBuf>) -> Recording {
        Recording {
            upstream: upstream.into(),
            cassette: behind_links(&cassette.into()),
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

    /// The base URL for a client: the upstream's path, or `/elements/api-v2` when it has none.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}{}", self.address(), self.base_path)
    }

    /// The address that the recorder listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        match &self.part {
            Part::Recording(listener) => listener.address(),
            Part::Replaying(ce) => ce.address(),
        }
    }

    /// Scheme, host and path of the service that requests go to; `None` when a cassette is replayed.
    #[must_use]
    pub fn upstream(&self) -> Option<String> {
        match &self.part {
            Part::Recording(listener) => Some(listener.service().upstream.address().shown()),
            Part::Replaying(_) => None,
        }
    }

    /// Whether a cassette is replayed, and nothing can be sent.
    #[must_use]
    pub fn is_replaying(&self) -> bool {
        matches!(self.part, Part::Replaying(_))
    }

    /// The control surface of the server that replays; `None` while recording.
    #[must_use]
    pub fn admin_url(&self) -> Option<String> {
        match &self.part {
            Part::Recording(_) => None,
            Part::Replaying(ce) => Some(ce.admin_url()),
        }
    }

    /// Lets requests under way finish for at most five seconds, closes, and writes the cassette.
    ///
    /// # Errors
    /// A cassette that cannot be written.
    pub fn finish(self) -> Result<Summary, RecordError> {
        self.close(Ending::Well)
    }

    /// Ends a recording that did not go well: like [`Recorder::finish`], but no cassette is replaced.
    ///
    /// In [`Mode::All`] a cassette that was there stays, and [`Summary::journal`] names the file with the recording.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn abandon(self) -> Result<Summary, RecordError> {
        self.close(Ending::Badly)
    }

    fn close(&self, ending: Ending) -> Result<Summary, RecordError> {
        let Part::Recording(listener) = &self.part else {
            return Ok(Summary::default());
        };
        listener.drain();
        let Proxy { writer, calls, .. } = &**listener.service();
        let summary = writer.finish(ending)?;
        Ok(Summary {
            answered: calls.answered.load(Ordering::Relaxed),
            failed: calls.failed.load(Ordering::Relaxed),
            ..summary
        })
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let ending = match std::thread::panicking() {
            true => Ending::Badly,
            false => Ending::Well,
        };
        // `finish` tells of an error; the journal stays when the cassette cannot be written.
        let _ = self.close(ending);
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("address", &self.address())
            .finish_non_exhaustive()
    }
}
