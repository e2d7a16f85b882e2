//! The body of a reply that goes on: server-sent events, for as long as somebody listens.
//!
//! Nothing is queued for a listener. Whenever its connection takes more, the emulator is asked what comes next; when
//! nothing does, the task sleeps until something is recorded.

use std::convert::Infallible;
use std::future::poll_fn;
use std::mem;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{sleep, timeout};

use super::connection::Shared;
use crate::emulator::Cursor;

/// The pause of a listener after each batch, so that a flood of requests is served first.
const REST: Duration = Duration::from_millis(40);
/// The interval at which a listener who hears nothing is written to: a connection whose end is gone shows only then.
const PING: Duration = Duration::from_secs(15);

/// The body of a reply.
pub(super) enum ReplyBody {
    /// All of it; empty when it was taken.
    Whole(Bytes),
    /// Events, without end.
    Events(Events),
}

/// A listener, and what it is told next.
pub(super) struct Events(Pin<Box<dyn Future<Output = Told> + Send>>);

/// Events as text, and the listener who is told more later; `None` when the server stops.
type Told = Option<(Bytes, Listener)>;

struct Listener {
    shared: Arc<Shared>,
    cursor: Cursor,
}

impl ReplyBody {
    /// Events from `first` on.
    pub(super) fn events(first: Bytes, cursor: Cursor, shared: Arc<Shared>) -> Self {
        let listener = Listener { shared, cursor };
        ReplyBody::Events(Events(Box::pin(async { Some((first, listener)) })))
    }
}

impl Listener {
    /// Waits for what comes next; `None` when the server stops.
    async fn next(mut self) -> Told {
        let shared = self.shared.clone();
        let text = self.text(&shared).await?;
        Some((text, self))
    }

    async fn text(&mut self, shared: &Shared) -> Option<Bytes> {
        let mut stopped = pin!(shared.stopped());
        let mut text = pin!(async {
            sleep(REST).await;
            loop {
                let recorded = shared.service.emulator.next_recorded();
                if let Some(events) = shared.service.emulator.next_events(&mut self.cursor) {
                    return Bytes::from(events);
                }
                if timeout(PING, recorded).await.is_err() {
                    return Bytes::from_static(b":\n\n");
                }
            }
        });
        let until_stopped = poll_fn(|cx| match stopped.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => text.as_mut().poll(cx).map(Some),
        });
        until_stopped.await
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            ReplyBody::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            ReplyBody::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(mem::take(bytes))))),
            ReplyBody::Events(Events(next)) => {
                let Some((text, listener)) = ready!(next.as_mut().poll(cx)) else {
                    *next = Box::pin(async { None });
                    return Poll::Ready(None);
                };
                *next = Box::pin(listener.next());
                Poll::Ready(Some(Ok(Frame::data(text))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, ReplyBody::Whole(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            ReplyBody::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            ReplyBody::Events(_) => SizeHint::default(),
        }
    }
}
