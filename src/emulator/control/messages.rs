//! The outbox as a test asks for it: which messages were sent, to whom, by whom.

use std::fmt;

use super::ControlError;
use crate::emulator::call::Call;
use crate::emulator::outcome::{Handled, Outcome};
use crate::emulator::state::Section as _;
use crate::emulator::state::outbox::Message;
use crate::emulator::{Emulator, identity};
use crate::wire::json::{Json, object};

/// A filter of messages; a field that is not set admits all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MessageQuery {
    to: Option<String>,
    from: Option<String>,
    subject: Option<String>,
    text: Option<String>,
    element: Option<String>,
    instance: Option<u64>,
    organization: Option<String>,
}

impl MessageQuery {
    /// Every message.
    #[must_use]
    pub fn new() -> Self {
        MessageQuery::default()
    }

    /// Only messages to this recipient, who may be one of several.
    #[must_use]
    pub fn to(mut self, recipient: impl Into<String>) -> Self {
        self.to = Some(recipient.into());
        self
    }

    /// Only messages from this sender.
    #[must_use]
    pub fn from(mut self, sender: impl Into<String>) -> Self {
        self.from = Some(sender.into());
        self
    }

    /// Only messages with this subject.
    #[must_use]
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Only messages with this somewhere in their text.
    #[must_use]
    pub fn text(mut self, part: impl Into<String>) -> Self {
        self.text = Some(part.into());
        self
    }

    /// Only messages by instances of the element with this key.
    #[must_use]
    pub fn element(mut self, key: impl Into<String>) -> Self {
        self.element = Some(key.into());
        self
    }

    /// Only messages by the instance with this id.
    #[must_use]
    pub fn instance(mut self, id: u64) -> Self {
        self.instance = Some(id);
        self
    }

    /// Only messages of the organization with this secret.
    #[must_use]
    pub fn organization(mut self, secret: impl Into<String>) -> Self {
        self.organization = Some(secret.into());
        self
    }

    /// Lists the differences that keep a message from fitting, one line a field: `"to: expected a@b.c, was d@e.f"`.
    #[must_use]
    pub fn differences(&self, message: &Message) -> Vec<String> {
        let said = |member| message.text(member).unwrap_or_default();
        let is_recipient = |wanted: &str| {
            ["to", "cc", "bcc"].into_iter().any(|member| {
                let all = said(member);
                all == wanted || all.split(',').any(|one| one.trim() == wanted)
            })
        };
        let instance = self.instance.map(|id| id.to_string());
        let own = message.instance.to_string();
        let name = self.organization.as_deref().map(identity::secret_name);
        let fields = [
            (
                "to",
                &self.to,
                self.to.as_deref().is_none_or(is_recipient),
                said("to"),
            ),
            equal("from", &self.from, said("from")),
            equal("subject", &self.subject, said("subject")),
            (
                "text",
                &self.text,
                self.text
                    .as_ref()
                    .is_none_or(|part| said("message").contains(part)),
                said("message"),
            ),
            equal("element", &self.element, message.element.clone()),
            equal("instance", &instance, own),
            equal("organization", &name, message.organization.clone()),
        ];
        let told = |(field, wanted, fits, was): &(&str, &Option<String>, bool, String)| {
            let wanted = wanted.as_deref().filter(|_| !fits)?;
            Some(format!("{field}: expected {wanted:?}, was {was:?}"))
        };
        fields.iter().filter_map(told).collect()
    }
}

fn equal<'q>(
    field: &'static str,
    wanted: &'q Option<String>,
    was: String,
) -> (&'static str, &'q Option<String>, bool, String) {
    let fits = wanted.as_ref().is_none_or(|wanted| *wanted == was);
    (field, wanted, fits, was)
}

impl fmt::Display for MessageQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instance = self.instance.map(|id| id.to_string());
        let name = self.organization.as_deref().map(identity::secret_name);
        let fields = [
            ("to", &self.to),
            ("from", &self.from),
            ("subject", &self.subject),
            ("text", &self.text),
            ("element", &self.element),
            ("instance", &instance),
            ("organization", &name),
        ];
        let told = |(field, wanted): (&str, &Option<String>)| {
            Some(format!("{field} {}", wanted.as_ref()?))
        };
        let told: Vec<_> = fields.into_iter().filter_map(told).collect();
        f.write_str(if told.is_empty() { "anything" } else { "" })?;
        f.write_str(&told.join(", "))
    }
}

impl Emulator {
    /// The messages that fit, by the time of sending; and how many are not kept any more, which may have fitted too.
    #[must_use]
    pub fn messages(&self, query: &MessageQuery) -> (Vec<Message>, u64) {
        let (mut messages, dropped) = self.state.outbox.messages(query.organization.as_deref());
        messages.retain(|message| query.differences(message).is_empty());
        (messages, dropped)
    }

    /// Empties the outbox, all of it or what one organization has.
    pub fn forget_messages(&self, organization: Option<&str>) {
        self.state.outbox.clear(organization);
    }
}

/// `GET /__admin/outbox?to=…` → `{"messages": [{"organization", "instance", "element", "sent", "message"}], "dropped": 0}`
pub(in crate::emulator) fn messages(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let mut query = MessageQuery::new();
    for (name, value) in call.query() {
        let value = value.into_owned();
        query = match &*name {
            "to" => query.to(value),
            "from" => query.from(value),
            "subject" => query.subject(value),
            "text" => query.text(value),
            "element" => query.element(value),
            "instance" => query.instance(whole(&value)?),
            _ => query.organization(value),
        };
    }
    let (messages, dropped) = emulator.messages(&query);
    let shown = messages.iter().map(Message::to_json).collect::<Json<'_>>();
    let body = object([("messages", shown), ("dropped", dropped.into())]);
    Ok(Outcome::json(call.rule, body.to_bytes()))
}

/// `DELETE /__admin/outbox`
pub(in crate::emulator) fn forget_messages(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let organization = call.query().find(|(name, _)| name == "organization");
    emulator.forget_messages(organization.as_ref().map(|(_, secret)| &**secret));
    Ok(Outcome::json(call.rule, "{}"))
}

fn whole(value: &str) -> Result<u64, ControlError> {
    let wrong = || format!("instance must be a whole number, found {value:?}").into();
    value.parse().map_err(|_| wrong())
}
