//! A TCP stream as hyper sees it, and what a connection is busy with.
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
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::settings::Limits;

/// What a connection is busy with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing: the next request has not begun.
    Idle,
    /// A head is coming in.
    Head,
    /// A head is complete; the body comes in, or the answer is being made.
    Exchange,
    /// The reply goes out.
    Reply,
}

/// What a connection is busy with, and since when; shared by its socket, its service and its deadlines.
#[derive(Debug)]
pub(super) struct Progress(Mutex<State>);

#[derive(Clone, Copy, Debug)]
struct State {
    phase: Phase,
    /// When the request's first byte came, or the last reply was written.
    began: Instant,
    /// When something last came in.
    heard: Instant,
}

impl Progress {
    pub(super) fn new() -> Arc<Self> {
        let now = Instant::now();
        Arc::new(Progress(Mutex::new(State {
            phase: Phase::Idle,
            began: now,
            heard: now,
        })))
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.0.lock().phase = phase;
    }

    pub(super) fn phase(&self) -> Phase {
        self.0.lock().phase
    }

    /// When the connection has taken too long for what it is busy with.
    pub(super) fn deadline(&self, limits: &Limits) -> Instant {
        let State {
            phase,
            began,
            heard,
        } = *self.0.lock();
        let whole = began + limits.request_time;
        match phase {
            Phase::Idle => began + limits.keep_alive,
            Phase::Head => whole.min(began + limits.head_time),
            Phase::Exchange => whole.min(heard + limits.body_idle),
            Phase::Reply => whole,
        }
    }

    fn heard(&self) {
        let now = Instant::now();
        let mut state = self.0.lock();
        state.heard = now;
        if state.phase == Phase::Idle {
            state.phase = Phase::Head;
            state.began = now;
        }
    }

    fn flushed(&self) {
        let mut state = self.0.lock();
        if state.phase == Phase::Reply {
            state.phase = Phase::Idle;
            state.began = Instant::now();
        }
    }

    /// Whether what is being written answers no request.
    fn is_unasked(&self) -> bool {
        matches!(self.phase(), Phase::Idle | Phase::Head)
    }
}

/// A TCP stream that reports to a [`Progress`].
pub(super) struct Socket {
    pub(super) stream: TcpStream,
    progress: Arc<Progress>,
}

impl Socket {
    pub(super) fn new(stream: TcpStream, progress: Arc<Progress>) -> Self {
        Socket { stream, progress }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            self.progress.heard();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.progress.is_unasked() {
            return Poll::Ready(Ok(buf.len()));
        }
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.progress.is_unasked() {
            return Poll::Ready(Ok(bufs.iter().map(|buf| buf.len()).sum()));
        }
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.progress.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
