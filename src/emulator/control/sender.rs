//! The senders that the control API is open to (rule `control`), by address, `Host` and `Origin`.

use http::header::{HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderValue, header as names};

use crate::emulator::outcome::Outcome;
use crate::settings::{ControlAccess, Settings};
use crate::wire::error::ApiError;
use crate::wire::host::is_loopback;
use crate::wire::message::Request;
use crate::wire::vocabulary::EXPOSED_HEADERS;

/// A web page must not steer a developer's mock, and no other machine unless it was told so.
pub(super) fn check(settings: &Settings, request: &Request) -> Result<(), ApiError> {
    let refused = |reason: &str| Err(ApiError::forbidden(reason));
    let anywhere = settings.control == ControlAccess::Anywhere;
    if !anywhere
        && request
            .peer
            .is_some_and(|peer| !peer.to_canonical().is_loopback())
    {
        return refused(
            "the control API is open to this machine only; start with --control anywhere to change that",
        );
    }
    let mut hosts = request.headers.get_all(HOST).iter();
    let host = hosts.next().map(|host| host.to_str().unwrap_or_default());
    // Of two, nobody can say which one a browser meant.
    let is_foreign = |host| !is_local(host) || hosts.next().is_some();
    if !anywhere && host.is_some_and(is_foreign) {
        return refused(
            "the control API is not open to this Host; call it by 127.0.0.1 or localhost",
        );
    }
    if let Some(origin) = request.headers.get(ORIGIN) {
        let is_at =
            |scheme: &str, host| origin.as_bytes() == format!("{scheme}://{host}").as_bytes();
        let is_own = |host| is_at("http", host) || is_at("https", host);
        if !host.is_some_and(is_own) && !is_admitted(settings, request) {
            return refused(
                "the control API is not open to pages of this Origin; start with --control-origin URL to change that",
            );
        }
    }
    Ok(())
}

/// Tells whether a request is of a page that `--control-origin` names.
pub(super) fn is_admitted(settings: &Settings, request: &Request) -> bool {
    let origin = request.headers.get(ORIGIN);
    origin.is_some_and(|origin| settings.control_origins.iter().any(|named| origin == named))
}

/// Lets such a page read the reply.
pub(super) fn admit_page(settings: &Settings, request: &Request, mut outcome: Outcome) -> Outcome {
    let origin = request.headers.get(ORIGIN).cloned();
    if let Some(origin) = origin.filter(|_| is_admitted(settings, request)) {
        let headers = &mut outcome.reply.headers;
        headers.insert(names::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(names::VARY, HeaderValue::from_static("origin"));
        let exposed = HeaderValue::from_static(EXPOSED_HEADERS);
        headers.insert(names::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }
    outcome
}

/// Tells whether a `Host` header names this machine, by a name that no other page's server can have.
pub(crate) fn is_local(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let name = authority.host();
    // The parser takes `[::1].example.com` for `[::1]`.
    let port = host.strip_prefix(name).map(|rest| rest.strip_prefix(':'));
    let is_whole = host == name || matches!(port, Some(Some(port)) if port.parse::<u16>().is_ok());
    is_whole && is_loopback(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// Rule `control`.
    #[rstest]
    #[case("127.0.0.1:6847", true)]
    #[case("localhost", true)]
    #[case("LOCALHOST:80", true)]
    #[case("[::1]:6847", true)]
    #[case("[::1]", true)]
    #[case("[::1].example.com", false)]
    #[case("[::1].example.com:6847", false)]
    #[case("user@localhost", false)]
    #[case("localhost:port", false)]
    #[case("localhost.example.com", false)]
    #[case("127.0.0.1.example.com:80", false)]
    #[case("192.0.2.1", false)]
    #[case("", false)]
    fn a_host_is_local(#[case] host: &str, #[case] expected: bool) {
        assert_eq!(is_local(host), expected);
    }
}
