//! The proxy: whom it lets through, and that it lets nobody else.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, TcpListener, TcpStream, UdpSocket};

use mock_ce::{Method, MockCe};
use rstest::rstest;

use super::{HOST, encrypted, exchange, keys};
use crate::support::{Client, Reply, Request};

fn proxy() -> MockCe {
    MockCe::builder().intercept(HOST).start()
}

fn connect_request(target: &str) -> Request {
    Request::raw("CONNECT", target).header("host", target)
}

/// Opens a tunnel, or returns the refusal.
fn tunnel(ce: &MockCe, target: &str) -> Result<TcpStream, Reply> {
    let mut client = Client::connect(ce.address());
    client.write(&connect_request(target).to_bytes());
    // The reply that opens a tunnel has no body.
    let reply = client.reply("HEAD");
    match reply.status {
        200 => Ok(client.into_stream()),
        _ => Err(reply),
    }
}

fn refusal(ce: &MockCe, request: &Request) -> (u16, String) {
    let reply = Client::connect(ce.address()).ask(request);
    (reply.status, reply.message().to_owned())
}

/// Rule `intercept`.
#[rstest]
#[case::as_written("api.cloud-elements.com:443")]
#[case::in_capitals("API.Cloud-Elements.COM:443")]
fn the_named_host_is_answered_for_by_tls(#[case] target: &str) {
    let ce = proxy();
    let stream = tunnel(&ce, target).unwrap();
    let mut stream = encrypted(stream, HOST, ce.trust_store().unwrap());
    let reply = exchange(&mut stream, &keys().header("host", HOST));
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    ce.received(Method::GET, "/elements/keys").once();
}

#[rstest]
#[case::other_host("example.com:443")]
#[case::other_port("api.cloud-elements.com:80")]
#[case::below_it("x.api.cloud-elements.com:443")]
#[case::above_it("cloud-elements.com:443")]
#[case::longer("api.cloud-elements.com.example.com:443")]
#[case::dotted("api.cloud-elements.com.:443")]
#[case::address("93.184.216.34:443")]
#[case::this_machine("127.0.0.1:443")]
fn every_other_host_is_refused_with_the_reason(#[case] target: &str) {
    let ce = proxy();
    let (status, message) = refusal(&ce, &connect_request(target));
    assert_eq!(status, 403);
    let (shown, _) = ce.emulator().last_requests(1);
    let line = shown[0].to_log_line();
    assert!(
        line.contains(&format!("CONNECT {target} → 403 (intercept;")),
        "{line}"
    );
    assert!(
        message.starts_with(&format!(
            "{target} is not answered for here, only {HOST} at port 443"
        )),
        "{message}"
    );
}

#[test]
fn nothing_is_sent_to_another_host_unless_it_is_passed() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = elsewhere.local_addr().unwrap().to_string();
    let ce = proxy();
    assert_eq!(tunnel(&ce, &target).unwrap_err().status, 403);
    let plain = Request::raw("GET", &format!("http://{target}/")).header("host", &target);
    let (status, message) = refusal(&ce, &plain);
    assert_eq!(status, 403);
    assert!(message.contains("NO_PROXY"), "{message}");
    elsewhere.set_nonblocking(true).unwrap();
    assert_eq!(
        elsewhere.accept().unwrap_err().kind(),
        std::io::ErrorKind::WouldBlock
    );

    elsewhere.set_nonblocking(false).unwrap();
    let passing = MockCe::builder().intercept(HOST).pass().start();
    let mut here = tunnel(&passing, &target).unwrap();
    let (mut there, _) = elsewhere.accept().unwrap();
    here.write_all(b"to").unwrap();
    let mut bytes = [0; 2];
    there.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, b"to");
    there.write_all(b"fr").unwrap();
    drop(there);
    let mut rest = Vec::new();
    here.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, b"fr");
    passing.received(Method::GET, "/**").never();
}

#[test]
fn a_host_that_cannot_be_passed_on_to_is_502() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let ce = MockCe::builder().intercept(HOST).pass().start();
    let (status, message) = refusal(&ce, &connect_request(&closed.to_string()));
    assert_eq!(status, 502);
    assert!(message.contains("cannot be reached"), "{message}");
}

/// An address of this machine that is not a loopback address; nothing is sent to find it.
fn outer_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_loopback() && !ip.is_unspecified()).then_some(ip)
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that was not run must say so")]
fn the_proxy_is_open_to_this_machine_only() {
    let Some(ip) = outer_address() else {
        eprintln!("not run: this machine has no address but loopback");
        return;
    };
    for settings in [MockCe::builder(), MockCe::builder().pass()] {
        let ce = settings
            .intercept(HOST)
            .listen("0.0.0.0:0".parse().unwrap())
            .start();
        let target = format!("{HOST}:443");
        let outside = (ip, ce.address().port());
        for request in [connect_request(&target), connect_request("example.com:443")] {
            let reply = Client::connect(outside.into()).ask(&request);
            assert_eq!(
                (reply.status, reply.message()),
                (403, "the proxy is open to this machine only".to_owned())
            );
        }
    }
}

#[test]
fn the_server_itself_is_reached_with_and_without_the_proxy() {
    let ce = proxy();
    let own = ce.address().to_string();
    for target in [
        "/elements/api-v2/elements/keys",
        &format!("http://{own}/elements/api-v2/elements/keys"),
        &format!("http://{HOST}/elements/api-v2/elements/keys"),
    ] {
        let request = Request::raw("GET", target)
            .header("authorization", "User u, Organization o")
            .header("host", &own);
        assert_eq!(
            Client::connect(ce.address()).ask(&request).status,
            200,
            "{target}"
        );
    }
}

#[test]
fn inside_a_tunnel_there_is_no_proxy_and_no_control_surface() {
    let ce = MockCe::builder().intercept(HOST).pass().start();
    let inside = |request: &Request| {
        let stream = tunnel(&ce, &format!("{HOST}:443")).unwrap();
        exchange(
            &mut encrypted(stream, HOST, ce.trust_store().unwrap()),
            request,
        )
    };
    let nested = inside(&connect_request("example.com:443"));
    assert!(!nested.starts_with("HTTP/1.1 200"), "{nested}");
    let steering = inside(&Request::raw("GET", "/__admin/requests").header("host", HOST));
    assert!(steering.starts_with("HTTP/1.1 403"), "{steering}");
}

#[test]
fn a_server_that_is_no_proxy_opens_no_tunnel() {
    let ce = MockCe::start();
    let reply = Client::connect(ce.address()).ask(&connect_request(&format!("{HOST}:443")));
    assert_eq!(reply.status, 404);
    let message = reply.message();
    assert!(
        message.ends_with("; to be a proxy for a host, the server needs --intercept HOST"),
        "{message}"
    );
}

#[test]
fn an_open_tunnel_ends_with_the_server() {
    let ce = proxy();
    let mut open = tunnel(&ce, &format!("{HOST}:443")).unwrap();
    ce.shutdown();
    assert_eq!(open.read(&mut [0]).unwrap_or(0), 0);
}
