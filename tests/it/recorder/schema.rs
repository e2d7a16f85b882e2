//! The JSON Schema of the format says what is written.

use mock_ce::MockCe;
use mock_ce::recorder::Recorder;
use rstest::rstest;
use serde_json::Value;

use super::stand::{Caller, Room};

/// Tells whether the schema takes a cassette.
fn fits(cassette: &str) -> bool {
    let schema = include_str!("../../../fixtures/cassette.schema.json");
    let schema: Value = serde_json::from_str(schema).unwrap();
    jsonschema::is_valid(&schema, &serde_json::from_str(cassette).unwrap())
}

fn recorded() -> String {
    let (room, ce) = (Room::new(), MockCe::start());
    let upstream = format!("http://{}", ce.address());
    let recorder = Recorder::to(upstream, room.cassette())
        .redact("body:name".parse().unwrap())
        .start();
    Caller::of(recorder.address(), "user-secret", "organization-secret").live("Test");
    recorder.finish().unwrap();
    std::fs::read_to_string(room.cassette()).unwrap()
}

#[test]
fn what_is_written_is_what_the_schema_says() {
    let cassette = recorded();
    assert!(fits(&cassette), "{cassette}");
}

#[rstest]
#[case::format("\"format\": 1", "\"format\": 2")]
#[case::day("\"recorded\": \"20", "\"recorded\": \"")]
#[case::status("\"status\": 200", "\"status\": 20")]
#[case::path("\"path\": \"/", "\"path\": \"")]
#[case::unknown("\"method\"", "\"verb\"")]
#[case::seal("\"seal\": \"", "\"seal\": \"x")]
fn the_schema_refuses_what_is_not_written(#[case] from: &str, #[case] to: &str) {
    assert!(!fits(&recorded().replacen(from, to, 1)));
}
