//! Records the answers of a real service as a cassette.
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
//! At the start the [`Mode`] decides whether a cassette that is there is replayed, continued or replaced. In mode `new` a
//! request that is known is replayed; every other one is forwarded. A client keeps the path that it would ask the
//! upstream for, and changes scheme and host only. No redirect is followed; one to the upstream leads to the recorder.
//!
//! # What is never written
//!
//! A recording keeps only what is known to be harmless: see [`cassette`](crate::cassette#what-a-cassette-keeps).
//!
//! # When a recording is cut off
//!
//! Killed at any moment, a recording loses no interaction whose answer the client has, unless the disk is full, which is
//! told: it stands in `FILE.journal`. The next recorder folds the journal into the cassette, and readers of the cassette
//! read it too. In [`Mode::All`] the cassette that is there is replaced only when the recording ends well
//! ([`Recorder::finish`], or a drop without panic); otherwise it stays, and the journal is an unfinished recording, which
//! the next recorder moves to `FILE.journal.old`. The journal is written to the operating system, not forced to the disk;
//! a power loss may cost its last lines. The cassette itself is forced to the disk before it is renamed into place.
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
mod upstream;
mod writer;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

pub use client::Client;
pub use error::RecordError;
pub use recording::Recording;
pub use writer::Summary;

use crate::cassette::Orders;
use crate::file::behind_links;
use crate::server::MockCe;
use crate::server::listener::Listener;
use crate::server::tls::TrustStore;
use crate::settings::{FurtherHosts, Settings, callable};
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
    /// Settings of a recorder, as [`MockCe::builder`] has them of a server; [`Recorder::to`] by another name.
    pub fn builder(upstream: impl Into<String>, cassette: impl Into<PathBuf>) -> Recording {
        Recorder::to(upstream, cassette)
    }

    /// A recorder of this upstream (`https://HOST[/PATH]`) into this cassette; nothing happens before
    /// [`Recording::start`].
    pub fn to(upstream: impl Into<String>, cassette: impl Into<PathBuf>) -> Recording {
        let mut settings = Settings::default().listen((Ipv4Addr::LOCALHOST, 0).into());
        settings.tls.further_hosts = FurtherHosts::Recorded;
        Recording {
            upstream: upstream.into(),
            cassette: behind_links(&cassette.into()),
            mode: Mode::default(),
            ca: Vec::new(),
            orders: Orders::default(),
            date: None,
            limit: 8 * 1024 * 1024,
            warn: |_| {},
            settings,
        }
    }

    /// The base URL for a client: the upstream's path, or `/elements/api-v2` when it has none.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}{}", callable(self.address()), self.base_path)
    }

    /// The address that the recorder listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        match &self.part {
            Part::Recording(listener) => listener.place().address(),
            Part::Replaying(ce) => ce.address(),
        }
    }

    /// The certificates that a client of an intercepted host must trust; `None` when no host is intercepted.
    #[must_use]
    pub fn trust_store(&self) -> Option<&TrustStore> {
        match &self.part {
            Part::Recording(listener) => listener.service().front.trust(),
            Part::Replaying(ce) => ce.trust_store(),
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

    /// Tells whether a cassette is replayed, so that nothing can be sent.
    #[must_use]
    pub fn is_replaying(&self) -> bool {
        matches!(self.part, Part::Replaying(_))
    }

    /// The number of requests that the replayed cassette did not have; 0 while recording.
    #[must_use]
    pub fn misses(&self) -> u64 {
        match &self.part {
            Part::Recording(_) => 0,
            Part::Replaying(ce) => ce.run_ledger().missed,
        }
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
        listener.service().writer.finish(ending)
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
