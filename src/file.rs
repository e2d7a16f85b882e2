//! Files that are there whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Where a path leads, through symbolic links; itself, when it is none.
pub(crate) fn behind_links(path: &Path) -> PathBuf {
    /// As many as the system follows, too.
    const MOST: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..MOST {
        let Ok(target) = fs::read_link(&path) else {
            break;
        };
        path = path.parent().unwrap_or(Path::new("")).join(target);
    }
    path
}

/// Writes beside the file and renames, so that a reader never sees half of it; only the owner may read it. A symbolic
/// link stays one.
///
/// # Errors
/// Whatever keeps it from being written; what was there before is still there then.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    let path = &behind_links(path);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let beside = path.with_file_name(name);
    let written = create(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    });
    if written.is_err() {
        // The first error is the one to tell; a leftover is worth no second.
        let _ = fs::remove_file(&beside);
    }
    written
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
