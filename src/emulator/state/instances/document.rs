//! Instances as documents: the section of a snapshot, and what a test seeds.
//!
//! A snapshot holds tokens and configurations, for without them it could not be restored.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;
use std::time::SystemTime;

use serde_core::de::Error as _;
use serde_core::{Deserialize, Deserializer};

use super::details::Details;
use super::namespace::FIRST_ID;
use super::stored::{OrganizationInstances, Origin, RequestNumber, Stored};
use crate::catalog::{Catalog, Element};
use crate::emulator::clock::{millis, system_time};
use crate::wire::json::document::{Document, Reading};
use crate::wire::json::{Json, object};

/// An instance to be put into the state by a test, before or beside what clients create.
///
/// As JSON: `{"organization", "element", "name", "id"?, "token"?, "tags"?, "configuration"?}`.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "a seed does nothing until it is given to a server"]
pub struct Seed {
    pub(crate) organization: String,
    pub(crate) element: String,
    pub(crate) name: String,
    pub(crate) id: Option<u64>,
    pub(crate) token: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) configuration: Vec<(String, String)>,
}

impl<'de> Deserialize<'de> for Seed {
    /// From the shape that the type's documentation gives.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        Seed::read(&json, "", None).map_err(D::Error::custom)
    }
}

impl Seed {
    /// An instance of the element with this key, in the organization with this secret.
    pub fn new(
        organization: impl Into<String>,
        element: impl Into<String>,
        name: impl Into<String>,
    ) -> Self {
        let (organization, element, name) = (organization.into(), element.into(), name.into());
        Seed {
            organization,
            element,
            name,
            ..Seed::default()
        }
    }

    /// With this id instead of the next one.
    pub fn id(mut self, id: u64) -> Self {
        self.id = Some(id);
        self
    }

    /// With this token instead of one derived from the seed.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// With one tag more.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// With one configuration entry more.
    pub fn entry(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.configuration.push((key.into(), value.into()));
        self
    }

    /// Reads the shape that the type's documentation gives.
    ///
    /// With a `limit` the organization need not be said, and none but this one may be.
    pub(crate) fn read(json: &Json<'_>, path: &str, limit: Option<&str>) -> Reading<Self> {
        let known = [
            "organization",
            "element",
            "name",
            "id",
            "token",
            "tags",
            "configuration",
        ];
        let document = Document::read(json, path, &known)?;
        let text = |name| document.required_text(name).map(str::to_owned);
        let organization = match (document.text("organization")?, limit) {
            (None, Some(limit)) => limit.to_owned(),
            (Some(said), Some(limit)) if said != limit => {
                let at = document.at("organization");
                return Err(format!("{at} is another one than the call is limited to"));
            }
            _ => text("organization")?,
        };
        Ok(Seed {
            organization,
            element: text("element")?,
            name: text("name")?,
            id: document.whole("id")?,
            token: document.text("token")?.map(str::to_owned),
            tags: read_tags(&document)?,
            configuration: read_configuration(&document)?,
        })
    }
}

impl Seed {
    /// Checks that an instance can be made of it; `path` stands before the name of the member at fault.
    pub(crate) fn check(&self, path: &str) -> Reading<()> {
        let texts = [
            ("organization", Some(&self.organization)),
            ("name", Some(&self.name)),
            ("token", self.token.as_ref()),
        ];
        let blank = texts
            .into_iter()
            .find(|(_, text)| text.is_some_and(|text| text.trim().is_empty()));
        if let Some((name, _)) = blank {
            return Err(format!("{path}{name} must not be blank"));
        }
        check_id(self.id.unwrap_or(FIRST_ID), &format!("{path}id"))
    }
}

/// The largest id that may be chosen: every JSON reader takes it for a whole number.
const MAX_ID: u64 = (1 << 53) - 1;

/// Ids stay where every language's JSON numbers are exact, and there is always a next one.
fn check_id(id: u64, path: &str) -> Reading<()> {
    if (1..=MAX_ID).contains(&id) {
        return Ok(());
    }
    Err(format!("{path} must be from 1 to {MAX_ID}, found {id}"))
}

/// `[{"organization", "nextId", "instances": […]}]`
pub(super) fn to_json(sections: &[OrganizationInstances]) -> Json<'static> {
    sections.iter().map(section_json).collect()
}

fn section_json(section: &OrganizationInstances) -> Json<'static> {
    object([
        ("organization", section.organization.to_string().into()),
        ("nextId", section.next_id.into()),
        (
            "instances",
            section
                .instances
                .iter()
                .map(|stored| instance_json(stored))
                .collect(),
        ),
    ])
}

fn instance_json(stored: &Stored) -> Json<'static> {
    let places = stored.configuration().places(&stored.element);
    let entries =
        places.map(|(key, value)| (key.to_owned().into(), value.map(str::to_owned).into()));
    let moment = |at| humantime::format_rfc3339_millis(system_time(at)).to_string();
    let tags = stored.details.labels().tags();
    let tags =
        tags.map(|tags| -> Json<'static> { tags.map(|tag| tag.to_owned().into()).collect() });
    object([
        ("id", stored.id.into()),
        ("element", stored.element.key().to_owned().into()),
        ("token", stored.token.to_string().into()),
        ("name", stored.name().to_owned().into()),
        ("tags", tags.into()),
        ("configuration", Json::Object(entries.collect())),
        ("disabled", stored.disabled.into()),
        ("created", moment(stored.created).into()),
        ("updated", moment(stored.updated).into()),
    ])
}

/// Reads the section of a snapshot; it is checked against the catalog and for ids and tokens that come twice.
pub(super) fn read(json: &Json<'_>, catalog: &Catalog) -> Reading<Vec<OrganizationInstances>> {
    let found = || format!("organizations must be an array, found {}", json.kind());
    let sections = json.as_array().ok_or_else(found)?.iter().enumerate();
    let sections: Vec<_> = sections
        .map(|(at, json)| read_section(json, &format!("organizations[{at}]"), catalog))
        .collect::<Reading<_>>()?;
    let organizations = sections.iter().zip(0..).map(|(section, at)| {
        let path = format!("organizations[{at}].organization");
        (path, &*section.organization)
    });
    check_distinct(organizations)?;
    let tokens = sections.iter().zip(0..).flat_map(|(section, of)| {
        let tokens = section.instances.iter().zip(0..);
        tokens.map(move |(stored, at)| {
            let path = format!("organizations[{of}].instances[{at}].token");
            (path, &*stored.token)
        })
    });
    check_distinct(tokens)?;
    Ok(sections)
}

fn read_section(json: &Json<'_>, path: &str, catalog: &Catalog) -> Reading<OrganizationInstances> {
    let document = Document::read(json, path, &["organization", "nextId", "instances"])?;
    let organization = document.required_text("organization")?.into();
    let instances = document.array("instances")?.iter().enumerate();
    let instances: Vec<_> = instances
        .map(|(at, json)| {
            read_instance(json, &document.at(&format!("instances[{at}]")), catalog).map(Arc::new)
        })
        .collect::<Reading<_>>()?;
    let ids = instances.iter().zip(0..);
    let ids = ids.map(|(stored, at)| (document.at(&format!("instances[{at}].id")), stored.id));
    check_distinct(ids)?;
    let after_last = instances
        .iter()
        .map(|stored| stored.id.saturating_add(1))
        .max()
        .unwrap_or(FIRST_ID);
    let next_id = document.whole("nextId")?.unwrap_or(FIRST_ID);
    let (path, last) = (document.at("nextId"), MAX_ID + 1);
    if !(1..=last).contains(&next_id) {
        return Err(format!("{path} must be from 1 to {last}, found {next_id}"));
    }
    let next_id = next_id.max(after_last);
    Ok(OrganizationInstances {
        organization,
        next_id,
        instances,
    })
}

fn read_instance(json: &Json<'_>, path: &str, catalog: &Catalog) -> Reading<Stored> {
    let known = [
        "id",
        "element",
        "token",
        "name",
        "tags",
        "configuration",
        "disabled",
        "created",
        "updated",
    ];
    let document = Document::read(json, path, &known)?;
    let element = element(
        document.required_text("element")?,
        &document.at("element"),
        catalog,
    )?;
    let entries = read_places(&document)?;
    let entries = entries
        .iter()
        .map(|(key, value)| (&**key, value.as_deref()));
    let moment = |name| {
        Ok::<_, String>(millis(
            document.moment(name)?.unwrap_or(SystemTime::UNIX_EPOCH),
        ))
    };
    let id = document.required_whole("id")?;
    check_id(id, &document.at("id"))?;
    let tags = match document.get("tags") {
        None => None,
        Some(_) => Some(read_tags(&document)?),
    };
    Ok(Stored {
        id,
        token: document.required_text("token")?.into(),
        details: Details::pack_places(
            document.required_text("name")?,
            tags.as_deref(),
            &element,
            entries,
        ),
        disabled: document.flag("disabled")?.unwrap_or_default(),
        created: moment("created")?,
        updated: moment("updated")?,
        origin: Origin::Seeded,
        request: RequestNumber::default(),
        element,
    })
}

/// The element of a document, which the catalog must have.
pub(crate) fn element(key: &str, path: &str, catalog: &Catalog) -> Reading<Arc<Element>> {
    let unknown = || {
        let hint = catalog
            .nearest(key)
            .map_or(String::new(), |near| format!("; did you mean {near}?"));
        format!("{path}: the catalog has no element {key:?}{hint}")
    };
    catalog.find(key).cloned().ok_or_else(unknown)
}

fn read_tags(document: &Document<'_>) -> Reading<Vec<String>> {
    let tags = document.array("tags")?.iter().enumerate().map(|(at, tag)| {
        let wrong = || format!("{} must be text", document.at(&format!("tags[{at}]")));
        tag.as_str().map(str::to_owned).ok_or_else(wrong)
    });
    tags.collect()
}

fn read_configuration(document: &Document<'_>) -> Reading<Vec<(String, String)>> {
    let entries = document.object("configuration")?.into_iter().flatten();
    let entries = entries.map(|(key, value)| Ok((key.to_string(), text(document, key, value)?)));
    entries.collect()
}

/// The same where `null` keeps the place of an entry that was unset.
fn read_places(document: &Document<'_>) -> Reading<Vec<(String, Option<String>)>> {
    let entries = document.object("configuration")?.into_iter().flatten();
    let entries = entries.map(|(key, value)| {
        let value = match value {
            Json::Null => None,
            value => Some(text(document, key, value)?),
        };
        Ok((key.to_string(), value))
    });
    entries.collect()
}

fn text(document: &Document<'_>, key: &str, value: &Json<'_>) -> Reading<String> {
    let path = || document.at(&format!("configuration.{key}"));
    let text = value.as_str().map(str::to_owned);
    text.ok_or_else(|| format!("{} must be text", path()))
}

/// The path of what comes twice is told and not the text: organizations and tokens are secrets.
fn check_distinct<T: Hash + Eq>(mut values: impl Iterator<Item = (String, T)>) -> Reading<()> {
    let mut seen = HashSet::new();
    match values.find_map(|(path, value)| (!seen.insert(value)).then_some(path)) {
        Some(path) => Err(format!("{path} comes twice")),
        None => Ok(()),
    }
}
