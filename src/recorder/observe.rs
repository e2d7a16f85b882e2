//! Bodies that pass through the recorder, with an observer that sees each piece.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{Either, Full};
use parking_lot::Mutex;

use super::exchange::ObservedRequest;

/// Sees the pieces of a body; dropped before its end, the body broke off.
pub(super) trait Observer: Unpin {
    fn piece(&mut self, _: &Bytes) {}

    /// The body is whole, and its last byte not yet passed on.
    fn end(&mut self);
}

/// A body on its way through, or one that its observer has seen already.
pub(super) type Passing<B, O> = Either<ObservedBody<B, O>, Full<Bytes>>;

/// A body on its way through.
pub(super) struct ObservedBody<B, O> {
    body: B,
    observer: O,
}

pub(super) fn streamed<B: Body, O: Observer>(body: B, mut observer: O) -> Passing<B, O> {
    if body.is_end_stream() {
        // There is no last byte to wait for but the head's.
        observer.end();
        return Either::Right(Full::default());
    }
    Either::Left(ObservedBody { body, observer })
}

impl<B: Body<Data = Bytes> + Unpin, O: Observer> Body for ObservedBody<B, O> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let ObservedBody { body, observer } = &mut *self;
        let frame = ready!(Pin::new(&mut *body).poll_frame(cx));
        let is_last = match &frame {
            None => true,
            Some(Err(_)) => false,
            Some(Ok(frame)) => {
                if let Some(piece) = frame.data_ref() {
                    observer.piece(piece);
                }
                body.is_end_stream() || frame.is_trailers()
            }
        };
        if is_last {
            observer.end();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A request as far as it has come. It is shared with its reply, which may come first.
pub(super) type SharedRequest = Arc<Mutex<ObservedRequest>>;

impl Observer for SharedRequest {
    fn piece(&mut self, piece: &Bytes) {
        self.lock().body_mut().add(piece);
    }

    fn end(&mut self) {
        self.lock().body_mut().end();
    }
}
