//! The contract, rule by rule: the modules are its sections, and each test says which rules it is about.

mod addresses;
mod bodies;
mod callers;
mod catalog;
mod control;
mod creation;
mod errors;
mod instances;
mod lists;
mod members;
mod shape;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use mock_ce::rules::{self, RULES};

use crate::support::{Core, Harness};

/// A fresh service with the default settings.
fn fresh() -> Core {
    Core::start(&[])
}

/// The rules that the tests below `directory` say they are about.
fn tested(directory: &Path, rules: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("target") {
                tested(&path, rules);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            rules.extend(rules_of_tests(&text));
        }
    }
}

/// The ids in the ``Rule `id` `` of doc comments that stand on a test.
fn rules_of_tests(text: &str) -> Vec<String> {
    let (mut found, mut pending) = (Vec::new(), Vec::new());
    for line in text.lines().map(str::trim) {
        match line.strip_prefix("/// Rule") {
            Some(said) => {
                let said = said.split(':').next().unwrap_or_default();
                pending.extend(said.split('`').skip(1).step_by(2).map(str::to_owned));
            }
            None if line == "#[test]" || line == "#[rstest]" => found.append(&mut pending),
            None if line.starts_with("fn ") || line.starts_with("pub") => pending.clear(),
            None => {}
        }
    }
    found
}

#[test]
fn every_rule_has_a_test_that_names_it() {
    let mut tested_rules = BTreeSet::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for directory in ["src", "tests"] {
        tested(&root.join(directory), &mut tested_rules);
    }
    let untested: Vec<_> = RULES
        .iter()
        .map(|rule| rule.id)
        .filter(|id| !tested_rules.contains(*id))
        .collect();
    assert_eq!(untested, [""; 0], "no test is about these rules");
    let unknown: Vec<_> = tested_rules
        .iter()
        .filter(|id| rules::find(id).is_none())
        .collect();
    assert_eq!(
        unknown, [""; 0],
        "tests name rules that are not in the table"
    );
}
