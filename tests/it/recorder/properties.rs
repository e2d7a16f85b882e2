//! A property of every recording: a planted secret is never written, in any encoding.

use std::collections::HashSet;

use mock_ce::cassette::{Cassette, Policy, Redactor};
use mock_ce::catalog::Catalog;

use super::planted::{Case, ENCODINGS, PLACES};

const CASES: u64 = 20_000;
const SEED: u64 = 9;

/// The cassette of a case, and the places of the interactions that were left out.
fn record(case: &Case, policy: &Policy) -> (Cassette, Vec<String>) {
    let mut redactor = Redactor::new(policy.clone());
    let mut cassette = Cassette::new("https://api.example", "2017-03-14");
    let mut leaks = Vec::new();
    for draft in &case.drafts {
        match redactor.redact(&draft.exchange()) {
            Ok(interaction) => cassette.push(interaction),
            Err(leak) => leaks.push(leak.to_string()),
        }
    }
    (cassette, leaks)
}

#[test]
fn a_planted_secret_is_never_written() {
    let policy = Policy::new(Catalog::documented());
    let (mut places, mut left_out) = (HashSet::new(), 0);
    for number in 0..CASES {
        let case = Case::random(SEED << 32 | number);
        let (cassette, leaks) = record(&case, &policy);
        let text = cassette.to_text();
        let written = format!("{} {}", text.to_lowercase(), leaks.join(" ").to_lowercase());
        for trace in case.secret.traces() {
            assert!(
                !written.contains(&trace),
                "case {number}: {:?} at {} ({:?}): {trace:?} in {text} {leaks:?}",
                case.secret,
                case.place,
                case.echo
            );
        }
        let again = Cassette::parse(&text).map(|again| again.to_text());
        assert_eq!(again.ok().as_ref(), Some(&text), "case {number}");
        let findings = cassette.findings(policy.clone());
        assert!(
            findings.is_empty(),
            "case {number}: {} in {text}",
            findings[0]
        );
        places.insert(case.place);
        left_out += leaks.len() as u64;
    }
    assert_eq!(places.len(), PLACES.len(), "every place was tried");
    // What is replaced by its place need not be left out.
    assert!(
        left_out * 50 < CASES,
        "{left_out} of {CASES} cases were left out"
    );
}

#[test]
fn the_documentation_lists_the_places_that_are_tried() {
    let documentation = include_str!("../../../src/docs/cassettes.md");
    let section = |heading: &str| {
        let (_, after) = documentation.split_once(heading).expect("the heading");
        let rows = after
            .lines()
            .skip_while(|line| !line.starts_with("|--"))
            .skip(1);
        let rows = rows.take_while(|line| line.starts_with('|'));
        rows.map(|row| row.trim_matches(['|', ' ']).to_owned())
            .collect::<Vec<_>>()
    };
    let places: Vec<_> = PLACES.iter().map(|place| place.name).collect();
    assert_eq!(section("## Places tried"), places);
    let encodings: Vec<_> = ENCODINGS.iter().map(|(name, _)| *name).collect();
    assert_eq!(section("## Encodings tried"), encodings);
}
