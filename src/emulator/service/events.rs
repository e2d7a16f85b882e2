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
    let last = events.last().filter(|_| has_more);
    let next = last.map(|last| paging::cursor(last.id));
    let body: Json<'_> = events
        .iter()
        .map(|event| event_json(emulator, event))
        .collect();
    let outcome = Outcome::json(call.rule, body.to_string());
    Ok(match next {
        Some(next) => outcome.header(header::NEXT_PAGE, &next),
        None => outcome,
    })
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
    Ok(Outcome::json(
        call.rule,
        event_json(emulator, &event).to_string(),
    ))
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

/// `{"id", "eventDate", "status", "providerData", "notifiedData", "eventElementInstances"}` (rule `event-shape`)
fn event_json(emulator: &Emulator, event: &Event) -> Json<'static> {
    let sent = |(index, notification): (usize, &Notification)| {
        (notification.stage == Stage::Accepted).then(|| notified(emulator, event, index))
    };
    let rows = event.notifications.iter().enumerate();
    let row = |(index, one)| notification_json(event, one, sent((index, one)));
    object([
        ("id", event.id.to_string().into()),
        ("eventDate", time::format(event.at).into()),
        ("status", event.status().into()),
        ("providerData", event.message.text.clone().into()),
        ("notifiedData", rows.clone().filter_map(sent).collect()),
        ("eventElementInstances", rows.map(row).collect()),
    ])
}

/// The notification that was sent, as JSON.
fn notified(emulator: &Emulator, event: &Event, index: usize) -> Json<'static> {
    let body = emulator.webhook_body(event, index);
    let json = Json::parse(body.as_bytes()).expect("bodies of our own making are JSON");
    json.into_owned()
}

fn notification_json(
    event: &Event,
    notification: &Notification,
    sent: Option<Json<'static>>,
) -> Json<'static> {
    let sent = sent.map_or(Json::Array(Vec::new()), |sent| Json::Array(vec![sent]));
    let updated = notification.updated.max(event.at);
    let Json::Object(mut row) = object([
        ("eventId", event.id.to_string().into()),
        ("elementInstanceId", event.instance.into()),
        ("notificationId", notification.id.into()),
        ("notifiedData", sent),
        ("createdDate", time::format(event.at).into()),
        ("updatedDate", time::format(updated).into()),
    ]) else {
        unreachable!("it was just made an object")
    };
    if let Some(error) = notification.error() {
        row.push(("error".into(), error.to_owned().into()));
    }
    Json::Object(row)
}
