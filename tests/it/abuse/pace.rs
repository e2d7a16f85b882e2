//! Clients that are slow, or say nothing at all: each deadline, one by one.
//!
//! The server takes one connection at a time, so that the next client is served only if the slow one was let go.

use std::time::Duration;

use mock_ce::Settings;

use super::*;

const SHORT: Duration = Duration::from_millis(200);
const PAUSE: Duration = Duration::from_millis(5);

fn one_at_a_time() -> Settings {
    MockCe::builder().connection_limit(1)
}

/// Sends `bytes` one by one, for as long as the server bears it.
#[track_caller]
fn assert_is_cut_off_while_sending(raw: &mut Raw, bytes: &[u8]) {
    for byte in bytes {
        raw.send([*byte]);
        if !raw.is_open_after(PAUSE) {
            return;
        }
    }
    panic!("the server took {} bytes, one by one", bytes.len());
}

#[test]
fn a_head_that_comes_byte_by_byte_is_cut_off() {
    let ce = one_at_a_time().head_timeout(SHORT).start();
    let mut raw = Raw::open(&ce);
    assert_is_cut_off_while_sending(&mut raw, &b"GET /a HTTP/1.1\r\na: b\r\n".repeat(100));
    assert_serves(&ce);
}

#[test]
fn half_a_head_is_cut_off() {
    let ce = one_at_a_time().head_timeout(SHORT).start();
    let mut raw = Raw::open(&ce);
    raw.send("GET /elements/api-v2/elements HTTP/1.1\r\nhost:");
    assert_eq!(raw.answers().len(), 0);
    assert_serves(&ce);
}

/// It came with the request before it, so it counts as said while idle: the shorter of the two times does not apply.
#[test]
fn half_a_head_behind_a_whole_request_is_cut_off() {
    let ce = one_at_a_time().keep_alive_timeout(SHORT).start();
    let mut raw = Raw::open(&ce);
    raw.send(format!("{GET}GET /elements/api-v2"));
    assert_eq!(raw.answers().len(), 1);
    assert_serves(&ce);
}

#[test]
fn a_body_that_pauses_is_cut_off() {
    let ce = one_at_a_time().body_timeout(SHORT).start();
    let mut raw = Raw::open(&ce);
    raw.send(format!("{CREATE}content-length: 100\r\n\r\n{{"));
    assert_eq!(raw.answers().len(), 0);
    assert_serves(&ce);
}

#[test]
fn a_body_that_comes_byte_by_byte_is_cut_off_when_the_request_takes_too_long() {
    let ce = one_at_a_time().request_timeout(SHORT).start();
    let mut raw = Raw::open(&ce);
    raw.send(format!("{CREATE}content-length: 100000\r\n\r\n"));
    assert_is_cut_off_while_sending(&mut raw, &[b' '; 10_000]);
    assert_serves(&ce);
}

#[test]
fn a_connection_that_says_nothing_is_let_go() {
    let ce = one_at_a_time().keep_alive_timeout(SHORT).start();
    assert_eq!(Raw::open(&ce).answers().len(), 0);
    assert_serves(&ce);
}

#[test]
fn a_connection_that_says_nothing_more_is_let_go() {
    let ce = one_at_a_time().keep_alive_timeout(SHORT).start();
    let mut raw = Raw::open(&ce);
    raw.send(GET);
    assert_eq!(raw.answers().len(), 1);
    assert_serves(&ce);
}

#[test]
fn a_client_that_never_reads_is_cut_off() {
    let ce = one_at_a_time().request_timeout(SHORT).start();
    let mut raw = Raw::open(&ce);
    // More answers than the buffers of two sockets hold.
    raw.send("GET /elements/api-v2/elements HTTP/1.1\r\nhost: h\r\n\r\n".repeat(5_000));
    assert_serves(&ce);
}
