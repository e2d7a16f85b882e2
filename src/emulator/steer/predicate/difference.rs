//! The differences between a JSON value that is expected and the one that was sent, place by place.

use std::fmt;

use crate::wire::distance::nearest;
use crate::wire::json::{Json, Members};

/// The most characters of one value that a message shows.
const MAX_SHOWN: usize = 100;

/// The extent to which the values must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// All of it, members in any order.
    Whole,
    /// These members of an object, and these items of an array; there may be more.
    Part,
}

/// The differences, one a line, each with the JSON pointer of its place: `/name: expected "a", was "b"`.
pub(crate) fn differences(
    expected: &Json<'_>,
    found: &Json<'_>,
    extent: Extent,
    pointer: &str,
) -> Vec<String> {
    let mut walk = Walk {
        extent,
        lines: Vec::new(),
    };
    walk.compare(expected, found, pointer);
    walk.lines
}

struct Walk {
    extent: Extent,
    lines: Vec<String>,
}

impl Walk {
    fn compare(&mut self, expected: &Json<'_>, found: &Json<'_>, pointer: &str) {
        match (expected, found) {
            (Json::Object(expected), Json::Object(found)) => {
                self.members(expected, found, pointer);
            }
            (Json::Array(expected), Json::Array(found)) if self.extent == Extent::Whole => {
                self.items(expected, found, pointer);
            }
            (Json::Array(expected), Json::Array(found)) => {
                self.some_items(expected, found, pointer);
            }
            _ if is_same_scalar(expected, found) => {}
            (Json::Text(expected), Json::Text(found)) => {
                let (expected, found) = texts(expected, found);
                self.note(pointer, expected, found);
            }
            _ => self.note(pointer, shown(expected), shown(found)),
        }
    }

    fn members(&mut self, expected: &Members<'_>, found: &Members<'_>, pointer: &str) {
        let get = |members: &Members<'_>, name: &str| {
            members.iter().position(|(member, _)| member == name)
        };
        for (name, value) in expected {
            let place = below(pointer, name);
            match get(found, name) {
                Some(at) => self.compare(value, &found[at].1, &place),
                None => self.note(&place, shown(value), absent(name, expected, found)),
            }
        }
        if self.extent == Extent::Whole {
            for (name, value) in found {
                if get(expected, name).is_none() {
                    self.note(&below(pointer, name), "none", shown(value));
                }
            }
        }
    }

    fn items(&mut self, expected: &[Json<'_>], found: &[Json<'_>], pointer: &str) {
        for at in 0..expected.len().max(found.len()) {
            let place = below(pointer, &at.to_string());
            match (expected.get(at), found.get(at)) {
                (Some(expected), Some(found)) => self.compare(expected, found, &place),
                (Some(expected), None) => self.note(&place, shown(expected), "absent"),
                (None, Some(found)) => self.note(&place, "none", shown(found)),
                (None, None) => {}
            }
        }
    }

    /// Each expected item must be part of some item that was sent.
    fn some_items(&mut self, expected: &[Json<'_>], found: &[Json<'_>], pointer: &str) {
        for wanted in expected {
            let of_item = |item: &Json<'_>| differences(wanted, item, Extent::Part, "");
            if !found.iter().any(|item| of_item(item).is_empty()) {
                let items = Json::Array(found.to_vec());
                self.note(pointer, format!("an item {}", shown(wanted)), shown(&items));
            }
        }
    }

    fn note(&mut self, pointer: &str, expected: impl fmt::Display, found: impl fmt::Display) {
        let place = if pointer.is_empty() {
            String::new()
        } else {
            format!(" {pointer}")
        };
        self.lines
            .push(format!("body{place}: expected {expected}, was {found}"));
    }
}

/// `absent`, with the member that was probably meant.
fn absent(name: &str, expected: &Members<'_>, found: &Members<'_>) -> String {
    let is_expected = |other: &str| expected.iter().any(|(known, _)| known == other);
    let others = found.iter().map(|(other, _)| &**other);
    let near = nearest(name, others.filter(|other| !is_expected(other)));
    near.map_or("absent".to_owned(), |near| {
        format!("absent (there is {near:?})")
    })
}

fn is_same_scalar(expected: &Json<'_>, found: &Json<'_>) -> bool {
    match (expected, found) {
        // 1 and 1.0 are the same number to every reader of JSON but a strict one.
        (Json::Number(a), Json::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        _ => expected == found,
    }
}

/// The pointer of a member (RFC 6901).
fn below(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// The value at a JSON pointer (RFC 6901).
pub(crate) fn at_pointer<'j, 'a>(json: &'j Json<'a>, pointer: &str) -> Option<&'j Json<'a>> {
    let steps = pointer.split('/').skip(1);
    steps
        .map(|step| step.replace("~1", "/").replace("~0", "~"))
        .try_fold(json, |json, step| match json {
            Json::Array(items) => items.get(step.parse::<usize>().ok()?),
            json => json.get(&step),
        })
}

/// A value as JSON, not too long.
pub(crate) fn shown(value: &Json<'_>) -> String {
    clipped(&value.to_string())
}

/// The beginning of a text that is too long for a message.
pub(crate) fn clipped(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
    }
}

/// Two texts in quotes; of long ones what surrounds their first difference.
pub(crate) fn texts(expected: &str, found: &str) -> (String, String) {
    let is_short = |text: &str| text.chars().count() <= MAX_SHOWN;
    if is_short(expected) && is_short(found) {
        return (format!("{expected:?}"), format!("{found:?}"));
    }
    let alike = expected.chars().zip(found.chars());
    let alike = alike.take_while(|(a, b)| a == b).count();
    let window = |text: &str| {
        let from = alike.saturating_sub(MAX_SHOWN / 4);
        let part: String = text.chars().skip(from).take(MAX_SHOWN).collect();
        let before = if from > 0 { "…" } else { "" };
        let is_end = text.chars().count() <= from + MAX_SHOWN;
        let after = if is_end { "" } else { "…" };
        format!("{before}{part:?}{after} (from character {from})")
    };
    (window(expected), window(found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn compare(expected: &str, found: &str, extent: Extent) -> Vec<String> {
        let read = |text: &str| Json::parse(text.as_bytes()).unwrap().into_owned();
        differences(&read(expected), &read(found), extent, "")
    }

    #[rstest]
    #[case::order_is_of_no_concern(r#"{"a":1,"b":[2]}"#, r#"{"b":[2],"a":1.0}"#, &[])]
    #[case::another_value(r#"{"a":{"b":"x"}}"#, r#"{"a":{"b":"y"}}"#, &[r#"body /a/b: expected "x", was "y""#])]
    #[case::another_kind("1", r#""1""#, &[r#"body: expected 1, was "1""#])]
    #[case::absent(r#"{"a":1}"#, "{}", &["body /a: expected 1, was absent"])]
    #[case::misspelt(r#"{"name":"n"}"#, r#"{"nmae":"n"}"#, &[
        r#"body /name: expected "n", was absent (there is "nmae")"#,
        r#"body /nmae: expected none, was "n""#,
    ])]
    #[case::item_by_item("[1,2]", "[1,3,4]", &["body /1: expected 2, was 3", "body /2: expected none, was 4"])]
    #[case::escaped(r#"{"a/b~c":1}"#, r#"{"a/b~c":2}"#, &["body /a~1b~0c: expected 1, was 2"])]
    fn the_whole_is_compared(#[case] expected: &str, #[case] found: &str, #[case] lines: &[&str]) {
        assert_eq!(compare(expected, found, Extent::Whole), lines);
    }

    #[rstest]
    #[case::more_members(r#"{"a":{"b":1}}"#, r#"{"a":{"b":1,"c":2},"d":3}"#, &[])]
    #[case::more_items(r#"{"tags":["b"]}"#, r#"{"tags":["a","b"]}"#, &[])]
    #[case::part_of_an_item(r#"[{"a":1}]"#, r#"[{"b":2},{"a":1,"c":3}]"#, &[])]
    #[case::no_such_item(r#"{"tags":["c"]}"#, r#"{"tags":["a","b"]}"#, &[r#"body /tags: expected an item "c", was ["a","b"]"#])]
    #[case::no_such_member(r#"{"name":1}"#, r#"{"tags":1}"#, &["body /name: expected 1, was absent"])]
    fn a_part_is_looked_for(#[case] expected: &str, #[case] found: &str, #[case] lines: &[&str]) {
        assert_eq!(compare(expected, found, Extent::Part), lines);
    }

    #[rstest]
    #[case("", Some(r#"{"a":[{"b/c":1}]}"#))]
    #[case("/a/0/b~1c", Some("1"))]
    #[case("/a/1", None)]
    #[case("/x", None)]
    fn a_pointer_leads_to_a_value(#[case] pointer: &str, #[case] expected: Option<&str>) {
        let json = Json::parse(br#"{"a":[{"b/c":1}]}"#).unwrap();
        let found = at_pointer(&json, pointer).map(ToString::to_string);
        assert_eq!(found.as_deref(), expected);
    }

    #[test]
    fn long_texts_are_shown_where_they_differ() {
        let (expected, found) = texts(&"a".repeat(500), &("a".repeat(300) + "b"));
        assert!(expected.starts_with("…\"aaa") && expected.ends_with("(from character 275)"));
        assert!(found.contains("aab\" (from character 275)"), "{found}");
    }
}
