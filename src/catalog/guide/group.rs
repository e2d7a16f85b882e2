//! The guides of one element, made into one fixture.
//!
//! The guide that is about creating instances is believed where several show an instance. Where they say different things
//! of an entry, required is what all creation samples have.

use std::collections::{HashMap, HashSet};

use super::demand::Demand;
use super::report::{Decision, Evidence, Outcome, Report};
use super::statement::{Creation, Statement};
use super::tree::{Member, Node, Value};
use crate::catalog::fixture::{Fixture, FixtureError, Sample};
use crate::catalog::resource::ResourceSpec;

/// The path that the sample requests of all guides are sent to.
const PATH: &str = "/instances";

/// The statements of one element; the main one is first.
#[derive(Debug)]
pub(super) struct Group {
    /// The statements and the numbers of their reports.
    statements: Vec<(usize, Statement)>,
}

impl Group {
    pub(super) fn new(report: usize, statement: Statement) -> Self {
        Group {
            statements: vec![(report, statement)],
        }
    }

    pub(super) fn id(&self) -> Option<u64> {
        self.first().id
    }

    fn first(&self) -> &Statement {
        &self.statements[0].1
    }

    /// The line that documents the element: `file:line`.
    pub(super) fn place(&self) -> String {
        let first = self.first();
        format!("{}:{}", first.file, first.line())
    }

    /// Adds a further guide, unless it gives the element another id.
    pub(super) fn add(&mut self, report: usize, statement: Statement, reports: &mut [Report]) {
        if let (Some(creation), true) = (&statement.creation, statement.id != self.id()) {
            let id = |id: Option<u64>| id.unwrap_or_default();
            let key = statement.key.as_deref().unwrap_or_default();
            let reason = format!(
                "the element {key:?} has the id {} here and {} in {}; correct one of them, leave one out, or give the \
                 id with --id {key}=ID",
                id(statement.id),
                id(self.id()),
                self.place()
            );
            reports[report].refuse(creation.line, reason);
            return;
        }
        if statement.is_main() && !self.first().is_main() {
            self.statements.insert(0, (report, statement));
        } else {
            self.statements.push((report, statement));
        }
    }

    /// The fixture, with a word in each report about what it became.
    pub(super) fn finish(&self, reports: &mut [Report]) -> Fixture {
        self.compare(reports);
        let fixture = self
            .build()
            .expect("each guide of the element makes a valid fixture");
        let combined = self.demands();
        let combined = by_key(&combined);
        for (report, creation) in self.creations() {
            let decisions = &mut reports[report].decisions;
            decisions.extend(creation.demands.iter().map(|own| Decision {
                line: own.line,
                ..combined[own.key.as_str()].decision()
            }));
            decisions.sort_by_key(|decision| decision.line);
        }
        for (report, _) in &self.statements {
            reports[*report].outcome = Outcome::Imported {
                key: fixture.key().to_owned(),
                id: fixture.id(),
            };
        }
        fixture
    }

    pub(super) fn refuse(&self, reports: &mut [Report], reason: &str) {
        for (report, statement) in &self.statements {
            reports[*report].refuse(statement.line(), reason);
        }
    }

    pub(super) fn build(&self) -> Result<Fixture, FixtureError> {
        let mut seen = HashSet::new();
        let guides = self.statements.iter();
        let guides = guides
            .map(|(_, statement)| file_name(&statement.file))
            .filter(|guide| seen.insert(guide.clone()))
            .collect();
        let mut creations = self.creations();
        let (_, first) = creations
            .next()
            .expect("the first guide of an element creates it");
        Fixture::build(
            guides,
            first.instance.to_json(),
            self.demands().iter().map(Demand::entry).collect(),
            self.samples(),
            self.resources(),
        )
    }

    fn creations(&self) -> impl Iterator<Item = (usize, &Creation)> {
        let statements = self.statements.iter();
        statements.filter_map(|(report, statement)| Some((*report, statement.creation.as_ref()?)))
    }

    /// The entries of all guides, those of the main one first.
    fn demands(&self) -> Vec<Demand> {
        let creations = self.creations();
        let all: Vec<_> = creations
            .map(|(_, creation)| by_key(&creation.demands))
            .collect();
        let mut seen = HashSet::new();
        let demands = self.creations().flat_map(|(_, creation)| &creation.demands);
        demands
            .filter(|demand| seen.insert(demand.key.as_str()))
            .map(|demand| combine(demand, &all))
            .collect()
    }

    /// The requests of all guides, identical ones once.
    fn samples(&self) -> Vec<Sample> {
        let mut seen = HashSet::new();
        let samples = self.creations().flat_map(|(_, creation)| &creation.samples);
        samples
            .filter(|(_, body)| seen.insert(body.to_string()))
            .map(|(title, body)| Sample {
                title: title.clone(),
                path: PATH.to_owned(),
                body: body.clone(),
            })
            .collect()
    }

    /// The resources of all guides; the calls of one path come together, and its first row is kept.
    fn resources(&self) -> Vec<ResourceSpec> {
        let mut all: Vec<ResourceSpec> = Vec::new();
        let mut by_path: HashMap<&str, usize> = HashMap::new();
        for resource in self
            .statements
            .iter()
            .flat_map(|(_, statement)| &statement.resources)
        {
            match by_path.get(resource.path()) {
                Some(index) => all[*index].add_methods(resource.methods()),
                None => {
                    by_path.insert(resource.path(), all.len());
                    all.push(resource.clone());
                }
            }
        }
        all
    }

    /// Says in each later report how its instance differs from the first, in one line.
    fn compare(&self, reports: &mut [Report]) {
        let mut creations = self.creations();
        let Some((_, first)) = creations.next() else {
            return;
        };
        for (report, later) in creations {
            let mut differences = Vec::new();
            let (before, after) = (&first.instance, &later.instance);
            compare("instance", before, after, &mut differences);
            if let Some((line, path)) = differences.first() {
                let (count, place) = (differences.len(), self.place());
                let decided = format!("as in {place}; {count} members differ, the first is {path}");
                reports[report].decide(*line, "instance", Evidence::Response, decided);
            }
        }
    }
}

fn by_key(demands: &[Demand]) -> HashMap<&str, &Demand> {
    let demands = demands.iter();
    demands
        .map(|demand| (demand.key.as_str(), demand))
        .collect()
}

/// One entry as all guides say it. What is only assumed gives way to what is said.
fn combine(demand: &Demand, all: &[HashMap<&str, &Demand>]) -> Demand {
    let found: Vec<_> = all
        .iter()
        .map(|demands| demands.get(demand.key.as_str()).copied())
        .collect();
    let said: Vec<_> = found
        .iter()
        .flatten()
        .filter(|demand| demand.evidence != Evidence::Sample)
        .collect();
    let mut combined = said.first().map_or(demand, |first| **first).clone();
    let is_everywhere = found.iter().all(Option::is_some);
    let agree = said.iter().all(|other| other.required == combined.required);
    combined.required = is_everywhere
        && if agree {
            combined.required
        } else {
            // Said to be optional because a sample does without it.
            said.iter()
                .all(|other| other.required || other.evidence != Evidence::Samples)
        };
    if !is_everywhere {
        combined.evidence = Evidence::Samples;
    }
    combined.default = found
        .iter()
        .flatten()
        .find_map(|demand| demand.default.clone());
    combined.structured = found.iter().flatten().any(|demand| demand.structured);
    combined
}

fn compare(path: &str, first: &Node, later: &Node, differences: &mut Vec<(usize, String)>) {
    let (Value::Object(before), Value::Object(after)) = (&first.value, &later.value) else {
        if first.to_json() != later.to_json() {
            differences.push((later.line, path.to_owned()));
        }
        return;
    };
    let at = |member: &Member| format!("{path}.{}", member.name);
    let (before_by_name, after_by_name) = (by_name(before), by_name(after));
    for member in before {
        match after_by_name.get(member.name.as_str()) {
            Some(other) => compare(&at(member), &member.value, &other.value, differences),
            None => differences.push((later.line, at(member))),
        }
    }
    let is_new = |member: &&Member| !before_by_name.contains_key(member.name.as_str());
    differences.extend(after.iter().filter(is_new).map(|new| (new.line, at(new))));
}

fn by_name(members: &[Member]) -> HashMap<&str, &Member> {
    let members = members.iter();
    members
        .map(|member| (member.name.as_str(), member))
        .collect()
}

fn file_name(path: &str) -> String {
    path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned()
}
