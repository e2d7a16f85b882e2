//! A request that is not answered yet, as predicates look at it.

use std::borrow::Cow;

use http::{HeaderName, Method};

use super::predicate::{Predicate, Subject};
use crate::catalog::LiveCatalog;
use crate::emulator::context::Context;
use crate::emulator::identity;
use crate::emulator::state::instances::Store;
use crate::wire::message::Request;

/// A request on its way, and what tells its element and its organization.
pub(crate) struct LiveRequest<'e, 'r> {
    pub(crate) context: &'e Context<'r>,
    pub(crate) catalog: &'e LiveCatalog,
    pub(crate) instances: &'e Store,
    pub(crate) seed: u64,
}

impl LiveRequest<'_, '_> {
    /// Tells whether a script or a stub with this predicate means the request.
    ///
    /// A browser's preflight is meant only where the predicate names its verb: it would use up what the request behind
    /// it is to meet.
    pub(super) fn is_meant(&self, predicate: &Predicate) -> bool {
        let names_verb = |verbs: &[Method]| verbs.contains(&Method::OPTIONS);
        let is_met = !self.context.is_preflight() || predicate.verbs().is_some_and(names_verb);
        is_met && predicate.fits(self)
    }
}

impl Subject for LiveRequest<'_, '_> {
    fn method(&self) -> &str {
        self.context.request.method.as_str()
    }

    fn path(&self) -> &str {
        self.context.request.uri.path()
    }

    fn query(&self) -> &str {
        self.context.request.uri.query().unwrap_or_default()
    }

    fn header(&self, name: &HeaderName) -> Vec<Cow<'_, str>> {
        let values = self.context.request.headers.get_all(name).iter();
        values
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect()
    }

    fn header_names(&self) -> Vec<Cow<'_, str>> {
        let names = self.context.request.headers.keys();
        names.map(|name| name.as_str().into()).collect()
    }

    fn body(&self) -> &[u8] {
        self.context.body()
    }

    fn element(&self) -> Option<Cow<'_, str>> {
        let catalog = self.catalog.current();
        self.context.named_element(&catalog).map(Cow::Owned)
    }

    fn is_of(&self, fingerprint: u64) -> bool {
        self.context.fingerprint(self.instances, self.seed) == Some(fingerprint)
    }

    fn organization_name(&self) -> Option<Cow<'_, str>> {
        let fingerprint = self.context.fingerprint(self.instances, self.seed)?;
        Some(identity::name_of(fingerprint).into())
    }

    fn request(&self) -> Cow<'_, Request> {
        Cow::Borrowed(self.context.request)
    }
}
