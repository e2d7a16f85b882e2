//! The post-mortem of a failed run: the inspection page as one file, with the run inside.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, thread};

use super::MockCe;
use crate::emulator::Emulator;
use crate::settings::Listen;
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
    emulator: Arc<Emulator>,
    port: u16,
    /// The directory of the environment variable, if it is set.
    directory: Option<PathBuf>,
}

impl Witness {
    pub(super) fn new(emulator: Arc<Emulator>, place: &Listen) -> Self {
        let port = match place {
            Listen::Tcp(address) => address.port(),
            #[cfg(unix)]
            Listen::Unix(_) => 0,
        };
        Witness {
            emulator,
            port,
            directory: env::var_os(DIRECTORY).map(PathBuf::from),
        }
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        if !thread::panicking() {
            return;
        }
        let Some(directory) = &self.directory else {
            return;
        };
        let test = thread::current().name().unwrap_or("main").to_owned();
        let path = path(directory, &test, self.port);
        let text = post_mortem(&self.emulator, &format!("{test} panicked"));
        // A panic while panicking would end the process, and there is nobody to return an error to.
        let written = std::fs::create_dir_all(directory).and_then(|()| file::write(&path, &text));
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
    use std::panic::AssertUnwindSafe;

    #[test]
    fn a_file_is_named_after_its_test_and_its_port() {
        assert_eq!(
            path(Path::new("out"), "it::a/../b c", 7),
            Path::new("out/it--a----b-c-7.html")
        );
    }

    #[test]
    fn a_server_that_a_panic_drops_leaves_its_run_behind() {
        let directory = tempfile::tempdir().unwrap();
        let leave = |end: fn()| {
            let emulator = MockCe::start().emulator().clone();
            let request = crate::Request::new(http::Method::GET, "/elements/api-v2/elements/6", "");
            emulator.answer(&request);
            let _witness = Witness {
                emulator,
                port: 7,
                directory: Some(directory.path().join("new")),
            };
            end();
        };
        leave(|| {});
        assert!(!directory.path().join("new").exists());
        let panicked =
            std::panic::catch_unwind(AssertUnwindSafe(|| leave(|| panic!("on purpose"))));
        assert!(panicked.is_err());
        let written = std::fs::read_dir(directory.path().join("new")).unwrap();
        let written: Vec<_> = written.map(|entry| entry.unwrap().path()).collect();
        assert_eq!(written.len(), 1);
        let text = std::fs::read_to_string(&written[0]).unwrap();
        assert!(text.contains("\"rule\":\"element-get\""));
    }
}
