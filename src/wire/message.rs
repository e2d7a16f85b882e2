//! A request and a reply with whole bodies, free of sockets and of hyper.

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Uri};

/// One request, completely received.
#[derive(Clone, Debug)]
pub struct Request {
    /// The verb.
    pub method: Method,
    /// The target as it was sent; only its path and query are looked at.
    pub uri: Uri,
    /// All headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Body,
    /// The sender's address; `None` in process.
    pub peer: Option<IpAddr>,
}

/// The body of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// All of it; empty when none was sent.
    Whole(Bytes),
    /// More than this many bytes, which is the limit; what came was thrown away (rule `too-large`).
    TooLarge(usize),
}

impl Request {
    /// A request without headers.
    ///
    /// # Panics
    /// When `target` is not a request target.
    #[must_use]
    pub fn new(method: Method, target: &str, body: impl Into<Bytes>) -> Self {
        let uri = target
            .parse()
            .unwrap_or_else(|error| panic!("the request target {target:?}: {error}"));
        Request {
            method,
            uri,
            headers: HeaderMap::new(),
            peer: None,
            body: Body::Whole(body.into()),
        }
    }

    /// The same request with one header more.
    ///
    /// # Panics
    /// When the name or the value is not one of a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = http::HeaderName::try_from(name).expect("the name of a header");
        self.headers
            .append(name, value.try_into().expect("the value of a header"));
        self
    }

    /// The text of a header; `None` when it is absent or not UTF-8.
    #[must_use]
    pub fn header_text(&self, name: &http::HeaderName) -> Option<&str> {
        std::str::from_utf8(self.headers.get(name)?.as_bytes()).ok()
    }

    /// The lines of a header that is a list, as the one list that they are; `None` when it is absent or not UTF-8.
    #[must_use]
    pub fn header_list(&self, name: &http::HeaderName) -> Option<Cow<'_, str>> {
        let mut lines = self.headers.get_all(name).iter();
        let first = std::str::from_utf8(lines.next()?.as_bytes()).ok()?;
        lines.try_fold(Cow::Borrowed(first), |list, line| {
            let line = std::str::from_utf8(line.as_bytes()).ok()?;
            Some(Cow::Owned(format!("{list}, {line}")))
        })
    }
}

/// The way in which a message is not an HTTP/1 request that a server can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// It does not follow the grammar.
    NotHttp,
    /// Its connection ended before its body did.
    CutShort,
    /// It is HTTP/1.1 and has no `Host`, or more than one.
    Host,
    /// Its head is over the limits.
    TooLarge,
    /// It came in the clear to a port that speaks TLS.
    Plain,
}

/// One reply, ready to be written.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// All headers but those that the connection adds: `date`, `content-length`.
    pub headers: HeaderMap,
    /// The whole body; empty for none.
    pub body: Bytes,
    /// The connection's future: it goes on or ends.
    pub connection: Connection,
}

/// Tells whether a connection goes on after a reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connection {
    /// It takes the next request.
    #[default]
    KeepAlive,
    /// It ends.
    Close,
}

/// The way in which a reply reaches the caller; by default it arrives whole and at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conduct {
    /// The time before the reply begins.
    pub(crate) delay: Duration,
    /// The place where it is cut off, if it is.
    pub(crate) cut: Option<Cut>,
    /// The pace at which it trickles, if it does.
    pub(crate) pace: Option<Pace>,
}

/// A cut in a reply: its place, and the end of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Nothing arrives; the connection is reset (a TCP RST).
    Reset,
    /// Nothing arrives; the connection is closed.
    Close,
    /// The head and this many bytes of the body arrive; then the connection is closed.
    InBody(usize),
}

/// A slow pace: some bytes at a time, with a pause between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pace {
    pub(crate) bytes: usize,
    pub(crate) pause: Duration,
}
