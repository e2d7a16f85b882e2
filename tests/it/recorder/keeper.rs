//! The process beside a recorder, which redacts and writes, and outlives it.

use std::fs;
use std::time::{Duration, UNIX_EPOCH};

use http::Method;
use mock_ce::MockCe;
use mock_ce::cassette::Cassette;
use mock_ce::recorder::{Mode, Recorder};
use rstest::rstest;

use super::stand::{
    Apart, Caller, Canned, Room, Writing, answer, load, mock_ce, raw, signal, text,
};

fn caller(recorder: &Apart) -> Caller {
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
fn a_recorder_with_a_keeper_writes_what_one_without_writes() {
    let (room, other) = (Room::new(), Room::new());
    let ce = MockCe::start();
    let recorder = Apart::start(&url(&ce), &room, &["--date", "2017-07-14T00:00:00Z"]);
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

#[rstest]
#[case::alone(Apart::kill)]
#[case::with_its_group(Apart::kill_group)]
fn the_cassette_of_a_recorder_that_was_killed_is_finished_all_the_same(
    #[case] kill: fn(Apart) -> Writing,
) {
    let (room, ce) = (Room::new(), MockCe::start());
    let recorder = Apart::start(&url(&ce), &room, &[]);
    caller(&recorder).live("Test");
    let said = kill(recorder).end();
    let told = said.lines().last().unwrap();
    assert!(
        told.contains("was killed; the cassette has 9 interactions"),
        "{said}"
    );
    assert_eq!(files(&room), ["cassette.json"]);
    let written = fs::read_to_string(room.cassette()).unwrap();
    assert_eq!(Cassette::parse(&written).unwrap().interactions().len(), 9);
    assert!(!written.contains("user-secret"), "{written}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_reader_waits_for_what_a_killed_recorder_has_told_its_keeper() {
    let (room, ce) = (Room::new(), MockCe::start());
    let recorder = Apart::start(&url(&ce), &room, &[]);
    let keeper = recorder.keeper();
    signal(keeper, "-STOP");
    caller(&recorder).live("Test");
    // While the recorder lives, nobody waits: what is there is read.
    assert!(Cassette::load(room.cassette()).is_err());
    let writing = recorder.kill();
    let path = room.cassette();
    let reading = std::thread::spawn(move || load(&path));
    // Long enough for a reader that would not wait.
    mock_ce(&["rules"]);
    signal(keeper, "-CONT");
    assert_eq!(reading.join().unwrap().interactions().len(), 9);
    writing.end();
}

#[test]
fn a_recorder_goes_on_from_one_that_was_killed_just_before() {
    let (room, ce) = (Room::new(), MockCe::start());
    for round in 1..=5 {
        let recorder = Apart::start(&url(&ce), &room, &["--mode", "new"]);
        caller(&recorder).call(Method::GET, &format!("/elements/{round}"), "");
        let writing = recorder.kill();
        if round == 5 {
            assert_eq!(load(&room.cassette()).interactions().len(), 5);
            writing.end();
        }
    }
}

#[test]
fn a_second_recorder_is_refused_while_the_first_one_lives() {
    let (room, ce) = (Room::new(), MockCe::start());
    let recorder = Apart::start(&url(&ce), &room, &[]);
    let second = Recorder::to(url(&ce), room.cassette())
        .mode(Mode::All)
        .try_start();
    let refused = second.unwrap_err().to_string();
    assert!(refused.contains("by another process"), "{refused}");
    caller(&recorder).call(Method::GET, "/elements", "");
    assert!(recorder.end().status.success());
    assert_eq!(load(&room.cassette()).interactions().len(), 1);
}

/// The terminal and some supervisors send them to every process.
#[cfg(target_os = "linux")]
#[rstest]
#[case("-INT")]
#[case("-TERM")]
fn signals_that_end_the_recorder_do_not_end_its_keeper(#[case] asked: &str) {
    let (room, ce) = (Room::new(), MockCe::start());
    let recorder = Apart::start(&url(&ce), &room, &[]);
    caller(&recorder).call(Method::GET, "/elements", "");
    signal(recorder.keeper(), asked);
    caller(&recorder).call(Method::GET, "/elements/keys", "");
    assert!(recorder.end().status.success());
    assert_eq!(load(&room.cassette()).interactions().len(), 2);
}

#[cfg(target_os = "linux")]
#[test]
fn without_its_keeper_a_recorder_says_so_and_the_journal_stays() {
    let (room, ce) = (Room::new(), MockCe::start());
    let recorder = Apart::start(&url(&ce), &room, &[]);
    caller(&recorder).call(Method::GET, "/elements", "");
    let journal = room.join("cassette.json.journal");
    let is_written = || fs::read_to_string(&journal).unwrap().lines().count() == 2;
    while !is_written() {
        std::thread::yield_now();
    }
    signal(recorder.keeper(), "-KILL");
    while fs::File::open(&journal).unwrap().try_lock_shared().is_err() {
        std::thread::yield_now();
    }
    let reply = caller(&recorder).call(Method::GET, "/elements/keys", "");
    assert_eq!(reply.status, 200);
    let output = recorder.end();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("nothing more is recorded"), "{said}");
    assert!(
        said.lines()
            .last()
            .unwrap()
            .contains("ended too early (signal: 9"),
        "{said}"
    );
    assert_eq!(load(&room.cassette()).interactions().len(), 1);
}

#[test]
fn what_cannot_be_kept_is_told_by_the_keeper() {
    let room = Room::new();
    let upstream = Canned::answering([
        answer("200 OK", "content-encoding: br\r\n", "no brotli"),
        answer("200 OK", "", "x".repeat(100)),
    ]);
    let recorder = Apart::start(&upstream.url(), &room, &["--body-limit", "99"]);
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
fn words_that_are_no_recording_end_the_keeper() {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let room = Room::new();
    let mut keeper = Command::new(env!("CARGO_BIN_EXE_mock-ce"))
        .args(["keep", "--upstream", "https://localhost:1", "--cassette"])
        .arg(room.cassette())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let told = keeper.stdin.take().unwrap().write_all(&[0xff; 4096]);
    told.unwrap();
    let output = keeper.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(text(&output.stdout), "ready\n");
    assert!(text(&output.stderr).contains("the cassette has 0 interactions"));
}
