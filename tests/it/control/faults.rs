//! Each fault as a raw socket sees it, to the byte; and the next request, which is served at once.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use http::Method;
use mock_ce::{Effect, LiteralReply, MockCe, Predicate, Scripted};
use rstest::rstest;

use super::{ask, done};
use crate::support::{Client, Request, mailjet};

/// A server whose next creation suffers this, sent as JSON.
fn suffering(effect: &str) -> MockCe {
    let ce = MockCe::start();
    let scripted = format!(
        r#"{{"match":{{"method":"POST","path":"/instances"}},"when":{{"first":1}},"effect":{effect}}}"#
    );
    done(&ce, "POST", "/script", &scripted);
    ce
}

fn creation() -> Request {
    Request::post("/instances", mailjet("n"))
}

fn connect(ce: &MockCe) -> TcpStream {
    let stream = TcpStream::connect(ce.address()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream
}

/// All that arrives after a creation was sent, and how it ended.
fn arrives(ce: &MockCe) -> (Vec<u8>, io::Result<usize>) {
    let mut stream = connect(ce);
    stream.write_all(&creation().to_bytes()).unwrap();
    let mut arrived = Vec::new();
    let end = stream.read_to_end(&mut arrived);
    (arrived, end)
}

/// The same, asking for the connection to be closed.
fn arrives_and_closes(ce: &MockCe) -> (Vec<u8>, io::Result<usize>) {
    let mut stream = connect(ce);
    let request = creation().header("connection", "close");
    stream.write_all(&request.to_bytes()).unwrap();
    let mut arrived = Vec::new();
    let end = stream.read_to_end(&mut arrived);
    (arrived, end)
}

/// The body that arrived, and the length that its head announced.
fn body_and_length(arrived: &[u8]) -> (Vec<u8>, usize) {
    let text = String::from_utf8(arrived.to_vec()).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").expect("a whole head");
    let length = head.lines().find_map(|line| {
        let line = line.to_ascii_lowercase();
        line.strip_prefix("content-length: ")?.parse().ok()
    });
    (body.as_bytes().to_vec(), length.expect("content-length"))
}

/// The next request is served at once, on a connection of its own, and ids go on behind `instances`.
fn assert_served(ce: &MockCe, instances: usize) {
    assert_eq!(ce.instances().len(), instances);
    let reply = ask(ce, &creation());
    assert_eq!(
        (reply.verdict(), reply.id()),
        ((200, "create"), 1234 + instances as u64)
    );
}

fn effect_of_first(ce: &MockCe) -> (Option<u16>, Option<&'static str>) {
    let first = &ce.journal(&Predicate::new()).requests[0];
    (first.status, first.effect)
}

#[test]
fn a_reset_is_a_reset_and_nothing_arrives() {
    let ce = suffering(r#""reset""#);
    let (arrived, end) = arrives(&ce);
    assert_eq!(arrived, b"");
    assert_eq!(end.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(effect_of_first(&ce), (None, Some("reset")));
    assert_served(&ce, 0);
}

#[test]
fn a_close_is_an_end_and_nothing_arrives() {
    let ce = suffering(r#""close""#);
    let (arrived, end) = arrives(&ce);
    assert_eq!((arrived, end.unwrap()), (Vec::new(), 0));
    assert_eq!(effect_of_first(&ce), (None, Some("close")));
    assert_served(&ce, 0);
}

/// A close with unread input in the kernel would be a reset.
#[test]
fn a_close_is_an_end_even_when_the_client_has_sent_more() {
    let ce = MockCe::builder().body_limit(10).start();
    ce.script(Scripted::new(Effect::Close).first(1));
    let mut stream = connect(&ce);
    // One write, which the kernel takes at once: a write that fails would be told of the reset in the place of the read.
    let body = vec![b' '; 100_000];
    let sent = Request::post("/instances", body).to_bytes();
    assert_eq!(stream.write(&sent).unwrap(), sent.len());
    let mut arrived = Vec::new();
    let end = stream.read_to_end(&mut arrived);
    assert_eq!(
        (end.map_err(|error| error.kind()), arrived),
        (Ok(0), Vec::new())
    );
}

/// The fault that matters most for what is not idempotent.
#[test]
fn a_lost_reply_has_had_its_effect_and_the_journal_says_both() {
    let ce = suffering(r#""loseReply""#);
    let (arrived, end) = arrives(&ce);
    assert_eq!((arrived, end.unwrap()), (Vec::new(), 0));
    assert_eq!(ce.instances()[0].id, 1234);
    let received = ce.received(Method::POST, "/instances").once();
    assert_eq!(received.status, Some(200));
    assert_eq!(received.instance, Some(1234));
    assert_eq!(received.rule.id, "create");
    assert_eq!(received.effect, Some("loseReply"));
    assert_served(&ce, 1);
}

#[test]
fn a_close_in_the_body_comes_at_its_half() {
    let ce = suffering(r#""closeInBody""#);
    let (arrived, end) = arrives(&ce);
    assert!(end.is_ok(), "a close, not a reset");
    let (body, length) = body_and_length(&arrived);
    assert_eq!(body.len(), length / 2);
    assert_served(&ce, 1);
}

#[rstest]
#[case(0)]
#[case(1)]
#[case(100)]
fn a_body_is_cut_short_against_its_length(#[case] kept: usize) {
    let ce = suffering(&format!(r#"{{"cutBody":{kept}}}"#));
    let (arrived, end) = arrives(&ce);
    assert!(end.is_ok(), "a close, not a reset");
    let (body, length) = body_and_length(&arrived);
    assert_eq!(body.len(), kept);
    let whole = ask(&ce, &Request::get("/instances/1234"));
    assert_eq!(length, whole.body.len());
    assert_eq!(body, whole.body[..kept]);
    assert_served(&ce, 1);
}

#[test]
fn malformed_json_is_whole_and_no_json_on_a_connection_that_goes_on() {
    let ce = suffering(r#""malformedJson""#);
    let mut client = Client::connect(ce.address());
    // Not by `ask`, which demands what the description promises.
    client.write(&creation().to_bytes());
    let reply = client.reply("POST");
    assert_eq!(reply.status, 200);
    assert!(
        mock_ce::Json::parse(&reply.body).is_err(),
        "{}",
        reply.text()
    );
    assert_eq!(client.ask(&creation()).id(), 1235);
}

/// Each piece leaves by itself, so no read sees two.
#[test]
fn a_dribble_arrives_whole_and_in_small_pieces() {
    let ce = suffering(r#"{"dribble":{"bytes":64,"pause":"5ms"}}"#);
    let mut stream = connect(&ce);
    stream.write_all(&creation().to_bytes()).unwrap();
    let (mut arrived, mut reads, mut piece) = (Vec::new(), 0, [0; 64]);
    while arrived.len() < 200 || {
        let (body, length) = body_and_length(&arrived);
        body.len() < length
    } {
        let read = stream.read(&mut piece).unwrap();
        assert_ne!(read, 0, "it goes on to its end");
        arrived.extend_from_slice(&piece[..read]);
        reads += 1;
    }
    assert!(reads >= arrived.len() / 64, "{reads}");
    let (body, _) = body_and_length(&arrived);
    assert_eq!(body, ask(&ce, &Request::get("/instances/1234")).body);
    // The connection goes on.
    stream.write_all(&creation().to_bytes()).unwrap();
    assert!(stream.read(&mut piece).unwrap() > 0);
}

#[rstest]
#[case::fixed(r#"{"delay":"300ms"}"#)]
#[case::ranged(r#"{"delay":{"min":"200ms","max":"300ms"}}"#)]
fn a_delayed_reply_comes_and_others_do_not_wait_for_it(#[case] effect: &str) {
    let ce = suffering(effect);
    let (send, order) = mpsc::channel();
    thread::scope(|scope| {
        let (ce, delayed, other) = (&ce, send.clone(), send);
        scope.spawn(move || {
            let reply = ask(ce, &creation());
            delayed.send(("delayed", reply.verdict().0)).unwrap();
        });
        drop(ce.wait_for(1, &Predicate::new(), Duration::from_secs(20)));
        other
            .send(("other", ask(ce, &Request::get("/instances/1234")).status))
            .unwrap();
    });
    let order: Vec<_> = order.iter().collect();
    assert_eq!(order, [("other", 200), ("delayed", 200)]);
    assert_eq!(effect_of_first(&ce), (Some(200), Some("delay")));
}

/// No span is too long for the draw.
#[test]
fn a_range_may_be_as_long_as_it_likes() {
    let ce = MockCe::start();
    let ages = Effect::DelayBetween(Duration::ZERO, Duration::MAX);
    ce.script(Scripted::new(ages).first(1));
    let mut stream = connect(&ce);
    stream.write_all(&creation().to_bytes()).unwrap();
    let held = ce.wait_for(1, &Predicate::new(), Duration::from_secs(20));
    assert_eq!(held.requests[0].effect, Some("delay"));
    assert_served(&ce, 1);
}

#[rstest]
fn a_status_has_the_api_s_error_shape(
    #[values(401, 403, 404, 409, 429, 500, 502, 503)] status: u16,
) {
    let ce = suffering(&format!(r#"{{"status":{status}}}"#));
    let reply = ask(&ce, &creation());
    assert_eq!(reply.verdict(), (status, "scripted"));
    reply.assert_error_shape();
    let retries = matches!(status, 429 | 503);
    assert_eq!(reply.header("retry-after"), retries.then_some("1"));
    assert_eq!(effect_of_first(&ce), (Some(status), Some("status")));
    assert_served(&ce, 0);
}

#[test]
fn a_literal_answer_is_given_to_the_letter() {
    let ce = suffering(
        r#"{"reply":{"status":202,"headers":{"x-a":"b","content-type":"text/plain"},"body":"as is"}}"#,
    );
    let reply = ask(&ce, &creation());
    assert_eq!(
        (reply.verdict(), reply.text()),
        ((202, "scripted"), "as is")
    );
    assert_eq!(reply.header("x-a"), Some("b"));
    assert_eq!(reply.header("content-type"), Some("text/plain"));
    assert_served(&ce, 0);
}

#[test]
fn a_literal_answer_with_a_length_of_its_own_leaves_the_server_alive() {
    let ce = MockCe::start();
    let reply = LiteralReply::new(200)
        .header("content-length", "3")
        .body("hello");
    ce.script(Scripted::new(Effect::Reply(reply)).first(1));
    let (arrived, _) = arrives_and_closes(&ce);
    let (body, length) = body_and_length(&arrived);
    assert_eq!(
        (&*body, length),
        (&b"hello"[..], 5),
        "the length is the connection's"
    );
    assert_served(&ce, 0);
}

/// The grammar of HTTP leaves some answers without a body; none of them ends the server.
#[rstest]
fn an_answer_without_a_body_leaves_the_connection_alive(#[values(204, 304, 999)] status: u16) {
    let ce = MockCe::start();
    let reply = LiteralReply::new(status).body("dropped");
    ce.script(Scripted::new(Effect::Reply(reply)).first(1));
    let (arrived, _) = arrives_and_closes(&ce);
    assert!(arrived.starts_with(format!("HTTP/1.1 {status}").as_bytes()));
    assert_served(&ce, 0);
}

/// The next answers in their order, then back to normal.
#[test]
fn answers_queue_up() {
    let ce = MockCe::start();
    let queue = r#"[
        {"effect":{"reply":{"status":200,"body":"one"}},"when":{"first":1}},
        {"effect":{"reply":{"status":200,"body":{"two":2}}},"when":{"first":2}},
        {"effect":"reset","when":{"first":1}}
    ]"#;
    done(&ce, "POST", "/script", queue);
    let answers: Vec<_> = (0..3)
        .map(|_| ask(&ce, &Request::get("/elements/keys")).text().to_owned())
        .collect();
    assert_eq!(answers, ["one", r#"{"two":2}"#, r#"{"two":2}"#]);
    let (arrived, end) = arrives(&ce);
    assert_eq!((arrived.len(), end.is_err()), (0, true));
    assert_eq!(
        ask(&ce, &Request::get("/elements/keys")).rule(),
        "element-list"
    );
}
