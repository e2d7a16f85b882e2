//! The walk past every name and value of an interaction, in the order in which they are on the wire.
//!
//! Recording, checking and replaying all take this walk, so that none of them misses a place that another one sees.

use std::borrow::Cow;

use http::header::CONTENT_TYPE;
use percent_encoding::percent_decode_str;
use serde_json::Number;

use super::message::{Answered, Asked, Content, Interaction, Pairs};
use super::selector::{MessagePart, Place, Side, Step};
use super::{placeholder, words};
use crate::wire::json::{Json, Members};

/// A name or a value that stands at a place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Leaf<'l> {
    /// The name of a member or a parameter.
    Name(&'l str),
    Text(&'l str),
    Number(&'l Number),
    /// A body that is neither JSON nor a form.
    Body {
        bytes: &'l [u8],
        media_type: &'l str,
    },
}

impl Leaf<'_> {
    /// The numbers of the placeholders in it.
    pub(super) fn placeholders(self) -> Vec<u32> {
        let in_text = |text: &str| {
            placeholder::find_all(text)
                .into_iter()
                .map(|(_, number)| number)
                .collect()
        };
        match self {
            Leaf::Name(text) | Leaf::Text(text) => in_text(text),
            Leaf::Number(number) => placeholder::number_of_json(number).into_iter().collect(),
            Leaf::Body { bytes, .. } => in_text(&String::from_utf8_lossy(bytes)),
        }
    }
}

/// Changes a leaf; `None` leaves it as it is.
pub(super) type Change<'c> = dyn FnMut(&Place<'_>, Leaf<'_>) -> Option<Json<'static>> + 'c;

/// The interaction with its leaves changed.
pub(super) fn rewrite(interaction: &Interaction, change: &mut Change<'_>) -> Interaction {
    let Interaction { request, response } = interaction;
    Interaction {
        request: rewrite_request(request, change),
        response: rewrite_response(response, change),
    }
}

fn rewrite_request(request: &Asked, change: &mut Change<'_>) -> Asked {
    let side = Side::Request;
    Asked {
        method: request.method.clone(),
        path: rewrite_path(&request.path, change),
        query: rewrite_pairs((side, MessagePart::Query), &request.query, change),
        headers: rewrite_pairs((side, MessagePart::Header), &request.headers, change),
        body: rewrite_body(side, &request.headers, &request.body, change),
    }
}

pub(super) fn rewrite_response(response: &Answered, change: &mut Change<'_>) -> Answered {
    let side = Side::Response;
    Answered {
        status: response.status,
        headers: rewrite_pairs((side, MessagePart::Header), &response.headers, change),
        body: rewrite_body(side, &response.headers, &response.body, change),
    }
}

fn rewrite_path(path: &str, change: &mut Change<'_>) -> String {
    let segments = path.split('/').enumerate().map(|(index, segment)| {
        let steps = [Step::Item(index)];
        let place = Place {
            side: Side::Request,
            part: MessagePart::Path,
            steps: &steps,
        };
        match change(&place, Leaf::Text(&decode_segment(segment))) {
            Some(Json::Text(text)) => text,
            _ => Cow::Borrowed(segment),
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

/// The text of a path segment; as it is spelled when it is not UTF-8.
pub(super) fn decode_segment(segment: &str) -> Cow<'_, str> {
    percent_decode_str(segment)
        .decode_utf8()
        .unwrap_or(Cow::Borrowed(segment))
}

fn rewrite_pairs(
    (side, part): (Side, MessagePart),
    pairs: &Pairs,
    change: &mut Change<'_>,
) -> Pairs {
    let mut changed = |(name, value): &(String, String)| {
        let place = Place {
            side,
            part,
            steps: &[Step::Member(name)],
        };
        let other_name = match part {
            MessagePart::Header => None,
            _ => change(&place, Leaf::Name(name)),
        };
        let other_value = change(&place, Leaf::Text(value));
        (text_or(other_name, name), text_or(other_value, value))
    };
    pairs.iter().map(&mut changed).collect()
}

fn text_or(changed: Option<Json<'_>>, text: &str) -> String {
    match changed {
        Some(Json::Text(changed)) => changed.into_owned(),
        _ => text.to_owned(),
    }
}

fn rewrite_body(side: Side, headers: &Pairs, body: &Content, change: &mut Change<'_>) -> Content {
    let place = Place {
        side,
        part: MessagePart::Body,
        steps: &[],
    };
    match body {
        Content::Empty => Content::Empty,
        Content::Json(value) => Content::Json(rewrite_json(side, value, &mut Vec::new(), change)),
        Content::Form(pairs) => {
            Content::Form(rewrite_pairs((side, MessagePart::Form), pairs, change))
        }
        Content::Text(_) | Content::Binary(_) => {
            let bytes = body.to_bytes();
            let leaf = Leaf::Body {
                bytes: &bytes,
                media_type: media_type_of(headers),
            };
            match change(&place, leaf) {
                Some(Json::Text(text)) => Content::Text(text.into_owned()),
                _ => body.clone(),
            }
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

fn rewrite_json<'j>(
    side: Side,
    json: &'j Json<'static>,
    steps: &mut Vec<Step<'j>>,
    change: &mut Change<'_>,
) -> Json<'static> {
    let part = MessagePart::Body;
    match json {
        Json::Object(members) => {
            let mut changed = Members::new();
            for (name, value) in members {
                steps.push(Step::Member(name));
                let other = change(&Place { side, part, steps }, Leaf::Name(name));
                let value = rewrite_json(side, value, steps, change);
                steps.pop();
                changed.push((unused_name(&changed, text_or(other, name)).into(), value));
            }
            Json::Object(changed)
        }
        Json::Array(items) => {
            let mut changed = Vec::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                steps.push(Step::Item(index));
                changed.push(rewrite_json(side, item, steps, change));
                steps.pop();
            }
            Json::Array(changed)
        }
        Json::Text(text) => {
            change(&Place { side, part, steps }, Leaf::Text(text)).unwrap_or_else(|| json.clone())
        }
        Json::Number(number) => change(&Place { side, part, steps }, Leaf::Number(number))
            .unwrap_or_else(|| json.clone()),
        Json::Null | Json::Bool(_) => json.clone(),
    }
}

/// A name that no earlier member has: a document with a member twice could not be read again.
fn unused_name(members: &Members<'_>, mut name: String) -> String {
    let is_placeholder = placeholder::number_of(&name).is_some();
    while is_placeholder && members.iter().any(|(earlier, _)| *earlier == name) {
        name.push('_');
    }
    name
}
