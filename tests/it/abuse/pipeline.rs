//! Several requests at once on one connection, good and bad.

use rstest::rstest;

use super::*;

#[test]
fn two_good_requests_are_answered_in_order() {
    let ce = MockCe::start();
    let answers = answers(&ce, format!("{}{GET}", create()));
    assert_eq!(answers.len(), 2);
    assert!(answers[0].body.starts_with(b"{\"id\":1234"));
    assert!(answers[1].body.starts_with(b"["));
}

#[rstest]
#[case::garbage("NONSENSE\r\n\r\n", &[200, 400])]
#[case::h2_preface("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &[200, 400])]
#[case::half_a_head("GET /elem", &[200])]
#[case::half_a_body("POST /elements/api-v2/instances HTTP/1.1\r\ncontent-length: 9\r\n\r\n{", &[200, 400])]
fn a_good_request_is_answered_whatever_follows(#[case] next: &str, #[case] expected: &[u16]) {
    let ce = MockCe::start();
    assert_eq!(statuses(&ce, format!("{GET}{next}")), expected);
}

#[test]
fn ten_thousand_requests_at_once_are_answered_though_none_is_read_before_the_last_was_sent() {
    let ce = MockCe::start();
    let mut raw = Raw::open(&ce);
    let mut sender = raw.another_end();
    let sending = std::thread::spawn(move || {
        sender.send(GET.repeat(10_000));
        sender.finish();
    });
    let statuses: Vec<_> = std::iter::from_fn(|| raw.answer()).collect();
    sending.join().unwrap();
    assert_eq!(statuses.len(), 10_000);
    assert!(statuses.iter().all(|answer| answer.status == 200));
    assert_serves(&ce);
}

/// The server answers garbage behind everything before it, in the documented shape, however late the client reads.
#[test]
fn garbage_behind_answers_that_nobody_has_read_yet_is_refused_as_ever() {
    let ce = MockCe::start();
    let mut raw = Raw::open(&ce);
    let count = 3_000;
    raw.send("GET /elements/api-v2/elements HTTP/1.1\r\nhost: h\r\n\r\n".repeat(count));
    raw.send("NONSENSE\r\n\r\n");
    raw.finish();
    let answers = raw.answers();
    assert_eq!(answers.len(), count + 1);
    answers[count].assert_documented();
    assert_eq!(answers[count].status, 400);
}
