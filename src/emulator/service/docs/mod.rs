//! Handlers that describe an instance, an element or a hub as a Swagger 2.0 document.
//!
//! All of it is derived from what the elements declare as resources.

mod swagger;

use http::header::HOST;

use super::{elements, hubs, subject};
use crate::catalog::Element;
use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::outcome::{Handled, Outcome};
use crate::rules;
use crate::wire::error::{ApiError, clip};
use crate::wire::json::Json;
use crate::wire::vocabulary::{Dialect, text};
use swagger::{Base, Document};

/// `GET /instances/{id}/docs`, `GET /instances/docs`
pub(in crate::emulator) fn of_instance(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let stored = subject::instance(emulator, call)?;
    let document = of_element(call, &stored.element)?;
    let outcome = cut(call, document)?;
    Ok(outcome.about(stored))
}

/// `GET /instances/{id}/docs/{operationId}/definitions`, `GET /instances/docs/{operationId}/definitions`
pub(in crate::emulator) fn definitions(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let stored = subject::instance(emulator, call)?;
    let mut document = of_element(call, &stored.element)?;
    let id = call.parameter("operationId").unwrap_or_default();
    if !document.keep(id) {
        return Err(no_documentation(id));
    }
    let definitions = Json::Object(document.definitions());
    let body = definitions.to_bytes();
    Ok(Outcome::json(call.rule, body).about(stored))
}

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
    cut(call, Document::new(named, base(call, hub)?, &chosen))
}

fn of_element<'e>(call: &Call<'_, '_>, element: &'e Element) -> Result<Document<'e>, ApiError> {
    let hub = element.hub().unwrap_or("general");
    Ok(Document::new(element.key(), base(call, hub)?, &[element]))
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

/// Where the described API is (rules `docs-base`, `docs-provider`).
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
