//! A JSON object of the control API being read: every mistake is named with its path, unknown members with the nearest
//! known one.

use std::time::{Duration, SystemTime};

use crate::wire::distance::nearest;
use crate::wire::json::{Json, Members};

/// A value that was read, or the problem with the document: path and reason.
pub(crate) type Reading<T> = Result<T, String>;

/// An object and where it stands.
pub(crate) struct Document<'a> {
    path: String,
    members: &'a Members<'a>,
}

impl<'a> Document<'a> {
    /// The object at `path`, none of whose members may be other than `known`.
    pub(crate) fn read(json: &'a Json<'a>, path: &str, known: &[&str]) -> Reading<Self> {
        let found = || format!("{} must be an object, found {}", shown(path), json.kind());
        let document = Document {
            path: path.to_owned(),
            members: json.as_object().ok_or_else(found)?,
        };
        match document
            .members
            .iter()
            .find(|(name, _)| !known.contains(&&**name))
        {
            None => Ok(document),
            Some((unknown, _)) => {
                let hint = match nearest(unknown, known.iter().copied()) {
                    Some(near) => format!("did you mean {near:?}?"),
                    None => format!("known: {}", known.join(", ")),
                };
                let path = document.at(unknown);
                Err(format!("{path} is not known here; {hint}"))
            }
        }
    }

    /// The path of the object.
    pub(crate) fn path(&self) -> &str {
        shown(&self.path)
    }

    /// The path of a member.
    pub(crate) fn at(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    /// A member that is neither absent nor `null`.
    pub(crate) fn get(&self, name: &str) -> Option<&'a Json<'a>> {
        let found = self.members.iter().find(|(member, _)| member == name);
        found
            .map(|(_, value)| value)
            .filter(|value| **value != Json::Null)
    }

    /// Reads a member of one kind, if it is there.
    fn typed<T>(
        &self,
        name: &str,
        expected: &str,
        read: impl FnOnce(&'a Json<'a>) -> Option<T>,
    ) -> Reading<Option<T>> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let wrong = || {
            format!(
                "{} must be {expected}, found {}",
                self.at(name),
                value.kind()
            )
        };
        read(value).map(Some).ok_or_else(wrong)
    }

    pub(crate) fn text(&self, name: &str) -> Reading<Option<&'a str>> {
        self.typed(name, "text", Json::as_str)
    }

    pub(crate) fn required_text(&self, name: &str) -> Reading<&'a str> {
        let missing = || format!("{} is required", self.at(name));
        self.text(name)?
            .filter(|text| !text.trim().is_empty())
            .ok_or_else(missing)
    }

    pub(crate) fn whole(&self, name: &str) -> Reading<Option<u64>> {
        self.typed(name, "a whole number", Json::as_u64)
    }

    pub(crate) fn required_whole(&self, name: &str) -> Reading<u64> {
        self.whole(name)?
            .ok_or_else(|| format!("{} is required", self.at(name)))
    }

    pub(crate) fn flag(&self, name: &str) -> Reading<Option<bool>> {
        self.typed(name, "true or false", Json::as_bool)
    }

    pub(crate) fn array(&self, name: &str) -> Reading<&'a [Json<'a>]> {
        Ok(self
            .typed(name, "an array", Json::as_array)?
            .unwrap_or_default())
    }

    pub(crate) fn object(&self, name: &str) -> Reading<Option<&'a Members<'a>>> {
        self.typed(name, "an object", Json::as_object)
    }

    /// A time such as `"200ms"`, or a number of milliseconds.
    pub(crate) fn duration(&self, name: &str) -> Reading<Option<Duration>> {
        self.typed(name, "a time such as \"200ms\"", duration)
    }

    /// A moment such as `"2017-03-14T19:20:16Z"`.
    pub(crate) fn moment(&self, name: &str) -> Reading<Option<SystemTime>> {
        let moment = |value: &Json<'_>| humantime::parse_rfc3339(value.as_str()?).ok();
        self.typed(name, "a time such as \"2017-03-14T19:20:16Z\"", moment)
    }
}

/// `"200ms"` or a number of milliseconds.
pub(crate) fn duration(value: &Json<'_>) -> Option<Duration> {
    match value {
        Json::Text(text) => humantime::parse_duration(text).ok(),
        other => other.as_u64().map(Duration::from_millis),
    }
}

fn shown(path: &str) -> &str {
    if path.is_empty() { "the body" } else { path }
}
