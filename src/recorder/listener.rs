//! The recorder's port: accepts connections, and lets the requests under way finish when it closes.

use std::future::poll_fn;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::task::Poll;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::proxy::Proxy;
use crate::server::runtime;

/// How long requests under way may take to finish when the recorder stops.
const DRAIN: Duration = Duration::from_secs(5);
/// How long accepting rests when it failed, for want of descriptors, say.
const EXHAUSTED: Duration = Duration::from_millis(20);
/// How long the head of a request may take.
const HEAD_TIME: Duration = Duration::from_secs(30);

/// An open port.
pub(super) struct Listener {
    address: SocketAddr,
    stop: watch::Sender<Stop>,
    closed: Receiver<()>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    NotYet,
    Now,
}

/// A port that is taken, and not served yet.
pub(super) struct Bound(StdListener);

impl Bound {
    pub(super) fn to(address: SocketAddr) -> io::Result<Self> {
        let listener = StdListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(Bound(listener))
    }

    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Serves on the runtime that all servers of the process share.
    pub(super) fn serve(self, proxy: Arc<Proxy>) -> io::Result<Listener> {
        let runtime = runtime::handle()?;
        let address = self.address()?;
        let _entered = runtime.enter();
        let listener = TcpListener::from_std(self.0)?;
        let (stop, stopping) = watch::channel(Stop::NotYet);
        let (open, closed) = sync_channel(0);
        runtime.spawn(accept(listener, proxy, stopping, open));
        Ok(Listener {
            address,
            stop,
            closed,
        })
    }
}

impl Listener {
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes the port, and the connections after the requests under way.
    pub(super) fn drain(&self) {
        self.stop.send_replace(Stop::Now);
        // Nothing is ever sent: the channel ends with the task.
        let _ended = self.closed.recv();
    }
}

async fn accept(
    listener: TcpListener,
    proxy: Arc<Proxy>,
    stopping: watch::Receiver<Stop>,
    open: SyncSender<()>,
) {
    let mut connections = JoinSet::new();
    let mut stopped = stopping.clone();
    {
        let mut stop = pin!(stopped.wait_for(|stop| *stop == Stop::Now));
        loop {
            let accepted = poll_fn(|cx| {
                if stop.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(None);
                }
                while let Poll::Ready(Some(_ended)) = connections.poll_join_next(cx) {}
                listener.poll_accept(cx).map(Some)
            });
            match accepted.await {
                None => break,
                Some(Ok((stream, _))) => {
                    connections.spawn(serve(stream, proxy.clone(), stopping.clone()));
                }
                Some(Err(_)) => sleep(EXHAUSTED).await,
            }
        }
    }
    drop(listener);
    let all_ended = async { while connections.join_next().await.is_some() {} };
    let _in_time = timeout(DRAIN, all_ended).await;
    drop(connections);
    drop(open);
}

async fn serve(stream: TcpStream, proxy: Arc<Proxy>, mut stopping: watch::Receiver<Stop>) {
    // Without it a reply may wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| proxy.clone().answer(request));
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .serve_connection(TokioIo::new(stream), service)
    );
    let mut stop = pin!(stopping.wait_for(|stop| *stop == Stop::Now));
    let mut stopped = false;
    // A client that goes away ends its connection, and nothing else.
    let _ = poll_fn(|cx| {
        if !stopped && stop.as_mut().poll(cx).is_ready() {
            stopped = true;
            connection.as_mut().graceful_shutdown();
        }
        connection.as_mut().poll(cx)
    })
    .await;
}
