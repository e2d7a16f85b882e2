//! How an interaction is spelled: compact as a line of the journal, and indented in a cassette.

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use serde_core::ser::{Serialize, SerializeMap, Serializer};

use crate::cassette::message::{Content, Interaction, Pairs, encode_pairs};

/// An interaction that is to be written.
pub(in crate::cassette) struct Line<'i>(pub(in crate::cassette) &'i Interaction);

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("request", &Request(self.0))?;
        members.serialize_entry("response", &Response(self.0))?;
        members.end()
    }
}

struct Request<'i>(&'i Interaction);

impl Serialize for Request<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let request = self.0.request();
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("method", request.method.as_str())?;
        members.serialize_entry("path", &request.path)?;
        push_pairs(&mut members, "query", &request.query)?;
        push_pairs(&mut members, "headers", &request.headers)?;
        push_body(&mut members, &request.body)?;
        members.end()
    }
}

struct Response<'i>(&'i Interaction);

impl Serialize for Response<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let response = self.0.response();
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("status", &response.status.as_u16())?;
        push_pairs(&mut members, "headers", &response.headers)?;
        push_body(&mut members, &response.body)?;
        members.end()
    }
}

fn push_body<M: SerializeMap>(members: &mut M, body: &Content) -> Result<(), M::Error> {
    match body {
        Content::Empty => Ok(()),
        Content::Json(value) => members.serialize_entry("json", value),
        Content::Form(pairs) => members.serialize_entry("text", &encode_pairs(pairs)),
        Content::Text(text) => members.serialize_entry("text", text),
        Content::Binary(bytes) => {
            let encoded = Base64Display::new(bytes, &STANDARD).to_string();
            members.serialize_entry("base64", &encoded)
        }
    }
}

fn push_pairs<M: SerializeMap>(
    members: &mut M,
    name: &'static str,
    pairs: &Pairs,
) -> Result<(), M::Error> {
    if pairs.is_empty() {
        return Ok(());
    }
    members.serialize_entry(name, &ByName(pairs))
}

/// One member a name, an array where a name has several values.
struct ByName<'p>(&'p [(String, String)]);

impl Serialize for ByName<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        for (index, (name, value)) in self.0.iter().enumerate() {
            let (before, from) = self.0.split_at(index);
            if before.iter().any(|(earlier, _)| earlier == name) {
                continue;
            }
            let same = from.iter().filter(|(other, _)| other == name);
            let values: Vec<_> = same.map(|(_, value)| value).collect();
            match values.as_slice() {
                [_] => members.serialize_entry(name, value)?,
                several => members.serialize_entry(name, several)?,
            }
        }
        members.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cassette::message::Exchange;
    use crate::cassette::{Policy, Redactor};
    use crate::catalog::Catalog;
    use crate::wire::json::Json;
    use http::{HeaderMap, HeaderValue, Method, StatusCode};
    use rstest::rstest;

    #[rstest]
    #[case::empty("/", b"")]
    #[case::json("/a", br#"{"z":[1,-2.5,"\u00e9\n",null,true],"a":{}}"#)]
    #[case::query("/a?b=1&c=%22&b=2&b=3", b"{}")]
    #[case::form("/a?b", b"a=b&c=%22d%22")]
    #[case::binary("/a", &[0xff, 0x00, 0xfe])]
    fn an_interaction_is_read_as_it_was_written(#[case] target: &str, #[case] body: &'static [u8]) {
        let form = "application/x-www-form-urlencoded";
        let mut headers = HeaderMap::new();
        for (name, value) in [("content-type", form), ("vary", "a"), ("vary", "b")] {
            headers.append(name, HeaderValue::from_static(value));
        }
        let policy = Policy::new(Catalog::documented()).keep("body:/".parse().unwrap());
        let interaction = Redactor::new(policy).redact(&Exchange {
            method: Method::PUT,
            target: target.to_owned(),
            request_headers: headers.clone(),
            request_body: body.into(),
            status: StatusCode::CREATED,
            response_headers: headers,
            response_body: body.into(),
        });
        let line = serde_json::to_string(&Line(&interaction.unwrap())).unwrap();
        let read = Interaction::parse(&Json::parse(line.as_bytes()).unwrap()).unwrap();
        assert_eq!(serde_json::to_string(&Line(&read)).unwrap(), line);
    }
}
