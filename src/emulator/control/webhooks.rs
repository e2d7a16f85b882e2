//! Operations on events and webhooks: let one happen, see each attempt, order faults.

use std::sync::Arc;
use std::time::Duration;

use super::ControlError;
use super::handlers::{done, each, ok, organization, refused};
use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::dispatch::fault::{OrderedFault, WebhookFault};
use crate::emulator::dispatch::log::{Webhook, WebhookResult};
use crate::emulator::outcome::Handled;
use crate::emulator::state::events::Arrival;
use crate::emulator::state::instances::Matches;
use crate::instance::Instance;
use crate::wire::json::document::Document;
use crate::wire::json::{Json, object};
use crate::wire::vocabulary::entry;
use crate::wire::webhook::ProviderMessage;

/// `POST /__admin/events` with `{"instance": 1234, "body": …}` → `{"events": ["5001"]}`
///
/// A `body` that is text is the provider's body itself, anything else that body as JSON.
pub(in crate::emulator) fn fire_event(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let document = Document::read(call.json()?, "", &["instance", "body"]).map_err(refused)?;
    let instance = document.required_whole("instance").map_err(refused)?;
    let body = match document.get("body") {
        Some(Json::Text(text)) => text.to_string(),
        Some(other) => other.to_string(),
        None => "{}".to_owned(),
    };
    let organization = organization(call);
    let events = emulator.fire(instance, organization.as_deref(), body.as_bytes())?;
    let events = events.into_iter().map(|id| Json::from(id.to_string()));
    Ok(ok(call, &object([("events", events.collect())])))
}

/// `GET /__admin/webhooks` → `{"webhooks": […], "dropped": 0}`
pub(in crate::emulator) fn webhooks(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let (webhooks, dropped) = emulator.dispatch.log.find(organization(call).as_deref());
    let webhooks = webhooks.iter().map(Webhook::to_json).collect();
    Ok(ok(
        call,
        &object([("webhooks", webhooks), ("dropped", dropped.into())]),
    ))
}

/// `POST /__admin/webhooks/faults` with `{"fault", "instance"?, "times"?}` or an array of them
pub(in crate::emulator) fn order_webhook_faults(
    emulator: &Emulator,
    call: &Call<'_, '_>,
) -> Handled {
    let limit = organization(call);
    let read = |json: &Json<'_>, path: &str| OrderedFault::read(json, path, limit.as_deref());
    let faults = each(call.json()?, read).map_err(refused)?;
    faults
        .into_iter()
        .for_each(|fault| emulator.dispatch.faults.order(fault));
    Ok(done(call))
}

/// `DELETE /__admin/webhooks/faults`
pub(in crate::emulator) fn clear_webhook_faults(
    emulator: &Emulator,
    call: &Call<'_, '_>,
) -> Handled {
    emulator
        .dispatch
        .faults
        .clear(organization(call).as_deref());
    Ok(done(call))
}

/// The questions and orders of a test about events and webhooks.
impl Emulator {
    /// Lets a provider's event happen to an instance, or to all with this id where no organization is said.
    pub(crate) fn fire(
        &self,
        instance: u64,
        organization: Option<&str>,
        body: &[u8],
    ) -> Result<Vec<u64>, ControlError> {
        let found = self
            .state
            .instances
            .matching(organization, Matches::Id(instance), |_| true);
        if found.is_empty() {
            return Err(
                format!("there is no instance {instance} that an event could happen to").into(),
            );
        }
        if let Some((_, deaf)) = found.iter().find(|(_, instance)| !instance.takes_events()) {
            let (id, key) = (deaf.id, entry::EVENTS_ENABLED);
            return Err(format!(
                "instance {id} takes no events; set its configuration entry {key} to true"
            )
            .into());
        }
        let message = Arc::new(ProviderMessage::of_body(None, body));
        message.check()?;
        let arrival = |(organization, instance)| Arrival {
            organization,
            instance,
            message: message.clone(),
            is_polled: false,
        };
        Ok(self.receive_events(found.into_iter().map(arrival).collect()))
    }

    /// Lets a provider's event happen to an instance, as if the provider had sent `body`; returns the event's id.
    ///
    /// # Errors
    /// An instance that is gone, or that has no `event.notification.enabled`; a body with more than 1,000 changes.
    pub fn fire_event(&self, instance: &Instance, body: &[u8]) -> Result<String, ControlError> {
        let events = self.fire(instance.id, Some(&instance.organization), body)?;
        Ok(events[0].to_string())
    }

    /// Every attempt to send a webhook, oldest first; the last 10,000.
    #[must_use]
    pub fn webhooks(&self) -> Vec<Webhook> {
        self.dispatch.log.find(None).0
    }

    /// The attempts to send webhooks, as soon as there are `count`, or those there are when `patience` is over.
    #[must_use]
    pub fn wait_for_webhooks(&self, count: usize, patience: Duration) -> Vec<Webhook> {
        self.dispatch.log.wait_for(count, patience)
    }

    /// Orders a fault for the next `times` attempts to send a webhook, of whatever instance.
    pub fn fault_webhooks(&self, fault: WebhookFault, times: u64) {
        let (organization, instance) = (None, None);
        if times > 0 {
            self.dispatch.faults.order(OrderedFault {
                fault,
                organization,
                instance,
                times,
            });
        }
    }

    /// Gives what is due by the mock's clock to `receiver` instead of sending it, until nothing more is due.
    ///
    /// The receiver returns the status that it answers a webhook with. It gets no webhook whose address may not be
    /// called. To be used without a server, which would send the same webhooks.
    pub fn send_webhooks(&self, mut receiver: impl FnMut(&Webhook) -> u16) {
        loop {
            let tickets = self.state.events.take(self.clock.now(), None).tickets;
            if tickets.is_empty() {
                return;
            }
            for delivery in tickets
                .into_iter()
                .filter_map(|ticket| self.prepare_webhook(ticket))
            {
                for _ in 0..delivery.copies {
                    let status = receiver(&delivery.webhook);
                    self.report_webhook(&delivery, WebhookResult::Answered(status));
                }
            }
        }
    }
}
