//! A small HTTP/1.1 client: one connection, bodies by `Content-Length`, nothing decided for the test.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use super::{Reply, Request, described};

/// A server that hangs fails the test instead of holding it up.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Client(BufReader<TcpStream>);

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Client(BufReader::new(stream))
    }

    pub(crate) fn ask(&mut self, request: &Request) -> Reply {
        self.write(&request.to_bytes());
        let reply = self.reply(&request.method);
        described::check(request, &reply);
        reply
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).unwrap();
    }

    /// Says that nothing more will come, and goes on listening.
    pub(crate) fn half_close(&mut self) {
        self.0.get_mut().shutdown(Shutdown::Write).unwrap();
    }

    /// The next reply; `method` is that of its request, for `HEAD` has no body.
    pub(crate) fn reply(&mut self, method: &str) -> Reply {
        self.reply_or_close(method).expect("a reply")
    }

    /// The next reply; `None` when the server closes instead.
    pub(crate) fn reply_or_close(&mut self, method: &str) -> Option<Reply> {
        let status_line = self.line();
        if status_line.is_empty() {
            return None;
        }
        let status = status_line
            .strip_prefix("HTTP/1.1 ")
            .expect("a status line");
        let status = status[..3].parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(':') else {
                assert_eq!(line, "", "a header");
                break;
            };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut reply = Reply {
            status,
            headers,
            body: Vec::new(),
        };
        if method != "HEAD" {
            let length = reply.header("content-length").expect("content-length");
            reply.body = vec![0; length.parse().unwrap()];
            self.0.read_exact(&mut reply.body).unwrap();
        }
        Some(reply)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end_matches(['\r', '\n']).to_owned()
    }

    /// The connection, with nothing of it read ahead.
    pub(crate) fn into_stream(self) -> TcpStream {
        assert_eq!(self.0.buffer(), b"");
        self.0.into_inner()
    }

    /// Waits until the server closes, which it must do without another byte.
    pub(crate) fn assert_closed(&mut self) {
        let mut rest = Vec::new();
        let read = self.0.read_to_end(&mut rest);
        let gone = read.is_ok()
            || read.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset);
        assert!(gone, "the connection is open");
        assert_eq!(String::from_utf8_lossy(&rest), "", "nothing follows");
    }
}
