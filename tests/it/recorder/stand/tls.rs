//! TLS in front of a service.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;

use super::Room;

/// A service with a certificate of an authority of its own, in front of one without.
pub(in crate::recorder) struct Tls {
    pub(in crate::recorder) ca: PathBuf,
    address: SocketAddr,
    backend: Arc<Mutex<SocketAddr>>,
    _open: tokio::sync::oneshot::Sender<()>,
}

impl Tls {
    pub(in crate::recorder) fn before(backend: SocketAddr, room: &Room) -> Self {
        let (acceptor, ca_pem) = acceptor();
        let ca = room.join("ca.pem");
        fs::write(&ca, ca_pem).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .unwrap();
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let address = listener.local_addr().unwrap();
        let backend = Arc::new(Mutex::new(backend));
        let (open, closed) = tokio::sync::oneshot::channel::<()>();
        let behind = backend.clone();
        thread::spawn(move || {
            runtime.spawn(terminate(listener, acceptor, behind));
            let _ = runtime.block_on(closed);
        });
        Tls {
            ca,
            address,
            backend,
            _open: open,
        }
    }

    pub(in crate::recorder) fn lead_to(&self, backend: SocketAddr) {
        *self.backend.lock().unwrap() = backend;
    }

    pub(in crate::recorder) fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }
}

async fn terminate(
    listener: tokio::net::TcpListener,
    acceptor: TlsAcceptor,
    backend: Arc<Mutex<SocketAddr>>,
) {
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, backend) = (acceptor.clone(), *backend.lock().unwrap());
        tokio::spawn(async move {
            let mut outer = acceptor.accept(stream).await?;
            let mut inner = tokio::net::TcpStream::connect(backend).await?;
            tokio::io::copy_bidirectional(&mut outer, &mut inner).await
        });
    }
}

fn acceptor() -> (TlsAcceptor, String) {
    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_pem = ca.self_signed(&ca_key).unwrap().pem();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let leaf = leaf
        .signed_by(&key, &Issuer::from_params(&ca, &ca_key))
        .unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();
    (Arc::new(config).into(), ca_pem)
}
