//! Numbers at the ends of their ranges, given by a test itself: none may make the server panic or lie.

use std::time::Duration;

use mock_ce::{Effect, Scripted, Seed};
use rstest::rstest;

use super::*;

/// An id after which there is none would be given out twice.
#[rstest]
#[case::nothing(0)]
#[case::no_room_behind(u64::MAX)]
#[case::no_exact_number_of_json(1 << 53)]
fn an_id_that_leaves_no_room_is_refused(#[case] id: u64) {
    let ce = MockCe::start();
    let refused = ce.seed(&Seed::new("o", "twilio", "n").id(id)).unwrap_err();
    assert!(refused.to_string().starts_with("id must be from 1"));
    let restored = |member: &str| {
        let document =
            format!(r#"{{"version":1,"organizations":[{{"organization":"o",{member}}}]}}"#);
        ce.restore(&mock_ce::Json::parse(document.as_bytes()).unwrap())
    };
    let instance =
        format!(r#""instances":[{{"id":{id},"element":"twilio","token":"t","name":"n"}}]"#);
    assert!(restored(&instance).is_err());
    assert_serves(&ce);
}

#[test]
fn after_the_highest_id_that_can_be_chosen_ids_go_on() {
    let ce = MockCe::start();
    ce.seed(&Seed::new("o", "twilio", "n").id((1 << 53) - 1))
        .unwrap();
    assert_serves(&ce);
    assert_serves(&ce);
    assert_eq!(ce.instances()[2].id, (1 << 53) + 1);
}

/// The server refuses to seed an instance that a snapshot could not bring back.
#[rstest]
#[case::organization(Seed::new(" ", "twilio", "n"))]
#[case::name(Seed::new("o", "twilio", ""))]
#[case::token(Seed::new("o", "twilio", "n").token(" "))]
fn a_blank_text_is_not_seeded(#[case] seed: Seed) {
    let refused = MockCe::start().seed(&seed).unwrap_err();
    assert!(refused.to_string().ends_with("must not be blank"));
}

#[test]
fn a_delay_of_any_range_does_not_panic() {
    let ce = MockCe::start();
    let delay = Effect::DelayBetween(Duration::ZERO, Duration::MAX);
    ce.script(Scripted::new(delay).first(1));
    let mut held = Raw::open(&ce);
    held.send(GET);
    // All servers share a thread: what was to be said to the first is said when the second was served.
    assert_serves(&ce);
    assert!(held.is_open_after(Duration::from_millis(20)));
    assert!(held.has_heard_nothing());
}

#[test]
fn a_clock_at_the_end_of_time_still_tells_a_date() {
    let ce = MockCe::start();
    ce.set_clock(std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40));
    ce.advance_clock(Duration::MAX);
    assert_serves(&ce);
}

#[test]
fn threads_can_share_a_server() {
    fn assert_shared<T: Send + Sync>(_: &T) {}
    assert_shared(&MockCe::start());
}
