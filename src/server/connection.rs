//! One connection: collect a request, let the emulator answer, write the reply; the only inbound hyper.
//!
//! In this order: hyper parses a head; [`Exchange`] collects the body up to the limit and hands both to the emulator;
//! hyper writes the reply. [`drive`] watches the deadlines beside it. What hyper cannot parse is answered here, in the
//! API's shape, and the connection ends.

use std::error::Error as _;
use std::future::poll_fn;
use std::io;
use std::mem;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Duration;

#[cfg(feature = "tls")]
use bytes::Bytes;
use http::header::{CONNECTION, HOST};
use http::request::Parts;
use http::{HeaderValue, Response, Version};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};

use super::collecting::Collecting;
use super::listener::{Port, Serve};
use super::progress::{ObservedStream, Phase, Progress};
use super::socket::Stream;
use super::sse::ReplyBody;
#[cfg(feature = "tls")]
use super::tls::{Front, Start, Verdict};
use crate::emulator::{Emulator, Outcome};
#[cfg(feature = "tls")]
use crate::rules;
use crate::settings::Limits;
use crate::wire::message::{Body, Connection, Malformed, Reply, Request};

/// The time for which a closing connection still takes what the client sends, so that the client can read the reply.
const LINGER: Duration = Duration::from_secs(2);

/// The first byte of everything that a TLS client says first.
pub(super) const HANDSHAKE: u8 = 0x16;

/// Answers the requests of every connection.
pub(super) struct Answers {
    pub(super) emulator: Arc<Emulator>,
    #[cfg(feature = "tls")]
    pub(super) front: Front,
    /// `true` if standard error has a line about a client that speaks the wrong protocol; one is enough.
    pub(super) has_announced: AtomicBool,
}

impl Answers {
    fn limits(&self) -> &Limits {
        &self.emulator.settings.limits
    }

    #[expect(
        clippy::print_stderr,
        reason = "nobody asked, so there is nobody to return it to"
    )]
    fn announce(&self, text: &str) {
        if !self.has_announced.swap(true, Relaxed) {
            eprintln!("mock-ce: {text}");
        }
    }
}

pub(super) type Shared = Port<Answers>;

impl Serve for Answers {
    fn most_connections(&self) -> usize {
        self.limits().connections
    }

    fn serve(port: Arc<Shared>, stream: Stream, peer: IpAddr) -> impl Future<Output = ()> + Send {
        serve(stream, peer, port)
    }
}

async fn serve(stream: Stream, peer: IpAddr, shared: Arc<Shared>) {
    #[cfg(feature = "tls")]
    let Some(stream) = accept(stream, &shared).await else {
        return;
    };
    // Only a proxy has something inside of a connection; what comes through a tunnel gets no further one.
    if let Some(inside) = serve_http(stream, peer, &shared, Way::Port).await {
        Box::pin(serve_http(inside, peer, &shared, Way::Tunnel)).await;
    }
}

/// Lets a client in; `None` for one that has said something else than the port expects, and was told.
#[cfg(feature = "tls")]
async fn accept(stream: Stream, shared: &Shared) -> Option<Stream> {
    let Answers { front, .. } = &shared.service;
    if !front.is_https() {
        return Some(stream);
    }
    match Box::pin(shared.unless_stopped(front.accept(stream))).await? {
        Start::Ready(stream) => return Some(stream),
        Start::Plain(stream) => {
            let reply = shared
                .service
                .emulator
                .refuse_malformed(Malformed::Plain)
                .reply;
            Box::pin(refuse(stream, &reply)).await;
        }
        Start::Ended(error) if error.kind() == io::ErrorKind::InvalidData => {
            shared.service.announce(&format!(
                "a client broke off the TLS handshake ({error}); it must trust the certificate of --ca-file or \
                 /__admin/ca.pem, and ask for a name of the certificate, such as one of --tls-name"
            ));
        }
        Start::Ended(_) => {}
    }
    None
}

/// The way on which requests come in.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    /// By the port itself, which may be a proxy.
    Port,
    /// Through a tunnel of the proxy.
    Tunnel,
}

/// Serves a connection until it ends, or goes on as a tunnel to this server; then returns what is inside.
async fn serve_http(
    stream: Stream,
    peer: IpAddr,
    shared: &Arc<Shared>,
    way: Way,
) -> Option<Stream> {
    let progress = Progress::new();
    let socket = TokioIo::new(ObservedStream::new(stream, progress.clone()));
    let answering = Answering {
        shared: shared.clone(),
        progress: progress.clone(),
        peer,
        way,
    };
    let mut http = protocol(shared).serve_connection(socket, answering);
    let end = drive(&mut http, shared, &progress).await;
    let parts = http.into_parts();
    let stream = parts.io.into_inner().stream;
    #[cfg(feature = "tls")]
    if let Some(tunnel) = progress.take_tunnel() {
        let entering = shared.service.front.enter(tunnel, stream, &parts.read_buf);
        return Box::pin(shared.unless_stopped(entering)).await?;
    }
    match end.explained(&parts.read_buf, shared.service.limits()) {
        End::Closed => linger(stream).await,
        // A close with unread input would be a reset, which was not ordered.
        End::Broken if progress.is_closed_on_purpose() => linger(stream).await,
        End::Unparsable(malformed) => {
            if parts.read_buf.first() == Some(&HANDSHAKE) {
                shared
                    .service
                    .announce("a client speaks TLS to a port of plain HTTP; write http:// there, or start with --tls");
            }
            let reply = shared.service.emulator.refuse_malformed(malformed).reply;
            refuse(stream, &reply).await;
        }
        End::Broken | End::Overdue => {}
    }
    None
}

fn protocol(shared: &Shared) -> http1::Builder {
    let mut protocol = http1::Builder::new();
    // A client that has said all it has to say still waits for its answer.
    protocol.half_close(true);
    protocol.max_header_size(shared.service.limits().head);
    if shared.service.limits().headers != 100 {
        // Only another limit than hyper's own, which costs nothing.
        protocol.max_headers(shared.service.limits().headers);
    }
    protocol
}

/// The end of a connection.
pub(crate) enum End {
    /// Client and server are done with each other.
    Closed,
    /// The client sent something else than HTTP/1.
    Unparsable(Malformed),
    /// The client went away in the middle.
    Broken,
    /// A deadline passed.
    Overdue,
}

type Http = http1::Connection<TokioIo<ObservedStream>, Answering>;

/// Lets hyper work until the connection ends, a deadline passes, or the server stops.
async fn drive(http: &mut Http, shared: &Shared, progress: &Progress) -> End {
    let mut stopping = pin!(shared.stopped());
    let mut stopped = false;
    let mut alarm = pin!(sleep_until(progress.deadline(shared.service.limits())));
    poll_fn(|cx| {
        if shared.is_abandoned() {
            return Poll::Pending;
        }
        if !stopped && stopping.as_mut().poll(cx).is_ready() {
            stopped = true;
            Pin::new(&mut *http).graceful_shutdown();
        }
        if let Poll::Ready(result) = http.poll_without_shutdown(cx) {
            return Poll::Ready(End::of(result));
        }
        // The alarm may be early (the deadline moved on since it was set), never late.
        let deadline = progress.deadline(shared.service.limits());
        if deadline < alarm.deadline() {
            alarm.as_mut().reset(deadline);
        }
        while alarm.as_mut().poll(cx).is_ready() {
            if alarm.deadline() >= deadline {
                return Poll::Ready(End::Overdue);
            }
            alarm.as_mut().reset(deadline);
        }
        Poll::Pending
    })
    .await
}

impl End {
    pub(crate) fn of(result: hyper::Result<()>) -> Self {
        match result {
            Ok(()) => End::Closed,
            Err(error) if error.is_parse_too_large() => End::Unparsable(Malformed::TooLarge),
            Err(error) if error.is_parse() => End::Unparsable(Malformed::NotHttp),
            Err(_) => End::Broken,
        }
    }

    /// Tells a body too long to be counted from a head that is too large: hyper has one error for both.
    ///
    /// `unread` is hyper's buffer. A head over the limits is still in it; one that could be read is not, whatever hyper
    /// did not like about its `Content-Length`.
    fn explained(self, unread: &[u8], limits: &Limits) -> Self {
        let End::Unparsable(Malformed::TooLarge) = self else {
            return self;
        };
        let lines = unread.iter().filter(|byte| **byte == b'\n').count();
        if unread.len() >= limits.head || lines > limits.headers {
            return self;
        }
        End::Unparsable(Malformed::NotHttp)
    }
}

/// Answers what hyper could not parse, and closes.
pub(crate) async fn refuse(mut stream: Stream, reply: &Reply) {
    if stream.write_all(&plain_text(reply)).await.is_ok() {
        linger(stream).await;
    }
}

/// Closes so that the client can read the last reply: a close with unread input would throw it away.
async fn linger(mut stream: Stream) {
    let mut rest = [0; 4096];
    let until_the_client_closes = async {
        stream.shutdown().await?;
        while stream.read(&mut rest).await? > 0 {}
        io::Result::Ok(())
    };
    let _ = timeout(LINGER, until_the_client_closes).await;
}

/// A reply as text, for a connection that hyper has given up.
fn plain_text(reply: &Reply) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {}\r\nconnection: close\r\n", reply.status).into_bytes();
    for (name, value) in &reply.headers {
        text.extend_from_slice(name.as_str().as_bytes());
        text.extend_from_slice(b": ");
        text.extend_from_slice(value.as_bytes());
        text.extend_from_slice(b"\r\n");
    }
    text.extend_from_slice(format!("content-length: {}\r\n\r\n", reply.body.len()).as_bytes());
    text.extend_from_slice(&reply.body);
    text
}

/// Turns a head that hyper has parsed into an exchange.
#[derive(Clone)]
struct Answering {
    shared: Arc<Shared>,
    progress: Arc<Progress>,
    peer: IpAddr,
    #[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "only a proxy asks"))]
    way: Way,
}

impl Service<http::Request<Incoming>> for Answering {
    type Response = Response<ReplyBody>;
    type Error = hyper::Error;
    type Future = Exchange;

    fn call(&self, request: http::Request<Incoming>) -> Exchange {
        self.progress.enter(Phase::Exchange);
        let (head, body) = request.into_parts();
        let collecting = Collecting::new(body, self.shared.service.limits().body);
        Exchange {
            collecting,
            head: Some(head),
            ready: None,
            held: None,
            answering: self.clone(),
        }
    }
}

/// One request on its way to its reply.
struct Exchange {
    head: Option<Parts>,
    collecting: Collecting,
    /// An answer that waits for its turn to be written.
    ready: Option<Outcome>,
    /// An answer that is not given at once.
    held: Option<Pin<Box<dyn Future<Output = Outcome> + Send>>>,
    answering: Answering,
}

impl Future for Exchange {
    type Output = hyper::Result<Response<ReplyBody>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(outcome) = self.ready.take() {
            return Poll::Ready(Ok(self.answering.give(outcome)));
        }
        if self.held.is_none() {
            if !self.has_right_host() {
                return Poll::Ready(Ok(self.answering.refuse(Malformed::Host)));
            }
            #[cfg(feature = "tls")]
            if let Some(verdict) = self.verdict() {
                let answering = self.answering.clone();
                let request = self.request(Body::Whole(Bytes::new()));
                self.held = Some(Box::pin(answering.lead(verdict, request)));
                return self.poll(cx);
            }
            let body = match ready!(self.collecting.poll(cx)) {
                Ok(body) => body,
                Err(error) => return Poll::Ready(Ok(self.answering.refuse(flaw(&error)))),
            };
            let request = self.request(body);
            let outcome = self.answering.shared.service.emulator.answer(&request);
            if outcome.is_ready() {
                // Requests that have come in meanwhile are answered first, and all replies are written after that.
                // Writing each at once wakes the client each time: a quarter of the processor time at 32 connections.
                self.ready = Some(outcome);
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            self.answering.progress.enter(Phase::Held);
            self.held = Some(Box::pin(hold(
                self.answering.shared.clone(),
                request,
                outcome,
            )));
        }
        let held = self.held.as_mut().expect("it was put there above");
        let outcome = ready!(held.as_mut().poll(cx));
        Poll::Ready(Ok(self.answering.give(outcome)))
    }
}

impl Exchange {
    /// Tells if the request names its host as often as its version of HTTP demands: two servers on the way may heed
    /// different ones of two.
    fn has_right_host(&self) -> bool {
        let head = self.head.as_ref().expect("an exchange answers once");
        let mut hosts = head.headers.get_all(HOST).iter();
        let has_one = hosts.next().is_some();
        hosts.next().is_none() && (has_one || head.version < Version::HTTP_11)
    }

    /// The decision about a request to the proxy; `None` for one that is for the server itself.
    #[cfg(feature = "tls")]
    fn verdict(&self) -> Option<Verdict> {
        let Answering {
            shared, peer, way, ..
        } = &self.answering;
        let head = self.head.as_ref().expect("an exchange answers once");
        match way {
            Way::Port => shared.service.front.judge(&head.method, &head.uri, *peer),
            Way::Tunnel => None,
        }
    }

    fn request(&mut self, body: Body) -> Request {
        let head = self.head.take().expect("an exchange answers once");
        let peer = Some(self.answering.peer);
        Request {
            method: head.method,
            uri: head.uri,
            headers: head.headers,
            body,
            peer,
        }
    }
}

impl Answering {
    fn give(&self, outcome: Outcome) -> Response<ReplyBody> {
        let Outcome {
            mut reply,
            follow,
            conduct,
            ..
        } = outcome;
        let body = mem::take(&mut reply.body);
        let body = match follow {
            None => {
                self.progress.begin_reply(&conduct);
                ReplyBody::Whole(body)
            }
            Some(cursor) => {
                // It goes on for as long as the listener likes.
                self.progress.enter(Phase::Held);
                ReplyBody::events(body, cursor, self.shared.clone())
            }
        };
        response(reply, body)
    }

    /// Carries out what was decided about a request to the proxy.
    #[cfg(feature = "tls")]
    async fn lead(self, verdict: Verdict, request: Request) -> Outcome {
        match verdict.open().await {
            Ok(tunnel) => {
                self.progress.lead_into(tunnel);
                Outcome::empty(&rules::INTERCEPT)
            }
            Err(error) => self.shared.service.emulator.refuse_tunnel(&request, error),
        }
    }

    /// Answers a body that breaks off or breaks its own framing.
    fn refuse(&self, malformed: Malformed) -> Response<ReplyBody> {
        self.give(self.shared.service.emulator.refuse_malformed(malformed))
    }
}

/// Tells a body that breaks off from one that breaks its own framing.
fn flaw(error: &hyper::Error) -> Malformed {
    let cause = error.source().and_then(|cause| cause.downcast_ref());
    match cause.map(io::Error::kind) {
        Some(io::ErrorKind::UnexpectedEof) => Malformed::CutShort,
        _ => Malformed::NotHttp,
    }
}

/// Holds an answer back: until more is recorded, or for the time that a script ordered.
async fn hold(shared: Arc<Shared>, request: Request, mut outcome: Outcome) -> Outcome {
    if let Some(patience) = outcome.patience {
        outcome = ask_again(&shared, &request, Instant::now() + patience).await;
    }
    sleep(outcome.conduct.delay).await;
    outcome
}

/// Asks whenever something was recorded, until the answer is final, the time is over, or the server stops.
async fn ask_again(shared: &Shared, request: &Request, deadline: Instant) -> Outcome {
    let emulator = &shared.service.emulator;
    loop {
        let recorded = emulator.next_recorded();
        let outcome = emulator.answer(request);
        if outcome.patience.is_none() {
            return outcome;
        }
        let recorded = shared.unless_stopped(recorded);
        let Ok(Some(())) = timeout_at(deadline, recorded).await else {
            return outcome;
        };
    }
}

fn response(reply: Reply, body: ReplyBody) -> Response<ReplyBody> {
    let mut response = Response::new(body);
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    if reply.connection == Connection::Close {
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
