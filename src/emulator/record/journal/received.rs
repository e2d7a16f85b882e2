//! One journaled request as it is shown.

use std::fmt::Write as _;
use std::time::Duration;

use crate::emulator::view::date;
use crate::rules::Rule;
use crate::wire::json::{Json, object, object_of_pairs};

/// One request that a server received, and how it was answered; secrets are masked.
///
/// As JSON: `{"number", "at", "requestId", "organization", "method", "target", "headers": {}, "body": {"text",
/// "length", "digest"?}, "element", "instance", "status", "rule", "grade", "effect", "took", "answer": {…}}`; times are
/// RFC 3339, `took` is in microseconds, absent values `null`, and the values of a header that came more than once are an array.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Received {
    /// Counts the server's requests from 1.
    pub number: u64,
    /// When, in milliseconds since 1970, by the server's clock.
    pub at: u64,
    /// What the header `elements-request-id` of the answer said.
    pub request_id: String,
    /// A short stable name for the organization's secret: `"secret-1f3a9c0e"`.
    pub organization: Option<String>,
    /// How long it took to make the answer, by the machine's clock.
    pub took: Duration,
    /// The verb.
    pub method: String,
    /// Path and query as sent.
    pub target: String,
    /// The headers, secrets replaced by their short names.
    pub headers: Vec<(String, String)>,
    /// The request's body.
    pub body: Content,
    /// The key of the element it was about, if it can be told.
    pub element: Option<String>,
    /// The id of the instance it was about.
    pub instance: Option<u64>,
    /// The answer's status; `None` where the script ended the connection instead of an answer being made.
    pub status: Option<u16>,
    /// The rule that decided.
    pub rule: &'static Rule,
    /// The scripted effect that fired: `"loseReply"`.
    pub effect: Option<&'static str>,
    /// The answer's body, as it would have arrived whole.
    pub answer: Content,
}

/// A body, as much of it as was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Content {
    /// The text, secrets masked; bytes that are not UTF-8 are replaced.
    pub text: String,
    /// How long the body was, in bytes.
    pub length: u64,
    /// A digest of the whole body, where only its beginning was kept.
    pub digest: Option<String>,
}

impl Content {
    fn to_json(&self) -> Json<'_> {
        let digest = self.digest.as_deref();
        object([
            ("text", (&*self.text).into()),
            ("length", self.length.into()),
            ("digest", digest.into()),
        ])
    }
}

impl Received {
    /// The value of a header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find_map(|(header, value)| (header == name).then_some(&**value))
    }

    /// The shape that the type's documentation gives.
    #[must_use]
    pub fn to_json(&self) -> Json<'_> {
        let headers = self.headers.iter().map(|(name, value)| (&**name, &**value));
        object([
            ("number", self.number.into()),
            ("at", date(self.at).into()),
            ("requestId", (&*self.request_id).into()),
            ("organization", self.organization.as_deref().into()),
            ("method", (&*self.method).into()),
            ("target", (&*self.target).into()),
            ("headers", object_of_pairs(headers)),
            ("body", self.body.to_json()),
            ("element", self.element.as_deref().into()),
            ("instance", self.instance.into()),
            ("status", self.status.map(u64::from).into()),
            ("rule", self.rule.id.into()),
            ("grade", self.rule.grade.name().into()),
            ("effect", self.effect.into()),
            ("took", (self.took.as_micros() as u64).into()),
            ("answer", self.answer.to_json()),
        ])
    }

    /// One line for people: `POST /elements/api-v2/instances → 200 (create; grade=guide)`.
    #[must_use]
    pub fn to_line(&self) -> String {
        let Received {
            method,
            target,
            status,
            rule,
            effect,
            answer,
            ..
        } = self;
        line(
            method,
            target,
            *status,
            rule,
            *effect,
            answer.text.as_bytes(),
        )
    }
}

/// One line for people; `answer` is the body, of which only an error's message is repeated.
pub(super) fn line(
    method: &str,
    target: &str,
    status: Option<u16>,
    rule: &Rule,
    effect: Option<&str>,
    answer: &[u8],
) -> String {
    let shown = status.map_or("none".to_owned(), |status| status.to_string());
    let mut line = format!("{method} {target} → {shown} ({})", rule.because);
    if let Some(effect) = effect {
        let _ = write!(line, " [{effect}]");
    }
    let body = Json::parse(answer).ok().filter(|_| status >= Some(400));
    if let Some(message) = body.as_ref().and_then(|body| body.get("message")?.as_str()) {
        let _ = write!(line, " {message}");
    }
    line
}
