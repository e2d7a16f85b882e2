//! The front of a port, through which its requests come: nothing, TLS, or a proxy that ends TLS for some hosts.

mod authority;
pub(crate) mod client;
mod intercept;
mod trust;

use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http::{Method, Uri};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use tokio::io::AsyncReadExt as _;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{Error, ServerConfig};

use super::StartError;
use super::connection::HANDSHAKE;
use super::socket::Stream;
use crate::file;
use crate::settings::{Listen, Others, TlsSettings};
use authority::Identity;
use client::Receivers;
use intercept::Interception;
pub(crate) use intercept::{Tunnel, Verdict};
pub use trust::TrustStore;

/// Maximum time for a handshake.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// The front of a port.
pub(crate) enum Front {
    /// Plain HTTP.
    Plain,
    /// HTTPS.
    Tls(Tls),
    /// Plain HTTP, and a proxy.
    Proxy(Box<Interception>),
}

impl Front {
    /// The front that the settings want. Writes the file that they name for the clients' trust.
    pub(crate) fn of(settings: &TlsSettings, place: &Listen) -> Result<Self, StartError> {
        check(settings, place)?;
        if settings.port {
            return Ok(Front::Tls(Tls::of(settings)?));
        }
        match settings.intercepted.is_empty() {
            true => Ok(Front::Plain),
            false => {
                let interception = Interception::of(settings, place.address().port())?;
                Ok(Front::Proxy(interception.into()))
            }
        }
    }

    pub(crate) fn is_https(&self) -> bool {
        matches!(self, Front::Tls(_))
    }

    /// The certificates that a client must trust; `None` where there is no TLS.
    pub(crate) fn trust(&self) -> Option<&TrustStore> {
        match self {
            Front::Plain => None,
            Front::Tls(tls) => Some(&tls.trust),
            Front::Proxy(interception) => Some(interception.trust()),
        }
    }

    /// The receivers of webhooks: they are trusted by this server's certificate too, and by those that the settings name.
    pub(crate) fn receivers(&self, settings: &TlsSettings) -> Result<Receivers, StartError> {
        let mut trust = self.trust().cloned().unwrap_or_default();
        for path in &settings.callback_ca {
            trust = trust.with_file(path).map_err(|reason| {
                let path = path.display().to_string();
                refused(format!(
                    "cannot use the PEM file of --callback-ca {path:?}: {reason}"
                ))
            })?;
        }
        Ok(Receivers::trusting(trust))
    }

    /// The hosts that are asked by HTTPS; `None` for all.
    pub(crate) fn https_hosts(&self) -> Option<Vec<String>> {
        match self {
            Front::Plain | Front::Tls(_) => None,
            Front::Proxy(interception) => Some(interception.hosts().to_vec()),
        }
    }

    /// Decides about a request to the proxy; `None` for one that is for the server itself.
    pub(crate) fn judge(&self, method: &Method, uri: &Uri, peer: IpAddr) -> Option<Verdict> {
        match self {
            Front::Proxy(interception) => interception.judge(method, uri, peer),
            Front::Plain | Front::Tls(_) => None,
        }
    }

    /// Starts a connection to the port.
    pub(crate) async fn accept(&self, stream: Stream) -> Start {
        match self {
            Front::Tls(tls) => tls.accept(stream, &[]).await,
            Front::Plain | Front::Proxy(_) => Start::Ready(stream),
        }
    }

    /// Goes on with a connection whose client was given a tunnel; inside of one to this server come further requests.
    pub(crate) async fn enter(
        &self,
        tunnel: Tunnel,
        stream: Stream,
        read: &[u8],
    ) -> Option<Stream> {
        match self {
            Front::Proxy(interception) => interception.enter(tunnel, stream, read).await,
            Front::Plain | Front::Tls(_) => None,
        }
    }
}

/// The server's side of TLS.
pub(crate) struct Tls {
    acceptor: TlsAcceptor,
    trust: TrustStore,
}

/// The start of a connection.
pub(crate) enum Start {
    /// Requests can come.
    Ready(Stream),
    /// The client does not speak TLS.
    Plain(Stream),
    /// It ended before it began.
    Ended(io::Error),
}

impl Tls {
    fn of(settings: &TlsSettings) -> Result<Self, StartError> {
        let Identity { chain, key, trust } = Identity::of(settings)?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider has the default protocol versions")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(|error| unservable(settings, &error))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        if let Some(path) = &settings.ca_file {
            write_trust(path, &trust.to_pem())?;
        }
        let acceptor = Arc::new(config).into();
        Ok(Tls { acceptor, trust })
    }

    /// Shakes hands with a client, of whom `read` has already come.
    async fn accept(&self, mut stream: Stream, read: &[u8]) -> Start {
        let mut start = read.to_vec();
        let shaking = async {
            if start.is_empty() {
                stream.read_buf(&mut start).await?;
            }
            if start.first().is_some_and(|first| *first != HANDSHAKE) {
                return Ok(Start::Plain(stream));
            }
            let accepting = self.acceptor.accept_with(stream, |connection| {
                // What is wrong with it shows again when the handshake goes on.
                let _ = connection.read_tls(&mut &start[..]);
                let _ = connection.process_new_packets();
            });
            Ok(Start::Ready(Stream::Tls(Box::new(accepting.await?))))
        };
        let shaken = timeout(HANDSHAKE_TIME, shaking).await;
        shaken
            .unwrap_or_else(|late| Err(late.into()))
            .unwrap_or_else(Start::Ended)
    }
}

/// Tells of a certificate that does not go with its key, or is none that rustls can use.
fn unservable(settings: &TlsSettings, error: &Error) -> StartError {
    let shown = |path: &Option<PathBuf>| {
        path.as_deref()
            .unwrap_or(Path::new(""))
            .display()
            .to_string()
    };
    let (certificate, key) = (shown(&settings.certificate), shown(&settings.key));
    refused(match error {
        Error::InconsistentKeys(_) => format!(
            "the private key of --tls-key {key:?} is not that of the first certificate of --tls-cert {certificate:?}; name \
             two files that belong together, the server's own certificate first"
        ),
        error => format!(
            "the certificate of --tls-cert {certificate:?} with the key of --tls-key {key:?} cannot be served: {error}"
        ),
    })
}

/// Writes the file of `--ca-file`; one that is there is replaced only if a run has written it, or it is empty.
fn write_trust(path: &Path, pem: &str) -> Result<(), StartError> {
    let shown = path.display().to_string();
    let is_to_be_written = is_to_be_written(path, pem)
        .map_err(|problem| refused(format!("the file of --ca-file {shown:?} {problem}")))?;
    if !is_to_be_written {
        return Ok(());
    }
    file::write(path, pem).map_err(|error| {
        refused(format!(
            "cannot write the file of --ca-file {shown:?}: {error}"
        ))
    })
}

/// Tells whether the file is to be written; one that says the same already may be the user's own, and keeps its mode.
///
/// # Errors
/// The reason why what is there stays as it is.
fn is_to_be_written(path: &Path, pem: &str) -> Result<bool, &'static str> {
    // A link is looked at itself: the file behind it may be somebody else's.
    let Ok(found) = fs::symlink_metadata(path) else {
        return Ok(true);
    };
    if found.is_symlink() {
        return Err("is a symbolic link, which is not followed; name the file itself");
    }
    if found.is_dir() {
        return Err("is a directory; name a file in it");
    }
    if !found.is_file() {
        return Err("is no ordinary file; name another one");
    }
    match fs::read(path) {
        Ok(there) if there == pem.as_bytes() => Ok(false),
        Ok(there) if there.is_empty() || is_lone_authority(&there) => Ok(true),
        _ => Err(
            "has something else in it than the certificate of a run, and stays as it is; name another file",
        ),
    }
}

/// Tells whether a text is the certificate of a run and nothing else.
fn is_lone_authority(found: &[u8]) -> bool {
    let text = std::str::from_utf8(found).map(str::trim_end);
    let is_lone = text.is_ok_and(|text| {
        text.starts_with("-----BEGIN CERTIFICATE-----\n")
            && text.ends_with("\n-----END CERTIFICATE-----")
            && text.matches("-----BEGIN ").count() == 1
    });
    is_lone && CertificateDer::from_pem_slice(found).is_ok_and(authority::is_of_a_run)
}

/// Refuses settings that do not go together.
fn check(settings: &TlsSettings, listen: &Listen) -> Result<(), StartError> {
    let is_wrong = |name: &&String| !is_served_name(name);
    if let Some(wrong) = settings.names.iter().find(is_wrong) {
        return Err(refused(format!(
            "--tls-name {wrong:?} is no host name or address; write one such as ce.test or 10.0.0.7"
        )));
    }
    let is_proxy = !settings.intercepted.is_empty();
    let is_used = settings.port || is_proxy;
    let has_details = !settings.names.is_empty()
        || settings.certificate.is_some()
        || settings.key.is_some()
        || settings.ca_file.is_some();
    let problem = match listen {
        #[cfg(unix)]
        Listen::Unix(_) if is_used => {
            "a Unix socket has no TLS and is no proxy; leave out --tls and --intercept"
        }
        _ if settings.port && is_proxy => {
            "a port is either HTTPS or a proxy; give --tls or --intercept"
        }
        _ if has_details && !is_used => "a certificate is for HTTPS; give --tls or --intercept too",
        _ if settings.others == Others::Passed && !is_proxy => {
            "--pass is for a proxy; give --intercept HOST too"
        }
        _ => return Ok(()),
    };
    Err(refused(problem.to_owned()))
}

/// Tells a name or address that a certificate can have from what no client asks for.
fn is_served_name(name: &str) -> bool {
    let is_known = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_');
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(is_known);
    let labels = name.strip_prefix("*.").unwrap_or(name);
    labels.split('.').all(is_label) || name.parse::<IpAddr>().is_ok()
}

fn refused(problem: String) -> StartError {
    StartError::Tls(problem)
}
