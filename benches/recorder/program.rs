//! A proxy as a process of its own.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

/// A process that says on its first line where it listens, and ends with its standard input or by a signal.
pub(crate) struct Program {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Program {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program is there");
        let mut line = String::new();
        let told = child.stdout.take().expect("it is piped");
        BufReader::new(told).read_line(&mut line).expect("a line");
        let authority = line.split('/').nth(2).expect("an address");
        let address = authority.parse().expect("an address");
        Program { child, address }
    }

    pub(crate) fn end(mut self) {
        drop(self.child.stdin.take());
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-INT", &pid]).status();
        self.child.wait().expect("it ends");
    }
}
