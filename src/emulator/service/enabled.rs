//! Handlers that switch an instance on and off; what that refuses is decided where resources are served.

use super::subject;
use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::outcome::{Handled, Outcome};
use crate::emulator::state::instances::Stored;

/// `PUT /instances/{id}/enabled`, `PUT /instances/enabled`
pub(in crate::emulator) fn enable(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    switch(emulator, call, |before| Stored {
        disabled: false,
        ..before.clone()
    })
}

/// `DELETE /instances/{id}/enabled`, `DELETE /instances/enabled`
pub(in crate::emulator) fn disable(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    switch(emulator, call, |before| Stored {
        disabled: true,
        ..before.clone()
    })
}

/// `PUT` and `DELETE /instances/{id}/trace-logging`, `/instances/trace-logging`
pub(in crate::emulator) fn trace(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let stored = subject::instance(emulator, call)?;
    Ok(Outcome::empty(call.rule).about(stored))
}

fn switch(
    emulator: &Emulator,
    call: &Call<'_, '_>,
    change: impl FnOnce(&Stored) -> Stored,
) -> Handled {
    let stored = subject::instance(emulator, call)?;
    let instances = &emulator.state.instances;
    let switched = instances.update(call.organization(), stored.id, change);
    let switched = switched.ok_or_else(|| subject::gone(call, &stored))?;
    Ok(Outcome::empty(call.rule).about(switched))
}
