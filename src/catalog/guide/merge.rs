//! Several guides of one element: the first is believed, and every disagreement is named with both places.

use std::collections::HashMap;

use super::demand::{self, Demand};
use super::finding::{Defect, Finding};
use super::statement::Statement;
use super::tree::{Node, Value};

/// Compares a later guide with the first of the same element.
pub(super) fn compare(first: &Statement, later: &Statement, findings: &mut Vec<Finding>) {
    let mut comparison = Comparison {
        first: &first.file,
        later: &later.file,
        findings,
    };
    comparison.nodes("instance", &first.instance, &later.instance);
    comparison.demands(
        &demand::demands(&first.requests),
        &demand::demands(&later.requests),
        (first.line, later.line),
    );
}

struct Comparison<'a> {
    first: &'a str,
    later: &'a str,
    findings: &'a mut Vec<Finding>,
}

impl Comparison<'_> {
    fn nodes(&mut self, path: &str, first: &Node, later: &Node) {
        match (&first.value, &later.value) {
            (Value::Object(_), Value::Object(_)) => self.objects(path, first, later),
            _ if first.to_json() == later.to_json() => {}
            _ => self.note(path, "is not what it is", first.line, later.line),
        }
    }

    fn objects(&mut self, path: &str, first: &Node, later: &Node) {
        let (in_first, in_later) = (by_name(first), by_name(later));
        for member in first.members() {
            let path = format!("{path}.{}", member.name);
            match in_later.get(member.name.as_str()) {
                Some(value) => self.nodes(&path, &member.value, value),
                None => self.note(&path, "is absent, but not", member.line, later.line),
            }
        }
        for member in later.members() {
            if !in_first.contains_key(member.name.as_str()) {
                let path = format!("{path}.{}", member.name);
                self.note(&path, "is present, but not", first.line, member.line);
            }
        }
    }

    fn demands(&mut self, first: &[Demand], later: &[Demand], lines: (usize, usize)) {
        let (in_first, in_later) = (by_key(first), by_key(later));
        for demand in first {
            let path = format!("the entry {}", demand.key);
            match in_later.get(demand.key.as_str()) {
                Some(other) if other.required == demand.required => {}
                Some(other) => {
                    let difference = if other.required {
                        "is required, but not"
                    } else {
                        "is optional, but not"
                    };
                    self.note(&path, difference, demand.line, other.line);
                }
                None => self.note(&path, "is absent, but not", demand.line, lines.1),
            }
        }
        for demand in later {
            if !in_first.contains_key(demand.key.as_str()) {
                let path = format!("the entry {}", demand.key);
                self.note(&path, "is present, but not", lines.0, demand.line);
            }
        }
    }

    fn note(&mut self, path: &str, difference: &str, first: usize, later: usize) {
        self.findings.push(Finding {
            file: self.later.to_owned(),
            line: later,
            defect: Defect::GuidesDisagree,
            reason: format!(
                "{path} {difference} in {}:{first}, which is kept",
                self.first
            ),
        });
    }
}

fn by_name(node: &Node) -> HashMap<&str, &Node> {
    let members = node.members().iter();
    members
        .map(|member| (member.name.as_str(), &member.value))
        .collect()
}

fn by_key(demands: &[Demand]) -> HashMap<&str, &Demand> {
    let demands = demands.iter();
    demands
        .map(|demand| (demand.key.as_str(), demand))
        .collect()
}
