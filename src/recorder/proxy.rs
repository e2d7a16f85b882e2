//! One request: replay it if it may be, else forward it, and keep the pair.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http::{HeaderMap, Method, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use parking_lot::Mutex;

use super::capture::{AtEnd, Copied, Copy, Forwarded, Returned};
use super::decode::{self, Unreadable};
use super::headers::{has_come_through, prepare_reply, prepare_request};
use super::session::Session;
use super::upstream::Upstream;
use crate::cassette::{Exchange, Replay};
use crate::emulator::Outcome;
use crate::wire::error::ApiError;
use crate::wire::message::{Body, Request};
use crate::wire::vocabulary::header;

/// What stands between a client and an upstream.
pub(super) struct Proxy {
    pub(super) upstream: Upstream<Forwarded>,
    pub(super) session: Session,
    /// What is known already and not asked again.
    pub(super) known: Option<Replay>,
    /// The most bytes of a body that are kept.
    pub(super) limit: usize,
    /// This recorder's name among proxies.
    pub(super) via: String,
    pub(super) failures: AtomicU64,
}

impl Proxy {
    pub(super) async fn answer(
        self: Arc<Self>,
        request: http::Request<Incoming>,
    ) -> Result<Response<Returned>, hyper::Error> {
        let (head, body) = request.into_parts();
        let Some(known) = &self.known else {
            let (body, copy) = Forwarded::streamed(body, self.limit);
            return Ok(self.forward(head, body, copy).await);
        };
        let body = match Limited::new(body, self.limit).collect().await {
            Ok(body) => body.to_bytes(),
            Err(_) => {
                let reason = format!("its body is over {} bytes or broke off", self.limit);
                return Ok(self.refuse(&head.method, &head.uri, &reason));
            }
        };
        let request = Request {
            method: head.method.clone(),
            uri: head.uri.clone(),
            headers: head.headers.clone(),
            body: Body::Whole(body.clone()),
            peer: None,
        };
        if let Ok(interaction) = known.take(&request) {
            return Ok(reply_of(Outcome::recorded(interaction.response())));
        }
        let (body, copy) = Forwarded::whole(body);
        Ok(self.forward(head, body, copy).await)
    }

    async fn forward(
        self: &Arc<Self>,
        head: Parts,
        body: Forwarded,
        request_body: Arc<Mutex<Copied>>,
    ) -> Response<Returned> {
        if has_come_through(&head.headers, &self.via) {
            return self.refuse(
                &head.method,
                &head.uri,
                "the upstream leads back to this recorder",
            );
        }
        let target = head
            .uri
            .path_and_query()
            .map_or("/", |target| target.as_str());
        if !self.upstream.address().has(head.uri.path()) {
            let reason = format!("it is not below {}", self.upstream.address().path());
            return self.refuse(&head.method, &head.uri, &reason);
        }
        let mut request = http::Request::new(body);
        *request.method_mut() = head.method.clone();
        *request.uri_mut() = target.parse().unwrap_or_default();
        *request.headers_mut() = head.headers.clone();
        prepare_request(
            request.headers_mut(),
            self.upstream.address().authority(),
            &self.via,
        );
        match self.upstream.send(request).await {
            Err(problem) => {
                let reason = format!(
                    "the upstream {} {problem}",
                    self.upstream.address().origin()
                );
                self.refuse(&head.method, &head.uri, &reason)
            }
            Ok((response, connection)) => {
                let (mut answered, body) = response.into_parts();
                let encoded_headers = answered.headers.clone();
                prepare_reply(&mut answered.headers, &self.upstream.address().origin());
                let pair = Pair {
                    proxy: self.clone(),
                    connection,
                    method: head.method,
                    target: target_text(&head.uri),
                    request_headers: head.headers,
                    request_body,
                    status: answered.status,
                    encoded_headers,
                    response_headers: answered.headers.clone(),
                };
                let body = Returned::streamed(body, self.limit, Box::new(pair));
                Response::from_parts(answered, body)
            }
        }
    }

    /// 502 in the API's shape, which is no part of what the upstream said.
    fn refuse(&self, method: &Method, uri: &Uri, reason: &str) -> Response<Returned> {
        let request = format!("{method} {}", uri.path());
        self.session.keep_out(&request, reason);
        let number = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        let request_id = format!("{number:024x}");
        let error = ApiError::upstream_failed(format!("{request} was not recorded: {reason}"));
        let mut outcome = Outcome::refusal(error, request_id.as_bytes());
        if let Ok(request_id) = request_id.try_into() {
            outcome.reply.headers.insert(header::REQUEST_ID, request_id);
        }
        reply_of(outcome)
    }
}

fn target_text(uri: &Uri) -> String {
    uri.path_and_query()
        .map_or("/", |target| target.as_str())
        .to_owned()
}

fn reply_of(outcome: Outcome) -> Response<Returned> {
    let body = outcome.reply.body;
    let mut response = Response::new(Returned::Whole((!body.is_empty()).then_some(body)));
    *response.status_mut() = outcome.reply.status;
    *response.headers_mut() = outcome.reply.headers;
    let because = http::HeaderValue::from_static(outcome.rule.because);
    response.headers_mut().insert(header::BECAUSE, because);
    response
}

/// A request with the reply that is on its way back.
struct Pair {
    proxy: Arc<Proxy>,
    connection: SendRequest<Forwarded>,
    method: Method,
    target: String,
    request_headers: HeaderMap,
    request_body: Arc<Mutex<Copied>>,
    status: StatusCode,
    /// As they came, with what they say of encodings.
    encoded_headers: HeaderMap,
    response_headers: HeaderMap,
}

impl AtEnd for Pair {
    fn at_end(self: Box<Self>, response_body: Copy) {
        let proxy = self.proxy.clone();
        let limit = proxy.limit;
        let is_idle = response_body != Copy::Partial;
        let request_body = self.request_body.lock().take();
        let request_body = readable(request_body, &self.request_headers, limit);
        let response_body = readable(response_body, &self.encoded_headers, limit);
        match (request_body, response_body) {
            (Ok(request_body), Ok(response_body)) => {
                let mut response_headers = self.response_headers;
                response_headers.remove(CONTENT_LENGTH);
                proxy.session.keep(&Exchange {
                    method: self.method,
                    target: self.target,
                    request_headers: self.request_headers,
                    request_body,
                    status: self.status,
                    response_headers,
                    response_body,
                });
            }
            (Err(reason), _) => {
                let request = format!("{} {}", self.method, path_of(&self.target));
                proxy
                    .session
                    .keep_out(&request, &format!("its body {reason}"));
            }
            (_, Err(reason)) => {
                let request = format!("{} {}", self.method, path_of(&self.target));
                proxy
                    .session
                    .keep_out(&request, &format!("its answer {reason}"));
            }
        }
        if is_idle {
            proxy.upstream.give_back(self.connection);
        }
    }
}

/// A query may hold secrets.
fn path_of(target: &str) -> &str {
    target.split('?').next().unwrap_or_default()
}

fn readable(copy: Copy, headers: &HeaderMap, limit: usize) -> Result<Bytes, String> {
    let too_large = || format!("is over {limit} bytes");
    match copy {
        Copy::TooLarge => Err(too_large()),
        Copy::Partial => Err("was not read to its end".to_owned()),
        Copy::Whole(bytes) => {
            decode::decoded(headers, bytes, limit).map_err(|problem| match problem {
                Unreadable::TooLarge => too_large(),
                Unreadable::Encoding => "is compressed in a manner that cannot be read".to_owned(),
            })
        }
    }
}
