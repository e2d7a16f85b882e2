//! Which places of a message are denied: their values never reach a cassette.
//!
//! Decided in this order: what the user keeps, what the user redacts, then the defaults. A header is denied unless it
//! is on the list of those kept; a member of a body is denied by its name and by where it stands.

use std::collections::HashSet;

use super::embedded;
use super::placeholder::is_email;
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

    /// Whether the text at `place` is a secret.
    pub(super) fn denies(&self, place: &Place<'_>, text: &str) -> bool {
        let is_address = || place.room != Room::Header && is_email(text);
        self.denies_place(place) || (is_address() && !self.is_kept(place))
    }

    /// Whether whatever stands at `place` is a secret.
    pub(super) fn denies_place(&self, place: &Place<'_>) -> bool {
        if self.is_kept(place) {
            return false;
        }
        self.redact.iter().any(|selector| selector.names(place)) || self.denies_by_default(place)
    }

    /// Whether the text at `place` is a secret by itself, and not by what it is inside of.
    pub(super) fn denies_its_name(&self, place: &Place<'_>) -> bool {
        let last = names_of(place.steps).next_back();
        place.room != Room::Body || last.is_none_or(|name| self.denies_name(name))
    }

    /// Whether a text of `place` that was sent may be shown: it is no secret, and has none in it.
    pub(super) fn shows(&self, place: &Place<'_>, text: &str) -> bool {
        let is_denied = |length| {
            let steps = &place.steps[..length];
            self.denies_place(&Place { steps, ..*place })
        };
        let has_members = place.steps.is_empty() || embedded::has_members(text);
        let has_secret =
            || has_members && !embedded::secrets(text, |name| self.denies_name(name)).is_empty();
        !(1..=place.steps.len()).any(is_denied) && !has_secret()
    }

    /// Whether the value of a member with this name is a secret, wherever it stands.
    pub(super) fn denies_name(&self, name: &str) -> bool {
        is_secret_name(name) || is_personal(name) || self.hidden.contains(name)
    }

    fn denies_by_default(&self, place: &Place<'_>) -> bool {
        match (place.room, place.steps) {
            (Room::Header, [Step::Member(name)]) => class_of(name) == Class::Denied,
            (Room::Query | Room::Form, [Step::Member(name)]) => self.denies_name(name),
            (Room::Body, steps) => self.denies_member(place.side, steps),
            _ => false,
        }
    }

    fn denies_member(&self, side: Side, steps: &[Step<'_>]) -> bool {
        let is_inside = |parent| names_of(steps).any(|name| name == parent);
        let Some(name) = names_of(steps).next_back() else {
            return false;
        };
        let is_account = || ends_with(name, "account") || ends_with(name, "username");
        if is_inside(member::CONFIGURATION) && (is_account() || self.hidden.contains(name)) {
            return true;
        }
        let is_error = side == Side::Response && name == member::MESSAGE;
        !is_error
            && (names_of(steps).any(is_secret_name)
                || is_personal(name)
                || is_inside(member::PROVIDER_DATA)
                || (name == member::NAME && is_inside(member::USER)))
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

/// The names on the way to a place, without those of items.
fn names_of<'s>(steps: &'s [Step<'_>]) -> impl DoubleEndedIterator<Item = &'s str> {
    steps.iter().filter_map(|step| match step {
        Step::Member(name) => Some(*name),
        Step::Item(_) => None,
    })
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

/// What the name of a secret ends in.
const SECRET_ENDINGS: &[&str] = &[
    "password",
    "passwords",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "secrets",
    "token",
    "tokens",
    "apikey",
    "apikeys",
    "accesskey",
    "authkey",
    "privatekey",
    "secretkey",
    "signaturekey",
    "credential",
    "credentials",
    "jwt",
    "sessionid",
];

/// Whether a name, in any spelling, says that its value is a secret.
fn is_secret_name(name: &str) -> bool {
    let name = ending_of(name);
    SECRET_ENDINGS.iter().any(|ending| ends_with(name, ending))
        || ["authorization", "pass", "pin"]
            .iter()
            .any(|word| is(name, word))
        || (contains(name, "oauth") && !is(name, "typeoauth"))
}

fn is_personal(name: &str) -> bool {
    [
        "email",
        "emailaddress",
        "firstname",
        "lastname",
        "fullname",
        "username",
    ]
    .iter()
    .any(|word| is(name, word))
}

/// A name in any spelling: `api.key`, `apiKey` and `API_KEY` have the same letters.
///
/// Every name of every message is judged: nothing is allocated, and most is decided by the last letter.
fn letters(name: &[u8]) -> impl DoubleEndedIterator<Item = u8> {
    let letters = name.iter().filter(|byte| byte.is_ascii_alphanumeric());
    letters.map(u8::to_ascii_lowercase)
}

/// As much of a name as says what it is; whoever sends a longer one may not make its judge read it again and again.
fn ending_of(name: &str) -> &str {
    const LONGEST: usize = 128;
    &name[name.ceil_char_boundary(name.len().saturating_sub(LONGEST))..]
}

fn is(name: &str, word: &str) -> bool {
    letters(name.as_bytes()).eq(word.bytes())
}

fn ends_with(name: &str, ending: &str) -> bool {
    let mut letters = letters(name.as_bytes()).rev();
    ending
        .bytes()
        .rev()
        .all(|letter| letters.next() == Some(letter))
}

fn contains(name: &str, word: &str) -> bool {
    let name = name.as_bytes();
    (0..name.len()).any(|at| {
        let mut letters = letters(&name[at..]);
        word.bytes().all(|letter| letters.next() == Some(letter))
    })
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
    #[case("secret/a/0", true)]
    #[case("configuration/event.notification.signature.key", true)]
    #[case("privateKey", true)]
    #[case("Access_Tokens", true)]
    #[case("pin", true)]
    #[case("shipping", false)]
    #[case("userName", true)]
    fn members_are_denied_by_name_and_place(#[case] path: &str, #[case] expected: bool) {
        let steps: Vec<_> = path.split('/').map(Step::Member).collect();
        let place = Place {
            side: Side::Request,
            room: Room::Body,
            steps: &steps,
        };
        let redaction = Redaction::new(Catalog::documented());
        assert_eq!(redaction.denies_place(&place), expected, "{path}");
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
            redaction.denies_place(&Place {
                side: Side::Response,
                room: Room::Body,
                steps: &[Step::Member(name)],
            })
        };
        assert!(!denies("token"));
        assert!(denies("name"));
    }
}
