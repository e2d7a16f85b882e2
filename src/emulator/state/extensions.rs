//! Resources that organizations have added to elements while the server runs (rule `resource-extend`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Restoration;
use super::partition::{Part, Partition};
use crate::catalog::{ResourceMethod, ResourceSpec, builtin};
use crate::wire::json::document::{Document, Reading};
use crate::wire::json::{Json, Members};

/// More resources than these are refused.
pub(crate) const MAX_EXTENSIONS: usize = 1_000;

/// The reason why a resource is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotKept {
    /// Another one has its method and path.
    Taken,
    /// There are as many as there may be.
    Full,
}

/// One added resource: a verb at a path.
#[derive(Debug)]
pub(crate) struct Extension {
    pub(crate) element: u64,
    pub(crate) method: String,
    pub(crate) path: String,
    /// As it is shown.
    pub(crate) json: Json<'static>,
    pub(crate) spec: ResourceSpec,
}

/// The resources that one organization has added, by id.
#[derive(Debug, Default)]
pub(crate) struct Extensions {
    last: u64,
    all: BTreeMap<u64, Arc<Extension>>,
}

impl Extension {
    /// The resource that this JSON declares for an element; `None` where method or path are not such.
    pub(crate) fn new(element: u64, json: Json<'static>) -> Option<Self> {
        let method = json.get("method")?.as_str()?.to_ascii_uppercase();
        let path = json.get("path")?.as_str()?.to_owned();
        let spec = spec(&method, &path)?;
        Some(Extension {
            element,
            method,
            path,
            json,
            spec,
        })
    }
}

/// Finds the effect of a verb at a path: `GET /hubs/crm/things/{id}` retrieves a row of `/things`.
fn spec(verb: &str, path: &str) -> Option<ResourceSpec> {
    let path = path.strip_prefix('/')?.trim_end_matches('/');
    let path = match path.strip_prefix("hubs/") {
        Some(below) => below.split_once('/')?.1,
        None => path,
    };
    let names_a_row = path.ends_with('}');
    let rows = if names_a_row {
        path.rsplit_once('/')?.0
    } else {
        path
    };
    let name = rows
        .rsplit('/')
        .next()
        .filter(|name| !name.is_empty() && !name.starts_with('{'))?;
    let fits =
        |method: &ResourceMethod| method.verb() == verb && method.names_a_row() == names_a_row;
    let method = ResourceMethod::ALL.into_iter().find(fits)?;
    Some(builtin::generic(name, format!("/{rows}"), vec![method]))
}

impl Partition<Extensions> {
    /// The organization's own resources of an element, by id.
    pub(crate) fn of_element(
        &self,
        organization: &str,
        element: u64,
    ) -> Vec<(u64, Arc<Extension>)> {
        let own = |part: &Extensions| {
            let of_element = part.all.iter().filter(|(_, own)| own.element == element);
            Some(of_element.map(|(id, own)| (*id, own.clone())).collect())
        };
        self.look(organization, own).unwrap_or_default()
    }

    /// The elements to which an organization has added resources.
    pub(crate) fn elements(&self, organization: &str) -> BTreeSet<u64> {
        let elements = |part: &Extensions| Some(part.all.values().map(|own| own.element).collect());
        self.look(organization, elements).unwrap_or_default()
    }

    /// Puts what `make` makes of the id in its place, a new one or that of `id`.
    pub(crate) fn put(
        &self,
        organization: &str,
        id: Option<u64>,
        make: impl FnOnce(u64) -> Extension,
    ) -> Result<Arc<Extension>, NotKept> {
        self.change(organization, |part| {
            let id = id.unwrap_or(part.last + 1);
            let new = make(id);
            let is_same = |(other, known): (&u64, &Arc<Extension>)| {
                *other != id
                    && (known.element, &known.method, &known.path)
                        == (new.element, &new.method, &new.path)
            };
            if part.all.iter().any(is_same) {
                return Err(NotKept::Taken);
            }
            if part.all.len() >= MAX_EXTENSIONS && !part.all.contains_key(&id) {
                return Err(NotKept::Full);
            }
            part.last = part.last.max(id);
            let new = Arc::new(new);
            part.all.insert(id, new.clone());
            Ok(new)
        })
    }

    /// Removes a resource; `false` where there is none.
    pub(crate) fn remove(&self, organization: &str, id: u64) -> bool {
        self.change(organization, |part| part.all.remove(&id).is_some())
    }
}

impl Part for Extensions {
    const MEMBER: &'static str = "resources";
    const KNOWN: &'static [&'static str] = &["last", "added"];

    fn is_empty(&self) -> bool {
        self.last == 0
    }

    fn members(&self) -> Members<'static> {
        let added = self.all.values().map(|own| {
            Json::Object(vec![
                ("element".into(), own.element.into()),
                ("resource".into(), own.json.clone()),
            ])
        });
        vec![
            ("last".into(), self.last.into()),
            ("added".into(), added.collect()),
        ]
    }

    fn read(document: &Document<'_>, restoration: &Restoration<'_>) -> Reading<Self> {
        let last = document.counter("last")?.unwrap_or(0);
        let mut part = Extensions {
            last,
            all: BTreeMap::new(),
        };
        for (at, item) in document.array("added")?.iter().enumerate() {
            let path = format!("{}[{at}]", document.at("added"));
            let document = Document::read(item, &path, &["element", "resource"])?;
            let element = document.required_whole("element")?;
            if restoration.catalog.find_id(element).is_none() {
                return Err(format!(
                    "{}: no element has this id",
                    document.at("element")
                ));
            }
            let json = item
                .get("resource")
                .cloned()
                .unwrap_or(Json::Null)
                .into_owned();
            let id = json
                .get("id")
                .and_then(Json::as_u64)
                .filter(|id| (1..=last).contains(id));
            let read = id.zip(Extension::new(element, json));
            let (id, own) = read.ok_or_else(|| {
                format!(
                    "{} must be a resource with id, method and path",
                    document.at("resource")
                )
            })?;
            part.all.insert(id, Arc::new(own));
        }
        Ok(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("GET", "/things", Some(("/things", "list")))]
    #[case("GET", "/hubs/crm/things/{thingId}", Some(("/things", "retrieve")))]
    #[case("POST", "/hubs/crm/things/{id}/parts", Some(("/things/{id}/parts", "create")))]
    #[case("DELETE", "/things", None)]
    #[case("GET", "things", None)]
    #[case("GET", "/", None)]
    #[case("GET", "/hubs/crm", None)]
    fn a_verb_at_a_path_says_what_it_does(
        #[case] verb: &str,
        #[case] path: &str,
        #[case] expected: Option<(&str, &str)>,
    ) {
        let read = spec(verb, path);
        let read = read
            .as_ref()
            .map(|spec| (spec.path(), spec.methods()[0].name()));
        assert_eq!(read, expected);
    }
}
