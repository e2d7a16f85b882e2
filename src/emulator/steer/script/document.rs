//! Scripted rules as JSON.
//!
//! ```json
//! {
//!   "match": { "method": "POST", "path": "/instances", "element": "mailjet", "organization": "secret" },
//!   "when": { "nth": 2 },
//!   "effect": { "status": 503 }
//! }
//! ```
//!
//! `match`, a predicate on requests, and `when` may be left out. `when` has one of `nth`, `first`, `every` (whole numbers) and `probability`
//! (0 to 1). `effect` is one of `"reset"`, `"close"`, `"loseReply"`, `"closeInBody"`, `"malformedJson"`,
//! `{"status": 503}`, `{"delay": "200ms"}`, `{"delay": {"min": "100ms", "max": "300ms"}}`, `{"cutBody": 10}`,
//! `{"dribble": {"bytes": 10, "pause": "50ms"}}`, `{"reply": {"status": 200, "headers": {…}, "body": …}}`, where a
//! `body` that is no text is sent as JSON.

use std::time::Duration;

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::Number;

use super::effect::{Effect, LiteralReply};
use serde_core::de::Error as _;
use serde_core::{Deserialize, Deserializer};

use super::{Line, Position, Scripted};
use crate::emulator::steer::predicate::{MEMBERS, Predicate};
use crate::wire::json::document::{Document, Reading, duration};
use crate::wire::json::{Json, object, object_of_pairs};
use crate::wire::media;

impl Scripted {
    /// Reads the shape that the module's documentation gives.
    pub(crate) fn read(json: &Json<'_>, path: &str) -> Reading<Self> {
        let places: [(&str, &[&str]); 3] = [
            ("effect", &EFFECTS),
            ("when", &POSITIONS),
            ("match", &MEMBERS),
        ];
        Document::check_places(json, path, &places)?;
        let document = Document::read(json, path, &["match", "when", "effect"])?;
        let effect = document
            .get("effect")
            .ok_or_else(|| format!("{} is required", document.at("effect")))?;
        let mut scripted = Scripted::new(read_effect(effect, &document.at("effect"))?);
        if let Some(matcher) = document.get("match") {
            let place = document.at("match");
            scripted.predicate = Predicate::read(matcher, &place)?;
            let early = scripted.predicate.check_needs_no_answer();
            early.map_err(|reason| format!("{place}.{reason}"))?;
        }
        if let Some(when) = document.get("when") {
            scripted.position =
                read_position(&Document::read(when, &document.at("when"), &POSITIONS)?)?;
        }
        Ok(scripted)
    }
}

impl<'de> Deserialize<'de> for Scripted {
    /// From the shape that the control API takes.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        Scripted::read(&json, "").map_err(D::Error::custom)
    }
}

const POSITIONS: [&str; 4] = ["nth", "first", "every", "probability"];

fn read_position(when: &Document<'_>) -> Reading<Position> {
    let counts: [fn(u64) -> Position; 3] = [Position::Nth, Position::First, Position::Every];
    let mut said = Vec::new();
    for (name, position) in POSITIONS.iter().zip(counts) {
        match when.whole(name)? {
            Some(0) => return Err(format!("{} must be at least 1", when.at(name))),
            Some(count) => said.push(position(count)),
            None => {}
        }
    }
    if let Some(share) = when.get("probability") {
        let number = if let Json::Number(number) = share {
            number.as_f64()
        } else {
            None
        };
        let share = number.filter(|share| (0.0..=1.0).contains(share));
        let wrong = || format!("{} must be a number from 0 to 1", when.at("probability"));
        said.push(Position::Probability(share.ok_or_else(wrong)?));
    }
    match said[..] {
        [] => Ok(Position::Always),
        [position] => Ok(position),
        _ => Err(format!(
            "{} must have only one of {}",
            when.path(),
            POSITIONS.join(", ")
        )),
    }
}

const EFFECTS: [&str; 5] = ["status", "delay", "cutBody", "dribble", "reply"];

fn read_effect(json: &Json<'_>, path: &str) -> Reading<Effect> {
    if let Some(name) = json.as_str() {
        let bare = [
            Effect::Reset,
            Effect::Close,
            Effect::LoseReply,
            Effect::CloseInBody,
            Effect::MalformedJson,
        ];
        let names: Vec<_> = bare.iter().map(Effect::name).collect();
        let known = names
            .iter()
            .position(|known| *known == name)
            .map(|index| bare[index].clone());
        return known.ok_or_else(|| {
            let bodied = EFFECTS.map(|name| format!("{{{name:?}: …}}"));
            format!(
                "{path} {name:?} is not known; known: {}, {}",
                names.join(", "),
                bodied.join(", ")
            )
        });
    }
    let document = Document::read(json, path, &EFFECTS)?;
    let said: Vec<_> = EFFECTS
        .into_iter()
        .filter(|name| document.get(name).is_some())
        .collect();
    match said[..] {
        ["status"] => Ok(Effect::Status(
            read_status(&document, "status", 599)?.as_u16(),
        )),
        ["delay"] => read_delay(&document),
        ["cutBody"] => Ok(Effect::CutBody(document.required_whole("cutBody")? as usize)),
        ["dribble"] => read_dribble(&document),
        ["reply"] => {
            let json = document.get("reply").expect("looked at before");
            let (head, body) = read_reply(json, &document.at("reply"))?;
            Ok(Effect::Reply(head.with_body(body)))
        }
        _ => Err(format!(
            "{path} must have exactly one of {}",
            EFFECTS.join(", ")
        )),
    }
}

fn read_status(document: &Document<'_>, name: &str, most: u16) -> Reading<StatusCode> {
    let status = document.required_whole(name)?;
    let status = u16::try_from(status)
        .ok()
        .filter(|status| (200..=most).contains(status));
    let wrong = || format!("{} must be a status from 200 to {most}", document.at(name));
    status
        .and_then(|status| StatusCode::from_u16(status).ok())
        .ok_or_else(wrong)
}

fn read_delay(document: &Document<'_>) -> Reading<Effect> {
    let delay = document
        .get("delay")
        .filter(|delay| delay.as_object().is_some());
    let Some(range) = delay else {
        let delay = document.get("delay").and_then(duration);
        let wrong = || format!("{} must be a time such as \"200ms\"", document.at("delay"));
        return delay.map(Effect::Delay).ok_or_else(wrong);
    };
    let range = Document::read(range, &document.at("delay"), &["min", "max"])?;
    let least = range.duration("min")?.unwrap_or_default();
    let most = range
        .duration("max")?
        .ok_or_else(|| format!("{} is required", range.at("max")))?;
    if least > most {
        return Err(format!("{} must not be longer than max", range.at("min")));
    }
    Ok(Effect::DelayBetween(least, most))
}

fn read_dribble(document: &Document<'_>) -> Reading<Effect> {
    let json = document.get("dribble").expect("looked at before");
    let dribble = Document::read(json, &document.at("dribble"), &["bytes", "pause"])?;
    let bytes = dribble.whole("bytes")?.unwrap_or(1) as usize;
    if bytes == 0 {
        return Err(format!("{} must be at least 1", dribble.at("bytes")));
    }
    let pause = dribble
        .duration("pause")?
        .ok_or_else(|| format!("{} is required", dribble.at("pause")))?;
    Ok(Effect::Dribble { bytes, pause })
}

/// The members of a reply.
pub(in crate::emulator::steer) const REPLY: [&str; 3] = ["status", "headers", "body"];

/// Reads the reply that stands at `path`: its head, and its body as JSON says it.
pub(in crate::emulator::steer) fn read_reply<'j>(
    json: &'j Json<'j>,
    path: &str,
) -> Reading<(LiteralReply, Option<&'j Json<'j>>)> {
    let reply = Document::read(json, path, &REPLY)?;
    let mut head = LiteralReply {
        status: read_status(&reply, "status", 999)?,
        ..LiteralReply::default()
    };
    for (name, value) in reply.object("headers")?.into_iter().flatten() {
        let place = reply.at(&format!("headers.{name}"));
        let header: HeaderName = (name.parse()).map_err(|_| format!("{place} is not a header"))?;
        if [CONTENT_LENGTH, TRANSFER_ENCODING].contains(&header) {
            return Err(format!(
                "{place} is set by the server as the body demands; leave it out"
            ));
        }
        let value = value.as_str().and_then(|value| value.parse().ok());
        let value: HeaderValue = value.ok_or_else(|| {
            format!("{place} must be text without line breaks and other control characters")
        })?;
        head.headers.append(header, value);
    }
    Ok((head, reply.get("body")))
}

impl LiteralReply {
    /// The same with the body that JSON says: text as it is, everything else as JSON.
    pub(in crate::emulator::steer) fn with_body(self, body: Option<&Json<'_>>) -> Self {
        match body {
            None => self,
            Some(Json::Text(text)) => self.body(text.as_bytes().to_vec()),
            Some(json) => self.with_json(json.to_string()),
        }
    }

    /// The shape that [`read_reply`] reads; bytes that are not UTF-8 are replaced.
    pub(in crate::emulator::steer) fn to_json(&self) -> Json<'static> {
        let pairs: Vec<_> = (self.headers.iter())
            .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())))
            .collect();
        let is_json = self
            .headers
            .get(CONTENT_TYPE)
            .is_some_and(|value| value.to_str().is_ok_and(media::is_json));
        let json = Json::parse(&self.body).ok().filter(|_| is_json);
        let text = || String::from_utf8_lossy(&self.body).into_owned().into();
        object([
            ("status", u64::from(self.status.as_u16()).into()),
            (
                "headers",
                object_of_pairs(pairs.iter().map(|(name, value)| (*name, &**value))),
            ),
            ("body", json.unwrap_or_else(text)),
        ])
        .into_owned()
    }
}

impl Effect {
    /// The shape that is read.
    fn to_json(&self) -> Json<'static> {
        let time = |time: Duration| Json::from(humantime::format_duration(time).to_string());
        let value = match self {
            Effect::Status(status) => u64::from(*status).into(),
            Effect::Reply(literal) => literal.to_json(),
            Effect::Delay(delay) => time(*delay),
            Effect::DelayBetween(min, max) => object([("min", time(*min)), ("max", time(*max))]),
            Effect::CutBody(bytes) => (*bytes as u64).into(),
            Effect::Dribble { bytes, pause } => {
                object([("bytes", (*bytes as u64).into()), ("pause", time(*pause))])
            }
            bare => return bare.name().into(),
        };
        object([(self.name(), value)])
    }
}

impl Position {
    /// The shape that is read; `null` where nothing was said.
    fn to_json(self) -> Json<'static> {
        match self {
            Position::Always => Json::Null,
            Position::Nth(n) => object([("nth", n.into())]),
            Position::First(n) => object([("first", n.into())]),
            Position::Every(n) => object([("every", n.into())]),
            Position::Probability(share) => {
                let share = Number::from_f64(share).map(Json::Number);
                object([("probability", share.into())])
            }
        }
    }
}

impl Line {
    /// `{"id", "match", "when", "effect", "matched", "fired"}`; secrets that `match` names are masked.
    pub(crate) fn to_json(&self) -> Json<'static> {
        let Scripted {
            effect, position, ..
        } = &self.scripted;
        self.to_document(position.to_string().into(), effect.name().into())
    }

    /// The same with `when` and `effect` in the shape that is read.
    pub(crate) fn to_whole_json(&self) -> Json<'static> {
        let Scripted {
            effect, position, ..
        } = &self.scripted;
        self.to_document(position.to_json(), effect.to_json())
    }

    fn to_document(&self, when: Json<'static>, effect: Json<'static>) -> Json<'static> {
        object([
            ("id", self.id.into()),
            ("match", self.scripted.predicate.masked().to_json()),
            ("when", when),
            ("effect", effect),
            ("matched", self.matched().into()),
            ("fired", self.fired().into()),
        ])
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Position::Always => f.write_str("always"),
            Position::Nth(n) => write!(f, "nth {n}"),
            Position::First(n) => write!(f, "first {n}"),
            Position::Every(n) => write!(f, "every {n}"),
            Position::Probability(share) => write!(f, "probability {share}"),
        }
    }
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Scripted {
            effect,
            predicate,
            position,
        } = &self.scripted;
        write!(
            f,
            "{} for {}, {position}",
            effect.name(),
            predicate.masked()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Method;
    use rstest::rstest;

    fn read(text: &str) -> Reading<Scripted> {
        Scripted::read(&Json::parse(text.as_bytes()).unwrap(), "")
    }

    #[rstest]
    #[case(r#"{"effect": "reset"}"#, Scripted::new(Effect::Reset))]
    #[case(r#"{"effect": {"status": 503}, "when": {"nth": 2}}"#, Scripted::new(Effect::Status(503)).nth(2))]
    #[case(
        r#"{"effect": {"delay": {"min": 10, "max": "1s"}}, "match": {"method": "post", "path": "/instances"}}"#,
        Scripted::new(Effect::DelayBetween(Duration::from_millis(10), Duration::from_secs(1)))
            .method(Method::POST)
            .path("/instances")
    )]
    #[case(
        r#"{"effect": {"reply": {"status": 200, "headers": {"x-a": "b"}, "body": {"c": 1}}}}"#,
        Scripted::new(Effect::Reply(
            LiteralReply::new(200).header("x-a", "b").header("content-type", "application/json").body("{\"c\":1}")
        ))
    )]
    fn a_rule_is_read(#[case] text: &str, #[case] expected: Scripted) {
        assert_eq!(read(text), Ok(expected));
    }

    #[rstest]
    #[case(r#"{"match":{"method":"POST"},"when":{"nth":2},"effect":{"status":503}}"#)]
    #[case(
        r#"{"match":{},"when":{"probability":0.25},"effect":{"delay":{"min":"10ms","max":"1s"}}}"#
    )]
    #[case(r#"{"match":{},"when":{"every":3},"effect":{"dribble":{"bytes":10,"pause":"50ms"}}}"#)]
    #[case(r#"{"match":{},"when":null,"effect":"loseReply"}"#)]
    #[case(r#"{"match":{},"when":{"first":1},"effect":{"cutBody":10}}"#)]
    #[case(r#"{"match":{},"when":null,"effect":{"delay":"200ms"}}"#)]
    #[case(
        r#"{"match":{},"when":null,"effect":{"reply":{"status":200,"headers":{"content-type":"application/json"},"body":{"a":1}}}}"#
    )]
    fn a_rule_is_written_as_it_is_read(#[case] text: &str) {
        let line = Line::new(1, read(text).unwrap(), 1);
        let expected = text.replacen('{', r#"{"id":1,"#, 1);
        let expected = expected[..expected.len() - 1].to_owned() + r#","matched":0,"fired":0}"#;
        assert_eq!(line.to_whole_json().to_string(), expected);
    }

    #[rstest]
    #[case(r#"{}"#, "effect is required")]
    #[case(r#"{"effct": 1}"#, "effct is not known here; did you mean \"effect\"?")]
    #[case(
        r#"{"effect": {"status": 99}}"#,
        "effect.status must be a status from 200 to 599"
    )]
    #[case(
        r#"{"effect": {"delay": "soon"}}"#,
        "effect.delay must be a time such as \"200ms\""
    )]
    #[case(
        r#"{"effect": "reset", "when": {"nth": 0}}"#,
        "when.nth must be at least 1"
    )]
    #[case(
        r#"{"effect": "reset", "when": {"nth": 1, "every": 2}}"#,
        "when must have only one of nth, first, every, probability"
    )]
    #[case(
        r#"{"effect": {"dribble": {"bytes": 0, "pause": 1}}}"#,
        "effect.dribble.bytes must be at least 1"
    )]
    #[case(
        r#"{"effect": "reset", "when": {"probability": 2}}"#,
        "when.probability must be a number from 0 to 1"
    )]
    #[case(
        r#"{"effect": {"reply": {"status": 200, "headers": {"a b": "c"}}}}"#,
        "effect.reply.headers.a b is not a header"
    )]
    fn a_mistake_is_named_with_its_path(#[case] text: &str, #[case] message: &str) {
        assert_eq!(read(text), Err(message.to_owned()));
    }
}
