//! Polling: what an instance's own rows give its events (rule `event-poll`). There is no provider to be polled.

use std::sync::Arc;

use super::ResourceCall;
use super::target::{Target, id_json};
use crate::catalog::ResourceMethod;
use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::state::events::Arrival;
use crate::emulator::state::instances::Stored;
use crate::emulator::state::rows::Row;
use crate::wire::json::{Json, Members, object};
use crate::wire::time;
use crate::wire::vocabulary::entry;
use crate::wire::webhook::ProviderMessage;

/// The minutes between two polls of an instance that does not say.
const DEFAULT_INTERVAL: u64 = 1;
const MINUTE: u64 = 60_000;

/// Makes an event of a row that was created or changed, to be sent at the next poll of its instance.
pub(super) fn note_change(
    emulator: &Emulator,
    call: &Call<'_, '_>,
    resource_call: &ResourceCall<'_>,
    target: &Target<'_>,
    (number, row): (u64, &Row),
) {
    let object_type = target.table.rsplit('/').next().unwrap_or_default();
    let (stored, now) = (resource_call.stored, emulator.clock.now());
    let Some(instance) = &call.caller.of_token else {
        return;
    };
    let Some(interval) = interval(stored).filter(|_| is_polled(stored, object_type)) else {
        return;
    };
    let event_type = match target.method {
        ResourceMethod::Create => "CREATED",
        _ => "UPDATED",
    };
    let change = object([
        ("objectType", object_type.into()),
        ("objectId", id_json(&target.spec, number)),
        ("eventType", event_type.into()),
        ("date", time::format(now).into()),
    ]);
    let row = Json::parse(row).expect("a row is JSON");
    let arrival = |event: u64| {
        let mut members: Members<'_> = vec![
            ("instance_id".into(), stored.id.into()),
            ("objectType".into(), object_type.into()),
            ("eventId".into(), event.to_string().into()),
            ("events".into(), [change].into_iter().collect()),
        ];
        // Rows of a resource that is named like one of these have no place of their own.
        if members.iter().all(|(name, _)| name != object_type) {
            members.push((object_type.into(), [row].into_iter().collect()));
        }
        let raw = Json::Object(members);
        let text = raw.to_string();
        let raw = raw.into_owned();
        Arrival {
            organization: call.caller.organization.clone(),
            instance: instance.clone(),
            message: Arc::new(ProviderMessage::new(text, raw)),
            is_polled: true,
        }
    };
    let next = (now / interval + 1) * interval;
    emulator.find_event(resource_call.organization, next, arrival);
}

/// The milliseconds between two polls; `None` for an instance that is not polled.
fn interval(stored: &Stored) -> Option<u64> {
    if !stored.takes_events() || stored.configured(entry::EVENT_TYPE) != Some("polling") {
        return None;
    }
    let minutes = stored.configured(entry::POLL_INTERVAL);
    let minutes = minutes.and_then(|minutes| minutes.trim().parse().ok());
    Some(minutes.unwrap_or(DEFAULT_INTERVAL).clamp(1, 527_040) * MINUTE)
}

/// Tells if rows of this name are polled: those that `event.objects` lists, or all without it.
fn is_polled(stored: &Stored, name: &str) -> bool {
    let listed = stored
        .configured(entry::OBJECTS)
        .filter(|listed| !listed.trim().is_empty());
    listed.is_none_or(|listed| listed.split(',').any(|listed| listed.trim() == name))
}
