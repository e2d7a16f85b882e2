//! The fuzz targets: one function each, which takes any bytes and panics when something does not hold.
//!
//! A long run, with the nightly toolchain and `cargo install cargo-fuzz`:
//!
//! ```sh
//! cargo +nightly fuzz run request -- -max_total_time=3600 -dict=fuzz/request.dict
//! cargo +nightly fuzz run guide fuzz/corpus/guide fixtures/guides -- -max_total_time=3600 -max_len=16384
//! cargo +nightly fuzz run authorization -- -max_total_time=600
//! cargo +nightly fuzz run cassette -- -max_total_time=3600 -dict=fuzz/request.dict
//! ```
//!
//! A short one is part of the tests (`tests/it/fuzzing.rs`), which drive these functions from the same corpus by a
//! plain mutating loop on the stable toolchain. What is found becomes a file of the corpus and a test by name. The
//! corpus of `guide` is `fixtures/guides`. A further target is one more function here, one more file in
//! `fuzz_targets/`, one more `[[bin]]`, and one more row in the test.

use std::str::FromStr as _;

use http::{HeaderName, HeaderValue, Method, Uri};
use mock_ce::cassette::{Cassette, Policy, Repeat, Replay};
use mock_ce::catalog::Catalog;
#[cfg(feature = "guide")]
use mock_ce::catalog::fixture::Fixture;
#[cfg(feature = "guide")]
use mock_ce::catalog::guide::{Guide, Mode, Options, import};
use mock_ce::wire::auth::Credentials;
use mock_ce::wire::message::Body;
use mock_ce::{Dialect, Emulator, Json, Outcome, Request, Settings};

/// The line between two requests of an input.
pub const BETWEEN: &[u8] = b"\n%%\n";

/// Requests, one after the other, each as `METHOD TARGET`, lines of headers, an empty line, and a body.
///
/// Each gets a well-formed answer, and the state that they leave can be taken and restored.
pub fn request(input: &[u8]) {
    let emulator = fresh();
    let mut is_scripted = false;
    for text in split(input, BETWEEN) {
        let Some(request) = read(text) else { continue };
        let outcome = emulator.answer(&request);
        is_scripted |= request.uri.path().starts_with("/__admin/script");
        // What a script ordered may be anything.
        if !is_scripted {
            assert_well_formed(&request, &outcome);
        }
    }
    assert_restores(&emulator);
}

/// A guide: importing it does not panic, and every fixture that comes of it is read as it was written.
#[cfg(feature = "guide")]
pub fn guide(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let guide = [Guide {
        name: "fuzzed.md",
        text: &text,
    }];
    for mode in [Mode::Tolerant, Mode::Strict] {
        let options = Options {
            mode,
            ..Options::default()
        };
        let import = import(&guide, options);
        for fixture in &import.fixtures {
            let read = Fixture::parse(&fixture.to_text());
            assert_eq!(read.as_ref(), Ok(fixture));
        }
    }
}

/// The value of an `Authorization` header: what can be read can be written and read again.
pub fn authorization(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    for dialect in Dialect::ALL {
        let Ok(credentials) = Credentials::parse(text, dialect) else {
            continue;
        };
        let secrets = [
            credentials.user,
            credentials.organization,
            credentials.token,
        ];
        let mut secrets = secrets.into_iter().flatten();
        assert!(secrets.clone().all(|secret| !secret.trim().is_empty()));
        // A colon at the start of a secret reads as the one that may stand behind the word.
        if secrets.all(|secret| !secret.starts_with(':')) {
            let written = credentials.to_header(dialect);
            assert_eq!(Credentials::parse(&written, dialect), Ok(credentials));
        }
    }
}

/// The text of a cassette, and after [`BETWEEN`] requests as in [`request`].
///
/// A cassette that can be read can be written and read again, and answers a request or says what is near.
pub fn cassette(input: &[u8]) {
    let parts = split(input, BETWEEN);
    let Ok(text) = std::str::from_utf8(parts[0]) else {
        return;
    };
    let sealed = Cassette::parse(text);
    let Ok(cassette) = Cassette::parse_unsealed(text) else {
        assert!(sealed.is_err());
        return;
    };
    let again = Cassette::parse(&cassette.to_text()).expect("what is written can be read");
    assert_eq!(again, cassette);
    assert!(sealed.is_err() || sealed.is_ok_and(|sealed| sealed == cassette));
    let count = cassette.interactions().len();
    let replay = Replay::new(cassette, Policy::new(Catalog::documented()), Repeat::Never);
    for request in parts[1..].iter().filter_map(|text| read(text)) {
        let fitting = (0..=count).take_while(|_| replay.take(&request).is_some());
        assert!(fitting.count() <= count, "each is used once");
        let miss = replay.miss(&request);
        assert!(!miss.to_string().is_empty());
    }
}

fn fresh() -> Emulator {
    Emulator::new(&Settings::default(), Catalog::documented().clone())
}

/// The parts of `text` between the `marks`.
fn split<'a>(mut text: &'a [u8], mark: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    while let Some(at) = text.windows(mark.len()).position(|window| window == mark) {
        parts.push(&text[..at]);
        text = &text[at + mark.len()..];
    }
    parts.push(text);
    parts
}

/// A request as the module's documentation spells it; `None` for what hyper would not let pass.
pub fn read(text: &[u8]) -> Option<Request> {
    let (head, body) = match text.windows(2).position(|two| two == b"\n\n") {
        Some(at) => (&text[..at], &text[at + 2..]),
        None => (text, &b""[..]),
    };
    let mut lines = head.split(|byte| *byte == b'\n');
    let first = std::str::from_utf8(lines.next()?).ok()?;
    let (method, target) = first.split_once(' ')?;
    let mut request = Request::new(Method::GET, "/", body.to_vec());
    request.method = Method::from_bytes(method.as_bytes()).ok()?;
    request.uri = Uri::from_str(target).ok()?;
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
        request.headers.append(name, value);
    }
    if body.len() > 1 << 20 {
        request.body = Body::TooLarge(1 << 20);
    }
    Some(request)
}

/// Rules `error-body` and `request-id`; and nothing inside went wrong.
pub fn assert_well_formed(request: &Request, outcome: &Outcome) {
    let reply = &outcome.reply;
    let status = reply.status.as_u16();
    assert_ne!(outcome.rule.id, "internal");
    assert!((200..500).contains(&status), "{status}");
    let request_id = reply.headers.get("elements-request-id");
    let is_control = request.uri.path().starts_with("/__admin");
    assert!(request_id.is_some() || is_control);
    if reply.body.is_empty() {
        return;
    }
    let media = reply.headers.get("content-type");
    if media.is_some_and(|media| media.as_bytes().starts_with(b"text/html")) {
        // The consent page is one for people.
        assert_eq!(status, 200);
        return;
    }
    let body = Json::parse(&reply.body).expect("the body is JSON");
    if status >= 400 {
        let sent = body.get("requestId").and_then(Json::as_str);
        let sent = sent.expect("an error has a request id");
        assert!(request_id.is_none_or(|header| header.as_bytes() == sent.as_bytes()));
        assert!(body.get("message").and_then(Json::as_str).is_some());
    }
}

/// Fails unless a snapshot restores the state that it was taken from.
pub fn assert_restores(emulator: &Emulator) {
    let taken = emulator.snapshot(None).to_string();
    let document = Json::parse(taken.as_bytes()).expect("a snapshot is JSON");
    let other = fresh();
    other
        .restore(&document, None)
        .expect("a snapshot can be restored");
    assert_eq!(other.snapshot(None).to_string(), taken);
}
