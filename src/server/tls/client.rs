//! The client's side of TLS: for webhooks, for the recorder, and for the verbs that ask a server.
//!
//! A server is trusted when a trusted certificate vouches for its name. It is trusted too when it shows a trusted
//! certificate itself: a self-signed one of a development server often names no host or has the form of an authority's,
//! which the usual check refuses.

use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{
    CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore,
    SignatureScheme, StreamOwned,
};

use super::trust::TrustStore;
use crate::server::socket::Stream;

impl TrustStore {
    /// Adds the certificates in a PEM file.
    ///
    /// # Errors
    /// The reason why the file cannot be used.
    pub fn with_file(mut self, path: &Path) -> Result<Self, String> {
        let read = CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| error.to_string())?;
        if read.is_empty() {
            return Err("it has no certificate".to_owned());
        }
        for certificate in &read {
            let added = RootCertStore::empty().add(certificate.clone());
            added.map_err(|error| error.to_string())?;
        }
        self.0.extend(read);
        Ok(self)
    }

    #[cfg(feature = "recorder")]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Speaks TLS over a connection to the server of this name or address, and trusts these certificates.
    ///
    /// # Errors
    /// A server that is not trusted or speaks no TLS, or a connection that breaks off.
    pub fn connect<S: Read + Write>(
        &self,
        host: &str,
        mut stream: S,
    ) -> io::Result<impl Read + Write + use<S>> {
        let config = Arc::new(self.client_config());
        let connection = ClientConnection::new(config, server_name(host)?);
        let mut connection = connection.map_err(io::Error::other)?;
        while connection.is_handshaking() {
            connection.complete_io(&mut stream).map_err(plainly)?;
        }
        Ok(StreamOwned::new(connection, stream))
    }

    /// The settings of connections that trust these certificates.
    pub(crate) fn client_config(&self) -> ClientConfig {
        let provider = Arc::new(ring::default_provider());
        let judge = Judge::of(self, provider.clone());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider has the default protocol versions")
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(judge))
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config
    }
}

/// Speaks TLS to the receivers of webhooks.
pub(crate) struct Receivers {
    own: TrustStore,
    /// With the machine's certificates, which are loaded for the first receiver.
    connector: OnceLock<TlsConnector>,
}

impl Receivers {
    /// Trusts these certificates beside the machine's.
    pub(crate) fn trusting(own: TrustStore) -> Self {
        Receivers {
            own,
            connector: OnceLock::new(),
        }
    }

    /// Shakes hands with the receiver at the other end.
    pub(crate) async fn secure(&self, host: &str, stream: Stream) -> io::Result<TlsStream<Stream>> {
        let connector = self.connector.get_or_init(|| {
            let trust = self.own.clone().with_system_roots();
            TlsConnector::from(Arc::new(trust.client_config()))
        });
        let shaken = connector.connect(server_name(host)?, stream).await;
        shaken.map_err(|error| match plainly(error) {
            error if error.kind() == io::ErrorKind::PermissionDenied => io::Error::other(format!(
                "{error}; name it with --callback-ca FILE, or Settings::callback_ca"
            )),
            error => error,
        })
    }
}

/// The name or address that a server's certificate must have.
fn server_name(host: &str) -> io::Result<ServerName<'static>> {
    ServerName::try_from(host.to_owned()).map_err(|_| {
        let reason = format!("{host:?} is a name that no certificate can have");
        io::Error::new(io::ErrorKind::InvalidInput, reason)
    })
}

/// Says of a failed handshake what the server did.
fn plainly(error: io::Error) -> io::Error {
    let cause = error
        .get_ref()
        .and_then(|cause| cause.downcast_ref::<Error>());
    match cause {
        Some(Error::InvalidCertificate(reason)) => io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!("its certificate is not trusted ({reason})"),
        ),
        Some(Error::InvalidMessage(_)) => io::Error::other("it speaks no TLS"),
        _ => error,
    }
}

/// Decides which servers are trusted.
#[derive(Debug)]
struct Judge {
    known: TrustStore,
    /// The usual check; `None` where there is no authority to trust.
    usual: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl Judge {
    fn of(known: &TrustStore, provider: Arc<CryptoProvider>) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(known.0.iter().cloned());
        let usual = WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone());
        Judge {
            known: known.clone(),
            usual: usual.build().ok(),
            provider,
        }
    }
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.known.0.iter().any(|known| known == shown) {
            return Ok(ServerCertVerified::assertion());
        }
        let usual = self.usual.as_ref();
        let usual = usual.ok_or(Error::InvalidCertificate(CertificateError::UnknownIssuer))?;
        usual.verify_server_cert(shown, others, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, shown, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, shown, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}
