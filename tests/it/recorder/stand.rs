//! What stands around a recorder in these tests: a directory, a client, and services to record.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::Deref;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use http::Method;
use mock_ce::cassette::{Cassette, Reply};
use mock_ce::recorder::Client;
use mock_ce::{Json, Request};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;

use crate::support::first_line;

/// A directory of its own, gone at the end.
pub(super) struct Room(PathBuf);

impl Room {
    pub(super) fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("mock-ce-recorder-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Room(path)
    }

    pub(super) fn cassette(&self) -> PathBuf {
        self.0.join("cassette.json")
    }
}

impl Deref for Room {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The binary, with these words.
pub(super) fn mock_ce(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mock-ce"))
        .args(words)
        .output()
        .unwrap()
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The recorder as a process of its own, which has a keeper beside it.
pub(super) struct RecorderProcess {
    /// `None` when it has ended.
    child: Option<Child>,
    pub(super) address: SocketAddr,
}

impl RecorderProcess {
    pub(super) fn start(upstream: &str, room: &Room, words: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mock-ce"));
        command.args(["record", "--upstream", upstream, "--cassette"]);
        RecorderProcess::spawn(command.arg(room.cassette()).args(words))
    }

    pub(super) fn spawn(command: &mut Command) -> Self {
        let mut child = command
            .process_group(0)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let line = first_line(&mut child);
        let authority = line.split('/').nth(2).unwrap();
        let address = authority.parse().unwrap();
        let child = Some(child);
        RecorderProcess { child, address }
    }

    pub(super) fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Ends it as an operator does.
    pub(super) fn end(mut self) -> Output {
        signal(self.id(), "-TERM");
        self.child.take().unwrap().wait_with_output().unwrap()
    }

    /// How it ends by this signal.
    pub(super) fn wait_after(&mut self, asked: &str) -> ExitStatus {
        signal(self.id(), asked);
        self.child.take().unwrap().wait().unwrap()
    }

    /// Ends it at once; what it has told its keeper is still being written.
    pub(super) fn kill(mut self) -> Writing {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        Writing(child.stderr.take().unwrap())
    }

    /// Ends it at once, with every process that a shell would count as its job.
    pub(super) fn kill_group(mut self) -> Writing {
        let mut child = self.child.take().unwrap();
        let group = format!("-{}", child.id());
        let killed = Command::new("kill").args(["-KILL", "--", &group]).status();
        assert!(killed.unwrap().success());
        child.wait().unwrap();
        Writing(child.stderr.take().unwrap())
    }

    /// The process id of its keeper.
    #[cfg(target_os = "linux")]
    pub(super) fn keeper(&self) -> u32 {
        let id = self.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        children.trim().parse().unwrap()
    }
}

impl Drop for RecorderProcess {
    /// A test that failed leaves nothing behind; the keeper ends by itself.
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The keeper of a recorder that was killed.
pub(super) struct Writing(ChildStderr);

impl Writing {
    /// Waits until it has ended, and returns what was said.
    pub(super) fn end(mut self) -> String {
        let mut said = String::new();
        self.0.read_to_string(&mut said).unwrap();
        said
    }
}

pub(super) fn signal(process: u32, signal: &str) {
    let status = Command::new("kill")
        .args([signal, &process.to_string()])
        .status();
    assert!(status.unwrap().success());
}

/// A service with a certificate of an authority of its own, in front of one without.
pub(super) struct Tls {
    pub(super) ca: PathBuf,
    address: SocketAddr,
    backend: Arc<Mutex<SocketAddr>>,
    _open: tokio::sync::oneshot::Sender<()>,
}

impl Tls {
    pub(super) fn before(backend: SocketAddr, room: &Room) -> Self {
        let (acceptor, ca_pem) = acceptor();
        let ca = room.join("ca.pem");
        fs::write(&ca, ca_pem).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .unwrap();
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let address = listener.local_addr().unwrap();
        let backend = Arc::new(Mutex::new(backend));
        let (open, closed) = tokio::sync::oneshot::channel::<()>();
        let behind = backend.clone();
        thread::spawn(move || {
            runtime.spawn(terminate(listener, acceptor, behind));
            let _ = runtime.block_on(closed);
        });
        Tls {
            ca,
            address,
            backend,
            _open: open,
        }
    }

    pub(super) fn lead_to(&self, backend: SocketAddr) {
        *self.backend.lock().unwrap() = backend;
    }

    pub(super) fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }
}

async fn terminate(
    listener: tokio::net::TcpListener,
    acceptor: TlsAcceptor,
    backend: Arc<Mutex<SocketAddr>>,
) {
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, backend) = (acceptor.clone(), *backend.lock().unwrap());
        tokio::spawn(async move {
            let mut outer = acceptor.accept(stream).await?;
            let mut inner = tokio::net::TcpStream::connect(backend).await?;
            tokio::io::copy_bidirectional(&mut outer, &mut inner).await
        });
    }
}

fn acceptor() -> (TlsAcceptor, String) {
    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_pem = ca.self_signed(&ca_key).unwrap().pem();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let leaf = leaf
        .signed_by(&key, &Issuer::from_params(&ca, &ca_key))
        .unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();
    (Arc::new(config).into(), ca_pem)
}

/// A service that answers with these bytes, one after the other, and shows what it was asked.
pub(super) struct Canned {
    address: SocketAddr,
    asked: Receiver<String>,
}

impl Canned {
    pub(super) fn answering(answers: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (told, asked) = channel();
        let answers: Vec<_> = answers.into_iter().collect();
        thread::spawn(move || {
            for answer in answers {
                answer_once(&listener, &answer, &told);
            }
        });
        Canned { address, asked }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The next request that came, head and body.
    pub(super) fn asked(&self) -> String {
        self.asked.recv().unwrap()
    }
}

fn answer_once(listener: &TcpListener, answer: &[u8], told: &Sender<String>) {
    let (mut stream, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap() == 0 {
            return;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head += &line;
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let _ = told.send(head + &text(&body));
    let _ = stream.write_all(answer);
}

/// An answer that ends its connection.
pub(super) fn answer(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// What came back on a socket, to its end.
pub(super) fn raw(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    text(&reply)
}

/// A client with secrets, which keeps what it was told.
pub(super) struct Caller {
    client: Client,
    user: String,
    organization: String,
    pub(super) transcript: Vec<Reply>,
}

impl Caller {
    pub(super) fn of(address: SocketAddr, user: &str, organization: &str) -> Self {
        Caller {
            client: Client::to(&format!("http://{address}"), &[]).unwrap(),
            user: user.to_owned(),
            organization: organization.to_owned(),
            transcript: Vec::new(),
        }
    }

    pub(super) fn call(&mut self, method: Method, path: &str, body: &str) -> Reply {
        let credentials = format!("User {}, Organization {}", self.user, self.organization);
        self.call_as(&credentials, method, path, body)
    }

    pub(super) fn call_as(
        &mut self,
        credentials: &str,
        method: Method,
        path: &str,
        body: &str,
    ) -> Reply {
        let target = format!("/elements/api-v2{path}");
        let mut request = Request::new(method, &target, body.to_owned());
        request = request.header("authorization", credentials);
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        let reply = self.client.send(&request).unwrap();
        self.transcript.push(reply.clone());
        reply
    }

    /// Everything that can be done with an instance; returns its token.
    pub(super) fn live(&mut self, name: &str) -> String {
        let created = self.call(Method::POST, "/instances", &mailjet(name));
        let token = member(&created, "token").as_str().unwrap().to_owned();
        let id = member(&created, "id").as_u64().unwrap();
        let instance = format!("/instances/{id}");
        self.call(Method::GET, &instance, "");
        self.call(Method::GET, "/instances?pageSize=5&searchText=mail", "");
        let by_token = format!("User {}, Element {token}", self.user);
        self.call_as(
            &by_token,
            Method::PUT,
            "/instances",
            r#"{"name": "Renamed"}"#,
        );
        self.call(Method::GET, &instance, "");
        self.call(Method::DELETE, &instance, "");
        self.call(Method::GET, &instance, "");
        self.call_as(&by_token, Method::DELETE, "/instances", "");
        self.call(Method::GET, "/elements/keys", "");
        token
    }
}

pub(super) fn mailjet(name: &str) -> String {
    format!(
        r#"{{"element":{{"key":"mailjet"}},"configuration":{{"mailjet.api.key":"key-of-a-client","mailjet.api.secret":"secret-of-a-client"}},"tags":["one"],"name":"{name}"}}"#
    )
}

pub(super) fn member(reply: &Reply, name: &str) -> Json<'static> {
    let body = Json::parse(&reply.body).unwrap_or_else(|_| panic!("{}", text(&reply.body)));
    body.get(name).unwrap().clone().into_owned()
}

/// What counts of a transcript: status, headers that say something, body.
pub(super) fn shown(transcript: &[Reply]) -> String {
    let each = transcript.iter().map(|reply| {
        let counting = [
            "content-type",
            "allow",
            "elements-request-id",
            "elements-total-count",
        ];
        let headers = counting.map(|name| {
            reply
                .headers
                .get(name)
                .map_or("", |value| value.to_str().unwrap())
        });
        format!("{} {headers:?}\n{}\n", reply.status, text(&reply.body))
    });
    each.collect()
}

pub(super) fn load(path: &Path) -> Cassette {
    Cassette::load(path).unwrap()
}
