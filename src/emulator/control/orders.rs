//! Scripts and stubs: the operations on them, and the handlers that call these.

use std::sync::Arc;

use super::handlers::{done, each, ok, organization, refused};
use super::inspect::whole;
use super::{Blame, ControlError};
use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::identity;
use crate::emulator::outcome::Handled;
use crate::emulator::steer::Unfired;
use crate::emulator::steer::predicate::Predicate;
use crate::emulator::steer::script::Scripted;
use crate::emulator::steer::stub::{StubLine, StubOrder};
use crate::wire::error::ApiError;
use crate::wire::json::document::Reading;
use crate::wire::json::{Json, object};

/// Orders of a test. `organization` is always a secret; `None` stands for everybody.
impl Emulator {
    /// Adds a scripted fault or answer behind those there are, and returns its id.
    ///
    /// # Errors
    /// A predicate that can match nothing: an element that the catalog does not have; or too many scripts.
    pub fn script(&self, mut scripted: Scripted) -> Result<u64, ControlError> {
        self.resolve(&mut scripted.predicate)?;
        let ids = self.script.add(vec![scripted])?;
        Ok(ids[0])
    }

    /// Puts a scripted fault or answer in the place of the one with this id, which it keeps; it counts anew.
    ///
    /// # Errors
    /// The same as for [`Emulator::script`], and an id that nothing has.
    pub fn replace_script(
        &self,
        id: u64,
        mut scripted: Scripted,
        organization: Option<&str>,
    ) -> Result<(), ControlError> {
        self.resolve(&mut scripted.predicate)?;
        let known = self.script.line(id, organization);
        let known = known.ok_or_else(|| no_script(id))?;
        scripted.predicate.keep_secrets(&known.scripted.predicate);
        let removed = self.script.replace(id, scripted);
        self.note_unfired(removed.iter().filter_map(|line| line.unfired()));
        Ok(())
    }

    /// Forgets the scripted fault or answer with this id.
    ///
    /// # Errors
    /// An id that nothing has.
    pub fn remove_script(&self, id: u64, organization: Option<&str>) -> Result<(), ControlError> {
        let removed = self.script.remove(id, organization);
        let removed = removed.ok_or_else(|| no_script(id))?;
        self.note_unfired(removed.unfired());
        Ok(())
    }

    /// Forgets the scripted faults and answers, all or those that name the organization.
    pub fn clear_script(&self, organization: Option<&str>) {
        let removed = self.script.clear(organization);
        self.note_unfired(removed.iter().filter_map(|line| line.unfired()));
    }

    /// Adds a stub as the newest, and returns its id.
    pub(crate) fn stub(&self, mut order: StubOrder) -> Result<u64, ControlError> {
        self.resolve(&mut order.predicate)?;
        let ids = self.stubs.add(vec![order])?;
        Ok(ids[0])
    }

    /// Says of the stub with this id what it is from now on; one that was forgotten meanwhile stays so.
    pub(crate) fn refine_stub(&self, id: u64, mut order: StubOrder) -> Result<(), ControlError> {
        self.resolve(&mut order.predicate)?;
        self.stubs.refine(id, order);
        Ok(())
    }

    /// Counts the requests that the stub with this id answered; 0 for one that was forgotten.
    pub(crate) fn stub_fired(&self, id: u64) -> u64 {
        let line = self.stubs.line(id, None);
        line.map_or(0, |line| line.fired())
    }

    /// Forgets the stub with this id.
    ///
    /// # Errors
    /// An id that nothing has.
    pub fn remove_stub(&self, id: u64, organization: Option<&str>) -> Result<(), ControlError> {
        let removed = self.stubs.remove(id, organization);
        let removed = removed.ok_or_else(|| no_stub(id))?;
        self.note_unfired(removed.unfired());
        Ok(())
    }

    /// Forgets the stubs, all or those that name the organization.
    pub fn clear_stubs(&self, organization: Option<&str>) {
        let removed = self.stubs.clear(organization);
        self.note_unfired(removed.iter().filter_map(|line| line.unfired()));
    }

    /// The scripts and stubs that have not fired, of everybody or of one organization.
    #[must_use]
    pub fn unfired(&self, organization: Option<&str>) -> Vec<String> {
        let unfired = self.unfired_orders(organization).into_iter();
        unfired.map(|order| order.text).collect()
    }

    pub(super) fn unfired_orders(&self, organization: Option<&str>) -> Vec<Unfired> {
        let (script, stubs) = (
            self.script.lines(organization),
            self.stubs.lines(organization),
        );
        let stubs = stubs.iter().filter_map(|line| line.unfired());
        script
            .iter()
            .filter_map(|line| line.unfired())
            .chain(stubs)
            .collect()
    }

    fn note_unfired(&self, removed: impl IntoIterator<Item = Unfired>) {
        self.counters.note_removed(removed);
    }

    /// Refuses a predicate that nobody can decide before there is an answer, and names each element by its key.
    fn resolve(&self, predicate: &mut Predicate) -> Result<(), String> {
        predicate.check_needs_no_answer()?;
        predicate.resolve(&self.catalog())
    }
}

fn no_script(id: u64) -> ControlError {
    nothing(format!(
        "there is no script {id}: it was removed, reset, or is another organization's"
    ))
}

fn no_stub(id: u64) -> ControlError {
    nothing(format!(
        "there is no stub {id}: it was removed, reset, or is another organization's"
    ))
}

fn nothing(message: String) -> ControlError {
    let blame = Blame::Address;
    ControlError { message, blame }
}

/// `GET /__admin/script` → `[{"id", "match", "when", "effect", "matched", "fired"}]`
pub(in crate::emulator) fn script(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let lines = emulator.script.lines(organization(call).as_deref());
    Ok(ok(call, &lines.iter().map(|line| line.to_json()).collect()))
}

/// `POST /__admin/script` with one scripted rule or an array of them → `{"id"}` or an array of them
pub(in crate::emulator) fn add_to_script(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let scripted = read_each(emulator, call, Scripted::read, |it| &mut it.predicate)?;
    added(call, emulator.script.add(scripted))
}

/// `DELETE /__admin/script`
pub(in crate::emulator) fn clear_script(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    emulator.clear_script(organization(call).as_deref());
    Ok(done(call))
}

/// `GET /__admin/script/{id}` → the same as in the list, with `when` and `effect` as they are given
pub(in crate::emulator) fn one_script(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let id = whole(call, "id")?;
    let line = emulator.script.line(id, organization(call).as_deref());
    let line = line.ok_or_else(|| no_script(id))?;
    Ok(ok(call, &line.to_whole_json()))
}

/// `PUT /__admin/script/{id}` with one scripted rule
pub(in crate::emulator) fn replace_script(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let id = whole(call, "id")?;
    let known = emulator.script.line(id, organization(call).as_deref());
    known.ok_or_else(|| no_script(id))?;
    let scripted = read_one(emulator, call, Scripted::read, |it| &mut it.predicate)?;
    emulator.replace_script(id, scripted, organization(call).as_deref())?;
    Ok(done(call))
}

/// `DELETE /__admin/script/{id}`
pub(in crate::emulator) fn remove_script(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    emulator.remove_script(whole(call, "id")?, organization(call).as_deref())?;
    Ok(done(call))
}

/// `GET /__admin/stubs` → `[{"id", "match", "reply", "delay", "times", "fired"}]`
pub(in crate::emulator) fn stubs(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    Ok(ok(
        call,
        &emulator.stubs_json(organization(call).as_deref()),
    ))
}

/// `POST /__admin/stubs` with one stub or an array of them → `{"id"}` or an array of them
pub(in crate::emulator) fn add_stubs(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let orders = read_each(emulator, call, StubOrder::read, |it| &mut it.predicate)?;
    added(call, emulator.stubs.add(orders))
}

/// `DELETE /__admin/stubs`
pub(in crate::emulator) fn clear_stubs(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    emulator.clear_stubs(organization(call).as_deref());
    Ok(done(call))
}

/// `GET /__admin/stubs/{id}`
pub(in crate::emulator) fn one_stub(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    Ok(ok(call, &find_stub(emulator, call)?.to_json()))
}

/// `PUT /__admin/stubs/{id}` with one stub
pub(in crate::emulator) fn replace_stub(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let known = find_stub(emulator, call)?;
    let mut order = read_one(emulator, call, StubOrder::read, |it| &mut it.predicate)?;
    order.predicate.keep_secrets(&known.order.predicate);
    let removed = emulator.stubs.replace(known.id, order);
    emulator.note_unfired(removed.iter().filter_map(|line| line.unfired()));
    Ok(done(call))
}

/// `DELETE /__admin/stubs/{id}`
pub(in crate::emulator) fn remove_stub(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    emulator.remove_stub(whole(call, "id")?, organization(call).as_deref())?;
    Ok(done(call))
}

fn find_stub(emulator: &Emulator, call: &Call<'_, '_>) -> Result<Arc<StubLine>, ApiError> {
    let id = whole(call, "id")?;
    let line = emulator.stubs.line(id, organization(call).as_deref());
    Ok(line.ok_or_else(|| no_stub(id))?)
}

impl Emulator {
    /// The stubs of everybody or of one organization, the oldest first.
    pub(super) fn stubs_json(&self, organization: Option<&str>) -> Json<'static> {
        let lines = self.stubs.lines(organization);
        lines.iter().map(|line| line.to_json()).collect()
    }
}

/// Reads the body's one order or array of them, each limited to the organization of the call.
///
/// All or none: the first may not be in force when the second is refused.
fn read_each<T>(
    emulator: &Emulator,
    call: &Call<'_, '_>,
    read: impl Fn(&Json<'_>, &str) -> Reading<T>,
    predicate: impl Fn(&mut T) -> &mut Predicate,
) -> Result<Vec<T>, ApiError> {
    let organization = organization(call);
    let read = |json: &Json<'_>, path: &str| {
        let mut order = read(json, path)?;
        let meant = predicate(&mut order);
        let at = |name: &str| match path {
            "" => name.to_owned(),
            _ => format!("{path}.{name}"),
        };
        if let Some(organization) = &organization {
            let named = meant.organization_secret();
            let shown = identity::secret_name(organization);
            if named.is_some_and(|named| named != organization && named != shown) {
                return Err(format!(
                    "{} is another organization than the query names; leave one of them out",
                    at("match.organization")
                ));
            }
            *meant = std::mem::take(meant).organization(organization);
        }
        let place = at("match");
        let resolved = emulator.resolve(meant);
        resolved.map_err(|reason| format!("{place}.{reason}"))?;
        Ok(order)
    };
    each(call.json()?, read).map_err(refused)
}

/// Reads the body's one order; what a reply says beside it may stand in it.
fn read_one<T>(
    emulator: &Emulator,
    call: &Call<'_, '_>,
    read: impl Fn(&Json<'_>, &str) -> Reading<T>,
    predicate: impl Fn(&mut T) -> &mut Predicate,
) -> Result<T, ApiError> {
    if call.json()?.as_array().is_some() {
        return Err(refused(
            "the body must be an object, found an array".to_owned(),
        ));
    }
    let read = |json: &Json<'_>, path: &str| {
        let mut order = json.clone();
        if let Json::Object(members) = &mut order {
            members.retain(|(name, _)| !["id", "matched", "fired"].contains(&&**name));
        }
        read(&order, path)
    };
    let mut orders = read_each(emulator, call, read, predicate)?;
    Ok(orders.pop().expect("what is no array is one order"))
}

/// The ids of what was added, in the shape of what was sent.
fn added(call: &Call<'_, '_>, ids: Result<Vec<u64>, String>) -> Handled {
    let ids = ids.map_err(refused)?;
    let mut shown: Vec<_> = ids
        .iter()
        .map(|id| object([("id", (*id).into())]))
        .collect();
    let body = match call.json()? {
        Json::Array(_) => Json::Array(shown),
        _ => shown.swap_remove(0),
    };
    Ok(ok(call, &body))
}
