//! Cassettes on the disk: read with what a journal adds, written whole or not at all.

mod journal;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

pub use journal::{JournalFile, Start};

use super::{Cassette, CassetteError};
use crate::file::{behind_links, lock};
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
    /// True where it takes the place of the cassette, as `--mode all` does.
    pub replaces: bool,
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unfinished {
            journal,
            interactions,
            is_under_way,
            replaces,
        } = self;
        let becomes = match replaces {
            true => "puts it in the place of the cassette",
            false => "makes it a part of the cassette",
        };
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
                "{journal:?} is an unfinished recording with {counted}; `mock-ce check --reseal` {becomes}"
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
        let written = self.written.as_ref();
        let cassette = self.cassette.as_ref();
        written.filter(|written| !cassette.is_some_and(|cassette| written.is_folded_into(cassette)))
    }

    /// Tells whether the journal would replace a cassette, which only the end of its recording may do.
    fn would_replace(&self) -> bool {
        let is_afresh = |written: &Written| written.after.is_none();
        self.cassette.is_some() && self.unfinished().is_some_and(is_afresh)
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

impl Cassette {
    /// Reads a cassette file, with the interactions that a recording beside it has added and not folded in yet.
    ///
    /// A recording that would replace the cassette and has not ended leaves it as it is; [`Cassette::unfinished`] tells.
    ///
    /// # Errors
    /// A file that cannot be read, is no cassette, is of another version, or was changed since it was sealed.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, CassetteError> {
        let path = &behind_links(path.as_ref());
        let found = Found::read(path, Cassette::parse)?;
        found.merged().ok_or_else(|| CassetteError::absent(path))
    }

    /// The recording beside a cassette file that has not ended, if there is one.
    ///
    /// # Errors
    /// A file that cannot be read, or is no cassette.
    pub fn unfinished(path: impl AsRef<Path>) -> Result<Option<Unfinished>, CassetteError> {
        let path = &behind_links(path.as_ref());
        let found = Found::read(path, Cassette::parse_unsealed)?;
        let journal = journal::path_of(path);
        Ok(found.unfinished().map(|written| Unfinished {
            interactions: written.cassette.interactions.len(),
            is_under_way: lock::is_locked(&journal),
            replaces: found.would_replace(),
            journal,
        }))
    }

    /// Seals a cassette file that was changed, and is trusted as it is; what a recording has left is folded into it.
    ///
    /// A recording that takes the place of the cassette does so only where that was not changed; else it stays.
    ///
    /// # Errors
    /// A file that cannot be read or written, is no cassette, is of another version, or is being recorded into.
    pub fn reseal(path: impl AsRef<Path>) -> Result<(), CassetteError> {
        let path = &behind_links(path.as_ref());
        let journal = journal::lock(path)?;
        let found = Found::read(path, Cassette::parse_unsealed)?;
        if let (true, Some(cassette)) = (found.would_replace(), &found.cassette)
            && Found::read(path, Cassette::parse).is_err()
        {
            return cassette.save(path);
        }
        let adopted = found.adopted();
        let adopted = adopted.ok_or_else(|| CassetteError::absent(path))?;
        adopted.save(path)?;
        journal
            .clear()
            .map_err(CassetteError::unwritable(&journal.path))
    }

    /// Writes the file whole or not at all, for its owner only.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), CassetteError> {
        let path = path.as_ref();
        crate::file::write(path, &self.to_text()).map_err(CassetteError::unwritable(path))
    }
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
    Err(CassetteError::malformed("it is no ordinary file"))
}
