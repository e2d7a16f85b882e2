//! The resources of an instance, called with its token: one engine for every element, driven by what its fixture,
//! its hub or its organization declares (rules `generic-verbs`, `messages-create`, `resource-extend-call`).
//!
//! Decided in this order: is the instance enabled, does the element have the resource and the verb, is there such a
//! parent, query, body, row. Two words are no resources but of every instance: `ping` and `objects`.

mod listing;
mod mapping;
mod objects;
mod polling;
mod rows;
mod target;

use std::borrow::Cow;

use http::Method;

use crate::catalog::ResourceMethod;
use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::outcome::{Handled, Outcome};
use crate::emulator::state::instances::Stored;
use crate::emulator::view::date;
use crate::rules;
use crate::wire::error::ApiError;
use crate::wire::json::object;
pub(super) use mapping::sample_row;
use target::Target;

/// A resource call: the instance that it is for, and the path behind the hub.
pub(super) struct ResourceCall<'c> {
    pub(super) organization: &'c str,
    pub(super) stored: &'c Stored,
    /// Empty ones and the hub left out.
    pub(super) segments: Vec<&'c str>,
    pub(super) form: PathForm,
}

/// The beginning of the path of a resource call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PathForm {
    /// `/hubs/{hub}/messages`
    Hub,
    /// `/messages`
    Bare,
}

/// Every verb of `/hubs/{hub}/{resource}/**` and `/{resource}/**`
pub(in crate::emulator) fn answer(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let resource_call = ResourceCall::read(call)?;
    let segments = &*resource_call.segments;
    let is_read = matches!(call.context.request.method, Method::GET | Method::HEAD);
    match segments {
        ["objects"] if is_read => return objects::list(emulator, call, &resource_call),
        ["objects", name, "metadata"] if is_read => {
            return objects::metadata(emulator, &resource_call, name);
        }
        _ => check_enabled(resource_call.stored)?,
    }
    if is_read && *segments == ["ping"] {
        return ping(emulator, &resource_call);
    }
    let target = Target::find(emulator, &resource_call, &call.context.request.method)?;
    emulator.check_grade(target.rule)?;
    match target.method {
        ResourceMethod::List if target.is_usage() => listing::usage(emulator, call, &resource_call),
        ResourceMethod::List => listing::list(emulator, call, &resource_call, &target),
        ResourceMethod::Create => rows::create(emulator, call, &resource_call, &target),
        ResourceMethod::Retrieve => rows::retrieve(emulator, &resource_call, &target),
        ResourceMethod::Replace | ResourceMethod::Update => {
            rows::change(emulator, call, &resource_call, &target)
        }
        ResourceMethod::Delete => rows::delete(emulator, &resource_call, &target),
    }
}

impl<'c> ResourceCall<'c> {
    fn read(call: &'c Call<'_, '_>) -> Result<Self, ApiError> {
        let stored = call.caller.of_token.as_deref();
        let stored = stored.ok_or_else(|| ApiError::unauthorized(&rules::HUB_CALL_401))?;
        let path = call.context.path();
        let segments = path.into_iter().flat_map(|path| &path.segments);
        let segments: Vec<_> = segments.map(Cow::as_ref).collect();
        let (form, hub) = match call.parameter("hub") {
            Some(_) => (PathForm::Hub, 2),
            None => (PathForm::Bare, 0),
        };
        Ok(ResourceCall {
            organization: call.organization(),
            stored,
            segments: segments[hub..].to_vec(),
            form,
        })
    }
}

/// Refuses what an instance that is disabled serves no more; its objects are still told (rule `disabled-403`).
fn check_enabled(stored: &Stored) -> Result<(), ApiError> {
    if !stored.disabled {
        return Ok(());
    }
    let message = format!("Element instance {} is disabled", stored.id);
    Err(ApiError::not_permitted(&rules::DISABLED_403, message))
}

/// `GET ping` → `{"dateTime", "endpoint", "valid"}`
fn ping(emulator: &Emulator, call: &ResourceCall<'_>) -> Handled {
    let pong = object([
        ("dateTime", date(emulator.clock.now()).into()),
        ("endpoint", call.stored.element.key().into()),
        ("valid", true.into()),
    ]);
    emulator.check_grade(&rules::PING)?;
    Ok(Outcome::json(&rules::PING, pong.to_bytes()))
}

/// The refusal of a name or a verb that the element does not have.
fn unsupported() -> ApiError {
    let message = "This API is not currently supported for this element";
    let hint = "GET /elements/{keyOrId}/resources lists what the element has";
    ApiError::bad_request(&rules::RESOURCE_UNSUPPORTED, message).hinted(hint)
}
