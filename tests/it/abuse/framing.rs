//! Bodies that lie about their length, or break their own framing.

use rstest::rstest;

use super::*;

fn with(headers: &str, body: &str) -> String {
    format!("{CREATE}{headers}\r\n{body}")
}

fn chunked(chunks: &str) -> String {
    with("transfer-encoding: chunked\r\n", chunks)
}

/// The good body in chunks, with `extension` on the first and `trailers` behind the last.
fn chunks(extension: &str, trailers: &str) -> String {
    let (first, second) = BODY.split_at(10);
    let last = format!("0\r\n{trailers}\r\n");
    chunked(&format!(
        "a{extension}\r\n{first}\r\n{:x}\r\n{second}\r\n{last}",
        second.len()
    ))
}

#[rstest]
#[case::shorter_than_the_body(with("content-length: 5\r\n", BODY), &[400, 400])]
#[case::longer_than_the_body(with("content-length: 5000\r\n", BODY), &[400])]
#[case::none_for_a_body(with("", BODY), &[400, 400])]
#[case::two_that_agree(with(&format!("content-length: {0}\r\ncontent-length: {0}\r\n", BODY.len()), BODY), &[200])]
#[case::two_that_do_not(with("content-length: 5\r\ncontent-length: 6\r\n", BODY), &[400])]
#[case::a_list(with("content-length: 5, 6\r\n", BODY), &[400])]
#[case::negative(with("content-length: -1\r\n", BODY), &[400])]
#[case::with_a_plus(with("content-length: +5\r\n", BODY), &[400])]
#[case::hexadecimal(with("content-length: 0x6f\r\n", BODY), &[400])]
#[case::words(with("content-length: many\r\n", BODY), &[400])]
#[case::beyond_64_bits(with("content-length: 99999999999999999999999\r\n", BODY), &[400])]
#[case::all_of_64_bits(with("content-length: 18446744073709551615\r\n", BODY), &[400])]
#[case::all_of_64_bits_without_a_body(with("content-length: 18446744073709551615\r\n", ""), &[400])]
#[case::nearly_64_bits(with("content-length: 18446744073709551613\r\n", BODY), &[429])]
fn a_length_that_lies(#[case] bytes: String, #[case] expected: &[u16]) {
    let ce = MockCe::start();
    assert_eq!(statuses(&ce, bytes), expected);
}

#[rstest]
#[case::plain(chunks("", ""), &[200])]
#[case::extensions(chunks(";name=value;other=\"quoted\"", ""), &[200])]
#[case::trailers(chunks("", "checksum: 1\r\nother: 2\r\n"), &[200])]
#[case::extension_of_100_kb(chunks(&format!(";a={}", "b".repeat(100_000)), ""), &[400])]
#[case::trailer_of_100_kb(chunks("", &format!("a: {}\r\n", "b".repeat(100_000))), &[400])]
#[case::trailers_10_000(chunks("", &"a: b\r\n".repeat(10_000)), &[400])]
#[case::garbage_for_a_size(chunked("zz\r\n{}\r\n0\r\n\r\n"), &[400])]
#[case::garbage_in_the_middle(chunked("2\r\n{}\r\nnonsense\r\n"), &[400])]
#[case::garbage_behind_a_chunk(chunked("2\r\n{}nonsense\r\n0\r\n\r\n"), &[400])]
#[case::size_beyond_64_bits(chunked("fffffffffffffffff\r\n{}\r\n0\r\n\r\n"), &[400])]
#[case::negative_size(chunked("-2\r\n{}\r\n0\r\n\r\n"), &[400])]
#[case::never_ends(chunked("2\r\n{}\r\n"), &[400])]
#[case::null_bytes(chunked("2\r\n\0\0\r\n0\r\n\r\n"), &[400])]
#[case::length_as_well(with("content-length: 5\r\ntransfer-encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"), &[400])]
#[case::chunked_is_not_last(with("transfer-encoding: chunked, gzip\r\n", BODY), &[400])]
#[case::coded_twice(with("transfer-encoding: gzip, chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"), &[415])]
#[case::coded_twice_in_two_lines(with("transfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"), &[415])]
#[case::unknown_coding(with("transfer-encoding: nonsense\r\n", BODY), &[400])]
fn chunks_that_are_strange(#[case] bytes: String, #[case] expected: &[u16]) {
    let ce = MockCe::start();
    assert_eq!(statuses(&ce, bytes), expected);
}

/// Rule `content-type`: nothing is decoded here.
#[rstest]
#[case::none("identity", 200)]
#[case::gzip("gzip", 415)]
#[case::one_of_two("identity, br", 415)]
#[case::unknown("nonsense", 415)]
fn a_body_in_a_coding(#[case] coding: &str, #[case] expected: u16) {
    let ce = MockCe::start();
    let length = BODY.len();
    let headers = format!("content-encoding: {coding}\r\ncontent-length: {length}\r\n");
    assert_eq!(statuses(&ce, with(&headers, BODY)), [expected]);
}

#[test]
fn chunks_of_one_byte_are_collected() {
    let ce = MockCe::start();
    let bytes: String = BODY.chars().map(|c| format!("1\r\n{c}\r\n")).collect();
    assert_eq!(statuses(&ce, chunked(&format!("{bytes}0\r\n\r\n"))), [200]);
}

/// Garbage within a body is told of while the client is still waiting for more than a close.
#[test]
fn garbage_in_a_body_is_answered_though_the_client_does_not_close() {
    let ce = MockCe::start();
    let mut raw = Raw::open(&ce);
    raw.send(chunked("2\r\n{}\r\nnonsense\r\n"));
    let answers = raw.answers();
    assert_eq!(answers.len(), 1);
    answers[0].assert_documented();
    assert_eq!(answers[0].status, 400);
    assert_serves(&ce);
}
