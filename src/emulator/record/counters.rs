//! The counters behind the ledger.
//!
//! They count as the answers are given, per organization. What a test clears is not lost: a reset moves what was counted
//! since the last one to the counts of the run, which nothing can clear, for a run is judged by them.

use std::collections::BTreeMap;

use super::ledger::{Ledger, Mishap};
use crate::emulator::identity;
use crate::emulator::lazy::LazyMutex;
use crate::emulator::state::instances::Leaks;
use crate::emulator::steer::Unfired;
use crate::rules::Rule;

/// The most mishaps and unfired scripts and stubs that are kept by name; beyond, they are only counted.
const MAX_NAMED: usize = 100;
/// The most organizations that are told apart; the others are counted together.
const MAX_ORGANIZATIONS: usize = 10_000;

/// The counters of one server.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Since the last reset.
    current: LazyMutex<Accounts>,
    /// Before it: the part of the run's counts that a reset has moved here.
    past: LazyMutex<Accounts>,
}

/// One account an organization, by its fingerprint.
#[derive(Debug, Default)]
struct Accounts(BTreeMap<Option<u64>, Account>);

/// The counts of one organization. There are thousands of them, and most have nothing but answers.
#[derive(Debug, Default)]
pub(super) struct Account {
    pub(super) relied: Vec<(&'static Rule, u64)>,
    pub(super) failings: Option<Box<Failings>>,
}

/// What a careful client does not do, and a careful run does not have.
#[derive(Debug, Default)]
pub(super) struct Failings {
    pub(super) mishaps: Vec<Mishap>,
    pub(super) more_mishaps: u64,
    /// The rules graded too low for the run, and how many answers each would have decided.
    pub(super) refused: Vec<(&'static Rule, u64)>,
    /// Leaks of state that was cleared.
    pub(super) leaks: Leaks,
    /// Scripts and stubs that were removed before they fired.
    pub(super) unfired: Vec<String>,
    pub(super) more_unfired: u64,
}

/// The part of a run that a ledger is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Period {
    /// Since the last reset.
    SinceReset,
    /// All of it, whatever was cleared.
    Run,
}

impl Counters {
    /// Counts an answer that the rule decided.
    pub(crate) fn relied(&self, organization: Option<u64>, rule: &'static Rule) {
        self.current.lock().of(organization).relied(rule, 1);
    }

    /// Notes something that a careful client does not do.
    pub(crate) fn mishap(&self, organization: Option<u64>, mishap: Mishap) {
        self.current.lock().failings(organization).mishap(mishap);
    }

    /// Counts an answer that was refused because its rule is graded too low.
    pub(crate) fn refused(&self, organization: Option<u64>, rule: &'static Rule) {
        let mut current = self.current.lock();
        add(&mut current.failings(organization).refused, rule, 1);
    }

    /// Counts anew for everybody or for one organization; the counts of the run stay.
    pub(crate) fn clear(&self, organization: Option<&str>) {
        let mut current = self.current.lock();
        let mut cleared = BTreeMap::new();
        match organization.map(identity::fingerprint) {
            None => cleared = std::mem::take(&mut current.0),
            Some(fingerprint) => cleared.extend(current.0.remove_entry(&Some(fingerprint))),
        }
        let mut past = self.past.lock();
        drop(current);
        for (organization, account) in cleared {
            past.of(organization).add(&account);
        }
    }

    /// Counts the leaks of state that was cleared.
    pub(crate) fn note_leaks(&self, cleared: Vec<(u64, Leaks)>) {
        let mut past = self.past.lock();
        for (organization, leaks) in cleared {
            past.failings(Some(organization)).leaks.add(&leaks);
        }
    }

    /// Counts scripts and stubs that were removed and never fired.
    pub(crate) fn note_removed(&self, removed: impl IntoIterator<Item = Unfired>) {
        let mut past = self.past.lock();
        for Unfired { organization, text } in removed {
            past.failings(organization).unfired(text);
        }
    }

    /// The ledger of everybody or of one organization, closed with what is left and what has not fired by now.
    pub(crate) fn close(
        &self,
        period: Period,
        organization: Option<&str>,
        left: &Leaks,
        unfired: Vec<Unfired>,
    ) -> Ledger {
        let only = organization.map(identity::fingerprint);
        let mut sum = Account::default();
        if period == Period::Run {
            self.past.lock().add_to(&mut sum, only);
        }
        self.current.lock().add_to(&mut sum, only);
        let mut failings = sum.failings.take().map_or_else(Failings::default, |it| *it);
        failings.leaks.add(left);
        for Unfired { text, .. } in unfired {
            failings.unfired(text);
        }
        Ledger::of(sum.relied, failings)
    }
}

impl Accounts {
    fn of(&mut self, organization: Option<u64>) -> &mut Account {
        let is_known = self.0.len() < MAX_ORGANIZATIONS || self.0.contains_key(&organization);
        self.0.entry(organization.filter(|_| is_known)).or_default()
    }

    fn failings(&mut self, organization: Option<u64>) -> &mut Failings {
        self.of(organization).failings.get_or_insert_default()
    }

    fn add_to(&self, sum: &mut Account, only: Option<u64>) {
        for (organization, account) in &self.0 {
            if only.is_none() || *organization == only {
                sum.add(account);
            }
        }
    }
}

impl Account {
    fn relied(&mut self, rule: &'static Rule, count: u64) {
        add(&mut self.relied, rule, count);
    }

    fn add(&mut self, other: &Account) {
        for (rule, count) in &other.relied {
            self.relied(rule, *count);
        }
        if let Some(failings) = &other.failings {
            self.failings.get_or_insert_default().add(failings);
        }
    }
}

impl Failings {
    fn mishap(&mut self, mishap: Mishap) {
        if self.mishaps.len() < MAX_NAMED {
            self.mishaps.push(mishap);
        } else {
            self.more_mishaps += 1;
        }
    }

    fn unfired(&mut self, script: String) {
        if self.unfired.len() < MAX_NAMED {
            self.unfired.push(script);
        } else {
            self.more_unfired += 1;
        }
    }

    fn add(&mut self, other: &Failings) {
        for mishap in &other.mishaps {
            self.mishap(mishap.clone());
        }
        for script in &other.unfired {
            self.unfired(script.clone());
        }
        self.leaks.add(&other.leaks);
        self.more_mishaps += other.more_mishaps;
        self.more_unfired += other.more_unfired;
        for (rule, count) in &other.refused {
            add(&mut self.refused, rule, *count);
        }
    }
}

/// Adds to the count of a rule.
fn add(counts: &mut Vec<(&'static Rule, u64)>, rule: &'static Rule, count: u64) {
    let mut known = counts.iter_mut();
    match known.find(|(known, _)| std::ptr::eq(*known, rule)) {
        Some((_, sum)) => *sum += count,
        None => counts.push((rule, count)),
    }
}
