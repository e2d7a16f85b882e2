//! The catalog of a running server, which elements may join and leave.

use std::sync::Arc;

use parking_lot::RwLock;

use super::{BuiltIn, Catalog, Clash, Fixture};

/// A catalog that all readers share; each works on the version that it took.
#[derive(Clone, Debug)]
pub(crate) struct LiveCatalog(Arc<RwLock<Arc<Catalog>>>);

impl LiveCatalog {
    pub(crate) fn new(catalog: Arc<Catalog>) -> Self {
        LiveCatalog(Arc::new(RwLock::new(catalog)))
    }

    /// The catalog as it is now.
    pub(crate) fn current(&self) -> Arc<Catalog> {
        self.0.read().clone()
    }

    /// Adds an element as [`Catalog::with_element`] does; two that are added at a time both stay.
    pub(crate) fn add(&self, fixture: &Fixture, built_in: BuiltIn) -> Result<(), Clash> {
        let mut catalog = self.0.write();
        *catalog = Arc::new(catalog.with_element(fixture, built_in)?);
        Ok(())
    }

    /// Takes an element away that is not built in; `false` where there is none.
    pub(crate) fn remove(&self, key_or_id: &str) -> bool {
        let mut catalog = self.0.write();
        let found = catalog.find(key_or_id).filter(|found| !found.is_built_in());
        let without = found.map(|found| catalog.without(|known| known.id() == found.id()));
        let is_removed = without.is_some();
        if let Some(without) = without {
            *catalog = Arc::new(without);
        }
        is_removed
    }
}
