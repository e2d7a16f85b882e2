//! Handlers of an account's settings. One is known: how webhooks fail (rule `event-retry-end`).

use super::buckets::check_account;
use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::outcome::{Handled, Outcome};
use crate::emulator::state::events::FailurePolicy;
use crate::wire::error::{ApiError, clip};
use crate::wire::json::{Json, object};
use crate::wire::vocabulary::setting;

/// `GET /accounts/settings`
pub(in crate::emulator) fn get(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    Ok(shown(
        call,
        emulator.state.events.policy(call.organization()),
    ))
}

/// `PATCH /accounts/settings`, `PATCH` and `POST /accounts/{id}/settings`
///
/// Settings that are not known are accepted and change nothing.
pub(in crate::emulator) fn patch(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    if let Some(id) = call.parameter("id") {
        check_account("The account's id", id)?;
    }
    let body = call.json()?;
    if body.as_object().is_none() {
        let message = format!("The body must be an object, found {}", body.kind());
        return Err(ApiError::bad_request(call.rule, message));
    }
    let events = &emulator.state.events;
    let Some(sent) = body.get(setting::FAILURE_POLICY) else {
        return Ok(shown(call, events.policy(call.organization())));
    };
    let wrong = || {
        let (name, found) = (setting::FAILURE_POLICY, sent.to_string());
        let message = format!(
            "{name} must be \"retry\" or \"queue\", found {}",
            clip(&found)
        );
        ApiError::bad_request(call.rule, message)
    };
    let policy = sent
        .as_str()
        .and_then(FailurePolicy::find)
        .ok_or_else(wrong)?;
    events.set_policy(call.organization(), policy);
    Ok(shown(call, policy))
}

fn shown(call: &Call<'_, '_>, policy: FailurePolicy) -> Outcome {
    let body: Json<'_> = object([(setting::FAILURE_POLICY, policy.name().into())]);
    Outcome::json(call.rule, body.to_bytes())
}
