//! A request that came, taken apart like a recorded one; secrets and all, so nothing of it is shown as it is.

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Method, StatusCode};

use super::message::{Asked, Content, Exchange, Pairs};
use super::walk::{Encoding, pairs_of_query};
use crate::wire::message::{Body, Request};

/// A request that came, taken apart like a recorded one.
pub(super) struct Sent<'r> {
    pub(super) method: Method,
    pub(super) path: &'r str,
    pub(super) query: Pairs,
    pub(super) authorization: Pairs,
    pub(super) words: Vec<String>,
    pub(super) body: Content,
    pub(super) encoding: Encoding,
}

impl<'r> Sent<'r> {
    pub(super) fn of(request: &'r Request) -> Self {
        let authorization = request.header_text(&AUTHORIZATION).unwrap_or_default();
        let authorization = pairs_of_authorization(authorization);
        Sent {
            method: request.method.clone(),
            path: request.uri.path(),
            query: pairs_of_query(request.uri.query().unwrap_or_default()),
            words: words(&authorization),
            authorization,
            body: Content::of(&body_of(request)),
            encoding: Encoding::said_by(request.header_text(&CONTENT_TYPE).unwrap_or_default()),
        }
    }
}

/// The request as one that could be recorded, to see what of it is secret.
pub(super) fn exchange_of(request: &Request) -> Exchange {
    Exchange {
        method: request.method.clone(),
        target: request.uri.to_string(),
        request_headers: request.headers.clone(),
        request_body: body_of(request),
        status: StatusCode::OK,
        response_headers: HeaderMap::new(),
        response_body: Bytes::new(),
    }
}

fn body_of(request: &Request) -> Bytes {
    match &request.body {
        Body::Whole(bytes) => bytes.clone(),
        Body::TooLarge(_) => Bytes::new(),
    }
}

pub(super) fn pairs_of_authorization(value: &str) -> Pairs {
    let pairs = value.split(',').filter_map(|pair| {
        let (word, secret) = pair.trim().split_once([' ', ':'])?;
        Some((word.to_owned(), secret.trim().to_owned()))
    });
    pairs.collect()
}

fn words(authorization: &Pairs) -> Vec<String> {
    let mut words: Vec<_> = authorization.iter().map(|(word, _)| word.clone()).collect();
    words.sort_unstable();
    words
}

pub(super) fn words_of(request: &Asked) -> Vec<String> {
    let value = request.header(AUTHORIZATION.as_str()).unwrap_or_default();
    words(&pairs_of_authorization(value))
}
