//! One connection spoken to in bytes, and what came back on it.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use mock_ce::{Json, MockCe};

/// Maximum time for an answer of the server, before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection.
pub(crate) struct Raw {
    stream: TcpStream,
    received: Vec<u8>,
}

/// One answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Raw {
    #[track_caller]
    pub(crate) fn open(ce: &MockCe) -> Self {
        Raw::connect(ce.address())
    }

    #[track_caller]
    pub(crate) fn connect(address: std::net::SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Raw {
            stream,
            received: Vec::new(),
        }
    }

    /// Sends as much as the server takes; one that has closed takes nothing, which is not for the sender to judge.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).is_ok()
    }

    /// Says that nothing more will be sent.
    pub(crate) fn finish(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// The same connection a second time, to send on while the other reads.
    pub(crate) fn another_end(&self) -> Self {
        Raw {
            stream: self.stream.try_clone().unwrap(),
            received: Vec::new(),
        }
    }

    pub(crate) fn has_heard_nothing(&self) -> bool {
        self.received.is_empty()
    }

    /// Waits `pause` for the server to say or end something.
    pub(crate) fn is_open_after(&mut self, pause: Duration) -> bool {
        self.stream.set_read_timeout(Some(pause)).unwrap();
        let is_open = match self.fill() {
            Ok(count) => count > 0,
            Err(error) => matches!(
                error.kind(),
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
            ),
        };
        self.stream.set_read_timeout(Some(PATIENCE)).unwrap();
        is_open
    }

    /// The next answer; `None` when the connection ends without one.
    #[track_caller]
    pub(crate) fn answer(&mut self) -> Option<Answer> {
        loop {
            if let Some((answer, length)) = Answer::parse(&self.received) {
                self.received.drain(..length);
                return Some(answer);
            }
            if self.fill().expect("an answer or a clean end") == 0 {
                assert!(
                    self.received.is_empty(),
                    "the connection ended within an answer: {}",
                    String::from_utf8_lossy(&self.received)
                );
                return None;
            }
        }
    }

    /// All answers until the connection ends, which it must do without a reset.
    #[track_caller]
    pub(crate) fn answers(mut self) -> Vec<Answer> {
        std::iter::from_fn(|| self.answer()).collect()
    }

    fn fill(&mut self) -> io::Result<usize> {
        let mut piece = [0; 64 * 1024];
        let count = self.stream.read(&mut piece)?;
        self.received.extend_from_slice(&piece[..count]);
        Ok(count)
    }
}

impl Answer {
    /// The answer that stands at the start of `bytes`, and its length; `None` when it is not complete.
    ///
    /// Interim answers (`100 Continue`) are answers without a body.
    #[track_caller]
    fn parse(bytes: &[u8]) -> Option<(Self, usize)> {
        let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        let text = std::str::from_utf8(&bytes[..head - 4]).expect("a head that is text");
        let mut lines = text.split("\r\n");
        let first = lines.next().expect("a status line");
        let status = first.strip_prefix("HTTP/1.").expect(first);
        let status: u16 = status[2..5].parse().expect(first);
        let header = |line: &str| {
            let (name, value) = line.split_once(':').expect(line);
            (name.to_ascii_lowercase(), value.trim().to_owned())
        };
        let mut answer = Answer {
            status,
            headers: lines.map(header).collect(),
            body: Vec::new(),
        };
        let length = match answer.header("content-length") {
            Some(length) => length.parse().expect("a length"),
            None if status < 200 || status == 204 || status == 304 => 0,
            None => panic!("an answer without a length: {text}"),
        };
        let body = bytes.get(head..head + length)?;
        answer.body = body.to_vec();
        Some((answer, head + length))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| &**value)
    }

    /// Rules `error-body` and `request-id`, and the mark.
    #[track_caller]
    pub(crate) fn assert_documented(&self) {
        if self.status < 200 {
            return;
        }
        let request_id = self.header("elements-request-id").expect("a request id");
        let is_id = request_id.len() == 24 && request_id.bytes().all(|b| b.is_ascii_hexdigit());
        assert!(is_id, "{self:?}");
        assert!(self.header("mock-ce-because").is_some(), "{self:?}");
        if self.status < 400 {
            return;
        }
        let body = Json::parse(&self.body).unwrap_or_else(|problem| panic!("{problem}: {self:?}"));
        let member = |name| body.get(name).and_then(Json::as_str);
        assert_eq!(member("requestId"), Some(request_id), "{self:?}");
        assert!(member("message").is_some_and(|message| !message.is_empty()));
        assert_eq!(self.header("content-type"), Some("application/json"));
    }
}
