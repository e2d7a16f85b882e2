//! Killed at any moment, a recording has everything that its client was told.

use std::fs;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};

use http::Method;
use mock_ce::recorder::Client;
use mock_ce::{MockCe, Request};

use super::stand::{RecorderProcess, Room, load};

const KILLS: u64 = 100;
/// Every secret that is sent begins with it.
const PLANTED: &str = "pL4nt3dS3cr3t";

/// Asks for ever new paths until nobody answers; tells each that was answered.
fn ask(origin: String, kill: u64) -> (Receiver<String>, JoinHandle<()>) {
    let (told, answered) = channel();
    let asking = thread::spawn(move || {
        let client = Client::to(&origin, &[]).unwrap();
        for number in 0.. {
            let path = format!("/elements/api-v2/elements/{kill}-{number}");
            let body = format!(r#"{{"configuration":{{"password":"{PLANTED}-{number}"}}}}"#);
            if client.send(&planted(&path, &body)).is_err() {
                break;
            }
            let _ = told.send(path);
        }
    });
    (answered, asking)
}

/// A request with a secret in its header and its body.
fn planted(path: &str, body: &str) -> Request {
    let request = Request::new(Method::GET, path, body.to_owned());
    request.header(
        "authorization",
        &format!("User {PLANTED}, Organization {PLANTED}-too"),
    )
}

fn next(random: &mut u64) -> u64 {
    *random = random
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    *random >> 33
}

/// Everything that a recording has written: the cassette, its journal, and whatever lies beside them.
fn written(room: &Room) -> String {
    let entries = fs::read_dir(&**room).unwrap();
    let texts = entries.map(|entry| fs::read(entry.unwrap().path()).unwrap());
    texts
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .collect()
}

#[test]
fn a_recording_killed_a_hundred_times_has_every_answered_interaction_and_no_secret() {
    let (mut room, ce) = (Room::new(), MockCe::start());
    let upstream = format!("http://{}", ce.address());
    let (mut random, mut expected, mut total) = (4, Vec::new(), 0);
    for kill in 0..KILLS {
        if kill % 10 == 0 {
            room = Room::new();
            total += expected.len() as u64;
            expected.clear();
        }
        let recorder = RecorderProcess::start(&upstream, &room, &["--mode", "new"]);
        let (answered, asking) = ask(format!("http://{}", recorder.address), kill);
        expected.extend(answered.iter().take(1 + next(&mut random) as usize % 4));
        // Some moment within the next exchange.
        for _ in 0..next(&mut random) % 200_000 {
            std::hint::spin_loop();
        }
        recorder.kill();
        asking.join().unwrap();
        expected.extend(answered.try_iter());
        let text = load(&room.cassette()).to_text();
        for path in &expected {
            assert!(
                text.contains(&format!("\"{path}\"")),
                "kill {kill} lost {path}"
            );
        }
        let leaked = written(&room).matches(PLANTED).count();
        assert_eq!(leaked, 0, "kill {kill} left a secret");
    }
    total += expected.len() as u64;
    assert!(total >= KILLS, "hardly anything was answered");
}
