//! A catalog fixture: one element, what its guide documents and what it demands, as one JSON file.
//!
//! The file's members, in this order: `format` (1, may be left out), `guides` (the documents it was read from),
//! `instance` (the documented response as a whole, in the `element` spelling), `hub` and `authentication` (where the
//! response does not say them), `configuration` (the entries, required and optional), `samples` (the documented
//! requests), `resources` (the calls under an instance's token). Only `instance` and `configuration` must be there.
//! `fixtures/element.schema.json` is the same as a JSON Schema. A member whose name begins with `//` is a comment.
//! Deliberately not lenient: a member nobody knows is a typing error, and is refused with its line.

mod located;
mod read;
mod template;

use std::fmt;

pub(crate) use read::TAKEN_WORDS;
pub(super) use read::resources_by_key;

use super::resource::ResourceSpec;
use crate::wire::json::{Json, object};

/// The version of the file format that is read and written.
pub const FORMAT: u64 = 1;

/// The knowledge of a catalog about one element.
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
    pub(super) instance: Json<'static>,
    id: u64,
    key: String,
    hub: Option<String>,
    pub(super) authentication: Option<String>,
    pub(super) configuration: Vec<Entry>,
    samples: Vec<Sample>,
    pub(super) resources: Vec<ResourceSpec>,
}

/// One configuration entry of an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The entry's key, as a request spells it.
    pub key: String,
    /// The name of the entry, where the fixture has one.
    pub name: Option<String>,
    /// The entry's type, such as `PASSWORD`, where the fixture says so.
    pub kind: Option<String>,
    /// `true` if a request without it is refused.
    pub required: bool,
    /// `true` if nothing but its presence in a sample says that it is required.
    pub assumed: bool,
    /// `true` if its value may be an object or an array.
    pub structured: bool,
    /// The value an absent entry has, where the fixture says so.
    pub default: Option<String>,
}

/// A documented request.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The name in the guide.
    pub title: String,
    /// The path it is sent to, below the base path.
    pub path: String,
    /// Its body, in the `element` spelling.
    pub body: Json<'static>,
}

/// The reason for which a fixture is refused, and its line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FixtureError {
    /// The line, from 1.
    pub line: usize,
    /// The problem there.
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

    /// The text of a fixture to start from, with comments: an element with this key that is served as it stands.
    ///
    /// ```
    /// use mock_ce::catalog::fixture::Fixture;
    ///
    /// let fixture = Fixture::parse(&Fixture::template("pigeon"))?;
    /// assert_eq!(fixture.key(), "pigeon");
    /// # Ok::<(), mock_ce::catalog::fixture::FixtureError>(())
    /// ```
    #[must_use]
    pub fn template(key: &str) -> String {
        template::text(key)
    }

    /// A fixture from its parts, checked as a file is.
    #[cfg(feature = "guide")]
    pub(super) fn build(
        guides: Vec<String>,
        instance: Json<'static>,
        configuration: Vec<Entry>,
        samples: Vec<Sample>,
        resources: Vec<ResourceSpec>,
    ) -> Result<Self, FixtureError> {
        let unchecked = Fixture {
            guides,
            instance,
            id: 0,
            key: String::new(),
            hub: None,
            authentication: None,
            configuration,
            samples,
            resources,
        };
        Fixture::parse(&unchecked.to_text())
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

    /// The hub, where the fixture says one beside the response.
    #[must_use]
    pub fn hub(&self) -> Option<&str> {
        self.hub.as_deref()
    }

    /// The way in which instances authenticate (`oauth2`, `oauth1`, `basic`, …), where the fixture says so.
    #[must_use]
    pub fn authentication(&self) -> Option<&str> {
        self.authentication.as_deref()
    }

    /// The resources that instances have.
    #[must_use]
    pub fn resources(&self) -> &[ResourceSpec] {
        &self.resources
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
        let guides = self.guides.iter().cloned().map(Json::from);
        let text = |text: &Option<String>| text.clone().map(Json::from);
        let authentication = text(&self.authentication).map(|kind| object([("type", kind)]));
        let resources = self.resources.iter().map(ResourceSpec::to_json);
        said([
            ("format", Some(Json::from(FORMAT))),
            ("guides", Some(guides.collect())),
            ("instance", Some(self.instance.clone())),
            ("hub", text(&self.hub)),
            ("authentication", authentication),
            (
                "configuration",
                Some(self.configuration.iter().map(Entry::to_json).collect()),
            ),
            (
                "samples",
                Some(self.samples.iter().map(Sample::to_json).collect()),
            ),
            (
                "resources",
                (!self.resources.is_empty()).then(|| resources.collect()),
            ),
        ])
    }

    /// The text of the file, indented for review and ending in a line break.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{}\n", self.to_json().to_pretty())
    }
}

/// An object of the members that have a value.
fn said<const N: usize>(members: [(&'static str, Option<Json<'static>>); N]) -> Json<'static> {
    let members = members.into_iter();
    Json::Object(
        members
            .filter_map(|(name, value)| Some((name.into(), value?)))
            .collect(),
    )
}

impl Entry {
    fn to_json(&self) -> Json<'static> {
        let text = |text: &Option<String>| text.clone().map(Json::from);
        let flag = |flag: bool| flag.then_some(Json::from(true));
        said([
            ("key", Some(Json::from(self.key.clone()))),
            ("name", text(&self.name)),
            ("type", text(&self.kind)),
            ("required", Some(Json::from(self.required))),
            ("assumed", flag(self.assumed)),
            ("structured", flag(self.structured)),
            ("default", text(&self.default)),
        ])
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
    use crate::catalog::resource::ResourceMethod;

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
  "hub": "post",
  "authentication": {
    "type": "basic"
  },
  "configuration": [
    {
      "key": "pigeon.loft",
      "name": "Loft",
      "type": "TEXTFIELD_32",
      "required": true,
      "assumed": true,
      "default": "roof"
    },
    {
      "key": "pigeon.wing",
      "required": false,
      "structured": true
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
  ],
  "resources": [
    {
      "path": "/letters",
      "methods": [
        "create",
        "retrieve"
      ],
      "row": {
        "number": 1,
        "text": "Coo"
      },
      "id": "number",
      "required": [
        "text"
      ],
      "echoed": [
        "text"
      ],
      "sets": {
        "sent": "{now}"
      },
      "defaults": {
        "weight": 1
      },
      "pageSize": 20,
      "seeded": 4
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
    fn a_resource_that_says_little_has_the_defaults_of_the_format() {
        let resources = r#""resources": [{"path": "/x", "methods": ["list"], "row": {"id": "1"}}],
            "configuration": [], "instance": {"id": 1, "name": "", "token": "t", "element": {"id": 7, "key": "k"}}"#;
        let fixture = Fixture::parse(&format!("{{{resources}}}")).unwrap();
        let row = Json::parse(br#"{"id": "1"}"#).unwrap().into_owned();
        let expected = ResourceSpec::new("/x".to_owned(), vec![ResourceMethod::List], row);
        assert_eq!(fixture.resources(), [expected]);
    }

    #[test]
    fn what_a_hand_written_fixture_leaves_out_is_empty() {
        let text = r#"{"configuration": [], "instance": {"id": 1, "name": "", "token": "t",
            "element": {"id": 7, "key": "k"}}}"#;
        let fixture = Fixture::parse(text).unwrap();
        assert_eq!((fixture.guides(), fixture.samples()), (&[][..], &[][..]));
        assert_eq!(fixture.resources(), []);
        assert_eq!(fixture.element().to_string(), r#"{"id":7,"key":"k"}"#);
    }
}
