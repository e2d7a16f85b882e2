//! One connection of the traffic, and what it sees of each reply, faults included.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use mock_ce::Json;

/// A server that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// The outcome of one request, as the client sees it.
#[derive(Debug)]
pub(crate) enum Seen {
    /// A whole reply.
    Reply {
        status: u16,
        /// The value of `mock-ce-because`.
        because: String,
        /// `None` for one that is not JSON.
        body: Option<Json<'static>>,
    },
    /// The connection ended before any byte.
    Nothing,
    /// The connection ended within the reply.
    Part,
    /// It could not be opened, or nothing came in time.
    // Only shown, by `Debug`.
    #[allow(dead_code)]
    Trouble(io::Error),
}

/// A connection that is opened when it is needed.
pub(crate) struct Connection {
    address: SocketAddr,
    stream: Option<TcpStream>,
    received: Vec<u8>,
}

impl Connection {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Connection {
            address,
            stream: None,
            received: Vec::new(),
        }
    }

    /// Sends one request and reads its reply.
    pub(crate) fn ask(&mut self, request: &[u8]) -> Seen {
        let asked = self.open().and_then(|stream| stream.write_all(request));
        let seen = match asked {
            Ok(()) => self.reply(),
            Err(error) => of_error(error, Seen::Nothing),
        };
        if !matches!(seen, Seen::Reply { .. }) {
            self.close();
        }
        seen
    }

    pub(crate) fn close(&mut self) {
        self.stream = None;
        self.received.clear();
    }

    fn open(&mut self) -> io::Result<&mut TcpStream> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(self.address).map_err(io::Error::other)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_nodelay(true)?;
            self.stream = Some(stream);
        }
        Ok(self.stream.as_mut().expect("it was opened above"))
    }

    fn reply(&mut self) -> Seen {
        loop {
            if let Some((seen, length, closes)) = parse(&self.received) {
                self.received.drain(..length);
                if closes {
                    self.close();
                }
                return seen;
            }
            let ended = if self.received.is_empty() {
                Seen::Nothing
            } else {
                Seen::Part
            };
            let mut piece = [0; 16 * 1024];
            let stream = self.stream.as_mut().expect("it was opened to ask");
            match stream.read(&mut piece) {
                Ok(0) => return ended,
                Ok(count) => self.received.extend_from_slice(&piece[..count]),
                Err(error) => return of_error(error, ended),
            }
        }
    }
}

fn of_error(error: io::Error, ended: Seen) -> Seen {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    match error.kind() {
        BrokenPipe | ConnectionAborted | ConnectionReset => ended,
        _ => Seen::Trouble(error),
    }
}

/// The reply at the start of `bytes`, its length, and whether the connection ends with it.
fn parse(bytes: &[u8]) -> Option<(Seen, usize, bool)> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&bytes[..head]);
    let header = |wanted: &str| {
        let mut lines = text.lines().filter_map(|line| line.split_once(": "));
        let found = lines.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value)
    };
    let length: usize = header("content-length")?.parse().ok()?;
    let body = bytes.get(head..head + length)?;
    let seen = Seen::Reply {
        status: text.get(9..12)?.parse().ok()?,
        because: header("mock-ce-because").unwrap_or_default().to_owned(),
        body: Json::parse(body).ok().map(Json::into_owned),
    };
    Some((seen, head + length, header("connection") == Some("close")))
}
