//! Handlers that create, read, change and delete instances: by id, by token, and below an element.

use std::borrow::Cow;
use std::sync::Arc;

use http::Method;

use super::provision::{self, Occasion, Provision};
use super::{elements, page};
use crate::catalog::Element;
use crate::emulator::call::Call;
use crate::emulator::outcome::{Handled, Outcome};
use crate::emulator::record::ledger::Mishap;
use crate::emulator::state::instances::{Configuration, Draft, Page, Selection, Stored};
use crate::emulator::view::{Hydration, View};
use crate::emulator::{Emulator, identity};
use crate::rules::{self, Rule};
use crate::settings::EmptyLists;
use crate::wire::error::{ApiError, clip};
use crate::wire::json::Json;
use crate::wire::vocabulary::{header, member, query};

/// `POST /instances`, `POST /elements/{keyOrId}/instances`
pub(in crate::emulator) fn create(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let body = call.json()?;
    provision::members(body)?;
    let element = element_to_create(emulator, call, body)?;
    let Provision {
        name,
        tags,
        configuration,
    } = provision::check(body, element, Occasion::Create)?;
    let entries = configuration
        .iter()
        .filter_map(|(key, value)| Some((*key, value.as_deref()?)));
    let draft = Draft {
        element: element.clone(),
        name: name.unwrap_or_default().into(),
        tags: boxed(tags.unwrap_or_default()),
        configuration: Configuration::pack(element, entries),
    };
    let stored = emulator.state.instances.insert(
        call.organization(),
        draft,
        emulator.seed(),
        emulator.clock.now(),
    );
    Ok(show(emulator, call, stored))
}

/// `GET /instances/{id}`, `GET /elements/{keyOrId}/instances/{id}`
pub(in crate::emulator) fn get(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let stored = addressed(emulator, call)?;
    Ok(show(emulator, call, stored))
}

/// `PUT /instances/{id}`, `PUT /instances`, `PUT /elements/{keyOrId}/instances/{id}`
pub(in crate::emulator) fn replace(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let stored = addressed(emulator, call)?;
    let body = call.json()?;
    provision::members(body)?;
    update(emulator, call, &stored, body, None)
}

/// `PATCH /instances/{id}`, `PATCH /instances`, `PATCH /elements/{keyOrId}/instances/{id}`
pub(in crate::emulator) fn patch(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let stored = addressed(emulator, call)?;
    let body = call.json()?;
    provision::members(body)?;
    let named = provision::named_element(body, call.dialect(), emulator.catalog())?;
    check_id(body, stored.id)?;
    update(emulator, call, &stored, body, named)
}

/// `DELETE /instances/{id}`, `DELETE /instances`, `DELETE /elements/{keyOrId}/instances/{id}`
pub(in crate::emulator) fn delete(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let stored = addressed(emulator, call)?;
    let removed = emulator
        .state
        .instances
        .remove(call.organization(), stored.id);
    let removed = removed.ok_or_else(|| gone(call, &stored))?;
    Ok(Outcome::empty(call.rule).about(removed))
}

/// `GET /instances`, `GET /elements/{keyOrId}/instances`
pub(in crate::emulator) fn list(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let listing = Listing::parse(emulator, call)?;
    let Page {
        instances,
        total,
        next,
    } = emulator.state.instances.page(
        call.organization(),
        &listing.selection,
        listing.after,
        listing.size,
    );
    if total == 0 && emulator.empty_lists == EmptyLists::NotFound {
        return Err(ApiError::no_instances());
    }
    let mut body = vec![b'['];
    for stored in instances {
        if body.len() > 1 {
            body.push(b',');
        }
        View {
            configuration: listing.hydration,
            ..emulator.view(call)
        }
        .render(&mut body, &stored);
    }
    body.push(b']');
    let outcome = Outcome::json(call.rule, body).header(header::TOTAL_COUNT, &total.to_string());
    Ok(match next {
        Some(last) => outcome.header(header::NEXT_PAGE, &page::cursor(last)),
        None => outcome,
    })
}

/// The element that a creation is for: named by the path, or by the body.
fn element_to_create<'e>(
    emulator: &'e Emulator,
    call: &Call<'_, '_>,
    body: &Json<'_>,
) -> Result<&'e Arc<Element>, ApiError> {
    let catalog = emulator.catalog();
    let Some(key_or_id) = call.key_or_id() else {
        let named = provision::named_element(body, call.dialect(), catalog)?;
        return named.ok_or_else(|| provision::no_element_named(body, call.dialect(), catalog));
    };
    let element = catalog
        .find(key_or_id)
        .ok_or_else(|| provision::unknown_element(key_or_id, catalog))?;
    match provision::named_element(body, call.dialect(), catalog)? {
        Some(named) if named.id() != element.id() => {
            let (noun, path, body) = (call.dialect().noun(), element.key(), named.key());
            let message = format!(
                "{noun} is {body} in the body, but {path} in the path; leave it out or make it agree"
            );
            Err(ApiError::bad_request(&rules::CREATE_BY_ELEMENT, message))
        }
        _ => Ok(element),
    }
}

/// The instance that the path or the token names.
fn addressed(emulator: &Emulator, call: &Call<'_, '_>) -> Result<Arc<Stored>, ApiError> {
    if let Some(of_token) = &call.caller.of_token {
        return Ok(of_token.clone());
    }
    let element = call
        .key_or_id()
        .map(|key_or_id| elements::known(emulator, key_or_id))
        .transpose()?;
    let id = call.parameter("id").unwrap_or_default();
    let rule = lookup_rule(call);
    let found = parse_id(id)?.and_then(|id| emulator.state.instances.get(call.organization(), id));
    if found.is_none() && call.context.request.method == Method::DELETE {
        note_second_deletion(emulator, call, id);
    }
    found
        .filter(|stored| element.is_none_or(|element| element.id() == stored.element.id()))
        .ok_or_else(|| ApiError::no_instance(rule, id))
}

/// Remembers for the ledger that an instance is deleted that was deleted before.
fn note_second_deletion(emulator: &Emulator, call: &Call<'_, '_>, id: &str) {
    let organization = call.organization();
    if let Some(id) = id
        .parse()
        .ok()
        .filter(|id| emulator.state.instances.has_issued(organization, *id))
    {
        let caller = Some(identity::fingerprint(organization));
        emulator.counters.mishap(caller, Mishap::DeletedTwice(id));
    }
}

/// The rule that refuses an id: the element's own for a path below an element.
fn lookup_rule(call: &Call<'_, '_>) -> &'static Rule {
    if call.key_or_id().is_some() {
        &rules::BY_ELEMENT
    } else {
        &rules::INSTANCE_GET
    }
}

/// An integer that no id can be is `None`.
pub(super) fn parse_id(id: &str) -> Result<Option<u64>, ApiError> {
    let digits = id.strip_prefix('-').unwrap_or(id);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let message = format!("The id {:?} is not an integer", clip(id));
        return Err(ApiError::bad_request(&rules::INSTANCE_GET, message));
    }
    Ok(id.parse().ok())
}

/// The answer for an instance that went away between looking it up and changing it.
fn gone(call: &Call<'_, '_>, stored: &Stored) -> ApiError {
    match call.caller.of_token {
        Some(_) => ApiError::unauthorized(&rules::DEAD_TOKEN),
        None => ApiError::no_instance(lookup_rule(call), &stored.id.to_string()),
    }
}

/// A redundant id must agree (rule `instance-patch`).
fn check_id(body: &Json<'_>, id: u64) -> Result<(), ApiError> {
    match body.get(member::ID) {
        None | Some(Json::Null) => Ok(()),
        Some(sent) if sent.as_u64() == Some(id) => Ok(()),
        Some(sent) => {
            let message = format!(
                "id in the body must be {id}, found {}; leave it out or make it agree",
                sent.as_u64()
                    .map_or(sent.kind().to_owned(), |sent| sent.to_string())
            );
            Err(ApiError::bad_request(&rules::INSTANCE_PATCH, message))
        }
    }
}

/// Applies what `body` sends; `moved_to` is the element that the instance belongs to afterwards, if that changes.
fn update(
    emulator: &Emulator,
    call: &Call<'_, '_>,
    stored: &Stored,
    body: &Json<'_>,
    moved_to: Option<&Arc<Element>>,
) -> Handled {
    let element = moved_to.unwrap_or(&stored.element);
    let Provision {
        name,
        tags,
        configuration,
    } = provision::check(body, element, Occasion::Update)?;
    let changes: Vec<_> = configuration
        .iter()
        .map(|(key, value)| (*key, value.as_deref()))
        .collect();
    let (name, tags) = (name.map(Box::<str>::from), tags.map(boxed));
    let now = emulator.clock.now();
    let updated = emulator
        .state
        .instances
        .update(call.organization(), stored.id, |before| {
            let element = moved_to.unwrap_or(&before.element);
            Stored {
                id: before.id,
                token: before.token.clone(),
                name: name.unwrap_or_else(|| before.name.clone()),
                tags: tags.unwrap_or_else(|| before.tags.clone()),
                configuration: before
                    .configuration
                    .with(&before.element, element, &changes),
                created: before.created,
                origin: before.origin,
                updated: now,
                element: element.clone(),
            }
        });
    let updated = updated.ok_or_else(|| gone(call, stored))?;
    Ok(show(emulator, call, updated))
}

fn show(emulator: &Emulator, call: &Call<'_, '_>, stored: Arc<Stored>) -> Outcome {
    let (view, mut body) = (emulator.view(call), Vec::new());
    view.render(&mut body, &stored);
    Outcome {
        view: Some(view),
        ..Outcome::json(call.rule, body).about(stored)
    }
}

fn boxed(texts: Vec<Cow<'_, str>>) -> Box<[Box<str>]> {
    texts.into_iter().map(Box::from).collect()
}

/// What the query of a list asks for (rule `instance-list`).
struct Listing<'a> {
    selection: Selection<'a>,
    size: usize,
    after: u64,
    hydration: Hydration,
}

impl<'a> Listing<'a> {
    fn parse(emulator: &Emulator, call: &Call<'_, 'a>) -> Result<Self, ApiError> {
        let element = call
            .key_or_id()
            .map(|key_or_id| elements::known(emulator, key_or_id))
            .transpose()?;
        let element = element.map(|element| element.id());
        let selection = Selection {
            element,
            ..Selection::default()
        };
        let mut listing = Listing {
            selection,
            size: page::MAX_SIZE,
            after: 0,
            hydration: Hydration::Full,
        };
        for (name, value) in call.query() {
            match &*name {
                query::TAGS => listing.selection.tags.push(value),
                query::SEARCH_TEXT => listing.selection.search = Some(value.to_lowercase()),
                query::PAGE_SIZE => listing.size = page::page_size(&value, &rules::INSTANCE_LIST)?,
                query::NEXT_PAGE => listing.after = page::cursor_id(&value, &rules::INSTANCE_LIST)?,
                query::HYDRATE if value == "false" => listing.hydration = Hydration::Bare,
                _ => {}
            }
        }
        Ok(listing)
    }
}
