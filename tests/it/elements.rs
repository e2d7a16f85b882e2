//! The JSON Schema of the fixture format agrees with the reader of fixtures.

use std::path::Path;

use mock_ce::Json;
use mock_ce::catalog::fixture::Fixture;
use rstest::rstest;

/// A fixture that has every member of the format.
const WHOLE: &str = r#"{
  "format": 1,
  "guides": ["pigeon.md"],
  "instance": {"id": 1, "name": "", "token": "t", "element": {"id": 9001, "key": "pigeon"}},
  "hub": "post",
  "authentication": {"type": "oauth2"},
  "configuration": [
    {"key": "pigeon.loft", "name": "Loft", "type": "TEXTFIELD_32", "required": true, "assumed": true,
     "structured": false, "default": "roof"}
  ],
  "samples": [{"title": "T", "path": "/instances", "body": {}}],
  "resources": [
    {"path": "/letters", "methods": ["create", "list"], "row": {"number": 1}, "id": "number", "required": ["text"],
     "echoed": ["text"], "sets": {"sent": "{now}"}, "defaults": {}, "pageSize": 20, "seeded": 4}
  ]
}"#;

fn schema() -> Json<'static> {
    Json::parse(include_bytes!("../../fixtures/element.schema.json")).unwrap()
}

fn is_valid(text: &str) -> bool {
    let root = schema();
    fits(&root, &root, &Json::parse(text.as_bytes()).unwrap())
}

/// Tells whether a value fits a schema, as far as the format's schema uses the language.
fn fits(root: &Json<'_>, schema: &Json<'_>, value: &Json<'_>) -> bool {
    let keywords = schema.as_object().unwrap().iter();
    keywords
        .into_iter()
        .all(|(keyword, rule)| keyword_fits(root, schema, keyword, rule, value))
}

fn keyword_fits(
    root: &Json<'_>,
    schema: &Json<'_>,
    keyword: &str,
    rule: &Json<'_>,
    value: &Json<'_>,
) -> bool {
    let members = value.as_object().map(Vec::as_slice).unwrap_or_default();
    let items = value.as_array().unwrap_or_default();
    match keyword {
        "$schema" | "title" | "description" | "$defs" => true,
        "$ref" => {
            let name = rule.as_str().unwrap().rsplit('/').next().unwrap();
            fits(root, root.get("$defs").unwrap().get(name).unwrap(), value)
        }
        "type" if rule.as_str() == Some("integer") => value.as_u64().is_some(),
        "type" => match rule.as_str().unwrap() {
            "string" => value.as_str().is_some(),
            "boolean" => value.as_bool().is_some(),
            "array" => value.as_array().is_some(),
            "object" => value.as_object().is_some(),
            other => panic!("no type {other}"),
        },
        "const" => rule == value,
        "enum" => rule.as_array().unwrap().contains(value),
        "not" => !fits(root, rule, value),
        "anyOf" => {
            let mut schemas = rule.as_array().unwrap().iter();
            schemas.any(|schema| fits(root, schema, value))
        }
        "minimum" => value.as_u64() >= rule.as_u64(),
        "maximum" => value.as_u64() <= rule.as_u64(),
        "minItems" => items.len() as u64 >= rule.as_u64().unwrap(),
        "pattern" => match rule.as_str().unwrap() {
            "^/" => value.as_str().is_some_and(|text| text.starts_with('/')),
            "^\\+?[0-9]+$" => value.as_str().is_some_and(is_number),
            "\\S" => value.as_str().is_some_and(|text| !text.trim().is_empty()),
            other => panic!("no pattern {other}"),
        },
        "required" => {
            let mut names = rule.as_array().unwrap().iter();
            names.all(|name| value.get(name.as_str().unwrap()).is_some())
        }
        "patternProperties" => rule.to_string() == r#"{"^//":{}}"#,
        "additionalProperties" => {
            let known = schema.get("properties").unwrap();
            let is_known = |name: &str| known.get(name).is_some() || name.starts_with("//");
            members.iter().all(|(name, _)| is_known(name))
        }
        "properties" => members.iter().all(|(name, member)| {
            rule.get(name)
                .is_none_or(|schema| fits(root, schema, member))
        }),
        "items" => items.iter().all(|item| fits(root, rule, item)),
        other => panic!("the validator does not know {other}"),
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[rstest]
#[case::word("pigeon", true)]
#[case::word_with_digits("7pigeons", true)]
#[case::like_a_call("keyss", true)]
#[case::call("keys", false)]
#[case::other_call("metadata", false)]
#[case::number("7", false)]
#[case::signed_number("+7", false)]
#[case::sign("+", true)]
#[case::long_number("123456789012345678901234567890", false)]
#[case::blank(" ", false)]
fn the_schema_and_the_reader_refuse_the_same_keys(#[case] key: &str, #[case] is_good: bool) {
    let text = WHOLE.replace("\"pigeon\"", &format!("{key:?}"));
    let read = Fixture::parse(&text);
    assert_eq!(
        (is_valid(&text), read.is_ok()),
        (is_good, is_good),
        "{read:?}"
    );
}

#[rstest]
#[case::built_in("fixtures/catalog")]
fn every_fixture_agrees_with_the_schema(#[case] folder: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(is_valid(&text), "{}", path.display());
    }
}

#[rstest]
#[case::plain("pigeon")]
#[case::quoted("a \"b\"")]
fn the_fixture_to_start_from_is_read_and_agrees_with_the_schema(#[case] key: &str) {
    let text = Fixture::template(key);
    assert!(is_valid(&text), "{text}");
    let fixture = Fixture::parse(&text).unwrap();
    assert_eq!(fixture.key(), key);
    assert_eq!(fixture.configuration()[0].key, format!("{key}.api.key"));
}

#[test]
fn a_comment_may_stand_in_each_object_of_the_format() {
    let commented = WHOLE.replace(
        "\"format\"",
        "\"$schema\": \"x\", \"//\": \"a\", \"// b\": [1], \"format\"",
    );
    let commented = commented.replace(
        "{\"key\": \"pigeon.loft\"",
        "{\"//\": 1, \"key\": \"pigeon.loft\"",
    );
    let commented = commented.replace("{\"title\"", "{\"//\": 1, \"title\"");
    let commented = commented.replace(
        "{\"path\": \"/letters\"",
        "{\"//\": 1, \"path\": \"/letters\"",
    );
    // What clients are shown has none of them either.
    let commented = commented.replace("\"id\"", "\"// id\": 1, \"id\"");
    assert!(is_valid(&commented));
    assert_eq!(Fixture::parse(&commented), Fixture::parse(WHOLE));
}

#[test]
fn a_fixture_that_says_everything_is_read_and_agrees_with_the_schema() {
    let fixture = Fixture::parse(WHOLE).unwrap();
    assert!(is_valid(WHOLE));
    assert!(is_valid(&fixture.to_text()));
}

/// Removes each member in turn, and gives each a value of another kind.
#[test]
fn the_schema_and_the_reader_refuse_the_same() {
    let whole = Json::parse(WHOLE.as_bytes()).unwrap();
    let mut count = 0;
    for changed in changes(&whole) {
        let text = changed.to_string();
        let read = Fixture::parse(&text);
        // The one thing that a schema cannot say: the row has the member that "id" names.
        if !matches!(&read, Err(error) if error.reason.ends_with("which is the id")) {
            assert_eq!(is_valid(&text), read.is_ok(), "{read:?}: {text}");
        }
        count += 1;
    }
    assert!(count > 80, "{count}");
}

/// Every document that differs from `value` in one place.
fn changes<'a>(value: &Json<'a>) -> Vec<Json<'a>> {
    let mut all = vec![
        Json::Null,
        Json::from(true),
        Json::from(7_u64),
        Json::from("x"),
    ];
    all.push(Json::Array(vec![Json::from(false)]));
    if let Json::Object(members) = value {
        for (index, (name, member)) in members.iter().enumerate() {
            let mut without = members.clone();
            without.remove(index);
            all.push(Json::Object(without));
            let mut misspelt = members.clone();
            misspelt[index].0 = format!("{name}s").into();
            all.push(Json::Object(misspelt));
            all.extend(changes(member).into_iter().map(|changed| {
                let mut members = members.clone();
                members[index].1 = changed;
                Json::Object(members)
            }));
        }
    }
    if let Json::Array(items) = value {
        for (index, item) in items.iter().enumerate() {
            all.extend(changes(item).into_iter().map(|changed| {
                let mut items = items.clone();
                items[index] = changed;
                Json::Array(items)
            }));
        }
    }
    all
}
