//! The binary in a process of its own, measured from outside.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

/// A running server; its process ends with this value.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) fn start() -> Self {
        Server::run(Command::new(env!("CARGO_BIN_EXE_mock-ce")).args([
            "serve",
            "--listen",
            "127.0.0.1:0",
        ]))
    }

    /// Starts one with few descriptors and these flags.
    #[allow(dead_code, reason = "the benchmark has no need of it, the tests have")]
    pub(crate) fn start_short_of_descriptors(descriptors: u32, flags: &[&str]) -> Self {
        let serve =
            format!("ulimit -n {descriptors}; exec \"$0\" serve --listen 127.0.0.1:0 \"$@\"");
        let binary = env!("CARGO_BIN_EXE_mock-ce");
        Server::run(Command::new("sh").args(["-c", &serve, binary]).args(flags))
    }

    fn run(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary");
        let mut url = String::new();
        let stdout = child.stdout.take().expect("its standard output");
        BufReader::new(stdout)
            .read_line(&mut url)
            .expect("the base URL");
        let address = url.trim_start_matches("http://").split('/').next();
        let address = address.and_then(|address| address.parse().ok());
        Server {
            child,
            address: address.expect("a base URL"),
        }
    }

    /// The bytes that it has in memory.
    pub(crate) fn resident(&self) -> usize {
        let statm = format!("/proc/{}/statm", self.child.id());
        let statm = std::fs::read_to_string(statm).expect("this machine's statistics");
        let pages = statm
            .split(' ')
            .nth(1)
            .and_then(|pages| pages.parse::<usize>().ok());
        pages.expect("a number of pages") * 4096
    }

    /// The descriptors that it has open.
    pub(crate) fn descriptors(&self) -> usize {
        let of_process = format!("/proc/{}/fd", self.child.id());
        std::fs::read_dir(of_process)
            .expect("this machine's statistics")
            .count()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}
