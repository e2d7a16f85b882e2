//! Handlers that read events back (rules `event-list`, `event-get`).

use super::paging::{self, PageQuery};
use super::subject::parse_id;
use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::outcome::{Handled, Outcome};
use crate::emulator::state::events::{Event, Notification, Stage, Wanted};
use crate::rules;
use crate::settings::EmptyLists;
use crate::wire::error::{ApiError, clip};
use crate::wire::json::{Json, object};
use crate::wire::time;
use crate::wire::vocabulary::{entry, header, query};

/// More bytes than these end a page of events; an event repeats its message for each of its notifications.
const MAX_PAGE_BYTES: usize = 16 * 1024 * 1024;

/// `GET /instances/events`, `GET /instances/{id}/events`
pub(in crate::emulator) fn list(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let instance = instance(emulator, call)?;
    let mut wanted = Wanted {
        instance,
        ..Wanted::default()
    };
    let page = PageQuery::read(call, call.rule, paging::MAX_PAGE_SIZE)?;
    wanted.before = page.after.unwrap_or(u64::MAX);
    for (name, value) in call.query() {
        match &*name {
            query::FROM => wanted.from = paging::moment(query::FROM, &value, call.rule)?,
            query::TO => wanted.to = paging::moment(query::TO, &value, call.rule)?,
            _ => {}
        }
    }
    let (events, has_more) = emulator
        .state
        .events
        .page(call.organization(), wanted, page.size);
    if events.is_empty() && emulator.settings.empty_lists == EmptyLists::NotFound {
        return Err(ApiError::not_found(call.rule, "No events found"));
    }
    let (body, shown) = events_json(emulator, &events);
    let outcome = Outcome::json(call.rule, body);
    if !has_more && shown == events.len() {
        return Ok(outcome);
    }
    let next = paging::cursor(events[shown - 1].id);
    Ok(outcome.header(header::NEXT_PAGE, &next))
}

/// `GET /instances/events/{eventId}`, `GET /instances/{id}/events/{eventId}`
pub(in crate::emulator) fn get(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let instance = instance(emulator, call)?;
    let id = call.parameter("eventId").unwrap_or_default();
    let event = id
        .parse()
        .ok()
        .and_then(|id| emulator.state.events.get(call.organization(), id));
    let event = event.filter(|event| instance.is_none_or(|id| id == event.instance));
    let unknown = || format!("No event found with ID {}", clip(id));
    let event = event.ok_or_else(|| ApiError::not_found(call.rule, unknown()))?;
    let mut body = String::new();
    push_event(&mut body, emulator, &event);
    Ok(Outcome::json(call.rule, body))
}

/// `GET /instances/event-poller-records`
pub(in crate::emulator) fn poller_records(_: &Emulator, call: &Call<'_, '_>) -> Handled {
    let instance = call.caller.of_token.as_deref();
    let objects = instance.and_then(|instance| instance.configured(entry::OBJECTS));
    let names = objects.into_iter().flat_map(|objects| objects.split(','));
    let names = names.map(str::trim).filter(|name| !name.is_empty());
    // Nothing is polled; the date is that of the last change of the list.
    let date = instance.map_or(0, |instance| instance.updated);
    let row = |name: &str| {
        object([
            ("objectType", name.to_owned().into()),
            ("lastPollDate", time::format(date).into()),
        ])
    };
    Ok(Outcome::json(
        call.rule,
        names.map(row).collect::<Json<'_>>().to_string(),
    ))
}

/// The instance that the path or the token names; `None` for all of the caller's.
fn instance(emulator: &Emulator, call: &Call<'_, '_>) -> Result<Option<u64>, ApiError> {
    if let Some(of_token) = &call.caller.of_token {
        return Ok(Some(of_token.id));
    }
    let Some(id) = call.parameter("id") else {
        return Ok(None);
    };
    let found = parse_id(id, &rules::INSTANCE_GET)?
        .and_then(|id| emulator.state.instances.get(call.organization(), id));
    let unknown = || ApiError::no_instance(&rules::INSTANCE_GET, id);
    found.map(|stored| Some(stored.id)).ok_or_else(unknown)
}

/// A page of events, and how many of them are on it: one at least, and no more behind [`MAX_PAGE_BYTES`].
fn events_json(emulator: &Emulator, events: &[Event]) -> (String, usize) {
    let (mut page, mut shown) = (String::from("["), 0);
    for event in events {
        if page.len() > MAX_PAGE_BYTES {
            break;
        }
        page.push_str(if shown == 0 { "" } else { "," });
        push_event(&mut page, emulator, event);
        shown += 1;
    }
    page.push(']');
    (page, shown)
}

/// `{"id", "eventDate", "status", "providerData", "notifiedData", "eventElementInstances"}` (rule `event-shape`)
fn push_event(out: &mut String, emulator: &Emulator, event: &Event) {
    let notifications = event.notifications.iter().enumerate();
    let body = |(index, one): (usize, &Notification)| {
        (one.stage == Stage::Accepted).then(|| emulator.webhook_body(event, index))
    };
    let bodies: Vec<_> = notifications.map(body).collect();
    out.push('{');
    push_members(
        out,
        &object([
            ("id", event.id.to_string().into()),
            ("eventDate", time::format(event.at).into()),
            ("status", event.status().into()),
            ("providerData", event.message.text.as_str().into()),
        ]),
    );
    let sent = bodies.iter().flatten();
    push_list(out, "notifiedData", sent, |out, body| out.push_str(body));
    let rows = event.notifications.iter().zip(&bodies);
    push_list(out, "eventElementInstances", rows, |out, (one, body)| {
        push_notification(out, event, one, body.as_deref());
    });
    out.push('}');
}

fn push_notification(out: &mut String, event: &Event, one: &Notification, body: Option<&str>) {
    let updated = one.updated.max(event.at);
    let mut times = vec![
        ("createdDate".into(), time::format(event.at).into()),
        ("updatedDate".into(), time::format(updated).into()),
    ];
    if let Some(error) = one.error() {
        times.push(("error".into(), error.into()));
    }
    out.push('{');
    push_members(
        out,
        &object([
            ("eventId", event.id.to_string().into()),
            ("elementInstanceId", event.instance.into()),
            ("notificationId", one.id.into()),
        ]),
    );
    push_list(out, "notifiedData", body.iter(), |out, body| {
        out.push_str(body);
    });
    out.push(',');
    push_members(out, &Json::Object(times));
    out.push('}');
}

/// Appends the members of an object that has some, without its braces.
fn push_members(out: &mut String, object: &Json<'_>) {
    let text = object.to_string();
    out.push_str(&text[1..text.len() - 1]);
}

/// Appends a further member, an array.
fn push_list<T>(
    out: &mut String,
    name: &str,
    items: impl Iterator<Item = T>,
    mut push: impl FnMut(&mut String, T),
) {
    for part in [",\"", name, "\":["] {
        out.push_str(part);
    }
    for (at, item) in items.enumerate() {
        out.push_str(if at == 0 { "" } else { "," });
        push(out, item);
    }
    out.push(']');
}
