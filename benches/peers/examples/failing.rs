//! The same failing test against mock-ce and three peers, and what each tells.
//!
//! `cargo run --manifest-path benches/peers/Cargo.toml --features mock-ce --example failing > src/docs/failing.md` writes
//! the page of the documentation that shows it.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::json;

const PATH: &str = "/elements/api-v2/instances";
const SENT: &str = r#"{"element":{"key":"sendgrid"},"nmae":"Test"}"#;

fn expected() -> serde_json::Value {
    json!({"element": {"key": "mailjet"}, "name": "Test"})
}

const INTRODUCTION: &str = "\
What the same failing test tells in mock-ce, wiremock, httpmock and mockito.

The test expects a creation with a query parameter and a JSON body. The client forgets the parameter, names another
element and misspells a member. `benches/peers/examples/failing.rs` has the four tests and wrote this page.
";

fn main() {
    println!("{INTRODUCTION}");
    // What a test prints is collected below.
    std::panic::set_hook(Box::new(|_| {}));
    let peers: [(&str, fn()); 4] = [
        ("mock-ce", mock_ce),
        ("wiremock 0.6", wiremock),
        ("httpmock 0.9", httpmock),
        ("mockito 1.7", mockito),
    ];
    for (name, test) in peers {
        let failed = catch_unwind(AssertUnwindSafe(test)).expect_err("the test fails");
        let text = failed.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| failed.downcast_ref::<&str>().copied());
        println!("# {name}\n\n```text\n{}\n```\n", plain(text.expect("a message")));
    }
}

fn mock_ce() {
    let ce = mock_ce::MockCe::start();
    send(ce.address());
    let creations = ce.received(mock_ce::Method::POST, "/instances");
    creations.query("dry", true).body_json(expected()).once();
}

fn wiremock() {
    use wiremock::matchers::{body_json, method, path, query_param};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    runtime.block_on(async {
        let server = wiremock::MockServer::start().await;
        let creation = wiremock::Mock::given(method("POST")).and(path(PATH));
        let creation = creation.and(query_param("dry", "true")).and(body_json(expected()));
        let answer = creation.respond_with(wiremock::ResponseTemplate::new(200));
        answer.expect(1).mount(&server).await;
        let address = *server.address();
        tokio::task::spawn_blocking(move || send(address)).await.expect("sent");
        server.verify().await;
    });
}

fn httpmock() {
    let server = httpmock::MockServer::start();
    let creation = server.mock(|when, then| {
        let when = when.method(httpmock::Method::POST).path(PATH);
        when.query_param("dry", "true").json_body(expected());
        then.status(200);
    });
    send(*server.address());
    creation.assert();
}

fn mockito() {
    let mut server = mockito::Server::new();
    let creation = server.mock("POST", PATH);
    let creation = creation.match_query(mockito::Matcher::UrlEncoded("dry".into(), "true".into()));
    let creation = creation.match_body(mockito::Matcher::Json(expected())).create();
    send(server.socket_address());
    creation.assert();
}

/// Sends the request of the client under test.
fn send(address: SocketAddr) {
    let mut stream = TcpStream::connect(address).expect("a connection");
    let length = SENT.len();
    write!(
        stream,
        "POST {PATH} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: {length}\r\n\r\n{SENT}"
    )
    .expect("a request is sent");
    let mut answer = Vec::new();
    let _end = stream.read_to_end(&mut answer);
}

/// The text without the colours of a terminal, and with one port whatever the port.
fn plain(text: &str) -> String {
    let mut pieces = text.split('\u{1b}');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        plain += piece.split_once('m').map_or(piece, |(_, rest)| rest);
    }
    let lines: Vec<_> = plain.trim().lines().map(str::trim_end).collect();
    lines.join("\n")
}
