//! One condition of a predicate: made, decided, shown, and what to say where it does not hold.
//!
//! Every condition is made here, for Rust and JSON alike, and what can match nothing is refused with the reason and the
//! nearest valid choice; the reason goes on where the name of the condition ends.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use http::{HeaderName, Method, StatusCode};

use super::body::{BodyCondition, body_differences};
use super::difference::clipped;
use super::subject::Subject;
use crate::catalog::Catalog;
use crate::emulator::identity;
use crate::emulator::path::PathPattern;
use crate::rules::{self, Grade, RULES, Rule};
use crate::wire::distance::nearest;
use crate::wire::json::Json;
use crate::wire::message::Request;

/// The reason why a condition is refused.
pub(crate) type Made = Result<Condition, String>;

/// A condition on a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Condition {
    Method(Vec<Method>),
    Path(PathPattern),
    Query(String, Expected),
    Header(HeaderName, Expected),
    Body(Vec<BodyCondition>),
    Element(String),
    /// The secret as the test spelled it, and its fingerprint.
    Organization(String, u64),
    Instance(u64),
    Rule(&'static Rule),
    Grade(Grade),
    Status(Vec<StatusCode>),
    Matching(Closure),
}

/// A condition on a header or a query parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Is(String),
    Contains(String),
    Present,
    Absent,
}

/// A closure of the test's own.
#[derive(Clone)]
pub(crate) struct Closure(Arc<dyn Fn(&Request) -> bool + Send + Sync>);

impl fmt::Debug for Closure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a closure")
    }
}

impl PartialEq for Closure {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// The verbs that a client sends.
const METHODS: [Method; 9] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::HEAD,
    Method::OPTIONS,
    Method::TRACE,
    Method::CONNECT,
];

impl Condition {
    /// Any of these verbs.
    pub(crate) fn methods<'a>(names: impl IntoIterator<Item = &'a str>) -> Made {
        let methods = names.into_iter().map(method);
        let methods = methods.collect::<Result<Vec<_>, _>>()?;
        if methods.is_empty() {
            return Err(" must name a verb".to_owned());
        }
        Ok(Condition::Method(methods))
    }

    /// A path that fits this pattern.
    pub(crate) fn path(pattern: &str) -> Made {
        if let Some((path, query)) = pattern.split_once('?') {
            let name = query.split('=').next().unwrap_or_default();
            return Err(format!(
                " must not have a query, found {pattern:?}; write the path {path:?} and a condition on the query parameter {name:?}"
            ));
        }
        if pattern.trim().is_empty() || pattern.contains(char::is_whitespace) {
            return Err(format!(
                " must be a path such as \"/instances/*\", found {pattern:?}"
            ));
        }
        if let Some((_, rest)) = pattern.split_once("://") {
            let path = rest.find('/').map_or("/", |at| &rest[at..]);
            return Err(format!(
                " must be a path without scheme and host, found {pattern:?}; write {path:?}"
            ));
        }
        if let Some((path, _)) = pattern.split_once('#') {
            return Err(format!(
                " must not have a fragment, which no client sends, found {pattern:?}; write {path:?}"
            ));
        }
        if let Some(segment) = PathPattern::half_wild(pattern) {
            return Err(format!(
                " must have *, ** and {{name}} alone between slashes, found {segment:?}; write %2A, %7B and %7D where they are meant as characters"
            ));
        }
        Ok(Condition::Path(PathPattern::new(pattern)))
    }

    pub(crate) fn query(name: &str, expected: Expected) -> Made {
        if name.is_empty() {
            return Err(" must name a parameter".to_owned());
        }
        Ok(Condition::Query(name.to_owned(), expected))
    }

    pub(crate) fn header(name: &str, expected: Expected) -> Made {
        let parsed = name.parse::<HeaderName>();
        let name = parsed.map_err(|_| format!(" must name a header, found {name:?}"))?;
        Ok(Condition::Header(name, expected))
    }

    pub(crate) fn body(condition: BodyCondition) -> Made {
        if let BodyCondition::At(pointer, _) = &condition
            && !pointer.is_empty()
            && !pointer.starts_with('/')
        {
            return Err(format!(
                " must be a JSON pointer, found {pointer:?}; did you mean {:?}?",
                format!("/{}", pointer.replace('.', "/"))
            ));
        }
        Ok(Condition::Body(vec![condition]))
    }

    pub(crate) fn element(key: &str) -> Made {
        not_blank(key).map(|key| Condition::Element(key.to_owned()))
    }

    pub(crate) fn organization(secret: &str) -> Made {
        let secret = not_blank(secret)?;
        Ok(Condition::Organization(
            secret.to_owned(),
            identity::fingerprint(secret),
        ))
    }

    pub(crate) fn instance(id: u64) -> Made {
        Ok(Condition::Instance(id))
    }

    /// Decided by the rule with this id.
    pub(crate) fn rule(id: &str) -> Made {
        let rule = rules::find(id);
        let ids = || RULES.iter().map(|rule| rule.id);
        let wrong = || {
            let hint = meant(nearest(id, ids()));
            format!(" must be the id of a rule, found {id:?}{hint}")
        };
        rule.map(Condition::Rule).ok_or_else(wrong)
    }

    /// Decided by a rule of this grade.
    pub(crate) fn grade(name: &str) -> Made {
        let names = || Grade::ALL.iter().map(|grade| grade.name());
        let wrong = |_| {
            let all = names().collect::<Vec<_>>().join(", ");
            let hint = nearest(name, names()).map_or(format!("; known: {all}"), |near| {
                format!("; did you mean {near:?}?")
            });
            format!(" must be a grade, found {name:?}{hint}")
        };
        name.parse().map(Condition::Grade).map_err(wrong)
    }

    /// Answered with any of these statuses.
    pub(crate) fn statuses(statuses: impl IntoIterator<Item = u64>) -> Made {
        let read = |status: u64| {
            let whole = u16::try_from(status).ok();
            // Informational ones are no answers; a literal reply may have any other.
            let known = whole.filter(|status| (200..=999).contains(status));
            let known = known.and_then(|status| StatusCode::from_u16(status).ok());
            known.ok_or_else(|| format!(" must be a status from 200 to 999, found {status}"))
        };
        let statuses = statuses.into_iter().map(read);
        Ok(Condition::Status(statuses.collect::<Result<_, _>>()?))
    }

    pub(crate) fn matching(closure: impl Fn(&Request) -> bool + Send + Sync + 'static) -> Made {
        Ok(Condition::Matching(Closure(Arc::new(closure))))
    }

    /// Refuses an element that the catalog lacks; one that is named by its id gets its key.
    pub(crate) fn resolve(&mut self, catalog: &Catalog) -> Result<(), String> {
        let Condition::Element(key) = self else {
            return Ok(());
        };
        match catalog.find(key) {
            Some(element) => element.key().clone_into(key),
            None => {
                let keys = catalog.elements().iter().map(|element| element.key());
                let known = || keys.collect::<Vec<_>>().join(", ");
                let hint = catalog
                    .nearest(key)
                    .map_or_else(|| format!("; known: {}", known()), |near| meant(Some(near)));
                return Err(format!(
                    " must be an element of the catalog, found {key:?}{hint}"
                ));
            }
        }
        Ok(())
    }

    /// The name of the condition: of its builder method, and of its member in JSON.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Condition::Method(_) => "method",
            Condition::Path(_) => "path",
            Condition::Query(..) => "query",
            Condition::Header(..) => "headers",
            Condition::Body(_) => "body",
            Condition::Element(_) => "element",
            Condition::Organization(..) => "organization",
            Condition::Instance(_) => "instance",
            Condition::Rule(_) => "rule",
            Condition::Grade(_) => "grade",
            Condition::Status(_) => "status",
            Condition::Matching(_) => "matching",
        }
    }

    /// The place in a message, where the costly ones stand last but for what came of the request.
    pub(super) fn rank(&self) -> usize {
        let order = [
            "method",
            "path",
            "query",
            "headers",
            "body",
            "element",
            "organization",
            "instance",
            "rule",
            "grade",
            "status",
            "matching",
        ];
        order
            .iter()
            .position(|name| *name == self.name())
            .unwrap_or(order.len())
    }

    /// Tells whether several conditions of the kind can hold at once; of the others the last one counts.
    pub(super) fn adds_up(&self) -> bool {
        matches!(
            self,
            Condition::Query(..)
                | Condition::Header(..)
                | Condition::Body(_)
                | Condition::Matching(_)
        )
    }

    /// The number of different [costs](Self::cost).
    pub(super) const COSTS: usize = 3;

    /// The rank by what deciding costs: a comparison, a look at the path, or parsing and copying.
    pub(super) fn cost(&self) -> usize {
        match self {
            // Of many scripts and stubs on one server, the organization rules out nearly all.
            Condition::Method(_)
            | Condition::Organization(..)
            | Condition::Instance(_)
            | Condition::Rule(_)
            | Condition::Grade(_)
            | Condition::Status(_) => 0,
            Condition::Path(_) => 1,
            Condition::Body(_)
            | Condition::Element(_)
            | Condition::Header(..)
            | Condition::Query(..)
            | Condition::Matching(_) => 2,
        }
    }

    /// Tells whether only an answered request can be told by it.
    pub(crate) fn needs_answer(&self) -> bool {
        matches!(
            self,
            Condition::Instance(_)
                | Condition::Rule(_)
                | Condition::Grade(_)
                | Condition::Status(_)
        )
    }

    pub(super) fn holds(&self, subject: &dyn Subject) -> bool {
        match self {
            Condition::Method(methods) => methods.iter().any(|m| m.as_str() == subject.method()),
            Condition::Path(pattern) => pattern.fits(subject.path()),
            Condition::Element(key) => subject.element().as_deref() == Some(key),
            Condition::Organization(_, wanted) => subject.is_of(*wanted),
            Condition::Instance(id) => subject.instance() == Some(*id),
            Condition::Rule(rule) => subject.rule() == Some(rule),
            Condition::Grade(grade) => subject.rule().is_some_and(|rule| rule.grade == *grade),
            Condition::Status(statuses) => {
                (subject.status()).is_some_and(|status| statuses.contains(&status))
            }
            Condition::Query(name, expected) => {
                expected.fits(parameters(subject.query(), name).iter())
            }
            Condition::Header(name, expected) => expected.fits(subject.header(name).iter()),
            Condition::Body(conditions) => body_differences(conditions, subject).is_empty(),
            Condition::Matching(closure) => (closure.0)(&subject.request()),
        }
    }

    /// Lists the differences that keep the request from fitting; none where it fits.
    pub(super) fn differences(&self, subject: &dyn Subject) -> Vec<String> {
        if self.holds(subject) {
            return Vec::new();
        }
        let none = || "none".to_owned();
        let was = match self {
            Condition::Method(_) => subject.method().to_owned(),
            Condition::Path(_) => subject.path().to_owned(),
            Condition::Element(_) => subject.element().map_or_else(none, Cow::into_owned),
            Condition::Organization(..) => subject
                .organization_name()
                .map_or_else(none, Cow::into_owned),
            Condition::Instance(_) => subject.instance().map_or_else(none, |id| id.to_string()),
            Condition::Rule(_) => subject.rule().map_or_else(none, |rule| rule.id.to_owned()),
            Condition::Grade(_) => {
                let shown = |rule: &Rule| format!("{} (of rule {})", rule.grade, rule.id);
                subject.rule().map_or_else(none, shown)
            }
            Condition::Status(_) => {
                let shown = |status: StatusCode| status.as_str().to_owned();
                subject.status().map_or_else(none, shown)
            }
            Condition::Query(name, expected) => {
                let found = parameters(subject.query(), name);
                let all: Vec<_> = pairs(subject.query()).map(|(name, _)| name).collect();
                return vec![expected.difference("query", name, &found, &all)];
            }
            Condition::Header(name, expected) => {
                let found = subject.header(name);
                let all = subject.header_names();
                return vec![expected.difference("header", name.as_str(), &found, &all)];
            }
            Condition::Body(conditions) => return body_differences(conditions, subject),
            Condition::Matching(_) => return vec!["matching: the closure said no".to_owned()],
        };
        vec![format!(
            "{}: expected {}, was {was}",
            self.name(),
            self.value()
        )]
    }

    /// The value alone, as a message shows it.
    fn value(&self) -> String {
        let any = |values: Vec<String>| values.join(" or ");
        match self {
            Condition::Method(methods) => any(methods.iter().map(Method::to_string).collect()),
            Condition::Path(pattern) => pattern.as_str().to_owned(),
            Condition::Element(key) => key.clone(),
            Condition::Organization(secret, _) => secret.clone(),
            Condition::Instance(id) => id.to_string(),
            Condition::Rule(rule) => rule.id.to_owned(),
            Condition::Grade(grade) => grade.to_string(),
            Condition::Status(statuses) => {
                any(statuses.iter().map(|s| s.as_str().to_owned()).collect())
            }
            Condition::Query(name, expected) => format!("{name} {expected}"),
            Condition::Header(name, expected) => format!("{name} {expected}"),
            Condition::Body(conditions) => {
                let all: Vec<_> = conditions.iter().map(ToString::to_string).collect();
                all.join(", ")
            }
            Condition::Matching(_) => "the closure".to_owned(),
        }
    }
}

/// `method POST`
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Body(_) => f.write_str(&self.value()),
            Condition::Header(..) => write!(f, "header {}", self.value()),
            _ => write!(f, "{} {}", self.name(), self.value()),
        }
    }
}

impl Expected {
    fn fits<'v>(&self, mut values: impl ExactSizeIterator<Item = &'v Cow<'v, str>>) -> bool {
        match self {
            Expected::Is(wanted) => values.any(|value| value == wanted),
            Expected::Contains(part) => values.any(|value| value.contains(&**part)),
            Expected::Present => values.len() > 0,
            Expected::Absent => values.len() == 0,
        }
    }

    /// Says what was found instead, with the name that was probably meant.
    fn difference(
        &self,
        kind: &str,
        name: &str,
        found: &[Cow<'_, str>],
        names: &[Cow<'_, str>],
    ) -> String {
        let shown = |value: &Cow<'_, str>| format!("{:?}", clipped(value));
        let was = match found {
            [] => {
                let near = nearest(name, names.iter().map(|name| &**name));
                near.map_or("absent".to_owned(), |near| {
                    format!("absent (there is {near:?})")
                })
            }
            found => found.iter().map(shown).collect::<Vec<_>>().join(", "),
        };
        format!("{kind} {name}: expected {self}, was {was}")
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expected::Is(value) => write!(f, "{:?}", clipped(value)),
            Expected::Contains(part) => write!(f, "{:?} in it", clipped(part)),
            Expected::Present => f.write_str("any value"),
            Expected::Absent => f.write_str("none"),
        }
    }
}

fn method(name: &str) -> Result<Method, String> {
    let verb = name.to_ascii_uppercase();
    let known = METHODS.iter().find(|method| method.as_str() == verb);
    let wrong = || {
        let hint = meant(nearest(&verb, METHODS.iter().map(Method::as_str)));
        format!(" must be a verb, found {name:?}{hint}")
    };
    known.cloned().ok_or_else(wrong)
}

fn not_blank(text: &str) -> Result<&str, String> {
    if text.trim().is_empty() {
        return Err(" must not be blank".to_owned());
    }
    Ok(text)
}

fn meant(near: Option<&str>) -> String {
    near.map_or(String::new(), |near| format!("; did you mean {near:?}?"))
}

fn pairs(query: &str) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(query.as_bytes())
}

/// The values of a query parameter, decoded.
fn parameters<'q>(query: &'q str, wanted: &str) -> Vec<Cow<'q, str>> {
    let of_name = |(name, value): (Cow<'q, str>, Cow<'q, str>)| (name == wanted).then_some(value);
    pairs(query).filter_map(of_name).collect()
}

/// Any value that serde can write, as JSON.
pub(crate) fn json_of(value: &impl serde_core::Serialize) -> Json<'static> {
    let text = serde_json::to_vec(value).expect("a condition's value is written as JSON");
    let json = Json::parse(&text).expect("serde writes JSON, and no member twice");
    json.into_owned()
}
