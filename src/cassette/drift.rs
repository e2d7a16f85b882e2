//! Sends recorded requests again, and says where the answers have drifted from the recorded ones.
//!
//! Values that a service makes up anew each time are not compared but followed: the ids of instances, of their configuration
//! entries and of rows, where those are text, and the tokens are remembered, and put into the later requests in which the
//! recorded ones stand. Times, request ids and placeholders are compared by type only.

use std::collections::HashMap;

use http::Method;
use http::header::{ALLOW, CONTENT_TYPE};

use super::difference::{Comparison, Difference, Differences, of_bodies};
use super::message::{Asked, Content, Interaction, header_map, value_of};
use super::placeholder;
use super::selector::{Leaf, MessagePart, Place, Side, Step};
use super::walk::rewrite_request;
use super::{Cassette, Policy};
use crate::wire::json::Json;
use crate::wire::message::{Reply, Request};
use crate::wire::time;
use crate::wire::vocabulary::{header, member};

/// A cassette that is being compared with what is answered now.
pub struct Drift {
    /// Decides what of an answer may be shown.
    policy: Policy,
    /// Recorded text → what stands for it now.
    now: HashMap<String, String>,
}

impl Drift {
    /// A comparison that has not begun; `defaults` decides what of an answer may be shown.
    #[must_use]
    pub fn new(cassette: &Cassette, defaults: Policy) -> Self {
        Drift {
            policy: cassette.policy(defaults),
            now: HashMap::new(),
        }
    }

    /// Sends `secret` wherever `placeholder` was recorded.
    #[must_use]
    pub fn secret(mut self, placeholder: &str, secret: &str) -> Self {
        self.now.insert(placeholder.to_owned(), secret.to_owned());
        self
    }

    /// The recorded request as it is to be sent now.
    #[must_use]
    pub fn request(&self, interaction: &Interaction) -> Request {
        let asked = self.asked(interaction);
        let mut request = Request::new(asked.method.clone(), "/", asked.body.to_bytes());
        request.uri = asked.target().parse().unwrap_or_default();
        request.headers = header_map(&asked.headers);
        request
    }

    /// Tells whether the cassette has a request in which something would be sent for `placeholder`.
    #[must_use]
    pub fn sends(cassette: &Cassette, defaults: Policy, placeholder: &str) -> bool {
        let probe = Drift::new(cassette, defaults).secret(placeholder, "");
        let mut all = cassette.interactions().iter();
        all.any(|interaction| probe.asked(interaction) != interaction.request)
    }

    fn asked(&self, interaction: &Interaction) -> Asked {
        let mut asked = interaction.request.clone();
        rewrite_request(&mut asked, &mut |place, leaf| match leaf {
            Leaf::Text(text) if place.part == MessagePart::Header => {
                Some(self.current_header(text).into())
            }
            Leaf::Name(text) | Leaf::Text(text) => self.now.get(text).map(|now| now.clone().into()),
            Leaf::Number(_) | Leaf::Body { .. } => None,
        });
        asked
    }

    fn current<'t>(&'t self, text: &'t str) -> &'t str {
        self.now.get(text).map_or(text, String::as_str)
    }

    /// Secrets stand word by word in a header.
    fn current_header(&self, value: &str) -> String {
        let pairs = value.split(", ").map(|pair| match pair.split_once(' ') {
            Some((word, secret)) => format!("{word} {}", self.current(secret)),
            None => self.current(pair).to_owned(),
        });
        pairs.collect::<Vec<_>>().join(", ")
    }

    /// Compares a reply with the recorded one, and remembers the ids and tokens that it has.
    pub fn compare(&mut self, interaction: &Interaction, reply: &Reply) -> Vec<Difference> {
        let recorded = &interaction.response;
        let mut differences = Differences::keeping(usize::MAX);
        if recorded.status != reply.status {
            let (one, other) = (recorded.status.as_str(), reply.status.as_str());
            differences.add(|| Difference::value("status", one, other));
        }
        for name in [CONTENT_TYPE, ALLOW, header::TOTAL_COUNT] {
            let one = value_of(&recorded.headers, name.as_str()).unwrap_or_default();
            let other = reply.headers.get(&name);
            let other = other.and_then(|value| value.to_str().ok());
            let other = other.unwrap_or_default();
            if one != other {
                differences.add(|| Difference::value(&format!("header {name}"), one, other));
            }
        }
        // The emulator makes the body of a GET, which does not go over the wire.
        if interaction.request.method == Method::HEAD {
            return differences.kept;
        }
        let actual = Content::of(&reply.body, "");
        if let (Content::Json(one), Content::Json(other)) = (&recorded.body, &actual) {
            self.remember(one, other);
        }
        let found = &mut differences;
        of_bodies(Side::Response, &recorded.body, &actual, self, found);
        differences.kept
    }

    /// Remembers which id and which token stand now for the recorded ones.
    fn remember(&mut self, recorded: &Json<'_>, actual: &Json<'_>) {
        if let (Some(before), Some(after)) = (recorded.as_array(), actual.as_array()) {
            for (one, other) in before.iter().zip(after) {
                self.remember(one, other);
            }
        }
        // An instance has a token and a configuration entry a value; the id of an element is documented, and a number.
        let has = |name| recorded.get(name).is_some();
        let has_text_id = recorded.get(member::ID).and_then(Json::as_str).is_some();
        if !(has(member::TOKEN) || has(member::PROPERTY_VALUE) || has_text_id) {
            return;
        }
        for name in [member::ID, member::TOKEN] {
            if let (Some(one), Some(other)) = (recorded.get(name), actual.get(name)) {
                self.now.insert(plain(one), plain(other));
            }
        }
    }

    /// A recorded text with what stands now for each id and token in it.
    fn translated(&self, text: &str) -> String {
        let is_between = |c: char| !c.is_alphanumeric() && !"+/=".contains(c);
        let pieces = text.split_inclusive(is_between).map(|piece| {
            let end = piece.find(is_between).unwrap_or(piece.len());
            let (word, rest) = piece.split_at(end);
            self.current(word).to_owned() + rest
        });
        pieces.collect()
    }
}

/// Tells a moment from a day alone, which a caller may have sent.
fn is_time(text: &str) -> bool {
    text.len() > "2017-03-14".len() && time::parse(text).is_some()
}

fn plain(json: &Json<'_>) -> String {
    json.as_str()
        .map_or_else(|| json.to_string(), str::to_owned)
}

impl Comparison for Drift {
    fn policy(&self) -> &Policy {
        &self.policy
    }

    fn agree(&mut self, place: &Place<'_>, recorded: &Json<'_>, actual: &Json<'_>) -> bool {
        let is_request_id =
            matches!(place.steps.last(), Some(Step::Member(name)) if *name == member::REQUEST_ID);
        let (shown, now) = (plain(recorded), plain(actual));
        let is_placeholder = || matches!(recorded, Json::Number(number) if placeholder::number_of_json(number).is_some());
        recorded.kind() == actual.kind()
            && (is_request_id
                || is_placeholder()
                || (is_time(&shown) && is_time(&now))
                || placeholder::fit(&self.translated(&shown), &now).is_some())
    }
}
