//! One server of each peer, with the same constant answer: 919 bytes, as the documented instance has about.

use std::net::SocketAddr;

use crate::request::INSTANCES;

/// A running server; its port is not used any more once this is dropped.
pub struct Peer {
    pub address: SocketAddr,
    _server: Box<dyn std::any::Any>,
}

/// A function that starts a server and gives it its answer.
pub fn starter(name: &str) -> Box<dyn Fn() -> Peer> {
    match name {
        #[cfg(feature = "httpmock")]
        "httpmock" => Box::new(httpmock),
        #[cfg(feature = "wiremock")]
        "wiremock" => wiremock(),
        #[cfg(feature = "mockito")]
        "mockito" => Box::new(mockito),
        _ => panic!("no such peer: {name:?}"),
    }
}

fn constant() -> String {
    format!("{{\"id\":1234,\"padding\":\"{}\"}}", "x".repeat(919 - 24))
}

#[cfg(feature = "httpmock")]
fn httpmock() -> Peer {
    let server = httpmock::MockServer::start();
    server.mock(|when, then| {
        when.method(httpmock::Method::POST).path(INSTANCES);
        then.status(200).header("content-type", "application/json").body(constant());
    });
    Peer {
        address: *server.address(),
        _server: Box::new(server),
    }
}

/// Every server on one runtime, which runs on a thread of its own as it does in a test.
#[cfg(feature = "wiremock")]
fn wiremock() -> Box<dyn Fn() -> Peer> {
    use wiremock::matchers::{method, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be made");
    Box::new(move || {
        let server = runtime.block_on(async {
            let server = MockServer::start().await;
            let answer = ResponseTemplate::new(200).set_body_raw(constant(), "application/json");
            let mock = Mock::given(method("POST")).and(path(INSTANCES));
            mock.respond_with(answer).mount(&server).await;
            server
        });
        Peer {
            address: *server.address(),
            _server: Box::new(server),
        }
    })
}

#[cfg(feature = "mockito")]
fn mockito() -> Peer {
    // Not from the pool, which has a limited number of them.
    let mut server = mockito::Server::new_with_opts(mockito::ServerOpts::default());
    let mock = server
        .mock("POST", INSTANCES)
        .with_header("content-type", "application/json")
        .with_body(constant())
        .create();
    Peer {
        address: server.socket_address(),
        _server: Box::new((server, mock)),
    }
}
