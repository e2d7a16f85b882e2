//! The recorder as a process, and its keeper.

use std::fs;
use std::io::Read as _;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};

use super::Room;
use crate::support::first_line;

/// The recorder as a process of its own, which has a keeper beside it.
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
            .process_group(0)
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

    pub(in crate::recorder) fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Ends it as an operator does.
    pub(in crate::recorder) fn end(mut self) -> Output {
        signal(self.id(), "-TERM");
        self.child.take().unwrap().wait_with_output().unwrap()
    }

    /// How it ends by this signal.
    pub(in crate::recorder) fn wait_after(&mut self, asked: &str) -> ExitStatus {
        signal(self.id(), asked);
        self.child.take().unwrap().wait().unwrap()
    }

    /// Ends it at once; what it has told its keeper is still being written.
    pub(in crate::recorder) fn kill(mut self) -> Writing {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        Writing(child.stderr.take().unwrap())
    }

    /// Ends it at once, with every process that a shell would count as its job.
    pub(in crate::recorder) fn kill_group(mut self) -> Writing {
        let mut child = self.child.take().unwrap();
        let group = format!("-{}", child.id());
        let killed = Command::new("kill").args(["-KILL", "--", &group]).status();
        assert!(killed.unwrap().success());
        child.wait().unwrap();
        Writing(child.stderr.take().unwrap())
    }

    /// The process id of its keeper.
    #[cfg(target_os = "linux")]
    pub(in crate::recorder) fn keeper(&self) -> u32 {
        let id = self.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        children.trim().parse().unwrap()
    }
}

impl Drop for RecorderProcess {
    /// A test that failed leaves nothing behind; the keeper ends by itself.
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The keeper of a recorder that was killed.
pub(in crate::recorder) struct Writing(ChildStderr);

impl Writing {
    /// Waits until it has ended, and returns what was said.
    pub(in crate::recorder) fn end(mut self) -> String {
        let mut said = String::new();
        self.0.read_to_string(&mut said).unwrap();
        said
    }
}

pub(in crate::recorder) fn signal(process: u32, signal: &str) {
    let status = Command::new("kill")
        .args([signal, &process.to_string()])
        .status();
    assert!(status.unwrap().success());
}
