//! The journal of webhooks: each attempt, and what became of it.

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use parking_lot::{Condvar, Mutex};

use crate::emulator::identity;
use crate::emulator::state::events::{Event, Verdict};
use crate::secrets::credentials_in;
use crate::settings::MAX_WAIT;
use crate::wire::json::{Json, object};

/// More attempts are not kept; the oldest go first.
const MAX_ATTEMPTS: usize = 10_000;
/// The same for the bytes of their addresses and bodies.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// One attempt to send a webhook.
///
/// As JSON, without credentials in its address:
/// `{"at", "instance", "element", "event", "id", "attempt", "url", "signature", "body", "result", "status"}`;
/// `status` is there where an answer came.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Webhook {
    /// When it was sent, by the mock's clock.
    pub at: SystemTime,
    /// The secret of the instance's organization.
    pub organization: String,
    /// The instance's id.
    pub instance: u64,
    /// The key of its element.
    pub element: String,
    /// The event's id.
    pub event: String,
    /// The notification's id, which is `Elements-Webhook-Id`.
    pub id: String,
    /// Which attempt it is, from 1.
    pub attempt: u32,
    /// The address that the instance names.
    pub url: String,
    /// `Elements-Webhook-Signature`.
    pub signature: Option<String>,
    /// The exact body.
    pub body: Bytes,
    /// The result.
    pub result: WebhookResult,
}

/// The result of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WebhookResult {
    /// It was not sent yet.
    Pending,
    /// The callback answered with this status.
    Answered(u16),
    /// No answer came, for this reason.
    Failed(String),
    /// It was not sent, for this reason (rule `event-callback-reach`).
    Refused(String),
    /// A fault of the test lost it.
    Dropped,
}

impl WebhookResult {
    /// Judges it for the notification (rules `event-deliver`, `event-retry`).
    pub(super) fn verdict(&self) -> Verdict {
        let failed = |reason: &str| format!("Error delivering event: {reason}");
        match self {
            WebhookResult::Answered(200..=299) => Verdict::Accepted,
            WebhookResult::Answered(status) => {
                Verdict::Failed(failed(&format!("the callback answered {status}")))
            }
            WebhookResult::Failed(reason) => Verdict::Failed(failed(reason)),
            WebhookResult::Refused(reason) => Verdict::Ended(failed(reason)),
            WebhookResult::Dropped => Verdict::Failed(failed("lost by a fault of the test")),
            WebhookResult::Pending => Verdict::Failed(failed("not sent")),
        }
    }

    fn to_text(&self) -> String {
        match self {
            WebhookResult::Pending => "pending".to_owned(),
            WebhookResult::Answered(status) => format!("answered {status}"),
            WebhookResult::Failed(reason) => format!("failed: {reason}"),
            WebhookResult::Refused(reason) => format!("refused: {reason}"),
            WebhookResult::Dropped => "dropped".to_owned(),
        }
    }
}

impl Webhook {
    pub(super) fn new(
        organization: &str,
        event: &Event,
        index: usize,
        url: &str,
        body: String,
    ) -> Self {
        let notification = &event.notifications[index];
        Webhook {
            at: SystemTime::UNIX_EPOCH,
            organization: organization.to_owned(),
            instance: event.instance,
            element: event.element.key().to_owned(),
            event: event.id.to_string(),
            id: notification.id.to_string(),
            attempt: notification.attempts + 1,
            url: url.to_owned(),
            signature: None,
            body: body.into(),
            result: WebhookResult::Pending,
        }
    }

    /// The bytes that a client chose: those of the address, and of what was sent there.
    fn bytes(&self) -> usize {
        self.url.len() + self.body.len()
    }

    /// The shape that the type's documentation gives.
    #[must_use]
    pub fn to_json(&self) -> Json<'static> {
        let status = match self.result {
            WebhookResult::Answered(status) => u64::from(status).into(),
            _ => Json::Null,
        };
        object([
            (
                "at",
                humantime::format_rfc3339_millis(self.at).to_string().into(),
            ),
            ("instance", self.instance.into()),
            ("element", self.element.clone().into()),
            ("event", self.event.clone().into()),
            ("id", self.id.clone().into()),
            ("attempt", u64::from(self.attempt).into()),
            ("url", without_credentials(&self.url).into()),
            (
                "signature",
                self.signature.clone().map_or(Json::Null, Json::from),
            ),
            (
                "body",
                String::from_utf8_lossy(&self.body).into_owned().into(),
            ),
            ("result", self.result.to_text().into()),
            ("status", status),
        ])
    }
}

/// The attempts of one server, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Log {
    attempts: Mutex<Attempts>,
    pushed: Condvar,
}

#[derive(Debug, Default)]
struct Attempts {
    kept: VecDeque<Webhook>,
    bytes: usize,
    dropped: u64,
}

/// An address with the short name of its credentials in their place.
fn without_credentials(url: &str) -> String {
    let Some(place) = credentials_in(url) else {
        return url.to_owned();
    };
    let name = identity::secret_name(&url[place.clone()]);
    format!("{}{name}{}", &url[..place.start], &url[place.end..])
}

impl Log {
    pub(super) fn push(&self, webhook: Webhook) {
        let mut attempts = self.attempts.lock();
        attempts.bytes += webhook.bytes();
        attempts.kept.push_back(webhook);
        while attempts.kept.len() > MAX_ATTEMPTS || attempts.bytes > MAX_BYTES {
            let Some(oldest) = attempts.kept.pop_front() else {
                break;
            };
            attempts.bytes -= oldest.bytes();
            attempts.dropped += 1;
        }
        drop(attempts);
        self.pushed.notify_all();
    }

    /// Everybody's attempts, or those of one organization, and how many of all were dropped.
    pub(crate) fn find(&self, only: Option<&str>) -> (Vec<Webhook>, u64) {
        let attempts = self.attempts.lock();
        let fits = |webhook: &&Webhook| only.is_none_or(|only| only == webhook.organization);
        (
            attempts.kept.iter().filter(fits).cloned().collect(),
            attempts.dropped,
        )
    }

    /// All attempts, as soon as there are `count`, or when the time is over.
    pub(crate) fn wait_for(&self, count: usize, patience: Duration) -> Vec<Webhook> {
        let deadline = Instant::now() + patience.min(MAX_WAIT);
        let mut attempts = self.attempts.lock();
        while attempts.kept.len() < count
            && !self.pushed.wait_until(&mut attempts, deadline).timed_out()
        {}
        attempts.kept.iter().cloned().collect()
    }

    pub(super) fn clear(&self, only: Option<&str>) {
        let mut attempts = self.attempts.lock();
        attempts
            .kept
            .retain(|one| only.is_some_and(|only| only != one.organization));
        attempts.bytes = attempts.kept.iter().map(Webhook::bytes).sum();
        if only.is_none() {
            attempts.dropped = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// A callback that is kept is as long as a client made it.
    #[test]
    fn attempts_are_bounded_by_their_addresses_too() {
        let log = Log::default();
        let attempt = Webhook {
            at: SystemTime::UNIX_EPOCH,
            organization: "o".to_owned(),
            instance: 1234,
            element: "mailjet".to_owned(),
            event: "5001".to_owned(),
            id: "7001".to_owned(),
            attempt: 1,
            url: "u".repeat(MAX_BYTES / 4),
            signature: None,
            body: Bytes::new(),
            result: WebhookResult::Pending,
        };
        for _ in 0..5 {
            log.push(attempt.clone());
        }
        let (kept, dropped) = log.find(None);
        assert_eq!((kept.len(), dropped), (4, 1));
        log.clear(Some("p"));
        assert_eq!(log.attempts.lock().bytes, MAX_BYTES);
    }

    #[rstest]
    #[case::none("http://localhost:1/a@b?c@d")]
    #[case::text("no url")]
    fn an_address_without_credentials_stays(#[case] url: &str) {
        assert_eq!(without_credentials(url), url);
    }

    #[rstest]
    #[case::both("https://u:PLANTED@localhost:1/a?b=c")]
    #[case::twice("https://u@PLANTED@localhost:1/a?b=c")]
    fn credentials_of_an_address_are_not_told(#[case] url: &str) {
        let told = without_credentials(url);
        assert!(told.starts_with("https://secret-"), "{told}");
        assert!(told.ends_with("@localhost:1/a?b=c"), "{told}");
        assert!(!told.contains("PLANTED"), "{told}");
    }
}
