//! Conditions on a request's body.

use std::fmt;

use super::difference::{Extent, at_pointer, clipped, differences, shown, texts};
use super::subject::Subject;
use crate::wire::json::Json;

/// The most differences of one body that a message lists.
const MAX_LISTED: usize = 20;

/// One condition on a body.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum BodyCondition {
    /// This JSON, members in any order.
    Json(Json<'static>),
    /// JSON with at least these members and items.
    Contains(Json<'static>),
    /// This value at a JSON pointer.
    At(String, Json<'static>),
    /// This text, to the letter.
    Text(String),
    /// A text with this one in it.
    TextContains(String),
}

/// Lists the differences that keep a body from fitting all of the conditions.
pub(crate) fn body_differences(conditions: &[BodyCondition], subject: &dyn Subject) -> Vec<String> {
    let body = subject.body();
    if subject.is_cut() {
        let kept = body.len();
        return vec![format!(
            "body: only its first {kept} bytes were kept; keep more with journal_body_limit"
        )];
    }
    let needs_json = conditions.iter().any(BodyCondition::needs_json);
    let parsed = needs_json.then(|| Json::parse(body));
    let mut lines = Vec::new();
    if let Some(Err(problem)) = &parsed {
        let found = match body {
            [] => "empty".to_owned(),
            body => format!("{:?} ({problem})", clipped(&String::from_utf8_lossy(body))),
        };
        lines.push(format!("body: expected JSON, was {found}"));
    }
    let json = parsed.and_then(Result::ok);
    for condition in conditions {
        lines.extend(condition.differences(json.as_ref(), body));
    }
    if lines.len() > MAX_LISTED {
        let more = lines.len() - MAX_LISTED;
        lines.truncate(MAX_LISTED);
        lines.push(format!("body: {more} more differences"));
    }
    lines
}

impl BodyCondition {
    fn needs_json(&self) -> bool {
        !matches!(
            self,
            BodyCondition::Text(_) | BodyCondition::TextContains(_)
        )
    }

    /// The differences; none where JSON is needed and there is none, which is said once for all.
    fn differences(&self, json: Option<&Json<'_>>, body: &[u8]) -> Vec<String> {
        let text = String::from_utf8_lossy(body);
        match (self, json) {
            (BodyCondition::Json(expected), Some(found)) => {
                differences(expected, found, Extent::Whole, "")
            }
            (BodyCondition::Contains(expected), Some(found)) => {
                differences(expected, found, Extent::Part, "")
            }
            (BodyCondition::At(pointer, expected), Some(found)) => at(pointer, expected, found),
            (BodyCondition::Text(expected), _) if *expected != text => {
                let (expected, found) = texts(expected, &text);
                vec![format!("body: expected {expected}, was {found}")]
            }
            (BodyCondition::TextContains(part), _) if !text.contains(&**part) => {
                let found = clipped(&text);
                vec![format!("body: expected {part:?} in it, was {found:?}")]
            }
            _ => Vec::new(),
        }
    }
}

fn at(pointer: &str, expected: &Json<'_>, found: &Json<'_>) -> Vec<String> {
    match at_pointer(found, pointer) {
        Some(found) => differences(expected, found, Extent::Whole, pointer),
        None => {
            let expected = shown(expected);
            vec![format!("body {pointer}: expected {expected}, was absent")]
        }
    }
}

/// `body containing {"name":"n"}`
impl fmt::Display for BodyCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BodyCondition::Json(json) => write!(f, "body {}", shown(json)),
            BodyCondition::Contains(json) => write!(f, "body containing {}", shown(json)),
            BodyCondition::At(pointer, json) => write!(f, "body {pointer} {}", shown(json)),
            BodyCondition::Text(text) => write!(f, "body {:?}", clipped(text)),
            BodyCondition::TextContains(text) => write!(f, "body with {:?} in it", clipped(text)),
        }
    }
}
