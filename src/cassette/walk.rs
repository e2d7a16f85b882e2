//! The walk past every text of an interaction, which may be changed on the way.
//!
//! Places come in the order in which they are on the wire: of the request headers, query and body, then of the reply.

use http::header::CONTENT_TYPE;

use super::message::{Content, Interaction, Pairs};
use super::selector::{Place, Room, Side, Step};
use crate::wire::json::{Json, Members};

pub(super) fn pairs_of_query(query: &str) -> Pairs {
    form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

pub(super) fn encode_pairs(pairs: &Pairs) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

/// What becomes of a text at a place; `None` leaves it.
pub(super) type Change<'c> = dyn FnMut(&Place<'_>, &str) -> Option<String> + 'c;

/// Walks past every text of an interaction in the order of its first appearance on the wire.
pub(super) fn visit(interaction: &mut Interaction, change: &mut Change<'_>) {
    let Interaction { request, response } = interaction;
    let side = Side::Request;
    let is_form = is_form(&request.headers);
    visit_pairs(side, Room::Header, &mut request.headers, change);
    visit_pairs(side, Room::Query, &mut request.query, change);
    visit_body(side, is_form, &mut request.body, change);
    let side = Side::Response;
    let is_form = self::is_form(&response.headers);
    visit_pairs(side, Room::Header, &mut response.headers, change);
    visit_body(side, is_form, &mut response.body, change);
}

fn is_form(headers: &Pairs) -> Encoding {
    let types = headers
        .iter()
        .filter(|(name, _)| name == CONTENT_TYPE.as_str());
    let mut encodings = types.map(|(_, value)| Encoding::said_by(value));
    encodings
        .find(|encoding| *encoding == Encoding::Form)
        .unwrap_or(Encoding::Other)
}

/// What the text of a body is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Form,
    Other,
}

impl Encoding {
    pub(super) fn said_by(content_type: &str) -> Self {
        const FORM: &str = "application/x-www-form-urlencoded";
        match content_type.trim_start().get(..FORM.len()) {
            Some(kind) if kind.eq_ignore_ascii_case(FORM) => Encoding::Form,
            _ => Encoding::Other,
        }
    }
}

fn visit_pairs(side: Side, room: Room, pairs: &mut Pairs, change: &mut Change<'_>) -> bool {
    let mut changed = false;
    for (name, value) in pairs {
        let place = Place {
            side,
            room,
            steps: &[Step::Member(name)],
        };
        if let Some(other) = change(&place, value) {
            changed |= other != *value;
            *value = other;
        }
    }
    changed
}

fn visit_body(side: Side, encoding: Encoding, body: &mut Content, change: &mut Change<'_>) {
    match body {
        Content::Text(text) if encoding == Encoding::Form => {
            let mut pairs = pairs_of_query(text);
            if visit_pairs(side, Room::Form, &mut pairs, change) {
                *text = encode_pairs(&pairs);
            }
        }
        Content::Text(text) => {
            let place = Place {
                side,
                room: Room::Body,
                steps: &[],
            };
            if let Some(other) = change(&place, text) {
                *text = other;
            }
        }
        Content::Json { value, text } => {
            let changed = visit_json(side, value, &mut Vec::new(), change);
            if let (true, Some(text)) = (changed, text) {
                // As it was spelled: with the same blanks between other values.
                *text = respell(text, value);
            }
        }
        Content::Empty | Content::Binary(_) => {}
    }
}

fn visit_json<'j>(
    side: Side,
    json: &'j mut Json<'static>,
    steps: &mut Vec<Step<'j>>,
    change: &mut Change<'_>,
) -> bool {
    let room = Room::Body;
    match json {
        Json::Object(members) => {
            let mut changed = false;
            let named = named_value(members);
            for (name, value) in members {
                steps.push(Step::Member(name));
                changed |= match &named {
                    Some(named) if name == VALUE => {
                        let mut steps = steps.clone();
                        steps.push(Step::Member(named));
                        visit_json(side, value, &mut steps, change)
                    }
                    _ => visit_json(side, value, steps, change),
                };
                steps.pop();
            }
            changed
        }
        Json::Array(items) => {
            let mut changed = false;
            for (index, item) in items.iter_mut().enumerate() {
                steps.push(Step::Item(index));
                changed |= visit_json(side, item, steps, change);
                steps.pop();
            }
            changed
        }
        Json::Text(text) => match change(&Place { side, room, steps }, text) {
            Some(other) if other != *text => {
                *text = other.into();
                true
            }
            _ => false,
        },
        Json::Number(number) => {
            let shown = number.to_string();
            match change(&Place { side, room, steps }, &shown) {
                Some(other) if other != shown => {
                    *json = Json::from(number_of(&other));
                    true
                }
                _ => false,
            }
        }
        Json::Null | Json::Bool(_) => false,
    }
}

/// The number that a placeholder is, or has in it.
fn number_of(placeholder: &str) -> u64 {
    placeholder.parse().unwrap_or_else(|_| {
        /// So that it is not taken for another one.
        const FROM: u64 = 9_000_000_000;
        let digits = placeholder.bytes().filter(u8::is_ascii_digit);
        let number = digits.fold(0, |number: u64, digit| {
            (number * 10 + u64::from(digit - b'0')) % FROM
        });
        FROM + number
    })
}

/// Changes the names of members and parameters.
pub(super) fn rename(interaction: &mut Interaction, change: &dyn Fn(&str) -> Option<String>) {
    let Interaction { request, response } = interaction;
    for (name, _) in &mut request.query {
        if let Some(other) = change(name) {
            *name = other;
        }
    }
    for body in [&mut request.body, &mut response.body] {
        if let Content::Json { value, text } = body
            && rename_members(value, change)
            && let Some(text) = text
        {
            *text = respell(text, value);
        }
    }
}

fn rename_members(json: &mut Json<'static>, change: &dyn Fn(&str) -> Option<String>) -> bool {
    let mut changed = false;
    match json {
        Json::Object(members) => {
            for (name, value) in members {
                if let Some(other) = change(name) {
                    *name = other.into();
                    changed = true;
                }
                changed |= rename_members(value, change);
            }
        }
        Json::Array(items) => {
            for item in items {
                changed |= rename_members(item, change);
            }
        }
        _ => {}
    }
    changed
}

const VALUE: &str = "value";

/// The name that `{"key": …, "value": …}` gives its value.
fn named_value(members: &Members<'_>) -> Option<String> {
    let member = |wanted: &str| members.iter().find(|(name, _)| name == wanted);
    member(VALUE)?;
    let (_, name) = member("key").or_else(|| member("name"))?;
    name.as_str().map(str::to_owned)
}

/// `value` spelled with the blanks and escapes of `text`, whose values it had.
fn respell(text: &str, value: &Json<'_>) -> String {
    let mut leaves = Vec::new();
    collect_leaves(value, &mut leaves);
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    let mut leaves = leaves.into_iter();
    while let Some(start) = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_alphanumeric()) {
        out.push_str(&rest[..start]);
        let token = token_at(&rest[start..]);
        let old = Json::parse(token.as_bytes()).ok();
        match leaves.next() {
            Some(new) if old.as_ref() != Some(&new) => out.push_str(&new.to_string()),
            _ => out.push_str(token),
        }
        rest = &rest[start + token.len()..];
    }
    out + rest
}

/// Member names and plain values, in the order of the text.
fn collect_leaves<'j>(json: &'j Json<'_>, leaves: &mut Vec<Json<'j>>) {
    match json {
        Json::Object(members) => {
            for (name, value) in members {
                leaves.push(Json::from(name.as_ref()));
                collect_leaves(value, leaves);
            }
        }
        Json::Array(items) => items.iter().for_each(|item| collect_leaves(item, leaves)),
        plain => leaves.push(plain.clone()),
    }
}

/// The string, number or word at the start of a JSON text.
fn token_at(text: &str) -> &str {
    let bytes = text.as_bytes();
    let length = if bytes[0] == b'"' {
        let mut at = 1;
        while at < bytes.len() && bytes[at] != b'"' {
            at += 1 + usize::from(bytes[at] == b'\\');
        }
        at + 1
    } else {
        let is_in_token = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+-.".contains(*byte);
        bytes.iter().take_while(is_in_token).count()
    };
    &text[..length]
}
