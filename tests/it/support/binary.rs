//! The binary as a process of its own, ended when its handle is dropped.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};

use mock_ce::settings::FLAGS;

use super::harness::ask_kept;
use super::{Client, Flags, Harness, Reply, Request};

/// A running `mock-ce serve`.
pub(crate) struct Process {
    child: Child,
    pub(crate) base_url: String,
    stdout: BufReader<ChildStdout>,
    /// Read it or it fills up: only for runs of few requests.
    pub(crate) stderr: BufReader<ChildStderr>,
}

/// The binary, asked over a socket.
pub(crate) struct Binary {
    process: Process,
    client: Option<Client>,
}

/// The first line that a child prints; its output is closed behind it.
pub(crate) fn first_line(child: &mut Child) -> String {
    let mut line = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut line).unwrap();
    line
}

impl Process {
    /// The binary with these arguments.
    pub(crate) fn command(arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mock-ce"));
        command.args(arguments).stdin(Stdio::null());
        command
    }

    /// `serve` on a free port with these flags; the port is open on return.
    pub(crate) fn serve(flags: Flags<'_>) -> Self {
        let mut command = Process::command(&["serve", "--listen", "127.0.0.1:0"]);
        for (name, value) in flags {
            let setting = FLAGS.iter().find(|flag| flag.name == *name);
            let takes_value = setting.is_none_or(|flag| flag.value.is_some());
            command.arg(match takes_value {
                true => format!("--{name}={value}"),
                false => format!("--{name}"),
            });
        }
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let mut base_url = String::new();
        stdout.read_line(&mut base_url).unwrap();
        let base_url = base_url.trim_end().to_owned();
        Process {
            child,
            base_url,
            stdout,
            stderr,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        let (_, place) = self.base_url.split_once("://").expect("a base URL");
        let place = place.split('/').next().unwrap();
        // A certificate is for the name.
        place.replace("localhost", "127.0.0.1").parse().unwrap()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.pid());
        let sent = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(sent.success(), "{kill}");
    }

    /// Waits for the end; what standard output had after its first line, and standard error.
    pub(crate) fn wait(mut self) -> (ExitStatus, String, String) {
        let (mut out, mut err) = (String::new(), String::new());
        self.stderr.read_to_string(&mut err).unwrap();
        self.stdout.read_to_string(&mut out).unwrap();
        (self.child.wait().unwrap(), out, err)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _already_over = self.child.kill();
        let _status = self.child.wait();
    }
}

impl Harness for Binary {
    fn start(flags: Flags<'_>) -> Self {
        Binary {
            process: Process::serve(flags),
            client: None,
        }
    }

    fn ask(&mut self, request: Request) -> Reply {
        let address = self.process.address();
        ask_kept(&mut self.client, address, &request)
    }
}
