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
    use rstest::rstest;

    const WHOLE: &str = r#"{
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

    #[rstest]
    #[case::not_json("\"valid\": true", "\"valid\" true", 15, "column 13: expected `:`")]
    #[case::not_an_object(WHOLE, "\n[]", 2, "the fixture must be an object, found an array")]
    #[case::other_format("\"format\": 1", "\"format\": 2", 2, "\"format\" must be 1, found 2")]
    #[case::unknown_member(
        "\"guides\"",
        "\"guide\"",
        3,
        "unknown member \"guide\", did you mean \"guides\"?"
    )]
    #[case::far_unknown_member(
        "\"guides\"",
        "\"weather\"",
        3,
        "unknown member \"weather\"; known are \"format\""
    )]
    #[case::guides_not_an_array(
        "[\n    \"pigeon.md\"\n  ]",
        "1",
        3,
        "\"guides\" must be an array, found a number"
    )]
    #[case::guide_not_text(
        "\"pigeon.md\"",
        "1",
        4,
        "each of \"guides\" must be text, found a number"
    )]
    #[case::no_instance("\"instance\"", "\"guides2\"", 6, "unknown member \"guides2\"")]
    #[case::instance_without_token("\"token\"", "\"tokens\"", 6, "\"instance\" has no \"token\"")]
    #[case::element_text(
        "\"element\": {\n      \"id\": 900,",
        "\"element\": 5, \"other\": {\n",
        10,
        "\"instance.element\" must be an object, found a number"
    )]
    #[case::id_missing("\"id\": 900,\n", "\n", 10, "\"instance.element\" has no \"id\"")]
    #[case::id_not_an_integer(
        "\"id\": 900",
        "\"id\": \"900\"",
        11,
        "\"instance.element.id\" must be a whole number, found text"
    )]
    #[case::id_broken(
        "\"id\": 900",
        "\"id\": 9.5",
        11,
        "\"instance.element.id\" must be a whole number, found 9.5"
    )]
    #[case::key_missing(
        "\"key\": \"pigeon\"\n    }",
        "\"k\": 1 }",
        10,
        "\"instance.element\" has no \"key\""
    )]
    #[case::key_blank(
        "\"key\": \"pigeon\"\n    }",
        "\"key\": \" \" }",
        13,
        "\"instance.element.key\" is blank"
    )]
    #[case::entry_without_key(
        "\"key\": \"pigeon.loft\",",
        "",
        18,
        "an entry of \"configuration\" has no \"key\""
    )]
    #[case::entry_without_required(
        "\"required\": true,",
        "",
        18,
        "an entry of \"configuration\" has no \"required\""
    )]
    #[case::entry_not_an_object(
        "\"configuration\": [",
        "\"configuration\": [ 5,",
        17,
        "an entry of \"configuration\" must be an object, found a number"
    )]
    #[case::entry_unknown(
        "\"default\"",
        "\"defualt\"",
        23,
        "unknown member \"defualt\", did you mean \"default\"?"
    )]
    #[case::required_text(
        "\"required\": false",
        "\"required\": \"no\"",
        27,
        "\"required\" must be true or false, found text"
    )]
    #[case::default_number("\"roof\"", "1", 23, "\"default\" must be text, found a number")]
    #[case::repeated_key(
        "pigeon.wing",
        "pigeon.loft",
        26,
        "the key \"pigeon.loft\" appears twice, first on line 19"
    )]
    #[case::repeated_member("\"valid\"", "\"id\"", 15, "column 8: the member \"id\" appears twice")]
    #[case::sample_without_body(
        "\"body\"",
        "\"bdy\"",
        34,
        "unknown member \"bdy\", did you mean \"body\"?"
    )]
    fn what_is_wrong_is_refused_with_its_line(
        #[case] from: &str,
        #[case] to: &str,
        #[case] line: usize,
        #[case] reason: &str,
    ) {
        assert!(WHOLE.contains(from), "the case changes something");
        let error = Fixture::parse(&WHOLE.replacen(from, to, 1)).unwrap_err();
        assert!(error.reason.starts_with(reason), "{error}");
        assert_eq!(error.line, line, "{error}");
    }

    #[rstest]
    #[case::instance(
        "{\n\"instance\":\n[]}",
        3,
        "\"instance\" must be an object, found an array"
    )]
    #[case::configuration(
        "{\"configuration\": {\n}, \"instance\": I}",
        1,
        "\"configuration\" must be an array, found an object"
    )]
    #[case::samples(
        "{\"instance\": I, \"configuration\": [],\n\"samples\": null}",
        2,
        "\"samples\" must be an array, found null"
    )]
    #[case::body(
        "{\"instance\": I, \"configuration\": [],\n\"samples\": [{\"title\": \"t\", \"path\": \"/\",\n\"body\": 1}]}",
        3,
        "\"body\" must be an object, found a number"
    )]
    #[case::path(
        "{\"instance\": I, \"configuration\": [],\n\"samples\": [{\"title\": \"t\", \"body\": {}, \"path\": \"x\"}]}",
        2,
        "\"path\" must start with \"/\", found \"x\""
    )]
    #[case::escaped_name(
        "{\n\"gu\\u0069d\": 1}",
        2,
        "unknown member \"guid\", did you mean \"guides\"?"
    )]
    #[case::no_configuration("\n{\"instance\": I}", 2, "the fixture has no \"configuration\"")]
    #[case::no_instance("{\"configuration\": []}", 1, "the fixture has no \"instance\"")]
    fn what_has_the_wrong_kind_is_refused_with_its_line(
        #[case] text: &str,
        #[case] line: usize,
        #[case] reason: &str,
    ) {
        let instance = r#"{"id": 1, "name": "", "token": "", "element": {"id": 1, "key": "k"}}"#;
        let error = Fixture::parse(&text.replace('I', instance)).unwrap_err();
        assert_eq!((error.line, error.reason.as_str()), (line, reason));
    }
}
