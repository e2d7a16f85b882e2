//! `--state FILE`: loaded at the start, written at the end and on request, whole and for its owner only.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use mock_ce::Json;
use rstest::rstest;

use super::snapshots::{answers, prepare};
use super::{asking, order};
use crate::support::{Client, Process, Request, mailjet};

fn serve(state: &Path) -> Process {
    Process::serve(&[("state", state.to_str().unwrap()), ("seed", "7")])
}

fn end(process: Process) {
    process.signal("TERM");
    let (status, _, told) = process.wait();
    assert!(status.success(), "{told}");
}

#[test]
fn a_new_process_answers_like_the_old_one() {
    let directory = tempfile::tempdir().unwrap();
    let (state, other) = (
        directory.path().join("state.json"),
        directory.path().join("other.json"),
    );
    let first = serve(&state);
    let token = prepare(first.address());
    end(first);
    fs::copy(&state, &other).unwrap();
    // The second has another seed, and takes over that of the state.
    let second = Process::serve(&[("state", state.to_str().unwrap())]);
    let third = serve(&other);
    let said = answers(second.address(), &token);
    assert!(
        said[3].starts_with("200 ") && said[3].contains(&token),
        "{said:?}"
    );
    assert!(said[4].contains(r#""id":1236"#), "{said:?}");
    assert_eq!(said, answers(third.address(), &token));
}

#[test]
fn the_file_is_written_whole_and_for_its_owner_only() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path().join("state.json");
    let process = serve(&state);
    let mut client = Client::connect(process.address());
    assert!(!state.exists(), "nothing was ordered yet");
    client.ask(&Request::post("/instances", mailjet("saved")));
    assert_eq!(client.ask(&order("POST", "/state/save", "")).status, 200);
    let saved = fs::read(&state).unwrap();
    let saved = Json::parse(&saved).unwrap().to_string();
    assert!(saved.contains("\"saved\""), "{saved}");
    let mode = fs::metadata(&state).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    client.ask(&Request::post("/instances", mailjet("at the end")));
    end(process);
    assert!(fs::read_to_string(&state).unwrap().contains("at the end"));
    let names: Vec<_> = fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["state.json"], "nothing is left beside it");
}

/// Whatever was answered before the end is in the file.
#[test]
fn nothing_that_was_answered_is_missing() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path().join("state.json");
    let process = serve(&state);
    let address = process.address();
    let last = std::thread::spawn(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        let create = Request::post("/instances", mailjet("n")).to_bytes();
        let (mut last, mut reply) = (0, [0; 4096]);
        // The server closes in between at some time.
        while stream.write_all(&create).is_ok() {
            let Ok(read @ 1..) = stream.read(&mut reply) else {
                break;
            };
            let text = String::from_utf8_lossy(&reply[..read]).into_owned();
            let id = text.split("\"id\":").nth(1).unwrap();
            last = id.split(',').next().unwrap().parse().unwrap();
        }
        last
    });
    let mut watcher = Client::connect(address);
    let seen = watcher.ask(&asking("GET", "/requests/wait?count=50&timeout=20s"));
    assert_eq!(seen.status, 200);
    drop(watcher);
    end(process);
    let last = last.join().unwrap();
    let state = fs::read(&state).unwrap();
    let state = Json::parse(&state).unwrap().into_owned();
    assert!(
        super::number_at(&state, "organizations.0.nextId") > last,
        "{last}"
    );
}

#[test]
fn a_file_that_another_server_has_is_refused_until_that_one_ends() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path().join("state.json");
    let first = serve(&state);
    let argument = state.to_str().unwrap();
    let second = || {
        let mut command = Process::command(&["exec", "--state", argument, "--", "true"]);
        let output = command.output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), told)
    };
    let (status, told) = second();
    assert_eq!(status, Some(1), "{told}");
    let reason = format!(
        "another server (process {}) keeps its state there; stop it, or give --state another file",
        first.pid()
    );
    assert!(told.contains(&reason), "{told}");
    // A process that is killed leaves the file beside it, and no lock.
    first.signal("KILL");
    first.wait();
    let (status, told) = second();
    assert_eq!(status, Some(0), "{told}");
    let names: Vec<_> = fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["state.json"], "nothing is left beside it");
}

#[test]
fn a_file_that_cannot_be_restored_is_told_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path().join("state.json");
    fs::write(&state, r#"{"version": 9}"#).unwrap();
    let output = Process::command(&[
        "serve",
        "--listen=127.0.0.1:0",
        "--state",
        state.to_str().unwrap(),
    ])
    .output()
    .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("state.json") && told.contains("version: 9 is not known"),
        "{told}"
    );
    assert_eq!(fs::read_to_string(&state).unwrap(), r#"{"version": 9}"#);
}

/// Temporary files of processes that were killed while they wrote would add up.
#[test]
fn what_a_killed_process_left_is_removed_at_the_next_start() {
    let directory = tempfile::tempdir().unwrap();
    let [state, leftover, other] = ["state.json", "state.json.4711-0.tmp", "state.json.tmp"]
        .map(|name| directory.path().join(name));
    fs::write(&leftover, "{").unwrap();
    fs::write(&other, "{").unwrap();
    let _ce = mock_ce::MockCe::builder().state(&state).start();
    assert!(!leftover.exists() && other.exists());
}

/// Reading a pipe would never end; what is no file cannot hold a state.
#[test]
fn a_state_in_no_ordinary_file_is_refused_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().to_str().unwrap();
    let refused = mock_ce::MockCe::builder().state(place).try_start();
    let told = refused.unwrap_err().to_string();
    assert!(
        told.contains(place) && told.contains("no ordinary file"),
        "{told}"
    );
}

/// The binary, with a state that it refuses: its status, its standard output, and what it tells.
fn refused(state: &Path) -> (Option<i32>, String, String) {
    let state = state.to_str().unwrap();
    let mut exec = Process::command(&["exec", "--state", state, "--", "echo", "ran"]);
    let output = exec.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// The user of the tests may be one who can write into every directory, but nobody can give a file such a name.
#[rstest]
#[case::absent(None)]
#[case::there(Some(r#"{"version": 1, "seed": 7, "requests": 0, "organizations": []}"#))]
fn a_file_that_could_not_be_written_is_told_before_anything_runs(#[case] before: Option<&str>) {
    let directory = tempfile::tempdir().unwrap();
    // Long enough that none can be written beside it.
    let state = directory.path().join("s".repeat(250));
    if let Some(text) = before {
        fs::write(&state, text).unwrap();
    }
    let (status, printed, told) = refused(&state);
    assert_eq!((status, &*printed), (Some(1), ""), "{told}");
    assert!(
        told.contains("could not be written at the end") && told.lines().count() == 1,
        "{told}"
    );
    assert_eq!(fs::read_to_string(&state).ok().as_deref(), before);
    let names = fs::read_dir(directory.path()).unwrap().count();
    assert_eq!(names, usize::from(before.is_some()));
}

#[test]
fn the_check_of_the_place_leaves_the_file_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path().join("state.json");
    end(serve(&state));
    let before = fs::read_to_string(&state).unwrap();
    let process = serve(&state);
    assert_eq!(fs::read_to_string(&state).unwrap(), before);
    process.signal("KILL");
    process.wait();
    assert_eq!(fs::read_to_string(&state).unwrap(), before);
}

#[test]
fn an_empty_file_is_told_to_be_no_state() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path().join("state.json");
    fs::write(&state, "").unwrap();
    let (status, _, told) = refused(&state);
    assert_eq!(status, Some(1), "{told}");
    assert!(
        told.contains("state.json\": it is empty, which no state is; remove it"),
        "{told}"
    );
    assert!(state.exists());
}
