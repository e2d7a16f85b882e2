//! Killed at any moment, a recording has everything that its client was told.

use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};

use http::Method;
use mock_ce::cassette::Cassette;
use mock_ce::recorder::Client;
use mock_ce::{MockCe, Request};

use super::stand::{RecorderProcess, Room, load};

const KILLS: u64 = 100;

/// Asks for ever new paths until nobody answers; tells each that was answered.
fn ask(origin: String, kill: u64) -> (Receiver<String>, JoinHandle<()>) {
    let (told, answered) = channel();
    let asking = thread::spawn(move || {
        let client = Client::to(&origin, &[]).unwrap();
        for number in 0.. {
            let path = format!("/elements/api-v2/elements/{}", kill * 100_000 + number);
            if client.send(&Request::new(Method::GET, &path, "")).is_err() {
                break;
            }
            let _ = told.send(path);
        }
    });
    (answered, asking)
}

fn next(random: &mut u64) -> u64 {
    *random = random
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    *random >> 33
}

#[test]
fn a_recording_killed_a_hundred_times_has_every_answered_interaction() {
    let (room, ce) = (Room::new(), MockCe::start());
    let upstream = format!("http://{}", ce.address());
    let (mut random, mut expected) = (4, Vec::new());
    for kill in 0..KILLS {
        let recorder = RecorderProcess::start(&upstream, &room, &["--mode", "new"]);
        let (answered, asking) = ask(format!("http://{}", recorder.address), kill);
        expected.extend(answered.iter().take(1 + next(&mut random) as usize % 4));
        // Some moment within the next exchange.
        for _ in 0..next(&mut random) % 200_000 {
            std::hint::spin_loop();
        }
        let writing = recorder.kill();
        asking.join().unwrap();
        expected.extend(answered.try_iter());
        // Half of the time the file is read while it is being finished.
        if kill % 2 == 1 {
            writing.end();
        }
        let text = load(&room.cassette()).to_text();
        for path in &expected {
            assert!(
                text.contains(&format!("\"{path}\"")),
                "kill {kill} lost {path}"
            );
        }
        if let Ok(written) = std::fs::read_to_string(room.cassette()) {
            assert!(Cassette::parse(&written).is_ok(), "kill {kill}");
        }
    }
    assert!(
        expected.len() as u64 >= KILLS,
        "hardly anything was answered"
    );
}
