//! The last look before a cassette is written: is any secret in it that was seen while recording?
//!
//! Independent of the redaction: it looks at the text that would be written, in every encoding.

use std::fmt;

use super::finder::Finder;
use super::selector::{Step, pointer};
use crate::wire::json::Json;

/// A place of a document where a secret was found; it does not say which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leak {
    place: String,
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}

/// The first secret in the text of a document.
pub(super) fn leak(text: &str, finder: &Finder) -> Option<Leak> {
    let Ok(json) = Json::parse(text.as_bytes()) else {
        return raw_leak(text, finder);
    };
    leak_in(&json, &mut Vec::new(), finder).or_else(|| raw_leak(text, finder))
}

/// In what is not even JSON, or in its very spelling.
fn raw_leak(text: &str, finder: &Finder) -> Option<Leak> {
    let mut lines = text.lines().enumerate();
    let (index, _) = lines.find(|(_, line)| finder.is_in(line.as_bytes()))?;
    Some(Leak {
        place: format!("line {}", index + 1),
    })
}

fn leak_in<'j>(json: &'j Json<'_>, steps: &mut Vec<Step<'j>>, finder: &Finder) -> Option<Leak> {
    match json {
        Json::Object(members) => members.iter().find_map(|(name, value)| {
            steps.push(Step::Member(name));
            let leak = in_text(name, steps, finder).or_else(|| leak_in(value, steps, finder));
            steps.pop();
            leak
        }),
        Json::Array(items) => items.iter().enumerate().find_map(|(index, item)| {
            steps.push(Step::Item(index));
            let leak = leak_in(item, steps, finder);
            steps.pop();
            leak
        }),
        Json::Text(text) => in_text(text, steps, finder),
        Json::Number(number) => in_text(&number.to_string(), steps, finder),
        Json::Null | Json::Bool(_) => None,
    }
}

fn in_text(text: &str, steps: &[Step<'_>], finder: &Finder) -> Option<Leak> {
    finder.is_in(text.as_bytes()).then(|| Leak {
        place: pointer(steps),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use rstest::rstest;

    #[rstest]
    #[case::value(r#"{"a":["x","a sec/ret+1"]}"#, "/a/1")]
    #[case::name(r#"{"a":{"sec/ret+1":0}}"#, "/a/sec/ret+1")]
    #[case::escaped(r#"{"a":"sec%2Fret%2B1"}"#, "/a")]
    #[case::no_json("{\n sec/ret+1", "line 2")]
    fn a_leak_is_named_by_its_place(#[case] text: &str, #[case] place: &str) {
        let mut finder = Finder::default();
        finder.insert("sec/ret+1", "redacted-1");
        assert_eq!(leak(text, &finder).unwrap().to_string(), place);
        let encoded = STANDARD.encode("user:sec/ret+1");
        assert!(leak(&format!("[\"{encoded}\"]"), &finder).is_some());
        assert_eq!(leak("[\"clean\"]", &finder), None);
    }
}
