//! Recorded traffic: what a cassette is, and the ways into and out of one.
//!
//! A cassette is one JSON document that people can review: the upstream, the day, and every interaction in order. It
//! keeps only what is known to be harmless, because an [`Interaction`] can only be made by a [`Redactor`] or read from a
//! cassette. Deliberately without sockets: the recorder records, and the emulator answers from a cassette.
//!
//! A recording under way keeps its interactions in a journal beside the file, which [`Cassette::load`] reads too: so
//! nothing that was written is lost when the process is killed. A lock on it keeps a second recorder away.
//!
#![doc = include_str!("../docs/cassettes.md")]

mod difference;
mod disk;
#[cfg(feature = "recorder")]
mod drift;
mod encoding;
mod error;
mod finding;
mod format;
#[cfg(feature = "recorder")]
mod har;
mod message;
mod miss;
mod placeholder;
mod policy;
mod redact;
mod replay;
mod request_match;
mod seal;
mod selector;
mod sought;
mod unpaired;
mod walk;
mod words;

use std::time::SystemTime;

pub use difference::{Difference, DifferenceKind};
pub use disk::{JournalFile, Start, Unfinished};
#[cfg(feature = "recorder")]
pub use drift::Drift;
pub use error::CassetteError;
pub use finding::Finding;
#[cfg(feature = "recorder")]
pub use har::LeftOut;
pub use message::{Exchange, Interaction};
pub use miss::Miss;
pub use policy::Policy;
pub use redact::{Leak, Redactor};
pub use replay::{Fallback, Repeat, Replay};
pub use selector::{Selector, SelectorError};

#[cfg(feature = "recorder")]
pub(crate) use disk::is_being_recorded;
pub(crate) use message::{Answered, header_map};
pub(crate) use selector::Orders;
#[cfg(test)]
pub(crate) use words::is_path_word;

use crate::wire::json::document::Document;
use crate::wire::json::{Json, Members};
use message::member;

/// The version of the format; a file of another one is refused.
pub const FORMAT: u64 = 1;

/// Recorded interactions with one upstream, without secrets.
///
/// ```
/// use mock_ce::cassette::{Cassette, Interaction};
///
/// let cassette = Cassette::new("https://api.example", "2017-03-14");
/// assert_eq!(Cassette::parse(&cassette.to_text()).unwrap(), cassette);
/// assert!(cassette.interactions().is_empty());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Cassette {
    upstream: String,
    recorded: String,
    orders: Orders,
    interactions: Vec<Interaction>,
}

impl Cassette {
    /// One without interactions, recorded on this day (`2017-03-14`).
    #[must_use]
    pub fn new(upstream: &str, recorded: &str) -> Self {
        Cassette {
            upstream: upstream.to_owned(),
            recorded: recorded.to_owned(),
            orders: Orders::default(),
            interactions: Vec::new(),
        }
    }

    /// The cassette with the places that were redacted or kept beside the defaults.
    #[must_use]
    pub fn redacted_by(mut self, policy: &Policy) -> Self {
        self.orders = policy.orders().clone();
        self
    }

    /// The service that the recorded requests went to: `https://api.example`.
    #[must_use]
    pub fn upstream(&self) -> &str {
        &self.upstream
    }

    /// The day of the recording.
    #[must_use]
    pub fn recorded(&self) -> &str {
        &self.recorded
    }

    /// Every interaction, in order.
    #[must_use]
    pub fn interactions(&self) -> &[Interaction] {
        &self.interactions
    }

    /// Adds an interaction behind all others.
    pub fn push(&mut self, interaction: Interaction) {
        self.interactions.push(interaction);
    }

    /// The policy that this cassette was redacted by: these defaults, and the places that it names itself.
    pub fn policy(&self, defaults: Policy) -> Policy {
        defaults.with(&self.orders)
    }

    /// Reads the text of a cassette.
    ///
    /// # Errors
    /// A text that is no cassette, is of another version, or was changed since it was sealed.
    pub fn parse(text: &str) -> Result<Self, CassetteError> {
        let json = parse_json(text.as_bytes())?;
        let cassette = Cassette::of_document(&json)?;
        match json.get("seal").and_then(Json::as_str) {
            Some(seal) if seal == cassette.seal() => Ok(cassette),
            _ => Err(CassetteError::BrokenSeal),
        }
    }

    /// Reads the text of a cassette whatever its seal says.
    ///
    /// # Errors
    /// A text that is no cassette, or is of another version.
    pub fn parse_unsealed(text: &str) -> Result<Self, CassetteError> {
        Cassette::of_document(&parse_json(text.as_bytes())?)
    }

    fn of_document(json: &Json<'_>) -> Result<Self, CassetteError> {
        let mut cassette = Cassette::parse_head(json)?;
        Document::read(json, "", &MEMBERS).map_err(CassetteError::malformed)?;
        let interactions = json.get("interactions").and_then(Json::as_array);
        let interactions =
            interactions.ok_or_else(|| CassetteError::malformed("interactions is not an array"))?;
        for (index, json) in interactions.iter().enumerate() {
            let named = |problem| format!("interaction {}: {problem}", index + 1);
            let read = Interaction::parse(json).map_err(named);
            cassette.push(read.map_err(CassetteError::malformed)?);
        }
        Ok(cassette)
    }

    /// All but the interactions.
    fn parse_head(json: &Json<'_>) -> Result<Self, CassetteError> {
        check_format(json)?;
        let text = |name: &str| {
            let text = json.get(name).and_then(Json::as_str);
            text.ok_or_else(|| CassetteError::malformed(format!("{name} is not text")))
        };
        let recorded = text("recorded")?;
        if !is_day(recorded) {
            let reason = "recorded is no day such as 2017-03-14";
            return Err(CassetteError::malformed(reason));
        }
        Ok(Cassette {
            orders: Orders::parse(json, "")?,
            ..Cassette::new(text("upstream")?, recorded)
        })
    }

    /// The document, sealed.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut members = self.members();
        members.push(member("seal", self.seal().into()));
        Json::Object(members).to_pretty() + "\n"
    }

    fn seal(&self) -> String {
        seal::of(&Json::Object(self.members()).to_string())
    }

    /// All but the seal.
    fn members(&self) -> Members<'_> {
        let interactions = self.interactions.iter().map(Interaction::to_json);
        let mut members = self.head();
        members.push(member("interactions", interactions.collect()));
        members
    }

    /// All but the interactions.
    fn head(&self) -> Members<'_> {
        let mut members = vec![
            member("format", FORMAT.into()),
            member("upstream", self.upstream.as_str().into()),
            member("recorded", self.recorded.as_str().into()),
        ];
        members.extend(self.orders.members(""));
        members
    }
}

/// Every member of the document: the seal does not see another one.
const MEMBERS: [&str; 7] = [
    "format",
    "upstream",
    "recorded",
    "redact",
    "keep",
    "interactions",
    "seal",
];

fn parse_json(text: &[u8]) -> Result<Json<'_>, CassetteError> {
    Json::parse(text).map_err(|problem| CassetteError::malformed(problem.to_string()))
}

fn check_format(json: &Json<'_>) -> Result<(), CassetteError> {
    match json.get("format").and_then(Json::as_u64) {
        Some(FORMAT) => Ok(()),
        Some(found) => Err(CassetteError::Format { found }),
        None => Err(CassetteError::malformed(
            "it has no member format, so it is no cassette",
        )),
    }
}

/// The day of a time: `2017-03-14`.
#[must_use]
pub fn day(at: SystemTime) -> String {
    let time = humantime::format_rfc3339_seconds(at).to_string();
    time.split('T').next().unwrap_or_default().to_owned()
}

/// Tells whether a text is a day and nothing more.
fn is_day(text: &str) -> bool {
    text.len() == "2017-03-14".len()
        && humantime::parse_rfc3339(&format!("{text}T00:00:00Z")).is_ok()
}
