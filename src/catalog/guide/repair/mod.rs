//! Reading JSON that is almost JSON, as what it means, with a note for every repair.
//!
//! Decided in this order: a text that is JSON is read exactly and nothing is repaired; otherwise it is repaired; if an
//! object then turns out to be closed too early or not at all, it is read once more by its layout, where the indentation
//! of a member says whose it is. Deliberately bounded: what needs more than a hundred repairs is not JSON at all.

mod closing;
mod cursor;
mod frame;
mod gap;
mod notes;
mod reader;
mod text;

pub(super) use notes::beginning;
pub(super) use text::starts_member;

use super::report::{Change, Refusal, Repair};
use super::tree::Node;
use crate::wire::json::Json;

const MAX_REPAIRS: usize = 100;
const MAX_DEPTH: usize = 64;

/// A value that was read, what it took, and where it ends.
#[derive(Debug)]
pub(super) struct Repaired {
    pub(super) node: Node,
    pub(super) repairs: Vec<Repair>,
    /// The comments and their lines.
    pub(super) comments: Vec<(usize, String)>,
    /// The number of bytes that were read.
    pub(super) length: usize,
    pub(super) last_line: usize,
}

/// The part of the text that is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// Every character.
    Exact,
    /// Everything but single characters.
    Repairing,
    /// Indentation more than braces.
    ByLayout,
}

/// Reads the value at the start of `text`, whose first line is the document's line `line` and whose lines all have a
/// `margin` of blanks.
pub(super) fn read(text: &str, line: usize, margin: usize) -> Result<Repaired, Refusal> {
    if let Some(end) = end_of_exact(text) {
        return reader::read(&text[..end], line, margin, Reading::Exact);
    }
    let repaired = reader::read(text, line, margin, Reading::Repairing)?;
    if braces_are_sound(&repaired) {
        return Ok(repaired);
    }
    match reader::read(text, line, margin, Reading::ByLayout) {
        Ok(by_layout) if by_layout.repairs.len() <= repaired.repairs.len() => Ok(by_layout),
        _ => Ok(repaired),
    }
}

/// The end of the value, if it is JSON and nothing behind it could belong to it.
fn end_of_exact(text: &str) -> Option<usize> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Json<'_>>();
    values.next()?.ok()?;
    let end = values.byte_offset();
    let goes_on = text[end..]
        .trim_start()
        .starts_with([',', '"', '}', ']', ':', '/']);
    (!goes_on).then_some(end)
}

fn braces_are_sound(repaired: &Repaired) -> bool {
    !repaired
        .repairs
        .iter()
        .any(|repair| repair.change == Change::Moved || repair.after == "}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn repair(text: &str) -> (String, Vec<(usize, Change)>) {
        let repaired = read(text, 1, 0).unwrap();
        let notes = repaired.repairs.iter();
        (
            repaired.node.to_json().to_string(),
            notes.map(|note| (note.line, note.change)).collect(),
        )
    }

    #[rstest]
    #[case::comments("{\n\"a\": 1, // one\n/* two\n*/ \"b\": \"http://x\" // three\n}",
        r#"{"a":1,"b":"http://x"}"#, &[(2, Change::LeftOut), (3, Change::LeftOut), (4, Change::LeftOut)])]
    #[case::trailing_commas("{\"a\": [1,\n],\n}", r#"{"a":[1]}"#,
        &[(1, Change::LeftOut), (2, Change::LeftOut)])]
    #[case::spare_commas("{,\"a\": [,\n],,\n}", r#"{"a":[]}"#,
        &[(1, Change::LeftOut), (1, Change::LeftOut), (2, Change::LeftOut), (2, Change::LeftOut)])]
    #[case::comma_before_the_first_item("{\"a\": [, 1]}", r#"{"a":[1]}"#, &[(1, Change::LeftOut)])]
    #[case::unclosed_array_and_its_comma("{\"a\": [,\n\"b\": 1}", r#"{"a":[],"b":1}"#, &[(1, Change::Added)])]
    #[case::closed_early_before_a_comment("{\"a\": 1\n}, // x\n\"b\": 2}", r#"{"a":1,"b":2}"#,
        &[(2, Change::Moved), (2, Change::LeftOut)])]
    #[case::missing_comma("{\"a\": \"x\"\n\"b\": 2}", r#"{"a":"x","b":2}"#, &[(2, Change::Added)])]
    #[case::missing_brace("\"a\": 1,\n\"b\": 2\n}", r#"{"a":1,"b":2}"#, &[(1, Change::Added)])]
    #[case::missing_inner_brace("{\n\"a\":\n  \"b\": 2\n}\n}", r#"{"a":{"b":2}}"#, &[(3, Change::Added)])]
    #[case::unclosed_empty_array("{\"a\":\n[\n}", r#"{"a":[]}"#, &[(2, Change::Added)])]
    #[case::unclosed_array("{\"a\":\n[\"x\",\n\"b\": 1}", r#"{"a":["x"],"b":1}"#, &[(2, Change::Added)])]
    #[case::unclosed_arrays("{\"a\":[\n[\"x\"\n}", r#"{"a":[["x"]]}"#,
        &[(1, Change::Added), (2, Change::Added)])]
    #[case::unclosed_object("{\n\"a\": {\n\"b\": 1", r#"{"a":{"b":1}}"#,
        &[(1, Change::Added), (2, Change::Added)])]
    #[case::unclosed_object_in_array("{\"a\": [{\"b\": 1], \"c\": 2}", r#"{"a":[{"b":1}],"c":2}"#,
        &[(1, Change::Added)])]
    #[case::ellipsis("{\"a\": 1,\n...\n\"b\": 2}", r#"{"a":1,"b":2}"#, &[(2, Change::LeftOut)])]
    #[case::closed_early("{\"a\": 1\n},\n\"b\": 2}", r#"{"a":1,"b":2}"#, &[(2, Change::Moved)])]
    #[case::inner_closed_early("{\n  \"a\": {\n    \"b\": 1 },\n    \"c\": 2\n  },\n  \"d\": 3\n}",
        r#"{"a":{"b":1,"c":2},"d":3}"#, &[(3, Change::Moved)])]
    #[case::inner_never_closed("{\n  \"a\": {\n    \"b\": 1,\n  \"d\": 3\n}", r#"{"a":{"b":1},"d":3}"#,
        &[(2, Change::Added)])]
    #[case::bare_name("{a.b: 1}", r#"{"a.b":1}"#, &[(1, Change::Added)])]
    #[case::bare_value("{\"a\": <X Y>, \"b\": true}", r#"{"a":"<X Y>","b":true}"#, &[(1, Change::Added)])]
    #[case::missing_value("{\"a\":\n, \"b\":}", r#"{"a":null,"b":null}"#,
        &[(1, Change::Added), (2, Change::Added)])]
    #[case::repeated("{\"a\": 1,\n\"a\": 2}", r#"{"a":2}"#, &[(1, Change::LeftOut)])]
    #[case::unclosed_text("{\"a\": \"x,\n \"b\": 2}", r#"{"a":"x","b":2}"#, &[(1, Change::Added)])]
    fn broken_json_is_read_as_what_it_means(
        #[case] text: &str,
        #[case] expected: &str,
        #[case] notes: &[(usize, Change)],
    ) {
        assert_eq!(repair(text), (expected.to_owned(), notes.to_vec()));
    }

    #[rstest]
    #[case::prose("curl -X POST", "JSON starts with")]
    #[case::nothing(" ", "JSON starts with")]
    #[case::deep(&"[".repeat(100_000), "nested more than 64 levels deep")]
    #[case::hopeless(&format!("{{{}", "?\n".repeat(100_000)), "needs more than 100 repairs")]
    #[case::line_breaks(&format!("{{\"a\": \"{}", "\n".repeat(100_000)), "needs more than 100 repairs")]
    fn what_is_not_json_at_all_is_said_to_be_so(#[case] text: &str, #[case] reason: &str) {
        let unreadable = read(text, 1, 0).unwrap_err();
        assert!(unreadable.reason.starts_with(reason), "{unreadable:?}");
    }

    #[rstest]
    #[case::quotes("\" ")]
    #[case::tags("<a href=\"")]
    #[case::blanks("\"   \n   ")]
    #[case::names("\"a\": ")]
    #[case::escapes("\\u12")]
    #[case::comments("\"\n/**/")]
    #[case::line_comments("\"\n//\n")]
    #[case::words("\"\na ")]
    fn a_long_hostile_text_takes_no_longer_than_its_length(#[case] piece: &str) {
        const MAX_STEPS_A_BYTE: usize = 8;
        let text = format!("{{\"a\": \"{}", piece.repeat(200_000));
        let steps = cursor::steps::of(|| drop(read(&text, 1, 0)));
        assert!(steps > 0);
        assert!(steps <= MAX_STEPS_A_BYTE * text.len(), "{steps} steps");
    }

    fn json() -> impl Strategy<Value = Json<'static>> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<u64>().prop_map(Json::from),
            "(?s).{0,12}|<a href=\"[a-z]{0,3}\">?".prop_map(Json::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Json::Array),
                prop::collection::btree_map(".{0,6}", inner, 0..5).prop_map(|members| {
                    Json::Object(members.into_iter().map(|(k, v)| (k.into(), v)).collect())
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn json_is_read_as_it_is(inner in json()) {
            let whole = crate::wire::json::object([("whole", inner)]);
            for text in [whole.to_string(), whole.to_pretty()] {
                let repaired = read(&text, 1, 0).unwrap();
                prop_assert_eq!(repaired.node.to_json(), whole.clone());
                prop_assert_eq!(&repaired.repairs, &[])
                ;prop_assert_eq!(repaired.length, text.len());
            }
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "(?s)[{\"\\[]?.{0,64}|[{}\\[\\]\",:a\\\\/*<=>\n 1]{0,64}") {
            let _ = read(&text, 1, 0);
        }
    }
}
