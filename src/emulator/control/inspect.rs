//! Views for a person: one request, and the instances with their secrets masked.

use http::StatusCode;

use crate::catalog::Catalog;
use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::identity::{self, secret_name};
use crate::emulator::outcome::{Handled, Outcome};
use crate::emulator::record::journal::mask_document;
use crate::emulator::state::events::{Event, Notification, Wanted};
use crate::emulator::state::instances::{Clearing, Deleted, Stored};
use crate::emulator::view::date;
use crate::rules;
#[cfg(feature = "page")]
use crate::rules::{RULES, Rule};
use crate::wire::error::ApiError;
use crate::wire::json::{Json, object};

/// The most instances that are listed; a page with more could not be read.
const MAX_LISTED: usize = 1000;
/// The most messages, and the most events, that are shown of an instance.
const MAX_ACTIVITY: usize = 50;

/// `GET /__admin/requests/{number}` → [`Received`](crate::Received)
pub(in crate::emulator) fn request(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let number = whole(call, "number")?;
    let received = emulator.journal.get(number);
    let missing = || {
        missing(&format!(
            "the journal has no request {number}: it was dropped, forgotten, or never came"
        ))
    };
    let received = received.ok_or_else(missing)?;
    Ok(Outcome::json(call.rule, received.to_json().to_string()))
}

/// `GET /__admin/instances` → `{"instances": […], "deleted": […], "total", "time"}`
pub(in crate::emulator) fn instances(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let document = emulator.instances_masked(super::handlers::organization(call).as_deref());
    Ok(Outcome::json(call.rule, document.to_string()))
}

/// `GET /__admin/instances/{id}?organization=…` → `{"messages": […], "events": […]}`, newest first
pub(in crate::emulator) fn instance(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let id = whole(call, "id")?;
    let organizations = organizations(emulator, call)?;
    let organization = organizations.first().ok_or_else(|| missing_instance(id))?;
    if !emulator.state.instances.has_issued(organization, id) {
        return Err(missing_instance(id));
    }
    let activity = emulator.activity(organization, id);
    Ok(Outcome::json(call.rule, activity.to_string()))
}

/// `DELETE /__admin/instances?organization=…`
pub(in crate::emulator) fn forget_instances(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    for organization in organizations(emulator, call)? {
        let sections = emulator.state.instances.sections(Some(&organization));
        for stored in sections.iter().flat_map(|section| &section.instances) {
            emulator.forget_instance(&organization, stored.id);
        }
    }
    Ok(Outcome::json(call.rule, "{}"))
}

/// `DELETE /__admin/instances/{id}?organization=…`
pub(in crate::emulator) fn forget_instance(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let id = whole(call, "id")?;
    let mut organizations = organizations(emulator, call)?.into_iter();
    let is_forgotten = organizations.any(|one| emulator.forget_instance(&one, id));
    if !is_forgotten {
        return Err(missing_instance(id));
    }
    Ok(Outcome::json(call.rule, "{}"))
}

pub(super) fn whole(call: &Call<'_, '_>, name: &str) -> Result<u64, ApiError> {
    let said = call.parameter(name).unwrap_or_default();
    said.parse().map_err(|_| {
        let reason = format!("{name} must be a whole number, found {said:?}");
        ApiError::bad_request(&rules::CONTROL, reason)
    })
}

pub(super) fn missing(reason: &str) -> ApiError {
    ApiError {
        status: StatusCode::NOT_FOUND,
        ..ApiError::bad_request(&rules::CONTROL, reason.to_owned())
    }
}

fn missing_instance(id: u64) -> ApiError {
    missing(&format!("the organization has no instance {id}"))
}

/// The secrets of the organizations that a call names, by the secret or by the short name that stands for it.
///
/// A person who looks at the page knows the short name only. Two organizations with one short name are not told apart.
fn organizations(emulator: &Emulator, call: &Call<'_, '_>) -> Result<Vec<String>, ApiError> {
    let Some(named) = super::handlers::organization(call) else {
        let reason = "organization is required: it says whose instance is meant".to_owned();
        return Err(ApiError::bad_request(&rules::CONTROL, reason));
    };
    let sections = emulator.state.instances.sections(None);
    let secrets = sections
        .iter()
        .map(|section| section.organization.to_string());
    Ok(secrets
        .filter(|secret| *secret == named || secret_name(secret) == named)
        .collect())
}

impl Emulator {
    /// Removes an instance and what belongs to it, as its deletion does; `false` where there is none.
    ///
    /// One that a client created counts as left behind, for the client did not delete it.
    fn forget_instance(&self, organization: &str, id: u64) -> bool {
        let Some(removed) = self.state.instances.remove(organization, id) else {
            return false;
        };
        self.state.forget_instance(organization, id);
        let leaks = removed.leaks(Clearing::Control);
        let fingerprint = identity::fingerprint(organization);
        self.counters.note_leaks(vec![(fingerprint, leaks)]);
        true
    }

    /// The instances of everybody or of one organization, newest first, as somebody may see them who must not see their secrets.
    pub(crate) fn instances_masked(&self, organization: Option<&str>) -> Json<'static> {
        let sections = self.state.instances.sections(organization);
        let catalog = self.catalog();
        let total: usize = sections.iter().map(|section| section.instances.len()).sum();
        let all = sections.iter().flat_map(|section| {
            let name = secret_name(&section.organization);
            let newest_first = section.instances.iter().rev();
            let catalog = &catalog;
            newest_first.map(move |stored| masked(&name, stored, catalog))
        });
        let deleted = self.state.instances.deleted(organization);
        object([
            ("instances", all.take(MAX_LISTED).collect()),
            ("deleted", deleted.iter().map(deleted_masked).collect()),
            ("total", (total as u64).into()),
            ("time", date(self.clock.now()).into()),
        ])
    }

    /// The last messages and events of an instance, secrets masked.
    fn activity(&self, organization: &str, id: u64) -> Json<'static> {
        let messages = self.state.outbox.last(organization, id, MAX_ACTIVITY);
        let wanted = Wanted {
            instance: Some(id),
            ..Wanted::default()
        };
        let (events, _) = self.state.events.page(organization, wanted, MAX_ACTIVITY);
        let messages = messages
            .iter()
            .map(|message| message.to_json().into_owned());
        let mut activity = object([
            ("messages", messages.collect()),
            ("events", events.iter().map(event).collect()),
        ]);
        mask_document(&mut activity, &self.catalog());
        activity
    }
}

/// `{"id", "at", "status", "error", "body"}`; `error` is that of the notification that failed last.
fn event(event: &Event) -> Json<'static> {
    let error = event
        .notifications
        .iter()
        .rev()
        .find_map(Notification::error);
    object([
        ("id", event.id.to_string().into()),
        ("at", date(event.at).into()),
        ("status", event.status().into()),
        (
            "error",
            error.map_or(Json::Null, |error| error.to_owned().into()),
        ),
        ("body", event.message.raw.clone()),
    ])
}

fn deleted_masked(deleted: &Deleted) -> Json<'static> {
    object([
        ("id", deleted.id.into()),
        ("organization", secret_name(&deleted.organization).into()),
        ("element", deleted.element.key().to_owned().into()),
        ("token", secret_name(&deleted.token).into()),
    ])
}

/// Collects the run for a post-mortem.
#[cfg(feature = "page")]
impl Emulator {
    /// Journal, instances, script, stubs, ledger and rules as the page reads them, and why somebody looks at them.
    pub(crate) fn report(&self, reason: &str) -> Json<'static> {
        let found = self.journal.masked();
        let requests = found.requests.iter().map(|one| one.to_json().into_owned());
        let lines = self.script.lines(None);
        object([
            ("reason", reason.to_owned().into()),
            ("version", env!("CARGO_PKG_VERSION").into()),
            ("seed", self.seed().into()),
            ("time", date(self.clock.now()).into()),
            ("requests", requests.collect()),
            ("dropped", found.dropped.into()),
            ("instances", self.instances_masked(None)),
            ("activity", self.all_activity()),
            ("script", lines.iter().map(|line| line.to_json()).collect()),
            ("stubs", self.stubs_masked()),
            ("ledger", self.ledger(None).to_json()),
            (
                "rules",
                RULES.iter().map(|rule| Rule::to_json(rule)).collect(),
            ),
        ])
    }

    /// The stubs, also without the secrets of their replies.
    fn stubs_masked(&self) -> Json<'static> {
        let (mut stubs, catalog) = (self.stubs_json(None), self.catalog());
        if let Json::Array(stubs) = &mut stubs {
            let members = stubs.iter_mut().filter_map(|stub| match stub {
                Json::Object(members) => Some(members),
                _ => None,
            });
            let replies = members.flatten().filter(|(name, _)| name == "reply");
            replies.for_each(|(_, reply)| mask_document(reply, &catalog));
        }
        stubs
    }

    /// The messages and events of each instance that is there, by `"ORGANIZATION/ID"`.
    fn all_activity(&self) -> Json<'static> {
        let sections = self.state.instances.sections(None);
        let all = sections.iter().flat_map(|section| {
            let newest_first = section.instances.iter().rev();
            newest_first.map(|stored| (&*section.organization, stored.id))
        });
        let named = all.take(MAX_LISTED).map(|(organization, id)| {
            let name = format!("{}/{id}", secret_name(organization));
            (name.into(), self.activity(organization, id))
        });
        Json::Object(named.collect())
    }
}

fn masked(organization: &str, stored: &Stored, catalog: &Catalog) -> Json<'static> {
    let entries = stored.configuration().entries(&stored.element);
    let entries = entries.map(|(key, value)| (key.to_owned().into(), value.to_owned().into()));
    let configuration = Json::Object(entries.collect());
    let tags = stored.details.labels().tags().into_iter().flatten();
    let mut shown = object([
        ("id", stored.id.into()),
        ("organization", organization.to_owned().into()),
        ("element", stored.element.key().to_owned().into()),
        ("name", stored.name().to_owned().into()),
        ("tags", tags.map(|tag| tag.to_owned().into()).collect()),
        ("token", stored.token.to_string().into()),
        ("enabled", (!stored.disabled).into()),
        ("created", date(stored.created).into()),
        ("updated", date(stored.updated).into()),
        ("configuration", configuration),
    ]);
    mask_document(&mut shown, catalog);
    shown
}
