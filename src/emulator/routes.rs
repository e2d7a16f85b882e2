//! The route table, one row an endpoint: dispatch, `Allow`, near-miss hints, the OpenAPI document and the tables of the
//! documentation all come from here.
//!
//! Decided in this order: the first pattern that has the path, where a literal word stands before a parameter at each
//! place; then the row of that pattern that has the verb.

use http::Method;
use http::Uri;
use once_cell::sync::Lazy;

use super::context::Context;
use super::control;
use super::path::{ApiPath, PathPattern, Surface};
use super::route::Access::{Open, Organization, OrganizationOrToken, Token};
use super::route::ParameterKind::{Boolean, Number, Texts};
use super::route::{Parameter, Payload, Route};
use super::service::{analytics, elements, events, instances, jsp, receive, usage};
use crate::rules;
use crate::wire::distance;
use crate::wire::error::{ApiError, clip};
use crate::wire::vocabulary::Dialect;

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const PATCH: Method = Method::PATCH;
const DELETE: Method = Method::DELETE;

/// Every endpoint of the API and of the control API.
#[rustfmt::skip]
pub static ROUTES: &[Route] = &[
    Route::api(GET, "/elements", Open, &rules::ELEMENT_LIST, elements::list, "all elements"),
    Route::api(GET, "/elements/keys", Open, &rules::ELEMENT_LIST, elements::keys, "the keys of all elements"),
    Route::api(GET, "/elements/{keyOrId}", Open, &rules::ELEMENT_GET, elements::get, "one element with its configuration entries"),

    Route::api(POST, "/instances", Organization, &rules::CREATE, instances::create, "provision an instance"),
    Route::api(GET, "/instances", Organization, &rules::INSTANCE_LIST, instances::list, "the caller's instances").with_query(LISTING),
    Route::api(PUT, "/instances", Token, &rules::BY_TOKEN, instances::replace, "update the token's instance"),
    Route::api(PATCH, "/instances", Token, &rules::BY_TOKEN, instances::patch, "update the token's instance"),
    Route::api(DELETE, "/instances", Token, &rules::BY_TOKEN, instances::delete, "delete the token's instance"),
    Route::api(GET, "/instances/{id}", Organization, &rules::INSTANCE_GET, instances::get, "one instance"),
    Route::api(PUT, "/instances/{id}", Organization, &rules::INSTANCE_REPLACE, instances::replace, "update an instance"),
    Route::api(PATCH, "/instances/{id}", Organization, &rules::INSTANCE_PATCH, instances::patch, "update or move an instance"),
    Route::api(DELETE, "/instances/{id}", Organization, &rules::INSTANCE_DELETE, instances::delete, "delete an instance"),
    Route::api(POST, "/elements/{keyOrId}/instances", Organization, &rules::CREATE_BY_ELEMENT, instances::create, "provision an instance of the element"),
    Route::api(GET, "/elements/{keyOrId}/instances", Organization, &rules::BY_ELEMENT, instances::list, "the element's instances").with_query(LISTING),
    Route::api(GET, "/elements/{keyOrId}/instances/{id}", Organization, &rules::BY_ELEMENT, instances::get, "one of the element's instances"),
    Route::api(PUT, "/elements/{keyOrId}/instances/{id}", Organization, &rules::BY_ELEMENT, instances::replace, "update one of them"),
    Route::api(PATCH, "/elements/{keyOrId}/instances/{id}", Organization, &rules::BY_ELEMENT, instances::patch, "update one of them"),
    Route::api(DELETE, "/elements/{keyOrId}/instances/{id}", Organization, &rules::BY_ELEMENT, instances::delete, "delete one of them"),

    // Events: in from a provider, and read back.
    Route::api(POST, "/events/{keyOrId}", Open, &rules::EVENT_IN, receive::receive, "take in a provider's message").with_body(Payload::Any),
    Route::api(GET, "/events/{keyOrId}", Open, &rules::EVENT_IN, receive::receive, "take in a provider's message from the query"),
    Route::api(POST, "/events/{keyOrId}/{instance}", Open, &rules::EVENT_IN, receive::receive, "the same for the instance with this id in base64").with_body(Payload::Any),
    Route::api(GET, "/events/{keyOrId}/{instance}", Open, &rules::EVENT_IN, receive::receive, "the same from the query"),
    Route::api(GET, "/instances/events", OrganizationOrToken, &rules::EVENT_LIST, events::list, "the caller's or the token's events").with_query(EVENTS),
    Route::api(GET, "/instances/events/{eventId}", OrganizationOrToken, &rules::EVENT_GET, events::get, "one event"),
    Route::api(GET, "/instances/{id}/events", Organization, &rules::EVENT_LIST, events::list, "an instance's events").with_query(EVENTS),
    Route::api(GET, "/instances/{id}/events/{eventId}", Organization, &rules::EVENT_GET, events::get, "one event of an instance"),
    Route::api(GET, "/instances/events/analytics", Organization, &rules::ANALYTICS_ALL, analytics::events, "how many events came when").with_query(ANALYTICS),
    Route::api(GET, "/instances/events/analytics/instances", Organization, &rules::ANALYTICS_INSTANCES, analytics::instances, "the same by instance").with_query(ANALYTICS),
    Route::api(GET, "/instances/events/analytics/accounts", Organization, &rules::ANALYTICS_ACCOUNTS, analytics::accounts, "the same by account").with_query(ANALYTICS),
    Route::api(GET, "/instances/events/dispositions", Organization, &rules::DISPOSITIONS, analytics::dispositions, "what failed in delivering events").with_query(EVENTS),
    Route::api(GET, "/instances/event-poller-records", Token, &rules::EVENT_POLLER_RECORDS, events::poller_records, "the objects that the token's instance polls"),

    // The usage log: calls of resources, and what they add up to.
    Route::api(GET, "/usage", Organization, &rules::USAGE_LIST, usage::list, "calls of resources").with_query(USAGE),
    Route::api(GET, "/usage/{id}", Organization, &rules::USAGE_GET, usage::get, "one call"),
    Route::api(GET, "/usage/analytics/times", Organization, &rules::USAGE_TIMES, usage::times, "how long calls took").with_query(ANALYTICS),
    Route::api(GET, "/usage/analytics/statuses", Organization, &rules::USAGE_STATUSES, usage::statuses, "how calls ended").with_query(ANALYTICS),
    Route::api(GET, "/usage/analytics/activity", Organization, &rules::USAGE_ACTIVITY, usage::activity, "how many calls there were").with_query(ANALYTICS),
    Route::api(GET, "/usage/analytics/activity/elements", Organization, &rules::USAGE_ACTIVITY, usage::elements, "the same by element").with_query(ANALYTICS),
    Route::api(GET, "/usage/analytics/activity/element-instances", Organization, &rules::USAGE_ACTIVITY, usage::instances, "calls by instance").with_query(ANALYTICS),
    Route::api(GET, "/usage/analytics/activity/element-instances/created-count", Organization, &rules::USAGE_ACTIVITY, usage::created, "how many instances were created").with_query(ANALYTICS),
    Route::api(GET, "/usage/analytics/activity/formula-instances", Organization, &rules::USAGE_ACTIVITY, usage::formulas, "none: there are no formulas").with_query(ANALYTICS),
    Route::api(GET, "/usage/analytics/activity/formula-instances/created-count", Organization, &rules::USAGE_ACTIVITY, usage::formulas_created, "none: there are no formulas").with_query(ANALYTICS),

    Route::page(GET, "/elements/jsp/{page}", &rules::JSP_FRAME, jsp::page, "a login page for browsers"),

    Route::control(GET, "/health", control::health, "whether the server is ready, and what it serves"),
    Route::control(GET, "/requests", control::requests, "the journal, filtered by the query").with_query(JOURNAL),
    Route::control(GET, "/requests/wait", control::wait_for_requests, "the journal, as soon as `count` requests fit").with_query(WAIT),
    Route::control(DELETE, "/requests", control::forget_requests, "empty the journal").with_query(LIMIT),
    Route::control(GET, "/script", control::script, "the scripted faults and answers, and how often they fired").with_query(LIMIT),
    Route::control(POST, "/script", control::add_to_script, "script a fault or an answer").with_query(LIMIT),
    Route::control(DELETE, "/script", control::clear_script, "forget the script").with_query(LIMIT),
    Route::control(GET, "/state", control::snapshot, "the state as one document").with_query(LIMIT),
    Route::control(PUT, "/state", control::restore, "restore such a document").with_query(LIMIT),
    Route::control(DELETE, "/state", control::reset, "forget instances, journal, script and ledger").with_query(LIMIT),
    Route::control(POST, "/state/instances", control::seed, "put instances into the state").with_query(LIMIT),
    Route::control(POST, "/state/save", control::save, "write the file of --state"),
    Route::control(POST, "/events/fire", control::fire_event, "let a provider's event happen to an instance").with_query(LIMIT),
    Route::control(GET, "/webhooks", control::webhooks, "every attempt to send a webhook").with_query(LIMIT),
    Route::control(POST, "/webhooks/faults", control::order_webhook_faults, "order faults on webhooks").with_query(LIMIT),
    Route::control(DELETE, "/webhooks/faults", control::clear_webhook_faults, "forget those that were not met").with_query(LIMIT),
    Route::control(GET, "/ledger", control::ledger, "what the run relied upon and left behind").with_query(LIMIT),
    Route::control(GET, "/clock", control::clock, "the time"),
    Route::control(PUT, "/clock", control::set_clock, "stop the clock or move it"),
    Route::control(GET, "/rules", control::rules, "the rule table"),
    Route::control(GET, "/openapi.json", control::openapi, "this API and the emulated one as OpenAPI"),
];

/// The parameters of a list of instances (rule `instance-list`).
const LISTING: &[Parameter] = &[
    Parameter::text("tags[]", "only instances with this tag; all must match").of(Texts),
    Parameter::text(
        "searchText",
        "only instances with this text in their name or element key",
    ),
    Parameter::text("pageSize", "the number of instances on a page").of(Number(1, 200)),
    Parameter::text(
        "nextPage",
        "the token that continues a list, from elements-next-page-token",
    ),
    Parameter::text("hydrate", "false leaves the configuration out").of(Boolean),
];

const FROM: Parameter = Parameter::text("from", "only what is not before this date");
const TO: Parameter = Parameter::text("to", "only what is not after this date");
const PAGE_SIZE: Parameter =
    Parameter::text("pageSize", "the number of rows on a page").of(Number(1, 200));
const NEXT_PAGE: Parameter = Parameter::text(
    "nextPage",
    "the token that continues a list, from elements-next-page-token",
);

/// The parameters of a list of events (rule `event-list`).
const EVENTS: &[Parameter] = &[FROM, TO, PAGE_SIZE, NEXT_PAGE];

/// The parameters of analytics (rule `analytics-query`).
const ANALYTICS: &[Parameter] = &[
    FROM,
    TO,
    Parameter::text(
        "interval",
        "the width of a bucket: year, quarter, month, week, day, hour, minute or second",
    ),
    Parameter::text("accountIds[]", "only these accounts: the caller's own is 1").of(Texts),
];

/// The parameters of the usage log (rule `usage-list`).
const USAGE: &[Parameter] = &[
    Parameter::text("hub", "only calls of this hub's elements"),
    Parameter::text("keys[]", "only calls of the elements with these keys").of(Texts),
    Parameter::text("tags[]", "only calls of instances with these tags").of(Texts),
    Parameter::text("accountIds[]", "only these accounts: the caller's own is 1").of(Texts),
    Parameter::text("status", "only calls that ended so: SUCCESS or FAILED"),
    FROM,
    TO,
    Parameter::text("searchText", "only rows with this text"),
    PAGE_SIZE,
    Parameter::text("pageOffset", "how many pages to pass over").of(Number(0, u64::MAX)),
    NEXT_PAGE,
];

const ORGANIZATION: Parameter = Parameter::text(
    "organization",
    "the organization's secret: only what belongs to it",
);

const LIMIT: &[Parameter] = &[ORGANIZATION];

const JOURNAL: &[Parameter] = WAIT.split_at(7).0;

const WAIT: &[Parameter] = &[
    ORGANIZATION,
    Parameter::text("method", "only requests with this verb"),
    Parameter::text(
        "path",
        "only requests to a path that fits, such as /instances/*",
    ),
    Parameter::text("element", "only requests about the element with this key"),
    Parameter::text("instance", "only requests about the instance with this id")
        .of(Number(0, u64::MAX)),
    Parameter::text("rule", "only requests that this rule decided"),
    Parameter::text(
        "status",
        "only requests that were answered with this status",
    )
    .of(Number(100, 999)),
    Parameter::text("count", "how many requests to wait for, 1 if not said")
        .of(Number(0, u64::MAX)),
    Parameter::text("timeout", "how long to wait at most, such as 5s"),
];

/// A row with its pattern made ready.
pub(crate) struct Entry {
    pub(crate) route: &'static Route,
    pub(crate) pattern: PathPattern,
}

/// The rows of a surface by the number of their segments, more literal patterns first.
struct Index([Vec<Vec<Entry>>; 3]);

static INDEX: Lazy<Index> = Lazy::new(|| {
    let mut index = Index([Vec::new(), Vec::new(), Vec::new()]);
    for route in ROUTES {
        let pattern = PathPattern::new(route.pattern);
        let length = pattern.length().expect("no row's pattern varies in length");
        let rows = &mut index.0[route.surface as usize];
        rows.resize_with(rows.len().max(length + 1), Vec::new);
        rows[length].push(Entry { route, pattern });
    }
    for rows in index.0.iter_mut().flatten() {
        // Stable: the verbs of one pattern keep the order of the table, which `Allow` shows.
        rows.sort_by_cached_key(|entry| entry.pattern.precedence());
    }
    index
});

/// The rows of the most literal pattern that has the path, in the order of the table.
fn fitting(path: &ApiPath<'_>) -> impl Iterator<Item = &'static Entry> {
    let rows = INDEX.0[path.surface as usize].get(path.segments.len());
    let fits = |entry: &&Entry| entry.pattern.matches(&path.segments, path.dialect);
    let mut rows = rows.into_iter().flatten();
    let first = rows.find(fits);
    let of_same = move |entry: &&'static Entry| {
        first.is_some_and(|first| first.route.pattern == entry.route.pattern)
    };
    first.into_iter().chain(rows.filter(of_same))
}

/// Tells whether a row answers a verb: its own, and `GET` also `HEAD` (rule `method`).
fn takes(route: &Route, method: &Method) -> bool {
    route.method == *method || (*method == Method::HEAD && route.method == Method::GET)
}

/// Finds the route of a request.
///
/// # Errors
/// 404 when no route has the path, 405 when none of those that have it takes the verb.
pub(crate) fn find(context: &Context<'_>) -> Result<&'static Entry, ApiError> {
    let (method, sent) = (&context.request.method, context.request.uri.path());
    let unknown = || ApiError::unknown_route(unknown_route(method, sent));
    let path = context.path().ok_or_else(unknown)?;
    let mut rows = fitting(path);
    let first = rows.next().ok_or_else(unknown)?;
    let found = std::iter::once(first)
        .chain(rows)
        .find(|entry| takes(entry.route, method));
    found.ok_or_else(|| ApiError::method(method, sent, allow(path)))
}

/// The verbs for `Allow`.
fn allow(path: &ApiPath<'_>) -> String {
    let mut verbs = Vec::new();
    for Entry { route, .. } in fitting(path) {
        verbs.push(route.method.as_str());
        if route.method == Method::GET {
            verbs.push("HEAD");
        }
    }
    verbs.join(", ")
}

/// The verbs that a path of the API has, for the answer to a preflight; `None` for an unknown path.
pub(crate) fn allowed(uri: &Uri) -> Option<String> {
    let path = ApiPath::parse(uri.path()).filter(|path| path.surface == Surface::Api)?;
    fitting(&path).next()?;
    Some(allow(&path))
}

fn unknown_route(method: &Method, path: &str) -> String {
    let hint =
        nearest_route(method, path).map_or(String::new(), |near| format!(". Did you mean {near}?"));
    format!("No route {} {}{hint}", clip(method.as_str()), clip(path))
}

/// The longest path for which a near route is searched.
const MAX_SEARCHED_LEN: usize = 200;

/// The route that the caller probably meant, with the caller's own parameters.
fn nearest_route(method: &Method, path: &str) -> Option<String> {
    if path.len() > MAX_SEARCHED_LEN {
        return None;
    }
    let dialect = if path.contains(Dialect::YourMom.noun()) {
        Dialect::YourMom
    } else {
        Dialect::Element
    };
    let sent = path.trim_end_matches('/');
    // The noun of the other dialect is a slip of one.
    let other = format!("/{}/", dialect.other().plural());
    let respelt = sent.replace(&other, &format!("/{}/", dialect.plural()));
    let slips = usize::from(respelt != sent);
    let mut near = String::with_capacity(MAX_SEARCHED_LEN);
    let candidates = ROUTES.iter().filter_map(|route| {
        let Filled { base, copied } = fill(&mut near, route, sent, dialect);
        // A base path, and what was copied from the path, say nothing about how near the rest is.
        let below = sent.strip_prefix(&near[..base]).unwrap_or(sent);
        let limit = below.len().saturating_sub(copied) / 4 + 1;
        // A caller who left the base path out is near too.
        let within = |sent: &str, slips| {
            let whole = distance::within(limit, sent, &near);
            let without = distance::within(limit, sent, &near[base..]).map(|distance| distance + 1);
            Some(whole.into_iter().chain(without).min()? + slips)
        };
        let distance = within(sent, 0)
            .into_iter()
            .chain(within(&respelt, slips))
            .min()?;
        let distance = distance + usize::from(!takes(route, method));
        (distance <= limit).then_some((distance, route))
    });
    let (_, route) = candidates.min_by_key(|(distance, _)| *distance)?;
    fill(&mut near, route, sent, dialect);
    Some(format!("{} {near}", route.method))
}

/// The parts of a route's path that do not come from the route.
struct Filled {
    /// The length of the base path.
    base: usize,
    /// How many bytes were copied from the path that was sent.
    copied: usize,
}

/// Writes a route's path: parameters taken from where `sent` has them, the noun in the dialect's spelling.
fn fill(path: &mut String, route: &Route, sent: &str, dialect: Dialect) -> Filled {
    let base = route.surface.base_path(dialect);
    let mut copied = 0;
    path.clear();
    path.push_str(base);
    let mut sent = sent.strip_prefix(base).unwrap_or(sent).split('/').skip(1);
    for word in route.pattern[1..].split('/') {
        let in_place = sent.next().filter(|text| !text.is_empty());
        path.push('/');
        let is_parameter = word.starts_with('{');
        copied += in_place.filter(|_| is_parameter).map_or(0, str::len);
        path.push_str(match word {
            "elements" => dialect.plural(),
            parameter if is_parameter => in_place.unwrap_or(parameter),
            word => word,
        });
    }
    Filled {
        base: base.len(),
        copied,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::message::Request;
    use rstest::rstest;

    fn found(method: Method, path: &str) -> Result<&'static str, ApiError> {
        let request = Request::new(method, path, "");
        let found = find(&Context::new(&request));
        found.map(|entry| entry.route.pattern)
    }

    fn refusal(method: Method, path: &str) -> ApiError {
        found(method, path).unwrap_err()
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
        assert_eq!(found(Method::GET, path), Ok(pattern));
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
