//! The walk past every name and value of an interaction, in the order in which they are on the wire.
//!
//! Recording, checking and replaying all take this walk, so that none of them misses a place that another one sees.

use std::borrow::Cow;
use std::collections::HashSet;
use std::mem;

use percent_encoding::percent_decode_str;

use super::message::{Answered, Asked, Content, Interaction, Pairs, content_type};
use super::selector::{Leaf, MessagePart, Place, Side, Step};
use super::{placeholder, words};
use crate::wire::json::{Json, Members};

/// The numbers of all placeholders in an interaction, with the side that each stands on.
pub(super) fn placeholders(interaction: &mut Interaction) -> Vec<(Side, u32)> {
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

/// Tells whether a text of a request has a placeholder.
#[cfg(feature = "recorder")]
pub(super) fn has_placeholder(mut request: Asked) -> bool {
    let mut is_found = false;
    rewrite_request(&mut request, &mut |_, leaf| {
        is_found |= !placeholder::find_all(&leaf.text()).is_empty();
        None
    });
    is_found
}

/// Changes a leaf; `None` leaves it as it is.
pub(super) type Change<'c> = dyn FnMut(&Place<'_>, Leaf<'_>) -> Option<Json<'static>> + 'c;

/// Shows every leaf of an interaction, which is lent to the walk and stays as it is: a copy would cost more than the look.
pub(super) fn visit(interaction: &mut Interaction, see: &mut dyn FnMut(&Place<'_>, Leaf<'_>)) {
    rewrite(interaction, &mut |place, leaf| {
        see(place, leaf);
        None
    });
}

/// Changes the leaves of an interaction.
pub(super) fn rewrite(interaction: &mut Interaction, change: &mut Change<'_>) {
    rewrite_request(&mut interaction.request, change);
    rewrite_response(&mut interaction.response, change);
}

pub(super) fn rewrite_request(request: &mut Asked, change: &mut Change<'_>) {
    let side = Side::Request;
    let media_type = media_type_of(&request.headers);
    rewrite_path(&mut request.path, change);
    rewrite_pairs((side, MessagePart::Query), &mut request.query, change);
    rewrite_pairs((side, MessagePart::Header), &mut request.headers, change);
    rewrite_body(side, &media_type, &mut request.body, change);
}

pub(super) fn rewrite_response(response: &mut Answered, change: &mut Change<'_>) {
    let side = Side::Response;
    let media_type = media_type_of(&response.headers);
    rewrite_pairs((side, MessagePart::Header), &mut response.headers, change);
    rewrite_body(side, &media_type, &mut response.body, change);
}

fn rewrite_path(path: &mut String, change: &mut Change<'_>) {
    let segments = path.split('/').enumerate().map(|(index, segment)| {
        let steps = [Step::Item(index)];
        let place = Place::new(Side::Request, MessagePart::Path, &steps);
        match change(&place, Leaf::Text(&decode_segment(segment))) {
            Some(Json::Text(text)) => text,
            _ => Cow::Borrowed(segment),
        }
    });
    *path = segments.collect::<Vec<_>>().join("/");
}

/// The text of a path segment; as it is spelled when it is not UTF-8.
pub(super) fn decode_segment(segment: &str) -> Cow<'_, str> {
    percent_decode_str(segment)
        .decode_utf8()
        .unwrap_or(Cow::Borrowed(segment))
}

fn rewrite_pairs((side, part): (Side, MessagePart), pairs: &mut Pairs, change: &mut Change<'_>) {
    for (name, value) in pairs {
        let steps = [Step::Member(name)];
        let place = Place::new(side, part, &steps);
        let other_name = match part {
            MessagePart::Header => None,
            _ => change(&place, Leaf::Name(name)),
        };
        let other_value = change(&place, Leaf::Text(value));
        replace(name, other_name);
        replace(value, other_value);
    }
}

fn replace(text: &mut String, changed: Option<Json<'_>>) {
    if let Some(Json::Text(changed)) = changed {
        *text = changed.into_owned();
    }
}

fn rewrite_body(side: Side, media_type: &str, body: &mut Content, change: &mut Change<'_>) {
    match body {
        Content::Empty => {}
        Content::Json(value) => rewrite_json(side, value, &[], change),
        Content::Form(pairs) => rewrite_pairs((side, MessagePart::Form), pairs, change),
        Content::Text(_) | Content::Binary(_) => {
            let bytes = &body.to_bytes();
            let leaf = Leaf::Body { bytes, media_type };
            let changed = change(&Place::whole(side, MessagePart::Body), leaf);
            if let Some(Json::Text(text)) = changed {
                *body = Content::Text(text.into_owned());
            }
        }
    }
}

/// The media type without parameters, where it is one that is kept.
fn media_type_of(headers: &Pairs) -> String {
    let essence = content_type(headers).split(';').next();
    let essence = essence.unwrap_or_default().trim();
    match words::is_media_type(essence) {
        true => essence.to_owned(),
        false => words::UNTYPED_BODY.to_owned(),
    }
}

fn rewrite_json(side: Side, json: &mut Json<'static>, steps: &[Step<'_>], change: &mut Change<'_>) {
    let part = MessagePart::Body;
    match json {
        Json::Object(members) => {
            let mut taken = None;
            for index in 0..members.len() {
                // The places of the values borrow the name.
                let name = mem::take(&mut members[index].0);
                let steps = [steps, &[Step::Member(&name)]].concat();
                let other = change(&Place::new(side, part, &steps), Leaf::Name(&name));
                rewrite_json(side, &mut members[index].1, &steps, change);
                members[index].0 = match other {
                    Some(Json::Text(other)) => unused_name(members, &mut taken, other),
                    _ => name,
                };
            }
        }
        Json::Array(items) => {
            let mut steps = steps.to_vec();
            for (index, item) in items.iter_mut().enumerate() {
                steps.push(Step::Item(index));
                rewrite_json(side, item, &steps, change);
                steps.pop();
            }
        }
        plain => {
            let leaf = Leaf::of(plain);
            let changed = leaf.and_then(|leaf| change(&Place::new(side, part, steps), leaf));
            if let Some(changed) = changed {
                *plain = changed;
            }
        }
    }
}

/// A name that no other member has: a document with a member twice could not be read again.
///
/// `taken` has the names, the one that is replaced left out, as soon as there is one that needs them.
fn unused_name(
    members: &Members<'static>,
    taken: &mut Option<HashSet<Name>>,
    mut name: Name,
) -> Name {
    if placeholder::number_of(&name).is_some() {
        let names = members.iter().map(|(name, _)| name.clone());
        let taken = taken.get_or_insert_with(|| names.collect());
        while !taken.insert(name.clone()) {
            name.to_mut().push('_');
        }
    }
    name
}

type Name = Cow<'static, str>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_member_gets_the_name_of_another() {
        let json = Json::parse(br#"{"alice":1,"redacted-4":2}"#);
        let mut json = json.unwrap().into_owned();
        rewrite_json(Side::Request, &mut json, &[], &mut |_, leaf| match leaf {
            Leaf::Name("alice") => Some("redacted-4".into()),
            _ => None,
        });
        assert_eq!(json.to_string(), r#"{"redacted-4_":1,"redacted-4":2}"#);
    }

    /// A walk over all names for each of them would take minutes.
    #[test]
    fn an_object_of_many_names_is_rewritten_in_one_pass() {
        let names = (0..200_000).map(|n| (format!("name-{n}").into(), Json::Null));
        let mut json = Json::Object(names.collect());
        let mut number = 0;
        rewrite_json(Side::Request, &mut json, &[], &mut |_, _| {
            number += 1;
            Some(placeholder::for_text("x", number).into())
        });
        let names: HashSet<_> = json
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names.len(), 200_000);
    }
}
