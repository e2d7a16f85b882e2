//! Sends single requests to a service, for comparing a cassette with it.

use std::path::PathBuf;

use http::HeaderValue;
use http_body_util::{BodyExt as _, Full, Limited};

use super::RecordError;
use super::decode::decoded;
use super::upstream::{Address, Upstream};
use crate::server::runtime;
use crate::wire::message::{Body, Connection, Reply, Request};

/// Maximum length of an answer, also after it is decompressed.
const MAX_ANSWER: usize = 8 * 1024 * 1024;

/// Sends requests to one service and waits for each answer; not to be used on an async runtime's thread.
pub struct Client {
    upstream: Upstream<Full<bytes::Bytes>>,
}

impl Client {
    /// A client of `https://HOST[/PATH]`, which also trusts the certificates in these PEM files.
    ///
    /// # Errors
    /// An address that secrets cannot be sent to, or certificates that cannot be used.
    pub fn to(service: &str, ca: &[PathBuf]) -> Result<Self, RecordError> {
        let upstream = Upstream::at(Address::parse(service)?, ca)?;
        Ok(Client { upstream })
    }

    /// Sends a request and waits for the whole answer.
    ///
    /// # Errors
    /// No answer, or one that cannot be read.
    pub fn send(&self, request: &Request) -> Result<Reply, RecordError> {
        let failed = |reason| RecordError::Unanswered {
            service: self.upstream.address().origin().to_owned(),
            reason,
        };
        let runtime = runtime::handle().map_err(|error| failed(error.to_string()))?;
        runtime.block_on(self.exchange(request)).map_err(failed)
    }

    async fn exchange(&self, request: &Request) -> Result<Reply, String> {
        let body = match &request.body {
            Body::Whole(body) => body.clone(),
            Body::TooLarge(_) => bytes::Bytes::new(),
        };
        let mut outgoing = http::Request::new(Full::new(body));
        *outgoing.method_mut() = request.method.clone();
        *outgoing.uri_mut() = request.uri.clone();
        *outgoing.headers_mut() = request.headers.clone();
        let via = HeaderValue::from_static("1.1 mock-ce");
        let reply = self.upstream.send(outgoing, &via, || 0).await?;
        let (head, body) = reply.into_parts();
        let body = Limited::new(body, MAX_ANSWER).collect().await;
        let body = body
            .map_err(|error| format!("broke off: {error}"))?
            .to_bytes();
        let body = decoded(&head.headers, body, MAX_ANSWER)
            .map_err(|_| "sent a body that cannot be read".to_owned())?;
        Ok(Reply {
            status: head.status,
            headers: head.headers,
            body,
            connection: Connection::KeepAlive,
        })
    }
}
