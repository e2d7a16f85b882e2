//! One connection of a client: hyper reads requests, the proxy answers them.

use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};

use super::proxy::Proxy;
use crate::server::listener::{Port, Serve};
use crate::server::socket::Stream;

/// Maximum time for the head of a request.
const HEAD_TIME: Duration = Duration::from_secs(30);

impl Serve for Arc<Proxy> {
    fn most_connections(&self) -> usize {
        self.max_connections
    }

    async fn serve(port: Arc<Port<Self>>, stream: Stream, _: IpAddr) {
        let answer = service_fn(|request| port.service.clone().answer(request));
        let mut connection = pin!(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIME)
                // A client that has said all it has to say still waits for its answer.
                .half_close(true)
                .serve_connection(TokioIo::new(stream), answer)
        );
        let mut stopping = pin!(port.stopped());
        let mut stopped = false;
        // A client that goes away ends its connection, and nothing else.
        let _ = poll_fn(|cx| {
            if !stopped && stopping.as_mut().poll(cx).is_ready() {
                stopped = true;
                connection.as_mut().graceful_shutdown();
            }
            connection.as_mut().poll(cx)
        })
        .await;
    }
}
