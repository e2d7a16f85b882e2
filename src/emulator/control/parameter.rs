//! The query parameters of the control API: which route takes which.
//!
//! Others are refused: a misspelt limit would otherwise order for everybody what was meant for one organization.

use http::Method;

use crate::catalog::nearest;
use crate::emulator::routes::Route;
use crate::rules;
use crate::wire::error::ApiError;
use crate::wire::message::Request;

/// One query parameter: its name, and what it means.
pub(super) type Parameter = (&'static str, &'static str);

const ORGANIZATION: Parameter = (
    "organization",
    "the organization's secret: only what belongs to it",
);

const JOURNAL: [Parameter; 7] = [
    ORGANIZATION,
    ("method", "only requests with this verb"),
    (
        "path",
        "only requests to a path that fits, such as /instances/*",
    ),
    ("element", "only requests about the element with this key"),
    ("instance", "only requests about the instance with this id"),
    ("rule", "only requests that this rule decided"),
    (
        "status",
        "only requests that were answered with this status",
    ),
];

const AFTER: [Parameter; 1] = [("after", "only requests after the one with this number")];

const WAIT: [Parameter; 9] = [
    JOURNAL[0],
    JOURNAL[1],
    JOURNAL[2],
    JOURNAL[3],
    JOURNAL[4],
    JOURNAL[5],
    JOURNAL[6],
    ("count", "how many requests to wait for, 1 if not said"),
    ("timeout", "how long to wait at most, such as 5s"),
];

/// The parameters that a route of the control API takes.
pub(super) fn of(route: &Route) -> &'static [Parameter] {
    match (&route.method, route.pattern) {
        (&Method::GET, "/requests") => &JOURNAL,
        (_, "/requests/wait") => &WAIT,
        (&Method::GET, "/events") => &AFTER,
        (
            _,
            "/instances" | "/instances/{id}" | "/requests" | "/script" | "/state"
            | "/state/instances" | "/ledger",
        ) => std::slice::from_ref(&ORGANIZATION),
        _ => &[],
    }
}

/// Refuses a parameter that the route does not take, and a blank one.
pub(super) fn check(request: &Request, route: &Route) -> Result<(), ApiError> {
    let refused = |reason| Err(ApiError::bad_request(&rules::CONTROL, reason));
    let names = || of(route).iter().map(|(name, _)| *name);
    let query = request.uri.query().unwrap_or_default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if !names().any(|known| known == name) {
            return refused(unknown(&name, names()));
        }
        if value.trim().is_empty() {
            return refused(format!("{name} must not be blank"));
        }
    }
    Ok(())
}

fn unknown(name: &str, known: impl Iterator<Item = &'static str> + Clone) -> String {
    let hint = nearest(name, known.clone()).map(str::to_owned);
    let known = hint.unwrap_or_else(|| known.collect::<Vec<_>>().join(", "));
    let known = if known.is_empty() {
        "none".to_owned()
    } else {
        known
    };
    format!("the query parameter {name:?} is not known here; known: {known}")
}
