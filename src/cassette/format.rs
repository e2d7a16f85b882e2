//! The format of a cassette: an interaction as JSON, compact on a line of the journal and indented in the file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};

use super::message::{
    Answered, Asked, Content, Interaction, Pairs, content_type, encode_pairs, value_of,
};
use crate::wire::json::document::{Document, Reading};
use crate::wire::json::{Json, object, object_of_pairs};

impl Interaction {
    pub(super) fn to_json(&self) -> Json<'_> {
        let Interaction { request, response } = self;
        let asked = [
            ("method", request.method.as_str().into()),
            ("path", request.path.as_str().into()),
            ("query", pairs_to_json(&request.query)),
            ("headers", pairs_to_json(&request.headers)),
        ];
        let answered = [
            ("status", u64::from(response.status.as_u16()).into()),
            ("headers", pairs_to_json(&response.headers)),
        ];
        object([
            ("request", message_to_json(asked, &request.body)),
            ("response", message_to_json(answered, &response.body)),
        ])
    }

    /// Reads an interaction; the error says what is wrong with which member.
    pub(super) fn parse(json: &Json<'_>) -> Reading<Self> {
        let interaction = Document::read(json, "", &["request", "response"])?;
        let message = |name: &str| {
            let json = interaction.get(name);
            json.ok_or_else(|| format!("{name} is required"))
        };
        Ok(Interaction {
            request: parse_request(message("request")?, "request")?,
            response: parse_response(message("response")?, "response")?,
        })
    }
}

/// A message with its body; members without contents are left out.
fn message_to_json<'m, const N: usize>(
    members: [(&'static str, Json<'m>); N],
    body: &'m Content,
) -> Json<'m> {
    let is_empty = |json: &Json<'_>| json.as_object().is_some_and(Vec::is_empty);
    let members = members.into_iter().filter(|(_, json)| !is_empty(json));
    let body = match body {
        Content::Empty => None,
        Content::Json(value) => Some(("json", value.clone())),
        Content::Form(pairs) => Some(("text", encode_pairs(pairs).into())),
        Content::Text(text) => Some(("text", text.as_str().into())),
        Content::Binary(bytes) => Some(("base64", STANDARD.encode(bytes).into())),
    };
    let members = members.chain(body);
    Json::Object(members.map(|(name, json)| (name.into(), json)).collect())
}

fn pairs_to_json(pairs: &Pairs) -> Json<'_> {
    object_of_pairs(pairs.iter().map(|(name, value)| (&**name, &**value)))
}

fn parse_request(json: &Json<'_>, path: &str) -> Reading<Asked> {
    let known = [
        "method", "path", "query", "headers", "json", "text", "base64",
    ];
    let request = &Document::read(json, path, &known)?;
    let method = request.required_text("method")?;
    let path = request.required_text("path")?;
    if !path.starts_with('/') {
        let at = request.at("path");
        return Err(format!("{at} {path:?} does not start with a slash"));
    }
    let headers = parse_headers(request)?;
    Ok(Asked {
        method: method
            .parse()
            .map_err(|_| format!("{} {method:?} is no HTTP method", request.at("method")))?,
        path: path.to_owned(),
        query: parse_pairs(request, "query")?,
        body: parse_body(json.get("json"), request, &headers)?,
        headers,
    })
}

fn parse_response(json: &Json<'_>, path: &str) -> Reading<Answered> {
    let known = ["status", "headers", "json", "text", "base64"];
    let response = &Document::read(json, path, &known)?;
    let status = final_status(response.required_whole("status")?);
    let headers = parse_headers(response)?;
    Ok(Answered {
        status: status
            .ok_or_else(|| format!("{} is no final HTTP status", response.at("status")))?,
        body: parse_body(json.get("json"), response, &headers)?,
        headers,
    })
}

/// The status of an answer that ends an exchange; `None` for one that another follows, and for what is none.
pub(super) fn final_status(number: u64) -> Option<StatusCode> {
    let status = StatusCode::from_u16(number.try_into().ok()?).ok()?;
    (!status.is_informational()).then_some(status)
}

/// Reads a body; `json` may be `null`, which is a body too.
fn parse_body(
    json: Option<&Json<'_>>,
    message: &Document<'_>,
    headers: &Pairs,
) -> Reading<Content> {
    match (json, message.text("text")?, message.text("base64")?) {
        (None, None, None) => Ok(Content::Empty),
        (Some(value), None, None) => Ok(Content::Json(value.clone().into_owned())),
        (None, Some(text), None) => Ok(Content::of_text(text, content_type(headers))),
        (None, None, Some(encoded)) => STANDARD
            .decode(encoded)
            .map(Content::Binary)
            .map_err(|_| format!("{} does not decode", message.at("base64"))),
        _ => Err(format!(
            "{} has more than one of json, text and base64",
            message.path()
        )),
    }
}

/// The headers, of which none may say how the message is framed: it would contradict the connection that sends it.
fn parse_headers(message: &Document<'_>) -> Reading<Pairs> {
    let headers = parse_pairs(message, "headers")?;
    let is_framing = |name: &&str| value_of(&headers, name).is_some();
    let framing = [CONTENT_LENGTH.as_str(), TRANSFER_ENCODING.as_str()];
    match framing.iter().find(|name| is_framing(name)) {
        Some(name) => Err(format!(
            "{} has {name}, which the connection adds",
            message.at("headers")
        )),
        None => Ok(headers),
    }
}

fn parse_pairs(message: &Document<'_>, name: &str) -> Reading<Pairs> {
    let mut pairs = Pairs::new();
    for (key, values) in message.object(name)?.into_iter().flatten() {
        for value in values.as_array().unwrap_or(std::slice::from_ref(values)) {
            let wrong = || {
                format!(
                    "{}.{key} must be text, found {}",
                    message.at(name),
                    value.kind()
                )
            };
            let value = value.as_str().ok_or_else(wrong)?;
            pairs.push((key.to_string(), value.to_owned()));
        }
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cassette::message::Exchange;
    use crate::cassette::{Policy, Redactor};
    use crate::catalog::Catalog;
    use http::{HeaderMap, HeaderValue, Method};
    use rstest::rstest;

    #[rstest]
    #[case::empty("/", b"")]
    #[case::json("/a", br#"{"z":[1,-2.5,"\u00e9\n",null,true],"a":{}}"#)]
    #[case::null("/a", b"null")]
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
        let interaction = interaction.unwrap();
        let line = interaction.to_json().to_bytes();
        let read = Interaction::parse(&Json::parse(&line).unwrap()).unwrap();
        assert_eq!(read.to_json(), interaction.to_json());
    }

    #[rstest]
    #[case(
        r#""path":"a""#,
        r#""status":200"#,
        "request.path \"a\" does not start with a slash"
    )]
    #[case(
        r#""path":"/""#,
        r#""status":9"#,
        "response.status is no final HTTP status"
    )]
    #[case(
        r#""path":"/""#,
        r#""status":200,"headers":{"Content-Length":"1","transfer-encoding":"chunked"}"#,
        "response.headers has content-length, which the connection adds"
    )]
    #[case(
        r#""path":"/","query":{"a":[1]}"#,
        "",
        "request.query.a must be text, found a number"
    )]
    #[case(
        r#""path":"/","json":1,"text":"2""#,
        "",
        "request has more than one of json, text and base64"
    )]
    fn the_wrong_member_is_named(
        #[case] asked: &str,
        #[case] answered: &str,
        #[case] problem: &str,
    ) {
        let text = format!(r#"{{"request":{{"method":"GET",{asked}}},"response":{{{answered}}}}}"#);
        let json = Json::parse(text.as_bytes()).unwrap();
        assert_eq!(Interaction::parse(&json), Err(problem.to_owned()));
    }
}
