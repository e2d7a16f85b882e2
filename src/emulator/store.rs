//! Instances in memory, partitioned by organization (rule `credential-namespace`).
//!
//! One lock guards all of it and is held only for the step that must not be divided: nothing is parsed, validated or
//! rendered under it. Readers take a counted reference to an instance and let go; a change puts a new instance in the
//! place of the old one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::Arc;

use parking_lot::Mutex;

use super::clock::system_time;
use super::configuration::Configuration;
use super::identity;
use crate::catalog::Element;
use crate::instance::Instance;

/// The id of an organization's first instance (rule `instance-id`).
pub(crate) const FIRST_ID: u64 = 1234;

/// One provisioned instance.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) id: u64,
    pub(crate) element: Arc<Element>,
    pub(crate) token: Arc<str>,
    pub(crate) name: Box<str>,
    /// As sent; empty when none were.
    pub(crate) tags: Box<[Box<str>]>,
    pub(crate) configuration: Configuration,
    /// Milliseconds since 1970.
    pub(crate) created: u64,
    pub(crate) updated: u64,
}

/// An instance before it has an id and a token.
pub(crate) struct Draft {
    pub(crate) element: Arc<Element>,
    pub(crate) name: Box<str>,
    pub(crate) tags: Box<[Box<str>]>,
    pub(crate) configuration: Configuration,
}

/// Which instances a list is about.
#[derive(Default)]
pub(crate) struct Selection<'a> {
    /// Only this element's.
    pub(crate) element: Option<u64>,
    /// All of these must be among the tags.
    pub(crate) tags: Vec<std::borrow::Cow<'a, str>>,
    /// Must be in the name or the element's key; in lower case.
    pub(crate) search: Option<String>,
}

/// One page of a list.
pub(crate) struct Page {
    pub(crate) instances: Vec<Arc<Stored>>,
    /// How many there are over all pages.
    pub(crate) total: usize,
    /// The id after which the next page starts; `None` on the last one.
    pub(crate) next: Option<u64>,
}

/// All instances of a server.
#[derive(Debug)]
pub(crate) struct Store {
    seed: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    organizations: HashMap<Arc<str>, Namespace>,
    tokens: HashMap<Arc<str>, Address>,
}

/// Where the instance of a token is.
#[derive(Clone, Debug)]
struct Address {
    organization: Arc<str>,
    id: u64,
}

/// One organization's instances.
#[derive(Debug)]
struct Namespace {
    organization: Arc<str>,
    next_id: u64,
    instances: BTreeMap<u64, Arc<Stored>>,
    /// The ids of each element's instances, by the element's id.
    by_element: BTreeMap<u64, BTreeSet<u64>>,
}

impl Store {
    pub(crate) fn new(seed: u64) -> Self {
        Store {
            seed,
            state: Mutex::default(),
        }
    }

    /// Gives the draft its id and token, and keeps it.
    pub(crate) fn insert(&self, organization: &str, draft: Draft, now: u64) -> Arc<Stored> {
        let mut state = self.state.lock();
        let state = &mut *state;
        if !state.organizations.contains_key(organization) {
            let name = Arc::<str>::from(organization);
            state
                .organizations
                .insert(name.clone(), Namespace::new(name));
        }
        let namespace = state
            .organizations
            .get_mut(organization)
            .expect("it was put there above");
        let id = namespace.next_id;
        namespace.next_id += 1;
        let token = Arc::<str>::from(identity::token(self.seed, organization, id));
        let Draft {
            element,
            name,
            tags,
            configuration,
        } = draft;
        let stored = Arc::new(Stored {
            id,
            element,
            token,
            name,
            tags,
            configuration,
            created: now,
            updated: now,
        });
        state.tokens.insert(
            stored.token.clone(),
            Address {
                organization: namespace.organization.clone(),
                id,
            },
        );
        namespace.put(stored.clone());
        stored
    }

    /// The organization's instance with this id.
    pub(crate) fn get(&self, organization: &str, id: u64) -> Option<Arc<Stored>> {
        self.state
            .lock()
            .organizations
            .get(organization)?
            .instances
            .get(&id)
            .cloned()
    }

    /// The instance with this token, and its organization.
    pub(crate) fn by_token(&self, token: &str) -> Option<(Arc<str>, Arc<Stored>)> {
        let state = self.state.lock();
        let Address { organization, id } = state.tokens.get(token)?;
        let stored = state.organizations.get(organization)?.instances.get(id)?;
        Some((organization.clone(), stored.clone()))
    }

    /// Puts what `change` makes of an instance in its place; `None` when it is gone.
    pub(crate) fn update(
        &self,
        organization: &str,
        id: u64,
        change: impl FnOnce(&Stored) -> Stored,
    ) -> Option<Arc<Stored>> {
        let mut state = self.state.lock();
        let namespace = state.organizations.get_mut(organization)?;
        let before = namespace.take(id)?;
        let after = Arc::new(change(&before));
        namespace.put(after.clone());
        Some(after)
    }

    /// Removes an instance, and its token with it.
    pub(crate) fn remove(&self, organization: &str, id: u64) -> Option<Arc<Stored>> {
        let mut state = self.state.lock();
        let removed = state.organizations.get_mut(organization)?.take(id)?;
        state.tokens.remove(&removed.token);
        Some(removed)
    }

    /// Every instance with its organization, by organization and id.
    pub(crate) fn all(&self) -> Vec<(Arc<str>, Arc<Stored>)> {
        let state = self.state.lock();
        let mut all: Vec<_> = (state.organizations.iter())
            .flat_map(|(name, namespace)| {
                namespace
                    .instances
                    .values()
                    .map(|stored| (name.clone(), stored.clone()))
            })
            .collect();
        drop(state);
        all.sort_by(|(a, x), (b, y)| a.cmp(b).then(x.id.cmp(&y.id)));
        all
    }

    /// At most `size` of the selected instances with an id above `after`, oldest first.
    pub(crate) fn page(
        &self,
        organization: &str,
        selection: &Selection<'_>,
        after: u64,
        size: usize,
    ) -> Page {
        let state = self.state.lock();
        let empty = Page {
            instances: Vec::new(),
            total: 0,
            next: None,
        };
        state
            .organizations
            .get(organization)
            .map_or(empty, |namespace| namespace.page(selection, after, size))
    }
}

impl Namespace {
    fn new(organization: Arc<str>) -> Self {
        let (instances, by_element) = (BTreeMap::new(), BTreeMap::new());
        Namespace {
            organization,
            next_id: FIRST_ID,
            instances,
            by_element,
        }
    }

    fn put(&mut self, stored: Arc<Stored>) {
        self.by_element
            .entry(stored.element.id())
            .or_default()
            .insert(stored.id);
        self.instances.insert(stored.id, stored);
    }

    fn take(&mut self, id: u64) -> Option<Arc<Stored>> {
        let stored = self.instances.remove(&id)?;
        let ids = self
            .by_element
            .get_mut(&stored.element.id())
            .expect("each instance is in its element's set");
        ids.remove(&id);
        Some(stored)
    }

    fn page(&self, selection: &Selection<'_>, after: u64, size: usize) -> Page {
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
            stored.name.to_lowercase().contains(search)
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

impl Stored {
    pub(crate) fn to_instance(&self, organization: &str) -> Instance {
        let entries = self.configuration.entries(&self.element);
        Instance {
            id: self.id,
            organization: organization.to_owned(),
            element: self.element.key().to_owned(),
            token: self.token.to_string(),
            name: self.name.to_string(),
            tags: self.tags.iter().map(|tag| tag.to_string()).collect(),
            configuration: entries
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect(),
            created: system_time(self.created),
            updated: system_time(self.updated),
        }
    }

    /// The tags as they are shown: the instance's own name when none were sent (rule `platform-shape`).
    pub(crate) fn shown_tags(&self) -> impl Iterator<Item = &str> {
        let own_name = self.tags.is_empty().then_some(&*self.name);
        self.tags.iter().map(|tag| &**tag).chain(own_name)
    }
}
