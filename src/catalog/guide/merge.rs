//! Several guides of one element: the first is believed, and every disagreement is named with both places.

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
        for member in first.members() {
            let path = format!("{path}.{}", member.name);
            match later.get(&member.name) {
                Some(value) => self.nodes(&path, &member.value, value),
                None => self.note(&path, "is absent, but not", member.line, later.line),
            }
        }
        for member in later.members() {
            if first.get(&member.name).is_none() {
                let path = format!("{path}.{}", member.name);
                self.note(&path, "is present, but not", first.line, member.line);
            }
        }
    }

    fn demands(&mut self, first: &[Demand], later: &[Demand], lines: (usize, usize)) {
        for demand in first {
            let path = format!("the entry {}", demand.key);
            match later.iter().find(|other| other.key == demand.key) {
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
            if !first.iter().any(|other| other.key == demand.key) {
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
