//! Handlers that add resources to an element while the server runs, and take them away (rule `resource-extend`).

use std::sync::Arc;

use super::elements;
use crate::catalog::Element;
use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::outcome::{Handled, Outcome};
use crate::emulator::state::extensions::{Extension, MAX_EXTENSIONS, NotKept};
use crate::emulator::view::date;
use crate::rules;
use crate::wire::error::{ApiError, clip};
use crate::wire::json::{Json, Members};
use crate::wire::vocabulary::member;

/// `POST /elements/{keyOrId}/resources`
pub(in crate::emulator) fn create(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    put(emulator, call, None)
}

/// `GET /elements/{keyOrId}/resources?accountOnly=true`
pub(in crate::emulator) fn list(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let element = element(emulator, call)?;
    let only_own = call
        .query()
        .any(|(name, value)| name == "accountOnly" && value == "true");
    let own = emulator
        .state
        .extensions
        .of_element(call.organization(), element.id());
    let mut all: Vec<Json<'static>> = if only_own {
        Vec::new()
    } else {
        declared(&element)
    };
    all.extend(own.into_iter().map(|(_, own)| own.json.clone()));
    Ok(Outcome::json(call.rule, Json::Array(all).to_bytes()))
}

/// `GET /elements/{keyOrId}/resources/{resourceId}`
pub(in crate::emulator) fn get(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let (_, own) = addressed(emulator, call)?;
    Ok(Outcome::json(call.rule, own.to_bytes()))
}

/// `PUT /elements/{keyOrId}/resources/{resourceId}`
pub(in crate::emulator) fn replace(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let (id, own) = addressed(emulator, call)?;
    let created = own
        .get(member::CREATED_DATE)
        .and_then(Json::as_str)
        .map(str::to_owned);
    put(emulator, call, Some((id, created.unwrap_or_default())))
}

/// `DELETE /elements/{keyOrId}/resources/{resourceId}`
pub(in crate::emulator) fn delete(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let (id, _) = addressed(emulator, call)?;
    if emulator.state.extensions.remove(call.organization(), id) {
        return Ok(Outcome::empty(call.rule));
    }
    Err(no_resource(call))
}

/// The catalog's resources of an element, a line for each verb.
fn declared(element: &Element) -> Vec<Json<'static>> {
    let lines = element.resources().iter().flat_map(|spec| {
        spec.methods().iter().map(|method| {
            let row = if method.names_a_row() { "/{id}" } else { "" };
            Json::Object(vec![
                ("method".into(), method.verb().into()),
                ("path".into(), format!("{}{row}", spec.path()).into()),
                (member::TYPE.into(), "api".into()),
            ])
        })
    });
    lines.collect()
}

fn element(emulator: &Emulator, call: &Call<'_, '_>) -> Result<Arc<Element>, ApiError> {
    elements::known(emulator, call.key_or_id().unwrap_or_default())
}

/// The organization's own resource that the path names, with its id.
fn addressed(emulator: &Emulator, call: &Call<'_, '_>) -> Result<(u64, Json<'static>), ApiError> {
    let element = element(emulator, call)?;
    let id = call.parameter("resourceId").unwrap_or_default();
    let own = emulator
        .state
        .extensions
        .of_element(call.organization(), element.id());
    let found = own.into_iter().find(|(known, _)| known.to_string() == id);
    found
        .map(|(id, own)| (id, own.json.clone()))
        .ok_or_else(|| no_resource(call))
}

fn no_resource(call: &Call<'_, '_>) -> ApiError {
    let id = call.parameter("resourceId").unwrap_or_default();
    ApiError::not_found(call.rule, format!("No resource found with ID {}", clip(id)))
}

/// Adds the body's resource, or puts it in the place of one with its date.
fn put(emulator: &Emulator, call: &Call<'_, '_>, known: Option<(u64, String)>) -> Handled {
    let element = element(emulator, call)?;
    let body = call.json()?;
    let refusal = |message: String| ApiError::bad_request(&rules::RESOURCE_EXTEND, message);
    let text = |name: &&str| body.get(name).and_then(Json::as_str).unwrap_or_default();
    let missing = ["method", "path"]
        .into_iter()
        .filter(|name| text(name).trim().is_empty());
    let missing: Vec<_> = missing
        .map(|name| format!("{name} is required and must be text"))
        .collect();
    if !missing.is_empty() {
        return Err(refusal(missing.join("; ")));
    }
    let mut members = body.as_object().cloned().unwrap_or_default();
    members.retain(|(name, _)| name != member::ID && name != member::CREATED_DATE);
    let sent = Json::Object(members).into_owned();
    let wrong = || {
        refusal("method and path must be a call of rows: GET or POST of /name or /hubs/{hub}/name, or GET, PUT, \
                 PATCH or DELETE of that path and /{id}".to_owned())
    };
    Extension::new(element.id(), sent.clone()).ok_or_else(wrong)?;
    let (id, created) = known.unzip();
    let created = created.unwrap_or_else(|| date(emulator.clock.now()));
    let make = |id| {
        let shown = with_id(sent, id, created);
        Extension::new(element.id(), shown).expect("it was checked above")
    };
    let kept = emulator.state.extensions.put(call.organization(), id, make);
    let refused = |reason| {
        let message = match reason {
            NotKept::Taken => "There already is a resource with this method and path".to_owned(),
            NotKept::Full => {
                format!("There is room for {MAX_EXTENSIONS} added resources; delete one before")
            }
        };
        ApiError::conflict(&rules::RESOURCE_EXTEND, message)
    };
    let kept = kept.map_err(refused)?;
    Ok(Outcome::json(call.rule, kept.json.to_bytes()))
}

fn with_id(sent: Json<'static>, id: u64, created: String) -> Json<'static> {
    let mut members: Members<'static> = vec![(member::ID.into(), id.into())];
    if let Json::Object(sent) = sent {
        members.extend(sent);
    }
    members.push((member::CREATED_DATE.into(), created.into()));
    Json::Object(members)
}
