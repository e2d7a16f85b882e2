//! The yardstick: what a hand-written mock on bare hyper does, and no more.
//!
//! It reads the body as a `serde_json::Value`, looks whether what the guide requires is there, builds the documented
//! answer and serialises it. It keeps nothing, checks no credentials, and knows one element. Its constant variant reads
//! the body and answers the same bytes always: what hyper itself costs.

use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Handle};

/// The work that the yardstick does for a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Work {
    /// Reads, checks, builds, serialises.
    Same,
    /// Answers a constant.
    Constant,
}

/// A runtime on a thread of its own, as the servers under test have it.
pub(crate) fn runtime() -> Handle {
    let runtime = Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .expect("a runtime can be made");
    let handle = runtime.handle().clone();
    thread::spawn(move || runtime.block_on(std::future::pending::<()>()));
    handle
}

/// Opens a port and serves on it for as long as the runtime lives.
pub(crate) fn start(runtime: &Handle, work: Work) -> SocketAddr {
    let socket = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    socket
        .set_nonblocking(true)
        .expect("a socket takes options");
    let address = socket.local_addr().expect("a bound socket has an address");
    let _entered = runtime.enter();
    let socket = tokio::net::TcpListener::from_std(socket).expect("the runtime takes sockets");
    runtime.spawn(async move {
        while let Ok((stream, _)) = socket.accept().await {
            let _ = stream.set_nodelay(true);
            let service = service_fn(move |request| answer(request, work));
            let http = hyper::server::conn::http1::Builder::new();
            tokio::spawn(http.serve_connection(TokioIo::new(stream), service));
        }
    });
    address
}

async fn answer(
    request: Request<Incoming>,
    work: Work,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    if let Work::Constant = work {
        return Ok(response(StatusCode::OK, Bytes::from_static(&[b' '; 919])));
    }
    let (status, answer) = match head.method {
        Method::POST if head.uri.path().ends_with("/messages") => message(&body),
        Method::POST => create(&body),
        _ => get(head.uri.path()),
    };
    let text = serde_json::to_vec(&answer).expect("a value always serialises");
    Ok(response(status, text.into()))
}

fn response(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

fn create(body: &[u8]) -> (StatusCode, Value) {
    static NEXT: AtomicU64 = AtomicU64::new(1234);
    let Ok(sent) = serde_json::from_slice::<Value>(body) else {
        return refusal("The request body is not valid JSON".to_owned());
    };
    if sent["element"]["key"] != "mailjet" {
        return refusal("element.key is required".to_owned());
    }
    let keys = ["mailjet.api.key", "mailjet.api.secret"];
    let missing: Vec<_> = keys
        .into_iter()
        .filter(|key| !sent["configuration"][key].is_string())
        .collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        return refusal(format!(
            "configuration is missing required entries: {missing}"
        ));
    }
    let Some(name) = sent["name"].as_str() else {
        return refusal("name is required".to_owned());
    };
    (
        StatusCode::OK,
        instance(NEXT.fetch_add(1, Ordering::Relaxed), name),
    )
}

/// A row: what was sent, an id, and what the service sets.
fn message(body: &[u8]) -> (StatusCode, Value) {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let Ok(Value::Object(mut row)) = serde_json::from_slice::<Value>(body) else {
        return refusal("The body must be an object".to_owned());
    };
    row.insert("id".to_owned(), NEXT.fetch_add(1, Ordering::Relaxed).into());
    let texts = [
        ("mimeType", "text/html"),
        ("providerName", "MAILJET"),
        ("priority", "High"),
        ("status", "sent"),
        ("direction", "OUTBOUND"),
        ("sentTime", "2018-09-17T12:00:00Z"),
    ];
    row.extend(texts.map(|(name, text)| (name.to_owned(), text.into())));
    let flags = [
        ("sent", true),
        ("received", false),
        ("clickTrack", false),
        ("openTrack", false),
    ];
    row.extend(flags.map(|(name, flag)| (name.to_owned(), flag.into())));
    (StatusCode::OK, row.into())
}

fn get(path: &str) -> (StatusCode, Value) {
    match path.rsplit('/').next().and_then(|id| id.parse().ok()) {
        Some(id) => (StatusCode::OK, instance(id, "Test")),
        None => refusal("the id is no integer".to_owned()),
    }
}

fn refusal(message: String) -> (StatusCode, Value) {
    static REQUESTS: AtomicU64 = AtomicU64::new(0);
    let request_id = format!("{:024x}", REQUESTS.fetch_add(1, Ordering::Relaxed));
    let body = json!({ "requestId": request_id, "message": message });
    (StatusCode::BAD_REQUEST, body)
}

/// The guide's response.
fn instance(id: u64, name: &str) -> Value {
    json!({
        "id": id,
        "name": name,
        "token": format!("{id:031}="),
        "element": {
            "id": 84,
            "name": "MailJet Beta",
            "key": "mailjet",
            "description": "Add a MailJet Instance to connect your existing MailJet account to the Messaging Hub, \
                allowing you to send, receive and manage email and SMS messages etc. across multiple Messaging \
                Elements. You will need your MailJet account information, or use our trial account to add an instance.",
            "image": "elements/provider_mailjet.png",
            "active": true,
            "deleted": false,
            "typeOauth": false,
            "trialAccount": false,
            "existingAccountDescription": "Give Cloud Elements access to your existing\n MailJet accountEntern  \
                details for using Cloud Elements MailJet Account",
            "configDescription": "If you do not have a MailJet account, you can create one at MailJet",
            "signupURL": "https://www.mailjet.com/signup/?p=CElements",
            "transformationsEnabled": false,
            "authentication": {},
            "hub": "messaging",
            "parameters": []
        },
        "provisionInteractions": [],
        "valid": true,
        "disabled": false,
        "maxCacheSize": 0,
        "cacheTimeToLive": 0,
        "eventsEnabled": false,
        "cachingEnabled": false
    })
}
