//! The orders that a process under test is given.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::peer::starter;
use crate::process;
use crate::request::{INSTANCES, MAILJET, render};

pub fn run(words: &[String]) {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let count = |text: &str| text.parse().expect("a count is a whole number");
    match words[..] {
        ["serve", name] => serve(name),
        ["start", name, times] => start(name, count(times)),
        ["idle", name, servers] => idle(name, count(servers)),
        _ => panic!("usage: peers serve NAME | start NAME TIMES | idle NAME SERVERS"),
    }
}

fn serve(name: &str) {
    let peer = starter(name)();
    println!("{}", peer.address);
    let _ended = std::io::stdin().read_to_end(&mut Vec::new());
}

fn start(name: &str, times: usize) {
    let (request, start) = (render("POST", INSTANCES, "o", MAILJET), starter(name));
    for time in 0..=times {
        let began = Instant::now();
        let peer = start();
        let started = began.elapsed();
        first_answer(peer.address, &request);
        let answered = began.elapsed();
        // The first one pays what is paid once.
        if time > 0 {
            println!("{}\n{}", started.as_secs_f64() * 1e6, answered.as_secs_f64() * 1e6);
        }
    }
}

fn first_answer(address: SocketAddr, request: &[u8]) {
    let mut stream = TcpStream::connect(address).expect("the port is open");
    stream.set_nodelay(true).expect("a connected socket takes options");
    stream.write_all(request).expect("the server reads");
    let mut answer = [0; 4096];
    let read = stream.read(&mut answer).expect("the server answers");
    assert!(answer[..read].starts_with(b"HTTP/1.1 200"), "the server answers 200");
}

fn idle(name: &str, servers: usize) {
    let (start, pid) = (starter(name), std::process::id());
    let mut held: Vec<_> = (0..10).map(|_| start()).collect();
    let before = (process::resident(pid), process::descriptors(pid));
    held.extend((0..servers).map(|_| start()));
    std::thread::sleep(Duration::from_millis(300));
    let each = |after: u64, before: u64| after.saturating_sub(before) as f64 / servers as f64;
    println!("{}", each(process::resident(pid), before.0));
    println!("{}", each(process::descriptors(pid), before.1));
    println!("{}", process::threads(pid) - 1);
    // Whether the port was closed on drop is asked of the mock only.
    println!("1");
}
