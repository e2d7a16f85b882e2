//! HTTPS, the proxy in front of a compiled-in host, and the Unix socket.

mod asking;
mod clients;
mod port;
mod proxy;
mod recording;
#[cfg(unix)]
mod socket;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use mock_ce::TrustStore;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::Request;

/// The vendor's host, as clients have it in their code.
const HOST: &str = "api.cloud-elements.com";

type Encrypted = StreamOwned<ClientConnection, TcpStream>;

/// A TLS connection that trusts nothing but `trust`.
fn encrypted(stream: TcpStream, name: &str, trust: &TrustStore) -> Encrypted {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(trust.to_pem().as_bytes()) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    StreamOwned::new(connection, stream)
}

/// Sends a request that is the last, and returns all that comes back.
fn exchange(stream: &mut (impl Read + Write), request: &Request) -> String {
    let request = request.clone().header("connection", "close");
    stream.write_all(&request.to_bytes()).unwrap();
    let mut reply = Vec::new();
    // A reply that a script cuts off ends without a farewell.
    let _ = stream.read_to_end(&mut reply);
    String::from_utf8(reply).unwrap()
}

fn keys() -> Request {
    Request::get("/elements/keys")
}

/// Tells whether a program can be run; says so in the test's output when it cannot.
#[expect(clippy::print_stderr, reason = "a test that was not run must say so")]
fn is_there(program: &str) -> bool {
    let is_there = Command::new(program)
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success());
    if !is_there {
        eprintln!("not run: {program} is not there");
    }
    is_there
}
