//! Cassettes on the disk: read with what a journal adds, written whole or not at all.

mod journal;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

pub use journal::{JournalFile, Start};

use super::{Cassette, CassetteError, Interaction};
use crate::file::lock;
use journal::Written;

/// A recording that has not ended: its interactions stand in the journal beside the cassette.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// The journal.
    pub journal: PathBuf,
    /// Whole interactions in it.
    pub interactions: usize,
    /// True while a recorder is writing it now.
    pub is_under_way: bool,
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unfinished {
            journal,
            interactions,
            is_under_way,
        } = self;
        let journal = journal.display().to_string();
        let plural = if *interactions == 1 { "" } else { "s" };
        let counted = format!("{interactions} interaction{plural}");
        match is_under_way {
            true => write!(
                f,
                "{journal:?} is a recording under way with {counted} so far"
            ),
            false => write!(
                f,
                "{journal:?} is an unfinished recording with {counted}; `mock-ce check --reseal` makes it a part of the cassette"
            ),
        }
    }
}

/// The two files of a cassette, read together.
struct Found {
    cassette: Option<Cassette>,
    written: Option<Written>,
}

impl Found {
    /// Reads both files; the seal of the cassette is judged by `parse`.
    ///
    /// The journal is read first: a recording that ends meanwhile removes it when the cassette has what was in it.
    fn read(
        path: &Path,
        parse: impl Fn(&str) -> Result<Cassette, CassetteError>,
    ) -> Result<Self, CassetteError> {
        let written = journal::read(path).map_err(|error| error.of(&journal::path_of(path)))?;
        let cassette = match read_text(path).and_then(|text| parse(&text)) {
            Err(error) if error.is_absent() => None,
            read => Some(read.map_err(|error| error.of(path))?),
        };
        Ok(Found { cassette, written })
    }

    /// The journal, if the cassette lacks what it holds.
    fn unfinished(&self) -> Option<&Written> {
        let folded = |written: &&Written| {
            let cassette = self.cassette.as_ref()?;
            let interactions: &[Interaction] = &cassette.interactions;
            Some(interactions.get(written.after()..) == Some(written.interactions()))
        };
        self.written
            .as_ref()
            .filter(|written| folded(written) != Some(true))
    }

    /// Tells whether the journal would replace a cassette, which only the end of its recording may do.
    fn would_replace(&self) -> bool {
        let replaces = self.unfinished().is_some_and(Written::is_afresh);
        replaces && self.cassette.is_some()
    }

    /// The cassette with what a journal adds to it; one that a journal would replace stays.
    fn merged(self) -> Option<Cassette> {
        match self.would_replace() {
            true => self.cassette,
            false => self.adopted(),
        }
    }

    /// The cassette as the journal makes it.
    fn adopted(self) -> Option<Cassette> {
        match self.written {
            Some(written) => Some(written.onto(self.cassette)),
            None => self.cassette,
        }
    }
}

pub(super) fn load(path: &Path) -> Result<Cassette, CassetteError> {
    let found = Found::read(path, Cassette::parse)?;
    found.merged().ok_or_else(|| CassetteError::absent(path))
}

/// The recording beside a cassette that has not ended, if there is one.
pub(super) fn unfinished(path: &Path) -> Result<Option<Unfinished>, CassetteError> {
    let found = Found::read(path, parse_any_seal)?;
    let journal = journal::path_of(path);
    Ok(found.unfinished().map(|written| Unfinished {
        interactions: written.interactions().len(),
        is_under_way: lock::is_locked(&journal),
        journal,
    }))
}

pub(super) fn reseal(path: &Path) -> Result<(), CassetteError> {
    let journal = journal::lock(path)?;
    let adopted = Found::read(path, parse_any_seal)?.adopted();
    save(path, &adopted.ok_or_else(|| CassetteError::absent(path))?)?;
    journal
        .clear()
        .map_err(CassetteError::unwritable(&journal.path))
}

fn parse_any_seal(text: &str) -> Result<Cassette, CassetteError> {
    Ok(Cassette::parse_unsealed(text)?.0)
}

/// Tells whether a recorder is recording into a cassette.
#[cfg(feature = "recorder")]
pub(crate) fn is_being_recorded(path: &Path) -> bool {
    lock::is_locked(&journal::path_of(path))
}

fn read_text(path: &Path) -> Result<String, CassetteError> {
    String::from_utf8(read(path)?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        CassetteError::malformed(format!("byte {} is not UTF-8 text", at + 1))
    })
}

/// The bytes of a file; a device may have no end.
fn read(path: &Path) -> Result<Vec<u8>, CassetteError> {
    let unreadable = |source| CassetteError::Unreadable { source };
    let kind = fs::metadata(path).map_err(unreadable)?.file_type();
    if kind.is_file() || kind.is_dir() {
        return fs::read(path).map_err(unreadable);
    }
    Err(CassetteError::malformed(
        "it is no ordinary file".to_owned(),
    ))
}

pub(super) fn save(path: &Path, cassette: &Cassette) -> Result<(), CassetteError> {
    crate::file::write(path, &cassette.to_text()).map_err(CassetteError::unwritable(path))
}
