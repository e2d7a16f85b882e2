//! Handlers of hubs: the platform's own, those that only an element of the catalog names, and those that callers made.

use super::elements;
use super::paging::Paging;
use super::provision;
use crate::catalog::{Catalog, Element, ResourceSpec};
use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::outcome::{Handled, Outcome};
use crate::emulator::state::hubs::Hub;
use crate::rules;
use crate::wire::error::{ApiError, clip};
use crate::wire::json::{Json, Members, object};
use crate::wire::vocabulary::{member, query};

/// Id, name and description of a hub.
type Known = (u64, &'static str, &'static str);

/// The platform's hubs in documented order, with what is documented of five of them (rule `hub-list`).
const DOCUMENTED: [(&str, Option<Known>); 28] = [
    (
        "messaging",
        Some((1, "Messaging", "Messaging type includes Emails, SMS")),
    ),
    (
        "documents",
        Some((
            4,
            "Documents",
            "Document Hub includes GoogleDrive, Dropbox, Box.com, OneDrive, Sharepoint, and Amazon s3",
        )),
    ),
    ("esignature", None),
    ("idmanagement", None),
    (
        "marketing",
        Some((12, "Marketing Beta", "Marketing Element Hub")),
    ),
    ("pointofsale", None),
    ("general", None),
    ("finance", None),
    ("questback", None),
    ("ocr", None),
    ("monitoring", None),
    ("db", None),
    ("sageaccounting", None),
    ("sagepayroll", None),
    ("native", None),
    ("fsa", None),
    (
        "helpdesk",
        Some((14, "Help Desk Beta", "Help Desk Services")),
    ),
    ("ecommerce", None),
    ("collaboration", None),
    ("conferencing", None),
    ("payment", None),
    ("billing", None),
    ("expense", None),
    ("employee", None),
    ("scheduling", None),
    ("crm", Some((11, "CRM", "CRM Element Hub"))),
    ("analytics", None),
    ("erp", None),
];

/// The id of the first hub whose id is not documented.
const FIRST_UNDOCUMENTED: u64 = 101;

/// The members of an element in a hub's list (rule `hub-elements`).
const ELEMENT_MEMBERS: [&str; 13] = [
    "id",
    "name",
    "key",
    "description",
    "image",
    "active",
    "deleted",
    "typeOauth",
    "trialAccount",
    "existingAccountDescription",
    "configDescription",
    "signupURL",
    "elementProvisionType",
];

/// `GET /hubs`
pub(in crate::emulator) fn list(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let paging = Paging::parse(call, call.rule)?;
    let hydrates = call
        .query()
        .any(|(name, value)| name == query::HYDRATE && value == "true");
    let rule = if hydrates {
        &rules::HUB_HYDRATE
    } else {
        call.rule
    };
    let hubs = known(emulator, call);
    let shown = hubs.iter().map(|hub| {
        let Json::Object(mut members) = hub.to_json() else {
            unreachable!("a hub is an object")
        };
        members.truncate(4);
        if hydrates {
            members.push(("resources".into(), resources(emulator, &hub.key)));
        }
        Json::Object(members)
    });
    Ok(paging.answer(rule, shown.collect()))
}

/// Stands in the place of a key in the API's own path.
const KEYS: &str = "keys";

/// `GET /hubs/keys`
pub(in crate::emulator) fn keys(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let hubs = known(emulator, call);
    let keys: Json<'_> = hubs.iter().map(|hub| Json::from(&*hub.key)).collect();
    Ok(Outcome::json(call.rule, keys.to_bytes()))
}

/// `GET /hubs/{key}`
pub(in crate::emulator) fn get(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let hub = addressed(emulator, call)?;
    Ok(Outcome::json(call.rule, hub.to_json().to_bytes()))
}

/// `GET /hubs/{key}/elements`
pub(in crate::emulator) fn elements(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let hub = addressed(emulator, call)?;
    let catalog = emulator.catalog();
    let found = in_hub(&catalog, &hub.key).map(|element| {
        let shown = elements::shown(element, call.dialect());
        let kept = ELEMENT_MEMBERS
            .iter()
            .filter_map(|name| Some(((*name).into(), shown.get(name)?.clone())));
        Json::Object(kept.collect::<Members<'_>>())
    });
    let found: Vec<_> = found.collect();
    if found.is_empty() {
        return elements::no_elements(emulator, call.rule);
    }
    let found: Json<'_> = found.into_iter().collect();
    Ok(Outcome::json(call.rule, found.to_bytes()))
}

/// `POST /hubs`
pub(in crate::emulator) fn create(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let body = call.json()?;
    provision::members(body)?;
    let [key, name] = required(body, [member::KEY, member::NAME])?;
    if key == KEYS {
        let message =
            "keys is a word of the API: GET /hubs/keys is the list of all keys; choose another key";
        return Err(ApiError::bad_request(call.rule, message));
    }
    let hub = Hub {
        id: 0,
        key,
        name,
        description: text(body, member::DESCRIPTION)?.unwrap_or_default(),
        video_link: text(body, "videoLink")?.unwrap_or_default(),
        active: body
            .get(member::ACTIVE)
            .and_then(Json::as_bool)
            .unwrap_or(true),
    };
    let taken = || {
        let message = format!("A hub with the key {} exists", clip(&hub.key));
        ApiError::conflict(call.rule, message)
    };
    if built_in(emulator).iter().any(|known| known.key == hub.key) {
        return Err(taken());
    }
    let kept = emulator.state.hubs.insert(call.organization(), hub.clone());
    let kept = kept.ok_or_else(taken)?;
    Ok(Outcome::json(call.rule, kept.to_json().to_bytes()))
}

/// `DELETE /hubs/{key}`
pub(in crate::emulator) fn delete(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let hub = addressed(emulator, call)?;
    if emulator.state.hubs.remove(call.organization(), &hub.key) {
        return Ok(Outcome::empty(call.rule));
    }
    let message = format!("The hub {} is the platform's own and stays", clip(&hub.key));
    Err(ApiError::not_permitted(call.rule, message))
}

/// The platform's hubs, and those that only an element of the catalog names.
fn built_in(emulator: &Emulator) -> Vec<Hub> {
    let catalog = emulator.catalog();
    let elements = catalog.elements().iter();
    let named = elements.filter_map(|element| element.hub());
    let mut keys: Vec<_> = DOCUMENTED.to_vec();
    for key in named {
        if keys.iter().all(|(known, _)| *known != key) {
            keys.push((key, None));
        }
    }
    let mut fresh = FIRST_UNDOCUMENTED..;
    let hubs = keys.into_iter().map(|(key, documented)| {
        let (id, name, description) = match documented {
            Some((id, name, description)) => (id, name.to_owned(), description.to_owned()),
            None => {
                let id = fresh.next().expect("ids do not end");
                (id, capitalized(key), capitalized(key))
            }
        };
        Hub {
            id,
            key: key.to_owned(),
            name,
            description,
            video_link: String::new(),
            active: true,
        }
    });
    hubs.collect()
}

/// Tells whether a hub is one that everybody sees.
pub(super) fn is_built_in(emulator: &Emulator, key: &str) -> bool {
    built_in(emulator).iter().any(|hub| hub.key == key)
}

/// All hubs that the caller sees: an organization's own behind the others.
fn known(emulator: &Emulator, call: &Call<'_, '_>) -> Vec<Hub> {
    let mut hubs = built_in(emulator);
    let organization = call
        .context
        .organization(&emulator.state.instances, emulator.seed());
    if let Some(organization) = organization {
        hubs.extend(emulator.state.hubs.of(organization));
    }
    hubs
}

fn addressed(emulator: &Emulator, call: &Call<'_, '_>) -> Result<Hub, ApiError> {
    let key = call.parameter("hub").unwrap_or_default();
    let unknown = || {
        ApiError::not_found(
            &rules::HUB_GET,
            format!("No hub found with key {}", clip(key)),
        )
    };
    let mut hubs = known(emulator, call).into_iter();
    hubs.find(|hub| hub.key == key).ok_or_else(unknown)
}

fn in_hub<'c>(catalog: &'c Catalog, key: &str) -> impl Iterator<Item = &'c Element> {
    let elements = catalog.elements().iter().map(|element| &**element);
    elements.filter(move |element| element.hub() == Some(key))
}

/// The calls of a hub: `ping`, which every element has, and what its elements declare.
fn resources(emulator: &Emulator, key: &str) -> Json<'static> {
    let mut calls = vec![("GET", "/ping".to_owned())];
    let catalog = emulator.catalog();
    for spec in in_hub(&catalog, key).flat_map(Element::resources) {
        for call in calls_of(spec) {
            if !calls.contains(&call) {
                calls.push(call);
            }
        }
    }
    let shown = calls.into_iter().map(|(verb, path)| {
        let description = format!("{verb} {}", path.trim_start_matches('/'));
        object([
            ("method", verb.into()),
            ("path", format!("/hubs/{key}{path}").into()),
            (member::DESCRIPTION, description.into()),
        ])
    });
    shown.collect()
}

fn calls_of(spec: &ResourceSpec) -> impl Iterator<Item = (&'static str, String)> {
    // A path that begins with a hub is below it already.
    let below = spec
        .path()
        .strip_prefix("/hubs/")
        .and_then(|rest| rest.find('/').map(|at| &rest[at..]));
    let path = below.unwrap_or(spec.path());
    spec.methods().iter().map(move |method| {
        let row = if method.names_a_row() { "/{id}" } else { "" };
        (method.verb(), format!("{path}{row}"))
    })
}

fn capitalized(key: &str) -> String {
    let mut characters = key.chars();
    let first = characters
        .next()
        .map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + characters.as_str()
}

/// The text of a member, if it is there.
fn text(body: &Json<'_>, name: &str) -> Result<Option<String>, ApiError> {
    match body.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Text(text)) => Ok(Some(text.to_string())),
        Some(other) => {
            let message = format!("{name} must be text, found {}", other.kind());
            Err(ApiError::bad_request(&rules::HUB_CREATE, message))
        }
    }
}

/// The texts of members that must be there and not blank; all that are not are named at once.
fn required(body: &Json<'_>, names: [&'static str; 2]) -> Result<[String; 2], ApiError> {
    let mut texts = [const { String::new() }; 2];
    let mut missing = Vec::new();
    for (slot, name) in texts.iter_mut().zip(names) {
        match text(body, name)?.filter(|text| !text.trim().is_empty()) {
            Some(text) => *slot = text,
            None => missing.push(name),
        }
    }
    match missing.is_empty() {
        true => Ok(texts),
        false => Err(ApiError::missing(&rules::HUB_CREATE, &missing)),
    }
}
