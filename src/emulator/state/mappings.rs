//! Object definitions and transformations, which each instance has of its own (rules `definition-create`,
//! `transformation-create`).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Restoration;
use super::partition::{Part, Partition};
use crate::wire::json::document::{Document, Reading};
use crate::wire::json::{Json, Members, object};

/// The two kinds of documents that an object name leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Definition,
    Transformation,
}

/// One instance's documents by object name, as they are shown.
#[derive(Debug, Default)]
pub(crate) struct Objects([BTreeMap<Box<str>, Arc<Json<'static>>>; 2]);

/// The documents of one organization's instances.
#[derive(Debug, Default)]
pub(crate) struct Mappings {
    last: u64,
    instances: BTreeMap<u64, Objects>,
}

/// The owner of documents: the instance, and its organization.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner<'a> {
    pub(crate) organization: &'a str,
    pub(crate) instance: u64,
}

/// Each field is looked for in the definition and in every row that is shown.
const MAX_FIELDS: usize = 1_000;

/// Maximum number of names in a path such as `users[*].address.city`; a row is nested deeper by as many.
const MAX_STEPS: usize = 16;

/// The fields of a document, each with the paths that a row is read and shown by; none where the member is absent.
pub(crate) fn check_fields<'d, 'a>(document: &'d Json<'a>) -> Result<&'d [Json<'a>], String> {
    let fields = match document.get("fields") {
        None | Some(Json::Null) => return Ok(&[]),
        Some(fields) => fields
            .as_array()
            .ok_or_else(|| format!("fields must be an array, found {}", fields.kind()))?,
    };
    if fields.len() > MAX_FIELDS {
        return Err(format!(
            "fields has {} items, and this mock keeps {MAX_FIELDS} at most",
            fields.len()
        ));
    }
    for (at, field) in fields.iter().enumerate() {
        let path = |member| field.get(member).and_then(Json::as_str);
        if path("path").is_none_or(str::is_empty) {
            return Err(format!("fields[{at}].path is required and must be text"));
        }
        for member in ["path", "vendorPath"] {
            let steps = path(member).map_or(0, |path| path.split('.').count());
            if steps > MAX_STEPS {
                return Err(format!(
                    "fields[{at}].{member} has {steps} names, and this mock follows {MAX_STEPS} at most"
                ));
            }
        }
    }
    Ok(fields)
}

impl Objects {
    pub(crate) fn of(&self, kind: Kind) -> &BTreeMap<Box<str>, Arc<Json<'static>>> {
        &self.0[kind as usize]
    }

    pub(crate) fn of_mut(&mut self, kind: Kind) -> &mut BTreeMap<Box<str>, Arc<Json<'static>>> {
        &mut self.0[kind as usize]
    }
}

impl Partition<Mappings> {
    /// The document of an object name.
    pub(crate) fn get(
        &self,
        owner: Owner<'_>,
        kind: Kind,
        name: &str,
    ) -> Option<Arc<Json<'static>>> {
        self.look(owner.organization, |part| {
            part.instances
                .get(&owner.instance)?
                .of(kind)
                .get(name)
                .cloned()
        })
    }

    /// Every document of a kind, by object name.
    pub(crate) fn all(&self, owner: Owner<'_>, kind: Kind) -> Vec<(Box<str>, Arc<Json<'static>>)> {
        let all = |part: &Mappings| {
            let documents = part.instances.get(&owner.instance)?.of(kind).iter();
            Some(
                documents
                    .map(|(name, json)| (name.clone(), json.clone()))
                    .collect(),
            )
        };
        self.look(owner.organization, all).unwrap_or_default()
    }

    /// A fresh id, never given twice in the organization.
    pub(crate) fn next_ids(&self, owner: Owner<'_>, count: u64) -> u64 {
        self.change(owner.organization, |part| {
            let first = part.last + 1;
            part.last += count;
            first
        })
    }

    /// Changes an instance's documents in one step.
    pub(crate) fn alter<R>(&self, owner: Owner<'_>, alter: impl FnOnce(&mut Objects) -> R) -> R {
        self.change(owner.organization, |part| {
            alter(part.instances.entry(owner.instance).or_default())
        })
    }
}

const KINDS: [(&str, Kind); 2] = [
    ("definitions", Kind::Definition),
    ("transformations", Kind::Transformation),
];

impl Part for Mappings {
    const MEMBER: &'static str = "objects";
    const KNOWN: &'static [&'static str] = &["last", "instances"];

    fn is_empty(&self) -> bool {
        self.last == 0
    }

    fn members(&self) -> Members<'static> {
        let documents = |objects: &Objects, kind| {
            let named = objects.of(kind).iter();
            let named = named.map(|(name, json)| (name.to_string().into(), (**json).clone()));
            Json::Object(named.collect())
        };
        let instances = self.instances.iter().map(|(id, objects)| {
            let [definitions, transformations] =
                KINDS.map(|(name, kind)| (name, documents(objects, kind)));
            object([("instance", (*id).into()), definitions, transformations])
        });
        vec![
            ("last".into(), self.last.into()),
            ("instances".into(), instances.collect()),
        ]
    }

    fn read(document: &Document<'_>, _: &Restoration<'_>) -> Reading<Self> {
        let last = document.counter("last")?.unwrap_or(0);
        let mut part = Mappings {
            last,
            instances: BTreeMap::new(),
        };
        for (at, item) in document.array("instances")?.iter().enumerate() {
            let path = format!("{}[{at}]", document.at("instances"));
            let document =
                Document::read(item, &path, &["instance", "definitions", "transformations"])?;
            let instance = document.required_whole("instance")?;
            let objects = part.instances.entry(instance).or_default();
            for (member, kind) in KINDS {
                for (name, json) in document.object(member)?.into_iter().flatten() {
                    if json.as_object().is_none() {
                        let at = document.at(member);
                        return Err(format!(
                            "{at}.{name} must be an object, found {}",
                            json.kind()
                        ));
                    }
                    check_fields(json)
                        .map_err(|reason| format!("{}.{name}: {reason}", document.at(member)))?;
                    objects
                        .of_mut(kind)
                        .insert((&**name).into(), Arc::new(json.clone().into_owned()));
                }
            }
        }
        Ok(part)
    }

    fn forget_instance(&mut self, id: u64) {
        self.instances.remove(&id);
    }
}
