//! Measurements that a process makes of itself, because they need a fresh one; each prints numbers.

use std::hint::black_box;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use http::Method;
use mock_ce::{MockCe, Request};
use tokio::runtime::Handle;

use crate::emulated::{creation, emulator, fill, first_caller, print};
use crate::process;
use crate::request::{INSTANCES, MAILJET, MESSAGE, MESSAGES, SENDGRID, incomplete, render};
use crate::yardstick::{self, Work};

/// For each start three lines, in microseconds: until it returned, until the first answer was here, and the drop.
pub(crate) fn start(subject: &str, times: usize) {
    let shared = yardstick::runtime();
    // The first one starts the thread and reads the catalog.
    black_box(once(subject, &shared, Instant::now()));
    print((0..times).flat_map(|_| once(subject, &shared, Instant::now())));
}

/// One line: microseconds from the start of the program to the first answer of its first server.
pub(crate) fn cold(subject: &str, began: Instant) {
    let [_, answered, _] = match subject {
        "bare" => once(subject, &yardstick::runtime(), began),
        _ => once_of_mock(began),
    };
    print([answered]);
}

fn once(subject: &str, shared: &Handle, began: Instant) -> [f64; 3] {
    if subject != "bare" {
        return once_of_mock(began);
    }
    let address = yardstick::start(shared, Work::Same);
    let started = micros(began);
    first_answer(address, &render("POST", INSTANCES, "o", MAILJET));
    [started, micros(began), 0.0]
}

fn once_of_mock(began: Instant) -> [f64; 3] {
    let ce = MockCe::start();
    let started = micros(began);
    first_answer(ce.address(), &render("POST", INSTANCES, "o", MAILJET));
    let answered = micros(began);
    let dropping = Instant::now();
    drop(ce);
    [started, answered, micros(dropping)]
}

fn micros(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1e6
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
/// many MailJet instances; those are measured apart), `errors` (refused requests), or `emptied` (organizations, each of
/// which created an instance and deleted it).
pub(crate) fn store(kept: &str, count: usize) {
    if kept == "emptied" {
        return emptied(count);
    }
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

fn emptied(count: usize) {
    let emulator = emulator(&MockCe::builder().journal_entries(0));
    let live = |organization: usize| {
        let sender = format!("User u, Organization o{organization:07}");
        let create = Request::new(Method::POST, INSTANCES, MAILJET);
        let delete = Request::new(Method::DELETE, &format!("{INSTANCES}/1234"), "");
        for request in [create.header("content-type", "application/json"), delete] {
            let outcome = emulator.answer(&request.header("authorization", &sender));
            assert_eq!(outcome.reply.status, 200);
        }
    };
    live(0);
    let before = process::resident(std::process::id());
    (1..=count).for_each(live);
    let after = process::resident(std::process::id());
    print([(after - before) as f64 / count as f64]);
}

/// Microseconds for each of 20 resets of so many created instances.
pub(crate) fn reset(instances: usize) {
    let emulator = emulator(&MockCe::builder());
    let timed = || {
        fill(&emulator, instances, MAILJET);
        let began = Instant::now();
        emulator.reset(None);
        began.elapsed().as_secs_f64() * 1e6
    };
    print((0..20).map(|_| timed()));
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

/// Microseconds for each of 200 pages of 20 of so many rows.
pub(crate) fn rows(rows: usize) {
    let emulator = emulator(&MockCe::builder().journal_entries(1000));
    fill(&emulator, 1, MAILJET);
    let caller = format!("User u8Jx1DqvCYIpQnzY, {}", first_caller(&emulator));
    let ask = |method, target: &str, body: &'static str| {
        let request = Request::new(method, target, body)
            .header("authorization", &caller)
            .header("content-type", "application/json");
        assert_eq!(black_box(emulator.answer(&request)).reply.status, 200);
    };
    for _ in 0..rows {
        ask(Method::POST, MESSAGES, MESSAGE);
    }
    let middle = format!("{MESSAGES}?pageSize=20&page={}", rows / 40);
    print((0..200).map(|_| {
        let began = Instant::now();
        ask(Method::GET, &middle, "");
        began.elapsed().as_secs_f64() * 1e6
    }));
}

/// One line: the milliseconds until a receiver on this machine has got so many webhooks.
pub(crate) fn events(events: usize) {
    let receiver = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let callback = format!("http://{}/", receiver.local_addr().expect("it is bound"));
    let ce = MockCe::builder().webhook_delay(Duration::ZERO).start();
    let entries = format!(
        r#""configuration":{{"event.notification.enabled":true,"event.notification.callback.url":"{callback}","#
    );
    let body = MAILJET.replacen(r#""configuration": {"#, &entries, 1);
    fill(ce.emulator(), 1, body.leak());
    let instance = ce.instances().remove(0);
    let began = Instant::now();
    for _ in 0..events {
        ce.fire_event(&instance, "{}")
            .expect("the instance takes events");
    }
    let (mut stream, _) = receiver.accept().expect("the mock connects");
    let mut lines = BufReader::new(stream.try_clone().expect("a stream can be shared"));
    for _ in 0..events {
        let (mut length, mut line) = (0, String::new());
        while lines.read_line(&mut line).expect("the mock writes") > 2 {
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
                length = value.trim().parse().expect("a length is a number");
            }
            line.clear();
        }
        let mut body = vec![0; length];
        lines.read_exact(&mut body).expect("the mock writes");
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            .expect("the mock reads");
    }
    print([began.elapsed().as_secs_f64() * 1e3]);
}
