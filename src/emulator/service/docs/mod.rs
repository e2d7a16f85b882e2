//! Handlers that describe an instance, an element or a hub as a Swagger 2.0 document.
//!
//! All of it is derived from what the elements declare as resources, and an instance's also from the resources that its
//! organization has added and from its own objects.

mod swagger;

use std::sync::Arc;

use http::header::HOST;

use super::{elements, hubs, resources, subject};
use crate::catalog::{Element, ResourceMethod, ResourceSpec};
use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::outcome::{Handled, Outcome};
use crate::emulator::state::extensions::Extension;
use crate::emulator::state::instances::Stored;
use crate::emulator::state::mappings::{Kind, Owner};
use crate::rules;
use crate::wire::error::{ApiError, clip};
use crate::wire::json::Json;
use crate::wire::vocabulary::{Dialect, text};
use swagger::{Base, Document};

/// `GET /instances/{id}/docs`, `GET /instances/docs`
pub(in crate::emulator) fn of_instance(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let stored = subject::instance(emulator, call)?;
    let own = Own::of(emulator, call, &stored);
    let outcome = cut(call, own.document(call, &stored.element)?)?;
    Ok(outcome.about(stored))
}

/// `GET /instances/{id}/docs/{operationId}/definitions`, `GET /instances/docs/{operationId}/definitions`
///
/// `resolveReferences` changes nothing: no definition refers to another.
pub(in crate::emulator) fn definitions(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let stored = subject::instance(emulator, call)?;
    let own = Own::of(emulator, call, &stored);
    let mut document = own.document(call, &stored.element)?;
    let id = call.parameter("operationId").unwrap_or_default();
    if !document.keep(id) {
        return Err(no_documentation(id));
    }
    let definitions = Json::Object(document.definitions());
    let body = definitions.to_bytes();
    drop(document);
    Ok(Outcome::json(call.rule, body).about(stored))
}

/// The resources of an instance beside those of its element.
struct Own {
    added: Vec<Arc<Extension>>,
    objects: Vec<ResourceSpec>,
}

impl Own {
    /// The organization's resources, and the objects that the instance has defined and mapped (rule `docs-own-objects`).
    fn of(emulator: &Emulator, call: &Call<'_, '_>, stored: &Stored) -> Self {
        let (state, owner) = (
            &emulator.state,
            Owner {
                organization: call.organization(),
                instance: stored.id,
            },
        );
        let added = state
            .extensions
            .of_element(owner.organization, stored.element.id());
        let mapped = state.mappings.all(owner, Kind::Transformation);
        let object = |(name, _): (Box<str>, _)| {
            let definition = state.mappings.get(owner, Kind::Definition, &name)?;
            let row = resources::sample_row(&definition);
            Some(ResourceSpec::new(
                format!("/{name}"),
                OBJECT_METHODS.to_vec(),
                row,
            ))
        };
        Own {
            added: added.into_iter().map(|(_, added)| added).collect(),
            objects: mapped.into_iter().filter_map(object).collect(),
        }
    }

    fn document<'e>(
        &'e self,
        call: &Call<'_, '_>,
        element: &'e Element,
    ) -> Result<Document<'e>, ApiError> {
        let mut document = of_element(call, element)?;
        document.add(self.added.iter().map(|added| &added.spec), "id");
        document.add(&self.objects, "objectId");
        Ok(document)
    }
}

/// The documented calls of an instance's own object (rule `docs-own-objects`).
const OBJECT_METHODS: [ResourceMethod; 5] = [
    ResourceMethod::List,
    ResourceMethod::Create,
    ResourceMethod::Retrieve,
    ResourceMethod::Update,
    ResourceMethod::Delete,
];

/// `GET /elements/{keyOrId}/docs`
pub(in crate::emulator) fn of_catalog(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let element = elements::known(emulator, call.key_or_id().unwrap_or_default())?;
    cut(call, of_element(call, &element)?)
}

/// `GET /docs/{hub}`
pub(in crate::emulator) fn of_hub(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let named = call.parameter("hub").unwrap_or_default();
    let catalog = emulator.catalog();
    let all = catalog.elements().iter();
    let is_everything = matches!(named, "all" | "all_platform");
    let chosen = all
        .filter(|element| is_everything || element.hub() == Some(named) || element.key() == named);
    let wanted = query(call, "elementKey");
    let chosen = chosen.filter(|element| wanted.as_deref().is_none_or(|key| key == element.key()));
    let chosen: Vec<_> = chosen.map(|element| &**element).collect();
    if chosen.is_empty() && !hubs::is_built_in(emulator, named) {
        return Err(no_documentation(named));
    }
    let hub = match chosen.first() {
        Some(element) if element.key() == named => element.hub().unwrap_or(named),
        _ => named,
    };
    let mut document = Document::new(named, base(call, hub)?);
    document.add(chosen.iter().flat_map(|element| element.resources()), "id");
    cut(call, document)
}

fn of_element<'e>(call: &Call<'_, '_>, element: &'e Element) -> Result<Document<'e>, ApiError> {
    let hub = element.hub().unwrap_or("general");
    let mut document = Document::new(element.key(), base(call, hub)?);
    document.add(element.resources(), "id");
    Ok(document)
}

/// The document, or what it has of the operation that the path or the query names (rule `docs-operation`).
fn cut(call: &Call<'_, '_>, mut document: Document<'_>) -> Handled {
    let in_query = query(call, "operationId");
    let named = call.parameter("operationId").or(in_query.as_deref());
    if let Some(id) = named
        && !document.is_empty()
        && !document.keep(id)
    {
        return Err(no_documentation(id));
    }
    Ok(Outcome::json(call.rule, document.to_json().to_bytes()))
}

fn query(call: &Call<'_, '_>, wanted: &str) -> Option<String> {
    let mut pairs = call.query();
    let found = pairs.find(|(name, value)| name == wanted && !value.trim().is_empty());
    found.map(|(_, value)| value.into_owned())
}

/// The address of the described API (rules `docs-base`, `docs-provider`).
fn base(call: &Call<'_, '_>, hub: &str) -> Result<Base, ApiError> {
    if query(call, "provider").as_deref() == Some("aws") {
        return Ok(Base::aws());
    }
    let below = |path: &str| format!("{path}/hubs/{hub}");
    let Some(url) = query(call, "baseUrl") else {
        let host = call.context.request.header_text(&HOST);
        let path = below(Dialect::Element.base_path());
        return Ok(Base::new("http", host.unwrap_or(text::LOCALHOST), path));
    };
    let refused = || {
        let message = format!(
            "baseUrl must be an http or https address, found {:?}",
            clip(&url)
        );
        ApiError::bad_request(&rules::DOCS_BASE, message)
    };
    let (scheme, rest) = url.split_once("://").ok_or_else(refused)?;
    let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    if host.is_empty() || !matches!(scheme, "http" | "https") {
        return Err(refused());
    }
    let path = match path.trim_end_matches('/') {
        "" => Dialect::Element.base_path(),
        own => own,
    };
    Ok(Base::new(scheme, host, below(path)))
}

fn no_documentation(what: &str) -> ApiError {
    let message = format!("No documentation found for {}", clip(what));
    ApiError::not_found(&rules::DOCS_UNKNOWN, message)
}
