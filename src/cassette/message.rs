//! One recorded request with its reply, as a cassette holds it.
//!
//! There are two ways to one: out of the redaction, or out of a cassette that was written before. Nothing else can
//! make one, so nothing that has not been redacted can be written.

use std::borrow::Cow;
use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Method, StatusCode};

use crate::wire::json::{Json, Members, object, object_of_pairs};

/// Names with values, in order; a name may appear more than once.
pub(crate) type Pairs = Vec<(String, String)>;

/// A conversation as it went over the wire, secrets and all; it can be redacted, and nothing else.
pub struct Exchange {
    /// The verb.
    pub method: Method,
    /// Path and query.
    pub target: String,
    /// All headers of the request.
    pub request_headers: http::HeaderMap,
    /// The request's body, decoded.
    pub request_body: Bytes,
    /// The status of the reply.
    pub status: StatusCode,
    /// All headers of the reply.
    pub response_headers: http::HeaderMap,
    /// The reply's body, decoded.
    pub response_body: Bytes,
}

/// One recorded request with its reply, without secrets.
#[derive(Clone, Debug, PartialEq)]
pub struct Interaction {
    pub(super) request: Asked,
    pub(super) response: Answered,
}

/// A recorded request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Pairs,
    pub(crate) headers: Pairs,
    pub(crate) body: Content,
}

/// A recorded reply.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) headers: Pairs,
    pub(crate) body: Content,
}

/// A recorded body.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    Empty,
    Json {
        value: Json<'static>,
        /// How the text was spelled, where that is not the compact spelling of the value.
        text: Option<String>,
    },
    Text(String),
    Binary(Vec<u8>),
}

impl Interaction {
    pub(crate) fn request(&self) -> &Asked {
        &self.request
    }

    pub(crate) fn response(&self) -> &Answered {
        &self.response
    }

    pub(super) fn to_json(&self) -> Json<'_> {
        let Interaction { request, response } = self;
        let mut asked = vec![
            member("method", request.method.as_str().into()),
            member("path", request.path.as_str().into()),
        ];
        push_pairs(&mut asked, "query", &request.query);
        push_pairs(&mut asked, "headers", &request.headers);
        request.body.push_members(&mut asked);
        let mut answered = vec![member("status", u64::from(response.status.as_u16()).into())];
        push_pairs(&mut answered, "headers", &response.headers);
        response.body.push_members(&mut answered);
        object([
            ("request", Json::Object(asked)),
            ("response", Json::Object(answered)),
        ])
    }

    /// Reads what [`Interaction::to_json`] has made; the error says what is wrong with which member.
    pub(super) fn parse(json: &Json<'_>) -> Result<Self, String> {
        let request = only(json, &["request", "response"], "request")?;
        let response = json.get("response").ok_or("response is missing")?;
        Ok(Interaction {
            request: Asked::parse(request).map_err(|problem| format!("request.{problem}"))?,
            response: Answered::parse(response).map_err(|problem| format!("response.{problem}"))?,
        })
    }
}

impl Asked {
    fn parse(json: &Json<'_>) -> Result<Self, String> {
        only(
            json,
            &[
                "method", "path", "query", "headers", "json", "text", "base64",
            ],
            "method",
        )?;
        let method = text_of(json, "method")?;
        let path = text_of(json, "path")?;
        if !path.starts_with('/') {
            return Err(format!("path {path:?} does not start with a slash"));
        }
        Ok(Asked {
            method: method
                .parse()
                .map_err(|_| format!("method {method:?} is no HTTP method"))?,
            path: path.to_owned(),
            query: pairs_of(json, "query")?,
            headers: pairs_of(json, "headers")?,
            body: Content::parse(json)?,
        })
    }

    /// The first value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        value_of(&self.headers, name)
    }

    /// Path and query, encoded.
    pub(crate) fn target(&self) -> String {
        if self.query.is_empty() {
            return self.path.clone();
        }
        let query: String = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.query)
            .finish();
        format!("{}?{query}", self.path)
    }
}

impl Answered {
    fn parse(json: &Json<'_>) -> Result<Self, String> {
        only(
            json,
            &["status", "headers", "json", "text", "base64"],
            "status",
        )?;
        let status = json.get("status").and_then(Json::as_u64);
        let status = status.and_then(|status| u16::try_from(status).ok());
        let status = status.and_then(|status| StatusCode::from_u16(status).ok());
        Ok(Answered {
            status: status.ok_or("status is no HTTP status")?,
            headers: pairs_of(json, "headers")?,
            body: Content::parse(json)?,
        })
    }

    /// The first value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        value_of(&self.headers, name)
    }
}

impl Content {
    /// What a body is, going by the body itself.
    pub(super) fn of(body: &[u8]) -> Self {
        if body.is_empty() {
            return Content::Empty;
        }
        let Ok(text) = std::str::from_utf8(body) else {
            return Content::Binary(body.to_vec());
        };
        match Json::parse(body) {
            Ok(value) => Content::json(value.into_owned(), text),
            Err(_) => Content::Text(text.to_owned()),
        }
    }

    pub(super) fn json(value: Json<'static>, text: &str) -> Self {
        let text = (!is_spelled(&value, text)).then(|| text.to_owned());
        Content::Json { value, text }
    }

    /// The body as bytes.
    pub(crate) fn to_bytes(&self) -> Bytes {
        match self {
            Content::Empty => Bytes::new(),
            Content::Json {
                text: Some(text), ..
            }
            | Content::Text(text) => Bytes::copy_from_slice(text.as_bytes()),
            Content::Json { value, text: None } => value.to_string().into(),
            Content::Binary(bytes) => Bytes::copy_from_slice(bytes),
        }
    }

    fn push_members<'a>(&'a self, members: &mut Members<'a>) {
        match self {
            Content::Empty => {}
            Content::Json { value, text } => {
                members.push(member("json", borrowed(value)));
                members.extend(text.as_deref().map(|text| member("text", text.into())));
            }
            Content::Text(text) => members.push(member("text", text.as_str().into())),
            Content::Binary(bytes) => members.push(member("base64", STANDARD.encode(bytes).into())),
        }
    }

    fn parse(json: &Json<'_>) -> Result<Self, String> {
        let text = |name| match json.get(name) {
            None => Ok(None),
            Some(Json::Text(text)) => Ok(Some(text.as_ref())),
            Some(other) => Err(format!("{name} is {}, not text", other.kind())),
        };
        match (json.get("json"), text("text")?, text("base64")?) {
            (None, None, None) => Ok(Content::Empty),
            (Some(value), text, None) => Content::parse_json(value, text),
            (None, Some(text), None) => Ok(Content::Text(text.to_owned())),
            (None, None, Some(encoded)) => STANDARD
                .decode(encoded)
                .map(Content::Binary)
                .map_err(|_| "base64 does not decode".to_owned()),
            _ => Err("base64 stands beside another body".to_owned()),
        }
    }

    fn parse_json(value: &Json<'_>, text: Option<&str>) -> Result<Self, String> {
        let value = value.clone().into_owned();
        let agrees = |text: &str| Json::parse(text.as_bytes()).is_ok_and(|read| read == value);
        match text {
            Some(text) if !agrees(text) => Err("json and text say different things".to_owned()),
            text => Ok(Content::Json {
                text: text.map(str::to_owned),
                value,
            }),
        }
    }
}

/// Whether `text` is the compact spelling of `value`, which is not made for it.
fn is_spelled(value: &Json<'_>, text: &str) -> bool {
    if !text.contains('\\')
        && let Some(length) = unescaped_length(value)
    {
        // What is spelled in one way only can differ in blanks.
        return length == text.len();
    }
    let mut rest = Expected(text.as_bytes());
    serde_json::to_writer(&mut rest, value).is_ok() && rest.0.is_empty()
}

/// The length of the compact spelling without escapes; `None` with a number that may be spelled in several ways.
fn unescaped_length(value: &Json<'_>) -> Option<usize> {
    Some(match value {
        Json::Null | Json::Bool(true) => 4,
        Json::Bool(false) => 5,
        Json::Number(number) => {
            let number = number.as_u64()?;
            number
                .checked_ilog10()
                .map_or(1, |digits| digits as usize + 1)
        }
        Json::Text(text) => text.len() + 2,
        Json::Array(items) => {
            let lengths = items.iter().map(unescaped_length);
            lengths.sum::<Option<usize>>()? + items.len().max(1) + 1
        }
        Json::Object(members) => {
            let lengths = members.iter().map(|(name, value)| {
                let value = unescaped_length(value)?;
                Some(name.len() + 3 + value)
            });
            lengths.sum::<Option<usize>>()? + members.len().max(1) + 1
        }
    })
}

/// What is still to be written; anything else is an error.
struct Expected<'t>(&'t [u8]);

impl io::Write for Expected<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let rest = self.0.strip_prefix(bytes);
        self.0 = rest.ok_or(io::ErrorKind::InvalidData)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The same value without copies of its texts.
fn borrowed<'a>(json: &'a Json<'_>) -> Json<'a> {
    match json {
        Json::Text(text) => Json::Text(Cow::Borrowed(text)),
        Json::Array(items) => items.iter().map(borrowed).collect(),
        Json::Object(members) => Json::Object(
            members
                .iter()
                .map(|(name, value)| (Cow::Borrowed(name.as_ref()), borrowed(value)))
                .collect(),
        ),
        Json::Number(number) => Json::Number(number.clone()),
        Json::Bool(value) => Json::Bool(*value),
        Json::Null => Json::Null,
    }
}

pub(super) fn member<'a>(name: &'static str, value: Json<'a>) -> (Cow<'a, str>, Json<'a>) {
    (Cow::Borrowed(name), value)
}

/// The member `wanted` of an object that has no other members than `known`.
fn only<'j, 'a>(json: &'j Json<'a>, known: &[&str], wanted: &str) -> Result<&'j Json<'a>, String> {
    let members = json
        .as_object()
        .ok_or_else(|| format!("{} where an object belongs", json.kind()))?;
    let unknown = members
        .iter()
        .find(|(name, _)| !known.contains(&name.as_ref()));
    if let Some((name, _)) = unknown {
        return Err(format!("{name} is no member of the format"));
    }
    json.get(wanted)
        .ok_or_else(|| format!("{wanted} is missing"))
}

fn text_of<'j>(json: &'j Json<'_>, name: &str) -> Result<&'j str, String> {
    json.get(name)
        .and_then(Json::as_str)
        .ok_or_else(|| format!("{name} is not text"))
}

fn value_of<'p>(pairs: &'p Pairs, name: &str) -> Option<&'p str> {
    pairs
        .iter()
        .find_map(|(known, value)| known.eq_ignore_ascii_case(name).then_some(value.as_str()))
}

/// As an object: one member a name, an array where a name has several values.
fn push_pairs<'a>(members: &mut Members<'a>, name: &'static str, pairs: &'a Pairs) {
    if pairs.is_empty() {
        return;
    }
    let pairs = pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    members.push(member(name, object_of_pairs(pairs)));
}

fn pairs_of(json: &Json<'_>, name: &str) -> Result<Pairs, String> {
    let Some(pairs) = json.get(name) else {
        return Ok(Pairs::new());
    };
    let members = pairs
        .as_object()
        .ok_or_else(|| format!("{name} is not an object"))?;
    let mut read = Pairs::new();
    for (key, values) in members {
        let values = match values {
            Json::Array(values) => values.as_slice(),
            one => std::slice::from_ref(one),
        };
        for value in values {
            let value = value
                .as_str()
                .ok_or_else(|| format!("{name}.{key} is not text"))?;
            read.push((key.to_string(), value.to_owned()));
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::nothing("")]
    #[case::compact(r#"{"a":[1,2.5,"x"]}"#)]
    #[case::spaced("{\n  \"a\": 1\n}")]
    #[case::other_numbers("[1e5, 1.0]")]
    #[case::other_numbers_of_one_length("[1e1,-0]")]
    #[case::other_escapes(r#"["\u00e9\/"]"#)]
    #[case::blank_in_the_middle(r#"{"a":[],"b":[0 ],"c":{}}"#)]
    #[case::text("a=b&c=d")]
    fn a_body_is_read_back_byte_by_byte(#[case] body: &str) {
        let mut members = Members::new();
        let content = Content::of(body.as_bytes());
        content.push_members(&mut members);
        let read = Content::parse(&Json::Object(members)).unwrap();
        assert_eq!(read.to_bytes(), body);
    }

    #[rstest]
    #[case::empty("{}")]
    #[case::empty_array("[]")]
    #[case::all(
        r#"{"a":[null,true,false],"é":{"b":"","c":[[],{}]},"n":[0,9,10,18446744073709551615]}"#
    )]
    #[case::escapes(r#"["\\",-1.5]"#)]
    fn a_compact_body_is_not_spelled_beside_its_value(#[case] body: &str) {
        let content = Content::of(body.as_bytes());
        assert!(
            matches!(content, Content::Json { text: None, .. }),
            "{content:?}"
        );
    }

    #[test]
    fn a_body_that_is_no_text_is_base64() {
        let mut members = Members::new();
        let content = Content::of(&[0xff, 0]);
        content.push_members(&mut members);
        assert_eq!(
            Json::Object(members.clone()).to_string(),
            r#"{"base64":"/wA="}"#
        );
        assert_eq!(Content::parse(&Json::Object(members)), Ok(content));
    }

    #[rstest]
    #[case(
        r#"{"request":{"method":"GET","path":"a"},"response":{"status":200}}"#,
        "request.path \"a\" does not start with a slash"
    )]
    #[case(
        r#"{"request":{"method":"GET","path":"/"},"response":{"status":9}}"#,
        "response.status is no HTTP status"
    )]
    #[case(
        r#"{"request":{"method":"GET","path":"/","x":1},"response":{"status":200}}"#,
        "request.x is no member of the format"
    )]
    #[case(
        r#"{"request":{"method":"GET","path":"/","json":1,"text":"2"},"response":{"status":200}}"#,
        "request.json and text say different things"
    )]
    fn what_is_wrong_is_named(#[case] text: &str, #[case] problem: &str) {
        let json = Json::parse(text.as_bytes()).unwrap();
        assert_eq!(Interaction::parse(&json), Err(problem.to_owned()));
    }
}
