//! A body on its way through, of which a copy is kept up to a limit.

use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use parking_lot::Mutex;

/// What has come through of a body.
#[derive(Debug, Default)]
pub(super) struct Copied {
    bytes: BytesMut,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    UnderWay,
    Whole,
    TooLarge,
}

/// How a copy turned out.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Copy {
    Whole(Bytes),
    TooLarge,
    /// The body broke off, or was not read to its end.
    Partial,
}

impl Copied {
    fn add(&mut self, piece: &Bytes, limit: usize) {
        if self.state == State::TooLarge || self.bytes.len() + piece.len() > limit {
            self.state = State::TooLarge;
            // Memory does not grow with what cannot be kept.
            self.bytes = BytesMut::new();
            return;
        }
        self.bytes.extend_from_slice(piece);
    }

    fn end(&mut self) {
        if self.state == State::UnderWay {
            self.state = State::Whole;
        }
    }

    pub(super) fn take(&mut self) -> Copy {
        match self.state {
            State::UnderWay => Copy::Partial,
            State::Whole => Copy::Whole(mem::take(&mut self.bytes).freeze()),
            State::TooLarge => Copy::TooLarge,
        }
    }
}

/// The body of a request, on its way to the upstream.
pub(super) enum Forwarded {
    Streamed {
        incoming: Incoming,
        copy: Arc<Mutex<Copied>>,
        limit: usize,
    },
    /// It had to be whole before it was known whether it would be forwarded.
    Whole(Option<Bytes>),
}

impl Forwarded {
    /// The body, and the copy that will have been made of it at its end.
    pub(super) fn streamed(incoming: Incoming, limit: usize) -> (Self, Arc<Mutex<Copied>>) {
        let copy = Arc::new(Mutex::new(Copied::default()));
        if incoming.is_end_stream() {
            copy.lock().end();
        }
        let body = Forwarded::Streamed {
            incoming,
            copy: copy.clone(),
            limit,
        };
        (body, copy)
    }

    pub(super) fn whole(bytes: Bytes) -> (Self, Arc<Mutex<Copied>>) {
        let copied = Copied {
            bytes: BytesMut::from(&bytes[..]),
            state: State::Whole,
        };
        let rest = (!bytes.is_empty()).then_some(bytes);
        (Forwarded::Whole(rest), Arc::new(Mutex::new(copied)))
    }
}

impl Body for Forwarded {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        match &mut *self {
            Forwarded::Whole(rest) => Poll::Ready(rest.take().map(|rest| Ok(Frame::data(rest)))),
            Forwarded::Streamed {
                incoming,
                copy,
                limit,
            } => {
                let frame = ready!(Pin::new(&mut *incoming).poll_frame(cx));
                copy_frame(&frame, incoming, &mut copy.lock(), *limit);
                Poll::Ready(frame)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Forwarded::Whole(rest) => rest.is_none(),
            Forwarded::Streamed { incoming, .. } => incoming.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Forwarded::Whole(rest) => {
                SizeHint::with_exact(rest.as_ref().map_or(0, |rest| rest.len() as u64))
            }
            Forwarded::Streamed { incoming, .. } => incoming.size_hint(),
        }
    }
}

/// Adds what came; whether it was the last of the body.
fn copy_frame(
    frame: &Option<hyper::Result<Frame<Bytes>>>,
    incoming: &Incoming,
    copied: &mut Copied,
    limit: usize,
) -> bool {
    let is_last = match frame {
        None => true,
        Some(Err(_)) => return false,
        Some(Ok(frame)) => {
            if let Some(piece) = frame.data_ref() {
                copied.add(piece, limit);
            }
            incoming.is_end_stream()
        }
    };
    if is_last {
        copied.end();
    }
    is_last
}

/// What happens at the end of a reply, before its last byte goes to the client.
pub(super) trait AtEnd {
    fn at_end(self: Box<Self>, copy: Copy);
}

/// The body of a reply, on its way to the client.
pub(super) enum Returned {
    Streamed {
        incoming: Incoming,
        copied: Copied,
        limit: usize,
        at_end: Option<Box<dyn AtEnd + Send>>,
    },
    Whole(Option<Bytes>),
}

impl Returned {
    pub(super) fn streamed(
        incoming: Incoming,
        limit: usize,
        at_end: Box<dyn AtEnd + Send>,
    ) -> Self {
        if incoming.is_end_stream() {
            // There is no last byte to wait for but the head's.
            at_end.at_end(Copy::Whole(Bytes::new()));
            return Returned::Whole(None);
        }
        Returned::Streamed {
            incoming,
            copied: Copied::default(),
            limit,
            at_end: Some(at_end),
        }
    }
}

impl Drop for Returned {
    /// The answer broke off, or the client did not wait for it.
    fn drop(&mut self) {
        if let Returned::Streamed { at_end, .. } = self
            && let Some(at_end) = at_end.take()
        {
            at_end.at_end(Copy::Partial);
        }
    }
}

impl Body for Returned {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let (incoming, copied, limit, at_end) = match &mut *self {
            Returned::Whole(rest) => {
                return Poll::Ready(rest.take().map(|rest| Ok(Frame::data(rest))));
            }
            Returned::Streamed {
                incoming,
                copied,
                limit,
                at_end,
            } => (incoming, copied, *limit, at_end),
        };
        let frame = ready!(Pin::new(&mut *incoming).poll_frame(cx));
        if copy_frame(&frame, incoming, copied, limit)
            && let Some(at_end) = at_end.take()
        {
            at_end.at_end(copied.take());
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Returned::Whole(rest) => rest.is_none(),
            Returned::Streamed { incoming, .. } => incoming.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Returned::Whole(rest) => {
                SizeHint::with_exact(rest.as_ref().map_or(0, |rest| rest.len() as u64))
            }
            Returned::Streamed { incoming, .. } => incoming.size_hint(),
        }
    }
}
