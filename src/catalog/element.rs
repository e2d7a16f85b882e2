//! One element, with everything made ready that an answer about it needs.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use once_cell::sync::OnceCell;

use super::Catalog;
use super::builtin;
use super::fixture::{Entry, Fixture};
use super::resource::ResourceSpec;
use crate::wire::instance::{Template, platform_response};
use crate::wire::json::{Json, Members, object};
use crate::wire::vocabulary::{Dialect, is_secret_key, member};

/// One element: what the API shows of it, and what provisioning demands.
///
/// Everything but its id and its key is made at first use: most programs that start a server ask for one element.
#[derive(Debug)]
pub struct Element {
    id: u64,
    key: Cow<'static, str>,
    /// The fixture of one that comes with the program.
    text: &'static str,
    description: OnceCell<Description>,
    resources: OnceCell<(Arc<[ResourceSpec]>, ResourceOrigin)>,
    faces: [Face; 2],
}

/// The parts of a fixture that answers are made of.
#[derive(Debug)]
struct Description {
    instance: Members<'static>,
    name: Box<str>,
    hub: Option<Box<str>>,
    authentication: Option<Box<str>>,
    entries: Vec<Entry>,
    resources: Vec<ResourceSpec>,
}

/// The place where an element's resources are declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceOrigin {
    /// In its fixture, or in the data that comes with the program.
    Declared,
    /// Nowhere: it has those of its hub (rule `generic-names`).
    Hub,
}

/// A version of OAuth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OAuthVersion {
    One,
    Two,
}

/// An element's answers in one dialect.
#[derive(Debug, Default)]
struct Face {
    documented: OnceCell<Template>,
    platform: OnceCell<Template>,
    object: OnceCell<Bytes>,
}

impl Element {
    pub(crate) fn new(fixture: &Fixture) -> Self {
        let key = fixture.key().to_owned().into();
        let description = OnceCell::with_value(Description::new(fixture.clone()));
        Element {
            description,
            ..Element::unread(fixture.id(), key, "")
        }
    }

    /// One that comes with the program; its fixture is read at first use.
    pub(super) fn built_in(id: u64, key: &'static str, text: &'static str) -> Self {
        Element::unread(id, key.into(), text)
    }

    fn unread(id: u64, key: Cow<'static, str>, text: &'static str) -> Self {
        Element {
            id,
            key,
            text,
            description: OnceCell::new(),
            resources: OnceCell::new(),
            faces: Default::default(),
        }
    }

    fn description(&self) -> &Description {
        self.description.get_or_init(|| {
            let fixture = Fixture::parse(self.text);
            Description::new(fixture.expect("the documented catalog is read by a test"))
        })
    }

    /// The id: `6`.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The key: `"sendgrid"`.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The name: `"SendGrid"`; the key where the catalog says none.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.description().name
    }

    /// The configuration entries that the catalog knows, the required ones first.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.description().entries
    }

    /// The hub: `messaging`. The response's wins, then the fixture's, then the first word of the configuration keys.
    #[must_use]
    pub fn hub(&self) -> Option<&str> {
        self.description().hub.as_deref()
    }

    /// The way in which instances authenticate (`oauth2`, `oauth1`, `basic`, …), where the fixture says so.
    #[must_use]
    pub fn authentication(&self) -> Option<&str> {
        self.description().authentication.as_deref()
    }

    /// The version of OAuth that instances authenticate by (rule `oauth-kind`).
    pub(crate) fn oauth(&self) -> Option<OAuthVersion> {
        match self.authentication() {
            Some("oauth1") => Some(OAuthVersion::One),
            Some("oauth2") => Some(OAuthVersion::Two),
            _ => None,
        }
    }

    /// The resources that instances have.
    #[must_use]
    pub fn resources(&self) -> &[ResourceSpec] {
        &self.resolved_resources().0
    }

    /// The place where its resources are declared.
    #[must_use]
    pub fn resource_origin(&self) -> ResourceOrigin {
        self.resolved_resources().1
    }

    /// The entry with this key.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().get(self.position(key)?)
    }

    /// The position in [`Element::entries`] of the entry with this key.
    pub(crate) fn position(&self, key: &str) -> Option<usize> {
        self.entries().iter().position(|entry| entry.key == key)
    }

    /// Tells whether it comes with the program.
    #[must_use]
    pub fn is_built_in(&self) -> bool {
        let mut built_in = Catalog::documented().elements().iter();
        built_in.any(|element| std::ptr::eq(&**element, self))
    }

    /// The resources that the fixture declares, else those known of the key, else those of the hub.
    fn resolved_resources(&self) -> &(Arc<[ResourceSpec]>, ResourceOrigin) {
        self.resources.get_or_init(|| {
            let declared = &self.description().resources;
            if !declared.is_empty() {
                return (declared.as_slice().into(), ResourceOrigin::Declared);
            }
            match builtin::of_element(&self.key) {
                Some(known) => (known, ResourceOrigin::Declared),
                None => (builtin::of_hub(self.hub()), ResourceOrigin::Hub),
            }
        })
    }

    /// A documented instance of it.
    pub(crate) fn documented(&self, dialect: Dialect) -> &Template {
        let compiled = &self.faces[dialect as usize].documented;
        compiled.get_or_init(|| Template::compile(&self.description().instance, dialect))
    }

    /// The same in the platform's later shape, as far as it is alike for all instances.
    pub(crate) fn platform(&self, dialect: Dialect) -> &Template {
        let compiled = &self.faces[dialect as usize].platform;
        compiled.get_or_init(|| {
            let response = platform_response(&self.description().instance, self.hub());
            Template::compile(&response, dialect)
        })
    }

    /// The element itself.
    pub(crate) fn object(&self, dialect: Dialect) -> &Bytes {
        let made = &self.faces[dialect as usize].object;
        made.get_or_init(|| {
            let description = self.description();
            let shown = description
                .shown()
                .expect("a fixture's instance has an element");
            element_object(dialect, shown, &description.entries)
                .to_string()
                .into()
        })
    }

    /// Tells whether the value of an entry is never shown.
    pub(crate) fn hides(&self, key: &str) -> bool {
        is_secret_key(key) || self.entry(key).is_some_and(is_password)
    }
}

impl Description {
    fn new(fixture: Fixture) -> Self {
        let shown = |name| fixture.element().get(name).and_then(Json::as_str);
        let derived = || derived_hub(fixture.key(), fixture.configuration());
        let hub = shown(member::HUB).or(fixture.hub()).or_else(derived);
        let (hub, name) = (hub.map(Box::from), shown(member::NAME));
        let name = name.unwrap_or(fixture.key()).into();
        let Json::Object(instance) = fixture.instance else {
            unreachable!("a fixture's instance is an object");
        };
        Description {
            instance,
            name,
            hub,
            authentication: fixture.authentication.map(Box::from),
            entries: fixture.configuration,
            resources: fixture.resources,
        }
    }

    /// The element as the documented response shows it.
    fn shown(&self) -> Option<&Members<'static>> {
        let mut members = self.instance.iter();
        members
            .find(|(name, _)| name == member::ELEMENT)?
            .1
            .as_object()
    }
}

fn is_password(entry: &Entry) -> bool {
    entry
        .kind
        .as_deref()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("password"))
}

/// The hub that a guide leaves unsaid: the first word of its configuration keys, unless that is the element's own key.
fn derived_hub<'a>(key: &str, entries: &'a [Entry]) -> Option<&'a str> {
    let (hub, _) = entries.first()?.key.split_once('.')?;
    (hub != key).then_some(hub)
}

/// The element as `GET /elements/{keyOrId}` shows it (rule `element-get`): as documented, plus `configuration`.
///
/// `{…, "configuration": [{"key", "name", "description", "type", "required", "defaultValue"?}]}`
fn element_object<'a>(dialect: Dialect, shown: &Members<'_>, entries: &'a [Entry]) -> Json<'a> {
    let mut object = Json::Object(shown.clone()).map_texts(&|text| dialect.spell(text));
    if let Json::Object(members) = &mut object {
        members.retain(|(name, _)| name != member::CONFIGURATION);
        members.push((
            member::CONFIGURATION.into(),
            entries.iter().map(entry_object).collect(),
        ));
    }
    object
}

fn entry_object(entry: &Entry) -> Json<'_> {
    let mut shown = object([
        (member::KEY, entry.key.as_str().into()),
        (member::NAME, entry.shown_name().into_owned().into()),
        (member::DESCRIPTION, entry.key.as_str().into()),
        (member::TYPE, entry.shown_kind().into()),
        (member::REQUIRED, entry.required.into()),
    ]);
    if let (Json::Object(members), Some(default)) = (&mut shown, &entry.default) {
        members.push((member::DEFAULT_VALUE.into(), default.as_str().into()));
    }
    shown
}

impl Entry {
    /// The fixture's name, or one made of the key.
    pub(crate) fn shown_name(&self) -> Cow<'_, str> {
        match &self.name {
            Some(name) => name.into(),
            None => display_name(&self.key).into(),
        }
    }

    /// The fixture's type, or one that the key suggests.
    pub(crate) fn shown_kind(&self) -> &str {
        match &self.kind {
            Some(kind) => kind,
            None if is_secret_key(&self.key) => "PASSWORD",
            None => "TEXTFIELD_128",
        }
    }
}

/// `"mailjet.api.key"` → `"Mailjet Api Key"`
fn display_name(key: &str) -> String {
    let capitalized = key.split('.').map(|word| {
        let mut characters = word.chars();
        characters.next().map_or(String::new(), |first| {
            first.to_uppercase().chain(characters).collect()
        })
    });
    capitalized.collect::<Vec<_>>().join(" ")
}
