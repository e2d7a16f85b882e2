//! The journal's requests as predicates look at them: kept ones quickly, shown ones for what a message says of them.

use std::borrow::Cow;

use http::{HeaderName, Method, StatusCode, Uri};

use super::entry::Entry;
use super::received::Received;
use crate::catalog::Catalog;
use crate::emulator::identity;
use crate::emulator::steer::predicate::Subject;
use crate::rules::Rule;
use crate::wire::message::{Body, Request};

/// An entry, and the catalog that tells which element it is about.
pub(super) struct EntryView<'e> {
    pub(super) entry: &'e Entry,
    pub(super) catalog: &'e Catalog,
}

impl Subject for EntryView<'_> {
    fn method(&self) -> &str {
        self.entry.method()
    }

    fn path(&self) -> &str {
        self.entry.path()
    }

    fn query(&self) -> &str {
        query_of(self.entry.target())
    }

    fn header(&self, name: &HeaderName) -> Vec<Cow<'_, str>> {
        let headers = self.entry.headers();
        let of_name = headers.filter(|(known, _)| *known == name.as_str());
        of_name.map(|(_, value)| value).collect()
    }

    fn header_names(&self) -> Vec<Cow<'_, str>> {
        self.entry.headers().map(|(name, _)| name).collect()
    }

    fn body(&self) -> &[u8] {
        self.entry.body()
    }

    fn is_cut(&self) -> bool {
        self.entry.is_cut()
    }

    fn element(&self) -> Option<Cow<'_, str>> {
        self.entry.element(self.catalog).map(Cow::Owned)
    }

    fn is_of(&self, fingerprint: u64) -> bool {
        self.entry.organization() == Some(fingerprint)
    }

    fn organization_name(&self) -> Option<Cow<'_, str>> {
        let organization = self.entry.organization();
        organization.map(|fingerprint| identity::name_of(fingerprint).into())
    }

    fn instance(&self) -> Option<u64> {
        self.entry.instance()
    }

    fn rule(&self) -> Option<&'static Rule> {
        Some(self.entry.rule)
    }

    fn status(&self) -> Option<StatusCode> {
        self.entry.status()
    }

    fn request(&self) -> Cow<'_, Request> {
        let (method, target) = (self.method(), self.entry.target());
        Cow::Owned(request(method, target, self.entry.headers(), self.body()))
    }
}

impl Subject for Received {
    fn method(&self) -> &str {
        &self.method
    }

    fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    fn query(&self) -> &str {
        query_of(&self.target)
    }

    fn header(&self, name: &HeaderName) -> Vec<Cow<'_, str>> {
        let of_name = self
            .headers
            .iter()
            .filter(|(known, _)| known == name.as_str());
        of_name.map(|(_, value)| value.into()).collect()
    }

    fn header_names(&self) -> Vec<Cow<'_, str>> {
        self.headers.iter().map(|(name, _)| name.into()).collect()
    }

    fn body(&self) -> &[u8] {
        self.body.text.as_bytes()
    }

    fn is_cut(&self) -> bool {
        self.body.digest.is_some()
    }

    fn element(&self) -> Option<Cow<'_, str>> {
        self.element.as_deref().map(Cow::Borrowed)
    }

    fn is_of(&self, fingerprint: u64) -> bool {
        self.organization == Some(identity::name_of(fingerprint))
    }

    fn organization_name(&self) -> Option<Cow<'_, str>> {
        self.organization.as_deref().map(Cow::Borrowed)
    }

    fn instance(&self) -> Option<u64> {
        self.instance
    }

    fn rule(&self) -> Option<&'static Rule> {
        Some(self.rule)
    }

    fn status(&self) -> Option<StatusCode> {
        self.status
            .and_then(|status| StatusCode::from_u16(status).ok())
    }

    fn request(&self) -> Cow<'_, Request> {
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| (name.into(), value.into()));
        Cow::Owned(request(
            &self.method,
            &self.target,
            headers,
            self.body.text.as_bytes(),
        ))
    }
}

fn query_of(target: &str) -> &str {
    target.split_once('?').map_or("", |(_, query)| query)
}

/// The request as a closure sees it; what cannot be said as the type demands is left out.
fn request<'h>(
    method: &str,
    target: &str,
    headers: impl Iterator<Item = (Cow<'h, str>, Cow<'h, str>)>,
    body: &[u8],
) -> Request {
    let read = |(name, value): (Cow<'h, str>, Cow<'h, str>)| {
        Some((name.parse::<HeaderName>().ok()?, value.parse().ok()?))
    };
    Request {
        method: Method::from_bytes(method.as_bytes()).unwrap_or_default(),
        uri: target.parse().unwrap_or_else(|_| Uri::default()),
        headers: headers.filter_map(read).collect(),
        body: Body::Whole(body.to_vec().into()),
        peer: None,
    }
}
