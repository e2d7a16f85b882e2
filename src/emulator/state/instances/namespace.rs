//! One organization's instances, and the pages of its lists.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Excluded, Unbounded};
use std::ops::Range;
use std::sync::Arc;

use super::leak::{Clearing, Leaks};
use super::stored::{OrganizationInstances, Origin, Stored};
use crate::catalog::Element;

/// The id of an organization's first instance (rule `instance-id`).
pub(crate) const FIRST_ID: u64 = 1234;

/// The instances that a list is about.
#[derive(Default)]
pub(crate) struct Selection<'a> {
    /// Only this element's.
    pub(crate) element: Option<u64>,
    /// All of these must be among the tags.
    pub(crate) tags: Vec<Cow<'a, str>>,
    /// Must be in the name or the element's key; in lower case.
    pub(crate) search: Option<String>,
}

/// Which instances a search is about.
#[derive(Clone, Copy)]
pub(crate) enum Matches {
    /// The one with this id.
    Id(u64),
    /// Those of the element with this id.
    Element(u64),
}

/// One page of a list.
pub(crate) struct Page {
    pub(crate) instances: Vec<Arc<Stored>>,
    /// The number of instances over all pages.
    pub(crate) total: usize,
    /// The id after which the next page starts; `None` on the last one.
    pub(crate) next: Option<u64>,
}

/// One organization's instances.
#[derive(Debug)]
pub(super) struct Namespace {
    pub(super) organization: Arc<str>,
    pub(super) next_id: u64,
    pub(super) instances: BTreeMap<u64, Arc<Stored>>,
    /// The number of those that a client created.
    pub(super) created: u64,
    /// The ids of each element's instances, by the element's id.
    by_element: BTreeMap<u64, BTreeSet<u64>>,
    /// Boxed, for only a test that chooses ids has some.
    gaps: Option<Box<Gaps>>,
}

/// Ids that were not given out in turn.
#[derive(Debug, Default)]
struct Gaps {
    /// Ids below the next one that were passed over because a test chose a higher one.
    skipped: Vec<Range<u64>>,
    /// Ids that a test chose where they are not counted otherwise.
    chosen: BTreeSet<u64>,
}

impl Namespace {
    /// Lets ids go on behind this one.
    pub(super) fn count(&mut self, id: u64) {
        if id < self.next_id {
            // Either a restored one, or one that a test chose among those passed over.
            if !self.has_counted(id) {
                self.gaps.get_or_insert_default().chosen.insert(id);
            }
            return;
        }
        if id > self.next_id {
            let skipped = self.next_id..id;
            self.gaps.get_or_insert_default().skipped.push(skipped);
        }
        self.next_id = id.saturating_add(1);
    }

    /// Tells whether there ever was an instance with this id.
    pub(super) fn has_issued(&self, id: u64) -> bool {
        let chosen = self.gaps.as_ref().map(|gaps| &gaps.chosen);
        chosen.is_some_and(|chosen| chosen.contains(&id)) || self.has_counted(id)
    }

    fn has_counted(&self, id: u64) -> bool {
        let mut skipped = self.gaps.iter().flat_map(|gaps| &gaps.skipped);
        (FIRST_ID..self.next_id).contains(&id) && !skipped.any(|ids| ids.contains(&id))
    }

    pub(super) fn section(&self) -> OrganizationInstances {
        let (organization, next_id) = (self.organization.clone(), self.next_id);
        OrganizationInstances {
            organization,
            next_id,
            instances: self.instances.values().cloned().collect(),
        }
    }

    /// The instances that a client created and did not delete.
    pub(super) fn leaks(&self, cleared_by: Option<Clearing>) -> Leaks {
        let instances = self.instances.values().map(|stored| &**stored);
        Leaks::of(instances, self.created, cleared_by)
    }

    pub(super) fn new(organization: Arc<str>) -> Self {
        let (instances, by_element) = (BTreeMap::new(), BTreeMap::new());
        Namespace {
            organization,
            next_id: FIRST_ID,
            instances,
            created: 0,
            by_element,
            gaps: None,
        }
    }

    pub(super) fn put(&mut self, stored: Arc<Stored>) {
        self.by_element
            .entry(stored.element.id())
            .or_default()
            .insert(stored.id);
        self.created += u64::from(stored.origin == Origin::Created);
        self.instances.insert(stored.id, stored);
    }

    pub(super) fn take(&mut self, id: u64) -> Option<Arc<Stored>> {
        let stored = self.instances.remove(&id)?;
        self.created -= u64::from(stored.origin == Origin::Created);
        let element = stored.element.id();
        let ids = self
            .by_element
            .get_mut(&element)
            .expect("each instance is in its element's set");
        ids.remove(&id);
        if ids.is_empty() {
            self.by_element.remove(&element);
        }
        Some(stored)
    }

    /// Counts the instances of each element, by the element's id.
    pub(super) fn count_by_element(&self) -> Vec<(Arc<Element>, usize)> {
        let sets = self.by_element.values();
        let counted = sets.filter_map(|ids| {
            let any = &self.instances[ids.first()?];
            Some((any.element.clone(), ids.len()))
        });
        counted.collect()
    }

    pub(super) fn matching(&self, matches: Matches) -> impl Iterator<Item = &Arc<Stored>> {
        let (one, element) = match matches {
            Matches::Id(id) => (Some(id), None),
            Matches::Element(element) => (None, self.by_element.get(&element)),
        };
        let ids = one
            .into_iter()
            .chain(element.into_iter().flatten().copied());
        ids.filter_map(|id| self.instances.get(&id))
    }

    /// Tells whether nothing but the next id is left to remember.
    pub(super) fn is_emptied(&self) -> bool {
        self.instances.is_empty() && self.gaps.is_none()
    }

    pub(super) fn page(&self, selection: &Selection<'_>, after: u64, size: usize) -> Page {
        let behind = (Excluded(after), Unbounded);
        let of_element = selection
            .element
            .map(|element| self.by_element.get(&element));
        match of_element {
            _ if selection.is_filtered() => self.filtered_page(selection, after, size),
            None => {
                let instances = self.instances.range(behind).map(|(_, stored)| stored);
                Page::cut(instances, self.instances.len(), size)
            }
            Some(None) => Page::cut(std::iter::empty(), 0, size),
            Some(Some(ids)) => {
                let instances = ids.range(behind).map(|id| &self.instances[id]);
                Page::cut(instances, ids.len(), size)
            }
        }
    }

    /// Looks at every instance, for only that tells how many are selected.
    fn filtered_page(&self, selection: &Selection<'_>, after: u64, size: usize) -> Page {
        let selected = || {
            self.instances
                .values()
                .filter(|stored| selection.has(stored))
        };
        Page::cut(
            selected().filter(|stored| stored.id > after),
            selected().count(),
            size,
        )
    }
}

impl Page {
    fn cut<'a>(
        mut instances: impl Iterator<Item = &'a Arc<Stored>>,
        total: usize,
        size: usize,
    ) -> Self {
        let page: Vec<_> = instances.by_ref().take(size).cloned().collect();
        let next = instances.next().and(page.last()).map(|last| last.id);
        Page {
            instances: page,
            total,
            next,
        }
    }
}

impl Selection<'_> {
    fn is_filtered(&self) -> bool {
        !self.tags.is_empty() || self.search.is_some()
    }

    fn has(&self, stored: &Stored) -> bool {
        let found = |search: &String| {
            stored.name().to_lowercase().contains(search)
                || stored.element.key().to_lowercase().contains(search)
        };
        self.element
            .is_none_or(|element| element == stored.element.id())
            && self
                .tags
                .iter()
                .all(|tag| stored.shown_tags().any(|shown| shown == tag))
            && self.search.as_ref().is_none_or(found)
    }
}
