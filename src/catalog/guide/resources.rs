//! The resources of an element, from the calls that a guide documents beside creation.
//!
//! A call is a verb and a path; the first value under one that may send a body is its request, the next its response.
//! Deliberately little is concluded: a row is what a response shows, what a creation sets is what its response adds.

use std::collections::HashMap;

use super::piece::Pieces;
use super::report::{Evidence, Report};
use super::role::{self, Role};
use super::tree::Node;
use crate::catalog::resource::{ResourceMethod, ResourceSpec};
use crate::wire::json::{Json, Members};

/// One resource while its calls are gathered.
#[derive(Default)]
struct Gathered {
    path: String,
    line: usize,
    methods: Vec<ResourceMethod>,
    sent: Option<Members<'static>>,
    created: Option<Members<'static>>,
    row: Option<Members<'static>>,
}

/// The resources whose rows the guide shows, in the order of its calls.
pub(super) fn read(pieces: &Pieces<'_>, report: &mut Report) -> Vec<ResourceSpec> {
    let mut all: Vec<Gathered> = Vec::new();
    let mut by_path = HashMap::new();
    let mut last = None;
    for piece in &pieces.pieces {
        let Some((verb, path)) = piece.call.resource() else {
            last = None;
            continue;
        };
        let Some((path, method)) = method(verb, path) else {
            continue;
        };
        let is_instance = role::objects(&piece.node)
            .iter()
            .any(|node| role::role(node) != Role::Other);
        let Some(shown) = row(&piece.node).filter(|_| !is_instance) else {
            continue;
        };
        report.repairs.extend(piece.repairs.iter().cloned());
        let index = *by_path.entry(path.clone()).or_insert(all.len());
        if index == all.len() {
            all.push(Gathered {
                path,
                line: piece.line,
                ..Gathered::default()
            });
        }
        let resource = &mut all[index];
        if !resource.methods.contains(&method) {
            resource.methods.push(method);
        }
        let is_first = last.replace(&piece.call) != Some(&piece.call);
        let sends = !matches!(
            method,
            ResourceMethod::List | ResourceMethod::Retrieve | ResourceMethod::Delete
        );
        let creates = method == ResourceMethod::Create;
        if sends && is_first {
            // The first response stands beside it; a later sample may send something else.
            if creates {
                resource.sent.get_or_insert(shown);
            }
            continue;
        }
        if creates {
            resource.created.get_or_insert_with(|| shown.clone());
        }
        resource.row.get_or_insert(shown);
    }
    all.into_iter()
        .filter_map(|resource| finish(resource, report))
        .collect()
}

/// The path of all rows, and the call; an id at the end of the path names a row.
fn method(verb: &str, path: &str) -> Option<(String, ResourceMethod)> {
    let is_id = |part: &str| {
        part.starts_with(['{', ':', '<']) || part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let mut parts: Vec<_> = path.split('/').skip(1).collect();
    let names_a_row = parts.len() > 1 && parts.last().is_some_and(|part| is_id(part));
    if names_a_row {
        parts.pop();
    }
    let path: String = parts
        .iter()
        .map(|part| {
            if is_id(part) {
                "/{id}".to_owned()
            } else {
                format!("/{part}")
            }
        })
        .collect();
    let mut methods = ResourceMethod::ALL.into_iter();
    let method =
        methods.find(|method| method.verb() == verb && method.names_a_row() == names_a_row)?;
    Some((path, method))
}

/// The row that a value shows: itself, or the first item of an array.
fn row(node: &Node) -> Option<Members<'static>> {
    let first = role::objects(node).first().map(|node| node.to_json())?;
    match first {
        Json::Object(members) if !members.is_empty() => Some(members),
        _ => None,
    }
}

fn finish(resource: Gathered, report: &mut Report) -> Option<ResourceSpec> {
    let about = format!("resource {}", resource.path);
    let mut decide = |decided: &str| {
        report.decide(resource.line, &about, Evidence::Response, decided);
    };
    let Some(row) = resource.row else {
        decide("left out, no response shows a row of it");
        return None;
    };
    let Some(id) = id(&row, &resource.path) else {
        decide("left out, its rows have no id");
        return None;
    };
    let methods = resource.methods.iter();
    let names: Vec<_> = methods.map(|method| method.name()).collect();
    decide(&names.join(", "));
    let mut spec = ResourceSpec::new(resource.path, resource.methods, Json::Object(row));
    if let (Some(sent), Some(created)) = (resource.sent, resource.created) {
        let is_in = |members: &Members<'_>, name: &str| members.iter().any(|(own, _)| own == name);
        let echoed: Vec<_> = sent
            .iter()
            .filter(|(name, _)| is_in(&created, name))
            .map(|(name, _)| name.to_string())
            .collect();
        spec.echoed = (echoed.len() < sent.len()).then_some(echoed);
        let sets = created
            .into_iter()
            .filter(|(name, _)| *name != id && !is_in(&sent, name));
        spec.sets = Json::Object(sets.collect());
    }
    spec.id = id;
    Some(spec)
}

/// `id`, else the one member that is called like an id of the resource: `messageId` of `/messages`.
fn id(row: &Members<'_>, path: &str) -> Option<String> {
    let noun = path
        .rsplit('/')
        .next()?
        .trim_end_matches('s')
        .to_lowercase();
    let wanted = [
        "id".to_owned(),
        format!("{noun}id"),
        format!("{noun}_id"),
        "uuid".to_owned(),
        "sid".to_owned(),
    ];
    let names = || row.iter().map(|(name, _)| name.as_ref());
    let found = wanted
        .iter()
        .find_map(|wanted| names().find(|name| name.to_lowercase() == *wanted));
    found.map(str::to_owned)
}
