//! An answer as JSON says it, with placeholders in its header values and in the texts of its body.

use http::HeaderValue;

use super::placeholder::{Placeholder, fill, shown};
use crate::emulator::context::Context;
use crate::emulator::path::PathPattern;
use crate::emulator::steer::predicate::Predicate;
use crate::emulator::steer::script::{LiteralReply, read_reply};
use crate::wire::json::document::Reading;
use crate::wire::json::{Json, object_of_pairs};

/// An answer with placeholders, each of which is known.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    /// Status and headers.
    head: LiteralReply,
    body: Option<Json<'static>>,
}

impl Template {
    /// Reads the answer that stands at `path`; `pattern` is the path of the stub.
    pub(super) fn read(
        json: &Json<'_>,
        path: &str,
        pattern: Option<&PathPattern>,
    ) -> Reading<Self> {
        let (head, body) = read_reply(json, path)?;
        let body = body.map(|body| body.clone().into_owned());
        let check = |text: &str, place: &str| {
            let known = |inside| Placeholder::parse(inside, pattern).map(|_| Json::Null);
            let checked = fill(text, known);
            checked.map_err(|reason| format!("{path}.{place} {reason}"))
        };
        for (name, value) in &head.headers {
            check(
                value.to_str().unwrap_or_default(),
                &format!("headers.{name}"),
            )?;
        }
        if let Some(body) = &body {
            filled(body, "body", &check)?;
        }
        Ok(Template { head, body })
    }

    /// The answer to a request.
    pub(super) fn fill(&self, predicate: &Predicate, context: &Context<'_>) -> LiteralReply {
        let pattern = predicate.path_pattern();
        let value = |text: &str| {
            let value = |inside| {
                let placeholder = Placeholder::parse(inside, pattern)?;
                Ok(placeholder.value(pattern, context))
            };
            fill(text, value).expect("it was checked when the stub was given")
        };
        let mut head = self.head.clone();
        for header in head.headers.values_mut() {
            let text = shown(value(header.to_str().unwrap_or_default()));
            *header = printable(&text);
        }
        let body = self.body.as_ref().map(|body| {
            filled(body, "", &|text, _: &str| Ok(value(text))).expect("nothing is refused")
        });
        // A body that is text stays text, whatever its one placeholder stands for.
        let is_text = matches!(self.body, Some(Json::Text(_)));
        let body = body.map(|body| {
            if is_text {
                shown(body).into_owned().into()
            } else {
                body
            }
        });
        head.with_body(body.as_ref())
    }

    /// The shape that is read.
    pub(super) fn to_json(&self) -> Json<'static> {
        let headers: Vec<_> = (self.head.headers.iter())
            .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())))
            .collect();
        let headers = headers.iter().map(|(name, value)| (*name, &**value));
        let mut members = vec![
            ("status".into(), u64::from(self.head.status.as_u16()).into()),
            ("headers".into(), object_of_pairs(headers).into_owned()),
        ];
        members.extend(self.body.clone().map(|body| ("body".into(), body)));
        Json::Object(members)
    }
}

/// The value with each of its texts replaced by what `fill` makes of it and of its place.
fn filled(
    json: &Json<'_>,
    place: &str,
    fill: &dyn Fn(&str, &str) -> Reading<Json<'static>>,
) -> Reading<Json<'static>> {
    Ok(match json {
        Json::Text(text) => fill(text, place)?,
        Json::Array(items) => {
            let items = items.iter().enumerate();
            let items = items.map(|(at, item)| filled(item, &format!("{place}[{at}]"), fill));
            items.collect::<Reading<_>>()?
        }
        Json::Object(members) => {
            let members = members.iter().map(|(name, value)| {
                let value = filled(value, &format!("{place}.{name}"), fill)?;
                Ok((name.to_string().into(), value))
            });
            Json::Object(members.collect::<Reading<_>>()?)
        }
        other => other.clone().into_owned(),
    })
}

/// A header's value; what cannot stand in one is a question mark.
fn printable(text: &str) -> HeaderValue {
    let allowed = |character: char| match character {
        ' '..='~' | '\t' => character,
        _ => '?',
    };
    let text: String = text.chars().map(allowed).collect();
    HeaderValue::from_str(&text).expect("what is not printable was replaced")
}
