//! `mock-ce wait URL`.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Output;
use std::thread;

use mock_ce::MockCe;
use rstest::rstest;

use crate::support::Process;

fn wait(url: &str, timeout: &str) -> Output {
    Process::command(&["wait", url, "--timeout", timeout])
        .output()
        .unwrap()
}

fn told(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"");
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_ready_server_ends_the_wait() {
    let ce = MockCe::start();
    for url in [
        ce.base_url(),
        ce.admin_url(),
        format!("http://localhost:{}", ce.address().port()),
    ] {
        let output = wait(&url, "20s");
        assert!(output.status.success(), "{}", told(&output));
        assert_eq!((output.stdout, output.stderr), (vec![], vec![]));
    }
}

#[test]
fn a_server_that_starts_later_ends_the_wait() {
    // Another test may take the port in between; then it is tried with another one.
    for _ in 0..20 {
        let reserved = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = reserved.local_addr().unwrap();
        drop(reserved);
        let waiting = thread::spawn(move || wait(&format!("http://{address}"), "20s"));
        if let Ok(_ce) = MockCe::builder().listen(address).try_start() {
            assert!(waiting.join().unwrap().status.success());
            return;
        }
    }
    panic!("no port stays free for a moment");
}

#[test]
fn a_timeout_is_told() {
    let reserved = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", reserved.local_addr().unwrap());
    drop(reserved);
    let told = told(&wait(&url, "50ms"));
    assert!(
        told.starts_with(&format!("mock-ce: {url} was not ready within 50ms: ")),
        "{told}"
    );
}

#[rstest]
#[case::no_such_page(
    "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
    "is not a mock-ce"
)]
#[case::another_health(
    "HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{\"status\":\"healthy\"}",
    "is not a mock-ce"
)]
fn what_is_no_mock_ce_is_told_at_once(#[case] reply: &'static str, #[case] expected: &str) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let other = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _asked = stream.read(&mut [0; 4096]).unwrap();
        stream.write_all(reply.as_bytes()).unwrap();
    });
    let told = told(&wait(&url, "20s"));
    assert!(told.contains(expected), "{told}");
    other.join().unwrap();
}

#[test]
fn credentials_of_an_address_are_refused_and_not_told() {
    let told = told(&wait("http://user:PLANTED@127.0.0.1:1/", "1ms"));
    assert!(
        told.contains("leave them out") && !told.contains("PLANTED"),
        "{told}"
    );
}

#[rstest]
#[case::no_scheme("127.0.0.1:1")]
#[case::other_scheme("ftp://127.0.0.1:1")]
fn what_is_no_url_is_told(#[case] url: &str) {
    let told = told(&wait(url, "20s"));
    assert!(told.contains("is not a URL such as"), "{told}");
}

/// No server can listen in its place, so the time is not waited out.
#[rstest]
#[case::directory("/")]
#[case::file(env!("CARGO_BIN_EXE_mock-ce"))]
#[cfg(unix)]
fn what_is_no_socket_is_told_at_once(#[case] path: &str) {
    let told = told(&wait(&format!("unix:{path}"), "20s"));
    assert!(told.contains("cannot be asked: it is no socket"), "{told}");
}
