//! Opens the port, accepts connections, and closes both.
//!
//! Nothing here may end the server but its owner: when descriptors or connections run out, accepting waits until there
//! are some again.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};

use super::runtime::Workers;
use super::socket::{Acceptor, Stream};
use super::{StartError, runtime};
use crate::settings::Listen;

/// The time that requests under way have to finish when the server stops.
const DRAIN: Duration = Duration::from_secs(5);
/// The pause in accepting when the machine has no descriptor left.
const EXHAUSTED: Duration = Duration::from_millis(20);

/// The handler of a port's connections.
pub(crate) trait Serve: Send + Sync + Sized + 'static {
    /// The most connections at a time; more wait until one ends.
    fn most_connections(&self) -> usize;

    /// Serves one connection to its end.
    fn serve(
        port: Arc<Port<Self>>,
        stream: Stream,
        peer: IpAddr,
    ) -> impl Future<Output = ()> + Send;
}

/// The parts that all connections of a port share.
pub(crate) struct Port<S> {
    pub(crate) service: S,
    /// Takes connections until the port closes; the owner of the port closes it from any thread.
    acceptor: Mutex<Option<Acceptor>>,
    /// `true` if the owner is gone; no request is answered any more.
    is_abandoned: AtomicBool,
    is_stopping: AtomicBool,
    /// Fires once, when the port closes and its connections should end after the request under way.
    stopping: Notify,
    /// `true` if every connection has ended, and nothing serves the port any more.
    is_closed: Mutex<bool>,
    /// Wakes those who wait for that.
    closed: Condvar,
}

impl<S> Port<S> {
    fn stop(&self) {
        self.is_stopping.store(true, SeqCst);
        self.stopping.notify_waiters();
    }

    /// Frees the port, and refuses whoever waits to be accepted.
    fn close(&self) {
        drop(self.acceptor.lock().take());
    }

    fn wait_until_closed(&self) {
        let mut is_closed = self.is_closed.lock();
        while !*is_closed {
            self.closed.wait(&mut is_closed);
        }
    }

    /// Tells whether the owner is gone: the task that asks is about to be ended, and answers nothing more.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.is_abandoned.load(SeqCst)
    }

    /// Resolves when the port closes, also when it did before anybody asked.
    pub(crate) async fn stopped(&self) {
        let stopping = self.stopping.notified();
        if !self.is_stopping.load(SeqCst) {
            stopping.await;
        }
    }

    /// Awaits `future`; `None` when the port closes before.
    pub(crate) async fn unless_stopped<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        let (mut stopped, mut future) = (std::pin::pin!(self.stopped()), std::pin::pin!(future));
        std::future::poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            Poll::Pending => stopped.as_mut().poll(cx).map(|()| None),
        })
        .await
    }
}

/// A port that is taken, and not served yet.
pub(crate) struct Bound {
    acceptor: Acceptor,
    place: Listen,
}

/// An open port; dropping it closes the port and every connection.
///
/// The port is closed and no request is answered any more when the drop returns. Connections end right after it, on the
/// thread that serves them: to wait for that would cost two changes of threads.
pub(crate) struct Listener<S> {
    place: Listen,
    threads: usize,
    port: Arc<Port<S>>,
    task: AbortHandle,
}

impl Bound {
    /// Takes the port, on the runtime that all servers of the process share.
    pub(crate) fn to(place: &Listen) -> Result<Self, StartError> {
        let runtime = runtime::handle().map_err(StartError::Runtime)?;
        let failed = |source| StartError::listen(place, source);
        let _entered = runtime.enter();
        let acceptor = Acceptor::bind(place).map_err(failed)?;
        let place = acceptor.place().map_err(failed)?;
        Ok(Bound { acceptor, place })
    }

    #[cfg(feature = "tls")]
    pub(crate) fn place(&self) -> &Listen {
        &self.place
    }

    /// Serves what has been waiting, and what comes, on so many threads.
    pub(crate) fn serve<S: Serve>(
        self,
        service: S,
        threads: usize,
    ) -> Result<Listener<S>, StartError> {
        let runtime = runtime::handle().map_err(StartError::Runtime)?;
        let workers = Workers::start(threads).map_err(StartError::Runtime)?;
        let port = Arc::new(Port {
            service,
            acceptor: Mutex::new(Some(self.acceptor)),
            is_abandoned: AtomicBool::new(false),
            is_stopping: AtomicBool::new(false),
            stopping: Notify::new(),
            is_closed: Mutex::new(false),
            closed: Condvar::new(),
        });
        let accepting = Accepting {
            connections: JoinSet::new(),
            workers,
            port: Served(port.clone()),
        };
        let task = runtime.spawn(accepting.run()).abort_handle();
        Ok(Listener {
            place: self.place,
            threads,
            port,
            task,
        })
    }
}

impl<S> Listener<S> {
    pub(crate) fn place(&self) -> &Listen {
        &self.place
    }

    /// Closes the port, and the connections after the requests under way.
    pub(crate) fn drain(&self) {
        self.port.stop();
        self.port.wait_until_closed();
    }

    #[cfg(feature = "tls")]
    pub(crate) fn service(&self) -> &S {
        &self.port.service
    }
}

impl<S> Drop for Listener<S> {
    fn drop(&mut self) {
        self.port.is_abandoned.store(true, SeqCst);
        self.port.close();
        self.task.abort();
        if self.threads > 1 {
            // They are the server's own, and end with it.
            self.port.wait_until_closed();
        }
    }
}

/// The task behind an open port. Fields drop in this order: connections end, the owner is told.
struct Accepting<S> {
    connections: JoinSet<()>,
    workers: Workers,
    port: Served<S>,
}

/// The hold of the task on its port: dropping it tells the owner that the port is closed.
struct Served<S>(Arc<Port<S>>);

impl<S> Drop for Served<S> {
    fn drop(&mut self) {
        *self.0.is_closed.lock() = true;
        self.0.closed.notify_all();
    }
}

/// The end of a row of connections.
enum Pause {
    /// The machine is short of something.
    Exhausted,
    Stopping,
}

impl<S: Serve> Accepting<S> {
    #[expect(
        clippy::manual_async_fn,
        reason = "an async function has room for its arguments twice, and an idle server is little else"
    )]
    fn run(mut self) -> impl Future<Output = ()> + Send {
        async move {
            let port = self.port.0.clone();
            let mut stopping = std::pin::pin!(port.stopping.notified());
            while let Pause::Exhausted =
                std::future::poll_fn(|cx| self.poll_pause(stopping.as_mut(), cx)).await
            {
                Box::pin(sleep(EXHAUSTED)).await;
            }
            // Rare, and boxed, so that an idle server does not hold room for it.
            Box::pin(self.drain()).await;
        }
    }

    /// Serves the connections that come, until there is a reason to pause.
    fn poll_pause(
        &mut self,
        mut stopping: Pin<&mut Notified<'_>>,
        cx: &mut Context<'_>,
    ) -> Poll<Pause> {
        loop {
            let is_stopping = self.port.0.is_stopping.load(SeqCst);
            if is_stopping || stopping.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Pause::Stopping);
            }
            match ready!(self.poll_accept(cx)) {
                Ok((stream, peer)) => self.serve(stream, peer),
                Err(error) if is_of_one_connection(&error) => {}
                Err(_) => return Poll::Ready(Pause::Exhausted),
            }
        }
    }

    fn serve(&mut self, stream: Stream, peer: IpAddr) {
        let port = self.port.0.clone();
        let Some(worker) = self.workers.next() else {
            self.connections.spawn(S::serve(port, stream, peer));
            return;
        };
        // A connection that cannot be handed over is as broken as one that cannot be accepted.
        if let Ok(stream) = stream.moved_to(worker) {
            let serving = S::serve(port, stream, peer);
            self.connections.spawn_on(serving, worker);
        }
    }

    /// The next connection, unless the server has as many as it may.
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(Stream, IpAddr)>> {
        while let Poll::Ready(Some(_ended)) = self.connections.poll_join_next(cx) {}
        if self.connections.len() >= self.port.0.service.most_connections() {
            return Poll::Pending;
        }
        match &*self.port.0.acceptor.lock() {
            Some(acceptor) => acceptor.poll_accept(cx),
            None => Poll::Pending,
        }
    }

    async fn drain(self) {
        let Accepting {
            mut connections,
            workers,
            port,
        } = self;
        port.0.close();
        let all_ended = async { while connections.join_next().await.is_some() {} };
        let _in_time = timeout(DRAIN, all_ended).await;
        // Whatever is still open is cut, and has ended before the owner is told.
        connections.shutdown().await;
        drop((workers, port));
    }
}

/// Tells whether accepting failed because of the connection, not because the machine is short of something.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
    )
}
