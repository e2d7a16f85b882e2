//! Bodies that are too large, announced or not.

use super::*;

#[cfg(feature = "cli")]
const MIB: usize = 1024 * 1024;

#[cfg(feature = "cli")]
/// Sends 256 MiB in pieces that `frame` wraps, or as much as the server takes.
fn flood(raw: &mut Raw, frame: fn(&[u8]) -> Vec<u8>) {
    let piece = frame(&[b' '; 64 * 1024]);
    for _ in 0..256 * MIB / (64 * 1024) {
        if !raw.send(&piece) {
            return;
        }
    }
}

/// Rule `too-large`: refused while it comes in; the client that sends it all to its end can still read why.
#[cfg(feature = "cli")]
#[rstest::rstest]
#[case::announced("content-length: 268435456\r\n", |piece: &[u8]| piece.to_vec())]
#[case::chunked("transfer-encoding: chunked\r\n", |piece: &[u8]| {
    [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat()
})]
fn a_body_of_256_mib_is_refused_and_never_held(
    #[case] headers: &str,
    #[case] frame: fn(&[u8]) -> Vec<u8>,
) {
    // In a process of its own: what other tests hold must not count.
    let server = process::Server::start();
    let before = server.resident();
    for _ in 0..4 {
        let mut raw = Raw::connect(server.address);
        raw.send(format!("{CREATE}{headers}\r\n"));
        flood(&mut raw, frame);
        let answer = raw.answer().expect("an answer");
        answer.assert_documented();
        assert_eq!(answer.status, 429);
        assert_eq!(answer.header("connection"), Some("close"));
    }
    let grown = server.resident().saturating_sub(before);
    assert!(grown < 32 * MIB, "{} MiB", grown / MIB);
    let mut next = Raw::connect(server.address);
    next.send(create());
    assert_eq!(next.answer().unwrap().status, 200);
}

#[test]
fn a_client_that_goes_on_sending_behind_a_refusal_sees_a_clean_end() {
    let ce = MockCe::start();
    let mut raw = Raw::open(&ce);
    raw.send(format!("{CREATE}content-length: 268435456\r\n\r\n"));
    assert_eq!(raw.answer().expect("an answer").status, 429);
    for _ in 0..16 {
        assert!(raw.send([b' '; 64 * 1024]));
    }
    raw.finish();
    assert!(raw.answer().is_none());
}

#[test]
fn a_body_of_exactly_the_limit_is_read_and_one_byte_more_is_not() {
    let ce = MockCe::builder().body_limit(BODY.len()).start();
    assert_eq!(statuses(&ce, create()), [200]);
    let longer = format!("{CREATE}content-length: {}\r\n\r\n{BODY} ", BODY.len() + 1);
    assert_eq!(statuses(&ce, longer), [429]);
}

/// A body nobody asked for does not keep the connection either.
#[test]
fn a_large_body_for_an_unknown_route_is_not_read() {
    let ce = MockCe::start();
    let mut raw = Raw::open(&ce);
    raw.send("POST /nowhere HTTP/1.1\r\nhost: h\r\ncontent-length: 268435456\r\n\r\n{");
    let answers = raw.answers();
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].status, 404);
    assert_serves(&ce);
}

#[test]
fn a_client_that_asks_before_it_sends_is_told_to_go_on() {
    let ce = MockCe::start();
    let mut raw = Raw::open(&ce);
    let length = BODY.len();
    raw.send(format!(
        "{CREATE}expect: 100-continue\r\ncontent-length: {length}\r\n\r\n"
    ));
    assert_eq!(raw.answer().expect("leave to send").status, 100);
    raw.send(BODY);
    assert_eq!(raw.answer().expect("an answer").status, 200);
    assert_serves(&ce);
}

#[test]
fn a_client_that_asks_to_send_too_much_is_refused_before_it_does() {
    let ce = MockCe::start();
    let mut raw = Raw::open(&ce);
    raw.send(format!(
        "{CREATE}expect: 100-continue\r\ncontent-length: 268435456\r\n\r\n"
    ));
    let answers = raw.answers();
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].status, 429);
    answers[0].assert_documented();
    assert_serves(&ce);
}
