//! One row per endpoint; dispatch, `Allow`, near-miss hints and the README's table all come from here.
//!
//! Decided in this order: which rows have the path, then which of those has the verb. Patterns stand in the `element`
//! spelling; a segment in braces takes any text.

use std::borrow::Cow;

use http::{Method, Uri};
use percent_encoding::percent_decode_str;

use super::Emulator;
use super::call::Call;
use super::control;
use super::elements;
use super::instances;
use super::outcome::Handled;
use crate::rules::{self, Rule};
use crate::wire::distance;
use crate::wire::error::{ApiError, clip};
use crate::wire::vocabulary::{CONTROL_PATH, Dialect};

/// One endpoint.
pub struct Route {
    /// The verb.
    pub method: Method,
    /// The path below the base path, in the `element` spelling: `"/instances/{id}"`.
    pub pattern: &'static str,
    /// The rule that a success follows.
    pub rule: &'static Rule,
    /// What the endpoint does, for tables.
    pub summary: &'static str,
    /// Who may call.
    pub access: Access,
    pub(crate) handler: fn(&Emulator, &Call<'_>) -> Handled,
}

/// Who may call an endpoint (rules `catalog-open`, `auth-required`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Open,
    /// A `User` and an `Organization`.
    Organization,
    /// A `User` and the `Element` token of a living instance.
    Token,
    /// Whoever may steer the mock (rule `control`); the path is below `/__admin`.
    Control,
}

impl Access {
    /// The words that `Authorization` must have.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Access::Open | Access::Control => "none",
            Access::Organization => "User, Organization",
            Access::Token => "User, Element",
        }
    }
}

macro_rules! routes {
    ($($method:ident $pattern:literal $access:ident $rule:ident $handler:path, $summary:literal;)*) => {
        /// Every endpoint of the API and of the control API.
        pub static ROUTES: &[Route] = &[$(Route {
            method: Method::$method,
            pattern: $pattern,
            rule: &rules::$rule,
            summary: $summary,
            access: Access::$access,
            handler: $handler,
        }),*];
    };
}

routes! {
    GET "/elements" Open ELEMENT_LIST elements::list, "all elements";
    GET "/elements/keys" Open ELEMENT_LIST elements::keys, "the keys of all elements";
    GET "/elements/{keyOrId}" Open ELEMENT_GET elements::get, "one element with its configuration entries";
    POST "/instances" Organization CREATE instances::create, "provision an instance";
    GET "/instances" Organization INSTANCE_LIST instances::list, "the caller's instances";
    PUT "/instances" Token BY_TOKEN instances::replace, "update the token's instance";
    PATCH "/instances" Token BY_TOKEN instances::patch, "update the token's instance";
    DELETE "/instances" Token BY_TOKEN instances::delete, "delete the token's instance";
    GET "/instances/{id}" Organization INSTANCE_GET instances::get, "one instance";
    PUT "/instances/{id}" Organization INSTANCE_REPLACE instances::replace, "update an instance";
    PATCH "/instances/{id}" Organization INSTANCE_PATCH instances::patch, "update or move an instance";
    DELETE "/instances/{id}" Organization INSTANCE_DELETE instances::delete, "delete an instance";
    POST "/elements/{keyOrId}/instances" Organization CREATE_BY_ELEMENT instances::create, "provision an instance of the element";
    GET "/elements/{keyOrId}/instances" Organization BY_ELEMENT instances::list, "the element's instances";
    GET "/elements/{keyOrId}/instances/{id}" Organization BY_ELEMENT instances::get, "one of the element's instances";
    PUT "/elements/{keyOrId}/instances/{id}" Organization BY_ELEMENT instances::replace, "update one of them";
    PATCH "/elements/{keyOrId}/instances/{id}" Organization BY_ELEMENT instances::patch, "update one of them";
    DELETE "/elements/{keyOrId}/instances/{id}" Organization BY_ELEMENT instances::delete, "delete one of them";

    GET "/health" Control CONTROL control::health, "whether the server is ready, and what it serves";
    GET "/requests" Control CONTROL control::requests, "the journal, filtered by the query";
    GET "/requests/wait" Control CONTROL control::wait_for_requests, "the journal, as soon as `count` requests fit";
    DELETE "/requests" Control CONTROL control::forget_requests, "empty the journal";
    GET "/requests/{number}" Control CONTROL control::request, "one request of the journal";
    GET "/events" Control CONTROL control::events, "the journal as server-sent events, as it is written";
    GET "/instances" Control CONTROL control::instances, "the instances, secrets masked";
    DELETE "/instances" Control CONTROL control::forget_instances, "forget the instances of an organization";
    DELETE "/instances/{id}" Control CONTROL control::forget_instance, "forget one instance";
    GET "/script" Control CONTROL control::script, "the scripted faults and answers, and how often they fired";
    POST "/script" Control CONTROL control::add_to_script, "script a fault or an answer";
    DELETE "/script" Control CONTROL control::clear_script, "forget the script";
    GET "/state" Control CONTROL control::snapshot, "the state as one document";
    PUT "/state" Control CONTROL control::restore, "restore such a document";
    DELETE "/state" Control CONTROL control::reset, "forget instances, journal, script and ledger";
    POST "/state/instances" Control CONTROL control::seed, "put instances into the state";
    POST "/state/save" Control CONTROL control::save, "write the file of --state";
    GET "/ledger" Control CONTROL control::ledger, "what the run relied upon and left behind";
    GET "/clock" Control CONTROL control::clock, "the time";
    PUT "/clock" Control CONTROL control::set_clock, "stop the clock or move it";
    GET "/rules" Control CONTROL control::rules, "the rule table";
    GET "/openapi.json" Control CONTROL control::openapi, "this API and the emulated one as OpenAPI";
}

/// A path of the API or of the control API: its dialect, and its segments below the base path, decoded.
pub(crate) struct RoutePath<'a> {
    surface: Surface,
    pub(crate) dialect: Dialect,
    segments: Vec<Cow<'a, str>>,
}

/// The two sets of routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Surface {
    Api,
    Control,
}

impl Surface {
    fn of(route: &Route) -> Self {
        if route.access == Access::Control {
            Surface::Control
        } else {
            Surface::Api
        }
    }

    fn base_path(self, dialect: Dialect) -> &'static str {
        match self {
            Surface::Api => dialect.base_path(),
            Surface::Control => CONTROL_PATH,
        }
    }
}

/// The places where paths begin.
const BASES: [(Surface, Dialect); 3] = [
    (Surface::Api, Dialect::Element),
    (Surface::Api, Dialect::YourMom),
    (Surface::Control, Dialect::Element),
];

impl<'a> RoutePath<'a> {
    /// `None` for a path that begins in none of the places.
    pub(crate) fn parse(path: &'a str) -> Option<Self> {
        BASES.iter().find_map(|&(surface, dialect)| {
            let below = path
                .strip_prefix(surface.base_path(dialect))?
                .strip_prefix('/')?;
            let below = below.strip_suffix('/').unwrap_or(below);
            // No route is deeper than this; a hostile path need not be read to its end.
            let segments = below.split('/').take(6).map(decode).collect();
            Some(RoutePath {
                surface,
                dialect,
                segments,
            })
        })
    }

    fn fits(&self, route: &Route) -> bool {
        if Surface::of(route) != self.surface {
            return false;
        }
        let mut wanted = route.pattern[1..].split('/');
        let all_fit = self.segments.iter().all(|segment| match wanted.next() {
            Some("elements") => *segment == self.dialect.plural(),
            Some(parameter) if parameter.starts_with('{') => !segment.is_empty(),
            Some(word) => *segment == word,
            None => false,
        });
        all_fit && wanted.next().is_none()
    }

    /// The text that stands where `pattern` has the parameter `name`.
    pub(crate) fn parameter(&self, pattern: &str, name: &str) -> Option<&str> {
        let in_braces =
            |word: &str| word.strip_prefix('{').and_then(|w| w.strip_suffix('}')) == Some(name);
        let position = pattern[1..].split('/').position(in_braces)?;
        self.segments.get(position).map(|segment| &**segment)
    }
}

fn decode(segment: &str) -> Cow<'_, str> {
    percent_decode_str(segment).decode_utf8_lossy()
}

/// The element that stands in a path of the API, as sent.
pub(crate) fn named_element(path: &str) -> Option<String> {
    let path = RoutePath::parse(path)?;
    let is_element =
        path.surface == Surface::Api && path.segments.first()? == path.dialect.plural();
    path.segments
        .get(1)
        .filter(|_| is_element)
        .map(|segment| segment.to_string())
}

/// Whether a path ends in a slash that its route has not (rule `trailing-slash`).
pub(crate) fn has_trailing_slash(uri: &Uri) -> bool {
    uri.path().ends_with('/')
}

/// Whether a verb is answered by a route: its own, and `HEAD` by `GET` (rule `method`).
fn takes(route: &Route, method: &Method) -> bool {
    route.method == *method || (*method == Method::HEAD && route.method == Method::GET)
}

/// The route of a request.
///
/// # Errors
/// 404 when no route has the path, 405 when none of those that have it takes the verb.
pub(crate) fn find<'a>(
    method: &Method,
    uri: &'a Uri,
) -> Result<(&'static Route, RoutePath<'a>), ApiError> {
    let unknown = || ApiError::unknown_route(unknown_route(method, uri.path()));
    let path = RoutePath::parse(uri.path()).ok_or_else(unknown)?;
    // A literal path stands above the pattern that would take it too.
    let mut routes = fitting(&path);
    let first = routes.next().ok_or_else(unknown)?;
    let others = routes.filter(|route| route.pattern == first.pattern);
    let route = std::iter::once(first)
        .chain(others)
        .find(|route| takes(route, method));
    match route {
        Some(route) => Ok((route, path)),
        None => Err(ApiError::method(method, uri.path(), allow(&path))),
    }
}

fn fitting(path: &RoutePath<'_>) -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(|route| path.fits(route))
}

/// The verbs for `Allow`.
fn allow(path: &RoutePath<'_>) -> String {
    let pattern = fitting(path).next().map(|route| route.pattern);
    let mut verbs = Vec::new();
    for route in fitting(path).filter(|route| Some(route.pattern) == pattern) {
        verbs.push(route.method.as_str());
        if route.method == Method::GET {
            verbs.push("HEAD");
        }
    }
    verbs.join(", ")
}

/// The verbs that a path of the API has, for the answer to a preflight; `None` for an unknown path.
pub(crate) fn allowed(uri: &Uri) -> Option<String> {
    let path = RoutePath::parse(uri.path()).filter(|path| path.surface == Surface::Api)?;
    fitting(&path).next()?;
    Some(allow(&path))
}

fn unknown_route(method: &Method, path: &str) -> String {
    let hint =
        nearest_route(method, path).map_or(String::new(), |near| format!(". Did you mean {near}?"));
    format!("No route {} {}{hint}", clip(method.as_str()), clip(path))
}

/// The route that the caller probably meant, with the caller's own parameters.
fn nearest_route(method: &Method, path: &str) -> Option<String> {
    const LONGEST: usize = 200;
    if path.len() > LONGEST {
        return None;
    }
    let dialect = if path.contains(Dialect::YourMom.noun()) {
        Dialect::YourMom
    } else {
        Dialect::Element
    };
    let sent = path.trim_end_matches('/');
    let limit = sent.len() / 4 + 1;
    let mut near = String::with_capacity(LONGEST);
    let candidates = ROUTES.iter().filter_map(|route| {
        let below = fill(&mut near, route, sent, dialect);
        // A caller who left the base path out is near too.
        let whole = distance::within(limit, sent, &near);
        let without = distance::within(limit, sent, &near[below..]).map(|distance| distance + 1);
        let distance = whole.into_iter().chain(without).min()?;
        Some((distance + usize::from(!takes(route, method)), route))
    });
    let (distance, route) = candidates.min_by_key(|(distance, _)| *distance)?;
    fill(&mut near, route, sent, dialect);
    (distance <= limit).then(|| format!("{} {near}", route.method))
}

/// Writes a route's path: parameters taken from where `sent` has them, the noun in the dialect's spelling.
///
/// Returns where the base path ends.
fn fill(path: &mut String, route: &Route, sent: &str, dialect: Dialect) -> usize {
    let base = Surface::of(route).base_path(dialect);
    path.clear();
    path.push_str(base);
    let mut sent = sent.strip_prefix(base).unwrap_or(sent).split('/').skip(1);
    for word in route.pattern[1..].split('/') {
        let in_place = sent.next().filter(|text| !text.is_empty());
        path.push('/');
        path.push_str(match word {
            "elements" => dialect.plural(),
            parameter if parameter.starts_with('{') => in_place.unwrap_or(parameter),
            word => word,
        });
    }
    base.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn refusal(method: Method, path: &str) -> ApiError {
        find(&method, &path.parse().unwrap())
            .map(|(route, _)| route.pattern)
            .unwrap_err()
    }

    /// Rules `base-path`, `dialect`, `trailing-slash`.
    #[rstest]
    #[case("/elements/api-v2/instances", "/instances")]
    #[case("/elements/api-v2/instances/", "/instances")]
    #[case("/your_moms/api-v2/instances", "/instances")]
    #[case("/your_moms/api-v2/your_moms/keys", "/elements/keys")]
    #[case("/elements/api-v2/elements/6", "/elements/{keyOrId}")]
    #[case("/elements/api-v2/%69nstances/1", "/instances/{id}")]
    #[case("http://example.com/elements/api-v2/elements", "/elements")]
    fn paths_find_their_route(#[case] path: &str, #[case] pattern: &str) {
        let uri = path.parse().unwrap();
        assert_eq!(find(&Method::GET, &uri).unwrap().0.pattern, pattern);
    }

    /// Rule `unknown-route`: the message names method, path and what was probably meant.
    #[rstest]
    #[case(
        "/instances",
        "No route POST /instances. Did you mean POST /elements/api-v2/instances?"
    )]
    #[case(
        "/elements/api-v2/instance",
        "No route POST /elements/api-v2/instance. Did you mean POST /elements/api-v2/instances?"
    )]
    #[case(
        "/your_moms/api-v2/elements/twilio/instances",
        "No route POST /your_moms/api-v2/elements/twilio/instances. \
         Did you mean POST /your_moms/api-v2/your_moms/twilio/instances?"
    )]
    #[case("/elements/api-v2/../x", "No route POST /elements/api-v2/../x")]
    #[case("/favicon.ico", "No route POST /favicon.ico")]
    fn an_unknown_path_is_told_its_neighbour(#[case] path: &str, #[case] message: &str) {
        assert_eq!(refusal(Method::POST, path).message, message);
    }

    /// Rule `method`.
    #[rstest]
    #[case("/elements/api-v2/instances", "POST, GET, HEAD, PUT, PATCH, DELETE")]
    #[case("/elements/api-v2/elements/keys", "GET, HEAD")]
    fn another_verb_is_told_which_there_are(#[case] path: &str, #[case] allow: &str) {
        let refusal = refusal(Method::from_bytes(b"BREW").unwrap(), path);
        assert_eq!(refusal.allow.as_deref(), Some(allow));
    }
}
