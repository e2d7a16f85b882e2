//! Handlers of an instance's object definitions and transformations, by id and by token (rules `definition-create`,
//! `transformation-create`).

use std::sync::Arc;

use super::subject;
use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::outcome::{Handled, Outcome};
use crate::emulator::state::mappings::{Kind, Objects, Owner, check_fields};
use crate::emulator::view::date;
use crate::rules;
use crate::wire::error::{ApiError, clip};
use crate::wire::json::{Json, Members};

/// The caller, and the object and instance that the call is about.
struct Subject<'c> {
    owner: Owner<'c>,
    name: &'c str,
}

impl<'c> Subject<'c> {
    fn read(emulator: &Emulator, call: &'c Call<'_, '_>) -> Result<Self, ApiError> {
        let instance = subject::instance(emulator, call)?.id;
        let owner = Owner {
            organization: call.organization(),
            instance,
        };
        Ok(Subject {
            owner,
            name: call.parameter("name").unwrap_or_default(),
        })
    }

    /// The refusal of an object that has no such document.
    fn none(&self, call: &Call<'_, '_>, kind: Kind) -> ApiError {
        let noun = match kind {
            Kind::Definition => "object definition",
            Kind::Transformation => "transformation",
        };
        let message = format!("No {noun} found for '{}'", clip(self.name));
        ApiError::not_found(call.rule, message)
    }
}

/// `POST …/objects/{name}/definitions`
pub(in crate::emulator) fn define(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let subject = Subject::read(emulator, call)?;
    let taken = || {
        ApiError::conflict(
            &rules::DEFINITION_TWICE,
            format!(
                "An object definition for '{}' already exists",
                clip(subject.name)
            ),
        )
    };
    let is_new = |is_there| if is_there { Err(taken()) } else { Ok(()) };
    let definition = Arc::new(definition(emulator, call, &subject, is_new)?);
    emulator.state.mappings.alter(subject.owner, |objects| {
        let definitions = objects.of_mut(Kind::Definition);
        if definitions.contains_key(subject.name) {
            return Err(taken());
        }
        definitions.insert(subject.name.into(), definition.clone());
        Ok(())
    })?;
    Ok(Outcome::json(call.rule, definition.to_bytes()))
}

/// `GET …/objects/{name}/definitions`
pub(in crate::emulator) fn definition_of(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    one(emulator, call, Kind::Definition)
}

/// `PUT …/objects/{name}/definitions`
pub(in crate::emulator) fn redefine(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let subject = Subject::read(emulator, call)?;
    let is_known = |is_there| {
        let none = || subject.none(call, Kind::Definition);
        if is_there { Ok(()) } else { Err(none()) }
    };
    let definition = definition(emulator, call, &subject, is_known)?;
    put_again(emulator, call, &subject, Kind::Definition, definition)
}

/// `DELETE …/objects/{name}/definitions`
pub(in crate::emulator) fn undefine(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let subject = Subject::read(emulator, call)?;
    emulator.state.mappings.alter(subject.owner, |objects| {
        if objects.of(Kind::Transformation).contains_key(subject.name) {
            let message = format!(
                "A transformation of '{}' exists; delete it first",
                clip(subject.name)
            );
            return Err(ApiError::conflict(&rules::DEFINITION_IN_USE, message));
        }
        let removed = objects.of_mut(Kind::Definition).remove(subject.name);
        removed
            .map(|_| ())
            .ok_or_else(|| subject.none(call, Kind::Definition))
    })?;
    Ok(Outcome::empty(call.rule))
}

/// `GET …/objects/definitions` → object name → definition
pub(in crate::emulator) fn definitions(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    all(emulator, call, Kind::Definition)
}

/// `PATCH …/objects/{name}` with `{"objectName": "new"}`
pub(in crate::emulator) fn rename(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let subject = Subject::read(emulator, call)?;
    let new = call
        .json()?
        .get("objectName")
        .and_then(Json::as_str)
        .map(str::trim);
    let missing = || ApiError::bad_request(call.rule, "objectName is required and must be text");
    let new = new.filter(|new| !new.is_empty()).ok_or_else(missing)?;
    let renamed = emulator.state.mappings.alter(subject.owner, |objects| {
        rename_all(objects, call, &subject, new)
    })?;
    Ok(Outcome::json(call.rule, renamed.to_bytes()))
}

fn rename_all(
    objects: &mut Objects,
    call: &Call<'_, '_>,
    subject: &Subject<'_>,
    new: &str,
) -> Result<Arc<Json<'static>>, ApiError> {
    if !objects.of(Kind::Definition).contains_key(subject.name) {
        return Err(subject.none(call, Kind::Definition));
    }
    if new != subject.name && objects.of(Kind::Definition).contains_key(new) {
        let message = format!("An object definition for '{}' already exists", clip(new));
        return Err(ApiError::conflict(call.rule, message));
    }
    for kind in [Kind::Transformation, Kind::Definition] {
        if let Some(document) = objects.of_mut(kind).remove(subject.name) {
            let mut document = Arc::unwrap_or_clone(document);
            set(&mut document, "objectName", new.to_owned().into());
            objects.of_mut(kind).insert(new.into(), Arc::new(document));
        }
    }
    Ok(objects.of(Kind::Definition)[new].clone())
}

/// `POST …/transformations/{name}`
pub(in crate::emulator) fn transform(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let subject = Subject::read(emulator, call)?;
    let started = started(emulator.clock.now());
    let sent = transformation_body(call)?;
    let kept = emulator.state.mappings.alter(subject.owner, |objects| {
        let definition = objects.of(Kind::Definition).get(subject.name).cloned();
        let definition = definition.ok_or_else(|| undefined(subject.name))?;
        if objects.of(Kind::Transformation).contains_key(subject.name) {
            let message = format!(
                "A transformation of '{}' already exists",
                clip(subject.name)
            );
            return Err(ApiError::conflict(&rules::TRANSFORMATION_REST, message));
        }
        let made = Arc::new(transformation(sent, subject.name, &definition, started));
        objects
            .of_mut(Kind::Transformation)
            .insert(subject.name.into(), made.clone());
        Ok(made)
    })?;
    Ok(Outcome::json(call.rule, kept.to_bytes()))
}

/// `GET …/transformations/{name}`
pub(in crate::emulator) fn transformation_of(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    one(emulator, call, Kind::Transformation)
}

/// `PUT …/transformations/{name}`
pub(in crate::emulator) fn retransform(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let subject = Subject::read(emulator, call)?;
    let sent = transformation_body(call)?;
    let definition = emulator
        .state
        .mappings
        .get(subject.owner, Kind::Definition, subject.name);
    let definition = definition.ok_or_else(|| subject.none(call, Kind::Transformation))?;
    let started = started(emulator.clock.now());
    let new = transformation(sent, subject.name, &definition, started);
    put_again(emulator, call, &subject, Kind::Transformation, new)
}

/// `DELETE …/transformations/{name}`
pub(in crate::emulator) fn untransform(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let subject = Subject::read(emulator, call)?;
    let removed = emulator.state.mappings.alter(subject.owner, |objects| {
        objects.of_mut(Kind::Transformation).remove(subject.name)
    });
    removed.ok_or_else(|| subject.none(call, Kind::Transformation))?;
    Ok(Outcome::empty(&rules::TRANSFORMATION_REMOVED))
}

/// `GET …/transformations` → object name → transformation
pub(in crate::emulator) fn transformations(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    all(emulator, call, Kind::Transformation)
}

/// `DELETE …/transformations`
pub(in crate::emulator) fn untransform_all(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let subject = Subject::read(emulator, call)?;
    let removed = emulator.state.mappings.alter(subject.owner, |objects| {
        std::mem::take(objects.of_mut(Kind::Transformation))
    });
    if removed.is_empty() {
        return Err(ApiError::not_found(call.rule, "No transformations found"));
    }
    Ok(Outcome::empty(&rules::TRANSFORMATION_REMOVED))
}

fn one(emulator: &Emulator, call: &Call<'_, '_>, kind: Kind) -> Handled {
    let subject = Subject::read(emulator, call)?;
    let found = emulator
        .state
        .mappings
        .get(subject.owner, kind, subject.name);
    let found = found.ok_or_else(|| subject.none(call, kind))?;
    Ok(Outcome::json(call.rule, found.to_bytes()))
}

fn all(emulator: &Emulator, call: &Call<'_, '_>, kind: Kind) -> Handled {
    let subject = Subject::read(emulator, call)?;
    let all = emulator.state.mappings.all(subject.owner, kind);
    if all.is_empty() {
        let noun = match kind {
            Kind::Definition => "object definitions",
            Kind::Transformation => "transformations",
        };
        return Err(ApiError::not_found(call.rule, format!("No {noun} found")));
    }
    let members = all
        .into_iter()
        .map(|(name, json)| (String::from(name).into(), (*json).clone()));
    Ok(Outcome::json(
        call.rule,
        Json::Object(members.collect()).to_bytes(),
    ))
}

/// Puts a document in the place of the one of the same name.
fn put_again(
    emulator: &Emulator,
    call: &Call<'_, '_>,
    subject: &Subject<'_>,
    kind: Kind,
    new: Json<'static>,
) -> Handled {
    let new = Arc::new(new);
    let is_there = emulator.state.mappings.alter(subject.owner, |objects| {
        let known = objects.of_mut(kind).get_mut(subject.name);
        known.map(|known| *known = new.clone()).is_some()
    });
    if is_there {
        Ok(Outcome::json(call.rule, new.to_bytes()))
    } else {
        Err(subject.none(call, kind))
    }
}

/// The definition that the body declares, with fresh ids; `check` is told whether the object has one, before ids are used.
fn definition(
    emulator: &Emulator,
    call: &Call<'_, '_>,
    subject: &Subject<'_>,
    check: impl FnOnce(bool) -> Result<(), ApiError>,
) -> Result<Json<'static>, ApiError> {
    let body = call.json()?;
    let fields = fields(body)?;
    let mappings = &emulator.state.mappings;
    check(
        mappings
            .get(subject.owner, Kind::Definition, subject.name)
            .is_some(),
    )?;
    let level = body
        .get("level")
        .and_then(Json::as_str)
        .unwrap_or("instance")
        .to_owned();
    let first = mappings.next_ids(subject.owner, fields.len() as u64 + 1);
    let fields = fields.iter().zip(first + 1..).map(|(field, id)| {
        let mut field = field.clone().into_owned();
        default(&mut field, "type", "string".into());
        default(&mut field, "level", level.clone().into());
        with_first(field, "id", id.into())
    });
    Ok(Json::Object(vec![
        ("id".into(), first.into()),
        ("objectName".into(), subject.name.to_owned().into()),
        ("level".into(), level.clone().into()),
        ("fields".into(), fields.collect()),
    ]))
}

/// The fields of a body, each an object with a path; none where the member is absent.
fn fields<'b, 'a>(body: &'b Json<'a>) -> Result<&'b [Json<'a>], ApiError> {
    let refusal = |message| ApiError::bad_request(&rules::DEFINITION_TWICE, message);
    if body.as_object().is_none() {
        return Err(refusal(format!(
            "The body must be an object, found {}",
            body.kind()
        )));
    }
    check_fields(body).map_err(refusal)
}

/// The body of a transformation, whose fields were checked.
fn transformation_body(call: &Call<'_, '_>) -> Result<Json<'static>, ApiError> {
    let body = call.json()?;
    fields(body)?;
    Ok(body.clone().into_owned())
}

/// The refusal of a transformation without a definition (rule `transformation-needs-definition`).
fn undefined(name: &str) -> ApiError {
    let name = clip(name);
    // Two blanks before "Please", as recorded.
    let message = format!(
        "No object definition found for '{name}' so no transformation can be created for that object.  \
         Please define that object in your object definitions first."
    );
    ApiError::bad_request(&rules::TRANSFORMATION_NEEDS_DEFINITION, message)
}

/// The members that were sent, with those that the service adds.
fn transformation(
    mut sent: Json<'static>,
    name: &str,
    definition: &Json<'_>,
    started: String,
) -> Json<'static> {
    if let Json::Object(members) = &mut sent {
        members.retain(|(name, value)| name != "configuration" || *value != Json::Null);
    }
    set(&mut sent, "objectName", name.to_owned().into());
    set(&mut sent, "startDate", started.into());
    default(&mut sent, "level", "instance".into());
    default(&mut sent, "isLegacy", false.into());
    default(&mut sent, "fields", Json::Array(Vec::new()));
    if let Json::Object(members) = &mut sent
        && let Some((_, Json::Array(fields))) =
            members.iter_mut().find(|(name, _)| name == "fields")
    {
        for field in fields {
            let kind = defined_type(definition, field);
            default(field, "type", kind.into());
            default(field, "level", "instance".into());
        }
    }
    sent
}

/// The type that the definition gives a field.
fn defined_type(definition: &Json<'_>, field: &Json<'_>) -> String {
    let known = definition
        .get("fields")
        .and_then(Json::as_array)
        .unwrap_or_default();
    let same = known
        .iter()
        .find(|known| known.get("path") == field.get("path"));
    let kind = same
        .and_then(|known| known.get("type"))
        .and_then(Json::as_str);
    kind.unwrap_or("string").to_owned()
}

/// `2014-12-12 18:03:32.012321`
fn started(now: u64) -> String {
    let date = date(now).replace('T', " ").replace('Z', "");
    format!("{date}.{:06}", now % 1000 * 1000)
}

fn set(object: &mut Json<'static>, name: &'static str, value: Json<'static>) {
    if let Json::Object(members) = object {
        members.retain(|(known, _)| known != name);
        members.push((name.into(), value));
    }
}

/// Adds a member that is absent or null.
fn default(object: &mut Json<'static>, name: &'static str, value: Json<'static>) {
    if matches!(object.get(name), None | Some(Json::Null)) {
        set(object, name, value);
    }
}

fn with_first(object: Json<'static>, name: &'static str, value: Json<'static>) -> Json<'static> {
    let mut members: Members<'static> = vec![(name.into(), value)];
    if let Json::Object(rest) = object {
        members.extend(rest.into_iter().filter(|(known, _)| known != name));
    }
    Json::Object(members)
}
