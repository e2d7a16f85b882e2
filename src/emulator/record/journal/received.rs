//! One journaled request as it is shown.

use std::fmt::Write as _;

use crate::emulator::view::date;
use crate::rules::Rule;
use crate::wire::json::{Json, object, object_of_pairs};

/// One request that a server received, and how it was answered.
///
/// In process it is shown as it came, secrets included. Below `/__admin` and on standard error every secret is replaced
/// by a short stable name such as `secret-1f3a9c0e`, unless the server was started with
/// [`Settings::show_secrets`](crate::Settings::show_secrets).
///
/// As JSON: `{"number", "at", "requestId", "organization", "method", "target", "headers": {}, "body": {"text",
/// "length", "digest"?}, "element", "instance", "status", "rule", "grade", "effect", "answer": {…}}`; times are
/// RFC 3339, absent values `null`, and the values of a header that came more than once are an array.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Received {
    /// Counts the server's requests from 1.
    pub number: u64,
    /// When it came, in milliseconds since 1970, by the server's clock.
    pub at: u64,
    /// The value of the answer's header `elements-request-id`.
    pub request_id: String,
    /// A short stable name for the organization's secret, never the secret itself: `"secret-1f3a9c0e"`.
    pub organization: Option<String>,
    /// The verb.
    pub method: String,
    /// Path and query as sent.
    pub target: String,
    /// The headers, names in lower case; bytes that are not UTF-8 are replaced.
    pub headers: Vec<(String, String)>,
    /// The request's body.
    pub body: Content,
    /// The key of the element that the request was about, if it can be told.
    pub element: Option<String>,
    /// The id of the instance that the request was about.
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
    /// The text; bytes that are not UTF-8 are replaced.
    pub text: String,
    /// The length of the whole body, in bytes.
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
            ("answer", self.answer.to_json()),
        ])
    }

    /// One line for people: `POST /elements/api-v2/instances → 200 (create; grade=guide)`.
    #[must_use]
    pub fn to_line(&self) -> String {
        let status = self
            .status
            .map_or("none".to_owned(), |status| status.to_string());
        let (method, target, because) = (&self.method, &self.target, self.rule.because);
        let mut line = format!("{method} {target} → {status} ({because})");
        if let Some(effect) = self.effect {
            let _ = write!(line, " [{effect}]");
        }
        if let Some(message) = self.error_message() {
            let _ = write!(line, " {message}");
        }
        line
    }

    /// The message of an answer that is an error.
    fn error_message(&self) -> Option<String> {
        let body = (self.status >= Some(400)).then(|| Json::parse(self.answer.text.as_bytes()))?;
        Some(body.ok()?.get("message")?.as_str()?.to_owned())
    }
}
