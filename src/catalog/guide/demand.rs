//! Which configuration entries a guide demands, and on which evidence.
//!
//! Decided in this order: a sample that the guide calls its minimum; a sample that does without the entry; a table or a
//! list; a sentence; a comment in the sample; the built-in catalog; else the entry is assumed to be required because
//! every sample has it.

use std::collections::{HashMap, HashSet};

use super::evidence::{self, Verdict};
use super::report::{Decision, Evidence};
use super::tree::{Member, Node};
use crate::catalog::Catalog;
use crate::catalog::fixture::Entry;

/// One configuration entry and what was decided of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Demand {
    pub(super) key: String,
    pub(super) required: bool,
    pub(super) default: Option<String>,
    pub(super) structured: bool,
    pub(super) evidence: Evidence,
    /// The line of the evidence.
    pub(super) line: usize,
}

impl Demand {
    pub(super) fn entry(&self) -> Entry {
        Entry {
            key: self.key.clone(),
            name: None,
            kind: None,
            required: self.required,
            assumed: self.required && self.evidence == Evidence::Sample,
            structured: self.structured,
            default: self.default.clone(),
        }
    }

    pub(super) fn decision(&self) -> Decision {
        let word = if self.required {
            "required"
        } else {
            "optional"
        };
        let decided = match &self.default {
            Some(default) => format!("{word}, default {default:?}"),
            None => word.to_owned(),
        };
        Decision {
            line: self.line,
            about: self.key.clone(),
            decided,
            evidence: self.evidence,
        }
    }
}

/// A documented request.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) line: usize,
    pub(super) title: String,
    /// `true` if the guide calls it its minimum.
    pub(super) is_minimum: bool,
    pub(super) body: Node,
    pub(super) comments: Vec<(usize, String)>,
}

impl Request {
    pub(super) fn entries(&self) -> &[Member] {
        let configuration = self.body.get("configuration");
        configuration.map_or(&[], Node::members)
    }
}

/// The entries of all requests, those of the minimum payload first.
pub(super) fn demands<'r>(
    requests: &'r [Request],
    prose: &[(usize, &str)],
    element: &str,
) -> Vec<Demand> {
    let (minimum, others): (Vec<_>, Vec<_>) =
        requests.iter().partition(|request| request.is_minimum);
    let ordered: Vec<_> = minimum.iter().chain(&others).copied().collect();
    let entries = ordered.iter().flat_map(|request| request.entries());
    let entries: Vec<_> = entries.collect();
    let names: Vec<_> = entries.iter().map(|entry| entry.name.as_str()).collect();
    let keys_of_each =
        |requests: &[&'r Request]| requests.iter().map(|request| keys(request)).collect();
    let sources = Sources {
        minimum: keys_of_each(&minimum),
        all: keys_of_each(&ordered),
        said: evidence::verdicts(prose, &names),
        comments: comments(&ordered),
        built_in: built_in(element),
    };
    let structured = entries
        .iter()
        .filter(|entry| entry.value.scalar().is_none());
    let structured: HashSet<_> = structured.map(|entry| entry.name.as_str()).collect();
    let mut seen = HashSet::new();
    entries
        .iter()
        .filter(|entry| seen.insert(entry.name.as_str()))
        .map(|entry| sources.decide(entry, structured.contains(entry.name.as_str())))
        .collect()
}

/// Everything that a decision may rest on.
struct Sources<'a> {
    minimum: Vec<(usize, HashSet<&'a str>)>,
    all: Vec<(usize, HashSet<&'a str>)>,
    said: HashMap<String, Verdict>,
    comments: HashMap<&'a str, Verdict>,
    built_in: HashSet<&'a str>,
}

impl Sources<'_> {
    fn decide(&self, entry: &Member, structured: bool) -> Demand {
        let key = entry.name.as_str();
        let verdict = self.said.get(key).or_else(|| self.comments.get(key));
        let without = |samples: &[(usize, HashSet<&str>)]| {
            let lacking = samples.iter().find(|(_, keys)| !keys.contains(key));
            lacking.map(|(line, _)| *line)
        };
        let (required, evidence, line) = if let Some((line, _)) = self.minimum.first() {
            let lacking = without(&self.minimum);
            (
                lacking.is_none(),
                Evidence::Samples,
                lacking.unwrap_or(*line),
            )
        } else if let Some(line) = without(&self.all) {
            (false, Evidence::Samples, line)
        } else if let Some(verdict) = verdict {
            (verdict.required, verdict.evidence, verdict.line)
        } else if self.built_in.contains(key) {
            (true, Evidence::BuiltIn, entry.line)
        } else {
            (true, Evidence::Sample, entry.line)
        };
        Demand {
            key: key.to_owned(),
            required,
            default: verdict.and_then(|verdict| verdict.default.clone()),
            structured,
            evidence,
            line,
        }
    }
}

/// The line of a request, and the keys of its entries.
fn keys(request: &Request) -> (usize, HashSet<&str>) {
    let entries = request.entries().iter();
    let keys = entries.map(|entry| entry.name.as_str());
    (request.line, keys.collect())
}

/// A comment speaks of the entry on its line, or of the one on the next if it has a line of its own.
fn comments<'a>(requests: &[&'a Request]) -> HashMap<&'a str, Verdict> {
    let mut found = HashMap::new();
    for request in requests {
        let by_line: HashMap<_, _> = request
            .entries()
            .iter()
            .map(|entry| (entry.line, entry.name.as_str()))
            .collect();
        for (line, text) in &request.comments {
            let own = by_line.get(line).or_else(|| by_line.get(&(line + 1)));
            if let Some((key, verdict)) = own.zip(evidence::comment(*line, text)) {
                found.entry(*key).or_insert(verdict);
            }
        }
    }
    found
}

/// The entries that the built-in element of this key requires; its guides are settled.
fn built_in(element: &str) -> HashSet<&'static str> {
    let built_in = Catalog::documented().find(element);
    let entries = built_in.into_iter().flat_map(|element| element.entries());
    entries
        .filter(|entry| entry.required)
        .map(|entry| entry.key.as_str())
        .collect()
}
