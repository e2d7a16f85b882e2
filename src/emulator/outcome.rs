//! The outcome of a request: a reply, the rule behind it, and the way in which it reaches the caller.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ALLOW, CACHE_CONTROL,
    CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, DATE, ORIGIN, RETRY_AFTER,
    TRANSFER_ENCODING, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::Cursor;
use super::clock::{Clock, system_time};
use super::state::instances::Stored;
use super::steer::script::{Effect, LiteralReply};
use super::view::View;
use crate::rules::{self, Rule};
use crate::wire::error::ApiError;
use crate::wire::json::push_text;
use crate::wire::message::{Conduct, Connection, Reply};
use crate::wire::vocabulary::{EXPOSED_HEADERS, EXPOSED_MARKS, header, member};

/// A reply, and why it is what it is.
#[derive(Debug)]
pub struct Outcome {
    /// The reply to the caller.
    pub reply: Reply,
    /// The rule that decided.
    pub rule: &'static Rule,
    /// The way in which the reply reaches the caller.
    pub(crate) conduct: Conduct,
    /// For how long it is worth asking again, because more may be recorded.
    pub(crate) patience: Option<Duration>,
    /// The listener to whom events go on being told after the body.
    pub(crate) follow: Option<Cursor>,
    /// The scripted effect that fired.
    pub(crate) effect: Option<&'static str>,
    /// The id of the stub that answered.
    pub(crate) stub: Option<u64>,
    /// The instance it is about.
    pub(crate) instance: Option<Arc<Stored>>,
    /// The view of it, where the body is exactly that.
    pub(crate) view: Option<View>,
}

pub(crate) type Handled = Result<Outcome, ApiError>;

impl Outcome {
    /// 200 with a JSON body.
    pub(crate) fn json(rule: &'static Rule, body: impl Into<Bytes>) -> Self {
        let mut outcome = Outcome::empty(rule);
        outcome.reply.body = body.into();
        let json = HeaderValue::from_static("application/json");
        outcome.reply.headers.insert(CONTENT_TYPE, json);
        outcome
    }

    /// 200 with a page for a browser, which runs no script and is kept nowhere.
    pub(crate) fn page(rule: &'static Rule, html: String) -> Self {
        let mut outcome = Outcome::empty(rule);
        outcome.reply.body = html.into();
        let headers = [
            (CONTENT_TYPE, "text/html; charset=utf-8"),
            (
                CONTENT_SECURITY_POLICY,
                "default-src 'none'; frame-ancestors 'none'",
            ),
            (CACHE_CONTROL, "no-store"),
        ];
        for (name, value) in headers {
            outcome
                .reply
                .headers
                .insert(name, HeaderValue::from_static(value));
        }
        outcome
    }

    /// 200 without a body.
    pub(crate) fn empty(rule: &'static Rule) -> Self {
        Outcome {
            reply: Reply {
                status: StatusCode::OK,
                // Six fit into an allocation that the allocator has at hand; twelve, the next size, do not.
                headers: HeaderMap::with_capacity(6),
                body: Bytes::new(),
                connection: Connection::KeepAlive,
            },
            rule,
            conduct: Conduct::default(),
            patience: None,
            follow: None,
            effect: None,
            stub: None,
            instance: None,
            view: None,
        }
    }

    /// The one place where a refusal becomes a reply (rule `error-body`).
    pub(crate) fn refusal(error: ApiError, request_id: &str) -> Self {
        let mut outcome = Outcome::json(error.rule, refusal_body(request_id, &error.message));
        outcome.reply.status = error.status;
        outcome.reply.connection = error.connection;
        if let Some(hint) = error.hint {
            outcome = outcome.header(header::HINT, &printable(&hint));
        }
        match error.allow {
            Some(allow) => outcome.header(ALLOW, &allow),
            None => outcome,
        }
    }

    /// Makes the answer that a scripted effect gives instead of the service; `None` for one that leaves it to the service.
    pub(crate) fn scripted(effect: &Effect, request_id: &str) -> Option<Self> {
        match effect {
            Effect::Status(status) => {
                let outcome = Outcome::refusal(ApiError::scripted(*status), request_id);
                let retries = matches!(status, 429 | 503);
                Some(if retries {
                    outcome.header(RETRY_AFTER, "1")
                } else {
                    outcome
                })
            }
            Effect::Reply(literal) => Some(Outcome::literal(literal, &rules::SCRIPTED)),
            Effect::Reset | Effect::Close => Some(Outcome::empty(&rules::SCRIPTED)),
            _ => None,
        }
    }

    /// Makes the answer of the stub with this id, which comes after a delay.
    pub(crate) fn stubbed(literal: &LiteralReply, id: u64, delay: Duration) -> Self {
        let mut outcome = Outcome::literal(literal, &rules::STUB);
        outcome.stub = Some(id);
        outcome.conduct.delay = delay;
        outcome
    }

    fn literal(literal: &LiteralReply, rule: &'static Rule) -> Self {
        let mut outcome = Outcome::empty(rule);
        outcome.reply.status = literal.status;
        outcome.reply.headers = literal.headers.clone();
        // Where the body ends is the connection's to say; another word on it would be a lie or break the reply.
        outcome.reply.headers.remove(CONTENT_LENGTH);
        outcome.reply.headers.remove(TRANSFER_ENCODING);
        outcome.reply.body = literal.body.clone();
        outcome
    }

    /// Applies a scripted effect that fired to the reply.
    pub(crate) fn apply_effect(&mut self, effect: &Effect, seed: u64, number: u64) {
        self.effect = Some(effect.name());
        if *effect == Effect::MalformedJson {
            // Half of an object or array is never JSON; of nothing, something that is not.
            let half = self.reply.body.len() / 2;
            self.reply.body = if half == 0 {
                "{".into()
            } else {
                self.reply.body.slice(..half)
            };
            self.view = None;
        }
        let delay = self.conduct.delay;
        self.conduct = effect.conduct(self.reply.body.len(), seed, number);
        self.conduct.delay = self.conduct.delay.saturating_add(delay);
    }

    /// Tells whether the reply can be given at once.
    pub(crate) fn is_ready(&self) -> bool {
        self.patience.is_none() && self.conduct.delay.is_zero()
    }

    /// Tells whether there is an answer at all, be it lost on its way.
    pub(crate) fn is_made(&self) -> bool {
        !matches!(self.effect, Some("reset" | "close"))
    }

    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("values of our own making are printable");
        self.reply.headers.insert(name, value);
        self
    }

    pub(crate) fn about(mut self, instance: Arc<Stored>) -> Self {
        self.instance = Some(instance);
        self
    }

    /// The same with this id of its request, and the rule that decided it.
    pub(crate) fn identified(mut self, request_id: &str) -> Self {
        let request_id =
            HeaderValue::from_str(request_id).expect("hex digits are a header's value");
        let because = HeaderValue::from_static(self.rule.because);
        let headers = &mut self.reply.headers;
        headers.insert(header::REQUEST_ID, request_id);
        headers.insert(header::BECAUSE, because);
        self
    }

    /// The same with the clock's date.
    pub(crate) fn dated(mut self, clock: &Clock) -> Self {
        date(&mut self.reply.headers, clock);
        self
    }

    /// Adds the headers that every reply of the API carries (rules `request-id`, `cors`).
    pub(crate) fn add_standard_headers(
        &mut self,
        asked: &HeaderMap,
        request_id: &str,
        clock: &Clock,
    ) {
        let headers = &mut self.reply.headers;
        let request_id =
            HeaderValue::from_str(request_id).expect("hex digits are a header's value");
        // A recorded answer has one of its own, which its body may repeat.
        headers.entry(header::REQUEST_ID).or_insert(request_id);
        headers.insert(header::BECAUSE, HeaderValue::from_static(self.rule.because));
        date(headers, clock);
        if let Some(origin) = asked.get(ORIGIN) {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(
                ACCESS_CONTROL_EXPOSE_HEADERS,
                HeaderValue::from_static(EXPOSED_HEADERS),
            );
            // The vendor's list stays to the letter what it is on every route of the API (rule `cors`): the marks stand
            // on a line of their own, where there is no such route or where the page asks for them.
            if *self.rule == rules::UNKNOWN_ROUTE || asked.contains_key(header::HINT) {
                headers.append(
                    ACCESS_CONTROL_EXPOSE_HEADERS,
                    HeaderValue::from_static(EXPOSED_MARKS),
                );
            }
            headers.insert(VARY, HeaderValue::from_static("origin"));
        }
    }
}

/// The documented shape of a refusal: `{"requestId":"…","message":"…"}`.
///
/// A tree in between would cost a refusal 4 % more instructions.
fn refusal_body(request_id: &str, message: &str) -> Vec<u8> {
    // A quarter more than the text, for what must be escaped.
    let mut body = Vec::with_capacity(64 + request_id.len() + message.len() * 5 / 4);
    // Our own names and hex digits need no escapes.
    let plain = [
        "{\"",
        member::REQUEST_ID,
        "\":\"",
        request_id,
        "\",\"",
        member::MESSAGE,
        "\":",
    ];
    plain
        .into_iter()
        .for_each(|text| body.extend_from_slice(text.as_bytes()));
    push_text(&mut body, message);
    body.push(b'}');
    body
}

/// A text as a header can have it: what is not printable ASCII is a question mark.
fn printable(text: &str) -> String {
    let shown = |character: char| match character {
        ' '..='~' => character,
        _ => '?',
    };
    text.chars().map(shown).collect()
}

/// Says the time where it is not the machine's, which the connection says by itself.
fn date(headers: &mut HeaderMap, clock: &Clock) {
    if clock.is_own() {
        let date = httpdate::fmt_http_date(system_time(clock.now()));
        headers.insert(DATE, date.try_into().expect("a date is printable"));
    }
}
