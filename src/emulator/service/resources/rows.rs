//! Calls about one row: create, retrieve, replace, update, delete (rule `generic-verbs`).

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::ResourceCall;
use super::listing::{Nulls, show};
use super::polling::note_change;
use super::target::{Target, id_json};
use crate::catalog::{NOW, ResourceMethod};
use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::outcome::{Handled, Outcome};
use crate::emulator::state::outbox::Sent;
use crate::emulator::state::rows::Row;
use crate::emulator::view::date;
use crate::wire::error::ApiError;
use crate::wire::json::{Json, Members};

/// `POST X` → the row with its id
pub(super) fn create(
    emulator: &Emulator,
    call: &Call<'_, '_>,
    resource_call: &ResourceCall<'_>,
    target: &Target<'_>,
) -> Handled {
    let sent = sent_members(call, target)?;
    check_required(target, &sent)?;
    let (at, now) = (target.table(emulator, resource_call), emulator.clock.now());
    let date = date(now);
    let number = emulator.state.rows.next_number(&at);
    let row = created_row(target, sent, number, &date);
    let row = Row::from(row.to_bytes());
    emulator.state.rows.put(&at, number, row.clone());
    if target.sends() {
        let message = Sent {
            instance: resource_call.stored.id,
            element: resource_call.stored.element.key().into(),
            at: now,
            row: row.clone(),
        };
        emulator
            .state
            .outbox
            .send(resource_call.organization, message);
    }
    note_change(emulator, call, resource_call, target, (number, &row));
    Ok(answer(target, &row, Nulls::Shown))
}

/// `GET X/{id}` → the row
pub(super) fn retrieve(
    emulator: &Emulator,
    call: &ResourceCall<'_>,
    target: &Target<'_>,
) -> Handled {
    let at = target.table(emulator, call);
    let row = target
        .number()
        .and_then(|number| emulator.state.rows.get(&at, number));
    let row = row.ok_or_else(|| target.no_row())?;
    Ok(answer(target, &row, Nulls::of(call.stored)))
}

/// `PUT X/{id}` and `PATCH X/{id}` → the row afterwards
pub(super) fn change(
    emulator: &Emulator,
    call: &Call<'_, '_>,
    resource_call: &ResourceCall<'_>,
    target: &Target<'_>,
) -> Handled {
    let sent = sent_members(call, target)?;
    let at = target.table(emulator, resource_call);
    let number = target.number().ok_or_else(|| target.no_row())?;
    loop {
        let before = emulator
            .state
            .rows
            .get(&at, number)
            .ok_or_else(|| target.no_row())?;
        let mut members = match target.method {
            ResourceMethod::Update => members(&before),
            _ => vec![(Cow::from(target.spec.id()), id_json(&target.spec, number))],
        };
        merge(&mut members, &sent);
        let after = Row::from(Json::Object(members).to_bytes());
        // Somebody else may have changed the row since it was read.
        if emulator
            .state
            .rows
            .swap(&at, number, &before, after.clone())
        {
            note_change(emulator, call, resource_call, target, (number, &after));
            return Ok(answer(target, &after, Nulls::Shown));
        }
    }
}

/// `DELETE X/{id}`
pub(super) fn delete(emulator: &Emulator, call: &ResourceCall<'_>, target: &Target<'_>) -> Handled {
    let at = target.table(emulator, call);
    let removed = target
        .number()
        .is_some_and(|number| emulator.state.rows.remove(&at, number));
    if removed {
        Ok(Outcome::empty(target.rule))
    } else {
        Err(target.no_row())
    }
}

fn answer(target: &Target<'_>, row: &Row, nulls: Nulls) -> Outcome {
    let mut body = Vec::with_capacity(row.len());
    show(&mut body, row, target.mapping.as_ref(), nulls);
    Outcome::json(target.rule, body)
}

/// The members of the body that become the row's, the id left out; a transformation is undone.
fn sent_members<'a>(call: &'a Call<'_, '_>, target: &Target<'_>) -> Result<Members<'a>, ApiError> {
    let body = call.json()?;
    let wrong = || {
        let message = format!("The body must be an object, found {}", body.kind());
        ApiError::bad_request(target.rule, message)
    };
    let mut members = body.as_object().ok_or_else(wrong)?.clone();
    if let Some(mapping) = &target.mapping {
        members = mapping.undo(members, target.spec.row());
    }
    let echoed = target.spec.echoed();
    members.retain(|(name, _)| {
        name != target.spec.id()
            && echoed.is_none_or(|echoed| echoed.iter().any(|known| known == name))
    });
    Ok(members)
}

fn check_required(target: &Target<'_>, sent: &Members<'_>) -> Result<(), ApiError> {
    let is_sent = |name: &str| {
        sent.iter()
            .any(|(sent, value)| sent == name && *value != Json::Null)
    };
    let required = target.spec.required().iter().map(String::as_str);
    let missing: Vec<_> = required.filter(|name| !is_sent(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(ApiError::missing(target.rule, &missing))
}

/// The id, then what was sent, then the defaults of what was not, then what the service sets.
fn created_row<'a>(
    target: &'a Target<'_>,
    sent: Members<'a>,
    number: u64,
    now: &'a str,
) -> Json<'a> {
    let spec = &target.spec;
    let defaults = spec.defaults().as_object().map_or(&[][..], Vec::as_slice);
    let sets = spec.sets().as_object().map_or(&[][..], Vec::as_slice);
    let mut members = Members::with_capacity(1 + sent.len() + defaults.len() + sets.len());
    members.push((Cow::from(spec.id()), id_json(spec, number)));
    members.extend(sent);
    for (name, value) in defaults {
        if !members.iter().any(|(known, _)| known == name) {
            members.push((Cow::Borrowed(name), value.borrowed()));
        }
    }
    for (name, value) in sets {
        let is_now = value.as_str() == Some(NOW);
        let value = if is_now { now.into() } else { value.borrowed() };
        set(&mut members, name, value);
    }
    repeat_id(spec.row(), spec.id(), &mut members);
    Json::Object(members)
}

/// Members that repeat the id in the documented row repeat it in this one.
fn repeat_id<'a>(documented: &'a Json<'_>, id: &str, members: &mut Members<'a>) {
    let (own, documented_id) = (members[0].1.clone(), documented.get(id));
    for (name, value) in documented.as_object().into_iter().flatten() {
        if name != id && Some(value) == documented_id {
            set(members, name, own.clone());
        }
    }
}

/// Puts what was sent in the place of members of the same name, and the rest behind them.
fn merge<'a>(members: &mut Members<'a>, sent: &'a Members<'_>) {
    // Both may be as long as a body, so neither is walked over for each member of the other.
    let mut changes: HashMap<&str, &Json<'_>> =
        sent.iter().map(|(name, value)| (&**name, value)).collect();
    for (name, value) in members.iter_mut() {
        if let Some(change) = changes.remove(&**name) {
            *value = change.borrowed();
        }
    }
    let more = sent
        .iter()
        .filter(|(name, _)| changes.contains_key(&**name));
    members.extend(more.map(|(name, value)| (Cow::Borrowed(&**name), value.borrowed())));
}

fn set<'a>(members: &mut Members<'a>, name: &'a str, value: Json<'a>) {
    match members.iter_mut().find(|(known, _)| known == name) {
        Some((_, known)) => *known = value,
        None => members.push((Cow::Borrowed(name), value)),
    }
}

fn members(row: &Arc<[u8]>) -> Members<'_> {
    match Json::parse(row).expect("a row is JSON") {
        Json::Object(members) => members,
        _ => Members::new(),
    }
}
