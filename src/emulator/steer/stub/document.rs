//! Stubs as JSON.
//!
//! ```json
//! {
//!   "match": { "method": "GET", "path": "/hubs/messaging/ping/{name}" },
//!   "reply": { "status": 200, "headers": {"x-a": "b"}, "body": {"hello": "{{request.path.name}}"} },
//!   "delay": "200ms",
//!   "times": 2
//! }
//! ```
//!
//! `match` is a predicate. Only `reply` is required; a `body` that is no text is sent as JSON.

use std::time::Duration;

use super::template::Template;
use super::{StubAnswer, StubLine, StubOrder};
use crate::emulator::steer::predicate::{MEMBERS, Predicate};
use crate::emulator::steer::script::REPLY;
use crate::wire::json::document::{Document, Reading};
use crate::wire::json::{Json, object};

impl StubOrder {
    /// Reads the shape that the module's documentation gives.
    pub(crate) fn read(json: &Json<'_>, path: &str) -> Reading<Self> {
        let places: [(&str, &[&str]); 2] = [("reply", &REPLY), ("match", &MEMBERS)];
        Document::check_places(json, path, &places)?;
        let document = Document::read(json, path, &["match", "reply", "delay", "times"])?;
        let reply = document
            .get("reply")
            .ok_or_else(|| format!("{} is required", document.at("reply")))?;
        let mut order = StubOrder {
            delay: document.duration("delay")?.unwrap_or_default(),
            ..StubOrder::default()
        };
        if let Some(matcher) = document.get("match") {
            let place = document.at("match");
            order.predicate = Predicate::read(matcher, &place)?;
            let early = order.predicate.check_needs_no_answer();
            early.map_err(|reason| format!("{place}.{reason}"))?;
        }
        let pattern = order.predicate.path_pattern();
        let template = Template::read(reply, &document.at("reply"), pattern)?;
        order.answer = StubAnswer::Template(template);
        if let Some(times) = document.whole("times")? {
            let set = order.set_times(times);
            set.map_err(|reason| document.at(&reason))?;
        }
        Ok(order)
    }
}

impl StubLine {
    /// `{"id", "match", "reply", "delay", "times", "fired"}`; secrets that `match` names are masked.
    pub(crate) fn to_json(&self) -> Json<'static> {
        let StubOrder {
            predicate,
            answer,
            delay,
            times,
        } = &self.order;
        let reply = match answer {
            StubAnswer::Literal(literal) => literal.to_json(),
            StubAnswer::Template(template) => template.to_json(),
            StubAnswer::Closure(_) => "a closure".into(),
        };
        let delay = (*delay > Duration::ZERO).then(|| humantime::format_duration(*delay));
        object([
            ("id", self.id.into()),
            ("match", predicate.masked().to_json()),
            ("reply", reply),
            ("delay", delay.map(|delay| delay.to_string()).into()),
            ("times", (*times).into()),
            ("fired", self.fired().into()),
        ])
    }
}
