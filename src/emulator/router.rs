//! Finds the row of the route table that a request is for.
//!
//! Decided in this order: the first pattern that has the path, where a literal word stands before a parameter at each
//! place; then the row of that pattern that has the verb.

use http::Method;
use http::Uri;
use once_cell::sync::{Lazy, OnceCell};

use super::context::Context;
use super::path::{ApiPath, MAX_SEGMENTS, PathPattern, Surface};
use super::route::Access::Resource;
use super::route::Route;
use super::routes::ROUTES;
use crate::wire::distance;
use crate::wire::error::{ApiError, clip};
use crate::wire::vocabulary::{CONTROL_PATH, Dialect};

/// A row with its pattern made ready.
pub(crate) struct Entry {
    pub(crate) route: &'static Route,
    pub(crate) pattern: PathPattern,
}

/// The rows of resource calls, whose patterns vary in length; they are tried after all others.
static RESOURCE_ROWS: Lazy<Vec<Entry>> = Lazy::new(|| {
    let resource_calls = ROUTES.iter().filter(|route| route.access == Resource);
    let entries = resource_calls.map(|route| Entry {
        route,
        pattern: PathPattern::new(route.pattern),
    });
    entries.collect()
});

/// The number of segments of each row's pattern, counted by the compiler, so that no program counts them as it starts.
static LENGTHS: [u8; ROUTES.len()] = {
    let (mut lengths, mut row) = ([0; ROUTES.len()], 0);
    while row < lengths.len() {
        let (pattern, mut at) = (ROUTES[row].pattern.as_bytes(), 0);
        while at < pattern.len() {
            lengths[row] += (pattern[at] == b'/') as u8;
            at += 1;
        }
        row += 1;
    }
    lengths
};

/// The rows of a surface with so many segments, more literal patterns first. Each list is made when such a path comes
/// first: most programs that start a server ask for two or three of them.
fn rows(surface: Surface, length: usize) -> &'static [Entry] {
    static ROWS: [[OnceCell<Vec<Entry>>; MAX_SEGMENTS + 1]; 3] =
        [const { [const { OnceCell::new() }; MAX_SEGMENTS + 1] }; 3];
    let rows = &ROWS[surface as usize][length];
    rows.get_or_init(|| {
        let alike = (ROUTES.iter().zip(LENGTHS)).filter(|(route, segments)| {
            route.surface == surface && usize::from(*segments) == length
        });
        let alike = alike.map(|(route, _)| route);
        let entries = alike.map(|route| Entry {
            route,
            pattern: PathPattern::new(route.pattern),
        });
        let mut rows: Vec<_> = entries
            .filter(|entry| entry.pattern.length().is_some())
            .collect();
        // Stable: the verbs of one pattern keep the order of the table, which `Allow` shows.
        rows.sort_by_cached_key(|entry| entry.pattern.precedence());
        rows
    })
}

/// The rows of the most literal pattern that has the path, in the order of the table.
fn fitting(
    path: &ApiPath<'_>,
    has_token: impl FnOnce() -> bool,
) -> impl Iterator<Item = &'static Entry> {
    let fits = |entry: &&Entry| entry.pattern.matches(&path.segments, path.dialect);
    let mut rows = rows(path.surface, path.segments.len()).iter();
    let mut first = rows.find(fits);
    if first.is_none() && may_be_resource_call(path) && (is_below_hub(path) || has_token()) {
        rows = RESOURCE_ROWS.iter();
        first = rows.find(fits);
    }
    let of_same = move |entry: &&'static Entry| {
        first.is_some_and(|first| first.route.pattern == entry.route.pattern)
    };
    first.into_iter().chain(rows.filter(of_same))
}

/// Words with which no bare resource call begins (rule `bare-paths`), beside the noun.
const PLATFORM_WORDS: [&str; 13] = [
    "authentication",
    "catalog-properties",
    "common-resources",
    "docs",
    "events",
    "formulas",
    "hubs",
    "instances",
    "jobs",
    "organizations",
    "transformations",
    "usage",
    "vdrs",
];

/// Tells whether a path that no other row has can be one of an instance's resources (rules `catalog-under-hubs`,
/// `bare-paths`).
fn may_be_resource_call(path: &ApiPath<'_>) -> bool {
    let noun = path.dialect.plural();
    let Some((first, below)) = path.segments.split_first() else {
        return false;
    };
    if is_below_hub(path) {
        return below.len() > 1 && below[1..] != [noun];
    }
    let is_platform = PLATFORM_WORDS.contains(&&**first)
        || Dialect::ALL.iter().any(|dialect| first == dialect.plural())
        || (first == "accounts" && below.iter().any(|word| word == "objects" || word == noun));
    let is_word = |character: char| character.is_alphanumeric() || "-_".contains(character);
    path.surface == Surface::Api && !is_platform && first.chars().all(is_word)
}

fn is_below_hub(path: &ApiPath<'_>) -> bool {
    path.surface == Surface::Api && path.segments.first().is_some_and(|word| word == "hubs")
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
    let unknown = || unknown_route(method, sent, context.path());
    let path = context.path().ok_or_else(unknown)?;
    let mut rows = fitting(path, || context.has_token());
    let first = rows.next().ok_or_else(unknown)?;
    let found = std::iter::once(first)
        .chain(rows)
        .find(|entry| takes(entry.route, method));
    found.ok_or_else(|| ApiError::method(method, sent, allow(path)))
}

/// The verbs for `Allow`; whoever asks is taken to have a token.
fn allow(path: &ApiPath<'_>) -> String {
    let mut verbs = Vec::new();
    for Entry { route, .. } in fitting(path, || true) {
        verbs.push(route.method.as_str());
        if route.method == Method::GET {
            verbs.push("HEAD");
        }
    }
    verbs.join(", ")
}

/// The verbs that a path of a surface has, for the answer to a preflight; `None` for an unknown path.
pub(crate) fn allowed(uri: &Uri, surface: Surface) -> Option<String> {
    let path = ApiPath::parse(uri.path()).filter(|path| path.surface == surface)?;
    // Without credentials nobody can tell a bare resource call from a path that is nowhere.
    fitting(&path, || false).next()?;
    Some(allow(&path))
}

/// Farther away than this, a path that could be of a resource is none of the routes misspelt.
const MAX_MISSPELLING: usize = 2;

/// 404 for a path that no route has; the hint says what there is instead.
fn unknown_route(method: &Method, sent: &str, path: Option<&ApiPath<'_>>) -> ApiError {
    let near = nearest_route(method, sent);
    let path = path.filter(|path| may_be_resource_call(path));
    let meant = match (&near, path) {
        _ if method == Method::CONNECT => {
            "; to be a proxy for a host, the server needs --intercept HOST".to_owned()
        }
        (Some((distance, near)), path) if path.is_none() || *distance <= MAX_MISSPELLING => {
            format!(". Did you mean {near}?")
        }
        (_, Some(path)) => {
            let word = path.dialect.token_word();
            format!("; a resource of an instance needs the word {word} in Authorization")
        }
        (_, None) => String::new(),
    };
    let message = format!("No route {} {}", clip(method.as_str()), clip(sent));
    // A request for a tunnel has no path.
    let message = format!("{}{meant}", message.trim_end());
    let near = near.map_or(String::new(), |(_, near)| format!("near: {near}; "));
    let hint = format!(
        "{near}the API stands below {} and the control API below {CONTROL_PATH}, open to this machine, or with \
         --control anywhere to all",
        Dialect::Element.base_path()
    );
    ApiError::unknown_route(message).hinted(hint)
}

/// The longest path for which a near route is searched.
const MAX_SEARCHED_LEN: usize = 200;

/// The route that the caller probably meant, with the caller's own parameters, and how far it is away.
fn nearest_route(method: &Method, path: &str) -> Option<(usize, String)> {
    if path.len() > MAX_SEARCHED_LEN {
        return None;
    }
    let dialect = if path.contains(Dialect::YourMom.noun()) {
        Dialect::YourMom
    } else {
        Dialect::Element
    };
    // The noun of the other dialect is one slip, however many letters it has.
    let foreign_noun = format!("/{}/", dialect.other().plural());
    // An address that ends in a slash, and a path behind it that begins with one, are put together so.
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    let sent = segments.fold(String::new(), |path, segment| path + "/" + segment);
    let sent = &*sent.replace(&foreign_noun, &format!("/{}/", dialect.plural()));
    // Where the base path is right, it tells nothing of how near the rest is.
    let limit = match sent.strip_prefix(dialect.base_path()) {
        Some(below) => below.len() / 3 + 1,
        None => sent.len() / 4 + 1,
    };
    let mut near = String::with_capacity(MAX_SEARCHED_LEN);
    let fixed = ROUTES.iter().filter(|route| route.access != Resource);
    let candidates = fixed.filter_map(|route| {
        let below = fill(&mut near, route, sent, dialect);
        // A caller who left the base path out is near too.
        let whole = distance::within(limit, sent, &near);
        let without = distance::within(limit, sent, &near[below..]).map(|distance| distance + 1);
        let distance = whole.into_iter().chain(without).min()?;
        Some((distance + usize::from(!takes(route, method)), route))
    });
    let (distance, route) = candidates.min_by_key(|(distance, _)| *distance)?;
    fill(&mut near, route, sent, dialect);
    (distance <= limit).then(|| (distance, format!("{} {near}", route.method)))
}

/// Writes a route's path: parameters taken from where `sent` has them, the noun in the dialect's spelling.
///
/// Returns the length of the base path.
fn fill(path: &mut String, route: &Route, sent: &str, dialect: Dialect) -> usize {
    let base = route.surface.base_path(dialect);
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
    #[case(
        "/elements/api-v2/../some/where/else",
        "No route POST /elements/api-v2/../some/where/else"
    )]
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
