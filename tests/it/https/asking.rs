//! `mock-ce wait` and `mock-ce tail`, of servers that speak HTTPS or listen on a Unix socket.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Output, Stdio};

use mock_ce::MockCe;
use rstest::rstest;
use tempfile::TempDir;

use super::{encrypted, exchange, keys};
use crate::support::Process;

fn waited(arguments: &[&str]) -> Output {
    let mut command = Process::command(&["wait", "--timeout"]);
    command.args(arguments).output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The first line that a follower with these arguments prints of what the server has.
fn followed(arguments: &[&str]) -> String {
    let mut command = Process::command(&["tail", "--all"]);
    let command = command.args(arguments).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    lines.read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    line
}

#[rstest]
#[case("--ca", "localhost")]
#[case("--ca-file", "127.0.0.1")]
fn a_server_with_tls_is_waited_for_and_followed(#[case] flag: &str, #[case] host: &str) {
    let room = TempDir::new().unwrap();
    let file = room.path().join("ca.pem");
    let ce = MockCe::builder().tls().ca_file(&file).start();
    let (file, port) = (file.to_str().unwrap(), ce.address().port());
    let url = format!("https://{host}:{port}");
    let output = waited(&["20s", &url, flag, file]);
    assert!(output.status.success(), "{}", told(&output));
    assert_eq!((&*output.stdout, &*output.stderr), (&b""[..], &b""[..]));
    let stream = std::net::TcpStream::connect(ce.address()).unwrap();
    let mut stream = encrypted(stream, "localhost", ce.trust_store().unwrap());
    exchange(&mut stream, &keys());
    let line = followed(&[&url, flag, file]);
    assert!(
        line.contains(" GET /elements/api-v2/elements/keys → "),
        "{line}"
    );
}

#[test]
fn a_certificate_that_is_written_later_ends_the_wait() {
    let room = TempDir::new().unwrap();
    let file = room.path().join("ca.pem");
    let ce = MockCe::builder().tls().start();
    let url = format!("https://localhost:{}", ce.address().port());
    let mut command = Process::command(&["wait", &url, "--timeout", "20s", "--ca"]);
    let waiting = command.arg(&file).stderr(Stdio::piped()).spawn().unwrap();
    fs::write(&file, ce.ca_pem().unwrap()).unwrap();
    let output = waiting.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
}

#[rstest]
#[case::untrusted(
    "https",
    "its certificate is not trusted (UnknownIssuer); name it with --ca FILE"
)]
#[case::plain("http", "speaks HTTPS; write https://")]
fn a_server_with_tls_that_cannot_be_asked_is_told(#[case] scheme: &str, #[case] reason: &str) {
    let ce = MockCe::builder().tls().start();
    let output = waited(&[
        "50ms",
        &format!("{scheme}://localhost:{}", ce.address().port()),
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(told(&output).contains(reason), "{}", told(&output));
}

#[test]
fn a_plain_server_that_is_asked_by_https_is_told() {
    let ce = MockCe::start();
    let output = waited(&["50ms", &format!("https://{}", ce.address())]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        told(&output).contains("it speaks no TLS"),
        "{}",
        told(&output)
    );
}

#[rstest]
#[case::missing("/no/such/ca.pem", "cannot use the file of --ca \"/no/such/ca.pem\"")]
#[case::empty("/dev/null", "it has no certificate")]
#[cfg(unix)]
fn a_file_without_certificates_is_told(#[case] file: &str, #[case] reason: &str) {
    let ce = MockCe::builder().tls().start();
    let url = format!("https://localhost:{}", ce.address().port());
    let output = waited(&["50ms", &url, "--ca", file]);
    assert!(told(&output).contains(reason), "{}", told(&output));
    assert!(
        mock_ce::TrustStore::default()
            .with_file(file.as_ref())
            .is_err()
    );
}

/// Asking again would not help, so nothing is waited for.
#[rstest]
#[case::no_path(&["unix:"], "the path is empty; write one such as unix:/tmp/mock-ce.sock")]
#[case::long_path(&[LONG], "the path has 121 bytes, and this system takes ")]
#[case::folder(&["https://localhost:1", "--ca", "."], "cannot use the file of --ca \".\"")]
#[case::no_certificate(&["https://localhost:1", "--ca", "Cargo.toml"], "it has no certificate; name a PEM file")]
#[cfg(unix)]
fn a_wait_that_cannot_succeed_ends_at_once(#[case] arguments: &[&str], #[case] reason: &str) {
    let output = waited(&[&["20s"], arguments].concat());
    assert_eq!(output.status.code(), Some(1));
    let told = told(&output);
    assert!(told.contains(reason) && told.lines().count() == 1, "{told}");
}

#[cfg(unix)]
const LONG: &str = concat!(
    "unix:/tmp/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
);

#[cfg(unix)]
#[test]
fn a_server_at_a_unix_socket_is_waited_for_and_followed() {
    let room = TempDir::new().unwrap();
    let path = room.path().join("ce.sock");
    let ce = MockCe::builder().listen_unix(&path).start();
    let url = format!("unix:{}", path.display());
    let output = waited(&["20s", &url]);
    assert!(output.status.success(), "{}", told(&output));
    exchange(
        &mut std::os::unix::net::UnixStream::connect(&path).unwrap(),
        &keys(),
    );
    assert!(followed(&[&url]).contains(" GET /elements/api-v2/elements/keys → "));
    drop(ce);
    let output = waited(&["50ms", &url]);
    let reason = format!("{url} was not ready within 50ms");
    assert!(told(&output).contains(&reason), "{}", told(&output));
}
