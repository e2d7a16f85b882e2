//! ChromeDriver as a child process.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A ChromeDriver on a port of its own, which ends with its handle.
pub(crate) struct Driver {
    child: Child,
    /// Kept open: a driver that cannot write would wait.
    _stdout: BufReader<ChildStdout>,
    pub(crate) url: String,
}

impl Driver {
    /// Starts the installed ChromeDriver; `None` where there is none and that is allowed, which it is not in CI.
    pub(crate) fn start() -> Option<Self> {
        let started = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut child) = started else {
            refuse_in_ci(
                "not tested in a browser: there is no chromedriver (package chromium-driver)",
            );
            return None;
        };
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let port = port(&mut stdout).expect("chromedriver says its port");
        Some(Driver {
            child,
            _stdout: stdout,
            url: format!("http://127.0.0.1:{port}"),
        })
    }
}

/// Says that something was not tested, and fails where it must be.
pub(crate) fn refuse_in_ci(reason: &str) {
    assert!(std::env::var_os("CI").is_none(), "{reason}");
    eprintln!("{reason}");
}

/// `ChromeDriver was started successfully on port 43127.`
fn port(stdout: &mut impl BufRead) -> Option<u16> {
    loop {
        let mut line = String::new();
        if stdout.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some((_, port)) = line.rsplit_once("successfully on port ") {
            return port.trim().trim_end_matches('.').parse().ok();
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}
