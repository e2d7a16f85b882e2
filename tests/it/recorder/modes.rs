//! The modes of a recorder: its conduct with a cassette that is there, and with requests that it does not have.

use http::{Method, StatusCode};
use mock_ce::MockCe;
use mock_ce::cassette::CassetteError;
use mock_ce::recorder::{Mode, RecordError, Recorder};

use super::stand::{Caller, Canned, Room, answer, load, mailjet, member, raw};

fn record(room: &Room, mode: Mode, ce: &MockCe) -> Recorder {
    Recorder::to(format!("http://{}", ce.address()), room.cassette())
        .mode(mode)
        .start()
}

fn caller(recorder: &Recorder) -> Caller {
    Caller::of(recorder.address(), "user-secret", "organization-secret")
}

#[test]
fn once_sends_nothing_when_there_is_a_cassette() {
    let (room, ce) = (Room::new(), MockCe::start());
    let recorder = record(&room, Mode::Once, &ce);
    caller(&recorder).call(Method::GET, "/elements/keys", "");
    recorder.finish().unwrap();
    let asked = ce.journal(&mock_ce::Predicate::default()).requests.len();
    let recorder = record(&room, Mode::Once, &ce);
    let mut caller = caller(&recorder);
    assert_eq!(
        caller.call(Method::GET, "/elements/keys", "").status,
        StatusCode::OK
    );
    let miss = caller.call(Method::GET, "/elements", "");
    assert_eq!(miss.status, StatusCode::NOT_IMPLEMENTED);
    assert_eq!(
        ce.journal(&mock_ce::Predicate::default()).requests.len(),
        asked
    );
}

#[test]
fn new_replays_what_is_known_and_adds_the_rest() {
    let (room, ce) = (Room::new(), MockCe::start());
    let recorder = record(&room, Mode::New, &ce);
    let created = caller(&recorder).call(Method::POST, "/instances", &mailjet("A"));
    assert_eq!(member(&created, "id").as_u64(), Some(1234));
    recorder.finish().unwrap();
    let recorder = record(&room, Mode::New, &ce);
    let mut caller = caller(&recorder);
    let known = caller.call(Method::POST, "/instances", &mailjet("A"));
    assert_eq!(member(&known, "id").as_u64(), Some(1234));
    let unknown = caller.call(Method::POST, "/instances", &mailjet("B"));
    assert_eq!(member(&unknown, "id").as_u64(), Some(1235));
    assert_eq!(recorder.finish().unwrap().total, 2);
    assert_eq!(ce.instances().len(), 2);
    let text = std::fs::read_to_string(room.cassette()).unwrap();
    assert!(
        !text.contains("user-secret") && !text.contains("-of-a-client"),
        "{text}"
    );
}

/// The upstream would refuse the placeholder, and the refusal would stand in the cassette.
#[test]
fn new_does_not_ask_the_upstream_with_a_placeholder() {
    let (room, ce) = (Room::new(), MockCe::start());
    let recorder = record(&room, Mode::New, &ce);
    caller(&recorder).call(Method::POST, "/instances", &mailjet("A"));
    recorder.finish().unwrap();
    let recorder = record(&room, Mode::New, &ce);
    let mut caller = caller(&recorder);
    let known = caller.call(Method::POST, "/instances", &mailjet("A"));
    let token = member(&known, "token");
    let token = token.as_str().unwrap();
    let asked = format!(
        "GET /elements/api-v2/messages HTTP/1.1\r\nHost: me\r\nConnection: close\r\n\
         Authorization: User user-secret, Element {token}\r\n\r\n"
    );
    let reply = raw(recorder.address(), &asked);
    assert!(reply.starts_with("HTTP/1.1 502"), "{reply}");
    assert!(
        reply.contains("it has a placeholder of a replayed answer"),
        "{reply}"
    );
    assert!(!reply.contains("user-secret"), "{reply}");
    assert_eq!(recorder.finish().unwrap().total, 1);
    assert_eq!(ce.journal(&mock_ce::Predicate::default()).requests.len(), 1);
}

/// A client follows a recorded address in the replay too.
#[test]
fn a_redirect_with_a_query_is_followed_in_a_replay() {
    let room = Room::new();
    let away = answer(
        "303 See Other",
        "location: /elements/api-v2/elements?pageSize=5&token=secret-1\r\n",
        "",
    );
    let upstream = Canned::answering([away]);
    let recorder = Recorder::to(upstream.url(), room.cassette()).start();
    caller(&recorder).call(Method::GET, "/instances", "");
    recorder.finish().unwrap();
    let written = std::fs::read_to_string(room.cassette()).unwrap();
    assert!(
        written.contains("/elements/api-v2/elements?pageSize=5&token=redacted-"),
        "{written}"
    );
    assert!(!written.contains("secret-1"), "{written}");
}

#[test]
fn all_records_afresh_and_keeps_the_old_one_when_there_is_nothing_new() {
    let (room, ce) = (Room::new(), MockCe::start());
    let recorder = record(&room, Mode::All, &ce);
    caller(&recorder).live("Test");
    recorder.finish().unwrap();
    let before = load(&room.cassette());
    record(&room, Mode::All, &ce).finish().unwrap();
    assert_eq!(load(&room.cassette()), before);
    let recorder = record(&room, Mode::All, &ce);
    caller(&recorder).call(Method::GET, "/elements/keys", "");
    recorder.finish().unwrap();
    assert_eq!(load(&room.cassette()).interactions().len(), 1);
}

#[test]
fn locked_needs_a_cassette() {
    let room = Room::new();
    let locked = Recorder::to("https://localhost:1", room.cassette())
        .mode(Mode::Locked)
        .try_start();
    let message = locked.unwrap_err().to_string();
    assert!(
        message.contains("cassette.json") && message.contains("is not there"),
        "{message}"
    );
}

#[test]
fn a_second_writer_is_refused() {
    let (room, ce) = (Room::new(), MockCe::start());
    let first = record(&room, Mode::All, &ce);
    let upstream = format!("http://{}", ce.address());
    let second = Recorder::to(upstream, room.cassette())
        .mode(Mode::All)
        .try_start();
    let Err(RecordError::Cassette(CassetteError::Of { source, .. })) = second else {
        panic!("{second:?}");
    };
    assert!(matches!(*source, CassetteError::Locked));
    drop(first);
    record(&room, Mode::All, &ce).finish().unwrap();
}

#[test]
fn a_journal_that_was_left_is_folded_by_the_next_recording() {
    let (room, ce) = (Room::new(), MockCe::start());
    let recorder = record(&room, Mode::All, &ce);
    caller(&recorder).call(Method::GET, "/elements/keys", "");
    let journal = room.join("cassette.json.journal");
    let mut left = std::fs::read(&journal).unwrap();
    drop(recorder);
    std::fs::remove_file(room.cassette()).unwrap();
    left.extend_from_slice(b"{\"request\":{\"meth");
    std::fs::write(&journal, left).unwrap();
    assert_eq!(load(&room.cassette()).interactions().len(), 1);
    let recorder = record(&room, Mode::New, &ce);
    caller(&recorder).call(Method::GET, "/elements", "");
    recorder.finish().unwrap();
    assert_eq!(load(&room.cassette()).interactions().len(), 2);
    assert!(!journal.exists());
}
