//! A journaled request read back from the JSON that shows it, for tests that ask over HTTP.

use std::time::Duration;

use serde_core::de::Error as _;
use serde_core::{Deserialize, Deserializer};

use super::received::{Content, Received};
use crate::emulator::clock::millis;
use crate::emulator::steer::script::Effect;
use crate::rules;
use crate::wire::json::Json;
use crate::wire::json::document::{Document, Reading};

const KNOWN: [&str; 18] = [
    "number",
    "at",
    "requestId",
    "organization",
    "method",
    "target",
    "headers",
    "body",
    "element",
    "instance",
    "status",
    "rule",
    "grade",
    "effect",
    "hint",
    "stub",
    "took",
    "answer",
];

impl Received {
    fn read(json: &Json<'_>) -> Reading<Self> {
        let document = Document::read(json, "", &KNOWN)?;
        let text = |name| Ok::<_, String>(document.text(name)?.map(str::to_owned));
        let needed = |name| document.required_text(name).map(str::to_owned);
        let at = document.moment("at")?.ok_or("at is required")?;
        let rule = document.required_text("rule")?;
        let effect = document.text("effect")?.map(|name| {
            Effect::name_of(name).ok_or_else(|| format!("effect {name:?} is not known"))
        });
        let status = document.whole("status")?.map(|status| {
            u16::try_from(status).map_err(|_| format!("status must be one, found {status}"))
        });
        Ok(Received {
            number: document.required_whole("number")?,
            at: millis(at),
            request_id: needed("requestId")?,
            organization: text("organization")?,
            took: Duration::from_micros(document.required_whole("took")?),
            method: needed("method")?,
            target: needed("target")?,
            headers: headers(&document)?,
            body: content(json, "body")?,
            element: text("element")?,
            instance: document.whole("instance")?,
            status: status.transpose()?,
            rule: rules::find(rule).ok_or_else(|| format!("rule {rule:?} is not known"))?,
            effect: effect.transpose()?,
            hint: text("hint")?,
            stub: document.whole("stub")?,
            answer: content(json, "answer")?,
        })
    }
}

fn headers(document: &Document<'_>) -> Reading<Vec<(String, String)>> {
    let mut headers = Vec::new();
    for (name, value) in document.object("headers")?.into_iter().flatten() {
        let one = std::slice::from_ref(value);
        for value in value.as_array().unwrap_or(one) {
            let text = value
                .as_str()
                .ok_or("the values of headers must be texts")?;
            headers.push((name.to_string(), text.to_owned()));
        }
    }
    Ok(headers)
}

fn content(json: &Json<'_>, name: &str) -> Reading<Content> {
    let json = json
        .get(name)
        .ok_or_else(|| format!("{name} is required"))?;
    let document = Document::read(json, name, &["text", "length", "digest"])?;
    Ok(Content {
        text: document.text("text")?.unwrap_or_default().to_owned(),
        length: document.required_whole("length")?,
        digest: document.text("digest")?.map(str::to_owned),
    })
}

impl<'de> Deserialize<'de> for Received {
    /// From the shape that the type's documentation gives, in which times have no fraction of a second.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        Received::read(&json).map_err(D::Error::custom)
    }
}
