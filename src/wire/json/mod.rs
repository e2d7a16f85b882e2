//! JSON as the API needs it: members keep their order, text is borrowed from the body it came in.
//!
//! Deliberately not a general JSON library: `serde_json` does the parsing and the escaping. What this tree adds over
//! `serde_json::Value` is what a faithful mock needs: the documented order of members, an error for a member that
//! appears twice, and a problem report that says what stands at the place where parsing stopped.

pub(crate) mod document;
mod problem;
mod read;

use std::borrow::Cow;
use std::fmt;

use serde_core::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Number;

pub use problem::{JsonProblem, position};
pub(crate) use read::Name;
use read::Names;

/// The members of an object, in the order in which they were written.
pub type Members<'a> = Vec<(Cow<'a, str>, Json<'a>)>;

/// Maximum nesting of JSON that somebody else wrote and that is kept: what holds it must be parsed as well.
pub(crate) const MAX_KEPT_LEVELS: usize = 104;

/// A JSON value that keeps the order of members and borrows text where it can.
///
/// ```
/// use mock_ce::Json;
///
/// let body = Json::parse(br#"{"name": "Test", "id": 1234}"#).unwrap();
/// assert_eq!(body.get("id").and_then(Json::as_u64), Some(1234));
/// assert_eq!(body.to_string(), r#"{"name":"Test","id":1234}"#);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Json<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// Any number.
    Number(Number),
    /// A string, unescaped.
    Text(Cow<'a, str>),
    /// An array.
    Array(Vec<Json<'a>>),
    /// An object; no name appears twice in a parsed one.
    Object(Members<'a>),
}

impl<'a> Json<'a> {
    /// Reads one JSON document that fills all of `text`.
    ///
    /// # Errors
    /// The first problem, with its place and what was found there. Nesting beyond 128 levels and a member that appears
    /// twice in one object are problems too.
    pub fn parse(text: &'a [u8]) -> Result<Self, JsonProblem> {
        // Checked as a whole, text need not be checked string by string.
        let parsed = match std::str::from_utf8(text) {
            Ok(text) => serde_json::from_str(text),
            Err(_) => serde_json::from_slice(text),
        };
        parsed.map_err(|error| JsonProblem::new(text, &error))
    }

    /// Counts the levels of nesting: 0 for a text, 1 for an array of texts.
    pub(crate) fn levels(&self) -> usize {
        let deepest = match self {
            Json::Array(items) => items.iter().map(Json::levels).max(),
            Json::Object(members) => members.iter().map(|(_, value)| value.levels()).max(),
            _ => return 0,
        };
        1 + deepest.unwrap_or(0)
    }

    /// The member `name` of an object; `None` for any other value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.as_object()?
            .iter()
            .find_map(|(member, value)| (member == name).then_some(value))
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Json::Text(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// A whole number that is not negative.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        if let Json::Number(number) = self {
            number.as_u64()
        } else {
            None
        }
    }

    /// `true` or `false`.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        if let Json::Bool(value) = self {
            Some(*value)
        } else {
            None
        }
    }

    /// The items of an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        if let Json::Array(items) = self {
            Some(items)
        } else {
            None
        }
    }

    /// The members of an object.
    #[must_use]
    pub fn as_object(&self) -> Option<&Members<'a>> {
        if let Json::Object(members) = self {
            Some(members)
        } else {
            None
        }
    }

    /// The kind of value, in words for a message: `"an array"`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "a boolean",
            Json::Number(_) => "a number",
            Json::Text(_) => "text",
            Json::Array(_) => "an array",
            Json::Object(_) => "an object",
        }
    }

    /// The same value, independent of the text it was read from.
    #[must_use]
    pub fn into_owned(self) -> Json<'static> {
        match self {
            Json::Null => Json::Null,
            Json::Bool(value) => Json::Bool(value),
            Json::Number(number) => Json::Number(number),
            Json::Text(text) => Json::Text(Cow::Owned(text.into_owned())),
            Json::Array(items) => Json::Array(items.into_iter().map(Json::into_owned).collect()),
            Json::Object(members) => Json::Object(
                members
                    .into_iter()
                    .map(|(name, value)| (Cow::Owned(name.into_owned()), value.into_owned()))
                    .collect(),
            ),
        }
    }

    /// The same value with its texts and names borrowed from this one.
    pub(crate) fn borrowed(&self) -> Json<'_> {
        match self {
            Json::Null => Json::Null,
            Json::Bool(value) => Json::Bool(*value),
            Json::Number(number) => Json::Number(number.clone()),
            Json::Text(text) => Json::Text(Cow::Borrowed(text)),
            Json::Array(items) => items.iter().map(Json::borrowed).collect(),
            Json::Object(members) => {
                let members = members.iter();
                let borrowed =
                    members.map(|(name, value)| (Cow::Borrowed(&**name), value.borrowed()));
                Json::Object(borrowed.collect())
            }
        }
    }

    /// The value with every text and every member name replaced by what `change` makes of it.
    #[must_use]
    pub fn map_texts(self, change: &impl Fn(&str) -> String) -> Json<'static> {
        match self {
            Json::Text(text) => Json::Text(Cow::Owned(change(&text))),
            Json::Array(items) => Json::Array(
                items
                    .into_iter()
                    .map(|item| item.map_texts(change))
                    .collect(),
            ),
            Json::Object(members) => Json::Object(
                members
                    .into_iter()
                    .map(|(name, value)| (Cow::Owned(change(&name)), value.map_texts(change)))
                    .collect(),
            ),
            other => other.into_owned(),
        }
    }

    /// The value as it is sent: compact, in UTF-8.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a JSON tree always serialises")
    }

    /// The value on several lines, indented by two spaces, for files that people review.
    #[must_use]
    pub fn to_pretty(&self) -> String {
        serde_json::to_string_pretty(self).expect("a JSON tree always serialises")
    }
}

/// An object from its members, in the order given.
#[must_use]
pub fn object<'a, const N: usize>(members: [(&'a str, Json<'a>); N]) -> Json<'a> {
    Json::Object(
        members
            .into_iter()
            .map(|(name, value)| (Cow::Borrowed(name), value))
            .collect(),
    )
}

/// An object with a member for each name, in order; the values of a name that comes more than once are an array.
pub(crate) fn object_of_pairs<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Json<'a> {
    let (mut members, mut names) = (Members::new(), Names::default());
    for (name, value) in pairs {
        let value = Json::from(value);
        let Some(place) = names.place(&members, name) else {
            members.push((name.into(), value));
            continue;
        };
        match &mut members[place].1 {
            Json::Array(values) => values.push(value),
            first => {
                let one = std::mem::replace(first, Json::Null);
                *first = Json::Array(vec![one, value]);
            }
        }
    }
    Json::Object(members)
}

/// Appends `text` to `out` as a JSON string, quoted and escaped.
pub fn push_text(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("writing to memory does not fail");
}

/// The character of the escape that a text begins with, and the length of the escape; the text begins with `\\`.
pub(crate) fn escaped(text: &[u8]) -> Option<(char, usize)> {
    // `\n`, `\u0041`, and a character beyond those in two halves.
    [2, 6, 12].into_iter().find_map(|length| {
        let quoted = [b"\"", text.get(..length)?, b"\""].concat();
        Some((serde_json::from_slice(&quoted).ok()?, length))
    })
}

impl<'a> From<&'a str> for Json<'a> {
    fn from(text: &'a str) -> Self {
        Json::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Json<'_> {
    fn from(text: String) -> Self {
        Json::Text(Cow::Owned(text))
    }
}

impl From<u64> for Json<'_> {
    fn from(number: u64) -> Self {
        Json::Number(number.into())
    }
}

impl From<bool> for Json<'_> {
    fn from(value: bool) -> Self {
        Json::Bool(value)
    }
}

impl<'a, T: Into<Json<'a>>> From<Option<T>> for Json<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Json::Null, Into::into)
    }
}

impl<'a> FromIterator<Json<'a>> for Json<'a> {
    fn from_iter<I: IntoIterator<Item = Json<'a>>>(items: I) -> Self {
        Json::Array(items.into_iter().collect())
    }
}

/// Compact, without line breaks.
impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Json::Null => serializer.serialize_unit(),
            Json::Bool(value) => serializer.serialize_bool(*value),
            Json::Number(number) => number.serialize(serializer),
            Json::Text(text) => serializer.serialize_str(text),
            Json::Array(items) => {
                let mut sequence = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    sequence.serialize_element(item)?;
                }
                sequence.end()
            }
            Json::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::missing_comma(b"{\"a\": 1\n \"b\": 2}", 2, 2, "'\"'")]
    #[case::end(b"{\"a\": ", 1, 6, "the end of the text")]
    #[case::empty(b"", 1, 1, "the end of the text")]
    #[case::curly_quote("{\n\u{201c}a\": 1}".as_bytes(), 2, 1, "'\u{201c}'")]
    #[case::after_text_beyond_ascii("{\"\u{e9}\u{e9}\": x}".as_bytes(), 1, 8, "'x'")]
    #[case::stray_byte(b"{\xff}", 1, 2, "the byte 0xff")]
    fn a_problem_names_its_place(
        #[case] text: &[u8],
        #[case] line: usize,
        #[case] column: usize,
        #[case] found: &str,
    ) {
        let problem = Json::parse(text).unwrap_err();
        assert_eq!(
            (problem.line, problem.column, problem.found.as_str()),
            (line, column, found),
            "{problem}"
        );
    }

    #[test]
    fn a_repeated_member_is_a_problem_in_small_and_large_objects() {
        let large = (0..100).map(|n| format!("\"m{n}\":0,")).collect::<String>();
        for text in [
            "{\"a\":1,\"a\":2}".to_owned(),
            format!("{{{large}\"m50\":1}}"),
        ] {
            let problem = Json::parse(text.as_bytes()).unwrap_err();
            assert!(problem.reason.ends_with("appears twice"), "{problem}");
        }
    }

    #[test]
    fn a_repeated_name_of_two_hundred_thousand_pairs_has_all_its_values() {
        let names: Vec<_> = (0..200_000).map(|n| n.to_string()).collect();
        let again = ["5", "50", "199999", "50"].map(|name| (name, "again"));
        let pairs = names.iter().map(|name| (&**name, "first")).chain(again);
        let object = object_of_pairs(pairs);
        assert_eq!(object.as_object().unwrap().len(), names.len());
        let values = |name| object.get(name).unwrap().to_string();
        for name in ["5", "199999"] {
            assert_eq!(values(name), r#"["first","again"]"#);
        }
        assert_eq!(values("50"), r#"["first","again","again"]"#);
        assert_eq!(values("31"), r#""first""#);
    }

    #[test]
    fn ten_thousand_levels_are_a_problem_and_not_a_crash() {
        let problem = Json::parse("[".repeat(10_000).as_bytes()).unwrap_err();
        assert_eq!(problem.reason, "recursion limit exceeded");
    }

    #[test]
    fn levels_are_counted() {
        for (text, levels) in [("1", 0), ("[]", 1), (r#"{"a":[1,{"b":2}],"c":[]}"#, 3)] {
            assert_eq!(
                Json::parse(text.as_bytes()).unwrap().levels(),
                levels,
                "{text}"
            );
        }
    }

    #[test]
    fn order_and_values_survive_a_round_trip() {
        let text = r#"{"z":1,"a":[null,true,-1.5,"\"\n"],"m":{}}"#;
        assert_eq!(Json::parse(text.as_bytes()).unwrap().to_string(), text);
    }
}
