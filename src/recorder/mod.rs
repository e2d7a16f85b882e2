//! The rim outbound: records what a real service says, and keeps it as a cassette.
//!
//! A [`Recorder`] stands between a client and one upstream. It forwards each request, streams the answer back, and hands
//! the pair to its keeper before the client has the answer's last byte. The keeper redacts the pair and writes it to a
//! journal: `mock-ce record` has it in a process of its own ([`Recording::written_by`]), which answers do not wait for and
//! which outlives the recorder; otherwise it is this process, and answers wait. At the end the journal becomes the
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
//! of those kept; in bodies, queries and forms every member whose name ends in `password`, `secret`, `token`, `api.key`
//! or another word of that kind (`passphrase`, `credential`, `private.key`, `jwt` …) in any spelling, or holds `oauth`,
//! with all that is in it; in `configuration` also the entries that the catalog types as passwords and those that end in
//! `account` or `username`; `providerData`; e-mail addresses and names of users. Where a text is no JSON document but has
//! members all the same, such as broken JSON, lines of it, JSON in a string, parts of a form, markup or an address, they
//! are found by their names. A secret of six
//! bytes or more is replaced by the same placeholder wherever else it stands, also inside longer text, base64- or
//! percent-encoded; a shorter one, or one that is a text of the catalog or a word of the format (`smtp`, `sendgrid`),
//! only in its own place. Before anything is written it is searched for every secret seen so far; one hit, and nothing
//! is written.
//!
//! # What is lost when
//!
//! Killed at any moment, a recording loses no interaction whose answer the client has. Where the keeper is a process of
//! its own, it finishes the cassette, and whoever reads or records into it just then waits for that. Where it is not,
//! the interactions are in `FILE.journal`, which every reader of the cassette reads too. A keeper that is killed itself
//! leaves the journal; what it had not read yet, or not yet written, is lost with it, and a recorder that lives on says
//! so. The journal is written to the operating system, not forced to the disk; a power loss may cost its last lines. The
//! cassette itself is forced to the disk before it is renamed into place.
//!
//! An exchange goes to the client and not into the cassette, with a warning, when its answer breaks off, or when one of
//! its bodies is larger than the limit (8 MiB), compressed in an unknown manner, or not sent to its end. In mode `new` a
//! request over the limit cannot be compared with the cassette: it is not sent, and answered 502. A request that nobody
//! waits for any more, or that is under way when the recording ends, is counted as kept out too.

mod capture;
mod client;
mod connection;
mod decode;
mod error;
mod headers;
mod keeper;
mod proxy;
mod recording;
mod tls;
mod upstream;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

pub use client::{Client, SendError};
pub use error::RecordError;
pub use keeper::Summary;
pub use recording::Recording;

use crate::file::behind_links;
use crate::server::MockCe;
use crate::server::listener::Listener;
use crate::settings::Settings;
use proxy::Proxy;

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
            keeper: None,
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

    /// Lets requests under way finish for at most five seconds, closes, and writes the cassette.
    ///
    /// # Errors
    /// A cassette that cannot be written, or would hold a secret.
    pub fn finish(self) -> Result<Summary, RecordError> {
        self.close()
    }

    fn close(&self) -> Result<Summary, RecordError> {
        match &self.part {
            Part::Recording(listener) => {
                listener.drain();
                listener.service().keeper.finish()
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
