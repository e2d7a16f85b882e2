//! One seed, one clock, the same requests: the same bytes.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, SystemTime};

use mock_ce::{Effect, MockCe, Scripted};

use super::{ask, done, look, refusal, text_at};
use crate::support::{Request, mailjet, sendgrid};

/// All that a run says, raw.
fn transcript(seed: u64) -> Vec<u8> {
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_489_519_156);
    let ce = MockCe::builder().seed(seed).clock(at).start();
    ce.script(Scripted::new(Effect::Status(503)).probability(0.3));
    ce.script(Scripted::new(Effect::CutBody(20)).probability(0.1));
    let requests = [
        Request::post("/instances", mailjet("a")),
        Request::get("/instances/1234"),
        Request::post("/instances", "{"),
        Request::post("/instances", sendgrid("b")).your_mom(),
        Request::get("/instances"),
        Request::delete("/instances/1234"),
        Request::get("/nowhere"),
    ];
    let mut transcript = Vec::new();
    for request in requests.iter().cycle().take(35) {
        let mut stream = TcpStream::connect(ce.address()).unwrap();
        let request = request.clone().header("connection", "close");
        stream.write_all(&request.to_bytes()).unwrap();
        stream.read_to_end(&mut transcript).unwrap();
    }
    transcript
}

#[test]
fn two_runs_with_one_seed_say_the_same_bytes() {
    let first = transcript(7);
    let text = String::from_utf8_lossy(&first).into_owned();
    assert!(
        text.contains("date: Tue, 14 Mar 2017 19:19:16 GMT"),
        "{text}"
    );
    assert!(text.contains("503 Service Unavailable"), "a draw has fired");
    assert_eq!(text, String::from_utf8_lossy(&transcript(7)));
    assert_ne!(text, String::from_utf8_lossy(&transcript(8)));
}

/// Refusals of the control API too, whatever other servers of the process are asked.
#[test]
fn two_servers_refuse_an_order_with_the_same_bytes() {
    let refused = || {
        let ce = MockCe::start();
        refusal(&ce, "PUT", "/clock", "{}}");
        ask(&ce, &super::asking("GET", "/helth")).member("requestId")
    };
    assert_eq!(refused(), refused());
}

/// After a reset of everything a run is like the first.
#[test]
fn a_reset_starts_anew() {
    let ce = MockCe::start();
    let run = || {
        let created = ask(&ce, &Request::post("/instances", mailjet("n")));
        (
            created.token(),
            created.header("elements-request-id").map(str::to_owned),
        )
    };
    let first = run();
    ce.reset();
    assert_eq!(run(), first);
}

#[test]
fn the_clock_is_set_moved_and_released() {
    let ce = MockCe::builder().shape(mock_ce::Shape::Platform).start();
    let date = |ce: &MockCe| {
        let created = ask(ce, &Request::post("/instances", mailjet("n")));
        (
            created.member("createdDate"),
            created.header("date").map(str::to_owned),
        )
    };
    let set = done(&ce, "PUT", "/clock", r#"{"at":"2017-03-14T19:20:16Z"}"#);
    assert_eq!(set.member("time"), "2017-03-14T19:20:16Z");
    let (created, head) = date(&ce);
    assert_eq!(created, "2017-03-14T19:20:16Z");
    assert_eq!(head.as_deref(), Some("Tue, 14 Mar 2017 19:20:16 GMT"));
    done(&ce, "PUT", "/clock", r#"{"advance":"1h"}"#);
    assert_eq!(
        text_at(&look(&ce, "/clock"), "time"),
        "2017-03-14T20:20:16Z"
    );
    assert_eq!(
        text_at(&look(&ce, "/health"), "time"),
        "2017-03-14T20:20:16Z"
    );
    ce.advance_clock(Duration::from_secs(60));
    assert_eq!(date(&ce).0, "2017-03-14T20:21:16Z");
    done(&ce, "PUT", "/clock", r#"{"at":null}"#);
    assert_ne!(&text_at(&look(&ce, "/clock"), "time")[..4], "2017");
    ce.set_clock(SystemTime::UNIX_EPOCH);
    assert_eq!(
        text_at(&look(&ce, "/clock"), "time"),
        "1970-01-01T00:00:00Z"
    );
    ce.release_clock();
    assert_ne!(&text_at(&look(&ce, "/clock"), "time")[..4], "1970");
}

/// A running clock that was moved is the mock's own too, in the head as in the body.
#[test]
fn a_moved_clock_shows_in_the_head() {
    let ce = MockCe::start();
    ce.advance_clock(Duration::from_secs(100 * 365 * 24 * 60 * 60));
    let year: u32 = text_at(&look(&ce, "/clock"), "time")[..4].parse().unwrap();
    let reply = ask(&ce, &Request::get("/elements/keys"));
    let date = reply.header("date").unwrap();
    // Both may fall on either side of New Year.
    assert!(
        date.contains(&year.to_string()) || date.contains(&(year + 1).to_string()),
        "{date} {year}"
    );
}

#[test]
fn a_time_that_is_none_is_refused() {
    let ce = MockCe::start();
    let message = refusal(&ce, "PUT", "/clock", r#"{"at":"soon"}"#);
    assert_eq!(
        message,
        "at must be a time such as \"2017-03-14T19:20:16Z\", found text"
    );
    let message = refusal(&ce, "PUT", "/clock", r#"{"at":"1960-01-01T00:00:00Z"}"#);
    assert_eq!(
        message,
        "at must be a time from 1970 on, found \"1960-01-01T00:00:00Z\""
    );
    assert!(refusal(&ce, "PUT", "/clock", r#"{"att":1}"#).contains("did you mean \"at\"?"));
}
