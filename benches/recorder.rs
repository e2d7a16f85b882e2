//! What recording adds to a bare hyper reverse proxy: latency, side by side in one run, and memory by body size.
//!
//! `cargo bench --bench recorder [-- INTERACTIONS]`. One client on one connection sends `POST /instances` through each
//! in turns: a bare proxy in a process of its own, `mock-ce record`, and a `Recorder` in the process of its client. The
//! service behind them is the same, on a thread of its own, and answers with the documented body and a token that is new
//! each time. It is measured twice: as it runs, and with all processes on one core, where only work counts and not which
//! core was asleep.
#![allow(clippy::print_stdout, reason = "a bench prints its table")]

use std::convert::Infallible;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::pin::pin;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use mock_ce::cassette::{Cassette, Exchange, Journal, Redaction, Redactor, Start};
use mock_ce::catalog::Catalog;
use mock_ce::recorder::{Mode, Recorder};
use parking_lot::Mutex;
use rustix::thread::{CpuSet, sched_setaffinity};
use tokio::net::TcpListener;

const ROUND: usize = 50;
/// What makes this program the bare proxy.
const BARE: &str = "bare";
/// What makes it measure on one core.
const ONE_CORE: &str = "one-core";
const BODY: &str = r#"{"element":{"key":"sendgrid"},"configuration":{"sendgrid.api.key":"SG.4qUaeI0wFjYcUdsbWXGq","sendgrid.username":"a.user.of.sendgrid","password":"a-password-of-sendgrid","event.notification.enabled":"true","event.vendor.type":"webhook","event.notification.callback.url":"https://example.com/callback"},"tags":["bench"],"name":"An instance of SendGrid that is recorded in a bench"}"#;

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let path = std::env::temp_dir().join(format!("mock-ce-bench-{}.json", std::process::id()));
    match &words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [_, BARE, upstream] => be_bare(upstream.parse().expect("an address")),
        [_, ONE_CORE, count] => {
            take_one_core();
            latency(&path, count.parse().expect("a number"));
        }
        words => {
            let count = words.iter().find_map(|word| word.parse().ok());
            let count = count.unwrap_or(10_000);
            println!("{count} interactions each, µs for a request and its answer");
            println!("\nEach process wherever the system puts it:");
            latency(&path, count);
            println!("\nAll processes on one core, the keeper too:");
            let mut itself = itself();
            let itself = itself.args([ONE_CORE, &count.to_string()]);
            assert!(itself.status().expect("it is there").success());
            println!();
            parts(&path);
            memory(&path);
        }
    }
    let _ = std::fs::remove_file(&path);
}

fn itself() -> Command {
    Command::new(std::env::current_exe().expect("this program has a path"))
}

/// Without the lottery of which core a process is on, and for how long that one has slept.
fn take_one_core() {
    let mut cores = CpuSet::new();
    cores.set(0);
    sched_setaffinity(None, &cores).expect("there is a first core");
}

/// The bare proxy is a process like the recorder, so that the same is measured.
fn be_bare(upstream: SocketAddr) {
    println!("http://{}/", serve(Service::Proxy(upstream)));
    let _ = std::io::stdin().read(&mut [0]);
}

/// A process that says on its first line where it listens, and ends with its standard input or by a signal.
struct Program {
    child: Child,
    address: SocketAddr,
}

impl Program {
    fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program is there");
        let mut line = String::new();
        let told = child.stdout.take().expect("it is piped");
        BufReader::new(told).read_line(&mut line).expect("a line");
        let authority = line.split('/').nth(2).expect("an address");
        let address = authority.parse().expect("an address");
        Program { child, address }
    }

    fn end(mut self) {
        drop(self.child.stdin.take());
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-INT", &pid]).status();
        self.child.wait().expect("it ends");
    }
}

/// Interleaved rounds, so that whatever else the machine does hits all.
fn latency(path: &Path, count: usize) {
    let upstream = serve(Service::Instances);
    let url = format!("http://{upstream}");
    let bare = Program::start(itself().args([BARE, &upstream.to_string()]));
    let recording = ["record", "--mode", "all", "--upstream", &url, "--cassette"];
    let binary = env!("CARGO_BIN_EXE_mock-ce");
    let binary = Program::start(Command::new(binary).args(recording).arg(path));
    let library = Recorder::to(url, path.with_extension("library.json"))
        .mode(Mode::All)
        .start();
    let mut measured = [
        ("bare hyper proxy", bare.address),
        ("`mock-ce record`", binary.address),
        (
            "`Recorder`, redacting in its own process",
            library.address(),
        ),
    ]
    .map(|(name, address)| (name, Caller::to(address), Vec::new(), Vec::new()));
    for round in 0..=count / ROUND {
        let mut before = 0.0;
        for (_, caller, times, ratios) in &mut measured {
            let mut taken = caller.round();
            let median = median(&mut taken).as_secs_f64();
            before = if before == 0.0 { median } else { before };
            // The first one is for warming up.
            if round > 0 {
                ratios.push(median / before);
                times.append(&mut taken);
            }
        }
    }
    println!("| through | median | mean | 99 of 100 | ratio of a round's medians (half of them) |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    for (name, _, times, ratios) in &mut measured {
        let mean = times.iter().sum::<Duration>() / u32::try_from(times.len()).unwrap_or(1);
        let median = median(times);
        let most = times[times.len() * 99 / 100];
        ratios.sort_by(f64::total_cmp);
        let [low, middle, high] = [1, 2, 3].map(|part| ratios[ratios.len() * part / 4]);
        let [median, mean, most] = [median, mean, most].map(|time| time.as_secs_f64() * 1e6);
        println!(
            "| {name} | {median:.1} | {mean:.1} | {most:.1} | {middle:.3} ({low:.3}–{high:.3}) |"
        );
    }
    bare.end();
    binary.end();
    let summary = library.finish().expect("the cassette is written");
    let written = Cassette::load(path).expect("the cassette is written");
    assert_eq!(written.interactions().len(), summary.total);
    let _ = std::fs::remove_file(path.with_extension("library.json"));
}

/// Where the time of a recording goes.
fn parts(path: &Path) {
    let mut redactor = Redactor::new(Redaction::new(Catalog::documented()));
    let cassette = Cassette::new("https://api.example", "2017-03-14");
    let mut journal = Journal::open(path, cassette, Start::Afresh).expect("a journal");
    let (mut redacting, mut writing) = (Vec::new(), Vec::new());
    for number in 0..2000 {
        let mut request_headers = HeaderMap::new();
        let authorization =
            "User user-secret-of-the-bench, Organization organization-secret-of-the-bench";
        request_headers.insert("authorization", HeaderValue::from_static(authorization));
        let exchange = Exchange {
            method: Method::POST,
            target: "/elements/api-v2/instances".to_owned(),
            request_headers,
            request_body: BODY.into(),
            status: StatusCode::OK,
            response_headers: HeaderMap::new(),
            response_body: instance_body(number).into(),
        };
        let start = Instant::now();
        let interaction = redactor.redact(&exchange);
        redacting.push(start.elapsed());
        let start = Instant::now();
        journal
            .push(interaction, &redactor)
            .expect("the disk takes it");
        writing.push(start.elapsed());
    }
    journal.fold(&redactor).expect("the disk takes it");
    println!("redacting         {:>9.1?}", median(&mut redacting));
    println!("journal           {:>9.1?}", median(&mut writing));
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// The resident memory after bodies of growing size have passed.
fn memory(path: &Path) {
    let upstream = serve(Service::Large);
    let recorder = Recorder::to(format!("http://{upstream}"), path)
        .mode(Mode::All)
        .start();
    for megabytes in [1, 16, 64, 256] {
        let mut caller = Caller::to(recorder.address());
        caller.call(megabytes << 20, &[]);
        println!(
            "{megabytes:>4} MiB there and back: resident {} MiB",
            resident() >> 10
        );
    }
}

/// In KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS"));
    let digits = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    digits.unwrap_or_default()
}

/// A client on one connection.
struct Caller(TcpStream);

impl Caller {
    fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the port is open");
        stream.set_nodelay(true).expect("a TCP stream takes it");
        Caller(stream)
    }

    fn round(&mut self) -> Vec<Duration> {
        let timed = |_| {
            let start = Instant::now();
            self.call(BODY.len(), BODY.as_bytes());
            start.elapsed()
        };
        (0..ROUND).map(timed).collect()
    }

    /// Sends `body`, or that many zeros, and reads the answer to its end.
    fn call(&mut self, length: usize, body: &[u8]) {
        let head = format!(
            "POST /elements/api-v2/instances HTTP/1.1\r\nhost: x\r\nauthorization: User user-secret-of-the-bench, \
             Organization organization-secret-of-the-bench\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        let mut sender = self.0.try_clone().expect("a stream can be shared");
        let body = body.to_vec();
        if length == body.len() {
            sender
                .write_all(&[head.as_bytes(), &body].concat())
                .expect("the port takes it");
            self.read_answer();
            return;
        }
        let sending = thread::spawn(move || {
            sender
                .write_all(head.as_bytes())
                .expect("the port takes it");
            let piece = vec![0; 1 << 20];
            for _ in 0..length >> 20 {
                sender.write_all(&piece).expect("the port takes it");
            }
        });
        self.read_answer();
        sending.join().expect("the sender does not panic");
    }

    fn read_answer(&mut self) {
        let (mut buffer, mut filled) = (vec![0; 1 << 16], 0);
        let (end, length) = loop {
            filled += self.0.read(&mut buffer[filled..]).expect("an answer");
            let head = String::from_utf8_lossy(&buffer[..filled]);
            if let Some(end) = head.find("\r\n\r\n") {
                let head = head[..end].to_lowercase();
                let (_, rest) = head.split_once("content-length: ").expect("a length");
                let length = rest.lines().next().and_then(|length| length.parse().ok());
                break (end + 4, length.unwrap_or(0));
            }
        };
        let mut missing: usize = end + length - filled;
        while missing > 0 {
            missing -= self.0.read(&mut buffer).expect("the rest of the answer");
        }
    }
}

#[derive(Clone, Copy)]
enum Service {
    Instances,
    /// As many bytes back as came.
    Large,
    Proxy(SocketAddr),
}

/// A server on a thread of its own.
fn serve(service: Service) -> SocketAddr {
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

fn instance_body(id: u64) -> String {
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
