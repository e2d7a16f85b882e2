//! One journaled request as it is shown.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use serde_core::de::DeserializeOwned;
use serde_core::{Serialize, Serializer};

use crate::emulator::clock::system_time;
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
/// "length", "digest"?}, "element", "instance", "status", "rule", "grade", "effect", "stub", "hint", "took", "answer": {…}}`; times are
/// RFC 3339, `took` is in microseconds, absent values `null`, and the values of a header that came more than once are an array.
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
    /// The time that the answer took, by the machine's clock.
    pub took: Duration,
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
    /// The help for the developer that the answer has in its header `mock-ce-hint`.
    pub hint: Option<String>,
    /// The id of the stub that answered.
    pub stub: Option<u64>,
    /// The answer's body, as it would have arrived whole.
    pub answer: Content,
}

/// The requests that were found, oldest first.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Found {
    /// Those that fit.
    pub requests: Vec<Received>,
    /// The number of requests that the journal has dropped for want of room: as many may be missing here.
    ///
    /// A predicate for one organization counts only that one's.
    pub dropped: u64,
}

/// A body of the journal, which keeps the beginning of a long one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// The first value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find_map(|(header, value)| header.eq_ignore_ascii_case(name).then_some(&**value))
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
            ("hint", self.hint.as_deref().into()),
            ("stub", self.stub.into()),
            ("took", (self.took.as_micros() as u64).into()),
            ("answer", self.answer.to_json()),
        ])
    }

    /// The members that a list shows: everything but headers and bodies, and the time to the millisecond.
    pub(super) fn to_summary(&self) -> Json<'_> {
        let at = humantime::format_rfc3339_millis(system_time(self.at)).to_string();
        object([
            ("number", self.number.into()),
            ("at", at.into()),
            ("organization", self.organization.as_deref().into()),
            ("method", (&*self.method).into()),
            ("target", (&*self.target).into()),
            ("element", self.element.as_deref().into()),
            ("instance", self.instance.into()),
            ("status", self.status.map(u64::from).into()),
            ("rule", self.rule.id.into()),
            ("grade", self.rule.grade.name().into()),
            ("effect", self.effect.into()),
            ("stub", self.stub.into()),
            ("took", (self.took.as_micros() as u64).into()),
        ])
    }

    /// One line for people: `POST /elements/api-v2/instances → 200 (create; grade=guide)`.
    ///
    /// Of a refusal it has the message, of a script what it did, `[loseReply]`, and of a stub its id.
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
        if let Some(stub) = self.stub {
            let _ = write!(line, " [stub {stub}]");
        }
        if let Some(message) = self.refusal() {
            // A message may repeat what the client sent; a line break in it would look like another request.
            let message = message.replace(char::is_control, "\u{fffd}");
            let _ = write!(line, " {message}");
        }
        // The vendor's text of a 401 does not say what is missing; other messages do.
        if let Some(hint) = self.hint.as_ref().filter(|_| self.status == Some(401)) {
            let _ = write!(line, " ({hint})");
        }
        line
    }

    /// The line with the time before it and the organization behind it, for logs.
    #[must_use]
    pub fn to_log_line(&self) -> String {
        let at = humantime::format_rfc3339_millis(self.time());
        let mut line = format!("{at} {}", self.to_line());
        if let Some(organization) = &self.organization {
            let _ = write!(line, " · {organization}");
        }
        line
    }

    /// The message of an answer that is a refusal.
    #[must_use]
    pub fn refusal(&self) -> Option<String> {
        let body = Json::parse(self.answer.text.as_bytes()).ok();
        let body = body.filter(|_| self.status >= Some(400))?;
        Some(body.get("message")?.as_str()?.to_owned())
    }

    /// When it came, by the server's clock.
    #[must_use]
    pub fn time(&self) -> SystemTime {
        system_time(self.at)
    }

    /// The body as a type of the test's own, or as `serde_json::Value`.
    ///
    /// ```
    /// use http::Method;
    /// use mock_ce::{MockCe, Request};
    /// use serde_json::{Value, json};
    ///
    /// let ce = MockCe::start();
    /// let sent = Request::new(Method::POST, "/elements/api-v2/instances", r#"{"name": "Test"}"#);
    /// ce.emulator().answer(&sent);
    /// let received = ce.received(Method::POST, "/instances").once();
    /// assert_eq!(received.json::<Value>().unwrap(), json!({"name": "Test"}));
    /// ```
    ///
    /// # Errors
    /// A body that is not JSON, is of another shape, or was cut because it is longer than the journal keeps.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.body.text)
    }
}

impl Serialize for Received {
    /// In the shape that the type's documentation gives.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}
