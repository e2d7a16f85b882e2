//! A keeper in a process beside the recorder's: both ends of the pipe between them.
//!
//! What the recorder has written into the pipe is safe: when the recorder is killed, the keeper reads the pipe to its
//! end and finishes the cassette. The keeper's standard input is the pipe; on its standard output it tells the recorder
//! a line when it is ready, and a line when it is done.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;

use super::super::RecordError;
use super::session::{Session, Summary};
use super::transcript::{self, Message, Transcript};

/// How long the keeper rests when it has read all there is, so that the recorder need not wake it with each exchange.
const REST: Duration = Duration::from_millis(1);
/// The most bytes that a recorder and the keeper beside it have between them, as far as the system allows it.
pub const PIPE: usize = 1 << 20;

/// The recorder's end.
pub(crate) struct Apart {
    keeper: Mutex<Option<Process>>,
    warn: fn(&str),
}

struct Process {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    /// Whether it has gone, so that nothing can be told to it.
    is_lost: bool,
}

impl Apart {
    /// Starts the keeper; it has the cassette on return.
    pub(crate) fn start(mut command: Command, warn: fn(&str)) -> Result<Self, RecordError> {
        let failed = |source: io::Error| RecordError::Keeper(format!("does not start: {source}"));
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let missing = || RecordError::Keeper("has no pipe to it".to_owned());
        let mut process = Process {
            to: child.stdin.take().ok_or_else(missing)?,
            from: BufReader::new(child.stdout.take().ok_or_else(missing)?),
            child,
            is_lost: false,
        };
        match process.answer()? {
            Answer::Ready => Ok(Apart {
                keeper: Mutex::new(Some(process)),
                warn,
            }),
            Answer::Done(_) => Err(RecordError::Keeper("ended before it began".to_owned())),
        }
    }

    pub(crate) fn keep(&self, transcript: &Transcript) {
        self.tell(|to| transcript::write_keep(to, transcript));
    }

    pub(crate) fn keep_out(&self, asked: &str, reason: &str) {
        self.tell(|to| transcript::write_keep_out(to, asked, reason));
    }

    fn tell(&self, write: impl FnOnce(&mut ChildStdin) -> io::Result<()>) {
        let mut keeper = self.keeper.lock();
        let Some(process) = keeper.as_mut() else {
            (self.warn)("an answer came after the recording had ended, and is not in the cassette");
            return;
        };
        if process.is_lost {
            return;
        }
        if let Err(error) = write(&mut process.to) {
            process.is_lost = true;
            (self.warn)(&format!(
                "the process that writes the cassette cannot be reached ({error}); nothing more is recorded"
            ));
        }
    }

    pub(crate) fn finish(&self) -> Result<Summary, RecordError> {
        let Some(mut process) = self.keeper.lock().take() else {
            return Ok(Summary::default());
        };
        // When it has gone, its answer is missing, and that says so.
        let _ = transcript::write_end(&mut process.to);
        let answer = process.answer();
        drop(process.to);
        let _ = process.child.wait();
        match answer? {
            Answer::Done(summary) => Ok(summary),
            Answer::Ready => Err(RecordError::Keeper(
                "does not say what it has done".to_owned(),
            )),
        }
    }
}

impl Process {
    fn answer(&mut self) -> Result<Answer, RecordError> {
        let mut line = String::new();
        match self.from.read_line(&mut line) {
            Ok(length) if length > 0 => Answer::parse(line.trim_end()),
            _ => {
                let status = self
                    .child
                    .wait()
                    .map_or_else(|error| error.to_string(), |status| status.to_string());
                Err(RecordError::Keeper(format!(
                    "ended too early ({status}); what it had written is in the journal beside the cassette"
                )))
            }
        }
    }
}

/// What the keeper tells the recorder.
enum Answer {
    Ready,
    Done(Summary),
}

impl Answer {
    fn parse(line: &str) -> Result<Self, RecordError> {
        let unknown = || RecordError::Keeper(format!("is no keeper: it says {line:?}"));
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "ready" => Ok(Answer::Ready),
            "failed" => Err(RecordError::NotKept(rest.to_owned())),
            "done" => {
                let mut numbers = rest.split(' ').map(str::parse);
                let mut next = || numbers.next()?.ok();
                let summary = (|| {
                    Some(Summary {
                        recorded: next()?,
                        kept_out: next()?,
                        total: next()?,
                    })
                })();
                summary.map(Answer::Done).ok_or_else(unknown)
            }
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Ready => f.write_str("ready"),
            Answer::Done(Summary {
                recorded,
                kept_out,
                total,
            }) => write!(f, "done {recorded} {kept_out} {total}"),
        }
    }
}

/// The keeper's end: keeps what comes for as long as anything does; `None` when the recorder was told how it ended.
pub(crate) fn keep_for(
    from: impl Read,
    mut to: impl Write,
    session: Result<Session, RecordError>,
) -> Result<Option<Summary>, RecordError> {
    let session = match session {
        Ok(session) => session,
        Err(error) => return tell_failure(to, error),
    };
    // A recorder that is gone by now has nothing to be kept.
    let _ = writeln!(to, "{}", Answer::Ready).and_then(|()| to.flush());
    let mut from = BufReader::with_capacity(PIPE, from);
    let is_over = loop {
        match transcript::read(&mut from) {
            Ok(Message::Keep(transcript)) => session.keep(transcript),
            Ok(Message::KeepOut { asked, reason }) => session.keep_out(&asked, &reason),
            Ok(Message::End) => break true,
            Err(_) => break false,
        }
        if from.buffer().is_empty() {
            thread::sleep(REST);
        }
    };
    match session.finish() {
        Ok(summary) if is_over => {
            let told = writeln!(to, "{}", Answer::Done(summary)).and_then(|()| to.flush());
            Ok(told.is_err().then_some(summary))
        }
        Ok(summary) => Ok(Some(summary)),
        Err(error) if is_over => tell_failure(to, error),
        Err(error) => Err(error),
    }
}

fn tell_failure(mut to: impl Write, error: RecordError) -> Result<Option<Summary>, RecordError> {
    match writeln!(to, "failed {error}").and_then(|()| to.flush()) {
        Ok(()) => Ok(None),
        Err(_) => Err(error),
    }
}
