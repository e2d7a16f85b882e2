//! Handlers that read the catalog; they need no credentials (rule `catalog-open`).

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;

use super::paging::Paging;
use crate::catalog::Element;
use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::outcome::{Handled, Outcome};
use crate::rules::{self, Rule};
use crate::settings::EmptyLists;
use crate::wire::ceql::Condition;
use crate::wire::error::ApiError;
use crate::wire::json::{Json, object};
use crate::wire::vocabulary::{Dialect, member, query, text};

/// `GET /elements`
pub(in crate::emulator) fn list(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let catalog = emulator.catalog();
    let elements = catalog.elements();
    if call.context.query().is_empty() {
        let objects = elements
            .iter()
            .map(|element| &**element.object(call.dialect()));
        return Ok(Outcome::json(call.rule, array(objects)));
    }
    let paging = Paging::parse(call, call.rule)?;
    let choice = Choice::parse(call)?;
    let extended = extended(emulator, call);
    let chosen: Vec<_> = elements
        .iter()
        .filter_map(|element| {
            let is_extended = extended.contains(&element.id());
            choice.show(shown(element, call.dialect()), is_extended)
        })
        .collect();
    let rule = match (&choice.condition, choice.extent) {
        (Some(_), _) if chosen.is_empty() => {
            return no_elements(emulator, &rules::ELEMENT_WHERE_EMPTY);
        }
        (Some(_), _) => &rules::ELEMENT_WHERE,
        (None, Extent::Abridged) => &rules::ELEMENT_ABRIDGED,
        (None, Extent::Whole) => call.rule,
    };
    Ok(paging.answer(rule, chosen))
}

/// The ids of the elements to which the caller's organization has added a resource (rule `element-where-extended`).
fn extended(emulator: &Emulator, call: &Call<'_, '_>) -> BTreeSet<u64> {
    let state = &emulator.state;
    let caller = call.context.organization(&state.instances, emulator.seed());
    caller.map_or_else(BTreeSet::new, |caller| state.extensions.elements(caller))
}

/// The answer of a list that no element is in.
pub(super) fn no_elements(emulator: &Emulator, rule: &'static Rule) -> Handled {
    match emulator.settings.empty_lists {
        EmptyLists::NotFound => Err(ApiError::not_found(rule, text::NO_ELEMENTS)),
        EmptyLists::Ok => Ok(Outcome::json(rule, "[]")),
    }
}

/// The elements that a query asks for, and how much of them.
struct Choice {
    condition: Option<Condition>,
    extent: Extent,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    Abridged,
}

/// The members that an abridged element lacks (rule `element-abridged`).
const LONG: [&str; 6] = [
    member::CONFIGURATION,
    "resources",
    "parameters",
    "objects",
    "hooks",
    "models",
];

impl Choice {
    fn parse(call: &Call<'_, '_>) -> Result<Self, ApiError> {
        let mut choice = Choice {
            condition: None,
            extent: Extent::Whole,
        };
        for (name, value) in call.query() {
            match &*name {
                query::WHERE if !value.trim().is_empty() => {
                    let refused = |problem| {
                        let message = format!("Error parsing query: {problem}");
                        ApiError::bad_request(&rules::ELEMENT_WHERE_BAD, message)
                    };
                    choice.condition = Some(Condition::parse(&value).map_err(refused)?);
                }
                query::ABRIDGED if value == "true" => choice.extent = Extent::Abridged,
                _ => {}
            }
        }
        Ok(choice)
    }

    /// The element as it is asked for; `None` where the condition does not choose it.
    ///
    /// A condition that demands `abridged='true'` chooses the abridged form.
    fn show<'e>(&self, element: Json<'e>, is_extended: bool) -> Option<Json<'e>> {
        let Some(condition) = &self.condition else {
            return Some(self.extent.cut(element));
        };
        [self.extent, Extent::Abridged]
            .into_iter()
            .find_map(|extent| {
                let row = with_flags(element.clone(), is_extended, extent);
                condition.matches(&row).then(|| extent.cut(element.clone()))
            })
    }
}

impl Extent {
    fn cut(self, mut element: Json<'_>) -> Json<'_> {
        if let (Extent::Abridged, Json::Object(members)) = (self, &mut element) {
            members.retain(|(name, _)| !LONG.contains(&&**name));
        }
        element
    }
}

/// The element with what a condition may ask beside its members (rule `element-where-extended`).
///
/// No element is private, because nobody can make one: all are the catalog's.
fn with_flags(mut element: Json<'_>, is_extended: bool, extent: Extent) -> Json<'_> {
    if let Json::Object(members) = &mut element {
        members.extend([
            ("private".into(), false.into()),
            ("extended".into(), is_extended.into()),
            ("abridged".into(), (extent == Extent::Abridged).into()),
        ]);
    }
    element
}

/// `GET /elements/{keyOrId}/configuration`
pub(in crate::emulator) fn configuration(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let element = known(emulator, call.key_or_id().unwrap_or_default())?;
    let whole = shown(&element, call.dialect());
    let entries = whole.get(member::CONFIGURATION).cloned();
    let authentication = object([(member::TYPE, authentication(&element).into())]);
    let body = object([
        (member::CONFIGURATION, entries.into()),
        (member::AUTHENTICATION, authentication),
    ]);
    Ok(Outcome::json(call.rule, body.to_bytes()))
}

/// The element as `GET /elements/{keyOrId}` shows it.
pub(super) fn shown(element: &Element, dialect: Dialect) -> Json<'_> {
    Json::parse(element.object(dialect)).expect("an element's object is JSON of our own making")
}

/// The way instances authenticate; `custom` where the fixture does not say.
pub(super) fn authentication(element: &Element) -> &str {
    element.authentication().unwrap_or("custom")
}

/// `GET /elements/keys`
pub(in crate::emulator) fn keys(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let catalog = emulator.catalog();
    let keys = catalog.elements().iter();
    let keys: Json<'_> = keys.map(|element| element.key().into()).collect();
    Ok(Outcome::json(call.rule, keys.to_string()))
}

/// `GET /elements/{keyOrId}`
pub(in crate::emulator) fn get(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let key_or_id = call.key_or_id().unwrap_or_default();
    let element = known(emulator, key_or_id)?;
    let object = element.object(call.dialect());
    let body = with_own_resources(emulator, call, &element, object);
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
pub(in crate::emulator) fn known(
    emulator: &Emulator,
    key_or_id: &str,
) -> Result<Arc<Element>, ApiError> {
    let catalog = emulator.catalog();
    let unknown =
        || ApiError::no_element(&rules::ELEMENT_GET, key_or_id, catalog.nearest(key_or_id));
    catalog.find(key_or_id).cloned().ok_or_else(unknown)
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
