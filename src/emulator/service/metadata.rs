//! Handlers that tell what an element can do.

use super::elements::{self, shown};
use super::paging::Paging;
use crate::catalog::{Element, ResourceMethod, ResourceSpec};
use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::outcome::{Handled, Outcome};
use crate::wire::json::{Json, object};
use crate::wire::vocabulary::{Dialect, member, query};

/// The elements whose events are known (rule `element-metadata-known`): key, method, and a resource that has some.
const KNOWN_EVENTS: [(&str, &str, &str); 2] = [
    ("netsuitecrm", "polling", "contacts"),
    ("dropbox", "webhook", "files"),
];

/// The changes that an event can be about.
const EVENT_TYPES: [&str; 3] = ["CREATED", "UPDATED", "DELETED"];

/// `GET /elements/metadata`
pub(in crate::emulator) fn list(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let paging = Paging::parse(call, call.rule)?;
    let extent = Extent::parse(call);
    let catalog = emulator.catalog();
    let elements = catalog.elements().iter();
    let all = elements.map(|element| metadata(element, call.dialect(), extent));
    Ok(paging.answer(call.rule, all.collect()))
}

/// `GET /elements/{keyOrId}/metadata`
pub(in crate::emulator) fn get(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let element = elements::known(emulator, call.key_or_id().unwrap_or_default())?;
    let body = metadata(&element, call.dialect(), Extent::parse(call));
    Ok(Outcome::json(call.rule, body.to_bytes()))
}

/// The extent of the answer (query parameter `expand`).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Required,
    Everything,
}

impl Extent {
    fn parse(call: &Call<'_, '_>) -> Self {
        let expands = |(name, value): (_, _)| name == query::EXPAND && value == "true";
        match call.query().any(expands) {
            true => Extent::Everything,
            false => Extent::Required,
        }
    }
}

fn metadata(element: &Element, dialect: Dialect, extent: Extent) -> Json<'_> {
    let shown = shown(element, dialect);
    let text = |name| {
        shown
            .get(name)
            .cloned()
            .filter(|text| text.as_str().is_some())
    };
    let name = text(member::NAME).unwrap_or_else(|| element.key().into());
    let description = text(member::DESCRIPTION).unwrap_or_else(|| name.clone());
    let mut members = vec![
        (member::ID.into(), element.id().into()),
        (member::KEY.into(), element.key().into()),
        (member::NAME.into(), name),
        (member::DESCRIPTION.into(), description),
        ("events".into(), events(element.key())),
    ];
    if extent == Extent::Everything {
        let image = text("image").unwrap_or_else(|| "".into());
        let active = shown.get(member::ACTIVE).and_then(Json::as_bool);
        let Json::Object(more) = abilities(element, image, active.unwrap_or(true)) else {
            unreachable!("abilities are an object")
        };
        members.extend(more);
    }
    Json::Object(members)
}

fn events(key: &str) -> Json<'static> {
    let known = KNOWN_EVENTS.iter().find(|(known, ..)| *known == key);
    let Some((_, method, resource)) = known else {
        return object([
            ("supported", false.into()),
            ("methods", Json::Array(Vec::new())),
        ]);
    };
    let types: Json<'static> = EVENT_TYPES.map(Json::from).into_iter().collect();
    object([
        ("supported", true.into()),
        ("methods", [Json::from(*method)].into_iter().collect()),
        (
            method,
            object([(resource, object([("eventTypes", types)]))]),
        ),
    ])
}

/// The members that `expand` adds; flags that nothing is known about are false.
fn abilities<'e>(element: &'e Element, image: Json<'e>, active: bool) -> Json<'e> {
    let resources = element.resources().iter().map(resource);
    object([
        ("image", image),
        ("displayOrder", 0.into()),
        (member::ACTIVE, active.into()),
        ("beta", false.into()),
        ("transformations", false.into()),
        ("normalizedPaging", false.into()),
        ("swaggerValidated", false.into()),
        ("cloneable", false.into()),
        ("elementType", "api".into()),
        (
            "authenticationType",
            elements::authentication(element).into(),
        ),
        (member::HUB, element.hub().unwrap_or("general").into()),
        (
            "discovery",
            flags(&[
                "customFields",
                "customObjects",
                "endpointCustomFields",
                "endpointCustomObjects",
            ]),
        ),
        ("bulk", flags(&["upload", "download"])),
        (
            "api",
            object([
                ("type", "rest".into()),
                ("contentType", "application/json".into()),
            ]),
        ),
        ("resources", resources.collect()),
    ])
}

fn resource(spec: &ResourceSpec) -> Json<'_> {
    let operations = spec.methods().iter().map(|method| match method {
        ResourceMethod::List => "search",
        other => other.name(),
    });
    let none = || Json::Array(Vec::new());
    let way = || flags(&["supported", "native"]);
    object([
        ("canonicalName", spec.path().trim_start_matches('/').into()),
        ("operations", operations.map(Json::from).collect()),
        (
            "events",
            object([
                ("supported", false.into()),
                ("methods", none()),
                ("eventTypes", none()),
            ]),
        ),
        ("bulk", object([("upload", way()), ("download", way())])),
        ("customField", flags(&["get", "create", "update", "delete"])),
    ])
}

/// An object of flags that are all false.
fn flags(names: &[&'static str]) -> Json<'static> {
    Json::Object(
        names
            .iter()
            .map(|name| ((*name).into(), false.into()))
            .collect(),
    )
}
