//! What a failed run leaves behind for a person: the inspection page as one file, with the run inside.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, thread};

use super::MockCe;
use crate::emulator::Emulator;
use crate::{file, page};

/// The directory that a server in process leaves its post-mortem in when its test fails.
const DIRECTORY: &str = "MOCK_CE_POST_MORTEM";

impl MockCe {
    /// The inspection page as one file that shows this run, secrets masked; `reason` says why somebody looks at it.
    ///
    /// With the environment variable `MOCK_CE_POST_MORTEM=DIR`, a server that is dropped by a panic, as by a failed
    /// assertion, writes it to that directory.
    #[must_use]
    pub fn post_mortem(&self, reason: &str) -> String {
        post_mortem(&self.emulator, reason)
    }
}

fn post_mortem(emulator: &Emulator, reason: &str) -> String {
    page::post_mortem(&emulator.report(reason).to_string())
}

/// Writes the post-mortem when it is dropped by a panic.
pub(super) struct Witness {
    pub(super) emulator: Arc<Emulator>,
    pub(super) port: u16,
}

impl Drop for Witness {
    fn drop(&mut self) {
        if !thread::panicking() {
            return;
        }
        let Some(directory) = env::var_os(DIRECTORY) else {
            return;
        };
        let test = thread::current().name().unwrap_or("main").to_owned();
        let path = path(Path::new(&directory), &test, self.port);
        let text = post_mortem(&self.emulator, &format!("{test} panicked"));
        // A panic while panicking would end the process, and there is nobody to return an error to.
        let written = std::fs::create_dir_all(&directory).and_then(|()| file::write(&path, &text));
        #[allow(clippy::print_stderr)]
        match written {
            Ok(()) => eprintln!("mock-ce: the post-mortem is in {:?}", path.display()),
            Err(error) => eprintln!(
                "mock-ce: cannot write the post-mortem {:?}: {error}; {DIRECTORY} must name a directory",
                path.display()
            ),
        }
    }
}

/// A file for each server of each test.
fn path(directory: &Path, test: &str, port: u16) -> PathBuf {
    let plain = |letter: char| {
        if letter.is_ascii_alphanumeric() {
            letter
        } else {
            '-'
        }
    };
    let test: String = test.chars().map(plain).collect();
    directory.join(format!("{test}-{port}.html"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_after_its_test_and_its_port() {
        assert_eq!(
            path(Path::new("out"), "it::a/../b c", 7),
            Path::new("out/it--a----b-c-7.html")
        );
    }
}
