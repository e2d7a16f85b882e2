//! A body on its way through the recorder, with an observer that sees each piece.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use parking_lot::Mutex;

use super::exchange::ObservedRequest;

/// Sees a body pass; when it is dropped before the end, the body broke off.
pub(super) trait Observer {
    fn piece(&mut self, piece: &Bytes);

    /// The body is whole, and its last byte not yet passed on.
    fn end(&mut self);
}

/// A body on its way through.
pub(super) enum ObservedBody<O> {
    Streamed {
        incoming: Incoming,
        observer: O,
    },
    /// Its observer has seen it already.
    Whole(Option<Bytes>),
}

impl<O: Observer> ObservedBody<O> {
    pub(super) fn streamed(incoming: Incoming, mut observer: O) -> Self {
        if incoming.is_end_stream() {
            // There is no last byte to wait for but the head's.
            observer.end();
            return ObservedBody::Whole(None);
        }
        ObservedBody::Streamed { incoming, observer }
    }

    pub(super) fn whole(bytes: Bytes) -> Self {
        ObservedBody::Whole((!bytes.is_empty()).then_some(bytes))
    }
}

impl<O: Observer + Unpin> Body for ObservedBody<O> {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let (incoming, observer) = match &mut *self {
            ObservedBody::Whole(rest) => {
                return Poll::Ready(rest.take().map(|rest| Ok(Frame::data(rest))));
            }
            ObservedBody::Streamed { incoming, observer } => (incoming, observer),
        };
        let frame = ready!(Pin::new(&mut *incoming).poll_frame(cx));
        let is_last = match &frame {
            None => true,
            Some(Err(_)) => false,
            Some(Ok(frame)) => {
                if let Some(piece) = frame.data_ref() {
                    observer.piece(piece);
                }
                incoming.is_end_stream() || frame.is_trailers()
            }
        };
        if is_last {
            observer.end();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        match self {
            ObservedBody::Whole(rest) => rest.is_none(),
            ObservedBody::Streamed { incoming, .. } => incoming.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            ObservedBody::Whole(rest) => {
                SizeHint::with_exact(rest.as_ref().map_or(0, |rest| rest.len() as u64))
            }
            ObservedBody::Streamed { incoming, .. } => incoming.size_hint(),
        }
    }
}

/// The body of a request, on its way to the upstream.
pub(super) type Forwarded = ObservedBody<RequestObserver>;

/// Takes a request down. It is shared with its reply, which may come first.
pub(super) struct RequestObserver {
    pub(super) request: Arc<Mutex<ObservedRequest>>,
}

impl Observer for RequestObserver {
    fn piece(&mut self, piece: &Bytes) {
        self.request.lock().body.add(piece);
    }

    fn end(&mut self) {
        self.request.lock().body.end();
    }
}
