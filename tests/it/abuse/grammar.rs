//! Bytes that are no request, nearly one, or one of another protocol.

use rstest::rstest;

use super::*;

fn head(extra: &str) -> Vec<u8> {
    format!("GET /elements/api-v2/elements/keys HTTP/1.1\r\nhost: h\r\n{extra}\r\n").into_bytes()
}

/// The first bytes of a TLS 1.2 hello.
const TLS_HELLO: &[u8] = b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\x5c\x00\x01\x02\r\n\r\n";

/// Rule `http-malformed`, and what HTTP lets pass.
#[rstest]
#[case::h2_preface(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec(), &[400])]
#[case::tls_hello(TLS_HELLO.to_vec(), &[400])]
#[case::http_0_9(b"GET /elements/api-v2/elements/keys\r\n\r\n".to_vec(), &[400])]
#[case::http_1_0(b"GET /elements/api-v2/elements/keys HTTP/1.0\r\n\r\n".to_vec(), &[200])]
#[case::http_1_2(b"GET / HTTP/1.2\r\n\r\n".to_vec(), &[400])]
#[case::bare_line_feeds(b"GET /elements/api-v2/elements/keys HTTP/1.1\nhost: h\n\n".to_vec(), &[200])]
#[case::bare_carriage_return(b"GET / HTTP/1.1\rhost: h\r\r".to_vec(), &[400])]
#[case::null_in_the_target(b"GET /\0 HTTP/1.1\r\n\r\n".to_vec(), &[400])]
#[case::null_in_a_header(head("a: b\0c\r\n"), &[400])]
#[case::nulls_only(vec![0; 10_000], &[400])]
#[case::high_bytes(vec![0xff; 10_000], &[400])]
#[case::high_byte_in_the_target(b"GET /elements/api-v2/elements/\xff HTTP/1.1\r\n\r\n".to_vec(), &[400])]
#[case::space_before_the_colon(head("a : b\r\n"), &[400])]
#[case::folded_header(head("a: b\r\n c\r\n"), &[400])]
#[case::header_without_colon(head("nonsense\r\n"), &[400])]
#[case::empty_lines_before(b"\r\n\r\nGET /elements/api-v2/elements/keys HTTP/1.1\r\nhost: h\r\n\r\n".to_vec(), &[200])]
#[case::no_host(b"GET /elements/api-v2/elements/keys HTTP/1.1\r\n\r\n".to_vec(), &[400])]
#[case::two_hosts(head("host: h\r\n"), &[400])]
#[case::two_hosts_of_http_1_0(b"GET /elements/api-v2/elements/keys HTTP/1.0\r\nhost: h\r\nhost: h\r\n\r\n".to_vec(), &[400])]
#[case::url_of_100_kb(format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(100_000)).into_bytes(), &[431])]
#[case::method_of_100_kb("A".repeat(100_000).into_bytes(), &[431])]
#[case::header_of_100_kb(head(&format!("a: {}\r\n", "b".repeat(100_000))), &[431])]
#[case::headers_10_000(head(&"a: b\r\n".repeat(10_000)), &[431])]
#[case::headers_101(head(&"a: b\r\n".repeat(101)), &[431])]
#[case::unknown_method(b"BREW /elements/api-v2/elements/keys HTTP/1.1\r\nhost: h\r\n\r\n".to_vec(), &[405])]
#[case::connect(b"CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\n".to_vec(), &[404])]
#[case::asterisk(b"OPTIONS * HTTP/1.1\r\nhost: h\r\n\r\n".to_vec(), &[404])]
#[case::upgrade_to_websocket(head("connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: dGhlIHNhbXBsZQ==\r\n"), &[200])]
#[case::upgrade_to_h2c(head("connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n"), &[200])]
#[case::nothing(Vec::new(), &[])]
#[case::half_a_head(b"GET /elements/api".to_vec(), &[])]
fn is_answered_or_closed(#[case] bytes: Vec<u8>, #[case] expected: &[u16]) {
    let ce = MockCe::start();
    assert_eq!(statuses(&ce, bytes), expected);
}

#[test]
fn a_refusal_of_what_is_no_request_names_its_rule_and_closes_though_the_client_does_not() {
    let ce = MockCe::start();
    let mut raw = Raw::open(&ce);
    raw.send("NONSENSE\r\n\r\n");
    let answers = raw.answers();
    assert_eq!(answers.len(), 1);
    let because = answers[0].header("mock-ce-because");
    assert_eq!(because, Some("http-malformed; grade=assumed"));
    assert_eq!(answers[0].header("connection"), Some("close"));
}

#[test]
fn limits_of_the_head_can_be_set() {
    let ce = MockCe::builder().header_limit(10).head_limit(8192).start();
    assert_eq!(statuses(&ce, head(&"a: b\r\n".repeat(11))), [431]);
    let long = format!("a: {}\r\n", "b".repeat(10_000));
    assert_eq!(statuses(&ce, head(&long)), [431]);
    assert_eq!(statuses(&ce, head(&"a: b\r\n".repeat(5))), [200]);
}
