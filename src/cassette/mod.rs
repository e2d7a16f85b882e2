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
mod walk;
mod words;

use std::path::Path;
use std::time::SystemTime;

use serde_core::ser::{Serialize, SerializeMap, Serializer};

pub use difference::{Difference, DifferenceKind};
pub use disk::{JournalFile, Start, Unfinished};
#[cfg(feature = "recorder")]
pub use drift::{Drift, Reply};
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
pub(crate) use message::{Answered, bytes_of_text};
#[cfg(test)]
pub(crate) use words::is_path_word;

use crate::file::behind_links;
use crate::wire::json::{Json, Members};
use disk::Line;
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
    redact: Vec<Selector>,
    keep: Vec<Selector>,
    interactions: Vec<Interaction>,
}

impl Cassette {
    /// One without interactions, recorded on this day (`2017-03-14`).
    #[must_use]
    pub fn new(upstream: &str, recorded: &str) -> Self {
        Cassette {
            upstream: upstream.to_owned(),
            recorded: recorded.to_owned(),
            redact: Vec::new(),
            keep: Vec::new(),
            interactions: Vec::new(),
        }
    }

    /// The cassette with the places that were redacted or kept beside the defaults.
    #[must_use]
    pub fn redacted_by(mut self, policy: &Policy) -> Self {
        self.redact = policy.redacted().to_vec();
        self.keep = policy.kept().to_vec();
        self
    }

    /// Where the recorded requests went: `https://api.example`.
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
        let policy = self.redact.iter().cloned().fold(defaults, Policy::redact);
        self.keep.iter().cloned().fold(policy, Policy::keep)
    }

    /// Reads a cassette file, with the interactions that a recording beside it has added and not folded in yet.
    ///
    /// A recording that would replace the cassette and has not ended leaves it as it is; [`Cassette::unfinished`] tells.
    ///
    /// # Errors
    /// A file that cannot be read, is no cassette, is of another version, or was changed since it was sealed.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, CassetteError> {
        disk::load(&behind_links(path.as_ref()))
    }

    /// The recording beside a cassette file that has not ended, if there is one.
    ///
    /// # Errors
    /// A file that cannot be read, or is no cassette.
    pub fn unfinished(path: impl AsRef<Path>) -> Result<Option<Unfinished>, CassetteError> {
        disk::unfinished(&behind_links(path.as_ref()))
    }

    /// Seals a cassette file that was changed, and is trusted as it is; what a recording has left is folded into it.
    ///
    /// # Errors
    /// A file that cannot be read or written, is no cassette, is of another version, or is being recorded into.
    pub fn reseal(path: impl AsRef<Path>) -> Result<(), CassetteError> {
        disk::reseal(&behind_links(path.as_ref()))
    }

    /// Writes the file whole or not at all, for its owner only.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), CassetteError> {
        disk::save(path.as_ref(), self)
    }

    /// Reads the text of a cassette.
    ///
    /// # Errors
    /// A text that is no cassette, is of another version, or was changed since it was sealed.
    pub fn parse(text: &str) -> Result<Self, CassetteError> {
        let (cassette, seal) = Cassette::parse_unsealed(text)?;
        match seal {
            Some(seal) if seal == cassette.seal() => Ok(cassette),
            _ => Err(CassetteError::BrokenSeal),
        }
    }

    /// Reads the text of a cassette whatever its seal says, which is returned as it stands there.
    ///
    /// # Errors
    /// A text that is no cassette, or is of another version.
    pub fn parse_unsealed(text: &str) -> Result<(Self, Option<String>), CassetteError> {
        let json = Json::parse(text.as_bytes())
            .map_err(|problem| CassetteError::malformed(problem.to_string()))?;
        let mut cassette = Cassette::parse_head(&json)?;
        let interactions = json
            .get("interactions")
            .and_then(Json::as_array)
            .ok_or_else(|| CassetteError::malformed("interactions is not an array".to_owned()))?;
        let read = |(index, json)| {
            Interaction::parse(json).map_err(|problem| {
                CassetteError::malformed(format!("interaction {}: {problem}", index + 1))
            })
        };
        cassette.interactions = interactions
            .iter()
            .enumerate()
            .map(read)
            .collect::<Result<_, _>>()?;
        let seal = json.get("seal").and_then(Json::as_str).map(str::to_owned);
        Ok((cassette, seal))
    }

    /// All but the interactions.
    fn parse_head(json: &Json<'_>) -> Result<Self, CassetteError> {
        check_format(json)?;
        let text = |name: &str| {
            let text = json.get(name).and_then(Json::as_str);
            text.ok_or_else(|| CassetteError::malformed(format!("{name} is not text")))
        };
        Ok(Cassette {
            redact: selectors(json, "redact")?,
            keep: selectors(json, "keep")?,
            ..Cassette::new(text("upstream")?, text("recorded")?)
        })
    }

    /// The document, sealed.
    #[must_use]
    pub fn to_text(&self) -> String {
        let seal = Some(self.seal());
        let text = serde_json::to_string_pretty(&Document {
            cassette: self,
            seal,
        });
        text.expect("a cassette always serialises") + "\n"
    }

    fn seal(&self) -> String {
        let document = Document {
            cassette: self,
            seal: None,
        };
        seal::of(&serde_json::to_string(&document).expect("a cassette always serialises"))
    }

    /// All but the interactions.
    fn head(&self) -> Members<'_> {
        let mut members = vec![
            member("format", FORMAT.into()),
            member("upstream", self.upstream.as_str().into()),
            member("recorded", self.recorded.as_str().into()),
        ];
        for (name, selectors) in [("redact", &self.redact), ("keep", &self.keep)] {
            if !selectors.is_empty() {
                let texts = selectors.iter().map(|selector| selector.to_string().into());
                members.push(member(name, texts.collect()));
            }
        }
        members
    }
}

/// A cassette as it is written, with its seal or without.
struct Document<'c> {
    cassette: &'c Cassette,
    seal: Option<String>,
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        for (name, value) in self.cassette.head() {
            members.serialize_entry(&name, &value)?;
        }
        let interactions: Vec<_> = self.cassette.interactions.iter().map(Line).collect();
        members.serialize_entry("interactions", &interactions)?;
        if let Some(seal) = &self.seal {
            members.serialize_entry("seal", seal)?;
        }
        members.end()
    }
}

fn check_format(json: &Json<'_>) -> Result<(), CassetteError> {
    match json.get("format").and_then(Json::as_u64) {
        Some(FORMAT) => Ok(()),
        Some(found) => Err(CassetteError::Format { found }),
        None => Err(CassetteError::malformed(
            "it has no member format, so it is no cassette".to_owned(),
        )),
    }
}

fn selectors(json: &Json<'_>, name: &str) -> Result<Vec<Selector>, CassetteError> {
    let texts = json.get(name).and_then(Json::as_array).unwrap_or_default();
    let read = texts.iter().map(|text| {
        let text = text.as_str().unwrap_or_default();
        text.parse().map_err(|problem: SelectorError| {
            CassetteError::malformed(format!("{name}: {problem}"))
        })
    });
    read.collect()
}

/// The day of a time: `2017-03-14`.
#[must_use]
pub fn day(at: SystemTime) -> String {
    let time = humantime::format_rfc3339_seconds(at).to_string();
    time.split('T').next().unwrap_or_default().to_owned()
}
