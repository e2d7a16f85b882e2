//! Sends recorded requests again, and says where the answers have drifted from the recorded ones.
//!
//! Values that a service makes up anew each time are not compared but followed: the id and the token of an instance are
//! remembered, and put into the later requests in which the recorded ones stand. Dates, request ids and placeholders are
//! compared by type only.

use std::collections::HashMap;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::difference::{self, Comparison, Difference};
use super::message::{Content, Interaction};
use super::placeholder;
use super::selector::{MessagePart, Place, Side, Step};
use super::{Cassette, Policy};
use crate::wire::json::Json;
use crate::wire::message::Request;
use crate::wire::vocabulary::{header, member};

/// An answer to a request that was sent again.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, decoded.
    pub body: Bytes,
}

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
        let asked = interaction.request();
        let path: Vec<_> = asked
            .path
            .split('/')
            .map(|word| self.current(word))
            .collect();
        let mut target = asked.clone();
        target.path = path.join("/");
        for (_, value) in &mut target.query {
            *value = self.current(value);
        }
        let body = match &asked.body {
            Content::Json(value) => {
                let value = value.clone().map_texts(&|text| self.current(text));
                value.to_string().into()
            }
            other => other.to_bytes(),
        };
        let uri = target.target();
        let mut request = Request::new(asked.method.clone(), "/", body);
        request.uri = uri.parse().unwrap_or_default();
        for (name, value) in &asked.headers {
            let value = self.current_header(value);
            if let (Ok(name), Ok(value)) =
                (HeaderName::try_from(name), HeaderValue::try_from(value))
            {
                request.headers.append(name, value);
            }
        }
        request
    }

    fn current(&self, text: &str) -> String {
        self.now
            .get(text)
            .cloned()
            .unwrap_or_else(|| text.to_owned())
    }

    /// Secrets stand word by word in a header.
    fn current_header(&self, value: &str) -> String {
        let pairs = value.split(", ").map(|pair| match pair.split_once(' ') {
            Some((word, secret)) => format!("{word} {}", self.current(secret)),
            None => self.current(pair),
        });
        pairs.collect::<Vec<_>>().join(", ")
    }

    /// Compares a reply with the recorded one, and remembers the ids and tokens that it has.
    pub fn compare(&mut self, interaction: &Interaction, reply: &Reply) -> Vec<Difference> {
        let recorded = interaction.response();
        let mut differences = Vec::new();
        if recorded.status != reply.status {
            let (one, other) = (recorded.status.as_str(), reply.status.as_str());
            differences.push(Difference::value("status", one, other));
        }
        for name in [CONTENT_TYPE, ALLOW, header::TOTAL_COUNT] {
            let one = recorded.header(name.as_str()).unwrap_or_default();
            let other = reply
                .headers
                .get(&name)
                .and_then(|value| value.to_str().ok());
            if one != other.unwrap_or_default() {
                let place = format!("header {name}");
                differences.push(Difference::value(&place, one, other.unwrap_or_default()));
            }
        }
        differences.extend(self.compare_body(&recorded.body, &reply.body));
        differences
    }

    fn compare_body(&mut self, recorded: &Content, actual: &[u8]) -> Vec<Difference> {
        match (recorded, &Content::of(actual, "")) {
            (Content::Json(one), Content::Json(other)) => {
                self.remember(one, other);
                difference::of_json(one, other, self)
            }
            (Content::Text(one), other)
                if placeholder::number_of(one).is_some() && *other != Content::Empty =>
            {
                Vec::new()
            }
            (one, other) if one.to_bytes() == other.to_bytes() => Vec::new(),
            (one, other) => {
                let shown =
                    |content: &Content| String::from_utf8_lossy(&content.to_bytes()).into_owned();
                vec![Difference::value("body", &shown(one), &shown(other)).conceal()]
            }
        }
    }

    /// Remembers which id and which token stand now for the recorded ones.
    fn remember(&mut self, recorded: &Json<'_>, actual: &Json<'_>) {
        if let (Some(before), Some(after)) = (recorded.as_array(), actual.as_array()) {
            for (one, other) in before.iter().zip(after) {
                self.remember(one, other);
            }
        }
        // Only an instance has a token; the id of an element is documented.
        if recorded.get(member::TOKEN).is_none() {
            return;
        }
        for name in [member::ID, member::TOKEN] {
            if let (Some(one), Some(other)) = (recorded.get(name), actual.get(name)) {
                self.now.insert(plain(one), plain(other));
            }
        }
    }
}

fn place<'p>(steps: &'p [Step<'p>]) -> Place<'p> {
    Place {
        side: Side::Response,
        part: MessagePart::Body,
        steps,
    }
}

fn plain(json: &Json<'_>) -> String {
    json.as_str()
        .map_or_else(|| json.to_string(), str::to_owned)
}

impl Drift {
    /// A recorded text with what stands now for each id and token in it.
    fn translated(&self, text: &str) -> String {
        let is_between = |c: char| !c.is_alphanumeric() && !"+/=".contains(c);
        let pieces = text.split_inclusive(is_between).map(|piece| {
            let end = piece.find(is_between).unwrap_or(piece.len());
            let (word, rest) = piece.split_at(end);
            self.current(word) + rest
        });
        pieces.collect()
    }
}

impl Comparison for Drift {
    fn ignores(&self, _: &[Step<'_>]) -> bool {
        false
    }

    fn shown(&self, steps: &[Step<'_>], actual: &Json<'_>) -> Option<String> {
        let is_shown = match actual {
            Json::Text(text) => self.policy.shows(&place(steps), text),
            Json::Number(number) => self.policy.keeps_number(&place(steps), number),
            Json::Bool(_) | Json::Null => true,
            Json::Array(items) => items.is_empty(),
            Json::Object(members) => members.is_empty(),
        };
        is_shown.then(|| actual.to_string())
    }

    fn shows_name(&self, steps: &[Step<'_>]) -> bool {
        match steps.last() {
            Some(Step::Member(name)) => self.policy.keeps_name(&place(steps), name),
            _ => true,
        }
    }

    fn agree(&mut self, steps: &[Step<'_>], recorded: &Json<'_>, actual: &Json<'_>) -> bool {
        const MADE_UP: [&str; 3] = [
            member::REQUEST_ID,
            member::CREATED_DATE,
            member::UPDATED_DATE,
        ];
        let is_made_up = matches!(steps.last(), Some(Step::Member(name)) if MADE_UP.contains(name));
        let (shown, now) = (plain(recorded), plain(actual));
        let is_placeholder = || match recorded {
            Json::Number(number) => placeholder::number_of_json(number).is_some(),
            _ => false,
        };
        recorded.kind() == actual.kind()
            && (is_made_up
                || is_placeholder()
                || placeholder::fit(&self.translated(&shown), &now).is_some())
    }

    fn agree_names(&mut self, _: &str, _: &str) -> bool {
        true
    }
}
