//! A server that runs out of file descriptors, in a process of its own with few of them.
#![cfg(feature = "cli")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use super::*;

/// The binary under a limit of descriptors; it ends with this value.
struct Limited {
    child: Child,
    address: std::net::SocketAddr,
}

impl Limited {
    fn start(descriptors: u32) -> Self {
        let serve = format!(
            "ulimit -n {descriptors}; exec \"$0\" serve --listen 127.0.0.1:0 --keep-alive-timeout 1h"
        );
        let mut child = Command::new("sh")
            .args(["-c", &serve, env!("CARGO_BIN_EXE_mock-ce")])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary");
        let mut url = String::new();
        let stdout = child.stdout.take().expect("its standard output");
        BufReader::new(stdout).read_line(&mut url).unwrap();
        let address = url.trim_start_matches("http://").split('/').next().unwrap();
        let address = address.parse().expect("a base URL");
        Limited { child, address }
    }
}

impl Drop for Limited {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_server_out_of_descriptors_serves_again_when_they_return() {
    let server = Limited::start(32);
    let mut held: Vec<_> = (0..64).map(|_| Raw::connect(server.address)).collect();
    // As many as there are descriptors are served, and each of them goes on being served.
    for raw in &mut held[..10] {
        raw.send(GET);
        assert_eq!(raw.answer().unwrap().status, 200);
    }
    let last = held.last_mut().unwrap();
    last.send(GET);
    assert!(last.is_open_after(std::time::Duration::from_millis(100)));
    assert!(last.has_heard_nothing());
    held.drain(..63);
    assert_eq!(held[0].answer().unwrap().status, 200);
    let mut next = Raw::connect(server.address);
    next.send(create());
    assert_eq!(next.answer().unwrap().status, 200);
}
