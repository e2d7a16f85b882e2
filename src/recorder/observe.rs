//! Bodies that pass through the recorder, with an observer that sees each piece.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use parking_lot::Mutex;

use super::exchange::ObservedRequest;

/// Sees the pieces of a body; dropped before its end, the body broke off.
pub(super) trait Observer {
    fn piece(&mut self, piece: &Bytes);

    /// The body is whole, and its last byte not yet passed on.
    fn end(&mut self);
}

/// A body on its way through, or one that its observer has seen already.
pub(super) type Passing<O> = Either<ObservedBody<O>, Full<Bytes>>;

/// A body on its way through.
pub(super) struct ObservedBody<O> {
    incoming: Incoming,
    observer: O,
}

pub(super) fn streamed<O: Observer>(incoming: Incoming, mut observer: O) -> Passing<O> {
    if incoming.is_end_stream() {
        // There is no last byte to wait for but the head's.
        observer.end();
        return Either::Right(Full::default());
    }
    Either::Left(ObservedBody { incoming, observer })
}

impl<O: Observer + Unpin> Body for ObservedBody<O> {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let ObservedBody { incoming, observer } = &mut *self;
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
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

/// The body of a request, on its way to the upstream.
pub(super) type Forwarded = Passing<RequestObserver>;

/// Copies a request. It is shared with its reply, which may come first.
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
