//! A server at a Unix socket.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Command, Stdio};

use mock_ce::MockCe;
use tempfile::TempDir;

use super::{exchange, is_there, keys};
use crate::support::{Process, Request};

#[test]
fn the_socket_is_served_for_its_user_only_and_removed_at_the_end() {
    let room = TempDir::new().unwrap();
    let path = room.path().join("ce.sock");
    let ce = MockCe::builder().listen_unix(&path).start();
    assert_eq!(ce.base_url(), "http://localhost/elements/api-v2");
    assert_eq!(ce.socket(), Some(&*path));
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    for request in [keys(), Request::raw("GET", "/__admin/health")] {
        let reply = exchange(
            &mut UnixStream::connect(&path).unwrap(),
            &request.header("host", "localhost"),
        );
        assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    }
    ce.shutdown();
    assert!(!path.exists());
}

#[test]
fn a_file_that_nobody_serves_any_more_is_replaced() {
    let room = TempDir::new().unwrap();
    let path = room.path().join("ce.sock");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let ce = MockCe::builder().listen_unix(&path).start();
    let reply = exchange(&mut UnixStream::connect(&path).unwrap(), &keys());
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    drop(ce);
    assert!(!path.exists());
}

#[test]
fn neither_a_served_socket_nor_a_file_is_replaced() {
    let room = TempDir::new().unwrap();
    let path = room.path().join("ce.sock");
    let served = MockCe::builder().listen_unix(&path).start();
    let refusal = || {
        MockCe::builder()
            .listen_unix(&path)
            .try_start()
            .unwrap_err()
            .to_string()
    };
    let refused = refusal();
    assert!(
        refused.contains("ce.sock") && refused.contains("--listen unix:PATH"),
        "{refused}"
    );
    let reply = exchange(&mut UnixStream::connect(&path).unwrap(), &keys());
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    drop(served);
    fs::write(&path, "precious").unwrap();
    let refused = refusal();
    assert!(refused.contains("is no socket"), "{refused}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
}

#[test]
fn a_path_that_is_too_long_is_told_with_the_limit() {
    let path = std::path::Path::new("/tmp").join("s".repeat(120));
    let refused = MockCe::builder().listen_unix(&path).try_start();
    let told = refused.unwrap_err().to_string();
    assert!(
        told.contains(path.to_str().unwrap())
            && told.contains("the path has 125 bytes, and this system takes 10"),
        "{told}"
    );
    // As long as it may be.
    let room = TempDir::new().unwrap();
    let most = if cfg!(target_os = "linux") { 107 } else { 103 };
    let length = most - room.path().as_os_str().len() - 1;
    let ce = MockCe::builder().listen_unix(room.path().join("s".repeat(length)));
    drop(ce.start());
}

#[test]
fn curl_asks_the_binary_by_the_socket() {
    if !is_there("curl") {
        return;
    }
    let room = TempDir::new().unwrap();
    let path = room.path().join("ce.sock");
    let listen = format!("unix:{}", path.display());
    let mut serve = Process::command(&["serve", "--listen", &listen]);
    let mut child = serve
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut url)
        .unwrap();
    let health = url
        .trim_end()
        .replace("/elements/api-v2", "/__admin/health");
    let asked = Command::new("curl")
        .args(["-sS", "--unix-socket"])
        .arg(&path)
        .arg(health)
        .output();
    let interrupt = format!("kill -INT {}", child.id());
    assert!(
        Command::new("sh")
            .args(["-c", &interrupt])
            .status()
            .unwrap()
            .success()
    );
    let (mut told, status) = (String::new(), child.wait().unwrap());
    child.stderr.unwrap().read_to_string(&mut told).unwrap();
    assert!(
        String::from_utf8(asked.unwrap().stdout)
            .unwrap()
            .contains("\"ready\""),
        "{told}"
    );
    assert!(
        told.contains(&format!("curl --unix-socket '{}'", path.display())),
        "{told}"
    );
    assert!(status.success() && !path.exists(), "{told}");
}

#[test]
fn a_command_is_told_of_the_socket() {
    let room = TempDir::new().unwrap();
    let listen = format!("unix:{}", room.path().join("ce.sock").display());
    let mut exec = Process::command(&[
        "exec",
        "--listen",
        &listen,
        "--",
        "sh",
        "-c",
        "test -S \"$MOCK_CE_SOCKET\" && echo $MOCK_CE_URL",
    ]);
    let output = exec.output().unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "http://localhost/elements/api-v2\n"
    );
}
