//! Opens the port, accepts connections, and closes both.
//!
//! Nothing here may end the server but its owner: when descriptors or connections run out, accepting waits until there
//! are some again.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::task::{Context, Poll};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};

use super::socket::{Acceptor, Stream};
use super::{StartError, runtime};

/// The time that requests under way have to finish when the server stops.
const DRAIN: Duration = Duration::from_secs(5);
/// The pause in accepting when the machine has no descriptor left.
const EXHAUSTED: Duration = Duration::from_millis(20);

/// An address by which this machine reaches a listener: a wildcard stands for all, and no client can call it.
pub(crate) fn callable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

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
    is_stopping: AtomicBool,
    /// Fires once, when the port closes and its connections should end after the request under way.
    stopping: Notify,
}

impl<S> Port<S> {
    fn stop(&self) {
        self.is_stopping.store(true, SeqCst);
        self.stopping.notify_waiters();
    }

    /// Resolves when the port closes, also when it did before anybody asked.
    pub(crate) async fn stopped(&self) {
        let stopping = self.stopping.notified();
        if !self.is_stopping.load(SeqCst) {
            stopping.await;
        }
    }
}

/// A port that is taken, and not served yet.
pub(crate) struct Bound {
    acceptor: Acceptor,
    address: SocketAddr,
}

/// An open port; dropping it closes the port and every connection.
pub(crate) struct Listener<S> {
    address: SocketAddr,
    port: Arc<Port<S>>,
    task: AbortHandle,
    /// Disconnected when the port and all connections are closed; locked so that threads may share a server.
    closed: Mutex<Receiver<()>>,
}

impl Bound {
    /// Takes the port, on the runtime that all servers of the process share.
    pub(crate) fn to(address: SocketAddr) -> Result<Self, StartError> {
        let runtime = runtime::handle().map_err(StartError::Runtime)?;
        let failed = |source| StartError::Listen { address, source };
        let _entered = runtime.enter();
        let acceptor = Acceptor::bind(address).map_err(failed)?;
        let address = acceptor.address().map_err(failed)?;
        Ok(Bound { acceptor, address })
    }

    #[cfg(feature = "recorder")]
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves what has been waiting, and what comes.
    pub(crate) fn serve<S: Serve>(self, service: S) -> Result<Listener<S>, StartError> {
        let runtime = runtime::handle().map_err(StartError::Runtime)?;
        let port = Arc::new(Port {
            service,
            is_stopping: AtomicBool::new(false),
            stopping: Notify::new(),
        });
        let (open, closed) = sync_channel(0);
        let accepting = Accepting {
            acceptor: self.acceptor,
            connections: JoinSet::new(),
            port: port.clone(),
            _open: open,
        };
        let task = runtime.spawn(accepting.run()).abort_handle();
        Ok(Listener {
            address: self.address,
            port,
            task,
            closed: Mutex::new(closed),
        })
    }
}

impl<S> Listener<S> {
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes the port, and the connections after the requests under way.
    pub(crate) fn drain(&self) {
        self.port.stop();
        self.wait_until_closed();
    }

    #[cfg(feature = "recorder")]
    pub(crate) fn service(&self) -> &S {
        &self.port.service
    }

    fn wait_until_closed(&self) {
        // Nothing is ever sent: the channel ends with the task.
        let _ended = self.closed.lock().recv();
    }
}

impl<S> Drop for Listener<S> {
    fn drop(&mut self) {
        self.task.abort();
        self.wait_until_closed();
    }
}

/// The task behind an open port. Fields drop in this order: the port closes, connections end, the owner is told.
struct Accepting<S> {
    acceptor: Acceptor,
    connections: JoinSet<()>,
    port: Arc<Port<S>>,
    _open: SyncSender<()>,
}

enum Event {
    Accepted(io::Result<(Stream, IpAddr)>),
    Stopping,
}

impl<S: Serve> Accepting<S> {
    async fn run(mut self) {
        let port = self.port.clone();
        let mut stopping = std::pin::pin!(port.stopped());
        loop {
            let event = std::future::poll_fn(|cx| match stopping.as_mut().poll(cx) {
                Poll::Ready(()) => Poll::Ready(Event::Stopping),
                Poll::Pending => self.poll_accept(cx).map(Event::Accepted),
            });
            match event.await {
                Event::Accepted(Ok((stream, peer))) => {
                    let serving = S::serve(self.port.clone(), stream, peer);
                    self.connections.spawn(serving);
                }
                Event::Accepted(Err(error)) if is_of_one_connection(&error) => {}
                Event::Accepted(Err(_)) => Box::pin(sleep(EXHAUSTED)).await,
                Event::Stopping => break,
            }
        }
        // Rare, and boxed, so that an idle server does not hold room for it.
        Box::pin(self.drain()).await;
    }

    /// The next connection, unless the server has as many as it may.
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(Stream, IpAddr)>> {
        while let Poll::Ready(Some(_ended)) = self.connections.poll_join_next(cx) {}
        if self.connections.len() >= self.port.service.most_connections() {
            return Poll::Pending;
        }
        self.acceptor.poll_accept(cx)
    }

    async fn drain(self) {
        let Accepting {
            acceptor,
            mut connections,
            port,
            _open,
        } = self;
        drop(acceptor);
        let all_ended = async { while connections.join_next().await.is_some() {} };
        let _in_time = timeout(DRAIN, all_ended).await;
        // Whatever is still open is cut, and has ended before the owner is told.
        connections.shutdown().await;
        drop(port);
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
