//! Headers of forwarded messages: those that concern one connection only are dropped, and a few are adjusted.

use http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, EXPECT, HOST, LOCATION, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, VIA,
};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Removes the headers that concern only the connection that a message came on.
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
        // A length beside chunks is wrong, and two servers may heed different ones of the two.
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

/// Prepares the headers of a request for the upstream.
pub(super) fn prepare_request(headers: &mut HeaderMap, host: &HeaderValue, via: &HeaderValue) {
    drop_hop_by_hop(headers);
    // The recorder's own server has answered it.
    headers.remove(EXPECT);
    if let Some(accepted) = headers.get(ACCEPT_ENCODING) {
        let accepted = accepted.to_str().unwrap_or_default();
        headers.insert(ACCEPT_ENCODING, readable_encodings(accepted));
    }
    headers.insert(HOST, host.clone());
    headers.append(VIA, via.clone());
}

/// Leaves of the accepted encodings those that the recorder can decode; `identity` where none is left, since an empty
/// list would allow any.
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

/// Tells whether a request has already been through the recorder with this name.
pub(super) fn has_come_through(headers: &HeaderMap, via: &HeaderValue) -> bool {
    let entries = headers.get_all(VIA).iter();
    let mut entries = entries.flat_map(|value| value.as_bytes().split(|&byte| byte == b','));
    entries.any(|entry| entry.trim_ascii() == via.as_bytes())
}

/// Prepares the headers of a reply for the client: a redirect to the upstream leads to the recorder instead.
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
    fn headers_of_one_connection_are_dropped() {
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
