//! HAR 1.2, which browsers and proxies speak: in through the redaction, out with placeholders.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};

use super::message::{Content, Exchange, Interaction, Pairs};
use super::{Cassette, CassetteError, Leak, Policy, Redactor, selectors};
use crate::wire::json::{Json, Members, object};

/// Entries of a HAR document that did not become interactions.
#[derive(Debug, Default)]
pub struct LeftOut {
    /// Entries that went to another service than the first.
    pub elsewhere: usize,
    /// Entries with status 0: the browser had no answer.
    pub unanswered: usize,
    /// Entries that would have held a value which was replaced elsewhere.
    pub leaks: Vec<Leak>,
}

impl Cassette {
    /// Reads a HAR document as a cassette, redacted; also counts the entries that were left out.
    ///
    /// The upstream is the origin of the first entry. Placeholders of a cassette that was written as HAR stay.
    ///
    /// # Errors
    /// A text that is no HAR document, or has an entry that is no exchange.
    pub fn from_har(text: &str, policy: Policy) -> Result<(Self, LeftOut), CassetteError> {
        let har = Json::parse(text.as_bytes())
            .map_err(|problem| CassetteError::malformed(problem.to_string()))?;
        let log = har.get("log").unwrap_or(&Json::Null);
        let entries = log.get("entries").and_then(Json::as_array);
        let entries = entries.ok_or_else(|| {
            CassetteError::malformed("it has no log.entries, so it is no HAR".to_owned())
        })?;
        let policy = selectors(log, "_redact")?
            .into_iter()
            .fold(policy, Policy::redact);
        let policy = selectors(log, "_keep")?
            .into_iter()
            .fold(policy, Policy::keep);
        let first = entries
            .first()
            .map(url_of)
            .transpose()
            .map_err(|reason| in_entry(0, &reason))?;
        let upstream = first.as_ref().map_or(String::new(), origin_of);
        let mut cassette = Cassette::new(&upstream, &first_day(entries)).redacted_by(&policy);
        let mut redactor = Redactor::new(policy);
        let mut left_out = LeftOut::default();
        for (index, entry) in entries.iter().enumerate() {
            let url = url_of(entry).map_err(|reason| in_entry(index, &reason))?;
            if origin_of(&url) != upstream {
                left_out.elsewhere += 1;
            } else if status_of(entry) == Some(0) {
                left_out.unanswered += 1;
            } else {
                let exchange =
                    exchange_of(entry, &url).map_err(|reason| in_entry(index, &reason))?;
                match redactor.redact(&exchange) {
                    Ok(interaction) => cassette.push(interaction),
                    Err(leak) => left_out.leaks.push(leak),
                }
            }
        }
        Ok((cassette, left_out))
    }

    /// The cassette as a HAR 1.2 document.
    #[must_use]
    pub fn to_har(&self) -> String {
        let entries = self.interactions.iter().map(|one| self.entry(one));
        let creator = object([
            ("name", env!("CARGO_PKG_NAME").into()),
            ("version", env!("CARGO_PKG_VERSION").into()),
        ]);
        let mut log = vec![owned("version", "1.2".into()), owned("creator", creator)];
        // Members of one's own begin with an underscore.
        for (name, selectors) in [("_redact", &self.redact), ("_keep", &self.keep)] {
            if !selectors.is_empty() {
                let texts = selectors.iter().map(|selector| selector.to_string().into());
                log.push(owned(name, texts.collect()));
            }
        }
        log.push(owned("entries", entries.collect()));
        object([("log", Json::Object(log))]).to_pretty() + "\n"
    }

    fn entry(&self, interaction: &Interaction) -> Json<'static> {
        let Interaction { request, response } = interaction;
        let mut asked = vec![
            owned("method", request.method.as_str().to_owned().into()),
            owned(
                "url",
                format!("{}{}", self.upstream, request.target()).into(),
            ),
            owned("httpVersion", "HTTP/1.1".into()),
            owned("cookies", Json::Array(Vec::new())),
            owned("headers", pairs_to_json(&request.headers)),
            owned("queryString", pairs_to_json(&request.query)),
        ];
        if request.body != Content::Empty {
            asked.push(owned(
                "postData",
                post_data(&request.body, request.header("content-type")),
            ));
        }
        asked.extend(sizes());
        let mut answered = vec![
            owned("status", u64::from(response.status.as_u16()).into()),
            owned(
                "statusText",
                response
                    .status
                    .canonical_reason()
                    .unwrap_or_default()
                    .into(),
            ),
            owned("httpVersion", "HTTP/1.1".into()),
            owned("cookies", Json::Array(Vec::new())),
            owned("headers", pairs_to_json(&response.headers)),
            owned(
                "content",
                content(&response.body, response.header("content-type")),
            ),
            owned(
                "redirectURL",
                response
                    .header("location")
                    .unwrap_or_default()
                    .to_owned()
                    .into(),
            ),
        ];
        answered.extend(sizes());
        object([
            (
                "startedDateTime",
                format!("{}T00:00:00.000Z", self.recorded).into(),
            ),
            ("time", 0.into()),
            ("request", Json::Object(asked)),
            ("response", Json::Object(answered)),
            ("cache", Json::Object(Members::new())),
            (
                "timings",
                object([
                    ("send", 0.into()),
                    ("wait", 0.into()),
                    ("receive", 0.into()),
                ]),
            ),
        ])
    }
}

fn in_entry(index: usize, reason: &str) -> CassetteError {
    CassetteError::malformed(format!("log.entries[{index}]: {reason}"))
}

fn owned(name: &'static str, value: Json<'static>) -> (Cow<'static, str>, Json<'static>) {
    (Cow::Borrowed(name), value)
}

/// Not known any more.
fn sizes() -> [(Cow<'static, str>, Json<'static>); 2] {
    ["headersSize", "bodySize"].map(|name| owned(name, Json::Number((-1).into())))
}

fn pairs_to_json(pairs: &Pairs) -> Json<'static> {
    let pair = |(name, value): &(String, String)| {
        object([
            ("name", name.clone().into()),
            ("value", value.clone().into()),
        ])
    };
    pairs.iter().map(pair).collect()
}

fn post_data(body: &Content, media_type: Option<&str>) -> Json<'static> {
    let bytes = body.to_bytes();
    let mut members = vec![owned(
        "mimeType",
        media_type.unwrap_or_default().to_owned().into(),
    )];
    match std::str::from_utf8(&bytes) {
        Ok(text) => members.push(owned("text", text.to_owned().into())),
        Err(_) => {
            members.push(owned("text", STANDARD.encode(&bytes).into()));
            // Not in the standard for requests, and what is written all the same.
            members.push(owned("encoding", "base64".into()));
        }
    }
    Json::Object(members)
}

fn content(body: &Content, media_type: Option<&str>) -> Json<'static> {
    let mut members = vec![owned("size", (body.to_bytes().len() as u64).into())];
    if let Json::Object(rest) = post_data(body, media_type) {
        members.extend(rest);
    }
    Json::Object(members)
}

fn first_day(entries: &[Json<'_>]) -> String {
    let started = entries
        .first()
        .and_then(|entry| entry.get("startedDateTime"))
        .and_then(Json::as_str);
    let day = started.and_then(|started| started.get(..10));
    day.unwrap_or("1970-01-01").to_owned()
}

fn url_of(entry: &Json<'_>) -> Result<Uri, String> {
    let url = entry.get("request").and_then(|request| request.get("url"));
    let url = url
        .and_then(Json::as_str)
        .ok_or("request.url is not text")?;
    let without_fragment = url.split('#').next().unwrap_or_default();
    let uri: Uri = without_fragment
        .parse()
        .map_err(|_| "request.url is no address".to_owned())?;
    match uri.scheme() {
        Some(_) => Ok(uri),
        None => Err("request.url is no address".to_owned()),
    }
}

fn origin_of(url: &Uri) -> String {
    format!(
        "{}://{}",
        url.scheme_str().unwrap_or_default(),
        url.authority().map_or("", |authority| authority.as_str())
    )
}

fn status_of(entry: &Json<'_>) -> Option<u64> {
    entry.get("response")?.get("status")?.as_u64()
}

fn exchange_of(entry: &Json<'_>, url: &Uri) -> Result<Exchange, String> {
    let request = entry.get("request").ok_or("request is missing")?;
    let response = entry.get("response").ok_or("response is missing")?;
    let method = request
        .get("method")
        .and_then(Json::as_str)
        .unwrap_or_default();
    let status = status_of(entry)
        .and_then(|status| u16::try_from(status).ok())
        .unwrap_or_default();
    Ok(Exchange {
        method: Method::try_from(method).map_err(|_| "request.method is no HTTP method")?,
        target: url
            .path_and_query()
            .map_or("/", |target| target.as_str())
            .to_owned(),
        request_headers: headers_of(request),
        request_body: body_of(request.get("postData"))?,
        status: StatusCode::from_u16(status).map_err(|_| "response.status is no HTTP status")?,
        response_headers: headers_of(response),
        response_body: body_of(response.get("content"))?,
    })
}

/// Pseudo headers and what else is no header is left out.
fn headers_of(message: &Json<'_>) -> HeaderMap {
    let headers = message.get("headers").and_then(Json::as_array);
    let mut map = HeaderMap::new();
    for header in headers.unwrap_or_default() {
        let text = |name| header.get(name).and_then(Json::as_str).unwrap_or_default();
        let name = HeaderName::try_from(text("name"));
        if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(text("value"))) {
            map.append(name, value);
        }
    }
    map
}

fn body_of(data: Option<&Json<'_>>) -> Result<Bytes, String> {
    let Some(data) = data else {
        return Ok(Bytes::new());
    };
    let text = data.get("text").and_then(Json::as_str);
    match (text, data.get("encoding").and_then(Json::as_str)) {
        (Some(text), Some("base64")) => {
            let decoded = STANDARD.decode(text).map(Bytes::from);
            decoded.map_err(|_| "a body does not decode as base64".to_owned())
        }
        (Some(text), _) => Ok(Bytes::copy_from_slice(text.as_bytes())),
        (None, _) => Ok(form_of(data)),
    }
}

/// A form that is given by its parameters only.
fn form_of(data: &Json<'_>) -> Bytes {
    let params = data
        .get("params")
        .and_then(Json::as_array)
        .unwrap_or_default();
    let mut form = form_urlencoded::Serializer::new(String::new());
    for param in params {
        let text = |name| param.get(name).and_then(Json::as_str).unwrap_or_default();
        form.append_pair(text("name"), text("value"));
    }
    form.finish().into()
}
