//! Writes files so that a reader finds the old text or the new one, and never a half.

pub(crate) mod lock;

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The path that a symbolic link leads to; the same path when it is none.
pub(crate) fn behind_links(path: &Path) -> PathBuf {
    /// Linux follows as many.
    const MAX_LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let Ok(target) = fs::read_link(&path) else {
            break;
        };
        path = path.parent().unwrap_or(Path::new("")).join(target);
    }
    path
}

/// Writes a temporary file beside the file and renames it, so that a reader never sees half of it; only the owner may
/// read it. A symbolic link stays one.
///
/// # Errors
/// Whatever keeps it from being written; what was there before is still there then.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    let path = &behind_links(path);
    let (temporary, mut file) = create_temporary(path)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&temporary, path));
    match written {
        // The file is written, also where its directory may be written and not be read.
        Ok(()) => drop(sync_directory(path)),
        // The first error is the one to tell; a leftover is worth no second.
        Err(_) => drop(fs::remove_file(&temporary)),
    }
    written
}

/// Tells whether [`write`] can write the file, which is neither made nor changed by it.
///
/// # Errors
/// Whatever keeps a file from being made beside it.
pub(crate) fn check_place(path: &Path) -> io::Result<()> {
    let (temporary, file) = create_temporary(&behind_links(path))?;
    drop(file);
    fs::remove_file(temporary)
}

/// Makes a rename survive a power loss; elsewhere a directory cannot be opened like a file.
fn sync_directory(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(directory_of(path))?.sync_all()?;
    }
    Ok(())
}

fn directory_of(path: &Path) -> &Path {
    let parent = path.parent();
    let parent = parent.filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

/// Opens a new `FILE.PROCESS-NUMBER.tmp`.
///
/// A process that was killed may have left one, and another process may have the same id by now.
fn create_temporary(path: &Path) -> io::Result<(PathBuf, File)> {
    const MAX_LEFTOVERS: usize = 1000;
    let process = std::process::id();
    let mut options = OpenOptions::new();
    private(options.write(true).create_new(true));
    for number in 0..MAX_LEFTOVERS {
        let temporary = beside(path, &format!(".{process}-{number}.tmp"));
        match options.open(&temporary) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            opened => return opened.map(|file| (temporary, file)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Removes the temporary files beside a file that processes which were killed have left.
pub(crate) fn remove_temporary(path: &Path) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let entries = fs::read_dir(directory_of(path)).into_iter();
    for entry in entries.flatten().flatten() {
        if is_temporary(&entry.file_name(), &name) {
            // One that stays does no harm.
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn is_temporary(found: &OsString, name: &str) -> bool {
    let found = found.to_string_lossy();
    let numbers = found.strip_prefix(name).and_then(|rest| {
        rest.strip_prefix('.')?
            .strip_suffix(".tmp")?
            .split_once('-')
    });
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    numbers.is_some_and(|(process, number)| is_number(process) && is_number(number))
}

/// Makes a new file readable for its owner only.
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// The path with `ending` behind the file's name.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
