//! The recorder as a process: what it writes, what it says, and how it ends.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use http::Method;
use mock_ce::MockCe;
use mock_ce::cassette::{Cassette, Unfinished};
use mock_ce::recorder::{Mode, Recorder};
use rstest::rstest;

use super::stand::{Caller, Canned, RecorderProcess, Room, answer, load, mock_ce, raw, text};

fn caller(recorder: &RecorderProcess) -> Caller {
    Caller::of(recorder.address, "user-secret", "organization-secret")
}

fn url(ce: &MockCe) -> String {
    format!("http://{}", ce.address())
}

/// Files beside each other, in order.
fn files(room: &Room) -> Vec<String> {
    let names = fs::read_dir(&**room).unwrap();
    let mut names: Vec<_> = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_recorder_process_writes_what_one_in_a_test_writes() {
    let (room, other) = (Room::new(), Room::new());
    let ce = MockCe::start();
    let recorder = RecorderProcess::start(&url(&ce), &room, &["--date", "2017-07-14T00:00:00Z"]);
    caller(&recorder).live("Test");
    let output = recorder.end();
    assert!(output.status.success());
    let said = text(&output.stderr);
    assert!(
        said.ends_with("recorded 9 interactions and kept 0 out; the cassette has 9\n"),
        "{said}"
    );
    ce.reset();
    let recorder = Recorder::to(url(&ce), other.cassette())
        .date(UNIX_EPOCH + Duration::from_secs(1_500_000_000))
        .start();
    Caller::of(recorder.address(), "user-secret", "organization-secret").live("Test");
    recorder.finish().unwrap();
    let [one, two] = [&room, &other].map(|room| fs::read_to_string(room.cassette()).unwrap());
    assert_eq!(one, two);
    assert_eq!(files(&room), ["cassette.json"]);
}

#[test]
fn a_recorder_goes_on_from_one_that_was_killed_just_before() {
    let (room, ce) = (Room::new(), MockCe::start());
    for round in 1..=5 {
        let recorder = RecorderProcess::start(&url(&ce), &room, &["--mode", "new"]);
        caller(&recorder).call(Method::GET, &format!("/elements/{round}"), "");
        recorder.kill();
    }
    assert_eq!(load(&room.cassette()).interactions().len(), 5);
}

#[test]
fn a_second_recorder_is_refused_while_the_first_one_lives() {
    let (room, ce) = (Room::new(), MockCe::start());
    let recorder = RecorderProcess::start(&url(&ce), &room, &[]);
    caller(&recorder).call(Method::GET, "/elements", "");
    for mode in [Mode::Once, Mode::New, Mode::All] {
        let second = Recorder::to(url(&ce), room.cassette())
            .mode(mode)
            .try_start();
        let refused = second.unwrap_err().to_string();
        assert!(
            refused.contains("by another process"),
            "{mode:?}: {refused}"
        );
    }
    assert!(recorder.end().status.success());
    assert_eq!(load(&room.cassette()).interactions().len(), 1);
}

#[test]
fn an_exchange_that_is_kept_out_is_told_with_the_reason() {
    let room = Room::new();
    let upstream = Canned::answering([
        answer("200 OK", "content-encoding: br\r\n", "no brotli"),
        answer("200 OK", "", "x".repeat(100)),
    ]);
    let recorder = RecorderProcess::start(&upstream.url(), &room, &["--body-limit", "99"]);
    for path in ["/br", "/large"] {
        let request =
            format!("GET {path}?key=secret HTTP/1.1\r\nHost: me\r\nConnection: close\r\n\r\n");
        assert!(raw(recorder.address, &request).starts_with("HTTP/1.1 200"));
    }
    let output = recorder.end();
    let said = text(&output.stderr);
    for line in [
        "GET /br is kept out of the cassette: its answer is compressed in a manner that cannot be read",
        "GET /large is kept out of the cassette: its answer is over 99 bytes",
        "recorded 0 interactions and kept 2 out",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
}

#[test]
fn a_replay_that_lacked_a_request_fails_and_tells_it() {
    let room = Room::new();
    let upstream = Canned::answering([answer("200 OK", "", "[]")]);
    let ask = |path: &str, recorder: RecorderProcess| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: me\r\nConnection: close\r\n\r\n");
        raw(recorder.address, &request);
        recorder.end()
    };
    let start = || RecorderProcess::start(&upstream.url(), &room, &[]);
    assert!(ask("/x", start()).status.success());
    assert!(ask("/x", start()).status.success());
    let output = ask("/y", start());
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("the cassette did not have 1 request"),
        "{said}"
    );
}

/// Nobody may be reading, and a full pipe would hold up everything.
#[test]
fn warnings_come_to_an_end() {
    let room = Room::new();
    let unreadable = answer("200 OK", "content-encoding: br\r\n", "no brotli");
    let upstream = Canned::answering(vec![unreadable; 150]);
    let recorder = RecorderProcess::start(&upstream.url(), &room, &[]);
    for number in 0..150 {
        let request = format!("GET /{number} HTTP/1.1\r\nHost: me\r\nConnection: close\r\n\r\n");
        assert!(raw(recorder.address, &request).starts_with("HTTP/1.1 200"));
    }
    let said = text(&recorder.end().stderr);
    assert_eq!(said.matches("is kept out of the cassette").count(), 100);
    assert!(said.contains("the rest is only counted"), "{said}");
    assert!(said.contains("kept 150 out"), "{said}");
}

#[test]
fn a_symbolic_link_to_a_cassette_stays_one() {
    let (room, ce) = (Room::new(), MockCe::start());
    let real = room.join("real.json");
    std::os::unix::fs::symlink("real.json", room.cassette()).unwrap();
    let recorder = RecorderProcess::start(&url(&ce), &room, &[]);
    caller(&recorder).call(Method::GET, "/elements", "");
    let second = Recorder::to(url(&ce), &real).try_start();
    assert!(
        second
            .unwrap_err()
            .to_string()
            .contains("by another process")
    );
    assert!(recorder.end().status.success());
    assert_eq!(files(&room), ["cassette.json", "real.json"]);
    assert!(fs::symlink_metadata(room.cassette()).unwrap().is_symlink());
    assert_eq!(load(&room.cassette()), load(&real));
}

/// Each client needs two descriptors: one for it, and one for what is asked for it.
#[test]
fn short_of_descriptors_clients_wait() {
    let (room, ce) = (Room::new(), MockCe::start());
    let script = format!(
        "ulimit -n 48; exec {} record --upstream {} --cassette {}",
        env!("CARGO_BIN_EXE_mock-ce"),
        url(&ce),
        room.cassette().display()
    );
    let recorder = RecorderProcess::spawn(Command::new("sh").args(["-c", &script]));
    let address = recorder.address;
    let asking: Vec<_> = (0..40)
        .map(|_| {
            std::thread::spawn(move || {
                let request = "GET /elements/api-v2/elements HTTP/1.1\r\nHost: me\r\nConnection: close\r\n\r\n";
                raw(address, request)
            })
        })
        .collect();
    for asked in asking {
        let reply = asked.join().unwrap();
        assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    }
    assert!(recorder.end().status.success());
    assert_eq!(load(&room.cassette()).interactions().len(), 40);
}

fn unfinished(room: &Room) -> Option<Unfinished> {
    Cassette::unfinished(room.cassette()).unwrap()
}

#[test]
fn a_recording_is_said_to_be_under_way_and_then_unfinished() {
    let (room, ce) = (Room::new(), MockCe::start());
    let recorder = RecorderProcess::start(&url(&ce), &room, &[]);
    caller(&recorder).call(Method::GET, "/elements", "");
    let found = unfinished(&room).unwrap();
    assert_eq!((found.interactions, found.is_under_way), (1, true));
    recorder.kill();
    let found = unfinished(&room).unwrap();
    assert_eq!((found.interactions, found.is_under_way), (1, false));
    let path = room.cassette();
    let (file, har) = (path.to_str().unwrap(), room.join("a.har"));
    let record = ["record", "--upstream", "https://localhost:1", "--cassette"];
    let once = [&record[..], &[file, "--", "true"]].concat();
    let serve = ["exec", "--cassette", file, "--", "true"];
    for words in [
        &["check", file][..],
        &["compare", file],
        &["convert", file, har.to_str().unwrap()],
        &serve,
        &once,
    ] {
        let said = text(&mock_ce(words).stderr);
        let expected = "is an unfinished recording with 1 interaction;";
        assert!(said.contains(expected), "{words:?}: {said}");
    }
    assert!(mock_ce(&["check", "--reseal", file]).status.success());
    assert_eq!(files(&room), ["a.har", "cassette.json"]);
    assert_eq!(unfinished(&room), None);
}

/// Records `GET /elements` twice afresh, once well with five interactions, and once in this manner.
fn over_an_old_cassette(room: &Room, ce: &MockCe) -> RecorderProcess {
    let recorder = RecorderProcess::start(&url(ce), room, &[]);
    caller(&recorder).live("Test");
    assert!(recorder.end().status.success());
    let recorder = RecorderProcess::start(&url(ce), room, &["--mode", "all"]);
    caller(&recorder).call(Method::GET, "/elements", "");
    recorder
}

#[test]
fn a_recording_afresh_that_was_killed_leaves_the_old_cassette_and_its_journal() {
    let (room, ce) = (Room::new(), MockCe::start());
    over_an_old_cassette(&room, &ce).kill();
    assert_eq!(load(&room.cassette()).interactions().len(), 9);
    assert_eq!(unfinished(&room).unwrap().interactions, 1);
    // The next recorder moves it out of its way, and says so.
    let recorder = RecorderProcess::start(&url(&ce), &room, &["--mode", "new"]);
    caller(&recorder).call(Method::GET, "/elements/84", "");
    let said = text(&recorder.end().stderr);
    assert!(said.contains("cassette.json.journal.old"), "{said}");
    assert_eq!(load(&room.cassette()).interactions().len(), 10);
    assert_eq!(files(&room), ["cassette.json", "cassette.json.journal.old"]);
    let aside = fs::read_to_string(room.join("cassette.json.journal.old")).unwrap();
    assert_eq!(aside.lines().count(), 2);
}

#[test]
fn an_unfinished_recording_afresh_becomes_the_cassette_when_it_is_resealed() {
    let (room, ce) = (Room::new(), MockCe::start());
    over_an_old_cassette(&room, &ce).kill();
    mock_ce(&["check", "--reseal", room.cassette().to_str().unwrap()]);
    assert_eq!(load(&room.cassette()).interactions().len(), 1);
    assert_eq!(files(&room), ["cassette.json"]);
}

/// What a hand has written is not thrown away by the command that seals it.
#[test]
fn an_edited_cassette_is_sealed_and_an_unfinished_recording_afresh_waits() {
    let (room, ce) = (Room::new(), MockCe::start());
    over_an_old_cassette(&room, &ce).kill();
    let path = room.cassette();
    let edited = fs::read_to_string(&path)
        .unwrap()
        .replace("\"id\": 84", "\"id\": 85");
    fs::write(&path, edited).unwrap();
    let output = mock_ce(&["check", "--reseal", path.to_str().unwrap()]);
    let said = text(&output.stderr);
    assert!(
        said.contains("`mock-ce check --reseal` puts it in the place of the cassette"),
        "{said}"
    );
    assert_eq!(load(&path).interactions().len(), 9);
    assert!(fs::read_to_string(&path).unwrap().contains("\"id\": 85"));
    assert!(unfinished(&room).unwrap().replaces);
}

/// A branch may bring another cassette while the journal of a killed recorder stands beside the old one.
#[test]
fn an_unfinished_recording_is_added_to_a_cassette_that_has_grown_meanwhile() {
    let (room, ce) = (Room::new(), MockCe::start());
    let record = |mode: &str, path: &str| {
        let recorder = RecorderProcess::start(&url(&ce), &room, &["--mode", mode]);
        caller(&recorder).call(Method::GET, path, "");
        recorder
    };
    assert!(record("new", "/elements").end().status.success());
    let before = fs::read_to_string(room.cassette()).unwrap();
    assert!(record("new", "/elements/84").end().status.success());
    let grown = fs::read_to_string(room.cassette()).unwrap();
    fs::write(room.cassette(), before).unwrap();
    record("new", "/elements/6").kill();
    fs::write(room.cassette(), grown).unwrap();
    assert_eq!(load(&room.cassette()).interactions().len(), 3);
    assert!(record("new", "/elements/7").end().status.success());
    assert_eq!(load(&room.cassette()).interactions().len(), 4);
}

/// The recordings that were in the way are all kept.
#[test]
fn no_unfinished_recording_takes_the_place_of_another_that_was_moved_away() {
    let (room, ce) = (Room::new(), MockCe::start());
    over_an_old_cassette(&room, &ce).kill();
    for _ in 0..2 {
        let recorder = RecorderProcess::start(&url(&ce), &room, &["--mode", "all"]);
        caller(&recorder).call(Method::GET, "/elements/84", "");
        recorder.kill();
    }
    let aside = ["cassette.json.journal.old", "cassette.json.journal.old2"];
    assert_eq!(
        files(&room)[1..],
        ["cassette.json.journal", aside[0], aside[1]]
    );
}

#[rstest]
#[case::well("true", 1, 0)]
#[case::badly("false", 9, 1)]
fn a_recording_afresh_replaces_the_cassette_only_when_its_command_succeeds(
    #[case] last: &str,
    #[case] total: usize,
    #[case] code: i32,
) {
    let (room, ce) = (Room::new(), MockCe::start());
    assert!(over_an_old_cassette(&room, &ce).end().status.success());
    fs::remove_file(room.cassette()).unwrap();
    let recorder = RecorderProcess::start(&url(&ce), &room, &[]);
    caller(&recorder).live("Test");
    assert!(recorder.end().status.success());
    let upstream = url(&ce);
    let path = room.cassette();
    let ask = format!("curl -s \"$MOCK_CE_URL/elements\" >/dev/null; {last}");
    let output = mock_ce(&[
        "record",
        "--mode",
        "all",
        "--upstream",
        &upstream,
        "--cassette",
        path.to_str().unwrap(),
        "--",
        "sh",
        "-c",
        &ask,
    ]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert_eq!(load(&path).interactions().len(), total, "{said}");
    assert_eq!(unfinished(&room).is_some(), last == "false");
    assert_eq!(
        said.contains("cassette.json.journal\""),
        last == "false",
        "{said}"
    );
}

#[test]
fn a_recording_whose_every_call_failed_is_a_failure() {
    let (room, ce) = (Room::new(), MockCe::start());
    let recorder = RecorderProcess::start("http://127.0.0.1:1", &room, &[]);
    caller(&recorder).call(Method::GET, "/elements", "");
    let output = recorder.end();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("no call to the upstream was answered (1 failed)"),
        "{said}"
    );
    let recorder = RecorderProcess::start(&url(&ce), &room, &[]);
    caller(&recorder).call(Method::GET, "/elements", "");
    assert_eq!(recorder.end().status.code(), Some(0));
}

#[test]
fn a_command_finds_a_control_surface_only_where_there_is_one() {
    let (room, ce) = (Room::new(), MockCe::start());
    let (upstream, path) = (url(&ce), room.cassette());
    let ask = "echo \"[$MOCK_CE_ADMIN_URL]\"; curl -s \"$MOCK_CE_URL/elements/keys\" >/dev/null";
    let words = [
        "record",
        "--upstream",
        &upstream,
        "--cassette",
        path.to_str().unwrap(),
        "--",
        "sh",
        "-c",
        ask,
    ];
    let recording = mock_ce(&words);
    assert_eq!(text(&recording.stdout), "[]\n");
    assert!(text(&recording.stderr).contains("MOCK_CE_ADMIN_URL is not set"));
    let replaying = text(&mock_ce(&words).stdout);
    assert!(replaying.starts_with("[http://127.0.0.1:"), "{replaying}");
}

#[test]
fn files_of_a_recording_are_private_and_leftovers_go_at_the_next_start() {
    let (room, ce) = (Room::new(), MockCe::start());
    let leftover = room.join("cassette.json.4711-0.tmp");
    fs::write(&leftover, "left").unwrap();
    fs::write(room.join("cassette.json.mine.tmp"), "mine").unwrap();
    let recorder = RecorderProcess::start(&url(&ce), &room, &[]);
    assert!(!leftover.exists());
    caller(&recorder).call(Method::GET, "/elements", "");
    let mode = |name: &str| fs::metadata(room.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("cassette.json.journal"), 0o600);
    recorder.end();
    assert_eq!(mode("cassette.json"), 0o600);
    assert_eq!(files(&room), ["cassette.json", "cassette.json.mine.tmp"]);
}

#[test]
fn where_nothing_was_recorded_nothing_is_written() {
    let (room, ce) = (Room::new(), MockCe::start());
    RecorderProcess::start(&url(&ce), &room, &[]).end();
    assert_eq!(files(&room), [""; 0]);
    RecorderProcess::start(&url(&ce), &room, &[]).kill();
    assert!(Cassette::load(room.cassette()).is_err());
    let recorder = RecorderProcess::start(&url(&ce), &room, &[]);
    caller(&recorder).call(Method::GET, "/elements", "");
    assert!(recorder.end().status.success());
    assert_eq!(load(&room.cassette()).interactions().len(), 1);
    assert_eq!(files(&room), ["cassette.json"]);
}
