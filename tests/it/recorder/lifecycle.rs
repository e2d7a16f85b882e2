//! A whole conversation through TLS, and the same without the service.

use std::time::{Duration, UNIX_EPOCH};

use http::Method;
use mock_ce::cassette::Fallback;
use mock_ce::catalog::Catalog;
use mock_ce::catalog::fixture::Entry;
use mock_ce::recorder::{Mode, Recorder};
use mock_ce::{MockCe, Shape};
use rstest::rstest;

use super::stand::{Caller, Room, Tls, load, member, shown};

#[test]
fn a_recorded_lifecycle_replays_without_the_service() {
    let room = Room::new();
    let ce = MockCe::start();
    let tls = Tls::before(ce.address(), &room);
    let recorder = Recorder::to(tls.url(), room.cassette()).ca(&tls.ca).start();
    let mut before = Caller::of(recorder.address(), "user-secret-1", "organization-secret-1");
    before.live("Test");
    let summary = recorder.finish().unwrap();
    assert_eq!(
        (summary.recorded, summary.kept_out, summary.total),
        (9, 0, 9)
    );
    drop((tls, ce));

    let recorder = Recorder::to("https://localhost:1", room.cassette()).start();
    assert!(recorder.is_replaying());
    let mut after = Caller::of(recorder.address(), "other-user", "other-organization");
    after.live("Test");
    assert_agrees(&shown(&before.transcript), &shown(&after.transcript));

    let ce = MockCe::builder()
        .cassette(room.cassette(), Fallback::Refuse)
        .start();
    let mut again = Caller::of(ce.address(), "third-user", "third-organization");
    again.live("Test");
    assert_eq!(shown(&again.transcript), shown(&after.transcript));
    let because = &again.transcript[0].headers["mock-ce-because"];
    assert_eq!(because, "recorded; grade=recorded");
}

/// Asserts that a replayed text is the recorded one, with anything where a placeholder stands.
fn assert_agrees(recorded: &str, replayed: &str) {
    let mut rest = recorded;
    let mut pieces = replayed.split("redacted-");
    let first = pieces.next().unwrap();
    rest = rest
        .strip_prefix(first)
        .unwrap_or_else(|| panic!("{recorded}\n{replayed}"));
    for piece in pieces {
        let piece = piece
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .trim_start_matches("@example.com");
        let end = rest.find(['"', ' ', ',', '\n']).unwrap_or(rest.len());
        rest = rest[end..]
            .strip_prefix(piece)
            .unwrap_or_else(|| panic!("{rest}\n{piece}\n{recorded}\n{replayed}"));
    }
    assert_eq!(rest, "");
}

/// Each of the three elements through its life, as one client with its own names and values.
fn live_all(address: std::net::SocketAddr, client: &str) -> String {
    let mut caller = Caller::of(
        address,
        &format!("user-of-{client}"),
        &format!("organization-of-{client}"),
    );
    for element in Catalog::documented().elements() {
        let entry = |entry: &Entry| format!("{:?}:\"{} of {client}\"", entry.key, entry.key);
        let entries: Vec<_> = element.entries().iter().map(entry).collect();
        let body = format!(
            r#"{{"element":{{"key":"{}"}},"configuration":{{{}}},"tags":["{client}-tag"],"name":"{client}'s {}"}}"#,
            element.key(),
            entries.join(","),
            element.key(),
        );
        let created = caller.call(Method::POST, "/instances", &body);
        let (id, token) = (member(&created, "id"), member(&created, "token"));
        caller.call(Method::GET, &format!("/instances/{id}"), "");
        caller.call(
            Method::GET,
            &format!("/instances?tags[]={client}-tag&searchText={client}"),
            "",
        );
        let by_token = format!("User user-of-{client}, Element {}", token.as_str().unwrap());
        let renamed = format!(r#"{{"name":"{client} again","tags":["{client}-two"]}}"#);
        caller.call_as(&by_token, Method::PATCH, "/instances", &renamed);
        let path = format!("/elements/{}/instances/{id}", element.key());
        caller.call(Method::GET, &path, "");
        caller.call(Method::PUT, &path, r#"{"name":7}"#);
        caller.call(Method::GET, &format!("/instances/{client}"), "");
        caller.call(Method::GET, &format!("/elements/{client}"), "");
        caller.call(Method::POST, "/instances", r#"{"name":"x"}"#);
        caller.call(Method::DELETE, &format!("/instances/{id}"), "");
        caller.call(Method::GET, &format!("/instances/{id}"), "");
    }
    shown(&caller.transcript)
}

#[rstest]
#[case::documented(Shape::Documented)]
#[case::platform(Shape::Platform)]
fn the_life_of_each_element_replays_with_other_names_and_credentials(#[case] shape: Shape) {
    let room = Room::new();
    let ce = MockCe::builder().shape(shape).start();
    let upstream = format!("http://{}", ce.address());
    let recorder = Recorder::to(upstream, room.cassette()).start();
    let recorded = live_all(recorder.address(), "anna");
    let summary = recorder.finish().unwrap();
    assert_eq!((summary.recorded, summary.kept_out), (33, 0));
    drop(ce);
    let written = std::fs::read_to_string(room.cassette()).unwrap();
    assert!(!written.contains("anna"), "{written}");

    let recorder = Recorder::to("https://localhost:1", room.cassette()).start();
    let replayed = live_all(recorder.address(), "bertram");
    assert!(!replayed.contains("not recorded"), "{replayed}");
    assert_agrees(&recorded.replace("anna", "bertram"), &replayed);
    assert_eq!(
        replayed.matches("bertram").count(),
        recorded.matches("anna").count(),
        "each value of the client's own is given back"
    );
}

#[test]
fn the_same_conversation_gives_the_same_bytes_whatever_the_secrets() {
    let (room, other) = (Room::new(), Room::new());
    let tls = Tls::before("127.0.0.1:1".parse().unwrap(), &room);
    let texts = [("aaaa-secret", &room), ("bbbb-secret", &other)].map(|(secret, room)| {
        let ce = MockCe::start();
        tls.lead_to(ce.address());
        let recorder = Recorder::to(tls.url(), room.cassette())
            .ca(&tls.ca)
            .date(UNIX_EPOCH + Duration::from_secs(1_500_000_000))
            .start();
        let mut caller = Caller::of(
            recorder.address(),
            secret,
            &format!("{secret}-of-organization"),
        );
        caller.live("Test");
        recorder.finish().unwrap();
        std::fs::read_to_string(room.cassette()).unwrap()
    });
    assert_eq!(texts[0], texts[1]);
    assert!(texts[0].contains("\"recorded\": \"2017-07-14\""));
}

#[test]
fn recording_the_same_again_leaves_the_file_as_it_is() {
    let room = Room::new();
    let tls = Tls::before("127.0.0.1:1".parse().unwrap(), &room);
    let record = |day: u64| {
        let ce = MockCe::start();
        tls.lead_to(ce.address());
        let recorder = Recorder::to(tls.url(), room.cassette())
            .ca(&tls.ca)
            .mode(Mode::All)
            .date(UNIX_EPOCH + Duration::from_secs(day * 86_400))
            .start();
        Caller::of(recorder.address(), "user-secret-1", "organization-secret-1").live("Test");
        recorder.finish().unwrap();
        load(&room.cassette()).recorded().to_owned()
    };
    assert_eq!(record(1), "1970-01-02");
    assert_eq!(record(2), "1970-01-02");
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let room = Room::new();
    let ce = MockCe::start();
    let upstream = format!("http://{}", ce.address());
    let recorder = Recorder::to(upstream, room.cassette()).start();
    let mode = |name: &str| {
        std::fs::metadata(room.join(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode("cassette.json.journal"), 0o600);
    Caller::of(recorder.address(), "user-secret", "organization-secret").live("Test");
    recorder.finish().unwrap();
    assert_eq!(mode("cassette.json"), 0o600);
    assert_eq!(std::fs::read_dir(&*room).unwrap().count(), 1);
}
