//! The effects of a scripted rule on a request.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::emulator::identity;
use crate::emulator::steer::predicate::json_of;
use crate::wire::message::{Conduct, Cut, Pace};
use crate::wire::status::Status;

/// The effect on a request for which a scripted rule fires.
///
/// `Status`, `Reply`, `Reset` and `Close` come instead of handling the request, which then has no effect. With all
/// others it is handled as usual, and only its reply suffers.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Effect {
    /// This status, with the API's own error body. 429 and 503 also say `Retry-After: 1`.
    Status(u16),
    /// This answer, to the letter.
    Reply(LiteralReply),
    /// The connection is reset before any byte (a TCP RST).
    Reset,
    /// The connection is closed before any byte.
    Close,
    /// The reply comes after this time.
    Delay(Duration),
    /// The reply comes after a time between these two; the seed decides.
    DelayBetween(Duration, Duration),
    /// The request is handled, but nothing of its reply arrives: the connection is closed before any byte.
    LoseReply,
    /// The connection is closed in the middle of the body; an empty body has none, and its reply arrives whole.
    CloseInBody,
    /// Only this many bytes of the body arrive, fewer than `Content-Length` says; then the connection is closed. A body that
    /// is not longer arrives whole.
    CutBody(usize),
    /// The body is cut so that it is not JSON any more; `Content-Length` agrees with what arrives.
    MalformedJson,
    /// The reply arrives this many bytes at a time, with this pause between them.
    Dribble {
        /// At a time, at least 1.
        bytes: usize,
        /// Between them.
        pause: Duration,
    },
}

/// An answer given to the letter; the mock's own marks are added, and nothing else but where the body ends.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
pub struct LiteralReply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl LiteralReply {
    /// An answer with this status and without a body.
    ///
    /// # Panics
    /// When `status` is not from 200 to 999: those below are no answers.
    #[track_caller]
    pub fn new(status: impl Status) -> Self {
        let status = status.number();
        assert!(
            (200..=999).contains(&status),
            "mock-ce: a status must be from 200 to 999, found {status}"
        );
        let status = StatusCode::from_u16(status).expect("it is in the range of statuses");
        LiteralReply {
            status,
            ..LiteralReply::default()
        }
    }

    /// The same with one header more.
    ///
    /// # Panics
    /// When the name or the value is not one of a header.
    #[track_caller]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("the name of a header");
        let value: HeaderValue = value.parse().expect("the value of a header");
        self.headers.append(name, value);
        self
    }

    /// The same with this body.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// The same with this value as JSON and, unless it has one, the content type of JSON.
    ///
    /// # Panics
    /// When serde cannot write the value as JSON.
    #[track_caller]
    pub fn json(self, value: impl serde_core::Serialize) -> Self {
        self.with_json(json_of(&value).to_string())
    }

    /// The same with this text as its body and, unless it has one, the content type of plain text.
    pub fn text(self, text: impl Into<String>) -> Self {
        self.typed("text/plain; charset=utf-8").body(text.into())
    }

    pub(in crate::emulator::steer) fn with_json(self, json: String) -> Self {
        self.typed("application/json").body(json)
    }

    /// The same with this content type, unless it has one.
    fn typed(mut self, content_type: &'static str) -> Self {
        let entry = self.headers.entry(http::header::CONTENT_TYPE);
        entry.or_insert(HeaderValue::from_static(content_type));
        self
    }
}

impl Effect {
    /// Refuses what cannot be had.
    pub(super) fn check(&self) -> Result<(), String> {
        match self {
            Effect::Status(status) if !(200..=599).contains(status) => Err(format!(
                "the effect's status must be from 200 to 599, found {status}"
            )),
            Effect::Dribble { bytes: 0, .. } => {
                Err("the effect's dribble.bytes must be at least 1".to_owned())
            }
            Effect::DelayBetween(least, most) if least > most => Err(format!(
                "the effect's delay must not have a min that is longer than its max, found {least:?} and {most:?}"
            )),
            _ => Ok(()),
        }
    }

    /// The name that reads so, where an effect has it.
    pub(crate) fn name_of(text: &str) -> Option<&'static str> {
        let names = [
            "status",
            "reply",
            "reset",
            "close",
            "delay",
            "loseReply",
            "closeInBody",
            "cutBody",
            "malformedJson",
            "dribble",
        ];
        names.into_iter().find(|name| *name == text)
    }

    /// Its name in the control API and the journal.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Effect::Status(_) => "status",
            Effect::Reply(_) => "reply",
            Effect::Reset => "reset",
            Effect::Close => "close",
            Effect::Delay(_) | Effect::DelayBetween(..) => "delay",
            Effect::LoseReply => "loseReply",
            Effect::CloseInBody => "closeInBody",
            Effect::CutBody(_) => "cutBody",
            Effect::MalformedJson => "malformedJson",
            Effect::Dribble { .. } => "dribble",
        }
    }

    /// Tells the connection how to bring the reply; `number` is the request's, for draws from the seed.
    pub(crate) fn conduct(&self, body: usize, seed: u64, number: u64) -> Conduct {
        let cut = |cut| Conduct {
            cut: Some(cut),
            ..Conduct::default()
        };
        match self {
            Effect::Reset => cut(Cut::Reset),
            Effect::Close | Effect::LoseReply => cut(Cut::Close),
            Effect::CloseInBody => cut(Cut::InBody(body / 2)),
            Effect::CutBody(kept) => cut(Cut::InBody(*kept)),
            Effect::Delay(delay) => Conduct {
                delay: *delay,
                ..Conduct::default()
            },
            Effect::DelayBetween(least, most) => {
                let range = u64::try_from(most.saturating_sub(*least).as_micros());
                let bound = range.unwrap_or(u64::MAX).saturating_add(1);
                let drawn = identity::mix(seed ^ identity::mix(!number)) % bound;
                Conduct {
                    delay: least.saturating_add(Duration::from_micros(drawn)),
                    ..Conduct::default()
                }
            }
            Effect::Dribble { bytes, pause } => {
                let pace = Pace {
                    bytes: (*bytes).max(1),
                    pause: *pause,
                };
                Conduct {
                    pace: Some(pace),
                    ..Conduct::default()
                }
            }
            Effect::Status(_) | Effect::Reply(_) | Effect::MalformedJson => Conduct::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::none(Duration::ZERO, Duration::ZERO)]
    #[case::all(Duration::ZERO, Duration::MAX)]
    #[case::longest(Duration::MAX, Duration::MAX)]
    #[case::the_wrong_way_round(Duration::from_secs(2), Duration::from_secs(1))]
    fn a_delay_is_drawn_from_any_range(#[case] least: Duration, #[case] most: Duration) {
        let conduct = Effect::DelayBetween(least, most).conduct(0, 0, 0);
        assert!(conduct.delay >= least && conduct.delay <= most.max(least));
    }
}
