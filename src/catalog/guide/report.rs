//! The report of an import on a document: its repairs, its decisions with their evidence, and its end.

use std::collections::HashMap;
use std::fmt;

use crate::rules::Grade;
use crate::wire::json::{Json, object};

/// The way in which a document's text was changed to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// Text that belongs to no value: a comment, a spare comma, the earlier of a repeated member, a stray word.
    LeftOut,
    /// A mark that is missing: a comma, a quote, a brace, a bracket, a fence, a value.
    Added,
    /// A character inside a text that should have been escaped.
    Escaped,
    /// A brace that stands too early.
    Moved,
}

impl Change {
    fn name(self) -> &'static str {
        match self {
            Change::LeftOut => "left out",
            Change::Added => "added",
            Change::Escaped => "escaped",
            Change::Moved => "moved",
        }
    }
}

/// The certainty that a repaired text means what it was read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Certainty {
    /// It can mean nothing else.
    Certain,
    /// It most likely means this; a person should look.
    Likely,
}

/// One repair: what stood there and what it was read as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    /// The line in the document, from 1.
    pub line: usize,
    /// The repair.
    pub change: Change,
    /// The text that stood there; empty where something was missing.
    pub before: String,
    /// The text that it was read as; empty where something was left out.
    pub after: String,
    /// The certainty of it.
    pub certainty: Certainty,
}

impl Repair {
    /// A repair that can mean nothing else.
    pub(super) fn certain(line: usize, change: Change, before: &str, after: &str) -> Self {
        Repair {
            line,
            change,
            before: before.to_owned(),
            after: after.to_owned(),
            certainty: Certainty::Certain,
        }
    }

    /// A repair that is the likely meaning.
    pub(super) fn likely(line: usize, change: Change, before: &str, after: &str) -> Self {
        Repair {
            certainty: Certainty::Likely,
            ..Repair::certain(line, change, before, after)
        }
    }
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.change.name();
        match (self.before.as_str(), self.after.as_str()) {
            (before, "") => write!(f, "{name} {before:?}"),
            ("", after) => write!(f, "{name} {after:?}"),
            (before, after) => write!(f, "{name} {before:?}, read as {after:?}"),
        }?;
        match self.certainty {
            Certainty::Certain => Ok(()),
            Certainty::Likely => f.write_str(" (likely)"),
        }
    }
}

/// The evidence for a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Evidence {
    /// The person who imports said so.
    Given,
    /// The guide's response shows it.
    Response,
    /// The front matter says it.
    FrontMatter,
    /// The guide calls a sample its minimum, or one of several samples does without it.
    Samples,
    /// A table or a list says it.
    Table,
    /// A sentence says it.
    Sentence,
    /// A comment in the sample says it.
    Comment,
    /// The built-in catalog has it.
    BuiltIn,
    /// Nothing but a sample that has it.
    Sample,
}

impl Evidence {
    /// The word of the report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Evidence::Given => "given",
            Evidence::Response => "response",
            Evidence::FrontMatter => "front matter",
            Evidence::Samples => "samples",
            Evidence::Table => "table",
            Evidence::Sentence => "sentence",
            Evidence::Comment => "comment",
            Evidence::BuiltIn => "built in",
            Evidence::Sample => "sample only",
        }
    }

    /// The weight of the evidence.
    #[must_use]
    pub fn grade(self) -> Grade {
        match self {
            Evidence::Sample => Grade::Assumed,
            _ => Grade::Guide,
        }
    }
}

/// One thing that the document leaves open, contradicts itself in, or says outside of its samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The line of the evidence, from 1.
    pub line: usize,
    /// Its subject: an entry's key, `id`, `key`, `instance`, `sample`, `resource`.
    pub about: String,
    /// The decision.
    pub decided: String,
    /// Its evidence.
    pub evidence: Evidence,
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (about, evidence) = (&self.about, self.evidence.name());
        write!(f, "{about}: {} ({evidence}", self.decided)?;
        match self.evidence.grade() {
            Grade::Assumed => f.write_str(", assumed)"),
            _ => f.write_str(")"),
        }
    }
}

/// The reason for which a guide was not imported, and the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The line in the document, from 1; the first where the document as a whole is meant.
    pub line: usize,
    /// The problem, and what to do about it.
    pub reason: String,
}

impl Refusal {
    pub(super) fn new(line: usize, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Refusal { line, reason }
    }
}

/// The end of a document's import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is part of the fixture of this element.
    Imported {
        /// The element's key.
        key: String,
        /// The element's id.
        id: u64,
    },
    /// It says something about an element, and not enough or not clearly.
    Refused(Refusal),
    /// It documents no call at all.
    NoGuide,
}

/// The report on one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The document's name.
    pub guide: String,
    /// The end of its import.
    pub outcome: Outcome,
    /// The repairs, by line.
    pub repairs: Vec<Repair>,
    /// The decisions, by line.
    pub decisions: Vec<Decision>,
}

impl Report {
    pub(super) fn new(guide: &str) -> Self {
        Report {
            guide: guide.to_owned(),
            outcome: Outcome::NoGuide,
            repairs: Vec::new(),
            decisions: Vec::new(),
        }
    }

    pub(super) fn decide(
        &mut self,
        line: usize,
        about: &str,
        evidence: Evidence,
        decided: impl Into<String>,
    ) {
        self.decisions.push(Decision {
            line,
            about: about.to_owned(),
            decided: decided.into(),
            evidence,
        });
    }

    /// Ends the import of the document with a refusal, unless an earlier one stands.
    pub fn refuse(&mut self, line: usize, reason: impl Into<String>) {
        if !matches!(self.outcome, Outcome::Refused(_)) {
            self.outcome = Outcome::Refused(Refusal::new(line, reason));
        }
    }

    /// Refuses a document that needs a repair or of which something is assumed; returns whether it does.
    pub(super) fn refuse_doubts(&mut self, demanded: Vec<Decision>) -> bool {
        let own = self.decisions.len();
        self.decisions.extend(demanded);
        let (repaired, assumed) = (self.repairs.len(), self.assumed());
        let repairs = self
            .repairs
            .iter()
            .map(|repair| (repair.line, repair.to_string()));
        let assumptions = self
            .assumptions()
            .map(|decision| (decision.line, decision.to_string()));
        let first = repairs.chain(assumptions).min_by_key(|(line, _)| *line);
        let Some((line, first)) = first else {
            // The element's other guides have a say in them yet.
            self.decisions.truncate(own);
            return false;
        };
        let advice = "correct the document, or import it without --strict";
        self.refuse(
            line,
            format!("{repaired} repaired and {assumed} assumed, the first: {first}; {advice}"),
        );
        true
    }

    /// Tells whether the document was refused.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        matches!(self.outcome, Outcome::Refused(_))
    }

    /// Counts the decisions that rest on nothing but a sample.
    #[must_use]
    pub fn assumed(&self) -> usize {
        self.assumptions().count()
    }

    fn assumptions(&self) -> impl Iterator<Item = &Decision> {
        let decisions = self.decisions.iter();
        decisions.filter(|decision| decision.evidence.grade() == Grade::Assumed)
    }

    /// One line for each repair and decision, `guide:line: what`; like ones on several lines are counted.
    #[must_use]
    pub fn details(&self) -> Vec<String> {
        let repairs = self
            .repairs
            .iter()
            .map(|repair| (repair.line, format!("repair: {repair}")));
        let decisions = self
            .decisions
            .iter()
            .map(|decision| (decision.line, decision.to_string()));
        let mut all: Vec<_> = repairs.chain(decisions).collect();
        all.sort_by_key(|(line, _)| *line);
        let mut counts = HashMap::new();
        for (_, said) in &all {
            *counts.entry(said.clone()).or_insert(0) += 1;
        }
        let firsts = all.into_iter();
        firsts
            .filter_map(|(line, said)| Some((line, counts.remove(&said)?, said)))
            .map(|(line, count, said)| match count {
                1 => format!("{}:{line}: {said}", self.guide),
                _ => format!("{}:{line}: {said} ({count} times)", self.guide),
            })
            .collect()
    }

    /// The report for a machine.
    #[must_use]
    pub fn to_json(&self) -> Json<'static> {
        let line = |line: usize| Json::from(u64::try_from(line).unwrap_or(u64::MAX));
        let repairs = self.repairs.iter().map(|repair| {
            object([
                ("line", line(repair.line)),
                ("change", repair.change.name().into()),
                ("before", repair.before.clone().into()),
                ("after", repair.after.clone().into()),
                ("certain", (repair.certainty == Certainty::Certain).into()),
            ])
        });
        let decisions = self.decisions.iter().map(|decision| {
            object([
                ("line", line(decision.line)),
                ("about", decision.about.clone().into()),
                ("decided", decision.decided.clone().into()),
                ("evidence", decision.evidence.name().into()),
                ("grade", decision.evidence.grade().name().into()),
            ])
        });
        let mut members = vec![("guide".into(), self.guide.clone().into())];
        members.extend(match &self.outcome {
            Outcome::Imported { key, id } => vec![
                ("outcome".into(), "imported".into()),
                ("key".into(), key.clone().into()),
                ("id".into(), (*id).into()),
            ],
            Outcome::Refused(refusal) => vec![
                ("outcome".into(), "refused".into()),
                ("line".into(), line(refusal.line)),
                ("reason".into(), refusal.reason.clone().into()),
            ],
            Outcome::NoGuide => vec![("outcome".into(), "no guide".into())],
        });
        members.push(("repairs".into(), repairs.collect()));
        members.push(("decisions".into(), decisions.collect()));
        Json::Object(members)
    }
}

impl fmt::Display for Report {
    /// The summary, one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Outcome::Imported { key, id } => {
                write!(f, "{}: imported as {key} ({id})", self.guide)?;
                let counts = [
                    (self.repairs.len(), "repaired"),
                    (self.decisions.len() - self.assumed(), "decided"),
                    (self.assumed(), "assumed"),
                ];
                let mut counts = counts.into_iter().filter(|(count, _)| *count > 0);
                counts.try_for_each(|(count, word)| write!(f, ", {count} {word}"))
            }
            Outcome::Refused(refusal) => {
                let (line, reason) = (refusal.line, &refusal.reason);
                write!(f, "{}:{line}: refused: {reason}", self.guide)
            }
            Outcome::NoGuide => write!(f, "{}: documents no call; nothing to import", self.guide),
        }
    }
}
