//! The binary in a process of its own, which a test can starve and measure.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

/// A server with few descriptors; its process ends with this value.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

impl Server {
    pub fn start(descriptors: u32) -> Self {
        let serve = format!("ulimit -n {descriptors}; exec \"$0\" serve --listen 127.0.0.1:0");
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
        Server { child, address }
    }

    /// The bytes that it has in memory.
    pub fn resident(&self) -> usize {
        let statm = format!("/proc/{}/statm", self.child.id());
        let statm = std::fs::read_to_string(statm).expect("this machine's statistics");
        let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
        pages * 4096
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
