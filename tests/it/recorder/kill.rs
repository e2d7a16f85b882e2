//! Killed at any moment, a recording has everything that its client was told.

use std::fs;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};

use http::{HeaderValue, Method};
use mock_ce::cassette::Exchange;
use mock_ce::recorder::Client;
use mock_ce::wire::message::Body;
use mock_ce::{Effect, LiteralReply, MockCe, Request, Scripted};

use super::planted::Case;
use super::stand::{RecorderProcess, Room, load};

const KILLS: u64 = 100;
/// Each kill has cases of its own.
const MAX_CASES_A_KILL: u64 = 100_000;

/// The answer that a client got.
enum Answered {
    /// To a request for this path, which nobody else asks for.
    Path(String),
    /// To a case with a secret, of which these traces may be nowhere.
    Case(Vec<String>),
}

/// Asks for ever new paths, and sends a planted secret after each, until nobody answers.
fn ask(upstream: &Arc<MockCe>, origin: String, kill: u64) -> (Receiver<Answered>, JoinHandle<()>) {
    let (told, answered) = channel();
    let upstream = upstream.clone();
    let asking = thread::spawn(move || {
        let client = Client::to(&origin, &[]).unwrap();
        for number in kill * MAX_CASES_A_KILL.. {
            let path = format!("/elements/api-v2/elements/{number}");
            if client.send(&Request::new(Method::GET, &path, "")).is_err() {
                break;
            }
            let _ = told.send(Answered::Path(path));
            let case = Case::random(number);
            for draft in &case.drafts {
                send(&upstream, &client, draft.exchange());
            }
            let _ = told.send(Answered::Case(case.secret.traces()));
        }
    });
    (answered, asking)
}

/// Sends the request of an exchange, which the upstream answers as the exchange says.
fn send(upstream: &MockCe, client: &Client, exchange: Exchange) {
    let Ok(uri) = exchange.target.parse() else {
        return;
    };
    let mut reply = LiteralReply::new(exchange.status.as_u16()).body(exchange.response_body);
    for (name, value) in &exchange.response_headers {
        match value.to_str() {
            Ok(value) => reply = reply.header(name.as_str(), value),
            Err(_) => return,
        }
    }
    let marked = exchange.target.split('?').next().unwrap_or_default();
    upstream.clear_script();
    upstream.script(Scripted::new(Effect::Reply(reply)).path(marked).first(1));
    let mut headers = exchange.request_headers;
    headers.insert("host", HeaderValue::from_static("upstream"));
    // An answer that HTTP does not allow is no matter here: nothing of it may be written either.
    let _ = client.send(&Request {
        method: exchange.method,
        uri,
        headers,
        body: Body::Whole(exchange.request_body),
        peer: None,
    });
}

fn next(random: &mut u64) -> u64 {
    *random = random
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    *random >> 33
}

/// Everything that a recording has written, in lower case: the cassette, its journal, and whatever lies beside them.
fn written(room: &Room) -> String {
    let entries = fs::read_dir(&**room).unwrap();
    let texts = entries.map(|entry| fs::read(entry.unwrap().path()).unwrap());
    texts
        .map(|bytes| String::from_utf8_lossy(&bytes).to_lowercase())
        .collect()
}

#[test]
fn a_recording_killed_a_hundred_times_has_every_answered_interaction_and_no_secret() {
    let (mut room, ce) = (Room::new(), Arc::new(MockCe::start()));
    let upstream = format!("http://{}", ce.address());
    let (mut random, mut answers, mut cases) = (4, Vec::new(), 0);
    for kill in 0..KILLS {
        if kill % 10 == 0 {
            // One cassette for all kills would be read whole a hundred times.
            room = Room::new();
            answers.clear();
        }
        let recorder = RecorderProcess::start(&upstream, &room, &["--mode", "new"]);
        let (answered, asking) = ask(&ce, format!("http://{}", recorder.address), kill);
        answers.extend(answered.iter().take(2 + next(&mut random) as usize % 8));
        // Some moment within the next exchange.
        for _ in 0..next(&mut random) % 200_000 {
            std::hint::spin_loop();
        }
        recorder.kill();
        asking.join().unwrap();
        answers.extend(answered.try_iter());
        let text = load(&room.cassette()).to_text();
        let everything = written(&room);
        for answer in &answers {
            match answer {
                Answered::Path(path) => assert!(
                    text.contains(&format!("\"{path}\"")),
                    "kill {kill} lost {path}"
                ),
                Answered::Case(traces) => {
                    let left = traces.iter().find(|trace| everything.contains(*trace));
                    assert_eq!(left, None, "kill {kill} left a secret in {everything}");
                }
            }
        }
        let is_case = |answer: &&Answered| matches!(answer, Answered::Case(_));
        cases += u64::from(kill % 10 == 9) * answers.iter().filter(is_case).count() as u64;
    }
    assert!(cases >= 2 * KILLS, "only {cases} cases were tried");
}
