//! Three ways from a request to a reply, told apart by nothing but what lies between: nothing, a socket, a process.

use std::sync::Arc;

use mock_ce::catalog::{BuiltIn, Catalog};
use mock_ce::settings::FLAGS;
use mock_ce::wire::message::{Body, Connection};
use mock_ce::{Emulator, MockCe, Settings};

use super::{Client, Reply, Request, described};

/// Settings, as the binary's flags spell them.
pub(crate) type Flags<'a> = &'a [(&'a str, &'a str)];

pub(crate) trait Harness: Sized {
    fn start(flags: Flags<'_>) -> Self;

    fn ask(&mut self, request: Request) -> Reply;
}

/// The synchronous core, without a socket.
pub(crate) struct Core {
    emulator: Arc<Emulator>,
    body_limit: usize,
}

/// A server in this process.
pub(crate) struct Server {
    pub(crate) ce: MockCe,
    client: Option<Client>,
}

pub(crate) fn settings(flags: Flags<'_>) -> Settings {
    flags
        .iter()
        .fold(MockCe::builder(), |settings, (name, value)| {
            let flag = FLAGS.iter().find(|flag| flag.name == *name);
            (flag.expect("a known flag").apply)(settings, value).unwrap()
        })
}

impl Core {
    pub(crate) fn emulator(&self) -> &Emulator {
        &self.emulator
    }
}

impl Server {
    pub(crate) fn of(ce: MockCe) -> Self {
        Server { ce, client: None }
    }
}

impl Harness for Core {
    fn start(flags: Flags<'_>) -> Self {
        let values = |wanted| flags.iter().filter(move |(name, _)| *name == wanted);
        let mut catalog = Catalog::clone(Catalog::documented());
        for (_, path) in values("catalog") {
            catalog = catalog.with_files(&[path.into()], BuiltIn::Keep).unwrap();
        }
        let body_limit = values("body-limit")
            .next()
            .map_or("8388608", |(_, limit)| limit);
        Core {
            emulator: Arc::new(Emulator::new(&settings(flags), Arc::new(catalog))),
            body_limit: body_limit.parse().unwrap(),
        }
    }

    fn ask(&mut self, request: Request) -> Reply {
        let method = request.method.parse().unwrap();
        let mut asked = mock_ce::Request::new(method, &request.target, request.body.clone());
        // Collecting a body up to the limit is the rim's work, and so is leaving out the body of a `HEAD`.
        if matches!(&asked.body, Body::Whole(body) if body.len() > self.body_limit) {
            asked.body = Body::TooLarge(self.body_limit);
        }
        for (name, value) in &request.headers {
            asked = asked.header(name, value);
        }
        let reply = self.emulator.answer(&asked).reply;
        let text = |value: &http::HeaderValue| value.to_str().unwrap().to_owned();
        let mut headers: Vec<_> = reply
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect();
        if reply.connection == Connection::Close {
            headers.push(("connection".to_owned(), "close".to_owned()));
        }
        let body = if request.method == "HEAD" {
            Vec::new()
        } else {
            reply.body.to_vec()
        };
        let reply = Reply {
            status: reply.status.as_u16(),
            headers,
            body,
        };
        described::check(&request, &reply);
        reply
    }
}

impl Harness for Server {
    fn start(flags: Flags<'_>) -> Self {
        Server::of(settings(flags).start())
    }

    fn ask(&mut self, request: Request) -> Reply {
        let address = self.ce.address();
        ask_kept(&mut self.client, address, &request)
    }
}

/// Asks over a connection that is kept until a reply closes it.
pub(crate) fn ask_kept(
    kept: &mut Option<Client>,
    address: std::net::SocketAddr,
    request: &Request,
) -> Reply {
    let mut client = kept.take().unwrap_or_else(|| Client::connect(address));
    let reply = client.ask(request);
    if reply.closes() {
        client.assert_closed();
    } else {
        *kept = Some(client);
    }
    reply
}
