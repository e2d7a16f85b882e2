//! The journal: what is found, what is kept of it, and what is said of what is not.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use http::{Method, StatusCode};
use mock_ce::{MockCe, Predicate};
use rstest::rstest;

use super::{ask, asking, at, done, length_at, look, number_at, of, refusal, text_at};
use crate::support::{Client, Request, mailjet, twilio};

const PATIENCE: Duration = Duration::from_secs(20);

/// A server that was asked ten things.
fn asked() -> MockCe {
    let ce = MockCe::start();
    let requests = [
        Request::post("/instances", mailjet("n")),
        Request::post("/instances", twilio("n").replace("element", "your_mom")).your_mom(),
        Request::post("/elements/84/instances", mailjet("n")),
        Request::get("/instances/1234"),
        Request::delete("/instances/1234"),
        Request::get("/instances/1234"),
        Request::get("/elements"),
        Request::get("/elements/twilio"),
        Request::post("/instances", "{}"),
        Request::get("/instances?pageSize=1").by(&of("p")),
    ];
    for request in &requests {
        ask(&ce, request);
    }
    ce
}

#[rstest]
#[case::all("", Predicate::new(), "1 2 3 4 5 6 7 8 9 10")]
#[case::method("method=delete", Predicate::new().method(Method::DELETE), "5")]
#[case::path("path=/instances/*", Predicate::new().path("/instances/*"), "4 5 6")]
#[case::path_in_both_dialects("path=/instances", Predicate::new().path("/instances"), "1 2 9 10")]
#[case::element("element=mailjet", Predicate::new().element("mailjet"), "1 3 4 5")]
#[case::element_of_your_mom("element=twilio", Predicate::new().element("twilio"), "2 8")]
#[case::instance("instance=1234", Predicate::new().instance(1234), "1 4 5")]
#[case::rule("rule=instance-get", Predicate::new().rule("instance-get"), "4 6")]
#[case::status("status=404", Predicate::new().status(StatusCode::NOT_FOUND), "6 10")]
#[case::organization("organization=p", Predicate::new().organization("p"), "10")]
#[case::several("method=GET&status=200", Predicate::new().method(Method::GET).status(StatusCode::OK), "4 7 8")]
fn a_query_finds_what_fits(#[case] query: &str, #[case] typed: Predicate, #[case] expected: &str) {
    let ce = asked();
    let found = ce.journal(&typed).requests;
    let numbers: Vec<_> = found
        .iter()
        .map(|received| received.number.to_string())
        .collect();
    assert_eq!(numbers.join(" "), expected);
    let found = look(&ce, &format!("/requests?{query}"));
    let count = length_at(&found, "requests");
    let numbers =
        (0..count).map(|n| number_at(&found, &format!("requests.{n}.number")).to_string());
    assert_eq!(numbers.collect::<Vec<_>>().join(" "), expected);
}

/// A follower such as `mock-ce tail` does not keep the server from its end.
#[test]
fn a_server_that_stops_answers_who_waits() {
    let ce = MockCe::start();
    let mut waiting = TcpStream::connect(ce.address()).unwrap();
    let asked =
        "GET /__admin/requests/wait?count=1&timeout=60s HTTP/1.1\r\nHost: localhost\r\n\r\n";
    waiting.write_all(asked.as_bytes()).unwrap();
    // Whoever asks later is answered later, so that the first one waits by now.
    look(&ce, "/health");
    ce.shutdown();
    let mut answer = String::new();
    waiting.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains(r#""requests":[]"#), "{answer}");
}

#[test]
fn a_word_of_the_api_is_no_element() {
    let ce = MockCe::start();
    for path in ["/elements/keys", "/elements/metadata", "/elements/nosuch"] {
        ask(&ce, &Request::get(path));
    }
    let found = look(&ce, "/requests");
    let element = |n: usize| at(&found, &format!("requests.{n}.element")).to_string();
    assert_eq!(
        [element(0), element(1), element(2)],
        ["null", "null", "\"nosuch\""]
    );
}

#[test]
fn an_entry_says_everything_of_a_request_and_its_answer() {
    let ce = MockCe::start();
    done(&ce, "PUT", "/clock", r#"{"at":"2017-03-14T19:20:16Z"}"#);
    let reply = ask(&ce, &Request::post("/instances?a=b", mailjet("n")));
    let found = look(&ce, "/requests");
    let text = |path: &str| text_at(&found, &format!("requests.0.{path}"));
    assert_eq!(text("at"), "2017-03-14T19:20:16Z");
    assert_eq!(
        text("requestId"),
        reply.header("elements-request-id").unwrap()
    );
    assert_eq!(text("method"), "POST");
    assert_eq!(text("target"), "/elements/api-v2/instances?a=b");
    assert_eq!(text("headers.content-type"), "application/json");
    assert_eq!((&*text("rule"), &*text("grade")), ("create", "guide"));
    assert_eq!(text("element"), "mailjet");
    assert!(text("organization").starts_with("secret-"));
    assert_eq!(number_at(&found, "requests.0.status"), 200);
    assert_eq!(number_at(&found, "requests.0.instance"), 1234);
    assert_eq!(
        number_at(&found, "requests.0.body.length"),
        mailjet("n").len() as u64
    );
    assert_eq!(
        number_at(&found, "requests.0.answer.length"),
        reply.body.len() as u64
    );
    assert_eq!(*at(&found, "requests.0.effect"), mock_ce::Json::Null);
    assert_eq!(number_at(&found, "dropped"), 0);
}

#[test]
fn a_query_that_finds_nothing_tells_what_came_near() {
    let ce = asked();
    let found = look(&ce, "/requests?method=PUT&path=/instances/*");
    assert_eq!(length_at(&found, "requests"), 0);
    assert_eq!(length_at(&found, "nearest"), 3);
    assert_eq!(
        text_at(&found, "nearest.0.differs.0"),
        "method: expected PUT, was GET"
    );
}

#[rstest]
#[case(
    "methode=GET",
    "the query parameter \"methode\" is not known here; did you mean \"method\"?"
)]
#[case(
    "rule=creat",
    "rule must be the id of a rule, found \"creat\"; did you mean \"create\"?"
)]
#[case("status=20", "status must be a status from 200 to 999, found 20")]
#[case("instance=x", "instance must be a whole number, found \"x\"")]
fn a_query_with_a_mistake_is_refused(#[case] query: &str, #[case] message: &str) {
    let ce = MockCe::start();
    assert_eq!(
        refusal(&ce, "GET", &format!("/requests?{query}"), ""),
        message
    );
}

#[test]
fn the_oldest_are_dropped_beyond_the_entries_and_counted() {
    let ce = MockCe::builder().journal_entries(3).start();
    for _ in 0..5 {
        ask(&ce, &Request::get("/elements/keys"));
    }
    let found = ce.journal(&Predicate::new());
    let numbers: Vec<_> = found
        .requests
        .iter()
        .map(|received| received.number)
        .collect();
    assert_eq!((numbers, found.dropped), (vec![3, 4, 5], 2));
    assert_eq!(number_at(&look(&ce, "/requests"), "dropped"), 2);
    assert_eq!(
        number_at(&look(&ce, "/requests?organization=another"), "dropped"),
        0
    );
    ce.reset();
    assert_eq!(number_at(&look(&ce, "/requests"), "dropped"), 0);
}

/// The journal keeps more than a thousand typical creations in a mebibyte.
#[test]
fn a_typical_request_takes_less_than_a_kibibyte() {
    let ce = MockCe::builder()
        .journal_entries(1_000_000)
        .journal_bytes(1 << 20)
        .start();
    let mut client = Client::connect(ce.address());
    let typical = Request::post("/instances", mailjet("Test"))
        .header("user-agent", "a-client/1.0 (some platform)")
        .header("accept", "application/json")
        .header("accept-encoding", "gzip, deflate");
    for _ in 0..4000 {
        assert_eq!(client.ask(&typical).status, 200);
    }
    let found = ce.journal(&Predicate::new());
    assert_eq!(found.requests.len() as u64 + found.dropped, 4000);
    assert!(
        (1024..4000).contains(&found.requests.len()),
        "{}",
        found.requests.len()
    );
}

/// An instance that is in the journal only still takes room there.
#[test]
fn deleted_instances_do_not_escape_the_limit() {
    let ce = MockCe::builder()
        .journal_bytes(1 << 20)
        .journal_body_limit(1 << 20)
        .start();
    let mut client = Client::connect(ce.address());
    let large = mailjet("n").replace("\"v\"", &format!("\"{}\"", "v".repeat(50_000)));
    for _ in 0..30 {
        let id = client.ask(&Request::post("/instances", large.clone())).id();
        client.ask(&Request::delete(&format!("/instances/{id}")));
    }
    let kept = ce
        .journal(&Predicate::new().method(Method::POST))
        .requests
        .len();
    assert!(
        (1..=6).contains(&kept),
        "each is 100 kB of request and 100 kB of instance: {kept}"
    );
}

#[test]
fn a_long_body_is_cut_and_its_length_and_digest_are_kept() {
    let ce = MockCe::builder()
        .journal_body_limit(100)
        .shape(mock_ce::Shape::Platform)
        .start();
    let send = |name: &str| {
        let long = mailjet(&format!("{}{name}", "x".repeat(5000)));
        (
            long.len(),
            ask(&ce, &Request::post("/instances", long)).body.len(),
        )
    };
    let (sent, answered) = send("a");
    send("a");
    send("b");
    let found = ce.journal(&Predicate::new()).requests;
    let first = &found[0];
    assert_eq!(
        (first.body.length, first.answer.length),
        (sent as u64, answered as u64)
    );
    assert!(first.body.text.len() < 200 && first.answer.text.len() < 200);
    assert!(first.body.digest.is_some() && first.answer.digest.is_some());
    assert_eq!(found[0].body.digest, found[1].body.digest);
    assert_ne!(found[0].body.digest, found[2].body.digest);
    let short = ask(&ce, &Request::get("/elements/keys"));
    assert_eq!(short.status, 200);
    assert_eq!(ce.journal(&Predicate::new()).requests[3].body.digest, None);
}

#[test]
fn waiting_in_process_ends_with_the_request() {
    let ce = MockCe::start();
    let found = thread::scope(|scope| {
        let waiting =
            scope.spawn(|| ce.wait_for(2, &Predicate::new().path("/elements/keys"), PATIENCE));
        for path in ["/elements/keys", "/elements", "/elements/keys"] {
            ask(&ce, &Request::get(path));
        }
        waiting.join().unwrap()
    });
    let numbers: Vec<_> = found
        .requests
        .iter()
        .map(|received| received.number)
        .collect();
    assert_eq!(numbers, [1, 3]);
}

#[test]
fn waiting_over_http_ends_with_the_request() {
    let ce = MockCe::start();
    let found = thread::scope(|scope| {
        let path = "/requests/wait?count=2&timeout=20s&path=/elements/keys";
        let waiting = scope.spawn(|| look(&ce, path));
        for path in ["/elements/keys", "/elements", "/elements/keys"] {
            ask(&ce, &Request::get(path));
        }
        waiting.join().unwrap()
    });
    assert_eq!(*at(&found, "satisfied"), true.into());
    assert_eq!(number_at(&found, "requests.1.number"), 3);
}

#[test]
fn waiting_ends_with_its_time_and_says_what_there_is() {
    let ce = MockCe::start();
    ask(&ce, &Request::get("/elements"));
    let found = ce.wait_for(2, &Predicate::new(), Duration::from_millis(1));
    assert_eq!(found.requests.len(), 1);
    let found = look(&ce, "/requests/wait?count=2&timeout=1ms");
    assert_eq!(*at(&found, "satisfied"), false.into());
    assert_eq!(length_at(&found, "requests"), 1);
}

#[test]
fn what_is_below_admin_is_not_journaled() {
    let ce = MockCe::start();
    ask(&ce, &asking("GET", "/health"));
    ask(&ce, &asking("GET", "/nowhere"));
    assert_eq!(ce.journal(&Predicate::new()).requests, []);
}

#[test]
fn a_header_that_came_twice_is_shown_with_both_values() {
    let ce = MockCe::start();
    let request = Request::get("/elements/keys").header("x-note", "one");
    ask(
        &ce,
        &request.header("x-note", "two").header("x-other", "three"),
    );
    let found = look(&ce, "/requests");
    assert_eq!(text_at(&found, "requests.0.headers.x-note.0"), "one");
    assert_eq!(text_at(&found, "requests.0.headers.x-note.1"), "two");
    assert_eq!(text_at(&found, "requests.0.headers.x-other"), "three");
}

#[test]
fn a_request_of_the_journal_is_read_back_with_serde() {
    let ce = MockCe::builder()
        .show_secrets()
        .clock(std::time::UNIX_EPOCH)
        .start();
    ask(
        &ce,
        &Request::get("/instances")
            .header("x-a", "1")
            .header("x-a", "2"),
    );
    let shown = look(&ce, "/requests");
    let read: mock_ce::Received =
        serde_json::from_str(&at(&shown, "requests.0").to_string()).unwrap();
    let mut own = ce.journal(&Predicate::new()).requests.remove(0);
    // Headers that came more than once stand together.
    own.headers.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut sorted = read.clone();
    sorted
        .headers
        .sort_by(|(one, _), (other, _)| one.cmp(other));
    assert_eq!(sorted, own);
}
