//! The journal of a recording: every interaction on a line of its own, as soon as it is redacted.
//!
//! It lies beside the cassette (`FILE.journal`) while a recording is under way, and is folded into the cassette at its
//! end. A line is with the operating system before the answer goes on, so a process that is killed loses no answered
//! interaction; it is not forced to the disk, so a power loss may cost the last lines. A last line without its end is no
//! interaction.
//!
//! The first line is the head of the cassette. With a member `after` the recording goes on from a cassette with that
//! many interactions; without it, the recording replaces the cassette.

use std::fs;
use std::io::{self, Write as _};
use std::mem;
use std::path::{Path, PathBuf};

use super::super::Interaction;
use super::super::message::member;
use super::{Cassette, CassetteError, Found};
use crate::file::lock::Locked;
use crate::file::{behind_links, beside};
use crate::wire::json::Json;

/// The use that a recording makes of a cassette that is already there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Adds to it.
    Continue,
    /// Replaces it when the recording ends well.
    Afresh,
}

/// The journal of a recording under way, locked.
pub struct JournalFile {
    /// The cassette that it will be folded into.
    cassette: PathBuf,
    locked: Locked,
    /// The cassette as it was when the recording began.
    before: Option<Cassette>,
    /// A recording that would have replaced `before` and has not ended well, moved out of the way.
    set_aside: Option<PathBuf>,
    /// Bytes of the file that are whole lines.
    length: u64,
    /// Lines that the disk has not taken yet.
    pending: Vec<u8>,
    count: usize,
    start: Start,
}

/// Locks the journal of a cassette: whoever holds it may record into the cassette.
pub(super) fn lock(cassette: &Path) -> Result<Locked, CassetteError> {
    Locked::open(path_of(cassette)).map_err(|source| {
        let error = match source.kind() {
            io::ErrorKind::WouldBlock => CassetteError::Locked,
            _ => CassetteError::Unwritable { source },
        };
        error.of(cassette)
    })
}

impl JournalFile {
    /// Takes the cassette at `path` for recording; `fresh` is its head when there is none.
    ///
    /// An earlier recording that was cut off is folded into the cassette first. One that would have replaced a cassette
    /// is set aside instead, as `FILE.journal.old`.
    ///
    /// # Errors
    /// Another recording into the same file, or a file that cannot be read or written.
    pub fn open(path: &Path, fresh: &Cassette, start: Start) -> Result<Self, CassetteError> {
        let cassette = behind_links(path);
        let locked = lock(&cassette)?;
        let mut journal = JournalFile {
            cassette,
            locked,
            before: None,
            set_aside: None,
            length: 0,
            pending: Vec::new(),
            count: 0,
            start,
        };
        journal.recover()?;
        journal.begin(fresh)?;
        Ok(journal)
    }

    /// Brings what an earlier recording has left in order.
    fn recover(&mut self) -> Result<(), CassetteError> {
        let path = &self.cassette;
        crate::file::remove_temporary(path);
        let found = Found::read(path, Cassette::parse)?;
        let is_left = found.unfinished().is_some();
        if found.would_replace() {
            let aside = unused_beside(&self.locked.path);
            let moved = fs::read_to_string(&self.locked.path)
                .and_then(|text| crate::file::write(&aside, &text));
            moved.map_err(CassetteError::unwritable(&aside))?;
            self.set_aside = Some(aside);
        }
        let before = found.merged();
        if let (true, None, Some(before)) = (is_left, &self.set_aside, &before) {
            before.save(path)?;
        }
        self.before = before;
        Ok(())
    }

    fn begin(&mut self, fresh: &Cassette) -> Result<(), CassetteError> {
        let mut head = fresh.head();
        if self.start == Start::Continue {
            let after = self.continued().len();
            head.push(member("after", (after as u64).into()));
        }
        self.pending = format!("{}\n", Json::Object(head)).into_bytes();
        self.clear()?;
        self.write()
    }

    /// Forgets what is in the journal, which is then removed.
    fn clear(&self) -> Result<(), CassetteError> {
        let Locked { path, .. } = &self.locked;
        self.locked.clear().map_err(CassetteError::unwritable(path))
    }

    /// Appends an interaction. When this returns, killing the process does not lose it.
    ///
    /// # Errors
    /// A disk that is full; the interaction is written with the next one, or at the end.
    pub fn push(&mut self, interaction: &Interaction) -> Result<(), CassetteError> {
        self.pending.extend(interaction.to_json().to_bytes());
        self.pending.push(b'\n');
        self.count += 1;
        self.write()
    }

    /// Appends the pending lines, or nothing.
    fn write(&mut self) -> Result<(), CassetteError> {
        let Locked { file, .. } = &mut self.locked;
        let written = file.write_all(&self.pending);
        let written = written.or_else(|error| file.set_len(self.length).and(Err(error)));
        written.map_err(CassetteError::unwritable(&self.locked.path))?;
        self.length += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }

    /// The cassette as it was when the recording began.
    #[must_use]
    pub fn before(&self) -> Option<&Cassette> {
        self.before.as_ref()
    }

    /// The interactions that the recording adds to.
    #[must_use]
    pub fn continued(&self) -> &[Interaction] {
        match (self.start, &self.before) {
            (Start::Continue, Some(before)) => &before.interactions,
            _ => &[],
        }
    }

    /// The file that an earlier, unfinished recording was moved to.
    #[must_use]
    pub fn set_aside(&self) -> Option<&Path> {
        self.set_aside.as_deref()
    }

    /// Ends a recording without replacing a cassette; returns the number of interactions in the cassette, and the journal
    /// that stays.
    ///
    /// The journal is folded, and `None` returned, where that replaces no cassette.
    ///
    /// # Errors
    /// Those of [`JournalFile::fold`].
    pub fn leave(mut self) -> Result<(usize, Option<PathBuf>), CassetteError> {
        match &self.before {
            Some(before) if self.start == Start::Afresh && self.count > 0 => {
                let total = before.interactions.len();
                self.write()?;
                Ok((total, Some(self.locked.path.clone())))
            }
            _ => Ok((self.fold()?, None)),
        }
    }

    /// Folds the journal into the cassette, removes it, and returns the number of interactions in the cassette.
    ///
    /// A cassette that says the same as before stays as it is, date included; without any interaction, none is made.
    ///
    /// # Errors
    /// A file that cannot be read or written; the journal stays.
    pub fn fold(mut self) -> Result<usize, CassetteError> {
        let total = |cassette: Option<&Cassette>| cassette.map_or(0, |one| one.interactions.len());
        if self.count == 0 {
            return Ok(total(self.before.as_ref()));
        }
        self.write()?;
        let written = read(&self.cassette).map_err(|error| error.of(&self.locked.path))?;
        let written = written.ok_or_else(|| CassetteError::absent(&self.locked.path))?;
        let cassette = written.onto(self.before.clone());
        if !self.is_unchanged(&cassette) {
            cassette.save(&self.cassette)?;
        }
        self.clear()?;
        Ok(total(Some(&cassette)))
    }

    fn is_unchanged(&self, cassette: &Cassette) -> bool {
        let of_its_day = |before: &Cassette| Cassette {
            recorded: before.recorded.clone(),
            ..cassette.clone()
        };
        self.before
            .as_ref()
            .is_some_and(|before| of_its_day(before) == *before)
    }
}

impl Drop for JournalFile {
    /// A journal without interactions is worth nothing to anybody; one that is not begun may be of an earlier recording.
    fn drop(&mut self) {
        if self.count == 0 && self.length > 0 {
            // One that stays has a head only, and is read as none.
            let _ = self.clear();
        }
    }
}

pub(super) fn path_of(cassette: &Path) -> PathBuf {
    beside(cassette, ".journal")
}

/// The contents of a journal.
pub(super) struct Written {
    /// Its head, and the interactions behind it.
    pub(super) cassette: Cassette,
    /// Interactions of the cassette that it goes on from; `None` when it replaces it.
    pub(super) after: Option<usize>,
}

impl Written {
    /// Tells whether a cassette has what the journal holds: it was written, and then the process was killed.
    pub(super) fn is_folded_into(&self, cassette: &Cassette) -> bool {
        let behind = cassette.interactions.get(self.after.unwrap_or(0)..);
        behind == Some(&self.cassette.interactions)
    }

    /// The cassette that it makes of the one before it. Folding twice gives the same.
    ///
    /// The selectors of the newest recording stand in the head, since later lines were redacted by them.
    pub(super) fn onto(self, before: Option<Cassette>) -> Cassette {
        let Some(before) = before.filter(|_| self.after.is_some()) else {
            return self.cassette;
        };
        let is_folded = self.is_folded_into(&before);
        let mut cassette = self.cassette;
        // All of it stays, also where another hand has changed it since the recording began.
        let added = mem::replace(&mut cassette.interactions, before.interactions);
        if !is_folded {
            cassette.interactions.extend(added);
        }
        cassette
    }
}

/// A file for a journal that is in the way, where none is yet.
fn unused_beside(journal: &Path) -> PathBuf {
    let numbered = (2..).map(|number| beside(journal, &format!(".old{number}")));
    let mut paths = std::iter::once(beside(journal, ".old")).chain(numbered);
    paths
        .find(|path| !path.exists())
        .expect("numbers do not end")
}

/// Reads the journal beside a cassette; `None` when there is none, or no interaction in it.
pub(super) fn read(cassette: &Path) -> Result<Option<Written>, CassetteError> {
    let text = match super::read(&path_of(cassette)) {
        Err(error) if error.is_absent() => return Ok(None),
        read => read?,
    };
    let end = text.iter().rposition(|&byte| byte == b'\n');
    let whole = &text[..end.map_or(0, |end| end + 1)];
    let mut lines = whole.split_inclusive(|&byte| byte == b'\n').enumerate();
    let Some((_, head)) = lines.next() else {
        return Ok(None);
    };
    let head = parse_json(0, head)?;
    let after = head.get("after").and_then(Json::as_u64);
    let after = after.map(|after| usize::try_from(after).unwrap_or(usize::MAX));
    let mut cassette = Cassette::parse_head(&head)?;
    cassette.interactions = lines.map(parse_line).collect::<Result<_, _>>()?;
    let written = Written { cassette, after };
    Ok((!written.cassette.interactions.is_empty()).then_some(written))
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
