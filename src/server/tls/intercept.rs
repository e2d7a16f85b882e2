//! The proxy for clients whose host is compiled in: it ends their TLS for the named hosts, and for no other.
//!
//! It is asked in this order: is the client on this machine, is the host one of the named, may others be passed on.
//! Without `--pass` it connects to nothing.

use std::net::IpAddr;
use std::time::Duration;

use http::uri::Authority;
use http::{Method, Uri};
use tokio::io::{AsyncWriteExt as _, copy_bidirectional};
use tokio::time::timeout;

use super::{Start, Tls, TrustStore};
use crate::emulator::control::is_local;
use crate::server::StartError;
use crate::server::socket::Stream;
use crate::settings::{FurtherHosts, Others, TlsSettings};
use crate::wire::error::ApiError;

const HTTPS_PORT: u16 = 443;
const CONNECT_TIME: Duration = Duration::from_secs(10);

/// The hosts that a server answers for in their place.
pub(crate) struct Interception {
    tls: Tls,
    hosts: Vec<String>,
    others: Others,
    further_hosts: FurtherHosts,
    /// The server's own port, by which a client may ask through the proxy for the server itself.
    port: u16,
}

/// The decision about a request to the proxy.
pub(crate) enum Verdict {
    /// The client gets a tunnel to this server.
    Own,
    /// The client gets a tunnel to that host and port.
    Elsewhere(String, u16),
    Refused(String),
}

/// An open tunnel.
#[derive(Debug)]
pub(crate) enum Tunnel {
    /// To this server, by TLS.
    Own,
    /// To another host.
    Elsewhere(Stream),
}

impl Interception {
    pub(super) fn of(settings: &TlsSettings, port: u16) -> Result<Self, StartError> {
        if let Some(wrong) = settings.intercepted.iter().find(|host| !is_name(host)) {
            return Err(StartError::Tls(format!(
                "--intercept {wrong:?} is no host name; write one such as api.cloud-elements.com"
            )));
        }
        Ok(Interception {
            tls: Tls::of(settings)?,
            hosts: settings.intercepted.clone(),
            others: settings.others,
            further_hosts: settings.further_hosts,
            port,
        })
    }

    pub(super) fn trust(&self) -> &TrustStore {
        &self.tls.trust
    }

    pub(super) fn hosts(&self) -> &[String] {
        &self.hosts
    }

    /// `None` for a request that is for the server itself.
    pub(super) fn judge(&self, method: &Method, uri: &Uri, peer: IpAddr) -> Option<Verdict> {
        let authority = uri.authority();
        if method != Method::CONNECT && authority.is_none_or(|it| self.is_own(it)) {
            return None;
        }
        Some(match authority {
            _ if !peer.to_canonical().is_loopback() => {
                Verdict::Refused("the proxy is open to this machine only".to_owned())
            }
            Some(authority) if method == Method::CONNECT => self.judge_tunnel(authority),
            // The rest of the address may hold a secret.
            _ => Verdict::Refused(format!(
                "{} is not asked for by https://; only {} is answered for here, and plain HTTP is passed on nowhere: \
                 name the host in NO_PROXY",
                authority.map_or("it", Authority::host),
                self.hosts.join(", ")
            )),
        })
    }

    fn judge_tunnel(&self, authority: &Authority) -> Verdict {
        let (host, port) = (authority.host(), authority.port_u16());
        let is_intercepted = self.has(host) && port == Some(HTTPS_PORT);
        match (self.others, port) {
            _ if is_intercepted => Verdict::Own,
            (Others::Passed, Some(port)) => {
                Verdict::Elsewhere(host.trim_matches(['[', ']']).to_owned(), port)
            }
            _ => Verdict::Refused(format!(
                "{host}{} is not answered for here, only {} at port {HTTPS_PORT}; {}",
                port.map_or(String::new(), |port| format!(":{port}")),
                self.hosts.join(", "),
                self.further_hosts.advice()
            )),
        }
    }

    fn has(&self, host: &str) -> bool {
        self.hosts.iter().any(|own| own.eq_ignore_ascii_case(host))
    }

    /// Tells whether a request that names its host is for this server: an intercepted host, or this port of this
    /// machine.
    fn is_own(&self, authority: &Authority) -> bool {
        self.has(authority.host())
            || (authority.port_u16() == Some(self.port) && is_local(authority.as_str()))
    }

    /// Goes on with a connection whose client was given a tunnel.
    pub(super) async fn enter(
        &self,
        tunnel: Tunnel,
        mut stream: Stream,
        read: &[u8],
    ) -> Option<Stream> {
        match tunnel {
            Tunnel::Own => match self.tls.accept(stream, read).await {
                Start::Ready(inside) => Some(inside),
                Start::Plain(_) | Start::Ended(_) => None,
            },
            Tunnel::Elsewhere(mut other) => {
                if other.write_all(read).await.is_ok() {
                    // Whichever side breaks off, the other sees its connection end.
                    let _ = copy_bidirectional(&mut stream, &mut other).await;
                }
                None
            }
        }
    }
}

impl Verdict {
    /// Opens the tunnel, or says why not.
    pub(crate) async fn open(self) -> Result<Tunnel, ApiError> {
        match self {
            Verdict::Own => Ok(Tunnel::Own),
            Verdict::Refused(reason) => Err(ApiError::not_intercepted(reason)),
            Verdict::Elsewhere(host, port) => {
                let connecting = timeout(CONNECT_TIME, Stream::connect(&host, port));
                let connected = connecting.await.unwrap_or_else(|late| Err(late.into()));
                connected.map(Tunnel::Elsewhere).map_err(|error| {
                    ApiError::not_passed(format!("{host}:{port} cannot be reached: {error}"))
                })
            }
        }
    }
}

/// Tells a host name from an address, a URL or a pattern.
fn is_name(host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|c| c.is_ascii_alphanumeric() || c == b'-')
    };
    host.split('.').all(is_label) && host.parse::<IpAddr>().is_err()
}
