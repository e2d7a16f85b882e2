//! Webhooks: a provider's body as the platform takes it in, and the notification that it sends on.
//!
//! Everything here is shape. Which instances an event belongs to, and when it is sent where, is decided by the
//! emulator.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::json::{Json, MAX_KEPT_LEVELS, object, object_of_pairs};
use super::time;

/// A provider's message: as text for `providerData`, and as JSON for a notification's `raw`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ProviderMessage {
    pub(crate) text: String,
    pub(crate) raw: Json<'static>,
    /// The number of changes in `raw`, counted once for all instances that it is for.
    pub(crate) changes: usize,
}

impl ProviderMessage {
    pub(crate) fn new(text: String, raw: Json<'static>) -> Self {
        let events = objects_in(&raw, EVENTS).count();
        let others = || objects_in(&raw, OBJECTS).count().max(1);
        let changes = if events == 0 { others() } else { events };
        ProviderMessage { text, raw, changes }
    }

    /// Refuses more changes than one event may have: each notification repeats all of the message.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.changes <= MAX_EVENT_CHANGES {
            return Ok(());
        }
        Err(format!(
            "The message has {} changes, and this mock takes {MAX_EVENT_CHANGES} at most; send them in several messages",
            self.changes
        ))
    }

    /// Takes in a body of any kind: JSON as it is, a form as the object of its fields, anything else as text.
    ///
    /// JSON that is nested too deep is text too, for whoever receives or keeps the notification must be able to read it.
    pub(crate) fn of_body(content_type: Option<&str>, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body).into_owned();
        let is_form = content_type.is_some_and(|sent| {
            let media = sent.split(';').next().unwrap_or_default().trim();
            media.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        });
        let json = Json::parse(body).ok();
        let raw = match json.filter(|json| json.levels() <= MAX_KEPT_LEVELS) {
            Some(json) => json.into_owned(),
            None if is_form => fields(body),
            None => text.clone().into(),
        };
        ProviderMessage::new(text, raw)
    }

    /// Takes in the query of a `GET`: the object of its fields, also as the text.
    pub(crate) fn of_query(query: &str) -> Self {
        let raw = fields(query.as_bytes());
        ProviderMessage::new(raw.to_string(), raw)
    }
}

fn fields(encoded: &[u8]) -> Json<'static> {
    let pairs: Vec<_> = form_urlencoded::parse(encoded).collect();
    let pairs = pairs.iter().map(|(name, value)| (&**name, &**value));
    object_of_pairs(pairs).into_owned()
}

/// A change of one object of the provider: an entry of a notification's `events`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) object_type: String,
    pub(crate) object_id: String,
    /// `CREATED`, `UPDATED`, `DELETED` or `UNKNOWN`.
    pub(crate) event_type: &'static str,
    pub(crate) date: String,
}

const UNKNOWN: &str = "UNKNOWN";

/// The members of a provider's message that may list its changes.
const EVENTS: &str = "events";
const OBJECTS: &str = "objects";

/// The objects in an array of a provider's message.
fn objects_in<'j, 't>(raw: &'j Json<'t>, name: &str) -> impl Iterator<Item = &'j Json<'t>> {
    let entries = raw.get(name).and_then(Json::as_array).unwrap_or_default();
    entries.iter().filter(|entry| entry.as_object().is_some())
}

/// Finds what happened in a provider's message, and of that the changes in a range (rule `event-objects`).
///
/// In this order: `events[]` in the platform's form or in the hook's, `objects[]` with attributes and one `action`
/// for all of them, else one entry that says `UNKNOWN`. `received` is the date of an entry that has none.
pub(crate) fn changes(raw: &Json<'_>, received: u64, range: Range<usize>) -> Vec<Change> {
    let is_there = |name| objects_in(raw, name).next().is_some();
    let part = |name| objects_in(raw, name).skip(range.start).take(range.len());
    if is_there(EVENTS) {
        let change = |entry| change_of_event(entry, received);
        return part(EVENTS).map(change).collect();
    }
    if is_there(OBJECTS) {
        let action = raw.get("action").and_then(Json::as_str).unwrap_or_default();
        let change = |entry| change_of_object(entry, action, received);
        return part(OBJECTS).map(change).collect();
    }
    vec![Change {
        object_type: first_text(raw, &["objectType", "object_type"]).unwrap_or_default(),
        object_id: first_text(raw, &["objectId", "object_id", "id"]).unwrap_or_default(),
        event_type: UNKNOWN,
        date: time::format(received),
    }]
}

fn change_of_event(entry: &Json<'_>, received: u64) -> Change {
    let said = |names: &[&str]| first_text(entry, names);
    Change {
        object_type: said(&["objectType", "event_object_type"]).unwrap_or_default(),
        object_id: said(&["objectId", "event_object_id"]).unwrap_or_default(),
        event_type: event_type(&said(&["eventType", "event_type"]).unwrap_or_default()),
        date: said(&["date", "event_date"]).unwrap_or_else(|| time::format(received)),
    }
}

fn change_of_object(entry: &Json<'_>, action: &str, received: u64) -> Change {
    let attributes = entry.get("attributes").unwrap_or(&Json::Null);
    Change {
        object_type: first_text(attributes, &["type"]).unwrap_or_default(),
        object_id: first_text(entry, &["Id", "id"]).unwrap_or_default(),
        event_type: event_type(action),
        date: first_text(entry, &["LastModifiedDate"]).unwrap_or_else(|| time::format(received)),
    }
}

/// The documented word for a provider's: `update` and `UPDATED` are one.
fn event_type(word: &str) -> &'static str {
    const WORDS: [(&str, &str); 3] = [
        ("creat", "CREATED"),
        ("updat", "UPDATED"),
        ("delet", "DELETED"),
    ];
    let word = word.to_ascii_lowercase();
    let known = WORDS.iter().find(|(start, _)| word.starts_with(start));
    known.map_or(UNKNOWN, |(_, documented)| documented)
}

/// The first of these members that is a text or a number, as text.
fn first_text(json: &Json<'_>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| match json.get(name)? {
        Json::Text(text) => Some(text.to_string()),
        number @ Json::Number(_) => Some(number.to_string()),
        _ => None,
    })
}

/// Maximum of changes in one message of a provider (rule `event-objects`).
pub(crate) const MAX_EVENT_CHANGES: usize = 1_000;
/// More entries than these are split over several notifications (rule `event-objects`).
pub(crate) const MAX_CHANGES: usize = 20;
/// The same for what polling has found.
pub(crate) const MAX_POLLED_CHANGES: usize = 10;

/// The parts that all notifications of one event share.
#[derive(Clone, Debug)]
pub(crate) struct Notified<'a> {
    pub(crate) event: &'a str,
    pub(crate) element: &'a str,
    pub(crate) hub: &'a str,
    pub(crate) instance: u64,
    /// The time of the poll that found it; `None` for what the provider has sent.
    pub(crate) polled: Option<u64>,
    pub(crate) raw: &'a Json<'a>,
}

impl Notified<'_> {
    /// The body of one notification with some of the event's changes (rule `event-body`):
    /// `{"message": {"eventId", "elementKey", "instance_id", "events": […], "raw"}}`.
    pub(crate) fn body(&self, changes: &[Change]) -> String {
        let message = object([
            ("eventId", self.event.into()),
            ("elementKey", self.element.into()),
            ("instance_id", self.instance.into()),
            ("events", self.entries(changes)),
            ("raw", self.raw.borrowed()),
        ]);
        object([("message", message)]).to_string()
    }

    /// The older body that the event guide prints (rule `event-body-guide`):
    /// `{"eventId", "instanceId", "response": {"events": […]}, "notificationId"}`.
    pub(crate) fn older_body(&self, changes: &[Change], notification: u64) -> String {
        let event = self
            .event
            .parse::<u64>()
            .map_or(self.event.into(), Json::from);
        let response = object([("events", self.entries(changes))]);
        object([
            ("eventId", event),
            ("instanceId", self.instance.into()),
            ("response", response),
            ("notificationId", notification.into()),
        ])
        .to_string()
    }

    fn entries<'c>(&'c self, changes: &'c [Change]) -> Json<'c> {
        let entry = |change: &'c Change| {
            let mut entry = vec![
                (
                    Cow::Borrowed("objectType"),
                    Json::from(change.object_type.as_str()),
                ),
                ("objectId".into(), change.object_id.as_str().into()),
                ("eventType".into(), change.event_type.into()),
                ("date".into(), change.date.as_str().into()),
                ("elementKey".into(), self.element.into()),
                ("hubKey".into(), self.hub.into()),
            ];
            if let Some(polled) = self.polled {
                entry.push(("pollDate".into(), time::format(polled).into()));
            }
            Json::Object(entry)
        };
        changes.iter().map(entry).collect()
    }
}

/// The value of `Elements-Webhook-Signature` (rule `event-signature`): HMAC-SHA256 over the exact bytes of the body.
pub(crate) fn signature(key: &str, body: &[u8]) -> String {
    format!(
        "sha256={}",
        STANDARD.encode(hmac_sha256::HMAC::mac(body, key))
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn parse(text: &str) -> Json<'_> {
        Json::parse(text.as_bytes()).unwrap()
    }

    /// Contract: `event-signature`: test case 2 of RFC 4231, whose result is given there in hex.
    #[test]
    fn a_body_is_signed() {
        let expected = "sha256=W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=";
        assert_eq!(signature("Jefe", b"what do ya want for nothing?"), expected);
    }

    /// Contract: `event-store`, `event-body`.
    #[rstest]
    #[case::json(Some("application/json"), r#"{"a": 1}"#, r#"{"a": 1}"#, r#"{"a":1}"#)]
    #[case::json_without_type(None, "[1]", "[1]", "[1]")]
    #[case::form(
        Some("application/x-www-form-urlencoded; charset=utf-8"),
        "a=1&b=x%20y&a=2",
        "a=1&b=x%20y&a=2",
        r#"{"a":["1","2"],"b":"x y"}"#
    )]
    #[case::text(Some("text/plain"), "a=1", "a=1", r#""a=1""#)]
    #[case::empty(None, "", "", r#""""#)]
    fn a_body_of_any_kind_is_taken_in(
        #[case] content_type: Option<&str>,
        #[case] body: &str,
        #[case] text: &str,
        #[case] raw: &str,
    ) {
        let message = ProviderMessage::of_body(content_type, body.as_bytes());
        assert_eq!(
            (message.text.as_str(), message.raw.to_string().as_str()),
            (text, raw)
        );
    }

    #[test]
    fn a_query_is_taken_in_as_json() {
        let message = ProviderMessage::of_query("a=1&b=%C3%A9");
        assert_eq!(message.text, r#"{"a":"1","b":"é"}"#);
        assert_eq!(message.raw, parse(&message.text));
    }

    /// Contract: `event-objects`.
    #[rstest]
    #[case::documented(
        r#"{"events":[{"objectType":"Contact","objectId":"3","eventType":"CREATED","date":"2015-10-13T03:26:48Z"}]}"#,
        &["Contact", "3", "CREATED", "2015-10-13T03:26:48Z"]
    )]
    #[case::hook(
        r#"{"events":[{"event_object_type":"Contact","event_object_id":3,"event_type":"delete","event_date":"d"}]}"#,
        &["Contact", "3", "DELETED", "d"]
    )]
    #[case::objects(
        r#"{"action":"update","objects":[{"attributes":{"type":"Contact"},"Id":"003x","LastModifiedDate":"d"}]}"#,
        &["Contact", "003x", "UPDATED", "d"]
    )]
    #[case::unknown(r#"{"id":7,"x":1}"#, &["", "7", "UNKNOWN", "1970-01-01T00:00:00.000Z"])]
    #[case::no_object("[1,2]", &["", "", "UNKNOWN", "1970-01-01T00:00:00.000Z"])]
    #[case::hostile(r#"{"events":[1,null],"objects":"x"}"#, &["", "", "UNKNOWN", "1970-01-01T00:00:00.000Z"])]
    fn changes_are_found_in_what_a_provider_says(#[case] raw: &str, #[case] expected: &[&str]) {
        let found = changes(&parse(raw), 0, 0..MAX_CHANGES);
        let [change] = &*found else {
            panic!("{found:?}")
        };
        let shown = [
            &change.object_type,
            &change.object_id,
            change.event_type,
            &change.date,
        ];
        assert_eq!(shown, expected);
    }

    /// Contract: `event-body`, `event-body-guide`.
    #[test]
    fn both_bodies_name_event_instance_and_changes() {
        let raw =
            parse(r#"{"action":"update","objects":[{"attributes":{"type":"Contact"},"Id":"x"}]}"#);
        let changes = changes(&raw, 0, 0..MAX_CHANGES);
        let (event, element, hub, instance) = ("5001", "sfdc", "crm", 1240);
        let notified = Notified {
            event,
            element,
            hub,
            instance,
            polled: None,
            raw: &raw,
        };
        let entry = r#"{"objectType":"Contact","objectId":"x","eventType":"UPDATED","date":"1970-01-01T00:00:00.000Z","elementKey":"sfdc","hubKey":"crm"}"#;
        let newer = format!(
            r#"{{"message":{{"eventId":"5001","elementKey":"sfdc","instance_id":1240,"events":[{entry}],"raw":{raw}}}}}"#
        );
        assert_eq!(notified.body(&changes), newer);
        let older = format!(
            r#"{{"eventId":5001,"instanceId":1240,"response":{{"events":[{entry}]}},"notificationId":1047}}"#
        );
        assert_eq!(notified.older_body(&changes, 1047), older);
        let polled = Notified {
            polled: Some(1000),
            ..notified
        }
        .body(&changes);
        assert!(
            polled.contains(r#""hubKey":"crm","pollDate":"1970-01-01T00:00:01.000Z""#),
            "{polled}"
        );
    }
}
