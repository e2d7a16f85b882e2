//! Compares a request with a recorded one: what differs, and which values stand where placeholders were recorded.

use serde_json::Number;

use super::difference::{self, Comparison, Difference};
use super::message::{Content, Pairs};
use super::placeholder;
use super::replay::Replay;
use super::selector::{MessagePart, Step};
use crate::secrets::{AuthorizationPart, authorization_parts};
use crate::wire::json::Json;

/// Numbers of placeholders with the values that a client has sent in their places.
pub(super) type Bindings = Vec<(u32, String)>;

/// A comparison under way.
pub(super) struct RequestMatch<'r> {
    replay: &'r Replay,
    pub(super) differences: Vec<Difference>,
    pub(super) bindings: Bindings,
}

impl<'r> RequestMatch<'r> {
    pub(super) fn new(replay: &'r Replay) -> Self {
        RequestMatch {
            replay,
            differences: Vec::new(),
            bindings: Bindings::new(),
        }
    }

    /// Binds the placeholders of a text; false when it does not fit.
    fn bind(&mut self, recorded: &str, sent: &str) -> bool {
        let bindings = self.replay.fit(recorded, sent);
        let fits = bindings.is_some();
        self.bindings.extend(bindings.into_iter().flatten());
        fits
    }

    /// Compares a query or a form: by name, and what has a placeholder for a name in its order.
    pub(super) fn pairs(&mut self, part: MessagePart, recorded: &Pairs, sent: &Pairs) {
        let ignores =
            |(name, _): &&(String, String)| !self.replay.ignores(part, &[Step::Member(name)]);
        let mut rest: Vec<_> = sent.iter().filter(ignores).collect();
        let recorded: Vec<_> = recorded.iter().filter(ignores).collect();
        let (named, unnamed): (Vec<_>, Vec<_>) = recorded
            .into_iter()
            .partition(|(name, _)| placeholder::number_of(name).is_none());
        for (name, value) in named {
            let at = rest.iter().position(|(other, _)| other == name);
            let other = at.map(|at| &rest.remove(at).1);
            if !other.is_some_and(|other| self.bind(value, other)) {
                self.push_pair(part, name, value, other);
            }
        }
        let count = unnamed.len().min(rest.len());
        for ((name, value), (other_name, other)) in unnamed.iter().zip(rest.drain(..count)) {
            if !(self.bind(name, other_name) && self.bind(value, other)) {
                self.push_pair(part, name, value, Some(other));
            }
        }
        for (name, value) in unnamed.iter().skip(count) {
            self.push_pair(part, name, value, None);
        }
        for (name, value) in rest {
            self.push_pair(part, name, "", Some(value));
        }
    }

    fn push_pair(&mut self, part: MessagePart, name: &str, recorded: &str, sent: Option<&String>) {
        let sent = sent.map_or("", String::as_str);
        let steps = [Step::Member(name)];
        let shown_name = if self.replay.shows_names(part, &steps) {
            name
        } else {
            "*"
        };
        let place = format!("{} {shown_name}", part.name());
        let difference = Difference::value(&place, recorded, sent);
        let is_shown = sent.is_empty() || self.replay.shows(part, &steps, sent);
        self.differences.push(if is_shown {
            difference
        } else {
            difference.conceal()
        });
    }

    /// Binds the secrets of a header that has the recorded words; a secret of another instance differs.
    pub(super) fn authorization(&mut self, recorded: &str, sent: &str) {
        let sent = secrets_by_word(sent);
        for (word, secret) in secrets_by_word(recorded) {
            let other = sent.iter().find(|(other, _)| *other == word);
            if let Some((_, other)) = other
                && !self.bind(secret, other)
            {
                let place = format!("header authorization {word}");
                self.differences
                    .push(Difference::value(&place, secret, "another"));
            }
        }
    }

    pub(super) fn body(&mut self, recorded: &Content, sent: &Content) {
        match (recorded, sent) {
            (Content::Json(one), Content::Json(other)) => {
                let differences = difference::of_json(one, other, self);
                self.differences.extend(differences);
            }
            (Content::Form(one), Content::Form(other)) => self.pairs(MessagePart::Form, one, other),
            (Content::Text(one), Content::Text(other)) if self.bind(one, other) => {}
            (Content::Text(one), Content::Binary(_)) if placeholder::number_of(one).is_some() => {}
            (one, other) => {
                let (one, other) = (one.to_bytes(), other.to_bytes());
                if one != other {
                    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                    self.differences
                        .push(Difference::value("body", &shown(&one), &shown(&other)).conceal());
                }
            }
        }
    }

    fn bind_number(&mut self, recorded: &Number, sent: &Number) -> bool {
        match placeholder::number_of_json(recorded) {
            Some(number) => self.bind(&placeholder::for_text("", number), &bound_text(sent)),
            None => recorded.as_f64() == sent.as_f64(),
        }
    }
}

/// A number as the text that is bound; a placeholder stays one.
fn bound_text(sent: &Number) -> String {
    placeholder::number_of_json(sent).map_or_else(
        || sent.to_string(),
        |number| placeholder::for_text("", number),
    )
}

/// Each word of `Authorization` with its secret.
fn secrets_by_word(value: &str) -> Vec<(&str, &str)> {
    let (mut pairs, mut word) = (Vec::new(), "");
    for part in authorization_parts(value) {
        match part {
            AuthorizationPart::Open(text) => word = text.trim_matches([' ', ',', ':', '\t']),
            AuthorizationPart::Secret(secret) => pairs.push((word, secret)),
        }
    }
    pairs
}

impl Comparison for RequestMatch<'_> {
    fn ignores(&self, steps: &[Step<'_>]) -> bool {
        self.replay.ignores(MessagePart::Body, steps)
    }

    fn shown(&self, steps: &[Step<'_>], actual: &Json<'_>) -> Option<String> {
        let text = match actual {
            Json::Text(text) => text.to_string(),
            Json::Number(number) => number.to_string(),
            _ => String::new(),
        };
        self.replay
            .shows(MessagePart::Body, steps, &text)
            .then(|| match actual {
                Json::Object(_) => "an object".to_owned(),
                Json::Array(_) => "an array".to_owned(),
                plain => plain.to_string(),
            })
    }

    fn shows_name(&self, steps: &[Step<'_>]) -> bool {
        self.replay.shows_names(MessagePart::Body, steps)
    }

    fn agree(&mut self, _: &[Step<'_>], recorded: &Json<'_>, actual: &Json<'_>) -> bool {
        match (recorded, actual) {
            (Json::Text(one), Json::Text(other)) => self.bind(one, other),
            (Json::Number(one), Json::Number(other)) => self.bind_number(one, other),
            _ => false,
        }
    }

    fn agree_names(&mut self, recorded: &str, actual: &str) -> bool {
        self.bind(recorded, actual)
    }
}
