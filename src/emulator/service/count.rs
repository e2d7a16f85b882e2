//! The handler that counts the caller's instances.

use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::outcome::{Handled, Outcome};
use crate::rules;
use crate::wire::json::{Json, Members, object};

/// `GET /instances/count`
pub(in crate::emulator) fn count(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let counted = emulator.state.instances.count(call.organization());
    let total: usize = counted.iter().map(|(_, count)| count).sum();
    let of_elements: Members<'_> = counted
        .iter()
        .map(|(element, count)| (element.key().into(), (*count as u64).into()))
        .collect();
    let rule = match total {
        0 => &rules::INSTANCE_COUNT_EMPTY,
        _ => call.rule,
    };
    let body = object([
        ("totalInstances", (total as u64).into()),
        ("elementInstances", Json::Object(of_elements)),
    ]);
    Ok(Outcome::json(rule, body.to_bytes()))
}
