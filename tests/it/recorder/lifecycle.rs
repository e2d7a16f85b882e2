//! A whole conversation through TLS, and the same without the service.

use std::time::{Duration, UNIX_EPOCH};

use mock_ce::MockCe;
use mock_ce::cassette::Fallback;
use mock_ce::recorder::{Mode, Recorder};

use super::stand::{Caller, Room, Tls, load, shown};

#[test]
fn a_recorded_lifecycle_replays_byte_by_byte_without_the_service() {
    let room = Room::new();
    let ce = MockCe::start();
    let tls = Tls::before(ce.address(), &room);
    let recorder = Recorder::to(tls.url(), room.cassette()).ca(&tls.ca).start();
    let mut before = Caller::of(recorder.address(), "user-secret-1", "organization-secret-1");
    let token = before.live("Test");
    let summary = recorder.finish().unwrap();
    assert_eq!(
        (summary.recorded, summary.kept_out, summary.total),
        (9, 0, 9)
    );
    drop((tls, ce));

    let recorder = Recorder::to("https://localhost:1", room.cassette()).start();
    assert!(recorder.is_replaying());
    let mut after = Caller::of(recorder.address(), "other-user", "other-organization");
    let placeholder = after.live("Test");
    let expected = shown(&before.transcript).replace(&token, &placeholder);
    assert_eq!(shown(&after.transcript), expected);
    assert_eq!(placeholder.len(), token.len());

    let ce = MockCe::builder()
        .cassette(room.cassette(), Fallback::Refuse)
        .start();
    let mut again = Caller::of(ce.address(), "third-user", "third-organization");
    again.live("Test");
    assert_eq!(shown(&again.transcript), expected);
    let because = &again.transcript[0].headers["mock-ce-because"];
    assert_eq!(because, "recorded; grade=recorded");
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
