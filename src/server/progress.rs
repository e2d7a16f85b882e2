//! The progress of a connection, observed on the stream that hyper reads and writes.
//!
//! The stream tells its [`Progress`] what passes through, which is all that the deadlines need. It also keeps back the
//! empty reply that hyper writes of its own accord to what it cannot parse: the connection answers that in the API's
//! shape.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::delivery::Delivery;
use super::socket::Stream;
#[cfg(feature = "tls")]
use super::tls::Tunnel;
use crate::settings::{Limits, MAX_WAIT};
use crate::wire::message::Conduct;

/// The step of an exchange that a connection is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing: the next request has not begun.
    Idle,
    /// A head is coming in.
    Head,
    /// A head is complete; the body comes in, or the answer is being made.
    Exchange,
    /// The answer is held back on purpose.
    Held,
    /// The reply goes out.
    Reply,
}

/// The phase of a connection and its times; shared by its stream, its service and its deadlines.
#[derive(Debug)]
pub(crate) struct Progress(Mutex<State>);

#[derive(Debug)]
struct State {
    phase: Phase,
    /// Time of the request's first byte, or of the end of the last reply.
    began: Instant,
    /// Time of the last byte received.
    heard: Instant,
    /// Scripted way of writing the reply; `None` for one that is simply written.
    delivery: Option<Box<Delivery>>,
    /// The tunnel that the reply promises.
    #[cfg(feature = "tls")]
    tunnel: Option<Box<Tunnel>>,
}

impl Progress {
    pub(crate) fn new() -> Arc<Self> {
        let now = Instant::now();
        let state = State {
            phase: Phase::Idle,
            began: now,
            heard: now,
            delivery: None,
            #[cfg(feature = "tls")]
            tunnel: None,
        };
        Arc::new(Progress(Mutex::new(state)))
    }

    pub(crate) fn enter(&self, phase: Phase) {
        self.0.lock().phase = phase;
    }

    /// Notes that the reply goes out now, in the way that its conduct says.
    pub(crate) fn begin_reply(&self, conduct: &Conduct) {
        let mut state = self.0.lock();
        state.phase = Phase::Reply;
        state.delivery = Delivery::of(conduct);
    }

    /// The time by which the present phase must have ended.
    pub(super) fn deadline(&self, limits: &Limits) -> Instant {
        let state = self.0.lock();
        let whole = state.began + limits.request_time;
        match state.phase {
            Phase::Idle => state.began + limits.keep_alive,
            Phase::Head => whole.min(state.began + limits.head_time),
            Phase::Exchange => whole.min(state.heard + limits.body_idle),
            Phase::Reply if state.delivery.is_none() => whole,
            Phase::Held | Phase::Reply => state.began + MAX_WAIT,
        }
    }

    /// Tells if a script ended the reply, other than by a reset.
    pub(super) fn is_closed_on_purpose(&self) -> bool {
        let state = self.0.lock();
        state.delivery.as_ref().is_some_and(|it| it.is_closing())
    }

    /// Notes that the connection goes on as a tunnel when the reply is out.
    #[cfg(feature = "tls")]
    pub(crate) fn lead_into(&self, tunnel: Tunnel) {
        self.0.lock().tunnel = Some(Box::new(tunnel));
    }

    #[cfg(feature = "tls")]
    pub(crate) fn take_tunnel(&self) -> Option<Tunnel> {
        self.0.lock().tunnel.take().map(|tunnel| *tunnel)
    }

    fn note_input(&self) {
        let now = Instant::now();
        let mut state = self.0.lock();
        state.heard = now;
        if state.phase == Phase::Idle {
            state.phase = Phase::Head;
            state.began = now;
        }
    }

    fn end_reply(&self) {
        let mut state = self.0.lock();
        if state.phase == Phase::Reply {
            state.phase = Phase::Idle;
            state.began = Instant::now();
            state.delivery = None;
        }
    }

    /// Writes in the way that the reply's conduct says; `None` for a reply that is simply written.
    fn poll_write_specially(
        &self,
        stream: &mut Stream,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Option<Poll<io::Result<usize>>> {
        let mut state = self.0.lock();
        if matches!(state.phase, Phase::Idle | Phase::Head) {
            // It answers no request: hyper writes it of its own accord, and it is kept back.
            return Some(Poll::Ready(Ok(bytes.len())));
        }
        Some(state.delivery.as_mut()?.poll_write(stream, cx, bytes))
    }
}

/// A stream that reports to a [`Progress`].
pub(crate) struct ObservedStream {
    pub(crate) stream: Stream,
    progress: Arc<Progress>,
}

impl ObservedStream {
    pub(crate) fn new(stream: Stream, progress: Arc<Progress>) -> Self {
        ObservedStream { stream, progress }
    }
}

impl AsyncRead for ObservedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            self.progress.note_input();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for ObservedStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let ObservedStream { stream, progress } = self.get_mut();
        let special = progress.poll_write_specially(stream, cx, buf);
        special.unwrap_or_else(|| Pin::new(stream).poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let ObservedStream { stream, progress } = self.get_mut();
        let first = bufs
            .iter()
            .find(|buf| !buf.is_empty())
            .map_or(&[][..], |buf| buf);
        let special = progress.poll_write_specially(stream, cx, first);
        special.unwrap_or_else(|| Pin::new(stream).poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.progress.end_reply();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
