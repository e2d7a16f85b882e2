//! The directory of a server, for somebody who asks it by itself: at `/`, at the bare base path and at `/__admin`.

use http::Method;
#[cfg(feature = "page")]
use http::{
    StatusCode,
    header::{ACCEPT, LOCATION},
};

use crate::emulator::outcome::Outcome;
use crate::emulator::path::Surface;
use crate::emulator::routes::ROUTES;
use crate::rules;
use crate::wire::json::object;
use crate::wire::message::Request;
use crate::wire::vocabulary::{CONTROL_PATH, Dialect};

/// Answers for `/` and the bare base path: a browser is sent to the page, other clients get the directory.
pub(super) fn at_entrance(request: &Request) -> Option<Outcome> {
    if !matches!(request.method, Method::GET | Method::HEAD) {
        return None;
    }
    let path = request.uri.path();
    #[cfg(feature = "page")]
    if matches!(path, "/" | CONTROL_PATH) && is_browser(request) {
        let mut outcome =
            Outcome::empty(&rules::CONTROL).header(LOCATION, &format!("{CONTROL_PATH}/"));
        outcome.reply.status = StatusCode::FOUND;
        return Some(outcome);
    }
    let bare = path.strip_suffix('/').unwrap_or(path);
    // A browser's page and this are the mock's own; a request that names another host is a client's that lost its way.
    let is_base = Dialect::ALL
        .iter()
        .any(|dialect| bare == dialect.base_path());
    (request.uri.host().is_none() && bare.is_empty() || is_base).then(directory)
}

/// Answers for `/__admin`, and for `/__admin/` where no page stands there.
pub(super) fn of_control(request: &Request) -> Option<Outcome> {
    let below = request.uri.path().strip_prefix(CONTROL_PATH)?;
    let is_asked =
        matches!(request.method, Method::GET | Method::HEAD) && matches!(below, "" | "/");
    is_asked.then(directory)
}

#[cfg(feature = "page")]
fn is_browser(request: &Request) -> bool {
    let accept = request.header_text(&ACCEPT);
    accept.is_some_and(|accept| accept.contains("text/html"))
}

fn directory() -> Outcome {
    let control = ROUTES
        .iter()
        .filter(|route| route.surface == Surface::Control);
    let lines = control
        .map(|route| format!("{} {}: {}", route.method, route.full_path(), route.summary).into());
    let directory = object([
        ("name", "mock-ce".into()),
        ("version", env!("CARGO_PKG_VERSION").into()),
        ("api", Dialect::Element.base_path().into()),
        ("openapi", format!("{CONTROL_PATH}/openapi.json").into()),
        (
            "elements",
            format!("{}/elements", Dialect::Element.base_path()).into(),
        ),
        ("control", lines.collect()),
    ]);
    Outcome::json(&rules::CONTROL, directory.to_string())
}
