//! One request: replayed if it is known, else forwarded and recorded with its response.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Response};
use http_body::Body as _;
use http_body_util::{BodyExt as _, Either, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use parking_lot::Mutex;

use super::exchange::{MessageBytes, ObservedResponse, shown};
use super::headers::{has_come_through, prepare_reply};
use super::observe::{Observer, Passing, SharedRequest, streamed};
use super::upstream::Upstream;
use super::writer::JournalWriter;
use crate::cassette::Replay;
use crate::emulator::Outcome;
use crate::rules;
use crate::server::progress::Progress;
use crate::server::tls::{Front, Verdict};
use crate::wire::error::ApiError;
use crate::wire::host::is_loopback;
use crate::wire::message::{Body, Malformed, Reply, Request};
use crate::wire::vocabulary::header;

/// Forwards the requests of clients to the upstream, and records both sides.
pub(super) struct Proxy {
    pub(super) upstream: Upstream<Passing<Incoming, SharedRequest>>,
    pub(super) writer: JournalWriter,
    /// Interactions that are replayed, and not asked for again.
    pub(super) known: Option<Replay>,
    /// The port that the recorder listens on.
    pub(super) port: u16,
    /// The most bytes of a recorded body.
    pub(super) limit: usize,
    pub(super) max_connections: usize,
    /// This recorder's name among proxies.
    pub(super) via: HeaderValue,
    pub(super) refusals: AtomicU64,
    /// For a client whose host is compiled in.
    pub(super) front: Front,
}

impl Proxy {
    pub(super) async fn answer(
        self: Arc<Self>,
        request: http::Request<Incoming>,
    ) -> Result<Response<Returned>, hyper::Error> {
        let (head, body) = request.into_parts();
        let copy = MessageBytes::new(body.size_hint().exact(), self.limit);
        let mut asked = Arc::new(Mutex::new(http::Request::from_parts(head.clone(), copy)));
        if let Err(reason) = self.check_host(&head) {
            return Ok(self.refuse(&asked, &reason));
        }
        let Some(known) = &self.known else {
            let body = streamed(body, asked.clone());
            return Ok(self.forward(head, body, asked).await);
        };
        let body = match Limited::new(body, self.limit).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) => {
                let reason = match error.is::<LengthLimitError>() {
                    true => format!("its body is over {} bytes", self.limit),
                    false => "its body broke off".to_owned(),
                };
                return Ok(self.refuse(&asked, &reason));
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
        if known.is_followed_by(&request) {
            let reason = "it has a placeholder of a replayed answer, which the upstream does not know; record the whole \
                          conversation again with --mode all";
            return Ok(self.refuse(&asked, reason));
        }
        asked.piece(&body);
        asked.end();
        let body = Either::Right(Full::new(body));
        Ok(self.forward(head, body, asked).await)
    }

    /// Refuses a request of a client that took the recorder for its proxy: it may hold secrets of another host, which
    /// are not for the upstream.
    fn check_host(&self, head: &Parts) -> Result<(), String> {
        if head.method == Method::CONNECT {
            return Err("to be a proxy for a host, the recorder needs --intercept HOST".to_owned());
        }
        let Some(host) = head.uri.host() else {
            return Ok(());
        };
        let upstream = self.upstream.address();
        let is_own = is_loopback(host) && head.uri.port_u16() == Some(self.port);
        let fronted = self.front.https_hosts().unwrap_or_default();
        let is_fronted = fronted.iter().any(|own| own.eq_ignore_ascii_case(host));
        match is_own || is_fronted || upstream.is_named(&head.uri) {
            true => Ok(()),
            false => Err(format!(
                "it is for {host}, and the recorder asks {} alone: name the host in NO_PROXY",
                upstream.origin()
            )),
        }
    }

    async fn forward(
        self: &Arc<Self>,
        head: Parts,
        body: Passing<Incoming, SharedRequest>,
        asked: SharedRequest,
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
        let mut request = http::Request::new(body);
        *request.method_mut() = head.method;
        *request.uri_mut() = head.uri;
        *request.headers_mut() = head.headers;
        let mut pair = Pair {
            proxy: self.clone(),
            request: asked.clone(),
            response: None,
            is_settled: false,
        };
        let sent = || asked.lock().body().length();
        match self.upstream.send(request, &self.via, sent).await {
            Err(problem) => {
                pair.is_settled = true;
                self.writer.count(|summary| summary.failed += 1);
                let reason = format!("the upstream {} {problem}", address.origin());
                self.refuse(&asked, &reason)
            }
            Ok(response) => {
                self.writer.count(|summary| summary.answered += 1);
                let (mut answered, body) = response.into_parts();
                prepare_reply(&mut answered.headers, address.origin());
                let copy = MessageBytes::new(body.size_hint().exact(), self.limit);
                pair.response = Some(http::Response::from_parts(answered.clone(), copy));
                Response::from_parts(answered, streamed(body, pair))
            }
        }
    }

    /// Carries out what was decided about a request for a tunnel.
    pub(super) async fn lead(&self, verdict: Verdict, progress: &Progress) -> Response<Returned> {
        match verdict.open().await {
            Ok(tunnel) => {
                progress.lead_into(tunnel);
                reply_of(Outcome::empty(&rules::INTERCEPT))
            }
            Err(error) => {
                let told = format!("the proxy refused a client: {}", error.message);
                self.writer.tell(&told);
                reply_of(self.refusal(error))
            }
        }
    }

    /// Answers 502 in the API's error shape, and counts the exchange as kept out.
    fn refuse(&self, asked: &SharedRequest, reason: &str) -> Response<Returned> {
        let request = self.shown(asked);
        self.writer.keep_out(&request, reason);
        let reason = format!("{request} was not recorded: {reason}");
        reply_of(self.refusal(ApiError::upstream_failed(reason)))
    }

    fn shown(&self, asked: &SharedRequest) -> String {
        let asked = asked.lock();
        shown(asked.method(), asked.uri(), &self.writer.policy)
    }

    /// The reply to what is no HTTP.
    pub(super) fn refuse_malformed(&self, malformed: Malformed) -> Reply {
        let mut outcome = self.refusal(ApiError::malformed_http(malformed));
        let because = HeaderValue::from_static(outcome.rule.because);
        outcome.reply.headers.insert(header::BECAUSE, because);
        outcome.reply
    }

    fn refusal(&self, error: ApiError) -> Outcome {
        let number = self.refusals.fetch_add(1, Ordering::Relaxed) + 1;
        let request_id = format!("{number:024x}");
        let mut outcome = Outcome::refusal(error, &request_id);
        if let Ok(request_id) = request_id.try_into() {
            outcome.reply.headers.insert(header::REQUEST_ID, request_id);
        }
        outcome
    }
}

fn reply_of(outcome: Outcome) -> Response<Returned> {
    let body = outcome.reply.body;
    let mut response = Response::new(Either::Right(Full::new(body)));
    *response.status_mut() = outcome.reply.status;
    *response.headers_mut() = outcome.reply.headers;
    let because = HeaderValue::from_static(outcome.rule.because);
    response.headers_mut().insert(header::BECAUSE, because);
    response
}

/// The body of a reply, on its way to the client.
pub(super) type Returned = Passing<Incoming, Pair>;

/// A request with the reply that is awaited, or on its way back.
pub(super) struct Pair {
    proxy: Arc<Proxy>,
    request: SharedRequest,
    response: Option<ObservedResponse>,
    /// Set once it has been recorded, or kept out.
    is_settled: bool,
}

impl Observer for Pair {
    fn piece(&mut self, piece: &Bytes) {
        if let Some(response) = &mut self.response {
            response.body_mut().add(piece);
        }
    }

    fn end(&mut self) {
        if let Some(response) = &mut self.response {
            response.body_mut().end();
        }
        self.record();
    }
}

impl Pair {
    fn record(&mut self) {
        if mem::replace(&mut self.is_settled, true) {
            return;
        }
        let Pair { proxy, request, .. } = self;
        match self.response.take() {
            Some(response) => proxy
                .writer
                .record(mem::take(&mut request.lock()), response),
            None => proxy.writer.keep_out(
                &proxy.shown(request),
                "its client did not wait for the answer",
            ),
        }
    }
}

impl Drop for Pair {
    /// The answer broke off, or the client did not wait for it.
    fn drop(&mut self) {
        self.record();
    }
}
