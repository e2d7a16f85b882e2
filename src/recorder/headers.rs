//! Which headers pass through a proxy, and which belong to one of its two connections.

use http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, EXPECT, HOST, LOCATION, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, VIA,
};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Takes away what concerns only the connection that a message came on.
pub(super) fn drop_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    if headers.contains_key(TRANSFER_ENCODING) {
        // Where a body comes in chunks, a length that was said beside that is wrong.
        headers.remove(CONTENT_LENGTH);
    }
    const ALWAYS: [HeaderName; 9] = [
        CONNECTION,
        HeaderName::from_static("keep-alive"),
        HeaderName::from_static("proxy-connection"),
        PROXY_AUTHENTICATE,
        PROXY_AUTHORIZATION,
        TE,
        TRAILER,
        TRANSFER_ENCODING,
        UPGRADE,
    ];
    for name in ALWAYS {
        headers.remove(name);
    }
}

/// Makes the headers of a request those of one to the upstream.
pub(super) fn prepare_request(headers: &mut HeaderMap, host: &HeaderValue, via: &HeaderValue) {
    drop_hop_by_hop(headers);
    // The server has already asked the client to go on.
    headers.remove(EXPECT);
    if let Some(accepted) = headers.get(ACCEPT_ENCODING) {
        let accepted = accepted.to_str().unwrap_or_default();
        headers.insert(ACCEPT_ENCODING, readable_encodings(accepted));
    }
    headers.insert(HOST, host.clone());
    headers.append(VIA, via.clone());
}

/// Of the encodings that a client accepts, those that a body can be looked at in; none at all would mean any.
fn readable_encodings(accepted: &str) -> HeaderValue {
    let readable = accepted.split(',').map(str::trim).filter(|encoding| {
        let name = encoding.split(';').next().unwrap_or_default();
        matches!(name.trim(), "gzip" | "x-gzip" | "deflate" | "identity")
    });
    let readable = readable.collect::<Vec<_>>().join(", ");
    let readable = HeaderValue::try_from(readable).ok();
    let readable = readable.filter(|readable| !readable.is_empty());
    readable.unwrap_or(HeaderValue::from_static("identity"))
}

/// Whether a request has already been through the recorder with this name.
pub(super) fn has_come_through(headers: &HeaderMap, via: &HeaderValue) -> bool {
    let entries = headers.get_all(VIA).iter();
    let mut entries = entries.flat_map(|value| value.as_bytes().split(|&byte| byte == b','));
    entries.any(|entry| entry.trim_ascii() == via.as_bytes())
}

/// Makes the headers of a reply those of one from the recorder; a redirect to the upstream stays with the recorder.
pub(super) fn prepare_reply(headers: &mut HeaderMap, origin: &str) {
    drop_hop_by_hop(headers);
    let within = headers
        .get(LOCATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix(origin))
        .filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let path = within.map(|rest| if rest.is_empty() { "/" } else { rest });
    if let Some(Ok(path)) = path.map(HeaderValue::try_from) {
        headers.insert(LOCATION, path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        pairs.collect()
    }

    #[test]
    fn what_belongs_to_the_connection_goes_with_it() {
        let mut request = headers(&[
            ("connection", "close, X-Mine"),
            ("x-mine", "1"),
            ("transfer-encoding", "chunked"),
            ("content-length", "2"),
            ("te", "trailers"),
            ("expect", "100-continue"),
            ("accept-encoding", "br, gzip;q=0.5"),
            ("host", "127.0.0.1:1"),
            ("authorization", "User u"),
        ]);
        let [host, via] = ["api.example", "1.1 me"].map(HeaderValue::from_static);
        prepare_request(&mut request, &host, &via);
        let expected = headers(&[
            ("accept-encoding", "gzip;q=0.5"),
            ("host", "api.example"),
            ("authorization", "User u"),
            ("via", "1.1 me"),
        ]);
        assert_eq!(request, expected);
    }

    #[rstest]
    #[case("https://api.example/a?b", "/a?b")]
    #[case("https://api.example", "/")]
    #[case("https://api.example.evil/a", "https://api.example.evil/a")]
    #[case("/a", "/a")]
    fn a_redirect_to_the_upstream_stays_with_the_recorder(
        #[case] sent: &str,
        #[case] expected: &str,
    ) {
        let mut reply = headers(&[("location", sent)]);
        prepare_reply(&mut reply, "https://api.example");
        assert_eq!(reply[LOCATION], expected);
    }
}
