//! The names of an instance's objects and what their rows consist of (rules `objects`, `objects-metadata`).

use http::HeaderName;

use super::ResourceCall;
use super::target::{bare_path, candidates};
use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::outcome::{Handled, Outcome};
use crate::emulator::state::mappings::{Kind, Owner};
use crate::rules;
use crate::wire::error::{ApiError, clip};
use crate::wire::json::{Json, object};

const VERSION: HeaderName = HeaderName::from_static("elements-version");

/// `GET objects` → `["accounts"]`, or `[{"name", "vendorName", "type"}]` for version `Helium`
pub(super) fn list(
    emulator: &Emulator,
    call: &Call<'_, '_>,
    resource_call: &ResourceCall<'_>,
) -> Handled {
    let mut names: Vec<(String, &str)> = Vec::new();
    for (spec, rule) in candidates(emulator, resource_call) {
        let name = bare_path(&spec).to_owned();
        // Rows below other rows, and what stands below a hub only, are no objects.
        let is_object = !name.contains('/') && !spec.path().starts_with("/hubs/");
        if is_object && !names.iter().any(|(known, _)| *known == name) {
            let is_own = std::ptr::eq(rule, &rules::RESOURCE_EXTEND_CALL);
            names.push((name, if is_own { "vendor" } else { "ceCanonical" }));
        }
    }
    let definitions = emulator
        .state
        .mappings
        .all(owner(resource_call), Kind::Definition);
    for (name, _) in definitions {
        names.retain(|(known, _)| **known != *name);
        names.push((name.into(), "vdr"));
    }
    let version = call.context.request.header_text(&VERSION).map(str::trim);
    let shown = |(name, kind): &(String, &'static str)| match version {
        Some("Helium") => object([
            ("name", name.clone().into()),
            ("vendorName", name.clone().into()),
            ("type", (*kind).into()),
        ]),
        _ => name.clone().into(),
    };
    let body: Json<'_> = names.iter().map(shown).collect();
    emulator.check_grade(&rules::OBJECTS)?;
    Ok(Outcome::json(&rules::OBJECTS, body.to_bytes()))
}

/// `GET objects/{name}/metadata` → `{"fields": [{"vendorPath", "type"}]}`
pub(super) fn metadata(emulator: &Emulator, call: &ResourceCall<'_>, name: &str) -> Handled {
    let rule = &rules::OBJECTS_METADATA;
    emulator.check_grade(rule)?;
    let definition = emulator
        .state
        .mappings
        .get(owner(call), Kind::Definition, name);
    let fields = match definition {
        Some(definition) => defined_fields(&definition),
        None => {
            let known = candidates(emulator, call);
            let spec = known
                .map(|(spec, _)| spec)
                .find(|spec| bare_path(spec) == name);
            let unknown =
                || ApiError::not_found(rule, format!("No object found with name {}", clip(name)));
            row_fields(spec.ok_or_else(unknown)?.row())
        }
    };
    Ok(Outcome::json(rule, object([("fields", fields)]).to_bytes()))
}

fn owner<'a>(call: &ResourceCall<'a>) -> Owner<'a> {
    Owner {
        organization: call.organization,
        instance: call.stored.id,
    }
}

fn field(path: &str, kind: &str) -> Json<'static> {
    object([
        ("vendorPath", path.to_owned().into()),
        ("type", kind.to_owned().into()),
    ])
}

fn defined_fields(definition: &Json<'_>) -> Json<'static> {
    let fields = definition.get("fields").and_then(Json::as_array);
    let text = |field: &Json<'_>, member| {
        field
            .get(member)
            .and_then(Json::as_str)
            .unwrap_or("string")
            .to_owned()
    };
    let fields = fields.unwrap_or_default().iter();
    fields
        .map(|one| field(&text(one, "path"), &text(one, "type")))
        .collect()
}

fn row_fields(row: &Json<'_>) -> Json<'static> {
    let kind = |value: &Json<'_>| match value {
        Json::Number(_) => "number",
        Json::Bool(_) => "boolean",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
        Json::Text(_) | Json::Null => "string",
    };
    let members = row.as_object().into_iter().flatten();
    members
        .map(|(name, value)| field(name, kind(value)))
        .collect()
}
