//! The target of a resource call: the resource, the table of its rows, the row, and how rows are transformed.

use std::ops::Deref;
use std::sync::Arc;

use http::Method;

use super::mapping::Mapping;
use super::{PathForm, ResourceCall, unsupported};
use crate::catalog::{ResourceMethod, ResourceOrigin, ResourceSpec};
use crate::emulator::Emulator;
use crate::emulator::state::extensions::Extension;
use crate::emulator::state::mappings::{Kind, Owner};
use crate::emulator::state::rows::{Address, Row};
use crate::rules::{self, Rule};
use crate::wire::error::{ApiError, clip};
use crate::wire::json::{Json, Members};

/// The path of the count of sent messages, which is derived from the outbox (rule `messaging-usage`).
const USAGE: &str = "/hubs/messaging/usage";

/// A resource, where it is declared.
#[derive(Clone)]
pub(super) enum Spec<'c> {
    /// By the caller's organization.
    Own(Arc<Extension>),
    /// By the element.
    Declared(&'c ResourceSpec),
}

impl Deref for Spec<'_> {
    type Target = ResourceSpec;

    fn deref(&self) -> &ResourceSpec {
        match self {
            Spec::Own(own) => &own.spec,
            Spec::Declared(spec) => spec,
        }
    }
}

/// The target of a resource call.
pub(super) struct Target<'c> {
    pub(super) spec: Spec<'c>,
    pub(super) method: ResourceMethod,
    /// The path of the table: `accounts/1/notes`.
    pub(super) table: String,
    /// The row's id as it was sent; of a call about all rows, nothing.
    pub(super) row: Option<String>,
    /// The rule that a success follows.
    pub(super) rule: &'static Rule,
    pub(super) mapping: Option<Mapping>,
}

/// A resource that fits a path, and where in it the row is named.
struct Fit<'c> {
    spec: Spec<'c>,
    method: ResourceMethod,
    rule: &'static Rule,
}

impl<'c> Target<'c> {
    /// Finds what a call is about (rules `resource-unsupported`, `generic-names`, `transformation-rows`).
    pub(super) fn find(
        emulator: &Emulator,
        call: &ResourceCall<'c>,
        verb: &Method,
    ) -> Result<Self, ApiError> {
        let mapping = mapping(emulator, call);
        let vendor_resource = mapping.as_ref();
        let vendor_resource =
            vendor_resource.and_then(|mapping| vendor_resource_of(emulator, call, mapping));
        let mut segments = call.segments.clone();
        if let Some(resource) = &vendor_resource {
            segments[0] = resource;
        }
        let fits = candidates(emulator, call).find_map(|(spec, rule)| {
            let method = fitting(&spec, &segments, verb)?;
            Some(Fit { spec, method, rule })
        });
        let fit = fits.or_else(|| below_a_generic_row(call, &segments, verb));
        let Fit { spec, method, rule } = fit.ok_or_else(unsupported)?;
        let row = method.names_a_row().then(|| segments.pop()).flatten();
        let row = row.map(str::to_owned);
        let rule = match (&mapping, sends(&spec), method) {
            (Some(_), ..) => &rules::TRANSFORMATION_ROWS,
            (None, true, ResourceMethod::Create) => &rules::MESSAGES_CREATE,
            (None, true, _) => &rules::MESSAGES_READ,
            _ => rule,
        };
        let table = segments.join("/");
        let target = Target {
            spec,
            method,
            table,
            row,
            rule,
            mapping,
        };
        target.check_parent(emulator, call)?;
        Ok(target)
    }

    /// The target's table, made with its first rows if need be.
    pub(super) fn table<'a>(&'a self, emulator: &Emulator, call: &ResourceCall<'a>) -> Address<'a> {
        let at = Address {
            organization: call.organization,
            instance: call.stored.id,
            path: &self.table,
        };
        emulator.state.rows.seed(&at, || seeds(&self.spec));
        at
    }

    /// The number of the row that is named.
    pub(super) fn number(&self) -> Option<u64> {
        self.row.as_deref().and_then(number)
    }

    /// The refusal of a row that is not there.
    pub(super) fn no_row(&self) -> ApiError {
        no_row(
            self.rule,
            &self.spec,
            self.row.as_deref().unwrap_or_default(),
        )
    }

    pub(super) fn sends(&self) -> bool {
        sends(&self.spec)
    }

    pub(super) fn is_usage(&self) -> bool {
        self.spec.path() == USAGE
    }

    /// Refuses a call below a row that is not there: `/accounts/9/notes`.
    fn check_parent(&self, emulator: &Emulator, call: &ResourceCall<'_>) -> Result<(), ApiError> {
        let Some((rows, below)) = self.table.split_once('/') else {
            return Ok(());
        };
        let parent = candidates(emulator, call).find(|(spec, _)| bare_path(spec) == rows);
        let Some((spec, rule)) = parent else {
            return Ok(());
        };
        let at = Address {
            organization: call.organization,
            instance: call.stored.id,
            path: rows,
        };
        emulator.state.rows.seed(&at, || seeds(&spec));
        let id = below.split('/').next().unwrap_or_default();
        let found = number(id).and_then(|number| emulator.state.rows.get(&at, number));
        found.map(|_| ()).ok_or_else(|| no_row(rule, &spec, id))
    }
}

/// Tells if creating such a row is sending a message to somebody.
fn sends(spec: &ResourceSpec) -> bool {
    spec.sets().get("sent").and_then(Json::as_bool) == Some(true)
}

fn no_row(rule: &'static Rule, spec: &ResourceSpec, id: &str) -> ApiError {
    let name = spec.path().rsplit('/').next().unwrap_or_default();
    let one = name.strip_suffix('s').unwrap_or(name);
    ApiError::not_found(rule, format!("No {one} found with ID {}", clip(id)))
}

/// The resources that a call can be about: the organization's own before the element's, which they override.
pub(super) fn candidates<'c>(
    emulator: &Emulator,
    call: &ResourceCall<'c>,
) -> impl Iterator<Item = (Spec<'c>, &'static Rule)> + use<'c> {
    let element = &call.stored.element;
    let own = emulator
        .state
        .extensions
        .of_element(call.organization, element.id());
    let own = own
        .into_iter()
        .map(|(_, own)| (Spec::Own(own), &rules::RESOURCE_EXTEND_CALL));
    let rule = match (element.resource_origin(), element.key()) {
        (ResourceOrigin::Hub, _) => &rules::GENERIC_NAMES,
        (_, "twiliov2") => &rules::TWILIOV2_ROWS,
        _ => &rules::GENERIC_VERBS,
    };
    let form = call.form;
    let is_open =
        move |spec: &&ResourceSpec| form == PathForm::Hub || !spec.path().starts_with("/hubs/");
    let declared = element.resources().iter().filter(is_open);
    own.chain(declared.map(move |spec| (Spec::Declared(spec), rule)))
}

/// The path of a resource behind the hub, if it has one, without its first slash.
pub(super) fn bare_path(spec: &ResourceSpec) -> &str {
    let path = spec.path();
    let below_hub = path
        .strip_prefix("/hubs/")
        .and_then(|path| path.split_once('/'));
    below_hub.map_or_else(|| path.trim_start_matches('/'), |(_, path)| path)
}

/// The call that these segments and this verb are of a resource.
fn fitting(spec: &ResourceSpec, segments: &[&str], verb: &Method) -> Option<ResourceMethod> {
    let mut found = segments.iter();
    for wanted in bare_path(spec).split('/') {
        let found = found.next();
        let fits =
            |found: &&str| *found == wanted || (wanted.starts_with('{') && !found.is_empty());
        found.filter(|found| fits(found))?;
    }
    let behind = found.len();
    if behind > 1 {
        return None;
    }
    let verb = if *verb == Method::HEAD {
        "GET"
    } else {
        verb.as_str()
    };
    let is_meant =
        |method: &&ResourceMethod| method.verb() == verb && method.names_a_row() == (behind == 1);
    spec.methods().iter().find(is_meant).copied()
}

/// A resource below a row of another, of an element of which only the hub is known (rule `generic-names`).
fn below_a_generic_row<'c>(
    call: &ResourceCall<'c>,
    segments: &[&str],
    verb: &Method,
) -> Option<Fit<'c>> {
    let element = &call.stored.element;
    if element.resource_origin() != ResourceOrigin::Hub || segments.len() < 3 {
        return None;
    }
    let named = |name: &str| {
        element
            .resources()
            .iter()
            .find(|spec| bare_path(spec) == name)
    };
    named(segments[0])?;
    let spec = named(segments[2])?;
    let method = fitting(spec, &segments[2..], verb)?;
    let spec = Spec::Declared(spec);
    Some(Fit {
        spec,
        method,
        rule: &rules::GENERIC_NAMES,
    })
}

/// The transformation of the object that the path names.
fn mapping(emulator: &Emulator, call: &ResourceCall<'_>) -> Option<Mapping> {
    let owner = Owner {
        organization: call.organization,
        instance: call.stored.id,
    };
    let name = call.segments.first().filter(|_| call.segments.len() <= 2)?;
    let json = emulator
        .state
        .mappings
        .get(owner, Kind::Transformation, name)?;
    Some(Mapping::read(&json))
}

/// The resource whose rows a transformation reads (rule `transformation-vendor-names`).
fn vendor_resource_of(
    emulator: &Emulator,
    call: &ResourceCall<'_>,
    mapping: &Mapping,
) -> Option<String> {
    let singular = |name: &str| name.to_lowercase().trim_end_matches('s').to_owned();
    let wanted = singular(&mapping.vendor_name);
    let mut known = candidates(emulator, call);
    let found = known.find(|(spec, _)| singular(bare_path(spec)) == wanted);
    found.map(|(spec, _)| bare_path(&spec).to_owned())
}

/// The number of a row's id.
fn number(id: &str) -> Option<u64> {
    id.parse()
        .ok()
        .filter(|number: &u64| number.to_string() == id)
}

/// The id of the row with this number, of the kind that the documented row has.
pub(super) fn id_json(spec: &ResourceSpec, number: u64) -> Json<'static> {
    match spec.row().get(spec.id()) {
        Some(Json::Number(_)) => number.into(),
        _ => number.to_string().into(),
    }
}

/// The rows that a table begins with (rule `generic-verbs`).
fn seeds(spec: &ResourceSpec) -> Vec<Row> {
    let seed = |number| Arc::from(seeded_row(spec, number).to_bytes());
    (1..=spec.seeded()).map(seed).collect()
}

/// Members whose text tells one seeded row from another.
const TELLING: [&str; 4] = ["name", "subject", "title", "category"];

/// The documented row with another id, which members that repeat the id repeat, and with another name from the second.
fn seeded_row(spec: &ResourceSpec, number: u64) -> Json<'static> {
    let (row, id) = (spec.row(), id_json(spec, number));
    let members = row.as_object().into_iter().flatten();
    let members: Members<'static> = members
        .map(|(name, value)| {
            let tells = TELLING.iter().any(|end| name.to_lowercase().ends_with(end));
            let value = match value {
                value if Some(value) == row.get(spec.id()) => id.clone(),
                Json::Text(text) if tells && number > 1 => format!("{text} {number}").into(),
                value => value.clone(),
            };
            (name.clone(), value)
        })
        .collect();
    Json::Object(members)
}
