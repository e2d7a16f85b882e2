//! The one service behind a recorder: where it is, and the client that sends requests to it.
//!
//! Connections are used again. A request is sent a second time only when nothing of it was on the wire.

use std::error::Error;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;

use http::uri::{Authority, Parts, PathAndQuery, Scheme};
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use hyper::body::{Body, Incoming};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls_pki_types::ServerName;
use tokio::time::timeout;

use super::RecordError;
use super::headers::prepare_request;
use crate::server::tls::TrustStore;
use crate::wire::host::is_loopback;

const CONNECT_TIME: Duration = Duration::from_secs(10);
/// Maximum time for an answer while nothing more of the request was sent.
pub(super) const ANSWER_TIME: Duration = Duration::from_secs(60);

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
    client: legacy::Client<HttpsConnector<HttpConnector>, B>,
}

/// The reason for which a call has no answer.
fn reason(error: &legacy::Error) -> String {
    let failed = match error.is_connect() {
        true => "cannot be reached",
        false => "broke off",
    };
    format!("{failed}: {}", root(error))
}

/// The first cause of an error, which alone says something of the service.
fn root<'e>(mut error: &'e (dyn Error + 'static)) -> &'e (dyn Error + 'static) {
    while let Some(source) = error.source() {
        error = source;
    }
    error
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
            "https" if ServerName::try_from(address.host()).is_err() => {
                Err(refused("has a host name that no certificate can have"))
            }
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

    /// The path that all requests must begin with; empty for any.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn has(&self, path: &str) -> bool {
        path.strip_prefix(self.path.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Tells whether a request names the service.
    pub(super) fn is_named(&self, uri: &Uri) -> bool {
        let host = uri.host().unwrap_or_default();
        self.authority.host().eq_ignore_ascii_case(host)
            && uri.port_u16().is_none_or(|port| port == self.port())
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

    /// The target of a request, at the service.
    fn target(&self, uri: &Uri) -> Uri {
        let target = uri.path_and_query().cloned();
        let mut parts = Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(target.unwrap_or(PathAndQuery::from_static("/")));
        Uri::from_parts(parts).expect("scheme, host and path are an address")
    }

    /// Tells whether requests to it would come back to this address.
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
    B: Body + Send + Unpin + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    /// The service there, with the certificates in these PEM files trusted beside those of the machine.
    pub(super) fn at(address: Address, ca: &[PathBuf]) -> Result<Self, RecordError> {
        let trust = match address.scheme == Scheme::HTTPS {
            true => trust(ca)?,
            false => TrustStore::default(),
        };
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT_TIME));
        let connector = HttpsConnector::from((tcp, trust.client_config()));
        let client = legacy::Client::builder(TokioExecutor::new()).build(connector);
        Ok(Upstream { address, client })
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// Sends a request of this proxy, and returns the reply's head with its body still coming, or the reason why there is
    /// none.
    ///
    /// `sent` is how much of the request has been sent: as long as that grows, the upstream is not slow.
    pub(super) async fn send(
        &self,
        mut request: Request<B>,
        via: &HeaderValue,
        sent: impl Fn() -> u64,
    ) -> Result<Response<Incoming>, String> {
        prepare_request(request.headers_mut(), &self.address.host_header, via);
        *request.uri_mut() = self.address.target(request.uri());
        let mut sending = pin!(self.client.request(request));
        let mut before = sent();
        loop {
            if let Ok(answered) = timeout(ANSWER_TIME, &mut sending).await {
                let response = answered.map_err(|error| reason(&error))?;
                // `Upgrade` is never forwarded, so a 101 answers no request.
                return match response.status() {
                    StatusCode::SWITCHING_PROTOCOLS => {
                        Err("answered 101, which nobody asked for".to_owned())
                    }
                    _ => Ok(response),
                };
            }
            let now = sent();
            if now == before {
                return Err("did not answer in time".to_owned());
            }
            before = now;
        }
    }
}

/// The trust store of the machine with the certificates in these files.
fn trust(files: &[PathBuf]) -> Result<TrustStore, RecordError> {
    let mut trust = TrustStore::default().with_system_roots();
    for path in files {
        trust = trust.with_file(path).map_err(|reason| RecordError::Ca {
            path: path.clone(),
            reason,
        })?;
    }
    if trust.is_empty() {
        let errors = rustls_native_certs::load_native_certs().errors;
        let reasons: Vec<_> = errors.iter().map(ToString::to_string).collect();
        return Err(RecordError::NoTrust(reasons.join("; ")));
    }
    Ok(trust)
}

/// Leaves scheme, host and path of a text that may be no address: credentials and queries are not repeated.
fn without_secrets(text: &str) -> String {
    let is_in_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) if scheme.chars().all(is_in_scheme) => (format!("{scheme}://"), rest),
        _ => (String::new(), text),
    };
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let (shown, hidden) = rest.split_at(end);
    match shown.rsplit_once('@') {
        // The password may hold the `?` or `#`, so nothing before the last `@` is shown.
        _ if hidden.contains('@') => format!("{scheme}…"),
        Some((_, after)) => scheme + after,
        None => scheme + shown,
    }
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

    #[rstest]
    #[case("http://api.example/b", true)]
    #[case("http://API.example:8/", true)]
    #[case("http://api.example:9/", false)]
    #[case("http://example/", false)]
    #[case("http://api.example.org/", false)]
    #[case("/a", false)]
    fn an_address_has_one_host(#[case] uri: Uri, #[case] expected: bool) {
        let address = Address::parse("https://api.example:8/a").unwrap();
        assert_eq!(address.is_named(&uri), expected);
    }
}
