//! The load generator: one thread, raw sockets, requests rendered before, one in flight on each connection.
//!
//! It must not be what limits a server: of a reply it reads the status and the length, nothing else.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

/// What the connections send.
pub(crate) trait Conversation {
    /// The next request of a connection.
    fn next(&mut self, connection: usize) -> &[u8];
    /// The status that every reply must have.
    fn expected(&self) -> u16;
}

/// The same request on every connection.
pub(crate) struct Repeated {
    pub(crate) request: Vec<u8>,
    pub(crate) expected: u16,
}

impl Conversation for Repeated {
    fn next(&mut self, _connection: usize) -> &[u8] {
        &self.request
    }

    fn expected(&self) -> u16 {
        self.expected
    }
}

/// When a load ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Until {
    Elapsed(Duration),
    Replies(u64),
}

/// What a load came to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) replies: u64,
    pub(crate) elapsed: Duration,
}

impl Load {
    pub(crate) fn per_second(&self) -> f64 {
        self.replies as f64 / self.elapsed.as_secs_f64()
    }
}

/// Loads a server over this many connections.
///
/// # Panics
/// When a connection breaks or a reply has another status than the conversation expects: then the numbers mean nothing.
pub(crate) fn run(
    address: SocketAddr,
    connections: usize,
    until: Until,
    conversation: &mut impl Conversation,
) -> Load {
    let mut poll = Poll::new().expect("epoll is there");
    let mut open: Vec<_> = (0..connections)
        .map(|index| Connection::open(address, &poll, index))
        .collect();
    let mut events = Events::with_capacity(connections.max(16));
    let began = Instant::now();
    for (index, connection) in open.iter_mut().enumerate() {
        connection.send(conversation.next(index));
    }
    let mut replies = 0;
    while !until.is_over(began, replies) {
        poll.poll(&mut events, Some(Duration::from_secs(10)))
            .expect("polling works");
        assert!(!events.is_empty(), "the server does not answer any more");
        for event in &events {
            let index = event.token().0;
            if open[index].receive(conversation.expected()) {
                replies += 1;
                open[index].send(conversation.next(index));
            }
        }
    }
    Load {
        replies,
        elapsed: began.elapsed(),
    }
}

impl Until {
    fn is_over(self, began: Instant, replies: u64) -> bool {
        match self {
            Until::Elapsed(time) => began.elapsed() >= time,
            Until::Replies(count) => replies >= count,
        }
    }
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
    /// Where the reply ends, once its head is here.
    end: Option<usize>,
}

impl Connection {
    fn open(address: SocketAddr, poll: &Poll, index: usize) -> Self {
        let stream = std::net::TcpStream::connect(address).expect("the server accepts");
        stream
            .set_nodelay(true)
            .expect("a connected socket takes options");
        stream
            .set_nonblocking(true)
            .expect("a connected socket takes options");
        let mut stream = TcpStream::from_std(stream);
        poll.registry()
            .register(&mut stream, Token(index), Interest::READABLE)
            .expect("a connected socket can be polled");
        Connection {
            stream,
            buffer: vec![0; 64 * 1024],
            filled: 0,
            end: None,
        }
    }

    fn send(&mut self, request: &[u8]) {
        let sent = self.stream.write(request).expect("the server reads");
        assert_eq!(
            sent,
            request.len(),
            "a small request fits the socket's buffer"
        );
    }

    /// Whether a whole reply is here; if so, it is forgotten.
    fn receive(&mut self, expected: u16) -> bool {
        match self.stream.read(&mut self.buffer[self.filled..]) {
            Ok(0) => panic!("the server closed the connection"),
            Ok(count) => self.filled += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            Err(error) => panic!("the connection broke: {error}"),
        }
        let received = &self.buffer[..self.filled];
        if self.end.is_none() {
            self.end = reply_length(received, expected);
        }
        let whole = self.end == Some(self.filled);
        if whole {
            (self.filled, self.end) = (0, None);
        }
        whole
    }
}

/// How long a reply is with its head; `None` while the head is not here.
fn reply_length(received: &[u8], expected: u16) -> Option<usize> {
    const BREAK: &[u8] = b"\r\n\r\n";
    const LENGTH: &[u8] = b"content-length: ";
    let head = received.windows(4).position(|bytes| bytes == BREAK)?;
    let status = &received[9..12];
    assert_eq!(
        std::str::from_utf8(status)
            .ok()
            .and_then(|status| status.parse().ok()),
        Some(expected),
        "{}",
        String::from_utf8_lossy(received)
    );
    let mut lines = received[..head].split(|&byte| byte == b'\n');
    let length = lines.find(|line| {
        line.len() > LENGTH.len() && line[..LENGTH.len()].eq_ignore_ascii_case(LENGTH)
    });
    let digits = length.map_or(&b"0"[..], |line| line[LENGTH.len()..].trim_ascii());
    let length = digits
        .iter()
        .fold(0, |length, digit| length * 10 + usize::from(digit - b'0'));
    Some(head + BREAK.len() + length)
}
