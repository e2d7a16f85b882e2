//! One request: replayed if it is known, else forwarded and recorded with its response.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Response, Uri};
use http_body::Body as _;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use parking_lot::Mutex;

use super::exchange::{MessageBytes, ObservedRequest, ObservedResponse};
use super::headers::{has_come_through, prepare_reply, prepare_request};
use super::observe::{Forwarded, ObservedBody, Observer, RequestObserver};
use super::upstream::Upstream;
use super::writer::JournalWriter;
use crate::cassette::Replay;
use crate::emulator::Outcome;
use crate::wire::error::ApiError;
use crate::wire::message::{Body, Request};
use crate::wire::vocabulary::header;

/// Stands between the clients and the upstream.
pub(super) struct Proxy {
    pub(super) upstream: Upstream<Forwarded>,
    pub(super) writer: JournalWriter,
    /// Interactions that are replayed, and not asked for again.
    pub(super) known: Option<Replay>,
    /// The most bytes of a recorded body.
    pub(super) limit: usize,
    pub(super) max_connections: usize,
    /// This recorder's name among proxies.
    pub(super) via: HeaderValue,
    pub(super) refusals: AtomicU64,
    pub(super) calls: Calls,
}

/// Counts the calls to the upstream.
#[derive(Default)]
pub(super) struct Calls {
    pub(super) answered: AtomicUsize,
    pub(super) failed: AtomicUsize,
}

impl Proxy {
    pub(super) async fn answer(
        self: Arc<Self>,
        request: http::Request<Incoming>,
    ) -> Result<Response<Returned>, hyper::Error> {
        let (head, body) = request.into_parts();
        let mut observer = self.observer(&head, body.size_hint().exact());
        let Some(known) = &self.known else {
            let request = observer.request.clone();
            let body = Forwarded::streamed(body, observer);
            return Ok(self.forward(head, body, request).await);
        };
        let body = match Limited::new(body, self.limit).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) => {
                let reason = match error.is::<LengthLimitError>() {
                    true => format!("its body is over {} bytes", self.limit),
                    false => "its body broke off".to_owned(),
                };
                return Ok(self.refuse(&observer.request, &reason));
            }
        };
        let request = Request {
            method: head.method.clone(),
            uri: head.uri.clone(),
            headers: head.headers.clone(),
            body: Body::Whole(body.clone()),
            peer: None,
        };
        if let Some(interaction) = known.take(&request) {
            return Ok(reply_of(Outcome::recorded(interaction.response())));
        }
        observer.piece(&body);
        observer.end();
        let body = Forwarded::whole(body);
        Ok(self.forward(head, body, observer.request).await)
    }

    /// Takes the head of a request down, as it came.
    fn observer(&self, head: &Parts, length: Option<u64>) -> RequestObserver {
        let target = head.uri.path_and_query();
        let target = target.map_or("/", |target| target.as_str());
        let request = ObservedRequest {
            method: head.method.clone(),
            target: target.to_owned(),
            headers: head.headers.clone(),
            body: MessageBytes::new(length, self.limit),
        };
        RequestObserver {
            request: Arc::new(Mutex::new(request)),
        }
    }

    async fn forward(
        self: &Arc<Self>,
        mut head: Parts,
        body: Forwarded,
        asked: Arc<Mutex<ObservedRequest>>,
    ) -> Response<Returned> {
        if has_come_through(&head.headers, &self.via) {
            return self.refuse(&asked, "the upstream leads back to this recorder");
        }
        let address = self.upstream.address();
        if !address.has(head.uri.path()) {
            let reason = match address.path() {
                "" => "it has no path".to_owned(),
                path => format!("it is not below {path}"),
            };
            return self.refuse(&asked, &reason);
        }
        prepare_request(&mut head.headers, address.host_header(), &self.via);
        let mut request = http::Request::new(body);
        *request.method_mut() = head.method;
        *request.uri_mut() = without_host(head.uri);
        *request.headers_mut() = head.headers;
        let awaited = Awaited {
            writer: &self.writer,
            request: Some(&asked),
        };
        let sent = self
            .upstream
            .send(request, || asked.lock().body.length())
            .await;
        awaited.arrived();
        match sent {
            Err(problem) => {
                self.calls.failed.fetch_add(1, Ordering::Relaxed);
                let reason = format!("the upstream {} {problem}", address.origin());
                self.refuse(&asked, &reason)
            }
            Ok((response, connection)) => {
                self.calls.answered.fetch_add(1, Ordering::Relaxed);
                let (mut answered, body) = response.into_parts();
                prepare_reply(&mut answered.headers, address.origin());
                let length = body.size_hint().exact();
                let response = ObservedResponse {
                    status: answered.status,
                    headers: answered.headers.clone(),
                    body: MessageBytes::new(length, self.limit),
                };
                let pair = Pair {
                    proxy: self.clone(),
                    connection: Some(connection),
                    request: asked,
                    response,
                    is_recorded: false,
                };
                Response::from_parts(answered, Returned::streamed(body, pair))
            }
        }
    }

    /// Answers 502 in the API's shape, in the place of the upstream.
    fn refuse(&self, asked: &Mutex<ObservedRequest>, reason: &str) -> Response<Returned> {
        let request = asked.lock().shown();
        self.writer.keep_out(&request, reason);
        let number = self.refusals.fetch_add(1, Ordering::Relaxed) + 1;
        let request_id = format!("{number:024x}");
        let error = ApiError::upstream_failed(format!("{request} was not recorded: {reason}"));
        let mut outcome = Outcome::refusal(error, request_id.as_bytes());
        if let Ok(request_id) = request_id.try_into() {
            outcome.reply.headers.insert(header::REQUEST_ID, request_id);
        }
        reply_of(outcome)
    }
}

/// The target of a request as the service itself is asked: without scheme and host.
fn without_host(uri: Uri) -> Uri {
    match uri.into_parts().path_and_query {
        Some(target) => target.into(),
        None => Uri::default(),
    }
}

fn reply_of(outcome: Outcome) -> Response<Returned> {
    let body = outcome.reply.body;
    let mut response = Response::new(Returned::whole(body));
    *response.status_mut() = outcome.reply.status;
    *response.headers_mut() = outcome.reply.headers;
    let because = HeaderValue::from_static(outcome.rule.because);
    response.headers_mut().insert(header::BECAUSE, because);
    response
}

/// A request whose answer is awaited; its client may go away before.
struct Awaited<'p> {
    writer: &'p JournalWriter,
    request: Option<&'p Mutex<ObservedRequest>>,
}

impl Awaited<'_> {
    fn arrived(mut self) {
        self.request = None;
    }
}

impl Drop for Awaited<'_> {
    fn drop(&mut self) {
        if let Some(request) = self.request {
            let asked = request.lock().shown();
            self.writer
                .keep_out(&asked, "its client did not wait for the answer");
        }
    }
}

/// The body of a reply, on its way to the client.
pub(super) type Returned = ObservedBody<Pair>;

/// A request with the reply that is on its way back.
pub(super) struct Pair {
    proxy: Arc<Proxy>,
    connection: Option<SendRequest<Forwarded>>,
    request: Arc<Mutex<ObservedRequest>>,
    response: ObservedResponse,
    /// Whether it has been recorded, or kept out.
    is_recorded: bool,
}

impl Observer for Pair {
    fn piece(&mut self, piece: &Bytes) {
        self.response.body.add(piece);
    }

    fn end(&mut self) {
        self.response.body.end();
        // While the request is being sent still, the connection is of no use to another.
        let connection = match self.request.lock().body.is_over() {
            true => self.connection.take(),
            false => None,
        };
        self.record();
        if let Some(connection) = connection {
            self.proxy.upstream.give_back(connection);
        }
    }
}

impl Pair {
    fn record(&mut self) {
        if mem::replace(&mut self.is_recorded, true) {
            return;
        }
        let request = mem::take(&mut *self.request.lock());
        let response = mem::take(&mut self.response);
        self.proxy.writer.record(request, response);
    }
}

impl Drop for Pair {
    /// The answer broke off, or the client did not wait for it.
    fn drop(&mut self) {
        self.record();
    }
}
