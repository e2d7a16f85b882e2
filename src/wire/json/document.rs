//! A JSON object of the control API being read: every mistake is named with its path, unknown members with the nearest
//! known one.

use std::time::{Duration, SystemTime};

use crate::wire::distance::nearest;
use crate::wire::json::{Json, Members};

/// A value that was read, or the problem with the document: path and reason.
pub(crate) type Reading<T> = Result<T, String>;

/// Counters go on from no higher: numbers stay where every language's JSON is exact, and there is always a next one.
const MAX_COUNTER: u64 = 1 << 53;

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

    /// Refuses a member that belongs into one of the object's members: each of `places` is one with its own members.
    pub(crate) fn check_places(
        json: &Json<'_>,
        path: &str,
        places: &[(&str, &[&str])],
    ) -> Reading<()> {
        for (name, _) in json.as_object().into_iter().flatten() {
            let below = |(_, members): &&(&str, &[&str])| members.contains(&&**name);
            if let Some((place, _)) = places.iter().find(below) {
                let at = match path {
                    "" => name.to_string(),
                    _ => format!("{path}.{name}"),
                };
                return Err(format!(
                    "{at} is not known here; did you mean \"{place}.{name}\"?"
                ));
            }
        }
        Ok(())
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
        self.text(name)?
            .filter(|text| !text.trim().is_empty())
            .ok_or_else(|| self.is_required(name))
    }

    pub(crate) fn whole(&self, name: &str) -> Reading<Option<u64>> {
        let number = self.get(name);
        if let Some(Json::Number(number)) = number.filter(|number| number.as_u64().is_none()) {
            let at = self.at(name);
            return Err(format!("{at} must be a whole number, found {number}"));
        }
        self.typed(name, "a whole number", Json::as_u64)
    }

    pub(crate) fn required_whole(&self, name: &str) -> Reading<u64> {
        self.whole(name)?.ok_or_else(|| self.is_required(name))
    }

    fn is_required(&self, name: &str) -> String {
        format!("{} is required", self.at(name))
    }

    /// A number that is counted on from, as the last id.
    pub(crate) fn counter(&self, name: &str) -> Reading<Option<u64>> {
        let count = self.whole(name)?;
        if let Some(count) = count.filter(|count| *count > MAX_COUNTER) {
            let at = self.at(name);
            return Err(format!("{at} must be at most {MAX_COUNTER}, found {count}"));
        }
        Ok(count)
    }

    pub(crate) fn required_counter(&self, name: &str) -> Reading<u64> {
        self.counter(name)?.ok_or_else(|| self.is_required(name))
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
        let year = |text: &str| text.split_once('-')?.0.parse::<u16>().ok();
        let text = self.get(name).and_then(Json::as_str);
        if let Some(early) = text.filter(|text| year(text).is_some_and(|year| year < 1970)) {
            let at = self.at(name);
            return Err(format!("{at} must be a time from 1970 on, found {early:?}"));
        }
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
