//! The recorder as a process of its own.

use std::net::SocketAddr;
use std::process::{Child, Command, Output, Stdio};

use super::Room;
use crate::support::first_line;

/// A running `mock-ce record`.
pub(in crate::recorder) struct RecorderProcess {
    /// `None` when it has ended.
    child: Option<Child>,
    pub(in crate::recorder) address: SocketAddr,
}

impl RecorderProcess {
    pub(in crate::recorder) fn start(upstream: &str, room: &Room, words: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mock-ce"));
        command.args(["record", "--upstream", upstream, "--cassette"]);
        RecorderProcess::spawn(command.arg(room.cassette()).args(words))
    }

    pub(in crate::recorder) fn spawn(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let line = first_line(&mut child);
        let authority = line.split('/').nth(2).unwrap();
        let address = authority.parse().unwrap();
        let child = Some(child);
        RecorderProcess { child, address }
    }

    fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Ends it as an operator does.
    pub(in crate::recorder) fn end(mut self) -> Output {
        signal(self.id(), "-TERM");
        self.child.take().unwrap().wait_with_output().unwrap()
    }

    /// Ends it at once.
    pub(in crate::recorder) fn kill(mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

impl Drop for RecorderProcess {
    /// A test that failed leaves no process behind.
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn signal(process: u32, signal: &str) {
    let status = Command::new("kill")
        .args([signal, &process.to_string()])
        .status();
    assert!(status.unwrap().success());
}
