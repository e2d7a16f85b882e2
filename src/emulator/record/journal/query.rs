//! A query for journaled requests, what it found, and what came near.

use std::fmt;

use http::{Method, StatusCode};

use super::entry::Entry;
use super::received::Received;
use crate::catalog::Catalog;
use crate::emulator::identity;
use crate::emulator::path::PathPattern;

/// Conditions on journaled requests; a condition that is not set holds for every request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    pub(crate) method: Option<Method>,
    pub(crate) path: Option<PathPattern>,
    pub(crate) element: Option<String>,
    pub(crate) organization: Option<u64>,
    pub(crate) instance: Option<u64>,
    pub(crate) rule: Option<String>,
    pub(crate) status: Option<StatusCode>,
}

/// The requests that were found, oldest first.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Found {
    /// The requests that fit.
    pub requests: Vec<Received>,
    /// The number of requests that the journal has dropped for want of room: as many may be missing here.
    ///
    /// A query for one organization counts only the requests of that organization.
    pub dropped: u64,
}

impl Query {
    /// Finds every request.
    #[must_use]
    pub fn new() -> Self {
        Query::default()
    }

    /// Finds only requests with this verb.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// Finds only requests to a path that fits: `"/instances/*"`.
    #[must_use]
    pub fn path(mut self, pattern: &str) -> Self {
        self.path = Some(PathPattern::new(pattern));
        self
    }

    /// Finds only requests about the element with this key.
    #[must_use]
    pub fn element(mut self, key: impl Into<String>) -> Self {
        self.element = Some(key.into());
        self
    }

    /// Finds only requests of the organization with this secret.
    #[must_use]
    pub fn organization(mut self, secret: &str) -> Self {
        self.organization = Some(identity::fingerprint(secret));
        self
    }

    /// Finds only requests about the instance with this id.
    #[must_use]
    pub fn instance(mut self, id: u64) -> Self {
        self.instance = Some(id);
        self
    }

    /// Finds only requests that this rule decided: `"create"`.
    #[must_use]
    pub fn rule(mut self, id: impl Into<String>) -> Self {
        self.rule = Some(id.into());
        self
    }

    /// Finds only requests that were answered with this status.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = Some(status);
        self
    }

    /// Names the conditions that a request does not meet, one line each: `"method: expected POST, was GET"`.
    #[must_use]
    pub fn differences(&self, received: &Received) -> Vec<String> {
        let path = received.target.split('?').next().unwrap_or_default();
        let organization = self.organization.map(identity::name_of);
        let instance = |id: u64| id.to_string();
        let told = |text: Option<String>| text.unwrap_or_else(|| "none".to_owned());
        let fields = [
            (
                "method",
                self.method.as_ref().map(Method::to_string),
                received.method.clone(),
            ),
            (
                "path",
                (self.path.as_ref())
                    .filter(|p| !p.fits(path))
                    .map(|p| p.as_str().to_owned()),
                path.to_owned(),
            ),
            (
                "element",
                self.element.clone(),
                told(received.element.clone()),
            ),
            (
                "organization",
                organization,
                told(received.organization.clone()),
            ),
            (
                "instance",
                self.instance.map(instance),
                told(received.instance.map(instance)),
            ),
            ("rule", self.rule.clone(), received.rule.id.to_owned()),
            (
                "status",
                self.status.map(|s| s.as_str().to_owned()),
                told(received.status.map(|status| status.to_string())),
            ),
        ];
        let differing = fields.into_iter().filter_map(|(field, expected, was)| {
            let expected = expected.filter(|expected| *expected != was)?;
            Some(format!("{field}: expected {expected}, was {was}"))
        });
        differing.collect()
    }

    /// Returns the three requests that came nearest to fitting, the nearest first, with the conditions they do not meet.
    #[must_use]
    pub fn nearest<'r>(&self, requests: &'r [Received]) -> Vec<(&'r Received, Vec<String>)> {
        let mut near: Vec<_> = requests
            .iter()
            .map(|one| (one, self.differences(one)))
            .collect();
        near.sort_by_key(|(received, differences)| {
            (differences.len(), std::cmp::Reverse(received.number))
        });
        near.truncate(3);
        near
    }

    /// Widens the query to every request of its organization, or of everybody.
    pub(crate) fn of_same_sender(&self) -> Query {
        Query {
            organization: self.organization,
            ..Query::default()
        }
    }

    /// Tells whether a dropped request of this organization, or of one that is not known, may have fitted.
    pub(super) fn may_miss(&self, organization: Option<u64>) -> bool {
        self.organization
            .is_none_or(|wanted| organization == Some(wanted))
    }

    pub(super) fn fits(&self, entry: &Entry, catalog: &Catalog) -> bool {
        self.method
            .as_ref()
            .is_none_or(|method| method.as_str() == entry.method())
            && self
                .status
                .is_none_or(|status| entry.status == Some(status))
            && self.rule.as_ref().is_none_or(|rule| rule == entry.rule.id)
            && self
                .instance
                .is_none_or(|instance| entry.instance == Some(instance))
            && self
                .organization
                .is_none_or(|organization| entry.organization == Some(organization))
            && self
                .path
                .as_ref()
                .is_none_or(|pattern| pattern.fits(entry.path()))
            && self
                .element
                .as_ref()
                .is_none_or(|element| entry.element(catalog).as_ref() == Some(element))
    }
}

/// `method POST, path /instances, status 200`
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = [
            ("method", self.method.as_ref().map(Method::to_string)),
            (
                "path",
                self.path.as_ref().map(|path| path.as_str().to_owned()),
            ),
            ("element", self.element.clone()),
            ("organization", self.organization.map(identity::name_of)),
            ("instance", self.instance.map(|id| id.to_string())),
            ("rule", self.rule.clone()),
            (
                "status",
                self.status.map(|status| status.as_str().to_owned()),
            ),
        ];
        let set = fields
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name} {}", value?)));
        f.write_str(&set.collect::<Vec<_>>().join(", "))
    }
}
