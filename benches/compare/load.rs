//! The load generator: one thread, raw sockets, requests rendered before, one in flight on each connection.
//!
//! It must not be what limits a server: of a reply it reads the status and the length, nothing else.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

/// The requests that the connections send.
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

/// The figures of a load.
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

/// Loads a server over this many connections, each of which sends as soon as it has its answer.
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
            let Some(then) = open[index].receive(conversation.expected()) else {
                continue;
            };
            replies += 1;
            if then == Then::Close {
                open[index] = Connection::open(address, &poll, index);
            }
            open[index].send(conversation.next(index));
        }
    }
    Load {
        replies,
        elapsed: began.elapsed(),
    }
}

/// Sends requests at a steady rate, in turn over the connections; returns each latency in microseconds, in the order of
/// arrival.
///
/// A latency counts from the moment at which the request was due, not from when it could be sent: a server that stalls
/// makes every request wait that was due meanwhile, and each of them counts.
///
/// # Panics
/// As [`run`] does.
pub(crate) fn run_at_rate(
    address: SocketAddr,
    connections: usize,
    (per_second, count): (f64, usize),
    conversation: &mut impl Conversation,
) -> Vec<f32> {
    let mut poll = Poll::new().expect("epoll is there");
    let mut open: Vec<_> = (0..connections)
        .map(|index| Paced::new(Connection::open(address, &poll, index), index))
        .collect();
    let mut events = Events::with_capacity(connections.max(16));
    let mut latencies = Vec::with_capacity(count);
    let began = Instant::now();
    let due = |request: usize| began + Duration::from_secs_f64(request as f64 / per_second);
    let mut next = 0;
    while latencies.len() < count {
        while next < count && due(next) <= Instant::now() {
            let index = next % connections;
            open[index].demand(|| conversation.next(index));
            next += 1;
        }
        // Sleeping is too coarse for a rate of this kind: between two requests it only looks.
        poll.poll(&mut events, Some(Duration::ZERO))
            .expect("polling works");
        assert!(
            next == count
                || began.elapsed() < Duration::from_secs_f64(next as f64 / per_second) + PATIENCE,
            "the server does not answer any more"
        );
        for event in &events {
            let index = event.token().0;
            let paced = &mut open[index];
            if paced.connection.receive(conversation.expected()).is_none() {
                continue;
            }
            let latency = Instant::now() - due(paced.request);
            latencies.push((latency.as_secs_f64() * 1e6) as f32);
            paced.request += connections;
            paced.go_on(|| conversation.next(index));
        }
    }
    latencies
}

/// The time after which a server that is asked at a rate counts as dead.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection whose requests are due at fixed times.
struct Paced {
    connection: Connection,
    /// The number of the request that is answered next.
    request: usize,
    /// Requests that are due and not answered; the first of them is under way.
    due: usize,
}

impl Paced {
    fn new(connection: Connection, request: usize) -> Self {
        Paced {
            connection,
            request,
            due: 0,
        }
    }

    /// Sends a request that is due now, or after those before it.
    fn demand<'r>(&mut self, request: impl FnOnce() -> &'r [u8]) {
        self.due += 1;
        if self.due == 1 {
            self.connection.send(request());
        }
    }

    /// Goes on after an answer.
    fn go_on<'r>(&mut self, request: impl FnOnce() -> &'r [u8]) {
        self.due -= 1;
        if self.due > 0 {
            self.connection.send(request());
        }
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
    /// The place where the reply ends and what comes then, once its head is here.
    end: Option<(usize, Then)>,
}

/// The future of a connection after a reply; one of the peers closes it after each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    KeepAlive,
    Close,
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

    /// Reads on, and returns what comes after the reply once all of it is here; then the reply is forgotten.
    fn receive(&mut self, expected: u16) -> Option<Then> {
        match self.stream.read(&mut self.buffer[self.filled..]) {
            Ok(0) => panic!("the server closed the connection"),
            Ok(count) => self.filled += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
            Err(error) => panic!("the connection broke: {error}"),
        }
        let received = &self.buffer[..self.filled];
        if self.end.is_none() {
            self.end = read_head(received, expected);
        }
        let (_, then) = self.end.filter(|(end, _)| *end == self.filled)?;
        (self.filled, self.end) = (0, None);
        Some(then)
    }
}

/// The length of a reply with its head, and what comes then; `None` while the head is not here.
fn read_head(received: &[u8], expected: u16) -> Option<(usize, Then)> {
    let head = received.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let status = std::str::from_utf8(&received[9..12]).ok();
    assert_eq!(
        status.and_then(|status| status.parse().ok()),
        Some(expected),
        "{}",
        String::from_utf8_lossy(received)
    );
    let (mut length, mut then) = (0, Then::KeepAlive);
    for line in received[..head].split(|&byte| byte == b'\n') {
        if let Some(value) = after(b"content-length: ", line) {
            let digits = value.trim_ascii().iter();
            length = digits.fold(0, |length, digit| length * 10 + usize::from(digit - b'0'));
        } else if after(b"connection: close", line).is_some() {
            then = Then::Close;
        }
    }
    Some((head + 4 + length, then))
}

/// The rest of a line that begins with `start`, in either case.
fn after<'a>(start: &[u8], line: &'a [u8]) -> Option<&'a [u8]> {
    let (front, rest) = line.split_at_checked(start.len())?;
    front.eq_ignore_ascii_case(start).then_some(rest)
}
