//! The journal as server-sent events.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use mock_ce::{Json, MockCe};
use rstest::rstest;

use super::{ask, asking, done, look, number_at, refusal, text_at};
use crate::support::{Client, Request, mailjet};

/// Somebody who listens to `/__admin/events`.
struct Listener(BufReader<TcpStream>);

/// One event: its name, its id where it has one, and its data.
#[derive(Debug)]
struct Event {
    name: String,
    id: Option<u64>,
    data: Json<'static>,
}

impl Listener {
    fn new(ce: &MockCe, query: &str) -> Self {
        Listener::asking(ce, &events(query))
    }

    fn asking(ce: &MockCe, request: &Request) -> Self {
        let mut stream = TcpStream::connect(ce.address()).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream.write_all(&request.to_bytes()).unwrap();
        Listener(BufReader::new(stream))
    }

    /// The next event; `None` when the server has ended the stream.
    fn next(&mut self) -> Option<Event> {
        let (mut name, mut id) = (String::new(), None);
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            match line.trim_end().split_once(": ") {
                Some(("id", value)) => id = Some(value.parse().unwrap()),
                Some(("event", value)) => value.clone_into(&mut name),
                Some(("data", value)) => {
                    let data = Json::parse(value.as_bytes()).unwrap().into_owned();
                    return Some(Event { name, id, data });
                }
                _ => {}
            }
        }
    }

    fn expect(&mut self, name: &str) -> Event {
        let event = self.next().expect("the stream goes on");
        assert_eq!(event.name, name, "{event:?}");
        event
    }
}

fn events(query: &str) -> Request {
    asking("GET", &format!("/events{query}")).header("accept", "text/event-stream")
}

fn ask_for_elements(ce: &MockCe, count: usize) {
    let mut client = Client::connect(ce.address());
    for _ in 0..count {
        assert_eq!(client.ask(&Request::get("/elements/keys")).status, 200);
    }
}

#[test]
fn a_listener_is_greeted_and_told_of_each_request_with_its_number() {
    let ce = MockCe::builder().seed(7).start();
    ask(&ce, &Request::post("/instances", mailjet("before")));
    let mut listener = Listener::new(&ce, "");
    let hello = listener.expect("hello").data;
    assert_eq!(number_at(&hello, "seed"), 7);
    assert_eq!(text_at(&hello, "version"), env!("CARGO_PKG_VERSION"));
    let first = listener.expect("request");
    assert_eq!(first.id, Some(1));
    assert_eq!(text_at(&first.data, "target"), "/elements/api-v2/instances");
    assert_eq!(number_at(&first.data, "status"), 200);
    assert_eq!(text_at(&first.data, "rule"), "create");
    assert_eq!(text_at(&first.data, "grade"), "guide");
    assert_eq!(text_at(&first.data, "element"), "mailjet");
    assert!(first.data.get("took").is_some());
    ask(&ce, &Request::get("/instances/77"));
    let second = listener.expect("request");
    assert_eq!(second.id, Some(2));
    assert_eq!(number_at(&second.data, "status"), 404);
}

/// A browser comes back with the last number when its connection broke, and the page when its tab was hidden.
#[rstest]
#[case::by_the_browser("", Some("2"))]
#[case::by_the_page("?after=2", None)]
#[case::by_both("?after=1", Some("2"))]
fn a_listener_that_comes_back_misses_nothing(#[case] query: &str, #[case] header: Option<&str>) {
    let ce = MockCe::start();
    ask_for_elements(&ce, 4);
    let mut request = events(query);
    if let Some(id) = header {
        request = request.header("last-event-id", id);
    }
    let mut listener = Listener::asking(&ce, &request);
    listener.expect("hello");
    assert_eq!(listener.expect("request").id, Some(3));
    assert_eq!(listener.expect("request").id, Some(4));
}

#[test]
fn a_listener_of_another_server_begins_anew() {
    let ce = MockCe::start();
    ask_for_elements(&ce, 1);
    let mut listener = Listener::new(&ce, "?after=900");
    let hello = listener.expect("hello").data;
    assert_eq!(listener.expect("request").id, Some(1));
    let another = MockCe::start();
    let mut other = Listener::new(&another, "");
    let run = |hello: &Json<'static>| text_at(hello, "run").to_owned();
    assert_ne!(run(&hello), run(&other.expect("hello").data));
}

#[test]
fn a_slow_listener_is_told_how_many_it_missed() {
    let ce = MockCe::builder().journal_entries(3).start();
    ask_for_elements(&ce, 10);
    let mut listener = Listener::new(&ce, "?after=2");
    listener.expect("hello");
    assert_eq!(number_at(&listener.expect("missed").data, "count"), 5);
    for number in 8..=10 {
        assert_eq!(listener.expect("request").id, Some(number));
    }
}

/// Far more than one look at the journal tells.
#[test]
fn a_burst_arrives_whole_and_in_order() {
    let ce = MockCe::start();
    let mut listener = Listener::new(&ce, "");
    listener.expect("hello");
    ask_for_elements(&ce, 2000);
    for number in 1..=2000 {
        assert_eq!(listener.expect("request").id, Some(number));
    }
}

#[test]
fn what_is_forgotten_is_told_and_the_rest_again() {
    let ce = MockCe::start();
    ask(&ce, &Request::get("/instances"));
    ask_for_elements(&ce, 1);
    let mut listener = Listener::new(&ce, "?after=1");
    listener.expect("hello");
    listener.expect("request");
    done(&ce, "DELETE", "/requests?organization=another", "");
    listener.expect("forgotten");
    assert_eq!(listener.expect("request").id, Some(1));
    assert_eq!(listener.expect("request").id, Some(2));
    listener.expect("steered");
    done(&ce, "DELETE", "/requests", "");
    listener.expect("forgotten");
    listener.expect("steered");
    ask_for_elements(&ce, 1);
    assert_eq!(listener.expect("request").id, Some(3));
}

#[test]
fn an_order_is_told() {
    let ce = MockCe::start();
    let mut listener = Listener::new(&ce, "");
    listener.expect("hello");
    look(&ce, "/script");
    done(&ce, "POST", "/script", r#"{"effect": "reset"}"#);
    listener.expect("steered");
}

/// A body is read for it, too: what stands there as a secret stands nowhere else.
#[rstest]
#[case::in_the_query("/instances?token=a-secret-token")]
#[case::short_in_the_query("/instances?token=a-b")]
#[case::of_the_body_in_the_path("/instances/a-secret-key")]
#[case::of_the_header_in_the_path("/elements/a-secret-one/instances")]
fn no_secret_is_told(#[case] path: &str) {
    let ce = MockCe::start();
    let body = r#"{"configuration": {"mailjet.api.key": "a-secret-key"}}"#;
    let mut request = Request::post(path, body);
    request.headers.remove(0);
    let secrets = "User a-secret-user, Organization a-secret-one";
    ask(&ce, &request.header("authorization", secrets));
    let mut listener = Listener::new(&ce, "");
    listener.expect("hello");
    let told = listener.expect("request").data;
    let target = text_at(&told, "target").to_owned();
    assert!(
        !target.contains("a-secret") && !target.contains("a-b"),
        "{target}"
    );
    assert!(target.contains("secret-"), "{target}");
    assert!(!told.to_string().contains("a-secret"), "{told}");
}

#[test]
fn a_stream_outlives_the_time_that_a_request_may_take() {
    let ce = MockCe::builder()
        .request_timeout(Duration::from_millis(50))
        .start();
    let mut listener = Listener::new(&ce, "");
    listener.expect("hello");
    // As many rests as are longer than that time together.
    for _ in 0..5 {
        ask_for_elements(&ce, 1);
        listener.expect("request");
    }
}

#[test]
fn a_server_that_shuts_down_ends_its_streams() {
    let ce = MockCe::start();
    let mut listener = Listener::new(&ce, "");
    listener.expect("hello");
    ce.shutdown();
    assert!(listener.next().is_none());
}

#[test]
fn a_wrong_number_is_refused() {
    let message = refusal(&MockCe::start(), "GET", "/events?after=x", "");
    assert!(message.contains("after must be"), "{message}");
}

/// A client without streams gets what there is, as one body.
#[test]
fn a_head_ends_with_its_head() {
    let ce = MockCe::start();
    let mut client = Client::connect(ce.address());
    let mut head = events("");
    head.method = "HEAD".to_owned();
    assert_eq!(client.ask(&head).status, 200);
    assert_eq!(client.ask(&Request::get("/elements/keys")).status, 200);
}

/// A page of another site must not read what a developer's client sends.
#[test]
fn another_origin_hears_nothing() {
    let ce = MockCe::start();
    let request = events("").header("origin", "http://app.test");
    assert_eq!(ask(&ce, &request).status, 403);
}
