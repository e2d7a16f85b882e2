//! The instance that a call is about: named by the path, or by the token of the header.

use std::sync::Arc;

use super::elements;
use crate::catalog::Element;
use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::state::instances::Stored;
use crate::rules::{self, Rule};
use crate::wire::error::{ApiError, clip};
use crate::wire::vocabulary::text;

/// The instance that the path or the token names (rule `token-form`).
pub(super) fn instance(emulator: &Emulator, call: &Call<'_, '_>) -> Result<Arc<Stored>, ApiError> {
    if let Some(of_token) = &call.caller.of_token {
        return Ok(of_token.clone());
    }
    let element = call
        .key_or_id()
        .map(|key_or_id| elements::known(emulator, key_or_id))
        .transpose()?;
    let (id, rule) = (call.parameter("id").unwrap_or_default(), lookup_rule(call));
    let instances = &emulator.state.instances;
    let found = parse_id(id, rule)?.and_then(|id| instances.get(call.organization(), id));
    found
        .filter(|stored| element.is_none_or(|element| element.id() == stored.element.id()))
        .ok_or_else(|| ApiError::no_instance(rule, id))
}

/// The rule that refuses an id: the element's own for a path below an element, another for what an instance has.
fn lookup_rule(call: &Call<'_, '_>) -> &'static Rule {
    if call.key_or_id().is_some() {
        &rules::BY_ELEMENT
    } else if call.pattern.length() == Some(2) {
        &rules::INSTANCE_GET
    } else {
        &rules::SUBJECT_UNKNOWN
    }
}

/// Reads the id of a path; an integer that no id can be is `None`.
pub(super) fn parse_id(id: &str, rule: &'static Rule) -> Result<Option<u64>, ApiError> {
    let digits = id.strip_prefix('-').unwrap_or(id);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let message = format!("The id {:?} is not an integer", clip(id));
        return Err(ApiError::bad_request(rule, message));
    }
    Ok(id.parse().ok())
}

/// The answer for an instance that went away between looking it up and changing it.
pub(super) fn gone(call: &Call<'_, '_>, stored: &Stored) -> ApiError {
    match call.caller.of_token {
        Some(_) => ApiError::unauthorized(&rules::DEAD_TOKEN),
        None => ApiError::no_instance(lookup_rule(call), &stored.id.to_string()),
    }
}

/// Tells whether a value is the mask of a secret that was shown before, and sent back unread (rule `mask-written-back`).
pub(super) fn keeps_secret(element: &Element, key: &str, value: Option<&str>) -> bool {
    value == Some(text::MASK) && element.hides(key)
}
