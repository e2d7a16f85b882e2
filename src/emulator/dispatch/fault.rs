//! Faults on webhooks: what a receiver must bear, ordered by a test.

use std::time::Duration;

use crate::emulator::lazy::LazyMutex;
use crate::wire::json::Json;
use crate::wire::json::document::{Document, Reading, duration};

/// A fault of one attempt to send a webhook.
///
/// As JSON: `"drop"`, `{"delay": "5s"}`, `"twice"`, `"outOfOrder"` or `"wrongSignature"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WebhookFault {
    /// It gets lost on its way; the service takes it for a failure and tries again.
    Drop,
    /// It comes so much later by the mock's clock.
    Delay(Duration),
    /// It comes twice, with the same id.
    Twice,
    /// It comes behind the organization's next one.
    OutOfOrder,
    /// It is signed with another key; one without a key stays unsigned.
    WrongSignature,
}

/// A fault that was ordered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OrderedFault {
    pub(crate) fault: WebhookFault,
    pub(crate) organization: Option<String>,
    pub(crate) instance: Option<u64>,
    /// For how many attempts more.
    pub(crate) times: u64,
}

/// The faults that a test has ordered, in order.
#[derive(Debug, Default)]
pub(crate) struct Faults(LazyMutex<Vec<OrderedFault>>);

impl Faults {
    pub(crate) fn order(&self, fault: OrderedFault) {
        self.0.lock().push(fault);
    }

    /// The fault that an attempt meets: the first that fits, which is used up by it.
    pub(crate) fn take(&self, organization: &str, instance: u64) -> Option<WebhookFault> {
        let mut ordered = self.0.lock();
        let fits = |one: &OrderedFault| {
            one.organization
                .as_deref()
                .is_none_or(|of| of == organization)
                && one.instance.is_none_or(|of| of == instance)
        };
        let at = ordered.iter().position(fits)?;
        let fault = ordered[at].fault;
        ordered[at].times -= 1;
        if ordered[at].times == 0 {
            ordered.remove(at);
        }
        Some(fault)
    }

    pub(crate) fn clear(&self, only: Option<&str>) {
        let stays = |one: &OrderedFault| only.is_some() && one.organization.as_deref() != only;
        self.0.lock().retain(stays);
    }
}

impl OrderedFault {
    /// Reads `{"fault", "instance"?, "times"?}`.
    pub(crate) fn read(json: &Json<'_>, path: &str, limit: Option<&str>) -> Reading<Self> {
        let document = Document::read(json, path, &["fault", "instance", "times"])?;
        let required = || format!("{} is required", document.at("fault"));
        let fault = document.get("fault").ok_or_else(required)?;
        let unknown = || {
            let at = document.at("fault");
            format!(
                "{at} must be \"drop\", {{\"delay\": \"5s\"}}, \"twice\", \"outOfOrder\" or \"wrongSignature\", found {fault}"
            )
        };
        let times = document.whole("times")?.unwrap_or(1);
        if times == 0 {
            return Err(format!("{} must be at least 1", document.at("times")));
        }
        Ok(OrderedFault {
            fault: read_fault(fault).ok_or_else(unknown)?,
            organization: limit.map(str::to_owned),
            instance: document.whole("instance")?,
            times,
        })
    }
}

fn read_fault(json: &Json<'_>) -> Option<WebhookFault> {
    match json.as_str() {
        Some("drop") => Some(WebhookFault::Drop),
        Some("twice") => Some(WebhookFault::Twice),
        Some("outOfOrder") => Some(WebhookFault::OutOfOrder),
        Some("wrongSignature") => Some(WebhookFault::WrongSignature),
        Some(_) => None,
        None => Some(WebhookFault::Delay(duration(json.get("delay")?)?)),
    }
}
