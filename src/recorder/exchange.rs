//! A request and its response, copied as they pass through the recorder.

use bytes::Bytes;
use http::{HeaderMap, Method, Uri};

use super::decode::{self, Unreadable};
use crate::cassette::{Exchange, Policy};

/// Maximum memory that is reserved for a body before it comes.
const MAX_RESERVED: usize = 64 * 1024;

/// The bytes of a body, as far as they are to be recorded.
#[derive(Default)]
pub(super) struct MessageBytes {
    bytes: Vec<u8>,
    /// Bytes that have come, held or not.
    length: u64,
    /// Maximum number of bytes that are held.
    limit: usize,
    is_over: bool,
}

impl MessageBytes {
    /// A body of which `length` bytes are to come.
    pub(super) fn new(length: Option<u64>, limit: usize) -> Self {
        let expected = usize::try_from(length.unwrap_or(0)).unwrap_or(MAX_RESERVED);
        MessageBytes {
            bytes: Vec::with_capacity(expected.min(MAX_RESERVED)),
            limit,
            ..MessageBytes::default()
        }
    }

    pub(super) fn add(&mut self, piece: &Bytes) {
        self.length += piece.len() as u64;
        if self.is_too_large() {
            // Memory does not grow with what cannot be recorded.
            self.bytes = Vec::new();
        } else {
            self.bytes.extend_from_slice(piece);
        }
    }

    /// Notes that the body is whole.
    pub(super) fn end(&mut self) {
        self.is_over = true;
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    fn is_too_large(&self) -> bool {
        self.length > self.limit as u64
    }

    /// The whole body without its encoding, or the reason why there is none.
    fn decoded(self, headers: &HeaderMap) -> Result<Bytes, String> {
        let limit = self.limit;
        let too_large = || format!("is over {limit} bytes");
        if self.is_too_large() {
            return Err(too_large());
        }
        if !self.is_over {
            return Err("was not read to its end".to_owned());
        }
        decode::decoded(headers, self.bytes.into(), limit).map_err(|problem| match problem {
            Unreadable::TooLarge => too_large(),
            Unreadable::Encoding => "is compressed in a manner that cannot be read".to_owned(),
        })
    }
}

/// A request as the client sent it.
pub(super) type ObservedRequest = http::Request<MessageBytes>;

/// A response as the upstream sent it.
pub(super) type ObservedResponse = http::Response<MessageBytes>;

/// `GET /path`, as far as a cassette would keep it: a query may hold secrets.
pub(super) fn shown(method: &Method, uri: &Uri, policy: &Policy) -> String {
    let path = target(uri).split('?').next().unwrap_or_default();
    format!("{method} {}", policy.shown_path(path))
}

/// Path and query; what has none is taken for the root.
fn target(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", |target| target.as_str())
}

/// The exchange with both bodies decoded, or the reason why it cannot be recorded.
pub(super) fn exchange_of(
    request: ObservedRequest,
    response: ObservedResponse,
) -> Result<Exchange, String> {
    let named = |whose: &'static str| move |reason: String| format!("{whose} {reason}");
    let (request, asked) = request.into_parts();
    let (response, answered) = response.into_parts();
    let request_body = asked.decoded(&request.headers);
    let response_body = answered.decoded(&response.headers);
    Ok(Exchange {
        method: request.method,
        target: target(&request.uri).to_owned(),
        request_headers: request.headers,
        request_body: request_body.map_err(named("its body"))?,
        status: response.status,
        response_headers: response.headers,
        response_body: response_body.map_err(named("its answer"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use rstest::rstest;

    #[rstest]
    #[case::within("aa bb", Ok("aabb"))]
    #[case::over_at_the_end("aa bbb", Err("is over 4 bytes"))]
    #[case::over_and_on("aaaaa a", Err("is over 4 bytes"))]
    fn a_body_over_the_limit_is_not_held(
        #[case] pieces: &str,
        #[case] expected: Result<&'static str, &'static str>,
    ) {
        let mut body = MessageBytes::new(Some(5), 4);
        for piece in pieces.split(' ') {
            body.add(&piece.to_owned().into());
        }
        body.end();
        assert!(body.bytes.len() <= 4);
        let decoded = body.decoded(&HeaderMap::new());
        let expected = expected.map(Bytes::from).map_err(str::to_owned);
        assert_eq!(decoded, expected);
    }

    #[test]
    fn a_body_without_its_end_is_no_body() {
        let body = MessageBytes::new(None, 4);
        let refused = body.decoded(&HeaderMap::new()).unwrap_err();
        assert_eq!(refused, "was not read to its end");
    }

    #[test]
    fn neither_a_query_nor_what_no_cassette_keeps_is_shown() {
        let uri = Uri::from_static("/instances/SECRETpath/7?token=secret");
        let policy = Policy::new(Catalog::documented());
        assert_eq!(shown(&Method::GET, &uri, &policy), "GET /instances/*/7");
    }
}
