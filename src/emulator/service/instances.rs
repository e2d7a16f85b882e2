//! Handlers that create, read, change and delete instances: by id, by token, and below an element.

use std::sync::Arc;

use super::paging::{MAX_PAGE_SIZE, cursor, cursor_id, page_size};
use super::provision::{self, Occasion, Provision};
use super::{elements, oauth, subject};
use crate::catalog::{Catalog, Element};
use crate::emulator::call::Call;
use crate::emulator::outcome::{Handled, Outcome};
use crate::emulator::record::ledger::Mishap;
use crate::emulator::state::instances::{Details, Draft, Page, Selection, Stored};
use crate::emulator::view::{Hydration, View};
use crate::emulator::{Emulator, identity};
use crate::rules::{self, Rule};
use crate::settings::EmptyLists;
use crate::wire::error::ApiError;
use crate::wire::json::Json;
use crate::wire::vocabulary::{header, member, query};

/// `POST /instances`, `POST /elements/{keyOrId}/instances`
pub(in crate::emulator) fn create(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let body = call.json()?;
    provision::members(body)?;
    let catalog = emulator.catalog();
    let element = element_to_create(&catalog, call, body);
    let element = element.map_err(|error| provision::with_member_problems(error, body))?;
    let Provision {
        name,
        tags,
        configuration,
    } = provision::check(body, element, Occasion::Create)?;
    oauth::redeem(emulator, call, element, body)?;
    let entries = configuration
        .iter()
        .filter_map(|(key, value)| Some((*key, value.as_deref()?)));
    let draft = Draft {
        element: element.clone(),
        details: Details::pack(&name.unwrap_or_default(), tags.as_deref(), element, entries),
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
    let stored = subject::instance(emulator, call)?;
    Ok(show(emulator, call, stored))
}

/// `PUT /instances/{id}`, `PUT /instances`, `PUT /elements/{keyOrId}/instances/{id}`
pub(in crate::emulator) fn replace(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let stored = subject::instance(emulator, call)?;
    let body = call.json()?;
    provision::members(body)?;
    check_identity(body, &stored, &rules::WHOLE_INSTANCE_BACK)?;
    check_element(emulator, call, &stored, body)?;
    update(emulator, call, &stored, body, None)
}

/// `PATCH /instances/{id}`, `PATCH /instances`, `PATCH /elements/{keyOrId}/instances/{id}`
pub(in crate::emulator) fn patch(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let stored = subject::instance(emulator, call)?;
    let body = call.json()?;
    provision::members(body)?;
    let catalog = emulator.catalog();
    let named = provision::named_element(body, call.dialect(), &catalog)?;
    check_identity(body, &stored, &rules::INSTANCE_PATCH)?;
    update(emulator, call, &stored, body, named)
}

/// `DELETE /instances/{id}`, `DELETE /instances`, `DELETE /elements/{keyOrId}/instances/{id}`
pub(in crate::emulator) fn delete(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let stored = subject::instance(emulator, call);
    let stored = stored.inspect_err(|_| note_second_deletion(emulator, call))?;
    let removed = emulator
        .state
        .instances
        .remove(call.organization(), stored.id);
    let removed = removed.ok_or_else(|| subject::gone(call, &stored))?;
    emulator
        .state
        .forget_instance(call.organization(), removed.id);
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
    if total == 0 && emulator.settings.empty_lists == EmptyLists::NotFound {
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
        Some(last) => outcome.header(header::NEXT_PAGE, &cursor(last)),
        None => outcome,
    })
}

/// The element that a creation is for: named by the path, or by the body.
fn element_to_create<'c>(
    catalog: &'c Catalog,
    call: &Call<'_, '_>,
    body: &Json<'_>,
) -> Result<&'c Arc<Element>, ApiError> {
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

/// Remembers for the ledger that an instance is deleted that was deleted before.
fn note_second_deletion(emulator: &Emulator, call: &Call<'_, '_>) {
    let (store, organization) = (&emulator.state.instances, call.organization());
    let named = call.parameter("id").and_then(|id| id.parse().ok());
    let was_there =
        |id: &u64| store.has_issued(organization, *id) && store.get(organization, *id).is_none();
    if let Some(id) = named.filter(was_there) {
        let caller = Some(identity::fingerprint(organization));
        emulator.counters.mishap(caller, Mishap::DeletedTwice(id));
    }
}

/// A redundant id or token must agree (rules `instance-patch`, `whole-instance-back`).
fn check_identity(body: &Json<'_>, stored: &Stored, rule: &'static Rule) -> Result<(), ApiError> {
    let sent = |name| body.get(name).filter(|sent| **sent != Json::Null);
    if let Some(id) = sent(member::ID)
        && id.as_u64() != Some(stored.id)
    {
        let found = id
            .as_u64()
            .map_or(id.kind().to_owned(), |id| id.to_string());
        let message = format!(
            "id in the body must be {}, found {found}; leave it out or make it agree",
            stored.id
        );
        return Err(ApiError::bad_request(rule, message));
    }
    if let Some(token) = sent(member::TOKEN)
        && token.as_str() != Some(&stored.token)
    {
        let message = "token in the body is not the instance's own; leave it out or make it agree";
        return Err(ApiError::bad_request(&rules::WHOLE_INSTANCE_BACK, message));
    }
    Ok(())
}

/// The element of a replacement must be the instance's own (rule `whole-instance-back`).
fn check_element(
    emulator: &Emulator,
    call: &Call<'_, '_>,
    stored: &Stored,
    body: &Json<'_>,
) -> Result<(), ApiError> {
    match provision::named_element(body, call.dialect(), &emulator.catalog())? {
        Some(named) if named.id() != stored.element.id() => {
            let (noun, own) = (call.dialect().noun(), stored.element.key());
            let message = format!(
                "{noun} in the body must be {own}, found {}; PATCH moves an instance to another one",
                named.key()
            );
            Err(ApiError::bad_request(&rules::WHOLE_INSTANCE_BACK, message))
        }
        _ => Ok(()),
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
    oauth::redeem(emulator, call, element, body)?;
    let changes: Vec<_> = configuration
        .iter()
        .map(|(key, value)| (*key, value.as_deref()))
        .filter(|(key, value)| !subject::keeps_secret(element, key, *value))
        .collect();
    let now = emulator.clock.now();
    let updated = emulator
        .state
        .instances
        .update(call.organization(), stored.id, |before| {
            let element = moved_to.unwrap_or(&before.element);
            Stored {
                id: before.id,
                token: before.token.clone(),
                disabled: before.disabled,
                details: before.details.with(
                    name.as_deref(),
                    tags.as_deref(),
                    (&before.element, element),
                    &changes,
                ),
                created: before.created,
                origin: before.origin,
                request: before.request.clone(),
                updated: now,
                element: element.clone(),
            }
        });
    let updated = updated.ok_or_else(|| subject::gone(call, stored))?;
    emulator.reactivate_callback(call.organization(), &updated, &changes);
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

/// The query of a list (rule `instance-list`).
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
            size: MAX_PAGE_SIZE,
            after: 0,
            hydration: Hydration::Full,
        };
        for (name, value) in call.query() {
            match &*name {
                query::TAGS => listing.selection.tags.push(value),
                query::SEARCH_TEXT => listing.selection.search = Some(value.to_lowercase()),
                query::PAGE_SIZE => listing.size = page_size(&value, &rules::INSTANCE_LIST)?,
                query::NEXT_PAGE => listing.after = cursor_id(&value, &rules::INSTANCE_LIST)?,
                query::HYDRATE if value == "false" => listing.hydration = Hydration::Bare,
                _ => {}
            }
        }
        Ok(listing)
    }
}
