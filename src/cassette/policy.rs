//! The one policy of what a cassette keeps: a value is kept when it is known to be harmless, and replaced otherwise.
//!
//! Decided in this order: a placeholder stays; a place that the user redacts is replaced; a place that the user keeps is
//! kept; a value named like a secret is replaced; then each part of a message has its rule. Recording, `mock-ce check`
//! and the reports of a replay all ask [`Policy::keeps`], and for the parts of a text [`Policy::pieces`].

use std::sync::Arc;

use http::HeaderName;
use http::header::{AUTHORIZATION, LOCATION};
use serde_json::Number;

use super::placeholder;
use super::selector::{Leaf, MessagePart, Orders, Place, Selector, Side, Step};
use super::sought::Weight;
use super::walk::decode_segment;
use super::words::{self, Known};
use crate::catalog::Catalog;
use crate::secrets::{AuthorizationPart, authorization_parts, names_secret};
use crate::wire::time;
use crate::wire::vocabulary::{member, query, text};

/// Decides what a cassette keeps of the messages that are recorded into it.
#[derive(Clone, Debug)]
#[must_use = "a policy does nothing by itself"]
pub struct Policy {
    orders: Orders,
    known: Arc<Known>,
}

/// A stretch of a text, and what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    Keep(&'t str),
    Replace(&'t str),
}

/// Digits of the longest number that can be an id, a count or a size.
pub(super) const MAX_ID_DIGITS: usize = 9;
/// Numbers of so few digits are kept anywhere.
const MAX_SMALL_DIGITS: usize = 3;

impl Policy {
    /// The defaults, with the texts and names of this catalog.
    pub fn new(catalog: &Catalog) -> Self {
        Policy {
            orders: Orders::default(),
            known: Arc::new(Known::of(catalog)),
        }
    }

    /// Replaces a place, whatever stands there.
    pub fn redact(mut self, selector: Selector) -> Self {
        self.orders.redact.push(selector);
        self
    }

    /// Keeps a place, whatever stands there.
    pub fn keep(mut self, selector: Selector) -> Self {
        self.orders.keep.push(selector);
        self
    }

    /// Replaces and keeps these places too.
    pub(crate) fn with(mut self, orders: &Orders) -> Self {
        self.orders.redact.extend_from_slice(&orders.redact);
        self.orders.keep.extend_from_slice(&orders.keep);
        self
    }

    pub(super) fn orders(&self) -> &Orders {
        &self.orders
    }

    pub(super) fn known(&self) -> &Known {
        &self.known
    }

    pub(super) fn is_kept_by_user(&self, place: &Place<'_>) -> bool {
        self.orders.keeps(place) == Some(true)
    }

    /// Tells whether a header is kept at all; its value is judged by itself.
    pub(super) fn keeps_header(&self, place: &Place<'_>) -> bool {
        names_of(place).all(words::is_kept_header) || self.is_kept_by_user(place)
    }

    /// Tells whether a name or a value is kept as a whole, so that it may also be shown.
    pub(super) fn keeps(&self, place: &Place<'_>, leaf: Leaf<'_>, ids: &[&str]) -> bool {
        match leaf {
            Leaf::Name(name) => self.keeps_name(place, name),
            Leaf::Number(number) => self.keeps_number(place, number),
            Leaf::Text(_) => self.keeps_text(place, &leaf.text(), ids),
            Leaf::Body { .. } => self.keeps_text(place, &leaf.text(), &[]),
        }
    }

    /// Splits a text into what is kept of it and what is replaced; `ids` are the numbers in the path of the request.
    pub(super) fn pieces<'t>(
        &self,
        place: &Place<'_>,
        text: &'t str,
        ids: &[&str],
    ) -> Vec<Piece<'t>> {
        if text.trim().is_empty() || placeholder::number_of(text).is_some() {
            return vec![Piece::Keep(text)];
        }
        if let Some(is_kept) = self.orders.keeps(place) {
            return vec![piece(is_kept, text)];
        }
        match place.part {
            MessagePart::Header => self.pieces_of_header(place, text),
            MessagePart::Path => vec![piece(self.keeps_segment(text), text)],
            _ if is_error_message(place) && !is_secret(place) => self.pieces_of_message(text, ids),
            // Most values are not known, so the names on the way to them need not be judged.
            _ => {
                let keeps =
                    self.keeps_value(place, text) && (text == text::MASK || !is_secret(place));
                vec![piece(keeps, text)]
            }
        }
    }

    fn keeps_number(&self, place: &Place<'_>, number: &Number) -> bool {
        if placeholder::number_of_json(number).is_some() {
            return true;
        }
        self.orders.keeps(place).unwrap_or_else(|| {
            !is_secret(place) && keeps_digits(place, number.to_string().trim_start_matches('-'))
        })
    }

    /// Judges the name of a member or a parameter.
    fn keeps_name(&self, place: &Place<'_>, name: &str) -> bool {
        let is_known = self.known.has_name(name) || placeholder::number_of(name).is_some();
        let looks_known = || match place.part {
            MessagePart::Query => words_of(name.trim_end_matches("[]"))
                .into_iter()
                .all(|word| self.is_plain(word)),
            _ => is_like_a_name(name),
        };
        is_known || looks_known() || self.is_kept_by_user(place)
    }

    /// Tells whether a word is known, or too short to be anything else.
    fn is_plain(&self, word: &str) -> bool {
        const MAX_SHORT: usize = 2;
        self.known.has_word(word)
            || (word.len() <= MAX_SHORT && word.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    }

    /// Tells whether every name on the way to a place is kept.
    pub(super) fn keeps_names(&self, place: &Place<'_>) -> bool {
        names_of(place).all(|name| self.keeps_name(place, name))
    }

    fn keeps_text(&self, place: &Place<'_>, text: &str, ids: &[&str]) -> bool {
        let is_kept = |piece: &Piece<'_>| matches!(piece, Piece::Keep(_));
        self.pieces(place, text, ids).iter().all(is_kept)
    }

    fn keeps_value(&self, place: &Place<'_>, text: &str) -> bool {
        self.known.has_text(text) || is_date(text) || keeps_digits(place, text)
    }

    /// A secret is what stands in a place that is named like one, or that the user redacts.
    pub(super) fn weight(&self, place: &Place<'_>) -> Weight {
        const SECRET_HEADERS: [&str; 3] = ["authorization", "cookie", "set-cookie"];
        let holds_secret = self.orders.keeps(place) == Some(false)
            || is_secret(place)
            || (place.part == MessagePart::Header && is_one_of(place, &SECRET_HEADERS));
        match holds_secret {
            true => Weight::Secret,
            false => Weight::Unknown,
        }
    }

    /// The path with a star for each segment that a cassette would not keep.
    pub(crate) fn shown_path(&self, path: &str) -> String {
        let place = Place::whole(Side::Request, MessagePart::Path);
        let shown = path.split('/').map(|segment| {
            match self.keeps_text(&place, &decode_segment(segment), &[]) {
                true => segment,
                false => "*",
            }
        });
        shown.collect::<Vec<_>>().join("/")
    }

    /// Tells whether a text is a path of which every segment would be kept.
    pub(super) fn is_plain_path(&self, text: &str) -> bool {
        let rest = text.strip_prefix('/');
        rest.is_some_and(|rest| rest.split('/').all(|segment| self.keeps_segment(segment)))
    }

    fn keeps_segment(&self, segment: &str) -> bool {
        words::is_path_word(segment)
            || self.is_plain(segment)
            || self.known.has_text(segment)
            || is_number(segment, MAX_ID_DIGITS)
    }

    fn pieces_of_header<'t>(&self, place: &Place<'_>, text: &'t str) -> Vec<Piece<'t>> {
        let Some(Step::Member(name)) = place.steps.first() else {
            return vec![Piece::Replace(text)];
        };
        match HeaderName::try_from(*name) {
            Ok(AUTHORIZATION) => authorization_parts(text)
                .into_iter()
                .map(|part| match part {
                    AuthorizationPart::Open(text) => Piece::Keep(text),
                    AuthorizationPart::Secret(text) => {
                        piece(placeholder::number_of(text).is_some(), text)
                    }
                })
                .collect(),
            Ok(LOCATION) if text.starts_with('/') => self.pieces_of_location(place.side, text),
            Ok(name) if words::is_list_header(name.as_str()) => {
                split_by(text, is_header_token, keeps_header_word)
            }
            _ => vec![piece(is_date(text) || self.known.has_text(text), text)],
        }
    }

    /// Keeps of an address of the service what the request for it keeps: a client follows it in a replay too.
    fn pieces_of_location<'t>(&self, side: Side, text: &'t str) -> Vec<Piece<'t>> {
        let (path, query) = text.split_at(text.find('?').map_or(text.len(), |at| at + 1));
        let (path, mark) = path.split_at(path.trim_end_matches('?').len());
        let keeps = |segment: &str| {
            self.keeps_segment(segment) || placeholder::number_of(segment).is_some()
        };
        let mut pieces = split_by(path, |c| c != '/', keeps);
        pieces.push(Piece::Keep(mark));
        for pair in query.split_inclusive('&') {
            let (pair, end) = pair.split_at(pair.trim_end_matches('&').len());
            let (named, value) = pair.split_at(pair.find('=').map_or(pair.len(), |at| at + 1));
            let name = named.trim_end_matches('=');
            let steps = [Step::Member(name)];
            let place = Place::new(side, MessagePart::Query, &steps);
            if self.keeps_name(&place, name) {
                pieces.push(Piece::Keep(named));
                pieces.extend(self.pieces(&place, value, &[]));
            } else {
                pieces.push(Piece::Replace(pair));
            }
            pieces.push(Piece::Keep(end));
        }
        pieces.retain(|piece| !matches!(piece, Piece::Keep("")));
        pieces
    }

    /// Keeps the plain words of an error, and replaces what else it names.
    fn pieces_of_message<'t>(&self, text: &'t str, ids: &[&str]) -> Vec<Piece<'t>> {
        if self.known.has_text(text) {
            return vec![Piece::Keep(text)];
        }
        let is_catalog_name = |token: &str| self.known.has_name(token) && token.contains('.');
        let keeps = |token: &str| {
            token.split('.').all(|word| self.known.has_word(word))
                || self.known.has_text(token)
                || is_catalog_name(token)
                || is_number(token, MAX_SMALL_DIGITS)
                || (is_number(token, MAX_ID_DIGITS) && ids.contains(&token))
                || words::is_path_word(token)
                || placeholder::number_of(token).is_some()
        };
        let pieces = split_by(text, is_message_token, keeps);
        let names_a_secret = |piece: &Piece<'_>| {
            let (Piece::Keep(token) | Piece::Replace(token)) = piece;
            names_secret(token) && !is_catalog_name(token)
        };
        match pieces.iter().any(names_a_secret) {
            true => vec![Piece::Replace(text)],
            false => pieces,
        }
    }
}

fn piece(keeps: bool, text: &str) -> Piece<'_> {
    match keeps {
        true => Piece::Keep(text),
        false => Piece::Replace(text),
    }
}

/// Splits a text into tokens, each judged by itself, and what stands between them, which is kept.
fn split_by(
    text: &str,
    is_in_token: fn(char) -> bool,
    keeps: impl Fn(&str) -> bool,
) -> Vec<Piece<'_>> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let start = rest.find(is_in_token).unwrap_or(rest.len());
        let (between, from) = rest.split_at(start);
        let end = from.find(|c| !is_in_token(c)).unwrap_or(from.len());
        let (token, after) = from.split_at(end);
        let bare = token.trim_end_matches('.');
        pieces.push(Piece::Keep(between));
        pieces.push(piece(bare.is_empty() || keeps(bare), bare));
        pieces.push(Piece::Keep(&token[bare.len()..]));
        rest = after;
    }
    pieces.retain(|piece| !matches!(piece, Piece::Keep("")));
    pieces
}

fn is_header_token(c: char) -> bool {
    !" \t,;=/\"()".contains(c)
}

fn is_message_token(c: char) -> bool {
    !c.is_ascii_whitespace() && !",:;!?\"'`()[]{}<>/".contains(c)
}

fn keeps_header_word(token: &str) -> bool {
    let is_weight = token.len() <= 5
        && token
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
    words::is_header_word(token)
        || is_weight
        || is_number(token, MAX_ID_DIGITS)
        || placeholder::number_of(token).is_some()
}

/// Tells whether a place, or one that it stands in, is named like a secret.
fn is_secret(place: &Place<'_>) -> bool {
    names_of(place).any(names_secret) && !is_one_of(place, &[query::NEXT_PAGE])
}

fn is_one_of(place: &Place<'_>, names: &[&str]) -> bool {
    names_of(place)
        .last()
        .is_some_and(|name| names.contains(&name))
}

fn names_of<'p>(place: &'p Place<'_>) -> impl Iterator<Item = &'p str> {
    place.steps.iter().filter_map(|step| match step {
        Step::Member(name) => Some(*name),
        Step::Item(_) => None,
    })
}

fn is_error_message(place: &Place<'_>) -> bool {
    place.side == Side::Response
        && place.part == MessagePart::Body
        && is_one_of(place, &[member::MESSAGE])
}

/// Judges digits by their number, and by the name of the place that they stand in.
fn keeps_digits(place: &Place<'_>, digits: &str) -> bool {
    const ENDINGS: &str =
        "count size timeout timetolive port total limit offset page length expiresin duration";
    if !is_number(digits, MAX_ID_DIGITS) || digits.len() <= MAX_SMALL_DIGITS {
        return is_number(digits, MAX_SMALL_DIGITS);
    }
    let Some(name) = names_of(place).last() else {
        return false;
    };
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    let lower: String = letters.collect::<String>().to_ascii_lowercase();
    lower == "id" || ENDINGS.split(' ').any(|ending| lower.ends_with(ending))
}

fn is_number(text: &str, max_digits: usize) -> bool {
    (1..=max_digits).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Tells whether a name looks like one: words of letters with dots, dashes or capitals between, and few digits behind.
///
/// A word has a vowel and is no longer than a word; so most of what was drawn at random does not look like a name.
pub(super) fn is_like_a_name(name: &str) -> bool {
    const MAX_NAME_LEN: usize = 60;
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let is_shaped = (1..=MAX_NAME_LEN).contains(&bare.len())
        && bare.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.len() - bare.len() <= MAX_SMALL_DIGITS
        && bare
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || b"._-".contains(&byte));
    let words = words_of(bare);
    let letters: usize = words.iter().map(|word| word.len()).sum();
    is_shaped
        && !words.is_empty()
        && letters >= words.len() * 3 - 2
        && words.iter().all(|word| is_like_a_word(word))
}

fn is_like_a_word(word: &str) -> bool {
    const MAX_WORD_LEN: usize = 18;
    let has_vowel = word.bytes().any(|byte| b"aeiouyAEIOUY".contains(&byte));
    let capitals = word.bytes().take_while(u8::is_ascii_uppercase).count();
    let (small, is_acronym) = (word.len() - capitals, capitals > 1);
    let has_shape = word[capitals..]
        .bytes()
        .all(|byte| byte.is_ascii_lowercase())
        && !(is_acronym && (small == 1 || small == 2));
    has_shape && word.len() <= MAX_WORD_LEN && (has_vowel || word.len() <= 4)
}

/// `"apiKey"` → `["api", "Key"]`, `"signupURL"` → `["signup", "URL"]`
fn words_of(name: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for part in name.split(['.', '_', '-']).filter(|part| !part.is_empty()) {
        let bytes = part.as_bytes();
        let mut start = 0;
        for at in 1..bytes.len() {
            if bytes[at].is_ascii_uppercase() && bytes[at - 1].is_ascii_lowercase() {
                words.push(&part[start..at]);
                start = at;
            }
        }
        words.push(&part[start..]);
    }
    words
}

/// Tells whether a text is a date or a time as HTTP or ISO 8601 spell it.
fn is_date(text: &str) -> bool {
    const MAX_TIME_LEN: usize = 35;
    (text.len() <= MAX_TIME_LEN && time::parse(text).is_some())
        || (text.len() == 29 && httpdate::parse_http_date(text).is_ok())
}

#[cfg(test)]
mod tests {
    use super::MessagePart::{Body, Header};
    use super::*;
    use rstest::rstest;

    /// Replaced text stands in brackets.
    #[rstest]
    #[case::key(Body, "element/key", "sendgrid")]
    #[case::other(Body, "element/key", "[kqzvbtwm]")]
    #[case::name(Body, "name", "[Test]")]
    #[case::day(Body, "createdDate", "2017-03-14")]
    #[case::time(Body, "createdDate", "2017-03-14T19:20:16Z")]
    #[case::offset(Body, "createdDate", "2017-03-14T19:20:16+01:00")]
    #[case::no_day(Body, "createdDate", "[2017-13-14]")]
    #[case::small(Body, "a.pin.code", "123")]
    #[case::of_a_secret(Body, "pin", "[123]")]
    #[case::inside_of_a_secret(Body, "providerData/code", "[true]")]
    #[case::mask(Body, "password", "********")]
    #[case::boolean(Body, "filter.response.nulls", "true")]
    #[case::media_type(Body, "type", "application/json")]
    #[case::count(Body, "pageSize", "123456")]
    #[case::long(Body, "pageSize", "[1234567890]")]
    #[case::placeholder(Body, "token", "redacted-7")]
    #[case::message(Body, "message", text::UNAUTHORIZED)]
    #[case::id_of_the_path(Body, "message", "No instance found with ID 123456")]
    #[case::other_id(Body, "message", "No instance found with ID [654321]")]
    #[case::unknown_key(
        Body,
        "message",
        "No element with key or id [kqzvbtwm]. Did you mean twilio?"
    )]
    #[case::entry(Body, "message", "mailjet.api.key [kqzvbtwm] is invalid")]
    #[case::names_a_secret(Body, "message", "[the password is here]")]
    #[case::path(Body, "message", "no route GET /elements/[ab]/[cd+e=]")]
    #[case::charset(Header, "content-type", "application/json; charset=utf-8")]
    #[case::boundary(Header, "content-type", "multipart/form-data; boundary=[kqzvbtwm]")]
    #[case::methods(Header, "allow", "POST, GET, HEAD")]
    #[case::weights(Header, "accept", "*/*;q=0.9, text/html")]
    #[case::rule(Header, "mock-ce-because", "create; grade=guide")]
    #[case::total(Header, "elements-total-count", "12345")]
    #[case::request_id(Header, "elements-request-id", "[58d8e7a1f0c4b2a6e9d3c5f7]")]
    #[case::location(Header, "location", "/elements/api-v2/instances/7/[kqzvbtwm]")]
    #[case::query(Header, "location", "/elements?pageSize=5&token=[123456]&[kqzvbtwm=1]")]
    #[case::fragment(Header, "location", "/elements?pageSize=[5#token=1]&page=2&")]
    #[case::parts(Header, "location", "/elements?page=[a?b]&page")]
    #[case::placeholders(
        Header,
        "location",
        "/elements/redacted-3?redacted-2&nextPage=redacted-4"
    )]
    #[case::elsewhere(Header, "location", "[https://h/cb?token=1]")]
    #[case::credentials(Header, "authorization", "User [a], Organization redacted-2")]
    #[case::tag(Header, "etag", "[\"abc\"]")]
    fn a_text_is_kept_or_replaced(
        #[case] part: MessagePart,
        #[case] steps: &str,
        #[case] marked: &str,
    ) {
        let policy = Policy::new(Catalog::documented());
        let steps: Vec<_> = steps.split('/').map(Step::Member).collect();
        let place = Place::new(Side::Response, part, &steps);
        let text = marked.replace(['[', ']'], "");
        let pieces = policy.pieces(&place, &text, &["123456"]);
        let shown = pieces.iter().map(|piece| match piece {
            Piece::Keep(text) => text.to_string(),
            Piece::Replace(text) => format!("[{text}]"),
        });
        assert_eq!(shown.collect::<String>(), marked);
    }

    #[rstest]
    #[case("name", true)]
    #[case("password_confirmation", true)]
    #[case("messaging.sendgrid.user.confirmpassword", true)]
    #[case("privateKeyPem", true)]
    #[case("signupURL", true)]
    #[case("x", true)]
    #[case("line2", true)]
    #[case("cuEDqDezalhhzKQOtOkMPNvPnMyNcRDY", false)]
    #[case("5551234567", false)]
    #[case("a1b2", false)]
    #[case("someone@corp.example", false)]
    #[case("-----BEGIN", false)]
    #[case("", false)]
    fn names_look_like_names(#[case] name: &str, #[case] expected: bool) {
        assert_eq!(is_like_a_name(name), expected);
    }
}
