//! Collects the body of a request up to a limit, before anything looks at it.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use hyper::body::Incoming;

use crate::wire::message::Body;

/// A body coming in, kept up to a limit.
pub(super) enum Collecting {
    /// Less than the limit so far.
    Body {
        incoming: Incoming,
        collected: BytesMut,
        limit: usize,
    },
    /// Done, or more than can be kept.
    Done(Body),
}

impl Collecting {
    /// Begins; a body that is over the limit by its own word is not waited for.
    pub(super) fn new(incoming: Incoming, limit: usize) -> Self {
        if incoming.is_end_stream() {
            return Collecting::Done(Body::Whole(Bytes::new()));
        }
        if incoming.size_hint().lower() > limit as u64 {
            return Collecting::Done(Body::TooLarge(limit));
        }
        Collecting::Body {
            incoming,
            collected: BytesMut::new(),
            limit,
        }
    }

    /// Resolves to the body, whole or as too large.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<hyper::Result<Body>> {
        loop {
            let (incoming, collected, limit) = match self {
                Collecting::Done(body) => {
                    return Poll::Ready(Ok(mem::replace(body, Body::Whole(Bytes::new()))));
                }
                Collecting::Body {
                    incoming,
                    collected,
                    limit,
                } => (incoming, collected, *limit),
            };
            let Some(frame) = ready!(Pin::new(&mut *incoming).poll_frame(cx)) else {
                return Poll::Ready(Ok(Body::Whole(mem::take(collected).freeze())));
            };
            let Ok(piece) = frame?.into_data() else {
                continue;
            };
            if collected.len() + piece.len() > limit {
                return Poll::Ready(Ok(Body::TooLarge(limit)));
            }
            if collected.is_empty() && incoming.is_end_stream() {
                return Poll::Ready(Ok(Body::Whole(piece)));
            }
            collected.extend_from_slice(&piece);
        }
    }
}
