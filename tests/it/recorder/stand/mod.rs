//! Support for the recorder's tests: a directory, processes, services to record, and a client.

mod caller;
mod canned;
mod process;
mod tls;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU64, Ordering};

use mock_ce::cassette::Cassette;

pub(super) use caller::{Caller, mailjet, member, shown};
pub(super) use canned::{Canned, answer};
pub(super) use process::RecorderProcess;
pub(super) use tls::Tls;

/// A directory of its own, gone at the end.
pub(super) struct Room(PathBuf);

impl Room {
    pub(super) fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("mock-ce-recorder-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Room(path)
    }

    pub(super) fn cassette(&self) -> PathBuf {
        self.0.join("cassette.json")
    }
}

impl Deref for Room {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The binary, with these words.
pub(super) fn mock_ce(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mock-ce"))
        .args(words)
        .output()
        .unwrap()
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Sends bytes on a socket, and returns everything that the server answers.
pub(super) fn raw(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    text(&reply)
}

pub(super) fn load(path: &Path) -> Cassette {
    Cassette::load(path).unwrap()
}
