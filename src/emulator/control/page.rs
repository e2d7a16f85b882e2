//! The inspection page below `/__admin/`.

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{Method, StatusCode};

use crate::emulator::outcome::Outcome;
use crate::page::{self, Caching};
use crate::rules;
use crate::wire::message::Request;
use crate::wire::vocabulary::CONTROL_PATH;

/// Answers a request for a file of the page; `None` for any other.
pub(super) fn answer(request: &Request) -> Option<Outcome> {
    if !matches!(request.method, Method::GET | Method::HEAD) {
        return None;
    }
    let asset = page::find(request.uri.path().strip_prefix(CONTROL_PATH)?)?;
    let caching = match asset.caching {
        Caching::Ask => "no-cache",
        Caching::Forever => "max-age=31536000, immutable",
    };
    let mut outcome = Outcome::empty(&rules::CONTROL)
        .header(ETAG, &asset.etag)
        .header(CACHE_CONTROL, caching)
        .header(CONTENT_SECURITY_POLICY, page::POLICY)
        .header(X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(REFERRER_POLICY, "no-referrer");
    let known = request.header_text(&IF_NONE_MATCH);
    if known.is_some_and(|known| known.contains(&asset.etag)) {
        outcome.reply.status = StatusCode::NOT_MODIFIED;
        return Some(outcome);
    }
    outcome = outcome.header(CONTENT_TYPE, asset.media_type);
    outcome.reply.body = asset.text.into();
    Some(outcome)
}
