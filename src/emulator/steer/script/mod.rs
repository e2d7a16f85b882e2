//! Scripted faults and answers: which requests they meet, at which of them they fire, and what then happens.
//!
//! Rules are looked at in the order in which they were added; each counts the requests that it matches, and the first
//! that fires decides. Those with `first` queue up: each spends itself on requests that no rule before it took. What happens on the wire is only written down here, as a conduct: the connection enacts it
//! when every lock is gone.

mod document;
mod effect;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

pub(super) use document::{REPLY, read_reply};
pub use effect::{Effect, LiteralReply};

use super::live::LiveRequest;
use super::{Unfired, check_room};
use crate::emulator::identity;
use crate::emulator::lazy::LazyMutex;
use crate::emulator::steer::predicate::{Made, Predicate, conditions};

/// One scripted fault or answer: an effect, the requests that it is for, and which of those it meets.
///
/// ```
/// use http::Method;
/// use mock_ce::{Effect, MockCe, Scripted};
///
/// let ce = MockCe::start();
/// // The second creation is answered 503, all others as usual.
/// ce.script(Scripted::new(Effect::Status(503)).method(Method::POST).path("/instances").nth(2));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a scripted effect does nothing until it is given to a server"]
pub struct Scripted {
    pub(crate) effect: Effect,
    pub(crate) predicate: Predicate,
    pub(crate) position: Position,
}

/// At which of the requests that a rule matches it fires; they count from 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Position {
    Always,
    Nth(u64),
    First(u64),
    Every(u64),
    /// In 0 to 1; which requests that are is derived from the seed.
    Probability(f64),
}

impl Position {
    /// Refuses what can never fire.
    fn check(self) -> Result<(), String> {
        match self {
            Position::Nth(0) => Err("nth must be at least 1".to_owned()),
            Position::First(0) => Err("first must be at least 1".to_owned()),
            Position::Every(0) => Err("every must be at least 1".to_owned()),
            Position::Probability(share) if !(0.0..=1.0).contains(&share) => Err(format!(
                "probability must be a number from 0 to 1, found {share}"
            )),
            _ => Ok(()),
        }
    }
}

impl Scripted {
    /// An effect for every request.
    ///
    /// # Panics
    /// When the effect cannot be had: a status that is none, bytes that are zero.
    #[track_caller]
    pub fn new(effect: Effect) -> Self {
        effect
            .check()
            .unwrap_or_else(|reason| panic!("mock-ce: {reason}"));
        let (predicate, position) = (Predicate::new(), Position::Always);
        Scripted {
            effect,
            predicate,
            position,
        }
    }

    /// Only for requests that fit the predicate, in the place of every condition that was said before.
    pub fn when(mut self, predicate: Predicate) -> Self {
        self.predicate = predicate;
        self
    }

    conditions!(request);

    #[track_caller]
    fn with(mut self, name: &str, made: Made) -> Self {
        self.predicate = self.predicate.with(name, made);
        self
    }

    /// The same at a position, which JSON and Rust refuse alike.
    #[track_caller]
    fn at(mut self, position: Position) -> Self {
        position
            .check()
            .unwrap_or_else(|reason| panic!("mock-ce: {reason}"));
        self.position = position;
        self
    }

    /// Only for the n-th matching request.
    ///
    /// # Panics
    /// When `n` is 0.
    #[track_caller]
    pub fn nth(self, n: u64) -> Self {
        self.at(Position::Nth(n))
    }

    /// Only for the first n matching requests that no rule before it takes: so several of them make a queue.
    ///
    /// # Panics
    /// When `n` is 0.
    #[track_caller]
    pub fn first(self, n: u64) -> Self {
        self.at(Position::First(n))
    }

    /// Only for every n-th matching request.
    ///
    /// # Panics
    /// When `n` is 0.
    #[track_caller]
    pub fn every(self, n: u64) -> Self {
        self.at(Position::Every(n))
    }

    /// For this share of the matching requests, from 0 to 1; the seed decides which.
    ///
    /// # Panics
    /// When the share is not from 0 to 1.
    #[track_caller]
    pub fn probability(self, share: f64) -> Self {
        self.at(Position::Probability(share))
    }

    /// Tells whether the rule, having fired so often, fires for the `count`-th request that it matches.
    fn fires(&self, count: u64, fired: u64, seed: u64) -> bool {
        match self.position {
            Position::Always => true,
            Position::Nth(n) => count == n,
            Position::First(n) => fired < n,
            Position::Every(n) => n > 0 && count.is_multiple_of(n),
            Position::Probability(share) => {
                let draw = identity::mix(seed ^ identity::mix(count)) >> 11;
                (draw as f64) < share * (1_u64 << 53) as f64
            }
        }
    }
}

/// The scripted rules of a server, in order.
#[derive(Debug, Default)]
pub(crate) struct Script {
    /// A request takes a copy, so no lock is held while a closure of the test runs.
    lines: LazyMutex<Arc<Vec<Arc<Line>>>>,
    /// The number of lines, to pass a server without a script at no cost.
    length: AtomicUsize,
    /// The last id that was given; none is given twice.
    last_id: AtomicU64,
}

/// A scripted rule and what became of it.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) id: u64,
    pub(crate) scripted: Scripted,
    /// Its place among the rules of the same organization, from 1.
    place: u64,
    /// The number of requests that it matched.
    matched: AtomicU64,
    /// The number of those that it fired for.
    fired: AtomicU64,
}

impl Line {
    fn new(id: u64, scripted: Scripted, place: u64) -> Self {
        Line {
            id,
            scripted,
            place,
            matched: AtomicU64::new(0),
            fired: AtomicU64::new(0),
        }
    }

    /// The number of requests that it matched.
    fn matched(&self) -> u64 {
        self.matched.load(Ordering::Relaxed)
    }

    /// The number of those that it fired for.
    fn fired(&self) -> u64 {
        self.fired.load(Ordering::Relaxed)
    }

    /// Fires for the `count`-th request that it matches, if that is one of its own.
    fn claim(&self, count: u64, seed: u64) -> bool {
        let own_seed = identity::mix(seed ^ self.salt());
        let fires = |fired| self.scripted.fires(count, fired, own_seed);
        let one_more = |fired| fires(fired).then_some(fired + 1);
        let relaxed = Ordering::Relaxed;
        self.fired.fetch_update(relaxed, relaxed, one_more).is_ok()
    }

    /// The salt of its draws, beside the server's seed: what another organization scripts changes nothing.
    fn salt(&self) -> u64 {
        let organization = self.scripted.predicate.organization_secret();
        let organization = organization.map_or(0, identity::fingerprint);
        identity::mix(organization ^ self.place)
    }

    fn is_of(&self, organization: Option<&str>) -> bool {
        organization.is_none() || self.scripted.predicate.organization_secret() == organization
    }

    /// The line for the ledger, where it has not fired.
    pub(crate) fn unfired(&self) -> Option<Unfired> {
        let unfired = || Unfired::new(&self.scripted.predicate, self.to_string());
        (self.fired() == 0).then(unfired)
    }
}

impl Script {
    /// Adds rules behind those there are, all or none, and returns their ids.
    pub(crate) fn add(&self, scripted: Vec<Scripted>) -> Result<Vec<u64>, String> {
        self.change(|lines| {
            check_room(lines.len(), scripted.len())?;
            let added = scripted.into_iter().map(|scripted| {
                let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
                let place = next_place(lines, &scripted);
                lines.push(Arc::new(Line::new(id, scripted, place)));
                id
            });
            Ok(added.collect())
        })
    }

    /// The effect that the script has for a request, if any fires.
    pub(crate) fn intercept(&self, request: &LiveRequest<'_, '_>, seed: u64) -> Option<Effect> {
        if self.length.load(Ordering::Acquire) == 0 {
            return None;
        }
        let mut effect = None;
        for line in self.all().iter() {
            if !request.is_meant(&line.scripted.predicate) {
                continue;
            }
            let count = line.matched.fetch_add(1, Ordering::Relaxed) + 1;
            if effect.is_none() && line.claim(count, seed) {
                effect = Some(line.scripted.effect.clone());
            }
        }
        effect
    }

    /// Forgets every rule, or those that name this organization, and returns them.
    pub(crate) fn clear(&self, organization: Option<&str>) -> Vec<Arc<Line>> {
        self.change(|lines| {
            let removed = lines.extract_if(.., |line| line.is_of(organization));
            removed.collect()
        })
    }

    /// Every rule, or those that name this organization, with what became of it.
    pub(crate) fn lines(&self, organization: Option<&str>) -> Vec<Arc<Line>> {
        let lines = self.all();
        let of = |line: &&Arc<Line>| line.is_of(organization);
        lines.iter().filter(of).cloned().collect()
    }

    /// The rule with this id.
    pub(crate) fn line(&self, id: u64, organization: Option<&str>) -> Option<Arc<Line>> {
        let lines = self.all();
        let mut lines = lines.iter();
        let found = lines.find(|line| line.id == id && line.is_of(organization));
        found.cloned()
    }

    /// Puts a rule in the place of the one with this id, which is returned; it counts anew.
    pub(crate) fn replace(&self, id: u64, scripted: Scripted) -> Option<Arc<Line>> {
        self.change(|lines| {
            let line = lines.iter_mut().find(|line| line.id == id)?;
            let new = Line::new(id, scripted, line.place);
            Some(std::mem::replace(line, Arc::new(new)))
        })
    }

    /// Forgets the rule with this id, and returns it.
    pub(crate) fn remove(&self, id: u64, organization: Option<&str>) -> Option<Arc<Line>> {
        self.change(|lines| {
            let is_it = |line: &Arc<Line>| line.id == id && line.is_of(organization);
            let at = lines.iter().position(is_it)?;
            Some(lines.remove(at))
        })
    }

    fn all(&self) -> Arc<Vec<Arc<Line>>> {
        self.lines.lock().clone()
    }

    fn change<T>(&self, change: impl FnOnce(&mut Vec<Arc<Line>>) -> T) -> T {
        let mut lines = self.lines.lock();
        let changed = change(Arc::make_mut(&mut lines));
        self.length.store(lines.len(), Ordering::Release);
        changed
    }
}

/// The place of a rule behind those of the same organization.
fn next_place(lines: &[Arc<Line>], scripted: &Scripted) -> u64 {
    let organization = scripted.predicate.organization_secret();
    let mut before = lines.iter().rev();
    let last = before.find(|line| line.scripted.predicate.organization_secret() == organization);
    last.map_or(1, |line| line.place + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::always(Scripted::new(Effect::Reset), "111111")]
    #[case::nth(Scripted::new(Effect::Reset).nth(2), "010000")]
    #[case::first(Scripted::new(Effect::Reset).first(2), "110000")]
    #[case::every(Scripted::new(Effect::Reset).every(3), "001001")]
    #[case::never(Scripted::new(Effect::Reset).probability(0.0), "000000")]
    #[case::certainly(Scripted::new(Effect::Reset).probability(1.0), "111111")]
    fn a_rule_fires_at_its_position(#[case] scripted: Scripted, #[case] expected: &str) {
        let fired: String = (1..=6)
            .scan(0, |fired, n| {
                let fires = scripted.fires(n, *fired, 7);
                *fired += u64::from(fires);
                Some(if fires { '1' } else { '0' })
            })
            .collect();
        assert_eq!(fired, expected);
    }

    #[test]
    fn a_share_is_kept_and_the_same_for_the_same_seed() {
        let scripted = Scripted::new(Effect::Reset).probability(0.25);
        let fired = |seed| {
            (1..=10_000)
                .filter(|n| scripted.fires(*n, 0, seed))
                .collect::<Vec<_>>()
        };
        assert!(
            (2_300..2_700).contains(&fired(1).len()),
            "{}",
            fired(1).len()
        );
        assert_eq!(fired(1), fired(1));
        assert_ne!(fired(1), fired(2));
    }
}
