//! One connection of a client: hyper reads requests, the proxy answers them.
//!
//! Bytes that hyper cannot parse are refused as the server refuses them: its [`Progress`] is told where each answer ends, and keeps back
//! the empty reply that hyper would write.

use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt as _;

use super::observe::{Observer, Passing, streamed};
use super::proxy::{Proxy, Returned};
use crate::server::connection::{End, refuse};
use crate::server::listener::{Port, Serve};
use crate::server::progress::{ObservedStream, Phase, Progress};
use crate::server::socket::Stream;
use crate::wire::message::Conduct;

/// Maximum time for the head of a request.
const HEAD_TIME: Duration = Duration::from_secs(30);

impl Serve for Arc<Proxy> {
    fn most_connections(&self) -> usize {
        self.max_connections
    }

    async fn serve(port: Arc<Port<Self>>, stream: Stream, peer: IpAddr) {
        if let Some(inside) = serve(&port, stream, Some(peer)).await {
            Box::pin(serve(&port, inside, None)).await;
        }
    }
}

/// Serves a connection until it ends, or goes on as a tunnel to this recorder; then returns what is inside.
///
/// `peer` is that of a connection to the port itself, which may ask for a tunnel.
async fn serve(
    port: &Arc<Port<Arc<Proxy>>>,
    stream: Stream,
    peer: Option<IpAddr>,
) -> Option<Stream> {
    let progress = Progress::new();
    let socket = TokioIo::new(ObservedStream::new(stream, progress.clone()));
    let answer = |request| answer(port.service.clone(), request, peer, progress.clone());
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        // A client that has said all it has to say still waits for its answer.
        .half_close(true)
        .serve_connection(socket, service_fn(|request| Box::pin(answer(request))));
    let mut stopping = pin!(port.stopped());
    let mut stopped = false;
    let result = poll_fn(|cx| {
        if !stopped && stopping.as_mut().poll(cx).is_ready() {
            stopped = true;
            Pin::new(&mut connection).graceful_shutdown();
        }
        connection.poll_without_shutdown(cx)
    });
    let end = End::of(result.await);
    let parts = connection.into_parts();
    let mut stream = parts.io.into_inner().stream;
    if let Some(tunnel) = progress.take_tunnel() {
        let entering = port.service.front.enter(tunnel, stream, &parts.read_buf);
        return Box::pin(port.unless_stopped(entering)).await?;
    }
    if let End::Unparsable(malformed) = end {
        refuse(stream, &port.service.refuse_malformed(malformed)).await;
    } else {
        // A client that goes away ends its connection, and nothing else.
        let _ = stream.shutdown().await;
    }
    None
}

async fn answer(
    proxy: Arc<Proxy>,
    request: Request<Incoming>,
    peer: Option<IpAddr>,
    progress: Arc<Progress>,
) -> hyper::Result<Response<TrackedBody>> {
    progress.enter(Phase::Exchange);
    let judge = |peer| proxy.front.judge(request.method(), request.uri(), peer);
    let response = match peer.and_then(judge) {
        Some(verdict) => proxy.lead(verdict, &progress).await,
        None => proxy.answer(request).await?,
    };
    Ok(response.map(|body| streamed(body, progress)))
}

/// The body of a reply, which tells the connection when nothing more of the reply comes.
type TrackedBody = Passing<Returned, Arc<Progress>>;

impl Observer for Arc<Progress> {
    fn end(&mut self) {
        self.begin_reply(&Conduct::default());
    }
}
