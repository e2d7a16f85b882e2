//! Compares a request with a recorded one: what differs, and which values stand where placeholders were recorded.

use serde_json::Number;

use super::difference::{Comparison, Difference, Differences, of_bodies, of_pairs};
use super::message::Asked;
use super::placeholder::{self, Bindings};
use super::policy::Policy;
use super::selector::{MessagePart, Place, Selector, Side};
use crate::secrets::{AuthorizationPart, authorization_parts};
use crate::wire::json::Json;

/// Compares requests with recorded ones.
pub(super) struct RequestMatcher {
    /// Decides what a report may show.
    pub(super) policy: Policy,
    /// Places that are not compared.
    pub(super) ignored: Vec<Selector>,
}

impl RequestMatcher {
    /// Compares all of a request but method and path; the first `most` differences are kept.
    pub(super) fn compare(
        &self,
        recorded: &Asked,
        sent: &Asked,
        most: usize,
    ) -> (Differences, Bindings) {
        let mut compared = RequestMatch {
            matcher: self,
            bindings: Bindings::new(),
        };
        let mut differences = Differences::keeping(most);
        let (query, found) = ((Side::Request, MessagePart::Query), &mut differences);
        of_pairs(query, &recorded.query, &sent.query, &mut compared, found);
        compared.authorization(recorded.authorization(), sent.authorization(), found);
        let (one, other) = (&recorded.body, &sent.body);
        of_bodies(Side::Request, one, other, &mut compared, found);
        (differences, compared.bindings)
    }

    /// Compares a text with the recorded one; a placeholder that the client sends fits itself only.
    pub(super) fn fit(&self, recorded: &str, sent: &str) -> Option<Bindings> {
        let is_allowed = |(number, value): &(u32, String)| {
            placeholder::number_of(value).is_none_or(|other| other == *number)
        };
        placeholder::fit(recorded, sent).filter(|bound| bound.iter().all(is_allowed))
    }
}

/// A comparison under way.
struct RequestMatch<'r> {
    matcher: &'r RequestMatcher,
    bindings: Bindings,
}

impl RequestMatch<'_> {
    /// Binds the placeholders of a text; false when it does not fit.
    fn bind(&mut self, recorded: &str, sent: &str) -> bool {
        let bindings = self.matcher.fit(recorded, sent);
        let fits = bindings.is_some();
        self.bindings.extend(bindings.into_iter().flatten());
        fits
    }

    /// Binds the secrets of a header that has the recorded words; a secret of another instance differs.
    fn authorization(&mut self, recorded: &str, sent: &str, differences: &mut Differences) {
        let sent = secrets_by_word(sent);
        for (word, secret) in secrets_by_word(recorded) {
            let other = sent.iter().find(|(other, _)| *other == word);
            if other.is_some_and(|(_, other)| !self.bind(secret, other)) {
                let place = format!("header authorization {word}");
                differences.add(|| Difference::value(&place, secret, "another"));
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
pub(super) fn secrets_by_word(value: &str) -> Vec<(&str, &str)> {
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
    fn policy(&self) -> &Policy {
        &self.matcher.policy
    }

    fn ignores(&self, place: &Place<'_>) -> bool {
        let mut ignored = self.matcher.ignored.iter();
        ignored.any(|selector| selector.names(place))
    }

    fn agree(&mut self, _: &Place<'_>, recorded: &Json<'_>, actual: &Json<'_>) -> bool {
        match (recorded, actual) {
            (Json::Text(one), Json::Text(other)) => self.bind(one, other),
            (Json::Number(one), Json::Number(other)) => self.bind_number(one, other),
            _ => false,
        }
    }
}
