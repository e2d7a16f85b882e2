//! The log of requests on standard error: as text or JSON, while a server runs or at its end.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches};
use mock_ce::{Detail, Emulator, Received};
use parking_lot::{Condvar, Mutex};

/// The format of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Log {
    /// One JSON document a line, in the shape of the journal.
    Json,
    /// One line for people.
    Text,
    Off,
}

const NAMES: [(&str, Log); 3] = [("json", Log::Json), ("text", Log::Text), ("off", Log::Off)];

/// `--log`, with what it is when it is not said.
pub(super) fn flag(default: &'static str) -> Arg {
    Arg::new("log")
        .long("log")
        .value_name("FORMAT")
        .default_value(default)
        .value_parser(PossibleValuesParser::new(NAMES.map(|(name, _)| name)))
        .help("Log each request to standard error: json (a document a line, and no greeting), text or off")
}

/// Reads `--log`.
pub(super) fn chosen(matches: &ArgMatches) -> Log {
    let name = matches.get_one::<String>("log").expect("it has a default");
    let known = NAMES.iter().find(|(known, _)| known == name);
    known.expect("clap takes known values only").1
}

impl Log {
    /// Starts a thread that logs each request from the journal.
    ///
    /// The thread keeps a slow reader of standard error from holding up an answer; requests that it misses are counted.
    /// It writes several lines at once when requests come fast, for a line each would cost as much as the answer.
    pub(super) fn follow(self, emulator: Arc<Emulator>) -> Following {
        let logged = Arc::new(Logged::default());
        let following = Following {
            emulator: emulator.clone(),
            logged: (self != Log::Off).then(|| logged.clone()),
        };
        let detail = match self {
            Log::Off => return following,
            Log::Text => Detail::Line,
            Log::Json => Detail::Whole,
        };
        thread::spawn(move || {
            let mut log = Progress {
                format: self,
                last: 0,
                lost: 0,
            };
            loop {
                let (requests, number) = emulator.wait_for_next(log.last, detail);
                log.write(&requests, number, super::try_tell);
                *logged.number.lock() = number;
                logged.changed.notify_all();
                thread::sleep(PAUSE);
            }
        });
        following
    }

    /// The lines of requests that came one after another, without the last line break.
    fn lines(self, requests: &[Received], missed: u64) -> String {
        let missed = (missed > 0).then(|| match self {
            Log::Json => format!("{{\"notLogged\":{missed}}}"),
            _ => format!("({missed} requests not logged)"),
        });
        let line = |received: &Received| match self {
            Log::Json => received.to_json().to_string(),
            _ => received.to_log_line(),
        };
        let lines: Vec<_> = missed
            .into_iter()
            .chain(requests.iter().map(line))
            .collect();
        lines.join("\n")
    }
}

/// The requests that were logged, and those that were not.
struct Progress {
    format: Log,
    /// The number of the last request.
    last: u64,
    /// Requests whose lines could not be written, since the last that could.
    lost: u64,
}

impl Progress {
    /// Writes the lines of requests, of which the last has this number, behind a line that counts those before them that
    /// were not logged: the journal has dropped them, or standard error did not take them.
    fn write(
        &mut self,
        requests: &[Received],
        number: u64,
        out: impl FnOnce(&str) -> io::Result<()>,
    ) {
        let came = requests.len() as u64;
        let missed = self.lost + (number - self.last - came);
        let lines = self.format.lines(requests, missed);
        let is_written = lines.is_empty() || out(&lines).is_ok();
        self.lost = if is_written { 0 } else { missed + came };
        self.last = number;
    }
}

/// The time in which requests gather before they are logged together.
const PAUSE: Duration = Duration::from_millis(10);

/// The number of the last request that was logged.
#[derive(Default)]
struct Logged {
    number: Mutex<u64>,
    changed: Condvar,
}

/// A log that goes on while a server runs.
pub(super) struct Following {
    emulator: Arc<Emulator>,
    logged: Option<Arc<Logged>>,
}

impl Following {
    /// Waits until the requests so far are logged, but not for a reader that has stalled.
    pub(super) fn finish(self) {
        const MAX_WAIT: Duration = Duration::from_secs(1);
        let (_, last) = self.emulator.last_requests(0);
        if let Some(logged) = self.logged {
            let is_behind = |number: &mut u64| *number < last;
            let mut number = logged.number.lock();
            // Lines that nobody reads are not worth another second.
            let _ = logged
                .changed
                .wait_while_for(&mut number, is_behind, MAX_WAIT);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use mock_ce::{Method, MockCe, Request};
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::text(Log::Text, "(3 requests not logged)")]
    #[case::json(Log::Json, r#"{"notLogged":3}"#)]
    fn lines_that_were_lost_are_counted_by_the_next(#[case] format: Log, #[case] told: &str) {
        let emulator = MockCe::builder().emulator().expect("good settings");
        let ask = || {
            emulator.answer(&Request::new(Method::GET, "/nowhere", ""));
            emulator.last_requests(1)
        };
        let mut log = Progress {
            format,
            last: 0,
            lost: 0,
        };
        let (first, number) = ask();
        log.write(&first, number, |_| Err(io::ErrorKind::BrokenPipe.into()));
        // The journal has dropped one in between.
        ask();
        let (third, number) = ask();
        log.write(&third, number, |_| Err(io::ErrorKind::StorageFull.into()));
        let mut written = Vec::new();
        for _ in 0..2 {
            let (next, number) = ask();
            log.write(&next, number, |lines| {
                written.extend(lines.lines().map(str::to_owned));
                Ok(())
            });
        }
        assert_eq!((written.len(), &*written[0]), (3, told), "{written:?}");
    }

    #[test]
    fn the_end_waits_for_the_last_line() {
        let emulator = Arc::new(MockCe::builder().emulator().expect("good settings"));
        emulator.answer(&Request::new(Method::GET, "/nowhere", ""));
        let logged = Arc::new(Logged::default());
        let following = Following {
            emulator,
            logged: Some(logged.clone()),
        };
        let is_logged = Arc::new(AtomicBool::new(false));
        let told = is_logged.clone();
        thread::spawn(move || {
            told.store(true, Ordering::Relaxed);
            *logged.number.lock() = 1;
            logged.changed.notify_all();
        });
        following.finish();
        assert!(is_logged.load(Ordering::Relaxed));
    }
}
