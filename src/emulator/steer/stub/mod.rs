//! Stubs: answers of a test's own, in the place of the service's.
//!
//! Among the stubs that fit a request, the newest answers that has not answered as often as it may. Scripted effects
//! come before: one that answers by itself leaves the stubs alone, and any other is applied to the stub's answer.

mod document;
mod placeholder;
mod template;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::RwLock;

use super::live::LiveRequest;
use super::predicate::Predicate;
use super::script::LiteralReply;
use super::{Unfired, check_room};
use crate::emulator::context::Context;
use crate::wire::message::Request;
use template::Template;

/// One stub: the requests that it is for, its answer, and how often it answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct StubOrder {
    pub(crate) predicate: Predicate,
    pub(crate) answer: StubAnswer,
    pub(crate) delay: Duration,
    /// The most requests that it answers; `None` for any number.
    pub(crate) times: Option<u64>,
}

/// The answer of a stub.
#[derive(Clone)]
pub(crate) enum StubAnswer {
    Literal(LiteralReply),
    Template(Template),
    Closure(Arc<dyn Fn(&Request) -> LiteralReply + Send + Sync>),
}

impl Default for StubAnswer {
    fn default() -> Self {
        StubAnswer::Literal(LiteralReply::default())
    }
}

impl fmt::Debug for StubAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StubAnswer::Literal(literal) => literal.fmt(f),
            StubAnswer::Template(template) => template.fmt(f),
            StubAnswer::Closure(_) => f.write_str("a closure"),
        }
    }
}

impl StubOrder {
    /// The same for at most so many requests.
    pub(crate) fn set_times(&mut self, times: u64) -> Result<(), String> {
        if times == 0 {
            return Err("times must be at least 1".to_owned());
        }
        self.times = Some(times);
        Ok(())
    }
}

/// The stubs of a server.
#[derive(Debug, Default)]
pub(crate) struct Stubs {
    /// The oldest first. A request takes a copy, so no lock is held while a closure of the test runs.
    lines: RwLock<Arc<Vec<Arc<StubLine>>>>,
    /// The number of lines, to pass a server without stubs at no cost.
    length: AtomicUsize,
    /// The last id that was given; none is given twice.
    last_id: AtomicU64,
}

/// A stub and how often it answered.
#[derive(Debug)]
pub(crate) struct StubLine {
    pub(crate) id: u64,
    pub(crate) order: StubOrder,
    fired: AtomicU64,
}

impl StubLine {
    pub(crate) fn fired(&self) -> u64 {
        self.fired.load(Ordering::Relaxed)
    }

    /// The stub for the ledger, where it has answered nothing.
    pub(crate) fn unfired(&self) -> Option<Unfired> {
        let predicate = &self.order.predicate;
        let text = || format!("stub {} for {}", self.id, predicate.masked());
        (self.fired() == 0).then(|| Unfired::new(predicate, text()))
    }

    /// The answer to a request, and the time before it.
    pub(crate) fn answer(&self, context: &Context<'_>) -> LiteralReply {
        match &self.order.answer {
            StubAnswer::Literal(literal) => literal.clone(),
            StubAnswer::Template(template) => template.fill(&self.order.predicate, context),
            StubAnswer::Closure(closure) => closure(context.request),
        }
    }

    fn is_of(&self, organization: Option<&str>) -> bool {
        organization.is_none() || self.order.predicate.organization_secret() == organization
    }

    /// Counts an answer, unless there were as many as there may be.
    fn claim(&self) -> bool {
        let most = self.order.times.unwrap_or(u64::MAX);
        let one_more = |fired| (fired < most).then_some(fired + 1);
        let relaxed = Ordering::Relaxed;
        self.fired.fetch_update(relaxed, relaxed, one_more).is_ok()
    }
}

impl Stubs {
    /// Adds stubs, the last one as the newest, all or none, and returns their ids.
    pub(crate) fn add(&self, orders: Vec<StubOrder>) -> Result<Vec<u64>, String> {
        self.change(|lines| {
            check_room(lines.len(), orders.len())?;
            let added = orders.into_iter().map(|order| {
                let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
                lines.push(line(id, order, 0));
                id
            });
            Ok(added.collect())
        })
    }

    /// The stub that answers a request, which counts as answered from now on.
    pub(crate) fn take(&self, request: &LiveRequest<'_, '_>) -> Option<Arc<StubLine>> {
        let lines = self.all()?;
        let mut newest_first = lines.iter().rev();
        let takes = |line: &&Arc<StubLine>| request.is_meant(&line.order.predicate) && line.claim();
        newest_first.find(takes).cloned()
    }

    /// The verbs that stubs have at a path, for the answer to a preflight, which asks for one of them without
    /// credentials and without a body.
    pub(crate) fn verbs_at(&self, path: &str, asked: &str) -> Vec<String> {
        let lines = self.all().unwrap_or_default();
        let predicates = lines.iter().map(|line| &line.order.predicate);
        let there =
            predicates.filter(|one| one.path_pattern().is_none_or(|known| known.fits(path)));
        let verbs = there.flat_map(|predicate| match predicate.verbs() {
            Some(verbs) => verbs.iter().map(ToString::to_string).collect(),
            None => vec![asked.to_owned()],
        });
        verbs.collect()
    }

    /// Forgets every stub, or those that name this organization, and returns them.
    pub(crate) fn clear(&self, organization: Option<&str>) -> Vec<Arc<StubLine>> {
        self.change(|lines| {
            let removed = lines.extract_if(.., |line| line.is_of(organization));
            removed.collect()
        })
    }

    /// Every stub, or those that name this organization, the oldest first.
    pub(crate) fn lines(&self, organization: Option<&str>) -> Vec<Arc<StubLine>> {
        let lines = self.lines.read();
        let of = |line: &&Arc<StubLine>| line.is_of(organization);
        lines.iter().filter(of).cloned().collect()
    }

    /// The stub with this id.
    pub(crate) fn line(&self, id: u64, organization: Option<&str>) -> Option<Arc<StubLine>> {
        let lines = self.lines.read();
        let mut lines = lines.iter();
        let found = lines.find(|line| line.id == id && line.is_of(organization));
        found.cloned()
    }

    /// Puts a stub in the place of the one with this id, which is returned; it counts anew.
    pub(crate) fn replace(&self, id: u64, order: StubOrder) -> Option<Arc<StubLine>> {
        self.put(id, order, |_| 0)
    }

    /// Says of the stub with this id what it is from now on.
    pub(crate) fn refine(&self, id: u64, order: StubOrder) {
        // One that was cleared meanwhile stays so.
        let _before = self.put(id, order, StubLine::fired);
    }

    /// Forgets the stub with this id, and returns it.
    pub(crate) fn remove(&self, id: u64, organization: Option<&str>) -> Option<Arc<StubLine>> {
        self.change(|lines| {
            let is_it = |line: &Arc<StubLine>| line.id == id && line.is_of(organization);
            let at = lines.iter().position(is_it)?;
            Some(lines.remove(at))
        })
    }

    fn put(
        &self,
        id: u64,
        order: StubOrder,
        fired: impl FnOnce(&StubLine) -> u64,
    ) -> Option<Arc<StubLine>> {
        self.change(|lines| {
            let known = lines.iter_mut().find(|line| line.id == id)?;
            let new = line(id, order, fired(known));
            Some(std::mem::replace(known, new))
        })
    }

    fn all(&self) -> Option<Arc<Vec<Arc<StubLine>>>> {
        (self.length.load(Ordering::Acquire) > 0).then(|| self.lines.read().clone())
    }

    fn change<T>(&self, change: impl FnOnce(&mut Vec<Arc<StubLine>>) -> T) -> T {
        let mut lines = self.lines.write();
        let changed = change(Arc::make_mut(&mut lines));
        self.length.store(lines.len(), Ordering::Release);
        changed
    }
}

fn line(id: u64, order: StubOrder, fired: u64) -> Arc<StubLine> {
    let fired = AtomicU64::new(fired);
    Arc::new(StubLine { id, order, fired })
}
