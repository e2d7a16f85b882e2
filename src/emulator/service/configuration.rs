//! Handlers that list an instance's configuration entries and change them one by one.
//!
//! Listed are the entries of the element's catalog, set or not, then those that every element has, then those that the
//! caller added. An entry's id is its place in that list, which it keeps for the life of the instance.

use std::borrow::Cow;

use super::{provision, subject};
use crate::catalog::fixture::Entry;
use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::outcome::{Handled, Outcome};
use crate::emulator::state::instances::Stored;
use crate::rules;
use crate::wire::error::ApiError;
use crate::wire::json::{Json, object};
use crate::wire::vocabulary::{member, text};

/// An entry that every element has.
struct Common {
    key: &'static str,
    name: &'static str,
    kind: &'static str,
    default: Option<&'static str>,
}

/// The entries that every element has (rule `instance-config-contents`).
const COMMON: [Common; 5] = [
    Common {
        key: "filter.response.nulls",
        name: "Filter null values from the response",
        kind: "BOOLEAN",
        default: Some("true"),
    },
    Common {
        key: "event.notification.enabled",
        name: "Enable event notifications",
        kind: "BOOLEAN",
        default: Some("false"),
    },
    Common {
        key: "event.vendor.type",
        name: "Way of the vendor's events",
        kind: "TEXTFIELD_32",
        default: None,
    },
    Common {
        key: "event.notification.type",
        name: "Way of event notifications",
        kind: "TEXTFIELD_32",
        default: None,
    },
    Common {
        key: "event.notification.callback.url",
        name: "Event notification callback URL",
        kind: "TEXTFIELD_1000",
        default: None,
    },
];

/// The factor between an instance's id and those of its entries.
const IDS_PER_INSTANCE: u64 = 1000;

/// One entry as it is listed.
struct Listed<'a> {
    key: &'a str,
    name: Cow<'a, str>,
    kind: &'a str,
    required: bool,
    default: Option<&'a str>,
    value: Option<&'a str>,
}

/// `GET /instances/{id}/configuration`, `GET /instances/configuration`
pub(in crate::emulator) fn list(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let stored = subject::instance(emulator, call)?;
    let numbered = entries(&stored).zip(1..);
    let shown: Json<'_> = numbered
        .map(|(entry, position)| entry.show(&stored, position))
        .collect();
    let body = shown.to_bytes();
    Ok(Outcome::json(call.rule, body).about(stored))
}

/// `GET /instances/{id}/configuration/{configId}`, `GET /instances/configuration/{configId}`
pub(in crate::emulator) fn get(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let stored = subject::instance(emulator, call)?;
    let (position, entry) = addressed(call, &stored)?;
    let body = entry.show(&stored, position).to_bytes();
    Ok(Outcome::json(call.rule, body).about(stored))
}

/// `PATCH /instances/{id}/configuration/{configId}`, `PATCH /instances/configuration/{configId}`
pub(in crate::emulator) fn patch(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let stored = subject::instance(emulator, call)?;
    let (position, entry) = addressed(call, &stored)?;
    let body = call.json()?;
    provision::members(body)?;
    check_identity(body, stored.id, position, entry.key)?;
    let value = value(body, &entry)?;
    let change = (entry.key, value.as_deref());
    let kept = subject::keeps_secret(&stored.element, change.0, change.1);
    let changes = if kept { &[][..] } else { &[change] };
    let (instances, now) = (&emulator.state.instances, emulator.clock.now());
    let updated = instances.update(call.organization(), stored.id, |before| Stored {
        details: before.details.with(
            None,
            None::<&[&str]>,
            (&before.element, &before.element),
            changes,
        ),
        updated: now,
        ..before.clone()
    });
    let updated = updated.ok_or_else(|| subject::gone(call, &stored))?;
    emulator.reactivate_callback(call.organization(), &updated, changes);
    let (position, entry) = addressed(call, &updated)?;
    let body = entry.show(&updated, position).to_bytes();
    Ok(Outcome::json(call.rule, body).about(updated))
}

/// The entries of an instance, in the order of their ids.
fn entries(stored: &Stored) -> impl Iterator<Item = Listed<'_>> {
    let (element, configuration) = (&*stored.element, stored.configuration());
    let known = element.entries().iter().map(Listed::known);
    let common = COMMON
        .iter()
        .filter(|common| element.entry(common.key).is_none());
    let common = common.map(Listed::common);
    let listed = known.chain(common).map(move |listed| Listed {
        value: configuration.get(element, listed.key).or(listed.default),
        ..listed
    });
    let is_extra =
        |key: &str| element.entry(key).is_none() && COMMON.iter().all(|common| common.key != key);
    let extra = configuration
        .places(element)
        .filter(move |(key, _)| is_extra(key));
    listed.chain(extra.map(Listed::extra))
}

/// The entry that the path names, and its position in the list.
fn addressed<'s>(call: &Call<'_, '_>, stored: &'s Stored) -> Result<(u64, Listed<'s>), ApiError> {
    let sent = call.parameter("configId").unwrap_or_default();
    let id = subject::parse_id(sent, &rules::INSTANCE_CONFIG_GET)?;
    let mut numbered = (1..).zip(entries(stored));
    let found = numbered.find(|(position, _)| Some(entry_id(stored.id, *position)) == id);
    found.ok_or_else(|| ApiError::no_configuration(sent))
}

/// The id of the entry at this position, from 1 (rule `instance-config-ids`).
fn entry_id(instance: u64, position: u64) -> u64 {
    instance.saturating_mul(IDS_PER_INSTANCE) + position
}

/// A redundant id or key must agree (rule `instance-config-patch`).
fn check_identity(
    body: &Json<'_>,
    instance: u64,
    position: u64,
    key: &str,
) -> Result<(), ApiError> {
    let id = entry_id(instance, position);
    let sent = |name| body.get(name).filter(|sent| **sent != Json::Null);
    let refused = |what: String| {
        let message = format!("{what}; leave it out or make it agree");
        Err(ApiError::bad_request(
            &rules::INSTANCE_CONFIG_PATCH,
            message,
        ))
    };
    if sent(member::ID).is_some_and(|sent| sent.as_u64() != Some(id)) {
        return refused(format!("id in the body must be {id} as in the path"));
    }
    if sent(member::KEY).is_some_and(|sent| sent.as_str() != Some(key)) {
        return refused(format!(
            "key in the body must be {key:?}, which has this id"
        ));
    }
    Ok(())
}

/// The value that a change sends as text; `None` unsets the entry (rule `instance-config-patch-bad`).
fn value<'b>(body: &'b Json<'_>, entry: &Listed<'_>) -> Result<Option<Cow<'b, str>>, ApiError> {
    let refused = |message: String| {
        Err(ApiError::bad_request(
            &rules::INSTANCE_CONFIG_PATCH_BAD,
            message,
        ))
    };
    let Some(sent) = body.get(member::PROPERTY_VALUE) else {
        let hint = match body.get("value") {
            Some(_) => "; the body has value, which is not read",
            None => "",
        };
        return refused(format!("{} is required{hint}", member::PROPERTY_VALUE));
    };
    if matches!(sent, Json::Array(_) | Json::Object(_)) {
        let (name, found) = (member::PROPERTY_VALUE, sent.kind());
        return refused(format!("{name} must be text, found {found}"));
    }
    let value = provision::entry_text(sent);
    if value.is_none() && entry.required && entry.default.is_none() {
        let (name, key) = (member::PROPERTY_VALUE, entry.key);
        return refused(format!("{name} must not be blank: {key} is required"));
    }
    Ok(value)
}

impl<'a> Listed<'a> {
    fn known(entry: &'a Entry) -> Self {
        Listed {
            key: &entry.key,
            name: entry.shown_name(),
            kind: entry.shown_kind(),
            required: entry.required,
            default: entry.default.as_deref(),
            value: None,
        }
    }

    fn common(common: &'static Common) -> Self {
        Listed {
            key: common.key,
            name: common.name.into(),
            kind: common.kind,
            required: false,
            default: common.default,
            value: None,
        }
    }

    fn extra((key, value): (&'a str, Option<&'a str>)) -> Self {
        Listed {
            key,
            name: key.into(),
            kind: "TEXTFIELD_1000",
            required: false,
            default: None,
            value,
        }
    }

    /// The entry as a reply has it, secrets masked.
    fn show(self, stored: &Stored, position: u64) -> Json<'a> {
        let is_hidden = self.kind == "PASSWORD" || stored.element.hides(self.key);
        let shown = |value| if is_hidden { text::MASK } else { value };
        object([
            (member::ID, entry_id(stored.id, position).into()),
            (member::KEY, self.key.into()),
            (member::NAME, Json::Text(self.name)),
            (member::DESCRIPTION, self.key.into()),
            (member::TYPE, self.kind.into()),
            (member::REQUIRED, self.required.into()),
            ("active", true.into()),
            ("hideFromConsole", false.into()),
            (member::PROPERTY_VALUE, self.value.map(shown).into()),
        ])
    }
}
