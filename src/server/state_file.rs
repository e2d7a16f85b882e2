//! The state file of a server: read at its start, and its own until its end.

use std::io::{self, Write as _};
use std::path::Path;

use super::StartError;
use crate::emulator::Emulator;
use crate::file::lock::Locked;
use crate::file::{behind_links, beside, check_place, remove_temporary};
use crate::wire::json::Json;

/// The claim on a state file, by a locked file beside it that has the process's number.
pub(super) struct StateFile(Locked);

impl StateFile {
    /// Claims the file and restores the state in it, if there is one already.
    ///
    /// Nothing is claimed where the file system has no locks.
    ///
    /// # Errors
    /// Another server has the file, what it holds is no state, or it could not be written at the end.
    pub(super) fn open(path: &Path, emulator: &Emulator) -> Result<Option<Self>, StartError> {
        let refused = |reason: String| StartError::State {
            path: path.to_owned(),
            reason,
        };
        if path.file_name().is_none() {
            return Err(refused(
                "it names no file; give --state a file, or leave it out".to_owned(),
            ));
        }
        let place = &behind_links(path);
        let beside = beside(place, ".lock");
        let claimed = match Locked::open(beside.clone()) {
            Ok(locked) => {
                // Nobody else writes there now.
                remove_temporary(place);
                Some(StateFile::mark(locked))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(refused(format!(
                    "another server{} keeps its state there; stop it, or give --state another file",
                    holder(&beside)
                )));
            }
            Err(_) => None,
        };
        load(emulator, path).map_err(refused)?;
        check_place(path).map_err(|error| {
            refused(format!(
                "it could not be written at the end: {error}; give --state a file in a directory that can be written"
            ))
        })?;
        Ok(claimed)
    }

    fn mark(locked: Locked) -> Self {
        // The number is for people; the lock holds without it.
        let _ = locked.clear();
        let _ = write!(&locked.file, "{}", std::process::id());
        StateFile(locked)
    }
}

impl Drop for StateFile {
    fn drop(&mut self) {
        // An empty file is removed with its lock.
        let _ = self.0.clear();
    }
}

/// ` (process 4711)`, as far as the file says.
fn holder(beside: &Path) -> String {
    let number = std::fs::read_to_string(beside).ok();
    let number = number.and_then(|text| text.parse::<u32>().ok());
    number.map_or(String::new(), |number| format!(" (process {number})"))
}

/// Restores the state in the file, if there is one already.
fn load(emulator: &Emulator, path: &Path) -> Result<(), String> {
    // Reading a pipe would wait for its writer for ever.
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err("it is no ordinary file; name another one".to_owned());
    }
    let text = match std::fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let directory = path
                .parent()
                .filter(|parent| !parent.as_os_str().is_empty());
            return match directory.is_none_or(Path::is_dir) {
                true => Ok(()),
                false => {
                    Err("its directory is not there; make it, or name another file".to_owned())
                }
            };
        }
        read => read.map_err(|error| error.to_string())?,
    };
    if text.is_empty() {
        return Err("it is empty, which no state is; remove it to start without one".to_owned());
    }
    let document = Json::parse(&text).map_err(|problem| problem.to_string())?;
    let restored = emulator.restore(&document, None);
    restored.map_err(|error| error.to_string())
}
