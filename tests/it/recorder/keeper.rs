//! The process beside a recorder, which redacts and writes, and outlives it.

use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, UNIX_EPOCH};

use http::Method;
use mock_ce::MockCe;
use mock_ce::cassette::Cassette;
use mock_ce::recorder::{Mode, Recorder};
use rstest::rstest;

use super::stand::{
    Caller, Canned, RecorderProcess, Room, Writing, answer, load, mock_ce, raw, signal, text,
};

fn caller(recorder: &RecorderProcess) -> Caller {
    Caller::of(recorder.address, "user-secret", "organization-secret")
}

fn url(ce: &MockCe) -> String {
    format!("http://{}", ce.address())
}

/// Waits for what comes at once or never.
#[cfg(target_os = "linux")]
fn until(happened: impl Fn() -> bool) {
    let start = Instant::now();
    while !happened() {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "it does not happen"
        );
        std::thread::yield_now();
    }
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

#[rstest]
#[case::alone(RecorderProcess::kill)]
#[case::with_its_group(RecorderProcess::kill_group)]
fn the_cassette_of_a_recorder_that_was_killed_is_finished_all_the_same(
    #[case] kill: fn(RecorderProcess) -> Writing,
) {
    let (room, ce) = (Room::new(), MockCe::start());
    let recorder = RecorderProcess::start(&url(&ce), &room, &[]);
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
    let recorder = RecorderProcess::start(&url(&ce), &room, &[]);
    let keeper = recorder.keeper();
    signal(keeper, "-STOP");
    caller(&recorder).live("Test");
    // While the recorder lives, nobody waits: what is there is read.
    assert!(Cassette::load(room.cassette()).is_err());
    let writing = recorder.kill();
    let path = room.cassette();
    let reading = std::thread::spawn(move || load(&path));
    let elsewhere = room.join("copy.har");
    let file = room.cassette();
    let converting = std::thread::spawn(move || {
        let words = [
            "convert",
            file.to_str().unwrap(),
            elsewhere.to_str().unwrap(),
        ];
        (
            mock_ce(&words),
            fs::read_to_string(&elsewhere).unwrap_or_default(),
        )
    });
    // Long enough for readers that would not wait.
    mock_ce(&["rules"]);
    assert!(!reading.is_finished() && !converting.is_finished());
    signal(keeper, "-CONT");
    let (converted, har) = converting.join().unwrap();
    assert!(converted.status.success(), "{}", text(&converted.stderr));
    assert_eq!(har.matches("\"startedDateTime\"").count(), 9);
    assert_eq!(reading.join().unwrap().interactions().len(), 9);
    writing.end();
}

#[test]
fn a_recorder_goes_on_from_one_that_was_killed_just_before() {
    let (room, ce) = (Room::new(), MockCe::start());
    for round in 1..=5 {
        let recorder = RecorderProcess::start(&url(&ce), &room, &["--mode", "new"]);
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

/// The terminal and some supervisors send them to every process.
#[cfg(target_os = "linux")]
#[rstest]
#[case("-INT")]
#[case("-TERM")]
fn signals_that_end_the_recorder_do_not_end_its_keeper(#[case] asked: &str) {
    let (room, ce) = (Room::new(), MockCe::start());
    let recorder = RecorderProcess::start(&url(&ce), &room, &[]);
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
    let recorder = RecorderProcess::start(&url(&ce), &room, &[]);
    caller(&recorder).call(Method::GET, "/elements", "");
    let journal = room.join("cassette.json.journal");
    until(|| fs::read_to_string(&journal).unwrap().lines().count() == 2);
    signal(recorder.keeper(), "-KILL");
    until(|| fs::File::open(&journal).unwrap().try_lock_shared().is_ok());
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

/// The hidden verb, without a recorder.
fn keeper(room: &Room) -> std::process::Child {
    Command::new(env!("CARGO_BIN_EXE_mock-ce"))
        .args(["keep", "--upstream", "https://localhost:1", "--cassette"])
        .arg(room.cassette())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn what_is_no_exchange_ends_the_keeper() {
    let room = Room::new();
    let mut keeper = keeper(&room);
    let mut pipe = keeper.stdin.take().unwrap();
    pipe.write_all(&[9; 8]).unwrap();
    pipe.write_all(&[0; 32]).unwrap();
    let output = keeper.wait_with_output().unwrap();
    drop(pipe);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("told what is no exchange"), "{said}");
    assert_eq!(files(&room), [""; 0]);
}

#[test]
fn a_keeper_of_another_cassette_is_refused() {
    let (room, other) = (Room::new(), Room::new());
    let program = env!("CARGO_BIN_EXE_mock-ce");
    let words = ["keep", "--upstream", "https://localhost:1", "--cassette"];
    let words = words.map(OsString::from).into_iter();
    let refused = Recorder::to("https://localhost:1", room.cassette())
        .written_by(program, words.chain([other.cassette().into()]))
        .try_start();
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("instead of"), "{refused}");
    assert_eq!((files(&room), files(&other)), (Vec::new(), Vec::new()));
}

#[test]
fn a_program_that_is_no_keeper_is_refused() {
    let room = Room::new();
    for (program, reason) in [
        ("/no/such/program", "does not start"),
        ("true", "ended before it began (exit status: 0)"),
        ("pwd", "is no keeper: it says"),
    ] {
        let refused = Recorder::to("https://localhost:1", room.cassette())
            .written_by(program, [])
            .try_start();
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains(reason), "{refused}");
        assert_eq!(files(&room), [""; 0]);
    }
}

#[rstest]
#[case::killed(|recorder: RecorderProcess| drop(recorder.kill().end()))]
#[case::ended(|recorder: RecorderProcess| drop(recorder.end()))]
fn where_nothing_was_recorded_nothing_is_written(#[case] end: fn(RecorderProcess)) {
    let (room, ce) = (Room::new(), MockCe::start());
    end(RecorderProcess::start(&url(&ce), &room, &[]));
    assert_eq!(files(&room), [""; 0]);
    let recorder = RecorderProcess::start(&url(&ce), &room, &[]);
    caller(&recorder).call(Method::GET, "/elements", "");
    assert!(recorder.end().status.success());
    assert_eq!(load(&room.cassette()).interactions().len(), 1);
}

/// A keeper that cannot go on is no reason for a recorder that cannot be ended.
#[cfg(target_os = "linux")]
#[test]
fn a_second_signal_ends_the_recorder_without_its_keeper() {
    let (room, ce) = (Room::new(), MockCe::start());
    let mut recorder = RecorderProcess::start(&url(&ce), &room, &[]);
    caller(&recorder).call(Method::GET, "/elements", "");
    let (id, keeper) = (recorder.id(), recorder.keeper());
    signal(keeper, "-STOP");
    signal(id, "-INT");
    // Its port closes when it has seen the first one.
    until(|| TcpStream::connect(recorder.address).is_err());
    let ended = recorder.wait_after("-INT");
    assert_eq!(ended.code(), Some(130));
    signal(keeper, "-CONT");
    assert_eq!(load(&room.cassette()).interactions().len(), 1);
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
