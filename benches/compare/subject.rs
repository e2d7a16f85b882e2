//! A server under test: a process that says where it listens and ends when its standard input does.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::process;

/// The peers that `benches/peers` knows.
pub(crate) const PEERS: [&str; 3] = ["httpmock", "wiremock", "mockito"];

pub(crate) const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/Cargo.toml");

/// A command of this program in a process of its own, such as `serve bare 0`.
pub(crate) fn own(words: &[&str]) -> Command {
    let program = std::env::current_exe().expect("the program knows its path");
    let mut command = Command::new(program);
    command.arg("child").args(words);
    command
}

/// Builds the peers; returns the program.
pub(crate) fn build_peers() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers");
    let status = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--release",
            "--manifest-path",
            MANIFEST,
            "--target-dir",
        ])
        .arg(&target)
        .status()
        .expect("cargo runs");
    assert!(status.success(), "the peers do not build");
    target.join("release/peers")
}

/// A command of the peers' program.
pub(crate) fn of_peers(program: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(program);
    // httpmock keeps its servers in a pool, and waits where it is exhausted.
    command.args(words).env("HTTPMOCK_MAX_SERVERS", "10000");
    command
}

/// Reads the figures of a process that measures by itself: numbers, a line each.
pub(crate) fn numbers(mut command: Command) -> Vec<f64> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .expect("a measuring process starts");
    assert!(output.status.success(), "{command:?} failed");
    let text = String::from_utf8(output.stdout).expect("numbers are text");
    text.lines()
        .map(|line| line.parse().expect("a measuring process prints numbers"))
        .collect()
}

/// A server that runs.
pub(crate) struct Running {
    process: Child,
    pub(crate) address: SocketAddr,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a server starts");
        let output = process.stdout.take().expect("it was piped");
        let mut line = String::new();
        BufReader::new(output)
            .read_line(&mut line)
            .expect("a server prints its address");
        let address = line
            .trim()
            .parse()
            .unwrap_or_else(|_| panic!("{command:?} printed {line:?}"));
        Running { process, address }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Time that it has been on a processor, in microseconds.
    pub(crate) fn processor_micros(&self) -> f64 {
        process::processor_time(self.pid()).as_secs_f64() * 1e6
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ended = self.process.wait();
    }
}
