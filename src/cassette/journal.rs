//! The journal of a recording: every interaction on a line of its own, as soon as it is redacted.
//!
//! It lies beside the cassette (`FILE.journal`) while a recording is under way, and is folded into the cassette at its
//! end. The write goes to the operating system, so a process that is killed loses nothing; it is not forced to the disk,
//! so a power loss may cost the last lines. A line that was cut off is no interaction: it was never written.
//!
//! Whoever writes it holds it locked, and a second writer is refused.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::claim::{self, Claim};
use super::file::{self, beside};
use super::line::Line;
use super::message::member;
use super::{Cassette, CassetteError, Interaction};
use crate::file::behind_links;
use crate::wire::json::Json;

/// What becomes of a cassette that is already there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// It goes on.
    Continue,
    /// It is replaced, as soon as there is anything to replace it by.
    Afresh,
}

/// A recording under way: its journal, and the cassette that it will be folded into.
pub struct Journal {
    path: PathBuf,
    file: File,
    /// What the recording goes on from.
    cassette: Cassette,
    /// What has been recorded: compact, since a tree of each would be most of what a recording costs.
    lines: Vec<u8>,
    count: usize,
    /// What was in the file before.
    before: Option<Cassette>,
    /// Bytes of the file that are whole lines.
    length: u64,
    /// Lines that the disk has not taken yet.
    pending: Vec<u8>,
    start: Start,
    /// Unless another process records, and has it.
    _claim: Option<Claim>,
}

impl Journal {
    /// Takes the cassette at `path` for recording; `fresh` is what is recorded into when there is none.
    ///
    /// What a recording that was cut off has left is folded in first.
    ///
    /// # Errors
    /// Another recording into the same file, or a file that cannot be read or written.
    pub fn open(path: &Path, fresh: Cassette, start: Start) -> Result<Self, CassetteError> {
        let path = behind_links(path);
        let claim = Claim::take(&path)?;
        Journal::open_claimed(&path, fresh, start, Some(claim))
    }

    /// The same with the claim on it, or for a recorder that has the claim.
    pub(crate) fn open_claimed(
        path: &Path,
        fresh: Cassette,
        start: Start,
        claim: Option<Claim>,
    ) -> Result<Self, CassetteError> {
        let file = claim::lock_journal(&path_of(path)).map_err(|error| error.of(path))?;
        let before = match file::load_now(path) {
            Ok(cassette) => Some(cassette),
            Err(error) if error.is_absent() => None,
            Err(error) => {
                if is_empty(&file) {
                    // It came with the lock; the first error is the one to tell.
                    let _ = fs::remove_file(path_of(path));
                }
                return Err(error);
            }
        };
        let mut cassette = fresh;
        if let (Start::Continue, Some(before)) = (start, &before) {
            cassette.interactions.clone_from(&before.interactions);
        }
        let mut journal = Journal {
            path: path.to_owned(),
            file,
            cassette,
            lines: Vec::new(),
            count: 0,
            before,
            length: 0,
            pending: Vec::new(),
            start,
            _claim: claim,
        };
        journal.recover()?;
        Ok(journal)
    }

    /// Folds what was left, so that the journal can begin anew.
    fn recover(&mut self) -> Result<(), CassetteError> {
        let journal = path_of(&self.path);
        let failed = |source| CassetteError::Unwritable { source }.of(&journal);
        if !is_empty(&self.file)
            && let Some(before) = &self.before
        {
            before.save(&self.path)?;
        }
        self.begin().map_err(failed)
    }

    fn begin(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        let mut heading = self.cassette.head();
        let after = self.cassette.interactions.len() as u64;
        heading.push(member("after", after.into()));
        self.pending = format!("{}\n", Json::Object(heading)).into_bytes();
        self.write()
    }

    /// Adds an interaction. When this returns, killing the process does not lose it.
    ///
    /// # Errors
    /// A disk that is full; the interaction is kept in memory all the same.
    pub fn push(&mut self, interaction: Interaction) -> Result<(), CassetteError> {
        let start = self.lines.len();
        serde_json::to_writer(&mut self.lines, &Line(&interaction))
            .expect("writing to memory does not fail");
        self.lines.push(b'\n');
        self.count += 1;
        let line = &self.lines[start..];
        self.pending.extend_from_slice(line);
        self.write()
            .map_err(|source| CassetteError::Unwritable { source }.of(&path_of(&self.path)))
    }

    /// Whole lines or none: what the disk did not take is tried again with the next.
    fn write(&mut self) -> io::Result<()> {
        let written = self.file.write_all(&self.pending);
        if written.is_err() {
            self.file.set_len(self.length)?;
            return written;
        }
        self.length += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }

    /// What the recording goes on from; what is recorded since is in what [`Journal::fold`] returns.
    #[must_use]
    pub fn cassette(&self) -> &Cassette {
        &self.cassette
    }

    /// Folds the journal into the cassette, and removes it.
    ///
    /// A cassette that says the same as before stays as it is, date included; where there is nothing, none is made of
    /// nothing.
    ///
    /// # Errors
    /// A file that cannot be written; the journal stays.
    pub fn fold(mut self) -> Result<Cassette, CassetteError> {
        let recorded = self.recorded()?;
        self.cassette.interactions.extend(recorded);
        if !self.is_unchanged() {
            self.cassette.save(&self.path)?;
        }
        remove(&self.path)?;
        Ok(self.cassette)
    }

    fn recorded(&self) -> Result<Vec<Interaction>, CassetteError> {
        let lines = self.lines.split_inclusive(|&byte| byte == b'\n');
        let numbered = (1..).zip(lines);
        let read = numbered.map(parse_line).collect::<Result<_, _>>();
        read.map_err(|error| error.of(&path_of(&self.path)))
    }

    fn is_unchanged(&self) -> bool {
        let is_empty = self.cassette.interactions.is_empty();
        let Some(before) = &self.before else {
            return is_empty;
        };
        let nothing_new = is_empty && self.start == Start::Afresh;
        let of_its_day = || Cassette {
            recorded: before.recorded.clone(),
            ..self.cassette.clone()
        };
        nothing_new || of_its_day() == *before
    }
}

pub(super) fn path_of(cassette: &Path) -> PathBuf {
    beside(cassette, ".journal")
}

/// Takes away what is in the cassette by now.
pub(super) fn remove(cassette: &Path) -> Result<(), CassetteError> {
    let journal = path_of(cassette);
    match fs::remove_file(&journal) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(|source| CassetteError::Unwritable { source }.of(&journal)),
    }
}

fn is_empty(file: &File) -> bool {
    file.metadata().is_ok_and(|found| found.len() == 0)
}

/// What a journal says.
pub(super) struct Written {
    heading: Cassette,
    after: usize,
    interactions: Vec<Interaction>,
}

impl Written {
    /// The cassette that it makes of the one before it. Folding twice gives the same.
    pub(super) fn onto(self, before: Option<Cassette>) -> Cassette {
        let goes_on = before.filter(|_| self.after > 0);
        let mut cassette = goes_on.unwrap_or(self.heading);
        cassette.interactions.truncate(self.after);
        cassette.interactions.extend(self.interactions);
        cassette
    }
}

/// Reads the journal beside a cassette; `None` when there is none, or nothing in it.
pub(super) fn read(cassette: &Path) -> Result<Option<Written>, CassetteError> {
    let text = match file::read(&path_of(cassette)) {
        Err(error) if error.is_absent() => return Ok(None),
        read => read?,
    };
    let whole = text
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(0, |end| end + 1);
    let mut lines = text[..whole]
        .split_inclusive(|&byte| byte == b'\n')
        .enumerate();
    let Some((_, heading)) = lines.next() else {
        return Ok(None);
    };
    let (heading, after) = parse_heading(heading)?;
    let interactions = lines.map(parse_line).collect::<Result<Vec<_>, _>>()?;
    let written = Written {
        heading,
        after,
        interactions,
    };
    Ok((!written.interactions.is_empty()).then_some(written))
}

fn parse_heading(line: &[u8]) -> Result<(Cassette, usize), CassetteError> {
    let json = parse_json(0, line)?;
    let after = json.get("after").and_then(Json::as_u64).unwrap_or_default();
    let after = usize::try_from(after).unwrap_or(usize::MAX);
    Ok((Cassette::parse_head(&json)?, after))
}

fn parse_line((index, line): (usize, &[u8])) -> Result<Interaction, CassetteError> {
    let json = parse_json(index, line)?;
    Interaction::parse(&json).map_err(|problem| in_line(index, &problem))
}

fn parse_json(index: usize, line: &[u8]) -> Result<Json<'_>, CassetteError> {
    Json::parse(line).map_err(|problem| in_line(index, &problem.to_string()))
}

fn in_line(index: usize, problem: &str) -> CassetteError {
    CassetteError::malformed(format!("line {}: {problem}", index + 1))
}
