//! Predicates as JSON, in the shape that [`Predicate`] documents.

use serde_core::de::Error as _;
use serde_core::{Deserialize, Deserializer};

use super::condition::{Condition, Expected, Made};
use super::{BodyCondition, Predicate};
use crate::wire::json::document::{Document, Reading};
use crate::wire::json::{Json, object};

/// The members of a predicate.
pub(crate) const MEMBERS: [&str; 11] = [
    "method",
    "path",
    "query",
    "headers",
    "body",
    "element",
    "organization",
    "instance",
    "rule",
    "grade",
    "status",
];
const BODY_MEMBERS: [&str; 5] = ["json", "contains", "at", "text", "textContains"];
const VALUE_MEMBERS: [&str; 2] = ["contains", "present"];

/// Makes a condition of a member that is text.
type MakeOfText = fn(&str) -> Made;

impl<'de> Deserialize<'de> for Predicate {
    /// From the shape that the type's documentation gives.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        Predicate::read(&json, "").map_err(D::Error::custom)
    }
}

impl Predicate {
    /// Reads a predicate that stands at `path`.
    pub(crate) fn read(json: &Json<'_>, path: &str) -> Reading<Self> {
        let document = Document::read(json, path, &MEMBERS)?;
        let mut reader = Reader {
            predicate: Predicate::new(),
        };
        let texts: [(&str, MakeOfText); 5] = [
            ("path", Condition::path),
            ("element", Condition::element),
            ("organization", Condition::organization),
            ("rule", Condition::rule),
            ("grade", Condition::grade),
        ];
        for (name, condition) in texts {
            if let Some(text) = document.text(name)? {
                reader.add(&document.at(name), condition(text))?;
            }
        }
        if let Some(id) = document.whole("instance")? {
            reader.add(&document.at("instance"), Condition::instance(id))?;
        }
        reader.methods(&document)?;
        reader.statuses(&document)?;
        reader.values(&document, "query", Condition::query)?;
        reader.values(&document, "headers", Condition::header)?;
        if let Some(body) = document.get("body") {
            let body = Document::read(body, &document.at("body"), &BODY_MEMBERS)?;
            reader.body(&body)?;
        }
        Ok(reader.predicate)
    }

    /// The predicate in the shape that is read, secrets included; a closure is not shown.
    pub(crate) fn to_json(&self) -> Json<'static> {
        let mut members: Vec<(std::borrow::Cow<'static, str>, Json<'static>)> = Vec::new();
        let mut put = |name: &'static str, value: Json<'static>| match (
            members.iter_mut().find(|(known, _)| known == name),
            value,
        ) {
            (Some((_, Json::Object(known))), Json::Object(more)) => known.extend(more),
            (_, value) => members.push((name.into(), value)),
        };
        for condition in &self.conditions {
            let value = match condition {
                Condition::Method(methods) => {
                    one_or_many(methods.iter().map(|method| Json::from(method.to_string())))
                }
                Condition::Path(pattern) => pattern.as_str().to_owned().into(),
                Condition::Query(name, expected) => member(name, expected.to_json()),
                Condition::Header(name, expected) => member(name.as_str(), expected.to_json()),
                Condition::Body(conditions) => body_json(conditions),
                Condition::Element(key) => key.clone().into(),
                Condition::Organization(secret, _) => secret.clone().into(),
                Condition::Instance(id) => (*id).into(),
                Condition::Rule(rule) => rule.id.into(),
                Condition::Grade(grade) => grade.name().into(),
                Condition::Status(statuses) => {
                    one_or_many(statuses.iter().map(|s| u64::from(s.as_u16()).into()))
                }
                Condition::Matching(_) => continue,
            };
            put(condition.name(), value);
        }
        Json::Object(members)
    }
}

struct Reader {
    predicate: Predicate,
}

impl Reader {
    fn add(&mut self, place: &str, made: Made) -> Reading<()> {
        let condition = made.map_err(|reason| format!("{place}{reason}"))?;
        self.predicate.add(condition);
        Ok(())
    }

    fn methods(&mut self, document: &Document<'_>) -> Reading<()> {
        let place = document.at("method");
        let made = match document.get("method") {
            None => return Ok(()),
            Some(Json::Text(name)) => Condition::methods([&**name]),
            Some(Json::Array(names)) => {
                let texts: Option<Vec<_>> = names.iter().map(Json::as_str).collect();
                Condition::methods(texts.ok_or_else(|| format!("{place} must be texts"))?)
            }
            Some(other) => {
                let found = other.kind();
                return Err(format!(
                    "{place} must be a verb or an array of verbs, found {found}"
                ));
            }
        };
        self.add(&place, made)
    }

    fn statuses(&mut self, document: &Document<'_>) -> Reading<()> {
        let place = document.at("status");
        let one = |json: &Json<'_>| {
            let number = json.as_u64();
            number.ok_or_else(|| format!("{place} must be a status, found {json}"))
        };
        let statuses = match document.get("status") {
            None => return Ok(()),
            Some(Json::Array(items)) => items.iter().map(one).collect::<Reading<Vec<_>>>()?,
            Some(json) => vec![one(json)?],
        };
        self.add(&place, Condition::statuses(statuses))
    }

    /// Query parameters or headers, a member each.
    fn values(
        &mut self,
        document: &Document<'_>,
        kind: &str,
        condition: fn(&str, Expected) -> Made,
    ) -> Reading<()> {
        for (name, json) in document.object(kind)?.into_iter().flatten() {
            let place = document.at(&format!("{kind}.{name}"));
            let expected = Expected::read(json, &place)?;
            self.add(&place, condition(name, expected))?;
        }
        Ok(())
    }

    fn body(&mut self, body: &Document<'_>) -> Reading<()> {
        let mut put = |name: &str, condition| self.add(&body.at(name), Condition::body(condition));
        if let Some(json) = body.get("json") {
            put("json", BodyCondition::Json(json.clone().into_owned()))?;
        }
        if let Some(json) = body.get("contains") {
            put(
                "contains",
                BodyCondition::Contains(json.clone().into_owned()),
            )?;
        }
        for (pointer, json) in body.object("at")?.into_iter().flatten() {
            let value = json.clone().into_owned();
            put("at", BodyCondition::At(pointer.to_string(), value))?;
        }
        if let Some(text) = body.text("text")? {
            put("text", BodyCondition::Text(text.to_owned()))?;
        }
        if let Some(text) = body.text("textContains")? {
            put("textContains", BodyCondition::TextContains(text.to_owned()))?;
        }
        Ok(())
    }
}

impl Expected {
    fn read(json: &Json<'_>, place: &str) -> Reading<Self> {
        Ok(match json {
            Json::Text(text) => Expected::Is(text.to_string()),
            Json::Number(_) | Json::Bool(_) => Expected::Is(json.to_string()),
            Json::Null => Expected::Absent,
            Json::Object(_) => {
                let document = Document::read(json, place, &VALUE_MEMBERS)?;
                match (document.text("contains")?, document.get("present")) {
                    (Some(part), None) => Expected::Contains(part.to_owned()),
                    (None, Some(Json::Bool(true))) => Expected::Present,
                    (None, Some(Json::Bool(false))) => Expected::Absent,
                    _ => {
                        return Err(format!(
                            "{place} must be {{\"contains\": text}} or {{\"present\": true or false}}"
                        ));
                    }
                }
            }
            Json::Array(_) => return Err(format!("{place} must be one value, found an array")),
        })
    }

    fn to_json(&self) -> Json<'static> {
        match self {
            Expected::Is(value) => value.clone().into(),
            Expected::Contains(part) => object([("contains", part.clone().into())]).into_owned(),
            Expected::Present => object([("present", true.into())]).into_owned(),
            Expected::Absent => Json::Null,
        }
    }
}

fn body_json(conditions: &[BodyCondition]) -> Json<'static> {
    let mut members: Vec<(std::borrow::Cow<'static, str>, Json<'static>)> = Vec::new();
    let mut places = Vec::new();
    for condition in conditions {
        let (name, value) = match condition {
            BodyCondition::Json(json) => ("json", json.clone()),
            BodyCondition::Contains(json) => ("contains", json.clone()),
            BodyCondition::Text(text) => ("text", text.clone().into()),
            BodyCondition::TextContains(text) => ("textContains", text.clone().into()),
            BodyCondition::At(pointer, json) => {
                places.push((pointer.clone().into(), json.clone()));
                continue;
            }
        };
        members.push((name.into(), value));
    }
    if !places.is_empty() {
        members.push(("at".into(), Json::Object(places)));
    }
    Json::Object(members)
}

fn member(name: &str, value: Json<'static>) -> Json<'static> {
    Json::Object(vec![(name.to_owned().into(), value)])
}

fn one_or_many(values: impl Iterator<Item = Json<'static>>) -> Json<'static> {
    let mut values: Vec<_> = values.collect();
    if values.len() == 1 {
        return values.remove(0);
    }
    Json::Array(values)
}
