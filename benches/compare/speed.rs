//! Throughput and processor time of requests, as ratios to the yardstick in the same round.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::thread;
use std::time::Duration;

use mock_ce::MockCe;

use crate::arguments::Arguments;
use crate::emulated::{emulator, fill, first_caller};
use crate::load::{self, Repeated, Until};
use crate::report::{Table, tell};
use crate::request::{INSTANCES, MAILJET, MESSAGE, MESSAGES, incomplete, render, render_by};
use crate::series::Series;
use crate::subject::{self, PEERS, Running, of_peers, own};
use crate::verdict::{Bound, Verdicts};

pub(crate) const YARDSTICK: &str = "bare hyper";
pub(crate) const FRESH: &str = "mock-ce";
pub(crate) const WATCHED: &str = "mock-ce, a page open";
pub(crate) const FULL: &str = "mock-ce, full";
pub(crate) const CONSTANT: &str = "hyper, constant answer";

/// One kind of request at one number of connections.
#[derive(Clone, Debug)]
struct Scenario {
    title: &'static str,
    request: Vec<u8>,
    expected: u16,
    connections: usize,
    /// Peers answer constants: measured where they are meant to be compared.
    with_peers: bool,
}

/// The figures of one scenario.
pub(crate) struct Speed {
    pub(crate) title: String,
    /// In the order of the table.
    pub(crate) subjects: Vec<(String, Measured)>,
}

/// The figures of one server in one scenario.
pub(crate) struct Measured {
    pub(crate) ratio: Series,
    pub(crate) per_second: Series,
    /// Of the server alone, per request.
    pub(crate) processor_micros: Series,
    /// The share of the time that the server was on a processor: far below 1, something else was the limit.
    pub(crate) busy: Series,
}

/// One server in one round.
#[derive(Clone, Copy)]
struct Lap {
    per_second: f64,
    processor_micros: f64,
    busy: f64,
}

fn scenarios() -> Vec<Scenario> {
    let create = render("POST", INSTANCES, "o", MAILJET);
    let get = render("GET", &format!("{INSTANCES}/1234"), "o", "");
    let refused = render("POST", INSTANCES, "o", &incomplete());
    let known = emulator(&MockCe::builder());
    fill(&known, 1, MAILJET);
    let row = render_by("POST", MESSAGES, &first_caller(&known), MESSAGE);
    let kinds = [
        ("POST /instances", create, 200, true),
        ("GET /instances/{id}", get, 200, false),
        ("POST /messages, a resource's row", row, 200, false),
        ("POST /instances, refused with 400", refused, 400, false),
    ];
    let at = |connections| {
        kinds
            .clone()
            .map(|(title, request, expected, with_peers)| Scenario {
                title,
                request,
                expected,
                connections,
                with_peers,
            })
    };
    at(32).into_iter().chain(at(1)).collect()
}

/// Measures every scenario with every server; the full one is filled once and kept.
pub(crate) fn measure(arguments: &Arguments, peers: Option<&Path>) -> Vec<Speed> {
    let instances = arguments.full.to_string();
    let full = Running::start(own(&["serve", "mock-ce", &instances]));
    let measured = scenarios().into_iter().map(|scenario| {
        let rounds = (0..arguments.rounds)
            .map(|round| round_of(&scenario, arguments.slice, round, &full, peers));
        let rounds: Vec<_> = rounds.collect();
        let speed = scenario.summary(&rounds);
        tell(&format!("{}: {}", speed.title, brief(&speed)));
        speed
    });
    measured.collect()
}

/// One lap of every server, in an order that turns with the rounds.
fn round_of(
    scenario: &Scenario,
    slice: Duration,
    round: usize,
    full: &Running,
    peers: Option<&Path>,
) -> BTreeMap<&'static str, Lap> {
    let fresh = |words: [&str; 3]| Running::start(own(&words));
    let mut servers = vec![
        (YARDSTICK, fresh(["serve", "bare", "0"])),
        (FRESH, fresh(["serve", "mock-ce", "1"])),
        (CONSTANT, fresh(["serve", "constant", "0"])),
    ];
    if let Some(program) = peers.filter(|_| scenario.with_peers) {
        let peer = |name| (name, Running::start(of_peers(program, &["serve", name])));
        servers.extend(PEERS.map(peer));
    }
    if scenario.with_peers {
        let watched = fresh(["serve", "mock-ce", "1"]);
        watch(watched.address);
        servers.push((WATCHED, watched));
    }
    if scenario.expected != 200 {
        // It answers nothing but 200.
        servers.retain(|(name, _)| *name != CONSTANT);
    }
    let mut running: Vec<_> = servers
        .iter()
        .map(|(name, server)| (*name, server))
        .collect();
    running.insert(1, (FULL, full));
    let turn = round % running.len();
    running.rotate_left(turn);
    let laps = running
        .into_iter()
        .map(|(name, server)| (name, scenario.lap(server, slice)));
    laps.collect()
}

/// Reads a server's events as an open page does, until the server ends.
fn watch(address: SocketAddr) {
    let mut stream = TcpStream::connect(address).expect("the server accepts");
    let request = b"GET /__admin/events HTTP/1.1\r\nHost: localhost\r\n\r\n";
    stream.write_all(request).expect("the server reads");
    thread::spawn(move || io::copy(&mut stream, &mut io::sink()));
}

impl Scenario {
    fn lap(&self, server: &Running, slice: Duration) -> Lap {
        let mut conversation = Repeated {
            request: self.request.clone(),
            expected: self.expected,
        };
        let mut load = |time| {
            load::run(
                server.address,
                self.connections,
                Until::Elapsed(time),
                &mut conversation,
            )
        };
        load(slice / 5);
        let before = server.processor_micros();
        let load = load(slice);
        let processor = server.processor_micros() - before;
        Lap {
            per_second: load.per_second(),
            processor_micros: processor / load.replies as f64,
            busy: processor / 1e6 / load.elapsed.as_secs_f64(),
        }
    }

    fn summary(&self, rounds: &[BTreeMap<&'static str, Lap>]) -> Speed {
        let own = [YARDSTICK, FRESH, WATCHED, FULL, CONSTANT];
        let order = own.into_iter().chain(PEERS);
        let subjects = order
            .filter(|name| rounds[0].contains_key(name))
            .map(|name| {
                let of = |value: fn(&Lap) -> f64| {
                    Series::new(rounds.iter().map(|laps| value(&laps[name])))
                };
                let ratios = rounds
                    .iter()
                    .map(|laps| laps[name].per_second / laps[YARDSTICK].per_second);
                let measured = Measured {
                    ratio: Series::new(ratios),
                    per_second: of(|lap| lap.per_second),
                    processor_micros: of(|lap| lap.processor_micros),
                    busy: of(|lap| lap.busy),
                };
                (name.to_owned(), measured)
            });
        let connections = match self.connections {
            1 => "1 connection".to_owned(),
            many => format!("{many} connections"),
        };
        Speed {
            title: format!("{}, {connections}", self.title),
            subjects: subjects.collect(),
        }
    }
}

fn brief(speed: &Speed) -> String {
    let ratios = speed
        .subjects
        .iter()
        .map(|(name, measured)| format!("{name} {:.2}", measured.ratio));
    ratios.collect::<Vec<_>>().join(" · ")
}

/// The least ratios to bare hyper that are asked for, by title.
const TARGETS: [(&str, f64); 6] = [
    ("POST /instances, 32 connections", 1.25),
    ("POST /instances, 1 connection", 1.0),
    ("GET /instances/{id}, 32 connections", 1.25),
    ("GET /instances/{id}, 1 connection", 1.05),
    ("POST /instances, refused with 400, 32 connections", 1.0),
    ("POST /instances, refused with 400, 1 connection", 0.97),
];

/// Judges each scenario, and where instances are made, also a full store and the distance to the ceiling.
pub(crate) fn judge(speeds: &[Speed], verdicts: &mut Verdicts) {
    for speed in speeds {
        let ratio = |name: &str| {
            let mut subjects = speed.subjects.iter();
            let found = subjects.find(|(subject, _)| subject == name);
            found.map(|(_, measured)| measured.ratio.median())
        };
        let title = &speed.title;
        let target = TARGETS.iter().find(|(of, _)| of == title);
        let (Some((_, least)), Some(fresh)) = (target, ratio(FRESH)) else {
            continue;
        };
        verdicts.judge(
            &format!("{title}: ratio to bare hyper"),
            fresh,
            Bound::AtLeast(*least),
        );
        if !title.starts_with("POST /instances, 32") {
            continue;
        }
        if let (Some(full), Some(constant)) = (ratio(FULL), ratio(CONSTANT)) {
            let beside = |what: &str| format!("{title}: ratio to {what}");
            verdicts.judge(
                &beside("the same, empty, when full"),
                full / fresh,
                Bound::AtLeast(0.95),
            );
            verdicts.judge(
                &beside("a constant answer"),
                fresh / constant,
                Bound::AtLeast(0.75),
            );
        }
    }
}

/// One table a scenario.
pub(crate) fn tables(speeds: &[Speed]) -> Vec<Table> {
    let table = |speed: &Speed| {
        let heads = [
            "server",
            "ratio",
            "requests a second",
            "µs processor a request",
            "busy",
        ];
        let mut table = Table::new(&speed.title, heads);
        for (name, measured) in &speed.subjects {
            table.row([
                name.clone(),
                format!("{:.2}", measured.ratio),
                format!("{:.0}", measured.per_second),
                format!("{:.1}", measured.processor_micros),
                format!("{:.2}", measured.busy.median()),
            ]);
        }
        table
    };
    speeds.iter().map(table).collect()
}

/// A server for measurements that need a mock which was loaded through sockets.
pub(crate) fn fresh_mock() -> Running {
    Running::start(subject::own(&["serve", "mock-ce", "0"]))
}
