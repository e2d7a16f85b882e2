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

use http::{HeaderName, HeaderValue, StatusCode};

use super::effect::{Effect, LiteralReply};
use serde_core::de::Error as _;
use serde_core::{Deserialize, Deserializer};

use super::{Line, Position, Scripted};
use crate::emulator::identity;
use crate::emulator::steer::predicate::Predicate;
use crate::wire::json::document::{Document, Reading, duration};
use crate::wire::json::{Json, object};

impl Scripted {
    /// Reads the shape that the module's documentation gives.
    pub(crate) fn read(json: &Json<'_>, path: &str) -> Reading<Self> {
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
        ["reply"] => read_reply(&document),
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

fn read_reply(document: &Document<'_>) -> Reading<Effect> {
    let json = document.get("reply").expect("looked at before");
    let reply = Document::read(json, &document.at("reply"), &["status", "headers", "body"])?;
    let mut literal = LiteralReply {
        status: read_status(&reply, "status", 999)?,
        ..LiteralReply::default()
    };
    for (name, value) in reply.object("headers")?.into_iter().flatten() {
        let wrong = || format!("{} is not a header", reply.at(&format!("headers.{name}")));
        let header: HeaderName = name.parse().map_err(|_| wrong())?;
        let value: HeaderValue = value
            .as_str()
            .and_then(|value| value.parse().ok())
            .ok_or_else(wrong)?;
        literal.headers.append(header, value);
    }
    literal = match reply.get("body") {
        None => literal,
        Some(Json::Text(text)) => literal.body(text.as_bytes().to_vec()),
        Some(json) => literal.with_json(json),
    };
    Ok(Effect::Reply(literal))
}

impl LiteralReply {
    /// The same with a JSON body and, unless it has one, its content type.
    fn with_json(mut self, json: &Json<'_>) -> Self {
        let content_type = HeaderValue::from_static("application/json");
        self.headers
            .entry(http::header::CONTENT_TYPE)
            .or_insert(content_type);
        self.body(json.to_string())
    }
}

impl Line {
    /// `{"match", "when", "effect", "matched", "fired"}`; the organization is not repeated, for it is a secret.
    pub(crate) fn to_json(&self) -> Json<'static> {
        let Scripted {
            effect,
            predicate,
            position,
        } = &self.scripted;
        object([
            ("match", predicate.to_json(identity::secret_name)),
            ("when", position.to_string().into()),
            ("effect", effect.name().into()),
            ("matched", self.matched.into()),
            ("fired", self.fired.into()),
        ])
        .into_owned()
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
    use std::time::Duration;

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
