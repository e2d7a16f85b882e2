//! Handlers that read the catalog; they need no credentials (rule `catalog-open`).

use std::sync::Arc;

use bytes::Bytes;

use crate::catalog::Element;
use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::outcome::{Handled, Outcome};
use crate::rules;
use crate::wire::error::ApiError;
use crate::wire::json::Json;

/// `GET /elements`
pub(in crate::emulator) fn list(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let objects = emulator
        .catalog()
        .elements()
        .iter()
        .map(|element| &*element.face(call.dialect()).object);
    Ok(Outcome::json(call.rule, array(objects)))
}

/// `GET /elements/keys`
pub(in crate::emulator) fn keys(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let keys: Json<'_> = emulator
        .catalog()
        .elements()
        .iter()
        .map(|element| element.key().into())
        .collect();
    Ok(Outcome::json(call.rule, keys.to_string()))
}

/// `GET /elements/{keyOrId}`
pub(in crate::emulator) fn get(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let key_or_id = call.key_or_id().unwrap_or_default();
    let element = known(emulator, key_or_id)?;
    let object = &element.face(call.dialect()).object;
    let body = with_own_resources(emulator, call, element, object);
    Ok(Outcome::json(
        call.rule,
        body.unwrap_or_else(|| object.clone()),
    ))
}

/// The element with the resources that the caller's organization has added (rule `resource-extend-list`), if any.
fn with_own_resources(
    emulator: &Emulator,
    call: &Call<'_, '_>,
    element: &Element,
    object: &[u8],
) -> Option<Bytes> {
    let caller = call
        .context
        .organization(&emulator.state.instances, emulator.seed())?;
    let own = emulator.state.extensions.of_element(caller, element.id());
    if own.is_empty() {
        return None;
    }
    let Ok(Json::Object(mut members)) = Json::parse(object) else {
        return None;
    };
    let resources = own.iter().map(|(_, own)| own.json.clone()).collect();
    members.push(("resources".into(), resources));
    Some(Json::Object(members).to_bytes().into())
}

/// The element that a path names, or the refusal of rule `element-get`.
pub(in crate::emulator) fn known<'e>(
    emulator: &'e Emulator,
    key_or_id: &str,
) -> Result<&'e Arc<Element>, ApiError> {
    let catalog = emulator.catalog();
    let unknown =
        || ApiError::no_element(&rules::ELEMENT_GET, key_or_id, catalog.nearest(key_or_id));
    catalog.find(key_or_id).ok_or_else(unknown)
}

/// A JSON array of texts that are JSON already.
fn array<'a>(items: impl Iterator<Item = &'a [u8]>) -> Bytes {
    let mut out = vec![b'['];
    for item in items {
        if out.len() > 1 {
            out.push(b',');
        }
        out.extend_from_slice(item);
    }
    out.push(b']');
    out.into()
}
