//! A catalog fixture: one element, what its guide documents and what it demands, as one JSON file.
//!
//! The file's members, in this order: `format` (1, may be left out), `guides` (the documents it was read from),
//! `instance` (the documented response as a whole, in the `element` spelling), `configuration` (the entries, required
//! and optional), `samples` (the documented requests). A fixture written by hand may leave out `guides` and `samples`.
//! Deliberately not lenient: a member nobody knows is a typing error, and is refused with its line.

mod located;
mod read;

use std::fmt;

use crate::wire::json::{Json, object};

/// The version of the file format that is read and written.
pub const FORMAT: u64 = 1;

/// What a catalog knows of one element.
///
/// ```
/// use mock_ce::catalog::fixture::Fixture;
///
/// let fixture = Fixture::parse(r#"{
///   "instance": {
///     "id": 1234, "name": "Test", "token": "c2VjcmV0=",
///     "element": { "id": 900, "name": "Pigeon", "key": "pigeon" }
///   },
///   "configuration": [ { "key": "pigeon.loft", "required": true } ]
/// }"#)?;
/// assert_eq!((fixture.id(), fixture.key()), (900, "pigeon"));
/// # Ok::<(), mock_ce::catalog::fixture::FixtureError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Fixture {
    guides: Vec<String>,
    instance: Json<'static>,
    id: u64,
    key: String,
    configuration: Vec<Entry>,
    samples: Vec<Sample>,
}

/// One configuration entry of an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The entry's key, as a request spells it.
    pub key: String,
    /// What the entry is called, where the fixture says so.
    pub name: Option<String>,
    /// The entry's type, such as `PASSWORD`, where the fixture says so.
    pub kind: Option<String>,
    /// Whether a request without it is refused.
    pub required: bool,
    /// The value an absent entry has, where the fixture says so.
    pub default: Option<String>,
}

/// A documented request.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// What the guide calls it.
    pub title: String,
    /// The path it is sent to, below the base path.
    pub path: String,
    /// Its body, in the `element` spelling.
    pub body: Json<'static>,
}

/// Why a fixture is refused, and on which line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FixtureError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub reason: String,
}

impl fmt::Display for FixtureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

impl std::error::Error for FixtureError {}

impl Fixture {
    /// Reads a fixture file.
    ///
    /// # Errors
    /// The first problem and its line: text that is not JSON, a member that is missing, unknown, repeated or of the
    /// wrong type.
    pub fn parse(text: &str) -> Result<Self, FixtureError> {
        read::fixture(text)
    }

    /// The names of the documents it was read from.
    #[must_use]
    pub fn guides(&self) -> &[String] {
        &self.guides
    }

    /// The documented response to a provisioning request.
    #[must_use]
    pub fn instance(&self) -> &Json<'static> {
        &self.instance
    }

    /// The element as the documented response shows it.
    #[must_use]
    pub fn element(&self) -> &Json<'static> {
        self.instance
            .get("element")
            .expect("a fixture's instance has an element")
    }

    /// The element's id.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The element's key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The configuration entries, the minimum payload's first.
    #[must_use]
    pub fn configuration(&self) -> &[Entry] {
        &self.configuration
    }

    /// The documented requests.
    #[must_use]
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// The fixture as the file holds it.
    #[must_use]
    pub fn to_json(&self) -> Json<'static> {
        file(
            &self.guides,
            self.instance.clone(),
            &self.configuration,
            &self.samples,
        )
    }

    /// The text of the file, indented for review and ending in a line break.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{}\n", self.to_json().to_pretty())
    }
}

/// A fixture file from its parts, which nobody has checked yet.
pub(super) fn file(
    guides: &[String],
    instance: Json<'static>,
    configuration: &[Entry],
    samples: &[Sample],
) -> Json<'static> {
    let guides = guides.iter().cloned().map(Json::from);
    object([
        ("format", Json::from(FORMAT)),
        ("guides", guides.collect()),
        ("instance", instance),
        (
            "configuration",
            configuration.iter().map(Entry::to_json).collect(),
        ),
        ("samples", samples.iter().map(Sample::to_json).collect()),
    ])
}

impl Entry {
    fn to_json(&self) -> Json<'static> {
        let text = |text: &Option<String>| text.clone().map(Json::from);
        let members = [
            ("key", Some(Json::from(self.key.clone()))),
            ("name", text(&self.name)),
            ("type", text(&self.kind)),
            ("required", Some(Json::from(self.required))),
            ("default", text(&self.default)),
        ];
        let said = members
            .into_iter()
            .filter_map(|(name, value)| Some((name.into(), value?)));
        Json::Object(said.collect())
    }
}

impl Sample {
    fn to_json(&self) -> Json<'static> {
        object([
            ("title", Json::from(self.title.clone())),
            ("path", Json::from(self.path.clone())),
            ("body", self.body.clone()),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const WHOLE: &str = r#"{
  "format": 1,
  "guides": [
    "pigeon.md"
  ],
  "instance": {
    "id": 1234,
    "name": "Test",
    "token": "c2VjcmV0=",
    "element": {
      "id": 900,
      "name": "Pigeon",
      "key": "pigeon"
    },
    "valid": true
  },
  "configuration": [
    {
      "key": "pigeon.loft",
      "name": "Loft",
      "type": "TEXTFIELD_32",
      "required": true,
      "default": "roof"
    },
    {
      "key": "pigeon.wing",
      "required": false
    }
  ],
  "samples": [
    {
      "title": "Minimum",
      "path": "/instances",
      "body": {
        "element": {
          "key": "pigeon"
        },
        "tags": []
      }
    }
  ]
}
"#;

    #[test]
    fn a_fixture_survives_a_round_trip() {
        let fixture = Fixture::parse(WHOLE).unwrap();
        assert_eq!(fixture.to_text(), WHOLE);
        assert_eq!(Fixture::parse(&fixture.to_text()).unwrap(), fixture);
    }

    #[test]
    fn what_a_hand_written_fixture_leaves_out_is_empty() {
        let text = r#"{"configuration": [], "instance": {"id": 1, "name": "", "token": "t",
            "element": {"id": 7, "key": "k"}}}"#;
        let fixture = Fixture::parse(text).unwrap();
        assert_eq!((fixture.guides(), fixture.samples()), (&[][..], &[][..]));
        assert_eq!(fixture.element().to_string(), r#"{"id":7,"key":"k"}"#);
    }
}
