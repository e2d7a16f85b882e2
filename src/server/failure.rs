//! The words to a failing test: the last requests, and, if a person wants to look, the server itself.
//!
//! `MOCK_CE_LOG` says when the requests are printed: `failures` (default) when a server is dropped by a panicking thread,
//! `all` whenever one is dropped, `off` never. With `MOCK_CE_HOLD=1` a server that a panicking thread drops stays up until
//! somebody presses Enter or ends the process.

use std::env;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::thread;

use super::MockCe;

/// More requests are not printed.
const MAX_PRINTED: usize = 20;

/// When the last requests are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Log {
    All,
    Failures,
    Off,
}

impl Log {
    /// Reads `MOCK_CE_LOG`.
    fn read(value: Option<&str>) -> Result<Self, String> {
        match value {
            None | Some("" | "failures") => Ok(Log::Failures),
            Some("all") => Ok(Log::All),
            Some("off") => Ok(Log::Off),
            Some(other) => Err(format!(
                "mock-ce: MOCK_CE_LOG must be all, failures or off, found {other:?}"
            )),
        }
    }
}

impl Drop for MockCe {
    fn drop(&mut self) {
        let is_panicking = thread::panicking();
        let said = env::var("MOCK_CE_LOG").ok();
        let log = Log::read(said.as_deref()).unwrap_or_else(|wrong| {
            print(&wrong);
            Log::Failures
        });
        if log == Log::All || (log == Log::Failures && is_panicking) {
            print(&self.last_requests());
        }
        if is_panicking && env::var("MOCK_CE_HOLD").is_ok_and(|value| value == "1") {
            self.hold();
        }
    }
}

impl MockCe {
    /// The last requests, a line each, with the organizations as the test named them.
    fn last_requests(&self) -> String {
        let (requests, count) = self.emulator.last_requests(MAX_PRINTED);
        let url = self.base_url();
        if requests.is_empty() {
            return format!("mock-ce: {url} received no request");
        }
        let shown = requests.len();
        let mut text = format!("mock-ce: the last {shown} of {count} requests to {url}:");
        for received in requests {
            let line = self.emulator.outside_view(received).to_log_line();
            let _ = write!(text, "\n  {line}");
        }
        self.emulator.spelled(text)
    }

    /// Keeps the server up until Enter is pressed; without a terminal until the process is ended.
    fn hold(&self) {
        // Written past the test harness, which would show it only when the test is over.
        let told = format!(
            "\nmock-ce: held at {} and {} after a panic; press Enter to go on\n",
            self.base_url(),
            self.admin_url()
        );
        let _ = io::stderr().write_all(told.as_bytes());
        let read = io::stdin().read_line(&mut String::new());
        while read.as_ref().map_or(true, |length| *length == 0) {
            thread::park();
        }
    }
}

/// Prints where the test harness shows it together with the panic.
#[expect(
    clippy::print_stderr,
    reason = "the harness captures what this macro prints, and shows it for a failed test"
)]
fn print(text: &str) {
    eprintln!("{text}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(None, Ok(Log::Failures))]
    #[case(Some("failures"), Ok(Log::Failures))]
    #[case(Some("all"), Ok(Log::All))]
    #[case(Some("off"), Ok(Log::Off))]
    fn the_variable_says_when_to_print(
        #[case] value: Option<&str>,
        #[case] expected: Result<Log, String>,
    ) {
        assert_eq!(Log::read(value), expected);
    }

    #[test]
    fn another_value_is_told() {
        let told = Log::read(Some("yes")).unwrap_err();
        assert_eq!(
            told,
            "mock-ce: MOCK_CE_LOG must be all, failures or off, found \"yes\""
        );
    }
}
