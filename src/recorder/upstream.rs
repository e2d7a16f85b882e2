//! The one service behind a recorder: where it is, and its connections.
//!
//! Connections are kept and used again. A request is sent a second time only when nothing of it was on the wire.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;

use http::uri::{Authority, Scheme};
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use rustls_pki_types::ServerName;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::{RecordError, tls};
use crate::server::socket::Stream;

const CONNECT_TIME: Duration = Duration::from_secs(10);
/// Maximum time for an answer while nothing more of the request was sent.
const ANSWER_TIME: Duration = Duration::from_secs(60);

/// The address of a service that requests may be sent to.
#[derive(Clone, Debug)]
pub(super) struct Address {
    scheme: Scheme,
    authority: Authority,
    /// `https://HOST[:PORT]`
    origin: String,
    host_header: HeaderValue,
    /// Requests elsewhere are not forwarded; without a slash at its end.
    path: String,
}

/// A service that requests are sent to.
pub(super) struct Upstream<B> {
    address: Address,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    idle: Mutex<Vec<SendRequest<B>>>,
}

/// The reason for a call without an answer.
#[derive(Debug)]
pub(super) enum Unanswered {
    Connect(io::Error),
    Slow,
    Http(hyper::Error),
    /// It switched protocols, which nobody asked for.
    Switched,
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unanswered::Connect(source) => write!(f, "cannot be reached: {source}"),
            Unanswered::Slow => f.write_str("did not answer in time"),
            Unanswered::Http(source) => write!(f, "broke off: {source}"),
            Unanswered::Switched => f.write_str("answered 101, which nobody asked for"),
        }
    }
}

impl Address {
    /// `https://HOST[:PORT][/PATH]`; plain `http` only to this machine.
    pub(super) fn parse(text: &str) -> Result<Self, RecordError> {
        let refused = |reason| RecordError::Upstream {
            upstream: without_secrets(text),
            reason,
        };
        let parts = text.parse::<Uri>().map(Uri::into_parts).unwrap_or_default();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(refused("is no address; write https://HOST[/PATH]"));
        };
        if authority.as_str().contains('@') {
            return Err(refused("has credentials in it; leave them to the client"));
        }
        let path = parts.path_and_query.as_ref().map_or("", |path| path.path());
        let address = Address {
            path: path.trim_end_matches('/').to_owned(),
            origin: format!("{scheme}://{authority}"),
            host_header: HeaderValue::try_from(authority.as_str())
                .map_err(|_| refused("has a host that no request can name"))?,
            scheme,
            authority,
        };
        match address.scheme.as_str() {
            "https" => Ok(address),
            "http" if is_loopback(address.host()) => Ok(address),
            _ => Err(refused(
                "would be sent secrets in the clear; write https://",
            )),
        }
    }

    /// `https://HOST[:PORT]`
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// Scheme, host and path: nothing that may be a secret.
    pub(super) fn shown(&self) -> String {
        format!("{}{}", self.origin, self.path)
    }

    /// What the service is called in requests to it.
    pub(super) fn host_header(&self) -> &HeaderValue {
        &self.host_header
    }

    /// Where a client's requests begin; empty for anywhere.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn has(&self, path: &str) -> bool {
        path.strip_prefix(self.path.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    fn host(&self) -> &str {
        self.authority.host().trim_matches(['[', ']'])
    }

    fn port(&self) -> u16 {
        let usual = if self.scheme == Scheme::HTTPS {
            443
        } else {
            80
        };
        self.authority.port_u16().unwrap_or(usual)
    }

    /// Whether requests to it would come back to this address.
    pub(super) fn is_at(&self, address: SocketAddr) -> bool {
        if self.port() != address.port() {
            return false;
        }
        let resolved = (self.host(), self.port()).to_socket_addrs();
        resolved.into_iter().flatten().any(|found| {
            let is_everywhere = address.ip().is_unspecified() && found.ip().is_loopback();
            found.ip() == address.ip() || is_everywhere
        })
    }
}

impl<B> Upstream<B>
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    /// The service there, with the certificates in these PEM files trusted beside those of the machine.
    pub(super) fn at(address: Address, ca: &[PathBuf]) -> Result<Self, RecordError> {
        let mut tls = None;
        if address.scheme == Scheme::HTTPS {
            let name = ServerName::try_from(address.host().to_owned());
            let name = name.map_err(|_| RecordError::Upstream {
                upstream: address.origin.clone(),
                reason: "has a host name that no certificate can have",
            })?;
            tls = Some((tls::connector(ca)?, name));
        }
        Ok(Upstream {
            address,
            tls,
            idle: Mutex::new(Vec::new()),
        })
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// Sends a request, and returns the reply's head with the connection, to be given back at the body's end.
    ///
    /// `sent` is how much of the request has been sent: as long as that grows, the upstream is not slow.
    pub(super) async fn send(
        &self,
        request: Request<B>,
        sent: impl Fn() -> u64,
    ) -> Result<(Response<Incoming>, SendRequest<B>), Unanswered> {
        let mut sending = pin!(self.send_on_any(request));
        let mut before = sent();
        loop {
            if let Ok(answered) = timeout(ANSWER_TIME, &mut sending).await {
                return answered.and_then(refuse_switch);
            }
            let now = sent();
            if now == before {
                return Err(Unanswered::Slow);
            }
            before = now;
        }
    }

    async fn send_on_any(
        &self,
        mut request: Request<B>,
    ) -> Result<(Response<Incoming>, SendRequest<B>), Unanswered> {
        while let Some(mut connection) = self.take_idle().await {
            match connection.try_send_request(request).await {
                Ok(response) => return Ok((response, connection)),
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(Unanswered::Http(error.into_error())),
                },
            }
        }
        let mut connection = self.connect().await?;
        let response = connection.send_request(request).await;
        response
            .map(|response| (response, connection))
            .map_err(Unanswered::Http)
    }

    async fn take_idle(&self) -> Option<SendRequest<B>> {
        loop {
            let mut connection = self.idle.lock().pop()?;
            if poll_fn(|cx| connection.poll_ready(cx)).await.is_ok() {
                return Some(connection);
            }
        }
    }

    /// Takes a connection back for the next request.
    pub(super) fn give_back(&self, connection: SendRequest<B>) {
        if !connection.is_closed() {
            self.idle.lock().push(connection);
        }
    }

    async fn connect(&self) -> Result<SendRequest<B>, Unanswered> {
        let connected = timeout(CONNECT_TIME, self.connect_in_time()).await;
        connected.unwrap_or(Err(Unanswered::Slow))
    }

    async fn connect_in_time(&self) -> Result<SendRequest<B>, Unanswered> {
        let stream = Stream::connect(self.address.host(), self.address.port()).await;
        let stream = stream.map_err(Unanswered::Connect)?;
        match &self.tls {
            None => handshake(TokioIo::new(stream)).await,
            Some((connector, name)) => {
                let stream = connector.connect(name.clone(), stream).await;
                handshake(TokioIo::new(stream.map_err(Unanswered::Connect)?)).await
            }
        }
    }
}

async fn handshake<B, S>(stream: S) -> Result<SendRequest<B>, Unanswered>
where
    S: hyper::rt::Read + hyper::rt::Write + Send + Unpin + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (sender, connection) = http1::handshake(stream).await.map_err(Unanswered::Http)?;
    // Its end shows in the sender.
    tokio::spawn(async { drop(connection.await) });
    Ok(sender)
}

/// `Upgrade` is never forwarded, so a 101 answers no request; a connection that has switched is no use for HTTP.
fn refuse_switch<B, C>(
    (response, connection): (Response<B>, C),
) -> Result<(Response<B>, C), Unanswered> {
    match response.status() {
        StatusCode::SWITCHING_PROTOCOLS => Err(Unanswered::Switched),
        _ => Ok((response, connection)),
    }
}

/// Scheme, host and path of what may be no address: credentials and queries are not to be repeated.
fn without_secrets(text: &str) -> String {
    let is_in_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) if scheme.chars().all(is_in_scheme) => (format!("{scheme}://"), rest),
        _ => (String::new(), text),
    };
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let (shown, hidden) = rest.split_at(end);
    match shown.rsplit_once('@') {
        // A password may have any mark in it.
        _ if hidden.contains('@') => format!("{scheme}…"),
        Some((_, after)) => scheme + after,
        None => scheme + shown,
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::plain("http://api.example/a", "http://api.example/a")]
    #[case::user("https://u:PLANTED@api.example:8/a", "https://api.example:8/a")]
    #[case::slash("https://u:PLAN/TED@api.example/a", "https://api.example/a")]
    #[case::question("https://u:PLAN?TED@api.example/a", "https://…")]
    #[case::query("https://api.example/a?key=PLANTED", "https://api.example/a")]
    #[case::fragment("https://api.example/a#PLANTED", "https://api.example/a")]
    #[case::no_scheme("u:PLANTED@api.example", "api.example")]
    #[case::late_scheme("u:PLANTED@https://api.example", "https://api.example")]
    fn only_scheme_host_and_path_are_shown(#[case] text: &str, #[case] shown: &str) {
        assert_eq!(without_secrets(text), shown);
    }
}
