//! A file that cannot be used is one clear line, and nothing is lost.

use std::fs;
use std::path::Path;
#[cfg(target_os = "linux")]
use std::process::{Command, Stdio};

use mock_ce::MockCe;
use mock_ce::recorder::{Mode, Recorder};
use rstest::rstest;

use super::stand::{Caller, Room, mock_ce, text};
#[cfg(target_os = "linux")]
use crate::support::first_line;

/// A cassette with something in it.
fn recorded(room: &Room) -> String {
    let ce = MockCe::start();
    let upstream = format!("http://{}", ce.address());
    let recorder = Recorder::to(upstream, room.cassette()).start();
    Caller::of(recorder.address(), "user-secret", "organization-secret").live("Test");
    recorder.finish().unwrap();
    fs::read_to_string(room.cassette()).unwrap()
}

fn old_version(path: &Path, text: &str) {
    fs::write(path, text.replace("\"format\": 1", "\"format\": 0")).unwrap();
}

fn truncated(path: &Path, text: &str) {
    fs::write(path, &text[..text.len() / 2]).unwrap();
}

fn broken_seal(path: &Path, text: &str) {
    fs::write(path, text.replace("\"id\": 84", "\"id\": 85")).unwrap();
}

fn no_seal(path: &Path, text: &str) {
    let (before, _) = text.rsplit_once(",\n  \"seal\"").unwrap();
    fs::write(path, format!("{before}\n}}\n")).unwrap();
}

/// The seal says nothing of a member that nobody reads.
fn unknown_member(path: &Path, text: &str) {
    fs::write(
        path,
        text.replace(
            "\"format\": 1",
            "\"format\": 1,\n  \"note\": \"user-secret\"",
        ),
    )
    .unwrap();
}

fn no_day(path: &Path, text: &str) {
    let (before, after) = text.split_once("\"recorded\": \"").unwrap();
    fs::write(
        path,
        format!("{before}\"recorded\": \"user-secret{}", &after[10..]),
    )
    .unwrap();
}

fn directory(path: &Path, _: &str) {
    fs::remove_file(path).unwrap();
    fs::create_dir(path).unwrap();
}

fn no_text(path: &Path, _: &str) {
    fs::write(path, b"{\"format\": 1, \"\xff\"").unwrap();
}

fn other_json(path: &Path, _: &str) {
    fs::write(path, "{\"log\": 1}").unwrap();
}

fn missing(path: &Path, _: &str) {
    fs::remove_file(path).unwrap();
}

#[rstest]
#[case::old_version(old_version, "is of format 0, and this version reads format 1")]
#[case::truncated(truncated, "is no whole cassette")]
#[case::broken_seal(broken_seal, "the seal is broken")]
#[case::no_seal(no_seal, "the seal is broken")]
#[case::unknown_member(unknown_member, "note is not known")]
#[case::no_day(no_day, "recorded is no day such as 2017-03-14")]
#[case::directory(directory, "is a directory; name a file")]
#[case::no_text(no_text, "is not UTF-8 text")]
#[case::other_json(other_json, "no member format, so it is no cassette")]
#[case::missing(missing, "is not there; check the path")]
fn is_one_line_from_every_verb(#[case] spoil: fn(&Path, &str), #[case] reason: &str) {
    let room = Room::new();
    let text_before = recorded(&room);
    spoil(&room.cassette(), &text_before);
    let spoiled = fs::read(room.cassette()).ok();
    let path = room.cassette();
    let file = path.to_str().unwrap();
    let locked = [
        "record",
        "--mode",
        "locked",
        "--upstream",
        "https://localhost:1",
        "--cassette",
        file,
    ];
    let serve = ["serve", "--listen", "127.0.0.1:0", "--cassette", file];
    for words in [&["check", file][..], &["compare", file], &locked, &serve] {
        let output = mock_ce(words);
        assert_eq!(output.status.code(), Some(1), "{words:?}");
        let said = text(&output.stderr);
        assert_eq!(said.lines().count(), 1, "{words:?}: {said}");
        assert!(said.contains(reason), "{words:?}: {said}");
        assert_eq!(text(&output.stdout), "", "{words:?}");
    }
    assert_eq!(fs::read(room.cassette()).ok(), spoiled);
}

#[rstest]
#[case::old_version(old_version)]
#[case::truncated(truncated)]
#[case::directory(directory)]
fn is_never_recorded_over(#[case] spoil: fn(&Path, &str)) {
    let room = Room::new();
    let text_before = recorded(&room);
    spoil(&room.cassette(), &text_before);
    let spoiled = fs::read(room.cassette()).ok();
    for mode in [Mode::Once, Mode::New, Mode::All] {
        let refused = Recorder::to("https://localhost:1", room.cassette())
            .mode(mode)
            .try_start();
        assert!(refused.is_err(), "{mode:?}");
    }
    let path = room.cassette();
    let words = [
        "record",
        "--mode",
        "all",
        "--upstream",
        "https://localhost:1",
    ];
    let file = ["--cassette", path.to_str().unwrap()];
    let output = mock_ce(&[&words[..], &file].concat());
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(said.lines().count(), 1, "{said}");
    assert_eq!(fs::read_dir(&*room).unwrap().count(), 1);
    assert_eq!(fs::read(room.cassette()).ok(), spoiled);
}

/// A disk that is full: from 8 KiB on, every write fails.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_keeps_no_answer_from_the_client_and_leaves_what_was_there() {
    let room = Room::new();
    let before = recorded(&room);
    let ce = MockCe::start();
    let script = format!(
        "ulimit -f 16; exec {} record --mode all --upstream http://{} --cassette {}",
        env!("CARGO_BIN_EXE_mock-ce"),
        ce.address(),
        room.cassette().display()
    );
    let mut child = Command::new("sh")
        .args(["-c", &script])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let line = first_line(&mut child);
    let address = line
        .trim_start_matches("http://")
        .split('/')
        .next()
        .unwrap();
    let mut caller = Caller::of(
        address.parse().unwrap(),
        "user-secret",
        "organization-secret",
    );
    for _ in 0..4 {
        assert_eq!(caller.call(http::Method::GET, "/elements", "").status, 200);
    }
    Command::new("kill")
        .arg(child.id().to_string())
        .status()
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let last = said.lines().last().unwrap();
    assert!(
        last.contains("cannot be written") && last.contains("what was there is untouched"),
        "{said}"
    );
    assert_eq!(fs::read_to_string(room.cassette()).unwrap(), before);
    let journal = fs::read_to_string(room.join("cassette.json.journal")).unwrap();
    assert!(
        journal.lines().count() > 1 && journal.ends_with('\n'),
        "{journal}"
    );
}

#[test]
fn a_device_is_no_cassette() {
    let output = mock_ce(&["check", "/dev/zero"]);
    assert!(text(&output.stderr).contains("it is no ordinary file"));
}

#[test]
fn a_directory_that_is_not_there_is_one_line() {
    let room = Room::new();
    let file = room.join("not/there.json");
    let output = mock_ce(&[
        "record",
        "--upstream",
        "https://localhost:1",
        "--cassette",
        file.to_str().unwrap(),
    ]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains("cannot be written") && said.lines().count() == 1,
        "{said}"
    );
}
