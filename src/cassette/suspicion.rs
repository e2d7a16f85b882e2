//! What in a cassette looks like a secret, although it may be none: found offline, without knowing any.

use std::fmt;

use super::message::Interaction;
use super::placeholder::{is_email, is_made};
use super::redact::placeholders_of;
use super::selector::{Step, pointer};
use super::{Cassette, Redaction};
use crate::wire::json::Json;

/// A text that is shaped like a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspicion {
    /// Where in the document.
    pub place: String,
    /// What it looks like.
    pub shape: &'static str,
}

impl fmt::Display for Suspicion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} looks like {}", self.place, self.shape)
    }
}

/// Whether what stands in the place of a secret is a placeholder; of digits there is no telling.
///
/// A short one, or none, would be in any word.
fn is_trusted(text: &str) -> bool {
    let is_number = || {
        text.bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'+')
    };
    text.len() >= 6 && (is_made(text) || is_number())
}

impl Cassette {
    /// Every text that is shaped like a secret and is no placeholder.
    #[must_use]
    pub fn suspicions(&self, defaults: Redaction) -> Vec<Suspicion> {
        let redaction = self.redaction(defaults);
        let mut placeholders = placeholders_of(&redaction, &self.interactions);
        placeholders.retain(|text| is_trusted(text));
        let is_placeholder = |word: &str| {
            placeholders
                .iter()
                .any(|known| known.contains(word) || word.contains(known.as_str()))
        };
        let mut found = Vec::new();
        for (index, interaction) in self.interactions.iter().enumerate() {
            let place = format!("/interactions/{index}");
            walk(
                &place,
                &Interaction::to_json(interaction),
                &mut Vec::new(),
                &mut |place, text| {
                    let shape = words(text).find_map(|word| {
                        shape_of(word).filter(|_| !looks_made(word) && !is_placeholder(word))
                    });
                    if let Some(shape) = shape {
                        let place = place.to_owned();
                        found.push(Suspicion { place, shape });
                    }
                },
            );
        }
        found
    }
}

fn walk<'j>(
    place: &str,
    json: &'j Json<'_>,
    steps: &mut Vec<Step<'j>>,
    see: &mut impl FnMut(&str, &str),
) {
    match json {
        Json::Object(members) => {
            for (name, value) in members {
                steps.push(Step::Member(name));
                walk(place, value, steps, see);
                steps.pop();
            }
        }
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                steps.push(Step::Item(index));
                walk(place, item, steps, see);
                steps.pop();
            }
        }
        Json::Text(text) if !is_made_up(steps) => see(&format!("{place}{}", pointer(steps)), text),
        _ => {}
    }
}

/// Request ids and the like are random, and no secrets.
fn is_made_up(steps: &[Step<'_>]) -> bool {
    matches!(
        steps.last(),
        Some(Step::Member(
            "requestId"
                | "elements-request-id"
                | "elements-trace-id"
                | "elements-next-page-token"
                | "etag"
        ))
    )
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || ",;\"'<>(){}[]&?".contains(c))
}

/// Placeholders that are not in a denied place, such as those inside an encoding.
fn looks_made(word: &str) -> bool {
    ["redacted-", "REDACTED", "5ec2e7"]
        .iter()
        .any(|mark| word.contains(mark))
}

fn shape_of(word: &str) -> Option<&'static str> {
    const PREFIXES: &[&str] = &[
        "AKIA",
        "ghp_",
        "gho_",
        "github_pat_",
        "sk_live_",
        "sk_test_",
        "xoxb-",
        "xoxp-",
        "SG.",
        "eyJ",
        "AIza",
        "-----BEGIN",
    ];
    let is_dense = word.len() >= 24
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+/=_-".contains(&byte))
        && word.bytes().filter(u8::is_ascii_digit).count() >= 3
        && word.bytes().any(|byte| byte.is_ascii_alphabetic());
    if word.len() >= 16 && PREFIXES.iter().any(|prefix| word.starts_with(prefix)) {
        Some("a token")
    } else if is_dense && word.matches('/').count() < 3 {
        Some("a token or key")
    } else if is_email(word) && !word.ends_with("@example.com") {
        Some("an e-mail address")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("cuED0/DezalhhzK2OtO6kMP7NvPnMyNcRDZc=", Some("a token or key"))]
    #[case("SG.aaaaaaaaaaaaaaaaaaaaaa", Some("a token"))]
    #[case("someone@corp.example", Some("an e-mail address"))]
    #[case("redacted-1@example.com", None)]
    #[case("multiple", None)]
    #[case("elements/provider_mailjet.png", None)]
    fn texts_have_the_shape_of(#[case] word: &str, #[case] expected: Option<&str>) {
        assert_eq!(shape_of(word), expected);
    }
}
