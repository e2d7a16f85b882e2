//! Events as the section of a snapshot.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::account::Account;
use super::{Event, FailurePolicy, Notification, Stage};
use crate::catalog::Catalog;
use crate::emulator::clock::millis;
use crate::emulator::state::instances::document::element;
use crate::wire::json::document::{Document, Reading};
use crate::wire::json::{Json, object};
use crate::wire::time;
use crate::wire::webhook::ProviderMessage;

/// The greatest number of attempts that can still be counted on from.
const MAX_ATTEMPTS: u32 = 1 << 31;

type Accounts = BTreeMap<Arc<str>, Account>;

/// `[{"organization", "nextId", "nextNotification", "dropped", "off": […], "failurePolicy", "events": […]}]`
pub(super) fn to_json(accounts: &Accounts) -> Json<'static> {
    accounts
        .iter()
        .map(|(organization, account)| {
            let off = account.off.iter().map(|(instance, callback)| {
                object([
                    ("instance", (*instance).into()),
                    ("callback", callback.clone().into()),
                ])
            });
            object([
                ("organization", organization.to_string().into()),
                ("nextId", account.next_event.into()),
                ("nextNotification", account.next_notification.into()),
                ("dropped", account.dropped.into()),
                ("off", off.collect()),
                ("failurePolicy", account.policy.name().into()),
                ("events", account.events.values().map(event_json).collect()),
            ])
        })
        .collect()
}

fn event_json(event: &Event) -> Json<'static> {
    object([
        ("id", event.id.into()),
        ("instance", event.instance.into()),
        ("element", event.element.key().to_owned().into()),
        ("at", time::format(event.at).into()),
        ("providerData", event.message.text.clone().into()),
        ("raw", event.message.raw.clone()),
        ("polled", event.is_polled.into()),
        (
            "notifications",
            event.notifications.iter().map(notification_json).collect(),
        ),
    ])
}

fn notification_json(notification: &Notification) -> Json<'static> {
    let moment = |at: u64| Json::from(time::format(at));
    object([
        ("id", notification.id.into()),
        ("stage", notification.stage.name().into()),
        ("attempts", u64::from(notification.attempts).into()),
        ("failures", u64::from(notification.failures).into()),
        (
            "firstFailure",
            notification.first_failure.map_or(Json::Null, moment),
        ),
        ("due", moment(notification.due)),
        ("updated", moment(notification.updated)),
        (
            "errors",
            notification
                .errors
                .iter()
                .cloned()
                .map(Json::from)
                .collect(),
        ),
    ])
}

/// Reads the section; a document without it has no events.
pub(super) fn read(json: Option<&Json<'_>>, catalog: &Catalog) -> Reading<Accounts> {
    let Some(json) = json else {
        return Ok(Accounts::new());
    };
    let found = || format!("events must be an array, found {}", json.kind());
    let mut accounts = Accounts::new();
    for (at, json) in json.as_array().ok_or_else(found)?.iter().enumerate() {
        let path = format!("events[{at}]");
        let known = [
            "organization",
            "nextId",
            "nextNotification",
            "dropped",
            "off",
            "failurePolicy",
            "events",
        ];
        let document = Document::read(json, &path, &known)?;
        let organization = document.required_text("organization")?.into();
        if accounts
            .insert(organization, account(&document, catalog)?)
            .is_some()
        {
            return Err(format!("{path}.organization comes twice"));
        }
    }
    Ok(accounts)
}

fn account(document: &Document<'_>, catalog: &Catalog) -> Reading<Account> {
    let mut account = Account::default();
    for (at, json) in document.array("events")?.iter().enumerate() {
        let path = document.at(&format!("events[{at}]"));
        let event = event(json, &path, catalog)?;
        if account.events.contains_key(&event.id) {
            return Err(format!("{path}.id comes twice"));
        }
        account.keep(event);
    }
    let after =
        |name, least: u64| Ok::<_, String>(document.counter(name)?.unwrap_or(least).max(least));
    account.next_event = after("nextId", account.next_event)?;
    let notifications = account
        .events
        .values()
        .flat_map(|event| &event.notifications);
    let last = notifications.map(|one| one.id + 1).max();
    let least = last.map_or(account.next_notification, |last| {
        last.max(account.next_notification)
    });
    account.next_notification = after("nextNotification", least)?;
    account.dropped += document.counter("dropped")?.unwrap_or(0);
    account.off = off(document)?;
    if let Some(policy) = document.text("failurePolicy")? {
        let wrong = || format!("{} must be retry or queue", document.at("failurePolicy"));
        account.policy = FailurePolicy::find(policy).ok_or_else(wrong)?;
    }
    Ok(account)
}

fn off(document: &Document<'_>) -> Reading<BTreeSet<(u64, String)>> {
    let rows = document.array("off")?.iter().enumerate().map(|(at, json)| {
        let path = document.at(&format!("off[{at}]"));
        let row = Document::read(json, &path, &["instance", "callback"])?;
        Ok((
            row.required_whole("instance")?,
            row.required_text("callback")?.to_owned(),
        ))
    });
    rows.collect()
}

fn event(json: &Json<'_>, path: &str, catalog: &Catalog) -> Reading<Event> {
    let known = [
        "id",
        "instance",
        "element",
        "at",
        "providerData",
        "raw",
        "polled",
        "notifications",
    ];
    let document = Document::read(json, path, &known)?;
    let notifications = document.array("notifications")?.iter().enumerate();
    let notifications = notifications
        .map(|(at, json)| notification(json, &document.at(&format!("notifications[{at}]"))));
    let event = Event {
        id: document.required_counter("id")?,
        instance: document.required_whole("instance")?,
        element: element(
            document.required_text("element")?,
            &document.at("element"),
            catalog,
        )?,
        at: moment(&document, "at")?.unwrap_or(0),
        message: Arc::new(message(&document)?),
        is_polled: document
            .get("polled")
            .and_then(Json::as_bool)
            .unwrap_or(false),
        notifications: notifications.collect::<Reading<_>>()?,
    };
    if !event.notifications.is_empty() && event.notifications.len() != event.parts() {
        let (at, count) = (document.at("notifications"), event.parts());
        return Err(format!(
            "{at} must be {count}, as raw is split into so many"
        ));
    }
    Ok(event)
}

fn message(document: &Document<'_>) -> Reading<ProviderMessage> {
    let text = document.text("providerData")?.unwrap_or_default();
    let raw = document.get("raw").cloned().unwrap_or(Json::Null);
    let message = ProviderMessage::new(text.to_owned(), raw.into_owned());
    let too_many = |reason| format!("{}: {reason}", document.at("raw"));
    message.check().map_err(too_many)?;
    Ok(message)
}

fn notification(json: &Json<'_>, path: &str) -> Reading<Notification> {
    let known = [
        "id",
        "stage",
        "attempts",
        "failures",
        "firstFailure",
        "due",
        "updated",
        "errors",
    ];
    let document = Document::read(json, path, &known)?;
    let said = document.required_text("stage")?;
    let stage = Stage::ALL.iter().find(|(name, _)| *name == said);
    let (_, stage) = stage.ok_or_else(|| format!("{path}.stage: {said:?} is no stage"))?;
    let count = |name| {
        let count = u32::try_from(document.whole(name)?.unwrap_or(0)).ok();
        let count = count.filter(|count| *count <= MAX_ATTEMPTS);
        count.ok_or_else(|| format!("{path}.{name} must be at most {MAX_ATTEMPTS}"))
    };
    Ok(Notification {
        attempts: count("attempts")?,
        failures: count("failures")?.min(super::MAX_RETRIES + 1),
        first_failure: moment(&document, "firstFailure")?,
        due: moment(&document, "due")?.unwrap_or(0),
        updated: moment(&document, "updated")?.unwrap_or(0),
        errors: errors(&document)?,
        ..Notification::new(document.required_counter("id")?, 0, *stage)
    })
}

fn errors(document: &Document<'_>) -> Reading<Vec<String>> {
    let errors = document.array("errors")?.iter().enumerate();
    let text = |(at, error): (usize, &Json<'_>)| {
        let wrong = || format!("{} must be text", document.at(&format!("errors[{at}]")));
        error.as_str().map(str::to_owned).ok_or_else(wrong)
    };
    errors.map(text).collect()
}

fn moment(document: &Document<'_>, name: &str) -> Reading<Option<u64>> {
    Ok(document.moment(name)?.map(millis))
}
