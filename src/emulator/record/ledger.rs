//! The ledger: what was relied upon, and what was left behind.

use std::fmt;

use super::counters::Failings;
use crate::emulator::state::instances::Leak;
use crate::rules::{self, Grade, Rule};
use crate::wire::json::{Json, object};

/// More leaks are not listed for people.
const MAX_LISTED: usize = 100;

/// A mistake of a client that the service noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mishap {
    /// The instance with this id was deleted again.
    DeletedTwice(u64),
    /// A token was used after its instance was deleted; the short name of the token.
    UsedAfterDeletion(String),
}

impl fmt::Display for Mishap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mishap::DeletedTwice(id) => write!(f, "instance {id} was deleted again"),
            Mishap::UsedAfterDeletion(token) => {
                write!(f, "the token {token} was used after deletion")
            }
        }
    }
}

/// The ledger of a run: the rules that it relied upon, and the things that it left behind.
///
/// As JSON: `{"relied": [{"rule", "grade", "statement", "count"}], "grades": {"guide": 3, …}, "left": [{"id", "element",
/// "name", "request", "at", "clearedBy"}], "moreLeft": 0, "mishaps": [text], "moreMishaps": 0, "unfired": [text],
/// "moreUnfired": 0, "refused": 0, "refusedBy": [{"rule", "grade", "count"}], "missed": 0, "undelivered": [id], "dropped":
/// {"rows": 1}}`.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Ledger {
    /// The rules that decided answers and how often, the best evidenced first.
    pub relied: Vec<(&'static Rule, u64)>,
    /// The instances that a client created and never deleted.
    pub left: Vec<Leak>,
    /// The number of further ones, which are not named.
    pub more_left: u64,
    /// Mistakes that a careful client does not make, in the order in which they happened.
    pub mishaps: Vec<Mishap>,
    /// The number of further ones, which are not named.
    pub more_mishaps: u64,
    /// Scripts and stubs that never fired.
    pub unfired: Vec<String>,
    /// The number of further ones, which are not named.
    pub more_unfired: u64,
    /// The number of answers that were refused because their rule is graded too low.
    pub refused: u64,
    /// The rules of those answers and how often, the most frequent first.
    pub refused_by: Vec<(&'static Rule, u64)>,
    /// The number of requests that the cassette did not have.
    pub missed: u64,
    /// The ids of events whose callback has not taken them.
    pub undelivered: Vec<String>,
    /// The kinds of state of which the oldest is not kept any more for want of room, and how much of each.
    pub dropped: Vec<(&'static str, u64)>,
}

impl Ledger {
    pub(super) fn of(mut relied: Vec<(&'static Rule, u64)>, failings: Failings) -> Self {
        let Failings {
            mishaps,
            more_mishaps,
            refused: mut refused_by,
            leaks,
            unfired,
            more_unfired,
        } = failings;
        relied.sort_unstable_by(|(a, _), (b, _)| b.grade.cmp(&a.grade).then(a.id.cmp(b.id)));
        refused_by.sort_unstable_by(|(a, left), (b, right)| right.cmp(left).then(a.id.cmp(b.id)));
        let missed = relied
            .iter()
            .filter(|(rule, _)| **rule == rules::NOT_RECORDED);
        Ledger {
            missed: missed.map(|(_, count)| count).sum(),
            relied,
            left: leaks.named,
            more_left: leaks.more,
            mishaps,
            more_mishaps,
            unfired,
            more_unfired,
            refused: refused_by.iter().map(|(_, count)| count).sum(),
            refused_by,
            undelivered: Vec::new(),
            dropped: Vec::new(),
        }
    }

    /// The rules that were graded too low: `: unknown-route (2), json-malformed (1)`, or nothing.
    pub(super) fn refused_rules(&self) -> String {
        let rules = self.refused_by.iter();
        let rules: Vec<_> = rules
            .map(|(rule, count)| format!("{} ({count})", rule.id))
            .collect();
        match rules[..] {
            [] => String::new(),
            _ => format!(": {}", rules.join(", ")),
        }
    }

    /// Counts the instances that were created and never deleted.
    #[must_use]
    pub fn leaks(&self) -> u64 {
        self.left.len() as u64 + self.more_left
    }

    /// Counts the answers that rest on rules of this grade.
    #[must_use]
    pub fn count(&self, grade: Grade) -> u64 {
        self.relied
            .iter()
            .filter(|(rule, _)| rule.grade == grade)
            .map(|(_, count)| count)
            .sum()
    }

    /// The shape that the type's documentation gives.
    #[must_use]
    pub fn to_json(&self) -> Json<'static> {
        let relied = self.relied.iter().map(|(rule, count)| {
            object([
                ("rule", rule.id.into()),
                ("grade", rule.grade.name().into()),
                ("statement", rule.statement.into()),
                ("count", (*count).into()),
            ])
        });
        let refused_by = self.refused_by.iter().map(|(rule, count)| {
            object([
                ("rule", rule.id.into()),
                ("grade", rule.grade.name().into()),
                ("count", (*count).into()),
            ])
        });
        let grades = Grade::ALL
            .iter()
            .rev()
            .map(|grade| (grade.name().into(), self.count(*grade).into()));
        object([
            ("relied", relied.collect()),
            ("grades", Json::Object(grades.collect())),
            ("left", self.left.iter().map(Leak::to_json).collect()),
            ("moreLeft", self.more_left.into()),
            (
                "mishaps",
                self.mishaps
                    .iter()
                    .map(|mishap| Json::from(mishap.to_string()))
                    .collect(),
            ),
            ("moreMishaps", self.more_mishaps.into()),
            (
                "unfired",
                self.unfired
                    .iter()
                    .map(|line| Json::from(line.clone()))
                    .collect(),
            ),
            ("moreUnfired", self.more_unfired.into()),
            ("refused", self.refused.into()),
            ("refusedBy", refused_by.collect()),
            ("missed", self.missed.into()),
            (
                "undelivered",
                self.undelivered.iter().cloned().map(Json::from).collect(),
            ),
            (
                "dropped",
                Json::Object(
                    self.dropped
                        .iter()
                        .map(|(kind, count)| ((*kind).into(), (*count).into()))
                        .collect(),
                ),
            ),
        ])
    }
}

/// Some lines for people, without a line break at the end.
impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grades = Grade::ALL
            .iter()
            .rev()
            .filter(|grade| self.count(**grade) > 0);
        let grades: Vec<_> = grades
            .map(|grade| format!("{} {grade}", self.count(*grade)))
            .collect();
        match grades[..] {
            [] => f.write_str("ledger: no rule was relied upon")?,
            _ => write!(
                f,
                "ledger: rules relied upon, by grade: {}",
                grades.join(", ")
            )?,
        }
        for (rule, count) in &self.relied {
            write!(f, "\n  {}: {} ({count})", rule.grade, rule.id)?;
            if rule.grade == Grade::Assumed {
                write!(f, ": {}", rule.statement)?;
            }
        }
        for leak in self.left.iter().take(MAX_LISTED) {
            write!(f, "\n  left behind: {leak}")?;
        }
        if self.leaks() > MAX_LISTED as u64 {
            let more = self.leaks() - MAX_LISTED as u64;
            write!(f, "\n  left behind: {more} more of them")?;
        }
        for mishap in &self.mishaps {
            write!(f, "\n  mishap: {mishap}")?;
        }
        if self.more_mishaps > 0 {
            write!(f, "\n  mishap: {} more of them", self.more_mishaps)?;
        }
        for line in &self.unfired {
            write!(f, "\n  never fired: {line}")?;
        }
        if self.more_unfired > 0 {
            write!(f, "\n  never fired: {} more of them", self.more_unfired)?;
        }
        for event in &self.undelivered {
            write!(f, "\n  undelivered: no callback has taken event {event}")?;
        }
        for (kind, count) in &self.dropped {
            write!(
                f,
                "\n  dropped for want of room: the oldest {count} of {kind}"
            )?;
        }
        if self.refused > 0 {
            write!(
                f,
                "\n  refused: {} whose rule is graded too low{}",
                counted(self.refused, "answer"),
                self.refused_rules()
            )?;
        }
        Ok(())
    }
}

/// `1 answer`, `2 answers`
pub(super) fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

impl serde_core::Serialize for Ledger {
    /// In the shape that the type's documentation gives.
    fn serialize<S: serde_core::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}
