//! Which places of a message are denied: their values never reach a cassette.
//!
//! Decided in this order: what the user keeps, what the user redacts, then the defaults. A header is denied unless it
//! is on the list of those kept; a member of a body is denied by its name and by where it stands.

use std::collections::HashSet;

use super::selector::{Place, Room, Selector, Side, Step};
use crate::catalog::Catalog;
use crate::wire::vocabulary::member;

/// What is redacted beside the defaults, and what is kept in spite of them.
#[derive(Clone, Debug, Default)]
#[must_use = "a redaction does nothing by itself"]
pub struct Redaction {
    redact: Vec<Selector>,
    keep: Vec<Selector>,
    /// Configuration keys that the catalog types as passwords.
    hidden: HashSet<String>,
    /// Texts of the catalog, in lower case: what is in them is no secret wherever it stands.
    texts: String,
}

impl Redaction {
    /// The defaults, with the entries that `catalog` types as passwords.
    pub fn new(catalog: &Catalog) -> Self {
        let mut redaction = Redaction::default();
        for element in catalog.elements() {
            let entries = element.entries().iter().map(|entry| &entry.key);
            let hidden = entries.filter(|key| element.hides(key)).cloned();
            redaction.hidden.extend(hidden);
            redaction.texts.push_str(&element.text().to_lowercase());
        }
        redaction
    }

    /// Denies a place.
    pub fn redact(mut self, selector: Selector) -> Self {
        self.redact.push(selector);
        self
    }

    /// Leaves a place as it is, and does not take its value for a secret.
    pub fn keep(mut self, selector: Selector) -> Self {
        self.keep.push(selector);
        self
    }

    pub(super) fn redacted(&self) -> &[Selector] {
        &self.redact
    }

    pub(super) fn kept(&self) -> &[Selector] {
        &self.keep
    }

    pub(super) fn is_kept(&self, place: &Place<'_>) -> bool {
        self.keep.iter().any(|selector| selector.names(place))
    }

    /// Whether the value at `place` is a secret.
    pub(super) fn denies(&self, place: &Place<'_>) -> bool {
        if self.is_kept(place) {
            return false;
        }
        self.redact.iter().any(|selector| selector.names(place)) || self.denies_by_default(place)
    }

    fn denies_by_default(&self, place: &Place<'_>) -> bool {
        match (place.room, place.steps) {
            (Room::Header, [Step::Member(name)]) => class_of(name) == Class::Denied,
            (Room::Query | Room::Form, [Step::Member(name)]) => is_secret_name(&letters_of(name)),
            (Room::Body, steps) => self.denies_member(place.side, steps),
            _ => false,
        }
    }

    fn denies_member(&self, side: Side, steps: &[Step<'_>]) -> bool {
        let is_inside = |parent| steps.contains(&Step::Member(parent));
        let Some(Step::Member(name)) = steps.iter().rfind(|step| matches!(step, Step::Member(_)))
        else {
            return false;
        };
        let letters = letters_of(name);
        let is_entry = is_inside(member::CONFIGURATION);
        if is_entry && (is_account_name(&letters) || self.hidden.contains(*name)) {
            return true;
        }
        let is_error = side == Side::Response && *name == member::MESSAGE;
        !is_error
            && (is_secret_name(&letters)
                || is_personal(&letters)
                || is_inside(member::PROVIDER_DATA)
                || (*name == member::NAME && is_inside(member::USER)))
    }

    /// Whether `secret` is too common a text to be looked for anywhere but in its own place.
    ///
    /// That is: shorter than six bytes, a word of the format itself, or a text of the catalog.
    pub(super) fn is_trivial(&self, secret: &str) -> bool {
        let lower = secret.to_lowercase();
        secret.len() < 6
            || WORDS.iter().any(|word| word.contains(&lower))
            || (!secret.contains('=') && self.texts.contains(&lower))
    }
}

/// What becomes of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Kept,
    /// Of the connection, or added anew by every client and server: no part of what was said.
    Dropped,
    Denied,
}

pub(super) fn class_of(header: &str) -> Class {
    let lower = header.to_ascii_lowercase();
    if KEPT.contains(&lower.as_str()) || lower.starts_with("access-control-") {
        Class::Kept
    } else if DROPPED.contains(&lower.as_str()) {
        Class::Dropped
    } else {
        Class::Denied
    }
}

const KEPT: &[&str] = &[
    "accept",
    "accept-language",
    "allow",
    "cache-control",
    "content-disposition",
    "content-language",
    "content-type",
    "elements-error",
    "elements-next-page-token",
    "elements-request-id",
    "elements-returned-count",
    "elements-total-count",
    "elements-trace-id",
    "etag",
    "expires",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "last-modified",
    "link",
    "location",
    "mock-ce-because",
    "origin",
    "pragma",
    "retry-after",
    "vary",
    "www-authenticate",
];

const DROPPED: &[&str] = &[
    "accept-encoding",
    "age",
    "connection",
    "content-encoding",
    "content-length",
    "date",
    "expect",
    "host",
    "keep-alive",
    "priority",
    "proxy-connection",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "server",
    "strict-transport-security",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "upgrade-insecure-requests",
    "user-agent",
    "via",
    "x-content-type-options",
    "x-frame-options",
    "x-powered-by",
];

/// Texts of placeholders, the format and the protocol: a secret that is in one of them cannot be looked for.
const WORDS: &[&str] = &[
    "redacted-",
    "@example.com",
    "https://",
    "application/json",
    "configuration",
    "providerdata",
    "emailaddress",
    "firstname",
    "lastname",
    "organization",
    "interactions",
    "authorization",
    "response",
    "request",
    "recorded",
    "upstream",
    "username",
    "password",
    "account",
    "element",
    "instances",
    "messaging",
    "no-cache",
    "default",
    "string",
    "secret",
    "status",
    "method",
    "headers",
    "delete",
    "updateddate",
    "createddate",
    "external",
    "example",
];

/// Whether a name, by its letters, says that its value is a secret.
fn is_secret_name(letters: &str) -> bool {
    ["password", "passwd", "secret", "token", "apikey"]
        .iter()
        .any(|ending| letters.ends_with(ending))
        || letters == "authorization"
        || (letters.contains("oauth") && letters != "typeoauth")
}

fn is_account_name(letters: &str) -> bool {
    letters.ends_with("account") || letters.ends_with("username")
}

fn is_personal(letters: &str) -> bool {
    ["email", "emailaddress", "firstname", "lastname", "fullname"].contains(&letters)
}

/// A name in any spelling: `api.key`, `apiKey` and `API_KEY` have the same letters.
fn letters_of(name: &str) -> String {
    if name.is_ascii() {
        let mut letters = name.to_ascii_lowercase();
        if !letters.bytes().all(|letter| letter.is_ascii_alphanumeric()) {
            letters.retain(|letter| letter.is_ascii_alphanumeric());
        }
        return letters;
    }
    name.chars()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("token", true)]
    #[case("configuration/mailjet.api.key", true)]
    #[case("configuration/twilio.account", true)]
    #[case("configuration/sendgrid.username", true)]
    #[case("configuration/oauth.callback.url", true)]
    #[case("configuration/filter.response.nulls", false)]
    #[case("providerData/code", true)]
    #[case("user/emailAddress", true)]
    #[case("user/id", false)]
    #[case("user/name", true)]
    #[case("name", false)]
    #[case("element/typeOauth", false)]
    #[case("account", false)]
    fn members_are_denied_by_name_and_place(#[case] path: &str, #[case] expected: bool) {
        let steps: Vec<_> = path.split('/').map(Step::Member).collect();
        let place = Place {
            side: Side::Request,
            room: Room::Body,
            steps: &steps,
        };
        let redaction = Redaction::new(Catalog::documented());
        assert_eq!(redaction.denies(&place), expected, "{path}");
    }

    #[rstest]
    #[case("Content-Type", Class::Kept)]
    #[case("Access-Control-Allow-Origin", Class::Kept)]
    #[case("Host", Class::Dropped)]
    #[case("X-Api-Key", Class::Denied)]
    #[case("Cookie", Class::Denied)]
    #[case("Authorization", Class::Denied)]
    fn headers_are_denied_unless_listed(#[case] header: &str, #[case] expected: Class) {
        assert_eq!(class_of(header), expected);
    }

    #[rstest]
    #[case("u", true)]
    #[case("smtp", true)]
    #[case("sendgrid", true)]
    #[case("Password", true)]
    #[case("hunter2", false)]
    #[case("correct horse", false)]
    fn what_is_common_is_looked_for_in_its_own_place_only(
        #[case] secret: &str,
        #[case] expected: bool,
    ) {
        assert_eq!(
            Redaction::new(Catalog::documented()).is_trivial(secret),
            expected
        );
    }

    #[test]
    fn the_user_has_the_last_word() {
        let redaction = Redaction::default()
            .keep("body:token".parse().unwrap())
            .redact("body:name".parse().unwrap());
        let denies = |name| {
            redaction.denies(&Place {
                side: Side::Response,
                room: Room::Body,
                steps: &[Step::Member(name)],
            })
        };
        assert!(!denies("token"));
        assert!(denies("name"));
    }
}
