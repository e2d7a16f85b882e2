//! A body on its way through, of which somebody takes down each piece.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use parking_lot::Mutex;

use super::keeper::Half;

/// Who takes a body down; one that is dropped before the end has seen it break off.
pub(super) trait Witness {
    fn piece(&mut self, piece: &Bytes);

    /// The body is whole, and its last byte not yet passed on.
    fn end(&mut self);
}

/// A body on its way through.
pub(super) enum Witnessed<W> {
    Streamed {
        incoming: Incoming,
        witness: W,
    },
    /// Nothing has to be taken down of it any more.
    Whole(Option<Bytes>),
}

impl<W: Witness> Witnessed<W> {
    pub(super) fn streamed(incoming: Incoming, mut witness: W) -> Self {
        if incoming.is_end_stream() {
            // There is no last byte to wait for but the head's.
            witness.end();
            return Witnessed::Whole(None);
        }
        Witnessed::Streamed { incoming, witness }
    }

    pub(super) fn whole(bytes: Bytes) -> Self {
        Witnessed::Whole((!bytes.is_empty()).then_some(bytes))
    }
}

impl<W: Witness + Unpin> Body for Witnessed<W> {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let (incoming, witness) = match &mut *self {
            Witnessed::Whole(rest) => {
                return Poll::Ready(rest.take().map(|rest| Ok(Frame::data(rest))));
            }
            Witnessed::Streamed { incoming, witness } => (incoming, witness),
        };
        let frame = ready!(Pin::new(&mut *incoming).poll_frame(cx));
        let is_last = match &frame {
            None => true,
            Some(Err(_)) => false,
            Some(Ok(frame)) => {
                if let Some(piece) = frame.data_ref() {
                    witness.piece(piece);
                }
                incoming.is_end_stream() || frame.is_trailers()
            }
        };
        if is_last {
            witness.end();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Witnessed::Whole(rest) => rest.is_none(),
            Witnessed::Streamed { incoming, .. } => incoming.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Witnessed::Whole(rest) => {
                SizeHint::with_exact(rest.as_ref().map_or(0, |rest| rest.len() as u64))
            }
            Witnessed::Streamed { incoming, .. } => incoming.size_hint(),
        }
    }
}

/// The body of a request, on its way to the upstream.
pub(super) type Forwarded = Witnessed<Asking>;

/// Takes a request down. It is shared with its reply, which may come first.
pub(super) struct Asking {
    pub(super) request: Arc<Mutex<Half>>,
    /// The most bytes of the body that are kept.
    pub(super) limit: usize,
}

impl Witness for Asking {
    fn piece(&mut self, piece: &Bytes) {
        self.request.lock().add(piece, self.limit);
    }

    fn end(&mut self) {
        self.request.lock().end();
    }
}
