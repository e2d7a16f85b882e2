//! Mixed traffic from many connections, with scripted faults on, and the account of it.
//!
//! Every request knows what it must come to. A fault must have been ordered: what was seen of each kind is compared
//! with what the server says it fired, and every difference is an error that nobody asked for.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;

use mock_ce::Json;

use super::connection::{Connection, Seen};

/// The faults, and what a client sees of each.
const FAULTS: [(&str, Sight); 10] = [
    (
        r#"{"effect":{"status":503},"when":{"probability":0.004}}"#,
        Sight::Ordered,
    ),
    (
        r#"{"effect":"loseReply","match":{"method":"POST"},"when":{"probability":0.004}}"#,
        Sight::Nothing,
    ),
    (
        r#"{"effect":{"cutBody":10},"match":{"method":"POST"},"when":{"probability":0.004}}"#,
        Sight::Part,
    ),
    (
        r#"{"effect":"reset","match":{"method":"GET"},"when":{"probability":0.004}}"#,
        Sight::Nothing,
    ),
    (
        r#"{"effect":"closeInBody","match":{"method":"GET"},"when":{"probability":0.004}}"#,
        Sight::Part,
    ),
    (
        r#"{"effect":"malformedJson","match":{"method":"GET"},"when":{"probability":0.004}}"#,
        Sight::Garbled,
    ),
    (
        r#"{"effect":"close","match":{"method":"PATCH"},"when":{"probability":0.004}}"#,
        Sight::Nothing,
    ),
    (
        r#"{"effect":{"dribble":{"bytes":100,"pause":"1ms"}},"match":{"method":"PATCH"},"when":{"probability":0.01}}"#,
        Sight::Unseen,
    ),
    (
        r#"{"effect":{"delay":{"min":"1ms","max":"5ms"}},"match":{"method":"PUT"},"when":{"probability":0.02}}"#,
        Sight::Unseen,
    ),
    (
        r#"{"effect":"loseReply","match":{"method":"DELETE"},"when":{"probability":0.002}}"#,
        Sight::Nothing,
    ),
];

/// The sight that a client gets of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sight {
    /// A status that the script ordered.
    Ordered,
    /// A connection that ends before any byte.
    Nothing,
    /// A connection that ends within the reply.
    Part,
    /// A whole reply that is not JSON.
    Garbled,
    /// The expected reply, only later.
    Unseen,
}

const SIGHTS: [Sight; 4] = [Sight::Ordered, Sight::Nothing, Sight::Part, Sight::Garbled];

/// The counts of replies and faults that the traffic met.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) requests: AtomicU64,
    seen: [AtomicU64; SIGHTS.len()],
    /// Replies that no rule and no script explains, and connections in trouble.
    unasked: AtomicU64,
    /// The first of them.
    pub(crate) examples: Mutex<Vec<String>>,
}

impl Tally {
    pub(crate) fn faults_seen(&self) -> u64 {
        self.seen.iter().map(|seen| seen.load(Relaxed)).sum()
    }

    /// The number of errors that nobody ordered: those seen as such, and faults that were only seen or only fired.
    pub(crate) fn unasked(&self, address: SocketAddr) -> u64 {
        let fired = fired(address);
        let differences = SIGHTS.iter().zip(&self.seen).map(|(sight, seen)| {
            let of_sight = FAULTS
                .iter()
                .zip(&fired)
                .filter(|(fault, _)| fault.1 == *sight);
            let fired: u64 = of_sight.map(|(_, fired)| fired).sum();
            fired.abs_diff(seen.load(Relaxed))
        });
        self.unasked.load(Relaxed) + differences.sum::<u64>()
    }

    /// Adds one request to the account.
    fn note(&self, seen: &Seen, expected: u16) {
        self.requests.fetch_add(1, Relaxed);
        match sight(seen, expected) {
            Some(Sight::Unseen) => {}
            Some(sight) => {
                let index = SIGHTS.iter().position(|known| *known == sight);
                self.seen[index.expect("all are counted but the unseen")].fetch_add(1, Relaxed);
            }
            None => {
                if self.unasked.fetch_add(1, Relaxed) < 10 {
                    let example = format!("expected {expected}, saw {seen:?}");
                    self.examples
                        .lock()
                        .expect("no holder panics")
                        .push(example);
                }
            }
        }
    }
}

/// Tells which fault a reply shows; `None` for a reply that must not be.
fn sight(seen: &Seen, expected: u16) -> Option<Sight> {
    match seen {
        Seen::Nothing => Some(Sight::Nothing),
        Seen::Part => Some(Sight::Part),
        Seen::Trouble(_) => None,
        Seen::Reply { because, .. } if because.starts_with("scripted") => Some(Sight::Ordered),
        Seen::Reply { status, .. } if *status != expected => None,
        Seen::Reply {
            body: None,
            because,
            ..
        } if !because.starts_with("instance-delete") => Some(Sight::Garbled),
        Seen::Reply { .. } => Some(Sight::Unseen),
    }
}

/// Turns the faults on.
pub(crate) fn script(address: SocketAddr) {
    let body = format!("[{}]", FAULTS.map(|(fault, _)| fault).join(","));
    let seen = Connection::new(address).ask(&request("POST", "/__admin/script", "", &body));
    assert!(
        matches!(
            seen,
            Seen::Reply {
                status: 200..=204,
                ..
            }
        ),
        "{seen:?}"
    );
}

/// Asks the server how often each fault has fired.
fn fired(address: SocketAddr) -> Vec<u64> {
    let seen = Connection::new(address).ask(&request("GET", "/__admin/script", "", ""));
    let Seen::Reply {
        body: Some(lines), ..
    } = seen
    else {
        panic!("the script was not told: {seen:?}")
    };
    let lines = lines.as_array().expect("an array of lines");
    let fired = lines
        .iter()
        .map(|line| line.get("fired").and_then(Json::as_u64));
    fired.map(|fired| fired.expect("a count")).collect()
}

/// Runs traffic from this many connections, each until `is_over` says so of the rounds it has run.
pub(crate) fn run(
    address: SocketAddr,
    connections: usize,
    is_over: impl Fn(u64) -> bool + Sync,
    tally: &Tally,
) {
    let is_over = &is_over;
    thread::scope(|scope| {
        for number in 0..connections {
            let client = Client {
                connection: Connection::new(address),
                authorization: format!("authorization: User u, Organization o{number}\r\n"),
                tally,
            };
            let small = thread::Builder::new().stack_size(256 * 1024);
            let worker = small.spawn_scoped(scope, move || client.work(is_over));
            worker.expect("a thread");
        }
    });
}

/// One connection and its organization.
struct Client<'a> {
    connection: Connection,
    authorization: String,
    tally: &'a Tally,
}

const GOOD: &str = r#"{"element":{"key":"mailjet"},"name":"Test","tags":["soak"],"configuration":{"mailjet.api.key":"k","mailjet.api.secret":"s"}}"#;
const MISSING: &str = r#"{"element":{"key":"twilio"},"name":"Test","configuration":{}}"#;

impl Client<'_> {
    fn work(mut self, is_over: impl Fn(u64) -> bool) {
        let mut round = 0;
        while !is_over(round) {
            self.round();
            round += 1;
            if round % 50 == 0 {
                self.connection.close();
            }
        }
    }

    /// One of everything, and nothing left behind.
    fn round(&mut self) {
        self.ask(400, "POST", "/instances", MISSING);
        self.ask(400, "POST", "/instances", "{\"name\": “curly”}");
        self.ask(404, "GET", "/instances/999999999", "");
        self.ask(404, "GET", "/instance", "");
        self.ask(405, "PATCH", "/elements/keys", "");
        self.ask(200, "GET", "/elements/sendgrid", "");
        for _ in 0..3 {
            if let Some(created) = self.ask(200, "POST", "/instances", GOOD) {
                self.visit(&created);
            }
        }
        self.clear();
    }

    fn visit(&mut self, created: &Json<'_>) {
        let id = created.get("id").and_then(Json::as_u64).expect("an id");
        let path = format!("/instances/{id}");
        self.ask(200, "GET", &path, "");
        self.ask(200, "PATCH", &path, r#"{"name":"Other"}"#);
        self.ask(200, "PUT", &path, r#"{"tags":["a","b"]}"#);
        self.ask(
            200,
            "GET",
            "/elements/mailjet/instances?searchText=mail&pageSize=2",
            "",
        );
    }

    /// Deletes what there is, including what was created without this client having been told.
    fn clear(&mut self) {
        loop {
            let seen = self.send("GET", "/instances?pageSize=50", "");
            let empty =
                matches!(&seen, Seen::Reply { because, .. } if because.starts_with("empty-list"));
            self.tally.note(&seen, if empty { 404 } else { 200 });
            let ids = match &seen {
                Seen::Reply { status: 404, .. } if empty => return,
                Seen::Reply {
                    status: 200,
                    body: Some(body),
                    ..
                } => ids(body),
                _ => continue,
            };
            for id in ids {
                self.ask(200, "DELETE", &format!("/instances/{id}"), "");
            }
        }
    }

    /// The body of the reply, if it is the one expected.
    fn ask(
        &mut self,
        expected: u16,
        method: &str,
        path: &str,
        body: &str,
    ) -> Option<Json<'static>> {
        let seen = self.send(method, path, body);
        self.tally.note(&seen, expected);
        match seen {
            Seen::Reply { status, body, .. } if status == expected => body,
            _ => None,
        }
    }

    fn send(&mut self, method: &str, path: &str, body: &str) -> Seen {
        let path = format!("/elements/api-v2{path}");
        self.connection
            .ask(&request(method, &path, &self.authorization, body))
    }
}

fn ids(list: &Json<'_>) -> Vec<u64> {
    let instances = list.as_array().unwrap_or_default().iter();
    instances
        .filter_map(|instance| instance.get("id")?.as_u64())
        .collect()
}

fn request(method: &str, path: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = "host: 127.0.0.1\r\ncontent-type: application/json\r\n";
    format!("{method} {path} HTTP/1.1\r\n{head}{headers}content-length: {length}\r\n\r\n{body}")
        .into_bytes()
}
