//! Cassette files: read with what a journal adds, written whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::claim::{self, Claim};
use super::{Cassette, CassetteError, journal};

pub(super) fn load(path: &Path) -> Result<Cassette, CassetteError> {
    claim::settle(path);
    load_now(path)
}

pub(super) fn load_now(path: &Path) -> Result<Cassette, CassetteError> {
    load_by(path, Cassette::parse)
}

/// The journal is read first: a recording that ends meanwhile takes it away when the file has what was in it.
fn load_by(
    path: &Path,
    parse: impl Fn(&str) -> Result<Cassette, CassetteError>,
) -> Result<Cassette, CassetteError> {
    let written = journal::read(path).map_err(|error| error.of(&journal::path_of(path)))?;
    let cassette = match read_text(path).and_then(|text| parse(&text)) {
        Err(error) if error.is_absent() => None,
        read => Some(read.map_err(|error| error.of(path))?),
    };
    match (cassette, written) {
        (None, None) => {
            let source = io::ErrorKind::NotFound.into();
            Err(CassetteError::Unreadable { source }.of(path))
        }
        (Some(cassette), None) => Ok(cassette),
        (cassette, Some(written)) => Ok(written.onto(cassette)),
    }
}

pub(super) fn reseal(path: &Path) -> Result<(), CassetteError> {
    let _claim = Claim::take(path)?;
    let whatever_its_seal = |text: &str| Ok(Cassette::parse_unsealed(text)?.0);
    let cassette = load_by(path, whatever_its_seal)?;
    save(path, &cassette)?;
    journal::remove(path)
}

fn read_text(path: &Path) -> Result<String, CassetteError> {
    String::from_utf8(read(path)?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        CassetteError::malformed(format!("byte {} is not UTF-8 text", at + 1))
    })
}

/// The bytes of a file; of a device there may be no end.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, CassetteError> {
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
    write(path, &cassette.to_text()).map_err(|source| CassetteError::Unwritable { source }.of(path))
}

/// Whole or not at all, and on the disk.
fn write(path: &Path, text: &str) -> io::Result<()> {
    crate::file::write(path, text)?;
    sync_directory(path)
}

/// So that the rename survives a power loss.
fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

/// For the owner only.
pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// The path with `ending` behind the file's name.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
