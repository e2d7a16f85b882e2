//! The walk past every name and value of an interaction, in the order in which they are on the wire.
//!
//! Recording, checking and replaying all take this walk, so that none of them misses a place that another one sees.

use std::borrow::Cow;

use http::header::CONTENT_TYPE;
use percent_encoding::percent_decode_str;

use super::message::{Answered, Asked, Content, Interaction, Pairs};
use super::selector::{Leaf, MessagePart, Place, Side, Step};
use super::{placeholder, words};
use crate::wire::json::{Json, Members};

/// The numbers of all placeholders in an interaction, with the side that each stands on.
pub(super) fn placeholders(interaction: &Interaction) -> Vec<(Side, u32)> {
    let mut found = Vec::new();
    visit(interaction, &mut |place, leaf| {
        if let Leaf::Number(number) = leaf {
            let number = placeholder::number_of_json(number);
            found.extend(number.map(|number| (place.side, number)));
        }
        let numbers = placeholder::find_all(&leaf.text()).into_iter();
        found.extend(numbers.map(|(_, number)| (place.side, number)));
    });
    found
}

/// Changes a leaf; `None` leaves it as it is.
pub(super) type Change<'c> = dyn FnMut(&Place<'_>, Leaf<'_>) -> Option<Json<'static>> + 'c;

/// Shows every leaf of an interaction.
pub(super) fn visit(interaction: &Interaction, see: &mut dyn FnMut(&Place<'_>, Leaf<'_>)) {
    let mut change = |place: &Place<'_>, leaf: Leaf<'_>| {
        see(place, leaf);
        None
    };
    changes_of_request(&interaction.request, &mut change);
    changes_of_response(&interaction.response, &mut change);
}

/// Changes the leaves of an interaction.
pub(super) fn rewrite(interaction: &mut Interaction, change: &mut Change<'_>) {
    rewrite_request(&mut interaction.request, change);
    rewrite_response(&mut interaction.response, change);
}

pub(super) fn rewrite_request(request: &mut Asked, change: &mut Change<'_>) {
    let changes = changes_of_request(request, change);
    replace(&mut request.path, changes.path);
    replace(&mut request.query, changes.query);
    replace(&mut request.headers, changes.headers);
    replace(&mut request.body, changes.body);
}

pub(super) fn rewrite_response(response: &mut Answered, change: &mut Change<'_>) {
    let changes = changes_of_response(response, change);
    replace(&mut response.headers, changes.headers);
    replace(&mut response.body, changes.body);
}

fn replace<T>(part: &mut T, changed: Option<T>) {
    if let Some(changed) = changed {
        *part = changed;
    }
}

/// The parts of a message that are to be replaced; what no change touches is not copied.
#[derive(Default)]
struct Changes {
    path: Option<String>,
    query: Option<Pairs>,
    headers: Option<Pairs>,
    body: Option<Content>,
}

fn changes_of_request(request: &Asked, change: &mut Change<'_>) -> Changes {
    let side = Side::Request;
    Changes {
        path: changed_path(&request.path, change),
        query: changed_pairs((side, MessagePart::Query), &request.query, change),
        headers: changed_pairs((side, MessagePart::Header), &request.headers, change),
        body: changed_body(side, &request.headers, &request.body, change),
    }
}

fn changes_of_response(response: &Answered, change: &mut Change<'_>) -> Changes {
    let side = Side::Response;
    Changes {
        headers: changed_pairs((side, MessagePart::Header), &response.headers, change),
        body: changed_body(side, &response.headers, &response.body, change),
        ..Changes::default()
    }
}

fn changed_path(path: &str, change: &mut Change<'_>) -> Option<String> {
    let mut changed = None;
    for (index, segment) in path.split('/').enumerate() {
        let steps = [Step::Item(index)];
        let place = Place::new(Side::Request, MessagePart::Path, &steps);
        if let Some(Json::Text(text)) = change(&place, Leaf::Text(&decode_segment(segment))) {
            let segments: &mut Vec<_> =
                changed.get_or_insert_with(|| path.split('/').map(Cow::Borrowed).collect());
            segments[index] = text;
        }
    }
    changed.map(|segments| segments.join("/"))
}

/// The text of a path segment; as it is spelled when it is not UTF-8.
pub(super) fn decode_segment(segment: &str) -> Cow<'_, str> {
    percent_decode_str(segment)
        .decode_utf8()
        .unwrap_or(Cow::Borrowed(segment))
}

fn changed_pairs(
    (side, part): (Side, MessagePart),
    pairs: &Pairs,
    change: &mut Change<'_>,
) -> Option<Pairs> {
    let mut changed: Option<Pairs> = None;
    for (index, (name, value)) in pairs.iter().enumerate() {
        let steps = [Step::Member(name)];
        let place = Place::new(side, part, &steps);
        let other_name = match part {
            MessagePart::Header => None,
            _ => change(&place, Leaf::Name(name)),
        };
        let other_value = change(&place, Leaf::Text(value));
        if other_name.is_some() || other_value.is_some() {
            let pair = &mut changed.get_or_insert_with(|| pairs.clone())[index];
            replace(&mut pair.0, other_name.and_then(text_of));
            replace(&mut pair.1, other_value.and_then(text_of));
        }
    }
    changed
}

fn text_of(changed: Json<'_>) -> Option<String> {
    match changed {
        Json::Text(changed) => Some(changed.into_owned()),
        _ => None,
    }
}

fn changed_body(
    side: Side,
    headers: &Pairs,
    body: &Content,
    change: &mut Change<'_>,
) -> Option<Content> {
    match body {
        Content::Empty => None,
        Content::Json(value) => {
            changed_json(side, value, &mut Vec::new(), change).map(Content::Json)
        }
        Content::Form(pairs) => {
            changed_pairs((side, MessagePart::Form), pairs, change).map(Content::Form)
        }
        Content::Text(_) | Content::Binary(_) => {
            let bytes = body.to_bytes();
            let leaf = Leaf::Body {
                bytes: &bytes,
                media_type: media_type_of(headers),
            };
            let changed = change(&Place::whole(side, MessagePart::Body), leaf);
            changed.and_then(text_of).map(Content::Text)
        }
    }
}

/// The media type without parameters, where it is one that is kept.
fn media_type_of(headers: &Pairs) -> &str {
    let value = headers
        .iter()
        .find(|(name, _)| name == CONTENT_TYPE.as_str());
    let essence = value
        .and_then(|(_, value)| value.split(';').next())
        .unwrap_or_default()
        .trim();
    if words::is_media_type(essence) {
        essence
    } else {
        words::UNTYPED_BODY
    }
}

fn changed_json<'j>(
    side: Side,
    json: &'j Json<'static>,
    steps: &mut Vec<Step<'j>>,
    change: &mut Change<'_>,
) -> Option<Json<'static>> {
    let part = MessagePart::Body;
    match json {
        Json::Object(members) => {
            let mut changed: Option<Members<'static>> = None;
            for (index, (name, value)) in members.iter().enumerate() {
                steps.push(Step::Member(name));
                let other_name = change(&Place::new(side, part, steps), Leaf::Name(name));
                let other_value = changed_json(side, value, steps, change);
                steps.pop();
                if other_name.is_some() || other_value.is_some() {
                    let changed = changed.get_or_insert_with(|| members.clone());
                    replace(&mut changed[index].1, other_value);
                    if let Some(name) = other_name.and_then(text_of) {
                        changed[index].0 = unused_name(changed, name).into();
                    }
                }
            }
            changed.map(Json::Object)
        }
        Json::Array(items) => {
            let mut changed: Option<Vec<_>> = None;
            for (index, item) in items.iter().enumerate() {
                steps.push(Step::Item(index));
                let other = changed_json(side, item, steps, change);
                steps.pop();
                if let Some(other) = other {
                    changed.get_or_insert_with(|| items.clone())[index] = other;
                }
            }
            changed.map(Json::Array)
        }
        plain => Leaf::of(plain).and_then(|leaf| change(&Place::new(side, part, steps), leaf)),
    }
}

/// A name that no other member has: a document with a member twice could not be read again.
fn unused_name(members: &Members<'_>, mut name: String) -> String {
    let is_placeholder = placeholder::number_of(&name).is_some();
    while is_placeholder && members.iter().any(|(other, _)| *other == name) {
        name.push('_');
    }
    name
}
