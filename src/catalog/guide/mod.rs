//! From a Markdown guide "Create Instance" to a catalog fixture.
//!
//! The vendor's guides are prose around a few fenced blocks, and many blocks are not quite JSON. They are read as the
//! text they mean, and whatever was repaired on the way or looks doubtful is a [`Finding`] with its line.
//! Deliberately nothing is invented: what a guide does not say is absent from the fixture, and a guide that lacks a
//! request or a response is refused.
//!
//! Decided in this order: what each document says; whether strictness allows it; which documents speak of one element;
//! where those disagree, the first is believed.

mod demand;
mod dialect;
mod finding;
mod markdown;
mod merge;
mod repair;
mod role;
mod statement;
mod tree;

use std::collections::HashSet;

pub use finding::{Defect, Finding, Refusal, Severity};

use super::fixture::{Entry, Fixture, FixtureError, Sample};
use demand::demands;
use statement::Statement;

/// A document of more bytes is no guide and is refused unread.
pub const LONGEST: usize = 1 << 20;

/// The path the sample requests of all guides are sent to.
const PATH: &str = "/instances";

/// A guide document: its name, as messages show it, and its text.
#[derive(Clone, Copy, Debug)]
pub struct Guide<'a> {
    /// The file's name, with or without the folders before it.
    pub name: &'a str,
    /// The Markdown text.
    pub text: &'a str,
}

/// What is done with a document that has to be repaired to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is repaired, and each repair is a finding.
    Tolerant,
    /// It is refused.
    Strict,
}

/// What an import made of its documents.
#[derive(Clone, Debug, Default)]
pub struct Import {
    /// One fixture an element, in the order of the documents.
    pub fixtures: Vec<Fixture>,
    /// What was repaired or looks doubtful, in the order of the documents.
    pub findings: Vec<Finding>,
    /// The documents that were not imported, and why.
    pub refusals: Vec<Refusal>,
}

/// Reads guides; those of one element become one fixture.
///
/// ```
/// use mock_ce::catalog::guide::{Guide, Mode, import};
///
/// let text = include_str!("../../../fixtures/guides/mailjet.md");
/// let import = import(&[Guide { name: "mailjet.md", text }], Mode::Tolerant);
/// assert_eq!(import.fixtures[0].key(), "mailjet");
/// assert_eq!(import.findings.len(), 1, "a raw line break inside a text");
/// ```
#[must_use]
pub fn import(guides: &[Guide<'_>], mode: Mode) -> Import {
    let mut import = Import::default();
    let mut groups: Vec<Vec<Statement>> = Vec::new();
    for guide in guides {
        let read = read(*guide, mode, &mut import.findings)
            .and_then(|statement| join(&mut groups, statement, &mut import.findings));
        import.refusals.extend(read.err());
    }
    import.fixtures = groups.iter().map(|group| fixture(group)).collect();
    import
}

/// Reads one guide; what it returns is known to make a valid fixture.
fn read(guide: Guide<'_>, mode: Mode, findings: &mut Vec<Finding>) -> Result<Statement, Refusal> {
    let earlier = findings.len();
    let read = statement::read(guide, findings);
    findings[earlier..].sort_by_key(|finding| finding.line);
    let statement = read?;
    if mode == Mode::Strict {
        statement::check_unrepaired(guide, &findings[earlier..])?;
    }
    match file(std::slice::from_ref(&statement)) {
        Ok(_) => Ok(statement),
        Err(error) => Err(Refusal {
            file: statement.file,
            line: statement.line,
            reason: format!("{}; correct the document", error.reason),
        }),
    }
}

/// Adds a statement to those of the same element.
fn join(
    groups: &mut Vec<Vec<Statement>>,
    statement: Statement,
    findings: &mut Vec<Finding>,
) -> Result<(), Refusal> {
    let same_key = groups
        .iter_mut()
        .find(|group| group[0].key == statement.key);
    match same_key {
        None => groups.push(vec![statement]),
        Some(group) if group[0].id == statement.id => {
            merge::compare(&group[0], &statement, findings);
            group.push(statement);
        }
        Some(group) => return Err(other_id(&group[0], statement)),
    }
    Ok(())
}

fn other_id(first: &Statement, later: Statement) -> Refusal {
    Refusal {
        line: later.line,
        reason: format!(
            "the element {:?} has the id {} here and {} in {}:{}; correct one of the documents",
            later.key, later.id, first.id, first.file, first.line
        ),
        file: later.file,
    }
}

fn fixture(group: &[Statement]) -> Fixture {
    file(group).expect("each statement of the group makes a valid fixture")
}

/// The text of the fixture file that the guides of one element make.
fn file(group: &[Statement]) -> Result<Fixture, FixtureError> {
    let mut guides: Vec<_> = group
        .iter()
        .map(|statement| file_name(&statement.file))
        .collect();
    guides.dedup();
    let configuration: Vec<_> = demands(&group[0].requests)
        .into_iter()
        .map(|demand| Entry {
            key: demand.key,
            name: None,
            kind: None,
            required: demand.required,
            assumed: false,
            structured: false,
            default: None,
        })
        .collect();
    Fixture::build(
        guides,
        group[0].instance.to_json(),
        configuration,
        samples(group),
        Vec::new(),
    )
}

fn file_name(path: &str) -> String {
    path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned()
}

/// The requests of all guides of an element, identical ones once.
fn samples(group: &[Statement]) -> Vec<Sample> {
    let mut seen = HashSet::new();
    let requests = group.iter().flat_map(|statement| &statement.requests);
    requests
        .filter_map(|request| {
            let body = request.body.to_json();
            seen.insert(body.to_string()).then(|| Sample {
                title: request.title.clone(),
                path: PATH.to_owned(),
                body,
            })
        })
        .collect()
}
