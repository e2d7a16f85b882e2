//! Five attacks on each peer, each in a process of its own, as a Markdown table.
//!
//! `cargo run --manifest-path benches/peers/Cargo.toml --example attacks` runs all of them; the mock's own column is its tests' (`tests/it/abuse`).

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const PEERS: [&str; 3] = ["wiremock", "httpmock", "mockito"];
const ATTACKS: [(&str, fn(Peer) -> String); 5] = [
    ("half a request header, then silence", half_a_header),
    ("a body of 256 MiB", flood),
    ("a matcher that panics", panicking_matcher),
    ("a client that has closed its half", half_closed),
    ("a server dropped", dropped),
];

fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    if let [_, peer, attack] = &arguments[..] {
        let (_, attack) = ATTACKS[attack.parse::<usize>().expect("the number of an attack")];
        println!("{}", attack(start(peer)));
        return;
    }
    println!("| attack | {} |\n|---|---|---|---|", PEERS.join(" | "));
    for (number, (name, _)) in ATTACKS.iter().enumerate() {
        let outcomes = PEERS.map(|peer| outcome(peer, number));
        println!("| {name} | {} |", outcomes.map(wait).join(" | "));
    }
}

/// Starts one attack on one peer.
fn outcome(peer: &str, attack: usize) -> std::process::Child {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command
        .args([peer, &attack.to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command.spawn().expect("a process")
}

fn wait(child: std::process::Child) -> String {
    let output = child.wait_with_output().expect("its end");
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if said.is_empty() {
        "the process dies".to_owned()
    } else {
        said
    }
}

/// A server that answers `POST /good`, and panics at whatever has the header `panic`.
struct Peer {
    address: SocketAddr,
    server: Box<dyn std::any::Any>,
}

fn start(name: &str) -> Peer {
    match name {
        "wiremock" => wiremock(),
        "httpmock" => httpmock(),
        "mockito" => mockito(),
        other => panic!("no such peer: {other:?}"),
    }
}

fn httpmock() -> Peer {
    let server = httpmock::MockServer::start();
    server.mock(|when, then| {
        when.is_true(|request: &httpmock::prelude::HttpMockRequest| {
            assert!(!format!("{:?}", request.headers()).contains("panic"));
            false
        });
        then.status(500);
    });
    server.mock(|when, then| {
        when.method(httpmock::Method::POST).path("/good");
        then.status(200).body("good");
    });
    Peer {
        address: *server.address(),
        server: Box::new(server),
    }
}

fn wiremock() -> Peer {
    use wiremock::matchers::{method, path};
    use wiremock::{Mock, MockServer, Request, ResponseTemplate};
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let server = runtime.block_on(async {
        let server = MockServer::start().await;
        let panicking = |request: &Request| {
            assert!(!request.headers.contains_key("panic"));
            false
        };
        Mock::given(panicking)
            .respond_with(ResponseTemplate::new(500))
            .mount(&server)
            .await;
        let good = Mock::given(method("POST")).and(path("/good"));
        good.respond_with(ResponseTemplate::new(200).set_body_string("good"))
            .mount(&server)
            .await;
        server
    });
    Peer {
        address: *server.address(),
        server: Box::new((server, runtime)),
    }
}

fn mockito() -> Peer {
    let mut server = mockito::Server::new_with_opts(mockito::ServerOpts::default());
    let panicking = server.mock("POST", "/panicking").match_request(|request| {
        assert!(!request.has_header("panic"));
        false
    });
    let mocks = (
        panicking.create(),
        server.mock("POST", "/good").with_body("good").create(),
    );
    Peer {
        address: server.socket_address(),
        server: Box::new((server, mocks)),
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("a connection");
    stream
        .set_read_timeout(Some(Duration::from_secs(80)))
        .expect("a time");
    stream
}

/// The status that comes back, or what happens instead.
fn status(stream: &mut TcpStream) -> String {
    let mut start = [0; 12];
    match stream.read_exact(&mut start) {
        Ok(()) => String::from_utf8_lossy(&start[9..]).into_owned(),
        Err(error) => format!("no answer ({:?})", error.kind()),
    }
}

fn good(address: SocketAddr) -> String {
    let mut stream = connect(address);
    let sent = stream.write_all(b"POST /good HTTP/1.1\r\nhost: h\r\ncontent-length: 0\r\n\r\n");
    sent.map_or_else(|error| error.to_string(), |()| status(&mut stream))
}

fn half_a_header(peer: Peer) -> String {
    let mut stream = connect(peer.address);
    stream
        .write_all(b"POST /good HTTP/1.1\r\nhos")
        .expect("half a header");
    let began = Instant::now();
    let ended = stream.read(&mut [0; 64]).is_ok();
    let seconds = began.elapsed().as_secs();
    if ended {
        format!("closed after {seconds} s")
    } else {
        format!("held for more than {seconds} s")
    }
}

fn flood(peer: Peer) -> String {
    let mut stream = connect(peer.address);
    let piece = [b' '; 64 * 1024];
    let head = b"POST /good HTTP/1.1\r\nhost: h\r\ncontent-length: 268435456\r\n\r\n";
    stream.write_all(head).expect("the head");
    let sent = (0..4096)
        .take_while(|_| stream.write_all(&piece).is_ok())
        .count();
    let status = status(&mut stream);
    let own = std::fs::read_to_string("/proc/self/status").expect("this machine's statistics");
    let peak = own
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap_or_default();
    let peak: usize = peak
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap_or_default();
    format!(
        "{status} after {} MiB, {} MiB at the peak",
        sent / 16,
        peak / 1024
    )
}

fn panicking_matcher(peer: Peer) -> String {
    let mut stream = connect(peer.address);
    let panicking = b"POST /panicking HTTP/1.1\r\nhost: h\r\npanic: 1\r\ncontent-length: 0\r\n\r\n";
    stream.write_all(panicking).expect("a request");
    let first = status(&mut stream);
    let next = good(peer.address);
    let dropping = catch_unwind(AssertUnwindSafe(|| drop(peer.server)));
    let end = if dropping.is_ok() {
        ""
    } else {
        "; dropping the server panics"
    };
    format!("{first}; the next request: {next}{end}")
}

fn half_closed(peer: Peer) -> String {
    let mut stream = connect(peer.address);
    let request = b"POST /good HTTP/1.1\r\nhost: h\r\ncontent-length: 0\r\n\r\n";
    stream.write_all(request).expect("a request");
    stream.shutdown(Shutdown::Write).expect("half of it closed");
    status(&mut stream)
}

fn dropped(peer: Peer) -> String {
    let address = peer.address;
    drop(peer.server);
    match TcpStream::connect(address) {
        Err(_) => "the port is closed".to_owned(),
        Ok(_) => format!("the port is open; a request: {}", good(address)),
    }
}
