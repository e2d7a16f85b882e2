//! A keeper in a process beside the recorder's: both ends of the pipe between them.
//!
//! What the recorder has written into the pipe is safe: when the recorder is killed, the keeper reads the pipe to its
//! end and finishes the cassette. The keeper's standard input is the pipe; on its standard output it tells the recorder
//! a line when it is ready, and a line when it is done.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;

use super::super::RecordError;
use super::session::{Session, Summary};
use super::transcript::{self, Message, Transcript};
use super::warnings::Warnings;
use crate::cassette::Claim;

/// How long the keeper rests when it has read all there is, so that the recorder need not wake it with each exchange.
const REST: Duration = Duration::from_millis(1);
/// The most bytes that the keeper takes out of the pipe at once.
const AT_ONCE: usize = 1 << 20;

/// The recorder's end.
pub(crate) struct Apart {
    process: Mutex<Option<Process>>,
    warnings: Warnings,
}

impl Apart {
    /// Starts the keeper of a cassette; it has it on return.
    pub(crate) fn start(
        mut command: Command,
        cassette: &Path,
        claim: Claim,
        warn: fn(&str),
    ) -> Result<Self, RecordError> {
        let failed = |source: io::Error| RecordError::Keeper(format!("does not start: {source}"));
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let mut process = Process {
            to: child.stdin.take(),
            from: child.stdout.take().map(BufReader::new),
            child,
            _claim: claim,
        };
        match process.answer()? {
            Some(Answer::Ready(path)) if path == shown(cassette) => Ok(Apart {
                process: Mutex::new(Some(process)),
                warnings: Warnings::by(warn),
            }),
            Some(Answer::Ready(path)) => Err(RecordError::Keeper(format!(
                "writes {path} instead of {}",
                shown(cassette)
            ))),
            Some(Answer::Done(_)) | None => {
                let status = process.end();
                Err(RecordError::Keeper(format!(
                    "ended before it began ({status})"
                )))
            }
        }
    }

    pub(crate) fn keep(&self, transcript: &Transcript) {
        self.tell(|to| transcript::write_keep(to, transcript));
    }

    pub(crate) fn keep_out(&self, asked: &str, reason: &str) {
        self.tell(|to| transcript::write_keep_out(to, asked, reason));
    }

    fn tell(&self, write: impl FnOnce(&mut ChildStdin) -> io::Result<()>) {
        let mut process = self.process.lock();
        let Some(process) = process.as_mut() else {
            self.warnings
                .tell("an answer came after the recording had ended, and is not in the cassette");
            return;
        };
        // Without a pipe, the keeper has gone, which was told.
        if let Some(to) = &mut process.to
            && let Err(error) = write(to)
        {
            process.to = None;
            self.warnings.tell(&format!(
                "the process that writes the cassette cannot be reached ({error}); nothing more is recorded"
            ));
        }
    }

    pub(crate) fn finish(&self) -> Result<Summary, RecordError> {
        let Some(mut process) = self.process.lock().take() else {
            return Ok(Summary::default());
        };
        process.tell_end();
        match process.answer()? {
            Some(Answer::Done(summary)) => Ok(summary),
            _ => Err(RecordError::Keeper(format!(
                "ended too early ({}); what it had written is in the journal beside the cassette",
                process.end()
            ))),
        }
    }
}

/// The keeper as a child, which ends with this value.
struct Process {
    child: Child,
    to: Option<ChildStdin>,
    from: Option<BufReader<ChildStdout>>,
    /// Until the keeper has ended.
    _claim: Claim,
}

impl Process {
    /// Nothing more is told to it.
    fn tell_end(&mut self) {
        if let Some(to) = self.to.take() {
            // When it has gone, its answer is missing, and that says so.
            let _ = transcript::write_end(to);
        }
    }

    /// The next line that it says; `None` when it has ended.
    fn answer(&mut self) -> Result<Option<Answer>, RecordError> {
        let mut line = Vec::new();
        let from = self.from.as_mut();
        match from.map(|from| from.read_until(b'\n', &mut line)) {
            Some(Ok(length)) if length > 0 => {
                Answer::parse(&String::from_utf8_lossy(&line)).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// How it ended; nothing more can be told to it.
    fn end(&mut self) -> String {
        (self.to, self.from) = (None, None);
        let ended = self.child.wait();
        ended.map_or_else(|error| error.to_string(), |status| status.to_string())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.tell_end();
        self.end();
    }
}

/// A path as it can stand in a line.
fn shown(path: &Path) -> String {
    format!("{path:?}")
}

/// What the keeper tells the recorder.
enum Answer {
    /// It has this cassette.
    Ready(String),
    Done(Summary),
}

impl Answer {
    fn parse(line: &str) -> Result<Self, RecordError> {
        let line = line.trim_end_matches('\n');
        let unknown = || RecordError::Keeper(format!("is no keeper: it says {line:?}"));
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "ready" => Ok(Answer::Ready(rest.to_owned())),
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
            Answer::Ready(cassette) => write!(f, "ready {cassette}"),
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
    cassette: &Path,
    session: Result<Session, RecordError>,
) -> Result<Option<Summary>, RecordError> {
    let session = match session {
        Ok(session) => session,
        Err(error) => return tell_failure(to, error),
    };
    // A recorder that is gone by now has nothing to be kept.
    let _ = tell(&mut to, &Answer::Ready(shown(cassette)));
    let end = keep_all(from, &session);
    let finished = session.finish();
    match (end, finished) {
        (End::Told, Ok(summary)) => {
            let told = tell(&mut to, &Answer::Done(summary));
            Ok(told.is_err().then_some(summary))
        }
        (End::Told, Err(error)) => tell_failure(to, error),
        (End::Killed, finished) => finished.map(Some),
        (End::Garbled(problem), finished) => {
            finished?;
            Err(RecordError::Keeper(format!(
                "was told what is no exchange ({problem})"
            )))
        }
    }
}

/// How there came to be nothing more to keep.
enum End {
    Told,
    /// The recorder has gone without a word.
    Killed,
    Garbled(io::Error),
}

fn keep_all(from: impl Read, session: &Session) -> End {
    let mut from = BufReader::with_capacity(AT_ONCE, from);
    loop {
        match transcript::read(&mut from) {
            Ok(Message::Keep(transcript)) => session.keep(transcript),
            Ok(Message::KeepOut { asked, reason }) => session.keep_out(&asked, &reason),
            Ok(Message::End) => return End::Told,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return End::Killed,
            Err(error) => return End::Garbled(error),
        }
        if from.buffer().is_empty() {
            thread::sleep(REST);
        }
    }
}

fn tell(to: &mut impl Write, line: &impl fmt::Display) -> io::Result<()> {
    writeln!(to, "{line}")?;
    to.flush()
}

fn tell_failure(mut to: impl Write, error: RecordError) -> Result<Option<Summary>, RecordError> {
    match tell(&mut to, &format_args!("failed {error}")) {
        Ok(()) => Ok(None),
        Err(_) => Err(error),
    }
}
