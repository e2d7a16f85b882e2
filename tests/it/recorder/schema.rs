//! The JSON Schema of the format says what is written: a small validator of what the schema uses.

use mock_ce::recorder::Recorder;
use mock_ce::{Json, MockCe};
use rstest::rstest;

use super::stand::{Caller, Room};

fn schema() -> Json<'static> {
    let text = include_bytes!("../../../fixtures/cassette.schema.json");
    Json::parse(text).unwrap()
}

/// What in `value` is against `schema`.
fn violations(root: &Json<'_>, schema: &Json<'_>, value: &Json<'_>, place: &str) -> Vec<String> {
    if let Some(name) = schema.get("$ref").and_then(Json::as_str) {
        let target = root
            .get("$defs")
            .unwrap()
            .get(name.rsplit('/').next().unwrap());
        return violations(root, target.unwrap(), value, place);
    }
    let mut found = Vec::new();
    for (keyword, rule) in schema.as_object().unwrap() {
        let fits = match keyword.as_ref() {
            "$schema" | "$id" | "title" | "description" | "$defs" | "properties" | "items"
            | "default" => true,
            "type" => rule.as_str().unwrap() == type_of(value),
            "const" => rule == value,
            "minimum" => value.as_u64() >= rule.as_u64(),
            "maximum" => value.as_u64() <= rule.as_u64(),
            "minItems" => value.as_array().unwrap().len() as u64 >= rule.as_u64().unwrap(),
            "pattern" => fits_pattern(rule.as_str().unwrap(), value.as_str().unwrap_or_default()),
            "required" => rule
                .as_array()
                .unwrap()
                .iter()
                .all(|name| value.get(name.as_str().unwrap()).is_some()),
            "additionalProperties" if rule.as_bool() == Some(false) => {
                value.as_object().unwrap().iter().all(|(name, _)| {
                    schema
                        .get("properties")
                        .and_then(|known| known.get(name))
                        .is_some()
                })
            }
            "additionalProperties" => {
                for (name, member) in value.as_object().unwrap() {
                    found.extend(violations(root, rule, member, &format!("{place}/{name}")));
                }
                true
            }
            "anyOf" => rule
                .as_array()
                .unwrap()
                .iter()
                .any(|one| violations(root, one, value, place).is_empty()),
            "not" => !violations(root, rule, value, place).is_empty(),
            "allOf" => {
                for one in rule.as_array().unwrap() {
                    found.extend(violations(root, one, value, place));
                }
                true
            }
            other => panic!("the validator does not know {other}"),
        };
        if !fits {
            found.push(format!("{place}: {keyword} {rule}"));
        }
    }
    if let (Some(properties), Some(members)) = (schema.get("properties"), value.as_object()) {
        for (name, member) in members {
            if let Some(of_member) = properties.get(name) {
                found.extend(violations(
                    root,
                    of_member,
                    member,
                    &format!("{place}/{name}"),
                ));
            }
        }
    }
    if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
        for (index, one) in values.iter().enumerate() {
            found.extend(violations(root, items, one, &format!("{place}/{index}")));
        }
    }
    found
}

fn type_of(value: &Json<'_>) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "integer",
        Json::Text(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

fn fits_pattern(pattern: &str, text: &str) -> bool {
    match pattern {
        "^/" => text.starts_with('/'),
        "^[0-9a-f]{32}$" => {
            text.len() == 32
                && text
                    .bytes()
                    .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        }
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" => text.split('-').map(str::len).eq([4, 2, 2]),
        other => panic!("the validator does not know the pattern {other}"),
    }
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
    let text = recorded();
    let cassette = Json::parse(text.as_bytes()).unwrap();
    assert_eq!(
        violations(&schema(), &schema(), &cassette, ""),
        Vec::<String>::new()
    );
}

#[rstest]
#[case::format("\"format\": 1", "\"format\": 2")]
#[case::day("\"recorded\": \"20", "\"recorded\": \"")]
#[case::status("\"status\": 200", "\"status\": 20")]
#[case::path("\"path\": \"/", "\"path\": \"")]
#[case::unknown("\"method\"", "\"verb\"")]
#[case::seal("\"seal\": \"", "\"seal\": \"x")]
fn the_schema_refuses_what_is_not_written(#[case] from: &str, #[case] to: &str) {
    let text = recorded().replacen(from, to, 1);
    let cassette = Json::parse(text.as_bytes()).unwrap();
    assert_ne!(
        violations(&schema(), &schema(), &cassette, ""),
        Vec::<String>::new()
    );
}
