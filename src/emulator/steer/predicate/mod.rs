//! Predicates: the one language that says which requests are meant, for journal queries, expectations and scripts, in
//! Rust and as JSON.
//!
//! A predicate is a list of conditions, and a request fits when all of them hold. Each condition is made, and refused
//! where it can match nothing, in [`condition`]; [`read`] reads the JSON, and the macro [`conditions`] gives the builder
//! methods to every type that has a predicate.

mod body;
mod condition;
mod condition_methods;
mod difference;
mod masked;
mod read;
mod subject;

use std::cmp::Reverse;
use std::fmt;

pub(crate) use body::BodyCondition;
pub(crate) use condition::{Condition, Expected, Made, json_of};
pub(crate) use subject::Subject;

use http::Method;

use crate::catalog::Catalog;
use crate::emulator::path::PathPattern;
pub(crate) use condition_methods::conditions;
pub(crate) use read::MEMBERS;

/// A predicate on requests; a condition that is not set admits all.
///
/// ```
/// use http::Method;
/// use mock_ce::Predicate;
///
/// let predicate = Predicate::new()
///     .method(Method::POST)
///     .path("/instances")
///     .query("hydrate", "false")
///     .body_at("/element/key", "mailjet")
///     .status(400);
/// assert_eq!(
///     predicate.to_string(),
///     "method POST, path /instances, query hydrate \"false\", body /element/key \"mailjet\", status 400"
/// );
/// ```
///
/// As JSON, with any of these members: `{"method": "POST" or ["PUT", "PATCH"], "path": "/instances/*", "query":
/// {"pageSize": 20, "nextPage": null}, "headers": {"x-a": {"contains": "b"}}, "body": {"json": …, "contains": {…}, "at":
/// {"/element/key": "mailjet"}, "text": "…", "textContains": "…"}, "element": "mailjet", "organization": "secret",
/// "instance": 1234, "rule": "create", "grade": "guide", "status": 200 or [200, 404]}`. A query parameter or header is its
/// value, `null` for none, `{"contains": "part"}` or `{"present": true}`.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "a predicate does nothing by itself"]
pub struct Predicate {
    conditions: Vec<Condition>,
}

impl Predicate {
    /// Every request.
    pub fn new() -> Self {
        Predicate::default()
    }

    conditions!(request);
    conditions!(answer);

    #[track_caller]
    pub(crate) fn with(mut self, name: &str, made: Made) -> Self {
        match made {
            Ok(condition) => self.add(condition),
            Err(reason) => panic!("mock-ce: {name}{reason}"),
        }
        self
    }

    /// Adds a condition; one of a kind that cannot add up replaces the earlier one.
    pub(crate) fn add(&mut self, condition: Condition) {
        if let Condition::Body(more) = &condition {
            let earlier = self.conditions.iter_mut();
            let bodies = earlier.filter_map(|known| match known {
                Condition::Body(conditions) => Some(conditions),
                _ => None,
            });
            if let Some(conditions) = bodies.last() {
                conditions.extend(more.iter().cloned());
                return;
            }
        }
        if !condition.adds_up() {
            let name = condition.name();
            self.conditions.retain(|known| known.name() != name);
        }
        let after = |known: &Condition| known.rank() <= condition.rank();
        let place = self.conditions.partition_point(after);
        self.conditions.insert(place, condition);
    }

    /// Refuses what the catalog lacks.
    ///
    /// # Errors
    /// An element that no fixture has.
    pub(crate) fn resolve(&mut self, catalog: &Catalog) -> Result<(), String> {
        self.conditions.iter_mut().try_for_each(|condition| {
            let name = condition.name();
            condition
                .resolve(catalog)
                .map_err(|reason| format!("{name}{reason}"))
        })
    }

    /// Refuses conditions on an answer, for those who decide before there is one.
    pub(crate) fn check_needs_no_answer(&self) -> Result<(), String> {
        let late = self
            .conditions
            .iter()
            .find(|condition| condition.needs_answer());
        late.map_or(Ok(()), |condition| {
            Err(format!(
                "{} is known only when the request is answered; a script and a stub decide before",
                condition.name()
            ))
        })
    }

    /// Tells whether a request fits; what is cheap to decide is decided first.
    pub(crate) fn fits(&self, subject: &dyn Subject) -> bool {
        let hold = |cost: usize| {
            let of_cost = self.conditions.iter();
            let mut of_cost = of_cost.filter(|condition| condition.cost() == cost);
            of_cost.all(|condition| condition.holds(subject))
        };
        (0..Condition::COSTS).all(hold)
    }

    /// Lists the differences that keep a request from fitting, one line each: `"method: expected POST, was GET"`.
    pub(crate) fn differences(&self, subject: &dyn Subject) -> Vec<String> {
        let all = self.conditions.iter();
        all.flat_map(|condition| condition.differences(subject))
            .collect()
    }

    /// The same for readers who are not told secrets: `shown` is the request as they see it.
    pub(crate) fn shown_differences(&self, raw: &dyn Subject, shown: &dyn Subject) -> Vec<String> {
        let place = |line: &str| line.split(": ").next().unwrap_or_default().to_owned();
        let mut lines = Vec::new();
        for condition in &self.conditions {
            let of_shown = condition.masked().differences(shown);
            for line in condition.differences(raw) {
                let same = of_shown.iter().find(|shown| place(shown) == place(&line));
                let hidden = || format!("{}: another secret was expected", place(&line));
                lines.push(same.cloned().unwrap_or_else(hidden));
            }
        }
        lines
    }

    /// Measures the distance of a request: conditions that do not hold, then differences.
    pub(crate) fn distance(&self, subject: &dyn Subject) -> (usize, usize) {
        let differences = self
            .conditions
            .iter()
            .map(|condition| condition.differences(subject).len());
        differences.fold((0, 0), |(conditions, lines), differing| {
            (conditions + usize::from(differing > 0), lines + differing)
        })
    }

    /// The `count` requests that came nearest to fitting, the nearest and latest first; those that fit are not among them.
    pub(crate) fn nearest<'s, S: Subject>(&self, subjects: &'s [S], count: usize) -> Vec<&'s S> {
        let distances = subjects.iter().enumerate();
        let mut near: Vec<_> = distances
            .map(|(at, subject)| (self.distance(subject), Reverse(at), subject))
            .filter(|(distance, ..)| *distance != (0, 0))
            .collect();
        near.sort_unstable_by_key(|(distance, at, _)| (*distance, *at));
        near.truncate(count);
        near.into_iter().map(|(_, _, subject)| subject).collect()
    }

    /// The secret of the organization that the requests must be of, as the test spelled it.
    pub(crate) fn organization_secret(&self) -> Option<&str> {
        self.conditions
            .iter()
            .find_map(|condition| match condition {
                Condition::Organization(secret, _) => Some(&**secret),
                _ => None,
            })
    }

    /// The verbs that it names; `None` for any.
    pub(crate) fn verbs(&self) -> Option<&[Method]> {
        (self.conditions.iter()).find_map(|condition| match condition {
            Condition::Method(verbs) => Some(&**verbs),
            _ => None,
        })
    }

    /// The path that it names; `None` for any.
    pub(crate) fn path_pattern(&self) -> Option<&PathPattern> {
        (self.conditions.iter()).find_map(|condition| match condition {
            Condition::Path(pattern) => Some(pattern),
            _ => None,
        })
    }

    /// Takes over the secrets of an earlier predicate where they are named as that one is shown.
    pub(crate) fn keep_secrets(&mut self, earlier: &Predicate) {
        for condition in &mut self.conditions {
            condition.keep_secrets(&earlier.conditions);
        }
    }

    /// Tells whether the request is of the organization that is meant, if one is.
    pub(crate) fn is_of_sender(&self, subject: &dyn Subject) -> bool {
        let mut organizations = self.conditions.iter();
        organizations.all(|condition| {
            !matches!(condition, Condition::Organization(..)) || condition.holds(subject)
        })
    }

    /// The same for requests of every organization.
    pub(crate) fn of_everybody(&self) -> Predicate {
        let mut predicate = self.clone();
        predicate
            .conditions
            .retain(|condition| condition.name() != "organization");
        predicate
    }

    /// Tells whether a request of this organization, of which no more is known, may fit.
    pub(crate) fn may_fit(&self, organization: Option<u64>) -> bool {
        let wanted = self
            .conditions
            .iter()
            .find_map(|condition| match condition {
                Condition::Organization(_, fingerprint) => Some(*fingerprint),
                _ => None,
            });
        wanted.is_none_or(|wanted| organization == Some(wanted))
    }

    /// The same for messages that others read: secrets that the conditions name are replaced by their short names.
    pub(crate) fn masked(&self) -> Predicate {
        let conditions = self.conditions.iter().map(Condition::masked);
        Predicate {
            conditions: conditions.collect(),
        }
    }

    pub(crate) fn conditions(&self) -> &[Condition] {
        &self.conditions
    }
}

/// `method POST, path /instances, status 200`
impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.conditions.is_empty() {
            return f.write_str("any method and path");
        }
        let all: Vec<_> = self.conditions.iter().map(ToString::to_string).collect();
        f.write_str(&all.join(", "))
    }
}

#[cfg(test)]
mod tests;
