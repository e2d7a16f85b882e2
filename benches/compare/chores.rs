//! Measurements that a process makes of itself, because they need a fresh one; each prints numbers.

use std::hint::black_box;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use http::Method;
use mock_ce::{MockCe, Request};

use crate::emulated::{creation, emulator, fill, print};
use crate::process;
use crate::request::{INSTANCES, MAILJET, SENDGRID, incomplete, render};
use crate::yardstick::{self, Work};

/// For each start two lines: microseconds until it returned, and until the first answer was here.
pub(crate) fn start(subject: &str, times: usize) {
    let request = render("POST", INSTANCES, "o", MAILJET);
    let shared = yardstick::runtime();
    let timed = |start: &dyn Fn() -> SocketAddr| {
        let began = Instant::now();
        let address = start();
        let started = began.elapsed();
        first_answer(address, &request);
        [started, began.elapsed()].map(|time| time.as_secs_f64() * 1e6)
    };
    let once = || match subject {
        "bare" => timed(&|| yardstick::start(&shared, Work::Same)),
        _ => {
            let slot = std::cell::OnceCell::new();
            timed(&|| slot.get_or_init(MockCe::start).address())
        }
    };
    // The first one starts the thread and reads the catalog.
    black_box(once());
    print((0..times).flat_map(|_| once()));
}

/// Sends a request and waits for the end of the answer.
pub(crate) fn first_answer(address: SocketAddr, request: &[u8]) {
    let mut stream = TcpStream::connect(address).expect("the port is open");
    stream
        .set_nodelay(true)
        .expect("a connected socket takes options");
    stream.write_all(request).expect("the server reads");
    let mut answer = [0; 4096];
    let read = stream.read(&mut answer).expect("the server answers");
    assert!(
        answer[..read].starts_with(b"HTTP/1.1 200"),
        "{}",
        String::from_utf8_lossy(&answer[..read])
    );
}

/// Four lines: bytes and descriptors for each of so many idle servers, all threads of the process but the first, and
/// whether a port was closed on drop.
pub(crate) fn idle(subject: &str, servers: usize) {
    let shared = yardstick::runtime();
    let pid = std::process::id();
    let mut held = Vec::with_capacity(servers);
    let mut start = || match subject {
        "bare" => drop(yardstick::start(&shared, Work::Same)),
        _ => held.push(MockCe::start()),
    };
    // What is paid once, whatever the number of servers.
    (0..10).for_each(|_| start());
    let before = (process::resident(pid), process::descriptors(pid));
    (0..servers).for_each(|_| start());
    std::thread::sleep(Duration::from_millis(300));
    let per_server = |after: u64, before: u64| after.saturating_sub(before) as f64 / servers as f64;
    let bytes = per_server(process::resident(pid), before.0);
    let descriptors = per_server(process::descriptors(pid), before.1);
    // The yardstick's own runtime idles beside the mock's.
    let spare = u64::from(subject != "bare");
    let threads = (process::threads(pid) - 1 - spare) as f64;
    let port = held.pop().map(|ce| ce.address());
    let closed = port.is_some_and(|port| TcpStream::connect(port).is_err());
    print([bytes, descriptors, threads, f64::from(u8::from(closed))]);
}

/// One line: the resident bytes that so many requests leave behind, each.
///
/// `kept` says what is measured: `instances` (SendGrid, without a journal), `journal` (the requests that created as
/// many MailJet instances; those are measured apart), or `errors` (refused requests).
pub(crate) fn store(kept: &str, count: usize) {
    let (entries, body) = match kept {
        "instances" => (0, SENDGRID),
        "mailjet" => (0, MAILJET),
        "journal" => (count, MAILJET),
        _ => (count, &*incomplete().leak()),
    };
    let settings = MockCe::builder()
        .journal_entries(entries)
        .journal_bytes(usize::MAX);
    let emulator = emulator(&settings);
    let request = creation(body);
    black_box(emulator.answer(&request));
    let before = process::resident(std::process::id());
    for _ in 0..count {
        black_box(emulator.answer(&request));
    }
    let after = process::resident(std::process::id());
    print([(after - before) as f64 / count as f64]);
}

/// Microseconds for each of 200 pages of a list.
pub(crate) fn list(query: &str, instances: usize) {
    let emulator = emulator(&MockCe::builder());
    fill(&emulator, instances, MAILJET);
    let target = format!("{INSTANCES}?{query}");
    let request = Request::new(Method::GET, &target, "")
        .header("authorization", "User u8Jx1DqvCYIpQnzY, Organization o");
    let timed = || {
        let began = Instant::now();
        assert_eq!(black_box(emulator.answer(&request)).reply.status, 200);
        began.elapsed().as_secs_f64() * 1e6
    };
    for _ in 0..20 {
        black_box(timed());
    }
    print((0..200).map(|_| timed()));
}
