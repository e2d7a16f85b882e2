//! The check of the control API's query parameters against the row of the route.
//!
//! Unknown ones are refused: a misspelt limit would otherwise order for everybody what was meant for one organization.

use crate::emulator::route::Route;
use crate::rules;
use crate::wire::distance::nearest;
use crate::wire::error::ApiError;
use crate::wire::message::Request;

/// Refuses a parameter that the route does not take, and a blank one.
pub(super) fn check(request: &Request, route: &Route) -> Result<(), ApiError> {
    let refused = |reason| Err(ApiError::bad_request(&rules::CONTROL, reason));
    let names = || route.query.iter().map(|parameter| parameter.name);
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
    let hint = match nearest(name, known.clone()) {
        Some(near) => format!("did you mean {near:?}?"),
        None => match &*known.collect::<Vec<_>>() {
            [] => "known: none".to_owned(),
            all => format!("known: {}", all.join(", ")),
        },
    };
    format!("the query parameter {name:?} is not known here; {hint}")
}
