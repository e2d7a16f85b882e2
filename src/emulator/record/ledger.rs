//! What a run relied upon, and what it left behind.
//!
//! Counted per organization as the answers are given; at the end it says which guesses a test suite stands on.

use std::collections::BTreeMap;
use std::fmt;

use parking_lot::Mutex;

use crate::emulator::identity;
use crate::emulator::steer::script::Line;
use crate::rules::{Grade, Rule};
use crate::wire::json::{Json, object};

/// The most mishaps that are kept by name; beyond, they are only counted.
const NAMED: usize = 100;
/// The most organizations that are told apart; the others are counted together.
const APART: usize = 10_000;

/// The counters of one server.
#[derive(Debug, Default)]
pub(crate) struct Counters(Mutex<BTreeMap<Option<u64>, Account>>);

/// What one organization did.
#[derive(Debug, Default)]
struct Account {
    relied: Vec<(&'static Rule, u64)>,
    mishaps: Vec<Mishap>,
    more_mishaps: u64,
    refused: u64,
}

/// Something that a careful client does not do.
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

impl Counters {
    pub(crate) fn relied(&self, organization: Option<u64>, rule: &'static Rule) {
        self.account(organization, |account| {
            match account
                .relied
                .iter_mut()
                .find(|(known, _)| std::ptr::eq(*known, rule))
            {
                Some((_, count)) => *count += 1,
                None => account.relied.push((rule, 1)),
            }
        });
    }

    pub(crate) fn mishap(&self, organization: Option<u64>, mishap: Mishap) {
        self.account(organization, |account| {
            if account.mishaps.len() < NAMED {
                account.mishaps.push(mishap);
            } else {
                account.more_mishaps += 1;
            }
        });
    }

    /// A rule below the demanded grade was refused.
    pub(crate) fn refused(&self, organization: Option<u64>) {
        self.account(organization, |account| account.refused += 1);
    }

    fn account(&self, organization: Option<u64>, change: impl FnOnce(&mut Account)) {
        let mut accounts = self.0.lock();
        let is_known = accounts.len() < APART || accounts.contains_key(&organization);
        change(
            accounts
                .entry(organization.filter(|_| is_known))
                .or_default(),
        );
    }

    pub(crate) fn clear(&self, organization: Option<&str>) {
        let mut accounts = self.0.lock();
        match organization {
            None => accounts.clear(),
            Some(organization) => drop(accounts.remove(&Some(identity::fingerprint(organization)))),
        }
    }

    /// The account of everybody, or of one organization, closed with what only the end can tell.
    pub(crate) fn close(
        &self,
        organization: Option<&str>,
        left: Vec<(u64, String)>,
        script: &[Line],
    ) -> Ledger {
        let only = organization.map(identity::fingerprint);
        let mut ledger = Ledger {
            left,
            ..Ledger::default()
        };
        for (of, account) in self.0.lock().iter() {
            if only.is_none() || *of == only {
                ledger.add(account);
            }
        }
        ledger
            .relied
            .sort_by(|(a, _), (b, _)| b.grade.cmp(&a.grade).then(a.id.cmp(b.id)));
        ledger.unfired = script
            .iter()
            .filter(|line| line.fired == 0)
            .map(Line::to_string)
            .collect();
        ledger
    }
}

/// What a run relied upon, and what it left behind.
///
/// As JSON: `{"relied": [{"rule", "grade", "statement", "count"}], "grades": {"guide": 3, …}, "left": [{"id",
/// "element"}], "mishaps": [text], "moreMishaps": 0, "unfired": [text], "refused": 0, "undelivered": [id]}`.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Ledger {
    /// The rules that decided answers and how often, the best evidenced first.
    pub relied: Vec<(&'static Rule, u64)>,
    /// Id and element of each instance that was created and never deleted.
    pub left: Vec<(u64, String)>,
    /// What a careful client does not do, in the order in which it happened.
    pub mishaps: Vec<Mishap>,
    /// How many more of those there were, of which only the number is known.
    pub more_mishaps: u64,
    /// Scripted rules that never fired.
    pub unfired: Vec<String>,
    /// How many answers were refused because their rule is graded too low.
    pub refused: u64,
    /// The ids of events whose callback has not taken them.
    pub undelivered: Vec<String>,
}

impl Ledger {
    fn add(&mut self, account: &Account) {
        for (rule, count) in &account.relied {
            match self.relied.iter_mut().find(|(known, _)| known == rule) {
                Some((_, sum)) => *sum += count,
                None => self.relied.push((rule, *count)),
            }
        }
        self.mishaps.extend(account.mishaps.iter().cloned());
        self.more_mishaps += account.more_mishaps;
        self.refused += account.refused;
    }

    /// How many answers rest on rules of this grade.
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
        let grades = Grade::ALL
            .iter()
            .rev()
            .map(|grade| (grade.name().into(), self.count(*grade).into()));
        let left = (self.left.iter()).map(|(id, element)| {
            object([("id", (*id).into()), ("element", element.clone().into())])
        });
        object([
            ("relied", relied.collect()),
            ("grades", Json::Object(grades.collect())),
            ("left", left.collect()),
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
            ("refused", self.refused.into()),
            (
                "undelivered",
                self.undelivered.iter().cloned().map(Json::from).collect(),
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
        for (id, element) in &self.left {
            write!(
                f,
                "\n  left behind: instance {id} of {element} was never deleted"
            )?;
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
        for event in &self.undelivered {
            write!(f, "\n  undelivered: no callback has taken event {event}")?;
        }
        if self.refused > 0 {
            write!(
                f,
                "\n  refused: {} answers whose rule is graded too low",
                self.refused
            )?;
        }
        Ok(())
    }
}
