//! The binary: what it prints and where, its files, its signals, its exit status.

mod catalogs;
mod serving;
mod settings;
mod usage;
mod verbs;

use std::fs;
use std::process::Output;

use tempfile::TempDir;

use crate::support::Process;

fn run(arguments: &[&str]) -> Output {
    Process::command(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Fails unless the run ended with this status, printed nothing, and told its operator one line.
fn the_one_line(output: &Output, status: i32) -> String {
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{told}");
    assert_eq!(text(&output.stdout), "");
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.starts_with("mock-ce: "), "{told}");
    told.to_owned()
}

const PIGEON: &str = r#"{
  "instance": {
    "id": 1, "name": "", "token": "t=",
    "element": { "id": 900, "name": "Pigeon Elements", "key": "pigeon" },
    "valid": true
  },
  "configuration": [
    { "key": "pigeon.loft", "required": true }
  ]
}"#;

/// A directory with one catalog file.
fn catalog(text: &str) -> TempDir {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("pigeon.json"), text).unwrap();
    directory
}
