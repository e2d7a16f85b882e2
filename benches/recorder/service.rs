//! The service behind the proxies, and the bare proxy itself.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderName, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::net::TcpListener;

#[derive(Clone, Copy)]
pub(crate) enum Service {
    Instances,
    /// As many bytes back as came.
    Large,
    Proxy(SocketAddr),
}

/// A server on a thread of its own.
pub(crate) fn serve(service: Service) -> SocketAddr {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .expect("a runtime");
    let listener = runtime
        .block_on(TcpListener::bind("127.0.0.1:0"))
        .expect("a port");
    let address = listener.local_addr().expect("a port has an address");
    thread::spawn(move || runtime.block_on(accept(listener, service)));
    address
}

async fn accept(listener: TcpListener, service: Service) {
    let local = tokio::task::LocalSet::new();
    let accepting = local.run_until(async {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            tokio::task::spawn_local(converse(stream, service));
        }
    });
    accepting.await;
}

async fn converse(stream: tokio::net::TcpStream, service: Service) {
    let io = TokioIo::new(stream);
    let http = http1::Builder::new();
    let _ = match service {
        Service::Instances => http.serve_connection(io, service_fn(instance)).await,
        Service::Large => http.serve_connection(io, service_fn(echo)).await,
        Service::Proxy(upstream) => {
            let proxy = Arc::new(Bare {
                upstream,
                idle: Mutex::new(None),
            });
            let answer = service_fn(move |request| forward(proxy.clone(), request));
            pin!(http.serve_connection(io, answer)).await
        }
    };
}

pub(crate) fn instance_body(id: u64) -> String {
    let token = STANDARD.encode(format!("token-of-instance-{id:06}a"));
    format!(
        r#"{{"id":{id},"name":"An instance","token":"{token}","element":{{"id":6,"name":"SendGrid","key":"sendgrid","description":"{}","active":true,"deleted":false,"typeOauth":false,"trialAccount":false,"transformationsEnabled":false,"authentication":{{}},"hub":"messaging","parameters":[]}},"provisionInteractions":[],"valid":true,"disabled":false,"maxCacheSize":0,"cacheTimeToLive":0,"eventsEnabled":false,"cachingEnabled":false}}"#,
        "Add a SendGrid Instance to connect your existing SendGrid account to the Messaging Hub. "
            .repeat(5)
    )
}

async fn instance(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    static COUNT: AtomicU64 = AtomicU64::new(1234);
    request.into_body().collect().await?;
    let id = COUNT.fetch_add(1, Ordering::Relaxed);
    let body = instance_body(id);
    let mut response = Response::new(Full::new(body.into()));
    response.headers_mut().insert(
        "content-type",
        http::HeaderValue::from_static("application/json"),
    );
    Ok(response)
}

async fn echo(request: Request<Incoming>) -> Result<Response<Incoming>, Infallible> {
    let length = request.headers().get("content-length").cloned();
    let mut response = Response::new(request.into_body());
    if let Some(length) = length {
        response.headers_mut().insert("content-length", length);
    }
    Ok(response)
}

/// The least that a reverse proxy does: headers of the connection away, bodies streamed, the connection kept.
struct Bare {
    upstream: SocketAddr,
    idle: Mutex<Option<SendRequest<Incoming>>>,
}

async fn forward(
    proxy: Arc<Bare>,
    mut request: Request<Incoming>,
) -> Result<Response<Incoming>, hyper::Error> {
    for name in ["connection", "te", "transfer-encoding", "upgrade"] {
        request.headers_mut().remove(HeaderName::from_static(name));
    }
    let kept = proxy.idle.lock().take();
    let mut sender = match kept {
        Some(sender) => sender,
        None => connect(proxy.upstream).await?,
    };
    sender.ready().await?;
    let response = sender.send_request(request).await;
    *proxy.idle.lock() = Some(sender);
    response
}

async fn connect(upstream: SocketAddr) -> Result<SendRequest<Incoming>, hyper::Error> {
    let stream = tokio::net::TcpStream::connect(upstream)
        .await
        .expect("the upstream is there");
    let _ = stream.set_nodelay(true);
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::task::spawn_local(async { drop(connection.await) });
    Ok(sender)
}
