//! The control API under requests that a foreign page, or a client with two faces, could make.

use rstest::rstest;

use super::*;

fn health(hosts: &str) -> String {
    format!("GET /__admin/health HTTP/1.1\r\n{hosts}\r\n")
}

/// Rules `control` and `http-malformed`.
#[rstest]
#[case::this_machine("host: localhost\r\n", 200)]
#[case::this_machine_by_address("host: [::1]:80\r\n", 200)]
#[case::an_address_with_a_tail("host: [::1].evil.com\r\n", 403)]
#[case::a_second_host("host: localhost\r\nhost: evil.com\r\n", 400)]
#[case::a_second_host_first("host: evil.com\r\nhost: localhost\r\n", 400)]
#[case::no_host("", 400)]
fn a_host_reaches_the_control_api(#[case] hosts: &str, #[case] expected: u16) {
    let ce = MockCe::start();
    let answers = answers(&ce, health(hosts));
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].status, expected);
    assert_serves(&ce);
}

/// Rule `request-id`: what went well has one too.
#[test]
fn each_reply_of_the_control_api_carries_an_id_of_its_own() {
    let ce = MockCe::start();
    let ids: Vec<_> = answers(&ce, health("host: localhost\r\n").repeat(2))
        .iter()
        .map(|answer| {
            answer
                .header("elements-request-id")
                .expect("an id")
                .to_owned()
        })
        .collect();
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1]);
    assert!(ids.iter().all(|id| id.len() == 24));
}
