//! HAR 1.2, which browsers and proxies speak: in through the redaction, out with placeholders.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Method, Uri};

use super::format::final_status;
use super::message::{
    Content, Exchange, Interaction, Pairs, content_type, encode_pairs, header_map, member, value_of,
};
use super::{Cassette, CassetteError, Leak, Orders, Policy, Redactor, is_day, parse_json};
use crate::wire::json::{Json, object};

/// Before the names of members that are not in the standard.
const MARK: &str = "_";

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
    /// The upstream is the origin of the first entry, without credentials. Placeholders of a cassette that was written as HAR stay.
    ///
    /// # Errors
    /// A text that is no HAR document, or has no entry or one that is no exchange.
    pub fn from_har(text: &str, policy: Policy) -> Result<(Self, LeftOut), CassetteError> {
        let har = parse_json(text.as_bytes())?;
        let log = har.get("log").unwrap_or(&Json::Null);
        let entries = log.get("entries").and_then(Json::as_array);
        let entries = entries
            .ok_or_else(|| CassetteError::malformed("it has no log.entries, so it is no HAR"))?;
        if entries.is_empty() {
            let reason = "its log.entries are empty, so there is nothing to convert";
            return Err(CassetteError::malformed(reason));
        }
        let empty = Cassette {
            orders: Orders::parse(log, MARK)?,
            ..Cassette::new("", &first_day(entries))
        };
        let policy = empty.policy(policy);
        let mut cassette = empty.redacted_by(&policy);
        let mut redactor = Redactor::new(policy);
        let mut left_out = LeftOut::default();
        for (index, entry) in entries.iter().enumerate() {
            let url = url_of(entry).map_err(|reason| in_entry(index, &reason))?;
            if index == 0 {
                cassette.upstream = origin_of(&url);
            }
            if origin_of(&url) != cassette.upstream {
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
        let mut log = vec![member("version", "1.2".into()), member("creator", creator)];
        log.extend(self.orders.members(MARK));
        log.push(member("entries", entries.collect()));
        object([("log", Json::Object(log))]).to_pretty() + "\n"
    }

    fn entry<'c>(&self, interaction: &'c Interaction) -> Json<'c> {
        let Interaction { request, response } = interaction;
        let url = format!("{}{}", self.upstream, request.target());
        let mut asked = vec![
            ("method", request.method.as_str().into()),
            ("url", url.into()),
            ("queryString", pairs_to_json(&request.query)),
        ];
        if request.body != Content::Empty {
            let data = content(&request.body, &request.headers);
            asked.push(("postData", object_of(data)));
        }
        let reason = response.status.canonical_reason().unwrap_or_default();
        let location = value_of(&response.headers, "location").unwrap_or_default();
        let mut body = content(&response.body, &response.headers);
        body.push(("size", (response.body.to_bytes().len() as u64).into()));
        let answered = vec![
            ("status", u64::from(response.status.as_u16()).into()),
            ("statusText", reason.into()),
            ("redirectURL", location.into()),
            ("content", object_of(body)),
        ];
        let started = format!("{}T00:00:00.000Z", self.recorded);
        let timings = ["send", "wait", "receive"].map(|name| (name, 0.into()));
        object([
            ("startedDateTime", started.into()),
            ("time", 0.into()),
            ("request", message(asked, &request.headers)),
            ("response", message(answered, &response.headers)),
            ("cache", object([])),
            ("timings", object(timings)),
        ])
    }
}

type Named<'m> = Vec<(&'static str, Json<'m>)>;

fn object_of(members: Named<'_>) -> Json<'_> {
    let members = members.into_iter();
    Json::Object(members.map(|(name, value)| (name.into(), value)).collect())
}

/// A message with the members that every one has; its sizes are not known any more.
fn message<'m>(mut members: Named<'m>, headers: &'m Pairs) -> Json<'m> {
    let unknown = || Json::Number((-1).into());
    members.extend([
        ("httpVersion", "HTTP/1.1".into()),
        ("cookies", Json::Array(Vec::new())),
        ("headers", pairs_to_json(headers)),
        ("headersSize", unknown()),
        ("bodySize", unknown()),
    ]);
    object_of(members)
}

fn in_entry(index: usize, reason: &str) -> CassetteError {
    CassetteError::malformed(format!("log.entries[{index}]: {reason}"))
}

fn pairs_to_json(pairs: &Pairs) -> Json<'_> {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| {
            object([
                ("name", name.as_str().into()),
                ("value", value.as_str().into()),
            ])
        })
        .collect()
}

/// A body as text where it is text; base64 is not in the standard for requests, and what is written all the same.
fn content<'m>(body: &'m Content, headers: &'m Pairs) -> Named<'m> {
    let mut members = vec![("mimeType", content_type(headers).into())];
    match String::from_utf8(body.to_bytes().into()) {
        Ok(text) => members.push(("text", text.into())),
        Err(error) => {
            members.push(("text", STANDARD.encode(error.as_bytes()).into()));
            members.push(("encoding", "base64".into()));
        }
    }
    members
}

fn first_day(entries: &[Json<'_>]) -> String {
    let started = entries
        .first()
        .and_then(|entry| entry.get("startedDateTime"))
        .and_then(Json::as_str);
    let day = started.and_then(|started| started.get(..10));
    day.filter(|day| is_day(day))
        .unwrap_or("1970-01-01")
        .to_owned()
}

fn url_of(entry: &Json<'_>) -> Result<Uri, String> {
    let url = entry.get("request").and_then(|request| request.get("url"));
    let url = url
        .and_then(Json::as_str)
        .ok_or("request.url is not text")?;
    let without_fragment = url.split('#').next().unwrap_or_default();
    let uri = without_fragment.parse::<Uri>().ok();
    let uri = uri.filter(|uri| uri.scheme().is_some());
    uri.ok_or_else(|| "request.url is no address".to_owned())
}

/// The origin of an address in its one spelling: without credentials, in lower case, and without the usual port.
fn origin_of(url: &Uri) -> String {
    let scheme = url.scheme_str().unwrap_or_default().to_ascii_lowercase();
    let host = url.host().unwrap_or_default().to_ascii_lowercase();
    let usual = match &*scheme {
        "https" => 443,
        _ => 80,
    };
    match url.port_u16().filter(|port| *port != usual) {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    }
}

fn status_of(entry: &Json<'_>) -> Option<u64> {
    entry.get("response")?.get("status")?.as_u64()
}

fn exchange_of(entry: &Json<'_>, url: &Uri) -> Result<Exchange, String> {
    let request = entry.get("request").ok_or("request is missing")?;
    let response = entry.get("response").ok_or("response is missing")?;
    let method = text_of(request, "method");
    Ok(Exchange {
        method: Method::try_from(method).map_err(|_| "request.method is no HTTP method")?,
        target: url
            .path_and_query()
            .map_or("/", |target| target.as_str())
            .to_owned(),
        request_headers: header_map(&pairs_of(request, "headers")),
        request_body: body_of(request.get("postData"))?,
        status: status_of(entry)
            .and_then(final_status)
            .ok_or("response.status is no final HTTP status")?,
        response_headers: header_map(&pairs_of(response, "headers")),
        response_body: body_of(response.get("content"))?,
    })
}

/// The headers or the parameters that a list has by name and value.
fn pairs_of(json: &Json<'_>, list: &str) -> Pairs {
    let items = json.get(list).and_then(Json::as_array).unwrap_or_default();
    let text = |item: &Json<'_>, name: &str| text_of(item, name).to_owned();
    let pairs = items.iter();
    pairs
        .map(|item| (text(item, "name"), text(item, "value")))
        .collect()
}

fn text_of<'j>(json: &'j Json<'_>, name: &str) -> &'j str {
    json.get(name).and_then(Json::as_str).unwrap_or_default()
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
        // A form may be given by its parameters only.
        (None, _) => Ok(encode_pairs(&pairs_of(data, "params")).into()),
    }
}
