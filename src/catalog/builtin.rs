//! The resources of elements whose fixture declares none: data, joined by the element's key or else by its hub.

use std::collections::BTreeMap;
use std::sync::Arc;

use once_cell::sync::Lazy;

use super::fixture::resources_by_key;
use super::resource::{ResourceMethod, ResourceSpec};
use crate::wire::json::Json;

/// The number of rows that a generic resource begins with (rule `generic-verbs`).
const SEEDED: u64 = 4;

static BY_KEY: Lazy<BTreeMap<String, Arc<[ResourceSpec]>>> = Lazy::new(|| {
    let text = include_str!("../../fixtures/resources/elements.json");
    let read = resources_by_key(text).expect("the resources of known elements are read by a test");
    let shared = read.into_iter().map(|(key, specs)| (key, specs.into()));
    shared.collect()
});

static GENERIC: Lazy<Json<'static>> = Lazy::new(|| {
    let text = include_bytes!("../../fixtures/resources/hubs.json");
    Json::parse(text).expect("the resources of hubs are read by a test")
});

static BY_HUB: Lazy<BTreeMap<&'static str, Arc<[ResourceSpec]>>> = Lazy::new(|| {
    let hubs = GENERIC.get("hubs").and_then(Json::as_object);
    let hubs = hubs.into_iter().flatten().map(|(hub, names)| {
        let names = names.as_array().unwrap_or_default().iter();
        let specs = names.filter_map(Json::as_str).map(|name| {
            let path = format!("/{name}");
            generic(name, path, ResourceMethod::ALL.to_vec())
        });
        (&**hub, specs.collect())
    });
    hubs.collect()
});

/// The resources of the element with this key, where they are known.
pub(super) fn of_element(key: &str) -> Option<Arc<[ResourceSpec]>> {
    BY_KEY.get(key).cloned()
}

/// The resources of an element of this hub of which nothing more is known (rule `generic-names`).
pub(super) fn of_hub(hub: Option<&str>) -> Arc<[ResourceSpec]> {
    let known = hub.and_then(|hub| BY_HUB.get(hub));
    known.unwrap_or_else(|| &BY_HUB[""]).clone()
}

/// A resource whose rows are as its name suggests.
pub(crate) fn generic(name: &str, path: String, methods: Vec<ResourceMethod>) -> ResourceSpec {
    let rows = GENERIC.get("rows");
    let row = rows.and_then(|rows| rows.get(name).or_else(|| rows.get("")));
    let row = row.expect("there is a row for any name").clone();
    let mut spec = ResourceSpec::new(path, methods, row);
    spec.seeded = SEEDED;
    spec
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_is_read() {
        let keys: Vec<_> = BY_KEY.keys().map(String::as_str).collect();
        assert_eq!(keys, ["mailjet", "sendgrid", "twilio", "twiliov2"]);
        for hub in ["crm", "helpdesk", ""] {
            assert!(!of_hub(Some(hub)).is_empty());
        }
        assert_eq!(of_hub(Some("documents")), of_hub(None));
    }

    /// Rule `nulls-filter`: what is filtered must be there.
    #[test]
    fn every_seeded_row_has_a_member_that_is_null() {
        let specs = BY_KEY.values().chain(BY_HUB.values());
        for spec in specs.flat_map(|specs| specs.iter()) {
            let members = spec.row().as_object().unwrap();
            let has_null = members.iter().any(|(_, value)| *value == Json::Null);
            assert!(has_null || spec.seeded() == 0, "{}", spec.path());
        }
    }
}
