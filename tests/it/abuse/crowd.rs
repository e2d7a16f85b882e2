//! Many connections, and connections that end strangely.

use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::mpsc::channel;

use mock_ce::{Effect, LiteralReply, Method, Scripted};
use rstest::rstest;

use super::*;

#[rstest]
#[case::at_once("")]
#[case::within_a_head("GET /elements/api-v2")]
#[case::before_the_answer(GET)]
fn ten_thousand_connections_opened_and_dropped_leave_nothing_behind(#[case] said: &str) {
    let ce = MockCe::start();
    assert_serves(&ce);
    for _ in 0..100 {
        let mut connections: Vec<_> = (0..100).map(|_| Raw::open(&ce)).collect();
        for raw in &mut connections {
            raw.send(said);
        }
    }
    assert_serves(&ce);
}

#[test]
fn connections_dropped_with_an_answer_unread_are_let_go() {
    let ce = MockCe::builder().connection_limit(1).start();
    for _ in 0..100 {
        let mut raw = Raw::open(&ce);
        raw.send("GET /elements/api-v2/elements HTTP/1.1\r\nhost: h\r\n\r\n".repeat(10));
    }
    assert_serves(&ce);
}

/// Beyond the limit the others wait in the queue of the port, and are served when one leaves.
#[test]
fn beyond_the_limit_accepting_waits_and_goes_on() {
    let ce = MockCe::builder().connection_limit(4).start();
    let mut held: Vec<_> = (0..4).map(|_| Raw::open(&ce)).collect();
    for raw in &mut held {
        raw.send(GET);
        assert_eq!(raw.answer().unwrap().status, 200);
    }
    let mut waiting: Vec<_> = (0..4).map(|_| Raw::open(&ce)).collect();
    for raw in &mut waiting {
        raw.send(GET);
        assert!(raw.is_open_after(std::time::Duration::from_millis(20)));
        assert!(raw.has_heard_nothing());
    }
    drop(held);
    for raw in &mut waiting {
        assert_eq!(raw.answer().unwrap().status, 200);
    }
    drop(waiting);
    assert_serves(&ce);
}

#[rstest]
#[case::without_a_body(GET.to_owned())]
#[case::with_a_body(create())]
fn a_client_that_has_closed_its_half_is_answered(#[case] request: String) {
    let ce = MockCe::start();
    // Many times, for the end may be seen with the request or after it.
    for _ in 0..200 {
        assert_eq!(answers(&ce, &request)[0].status, 200);
    }
    assert_serves(&ce);
}

#[test]
fn a_client_that_has_closed_its_half_gets_a_long_answer_to_its_end() {
    let ce = MockCe::start();
    let name = "n".repeat(4_000_000);
    for _ in 0..8 {
        ce.seed(&mock_ce::Seed::new("o", "mailjet", name.as_str()))
            .unwrap();
    }
    let list = "GET /elements/api-v2/instances HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\
                authorization: User u, Organization o\r\n\r\n";
    let answers = answers(&ce, list);
    assert_eq!(answers.len(), 1);
    assert!(answers[0].body.len() > 8 * name.len());
}

#[test]
fn a_client_that_has_closed_its_half_is_answered_however_long_the_answer_is_held_back() {
    let ce = MockCe::start();
    let delay = std::time::Duration::from_millis(50);
    ce.script(Scripted::new(Effect::Delay(delay)));
    assert_eq!(answers(&ce, GET)[0].status, 200);
}

#[test]
fn a_dropped_server_answers_nobody() {
    let ce = MockCe::start();
    let mut raw = Raw::open(&ce);
    raw.send(GET);
    assert_eq!(raw.answer().unwrap().status, 200);
    let address = ce.address();
    drop(ce);
    raw.send(GET);
    assert!(!raw.is_open_after(std::time::Duration::from_secs(60)));
    assert!(TcpStream::connect(address).is_err());
}

/// Its thread is busy with one request when two more come; the drop comes while the first of the two is answered.
#[test]
fn a_server_dropped_in_the_middle_of_an_answer_waits_for_nothing_and_answers_nobody_else() {
    let ce = MockCe::start();
    let mut clients = [(); 3].map(|()| Raw::open(&ce));
    for raw in &mut clients {
        raw.send(GET);
        assert_eq!(raw.answer().unwrap().status, 200);
    }
    let ((entered, entries), (free, held)) = (channel(), channel());
    let held = Mutex::new(held);
    let busy = ce.stub(Method::GET, "/**").respond_with(move |_| {
        let _waited = entered.send(()).map(|()| held.lock().unwrap().recv());
        LiteralReply::new(200)
    });
    busy.forever();
    let [mut first, mut second, mut third] = clients;
    first.send(GET);
    entries.recv().unwrap();
    second.send(GET);
    third.send(GET);
    free.send(()).unwrap();
    entries.recv().unwrap();
    drop(ce);
    free.send(()).unwrap();
    drop(free);
    let minute = std::time::Duration::from_secs(60);
    let answered = [&mut second, &mut third].map(|raw| raw.is_open_after(minute));
    assert_ne!(answered, [true; 2]);
    assert!(entries.try_recv().is_err(), "a third request was answered");
}
