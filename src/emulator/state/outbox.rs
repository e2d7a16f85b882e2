//! The outbox: messages that instances would have sent, in the order of sending; nothing is delivered (rule `messages-create`).

use std::collections::VecDeque;
use std::sync::Arc;

use super::Restoration;
use super::partition::{Part, Partition};
use crate::emulator::identity;
use crate::wire::json::document::{Document, Reading};
use crate::wire::json::{Json, Members, object};
use crate::wire::time;

/// An organization's oldest messages go first when it has more of them, or more bytes, than these.
const MAX_MESSAGES: usize = 10_000;
const MAX_BYTES: usize = 16 << 20;

/// A message that an instance was asked to send.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Message {
    /// The short name of the organization's secret.
    pub organization: String,
    /// The instance that was to send it.
    pub instance: u64,
    /// The key of the instance's element.
    pub element: String,
    /// When it was sent, in milliseconds since 1970.
    pub sent: u64,
    /// The message as the API shows it.
    pub body: Json<'static>,
}

/// A message as it is kept.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) instance: u64,
    pub(crate) element: Box<str>,
    pub(crate) at: u64,
    pub(crate) row: Arc<[u8]>,
}

/// The messages of one organization.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    messages: VecDeque<Arc<Sent>>,
    bytes: usize,
    dropped: u64,
}

impl Message {
    /// The text of a member: of a list of texts, all of them with a comma between.
    #[must_use]
    pub fn text(&self, member: &str) -> Option<String> {
        match self.body.get(member)? {
            Json::Text(text) => Some(text.to_string()),
            Json::Array(items) => {
                let texts: Vec<_> = items.iter().filter_map(Json::as_str).collect();
                Some(texts.join(","))
            }
            _ => None,
        }
    }

    /// The message on one line, for a failed expectation.
    #[must_use]
    pub fn to_line(&self) -> String {
        let said = |member| self.text(member).unwrap_or_else(|| "nobody".to_owned());
        let subject = self.text("subject").unwrap_or_default();
        let (element, instance) = (&self.element, self.instance);
        format!(
            "from {} to {}: {subject:?} by {element} {instance}",
            said("from"),
            said("to")
        )
    }

    pub(crate) fn to_json(&self) -> Json<'_> {
        object([
            ("organization", self.organization.as_str().into()),
            ("instance", self.instance.into()),
            ("element", self.element.as_str().into()),
            ("sent", time::format(self.sent).into()),
            ("message", self.body.clone()),
        ])
    }
}

impl Partition<Outbox> {
    pub(crate) fn send(&self, organization: &str, sent: Sent) {
        self.change(organization, |part| part.send(sent));
    }

    /// Every message, or those of one organization, by time; and how many are not kept any more.
    pub(crate) fn messages(&self, only: Option<&str>) -> (Vec<Message>, u64) {
        let kept = self.collect(only, |organization, part| {
            let named = |sent: &Arc<Sent>| (organization.clone(), sent.clone());
            part.messages.iter().map(named).collect()
        });
        let dropped = self
            .collect(only, |_, part| vec![part.dropped])
            .iter()
            .sum();
        let mut messages: Vec<_> = kept
            .iter()
            .map(|(organization, sent)| sent.shown(organization))
            .collect();
        messages.sort_by_key(|message| message.sent);
        (messages, dropped)
    }

    /// The last messages of an instance, newest first.
    pub(crate) fn last(&self, organization: &str, instance: u64, count: usize) -> Vec<Message> {
        let last = |part: &Outbox| {
            let newest_first = part.messages.iter().rev();
            let own = newest_first.filter(|sent| sent.instance == instance);
            Some(
                own.take(count)
                    .map(|sent| sent.shown(organization))
                    .collect(),
            )
        };
        self.look(organization, last).unwrap_or_default()
    }

    /// When each of an instance's messages was sent, in order.
    pub(crate) fn times(&self, organization: &str, instance: u64) -> Vec<u64> {
        let times = |part: &Outbox| {
            let own = part
                .messages
                .iter()
                .filter(|sent| sent.instance == instance);
            Some(own.map(|sent| sent.at).collect())
        };
        self.look(organization, times).unwrap_or_default()
    }
}

impl Sent {
    fn body(&self) -> Json<'static> {
        Json::parse(&self.row)
            .expect("a message is JSON")
            .into_owned()
    }

    fn shown(&self, organization: &str) -> Message {
        Message {
            organization: identity::secret_name(organization),
            instance: self.instance,
            element: self.element.to_string(),
            sent: self.at,
            body: self.body(),
        }
    }
}

impl Outbox {
    fn send(&mut self, sent: Sent) {
        self.bytes += sent.row.len();
        self.messages.push_back(Arc::new(sent));
        while self.messages.len() > MAX_MESSAGES || self.bytes > MAX_BYTES {
            let Some(oldest) = self.messages.pop_front() else {
                return;
            };
            self.bytes -= oldest.row.len();
            self.dropped += 1;
        }
    }
}

impl Part for Outbox {
    const MEMBER: &'static str = "outbox";
    const KNOWN: &'static [&'static str] = &["dropped", "messages"];

    fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.dropped == 0
    }

    fn dropped(&self) -> u64 {
        self.dropped
    }

    fn members(&self) -> Members<'static> {
        let message_json = |sent: &Arc<Sent>| {
            object([
                ("instance", sent.instance.into()),
                ("element", sent.element.to_string().into()),
                ("sent", time::format(sent.at).into()),
                ("message", sent.body()),
            ])
        };
        vec![
            ("dropped".into(), self.dropped.into()),
            (
                "messages".into(),
                self.messages.iter().map(message_json).collect(),
            ),
        ]
    }

    fn read(document: &Document<'_>, _: &Restoration<'_>) -> Reading<Self> {
        let dropped = document.counter("dropped")?.unwrap_or(0);
        let mut part = Outbox {
            dropped,
            ..Outbox::default()
        };
        for (at, item) in document.array("messages")?.iter().enumerate() {
            let path = format!("{}[{at}]", document.at("messages"));
            let document =
                Document::read(item, &path, &["instance", "element", "sent", "message"])?;
            let sent = document.required_text("sent")?;
            let message = document.object("message")?;
            let message =
                message.ok_or_else(|| format!("{} is required", document.at("message")))?;
            part.send(Sent {
                instance: document.required_whole("instance")?,
                element: document.required_text("element")?.into(),
                at: time::parse(sent)
                    .ok_or_else(|| format!("{} must be a time", document.at("sent")))?,
                row: Json::Object(message.clone()).to_bytes().into(),
            });
        }
        Ok(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_messages_go_first_and_are_counted() {
        let outbox = Partition::<Outbox>::default();
        for at in 0..MAX_MESSAGES as u64 + 2 {
            let row = br#"{"to":["a@b.c","d@e.f"]}"#.as_slice().into();
            outbox.send(
                "o",
                Sent {
                    instance: 1,
                    element: "e".into(),
                    at,
                    row,
                },
            );
        }
        let (messages, dropped) = outbox.messages(Some("o"));
        assert_eq!(
            (messages.len(), messages[0].sent, dropped),
            (MAX_MESSAGES, 2, 2)
        );
        assert_eq!(messages[0].text("to").as_deref(), Some("a@b.c,d@e.f"));
        assert_eq!(outbox.messages(Some("p")), (Vec::new(), 0));
    }
}
