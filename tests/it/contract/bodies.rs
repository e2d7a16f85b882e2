//! When it goes wrong: bodies.

use rstest::rstest;

use super::fresh;
use crate::support::{Core, Harness, Reply, Request, Server, mailjet};

fn create(body: impl Into<Vec<u8>>) -> Reply {
    fresh().ask(Request::post("/instances", body))
}

/// Rule `json-malformed`: line, column, and what was found there.
#[rstest]
#[case::empty("", "line 1, column 1", "found the end of the text")]
#[case::cut("{\"name\": ", "line 1, column 9", "found the end of the text")]
#[case::no_comma("{\"a\": 1\n  \"b\": 2}", "line 2, column 3", "found '\"'")]
#[case::single_quotes("{'name': 1}", "line 1, column 2", "found '\\''")]
#[case::trailing_comma("{\"a\": 1,}", "line 1, column 9", "found '}'")]
#[case::more_after_it("{} {}", "line 1, column 4", "found '{'")]
#[case::form("name=Test", "line 1, column 2", "found 'a'")]
#[case::comment("{\n// no\n}", "line 2, column 1", "found '/'")]
fn malformed_json_is_told_where(#[case] body: &str, #[case] place: &str, #[case] found: &str) {
    let reply = create(body);
    assert_eq!(reply.verdict(), (400, "json-malformed"));
    let message = reply.message();
    assert!(
        message.contains(place) && message.contains(found),
        "{message}"
    );
}

/// Rule `json-malformed`: in an update as in a creation.
#[test]
fn updates_must_be_json_too() {
    let mut ce = fresh();
    ce.ask(Request::post("/instances", mailjet("n")));
    for method in ["PUT", "PATCH"] {
        let reply = ce.ask(Request::to(method, "/instances/1234").json("{"));
        assert_eq!(reply.verdict(), (400, "json-malformed"));
    }
}

/// Rule `curly-quotes`: the message says where the first one is, and what to type.
#[rstest]
#[case("{“name”: \"n\"}", "“", "line 1, column 2")]
#[case("{\n  \"name\": ”n”}", "”", "line 2, column 11")]
#[case("{\"é\": ‘n’}", "‘", "line 1, column 7")]
fn a_curly_quote_is_pointed_at(#[case] body: &str, #[case] quote: &str, #[case] place: &str) {
    let reply = create(body);
    assert_eq!(reply.verdict(), (400, "curly-quotes"));
    let message = reply.message();
    assert!(
        message.contains(&format!("curly quote {quote} at {place}")),
        "{message}"
    );
    assert!(message.ends_with("type \""), "{message}");
}

/// Rule `curly-quotes`: inside of a text they are the caller's own.
#[test]
fn a_curly_quote_inside_of_a_text_is_none_of_ours() {
    let reply = create(mailjet("“Test”"));
    assert_eq!(reply.member("name"), "“Test”");
}

/// Rule `content-type`: the message names what was sent and what to send.
#[rstest]
#[case::text(Some("text/plain"), "Content-Type: text/plain was sent")]
#[case::form(
    Some("application/x-www-form-urlencoded"),
    "Content-Type: application/x-www-form-urlencoded was sent"
)]
#[case::nearly(Some("application/jsonp"), "Content-Type: application/jsonp was sent")]
#[case::none(None, "a body without Content-Type was sent")]
fn a_body_of_another_type_is_refused(#[case] content_type: Option<&str>, #[case] told: &str) {
    for (method, path) in [
        ("POST", "/instances"),
        ("PUT", "/instances/1234"),
        ("PATCH", "/instances/1234"),
    ] {
        let mut request = Request::to(method, path).body(mailjet("n"));
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let reply = fresh().ask(request);
        assert_eq!(reply.verdict(), (415, "content-type"), "{method}");
        assert_eq!(
            reply.message(),
            format!("{told}; send Content-Type: application/json")
        );
    }
}

/// Rule `content-type`: JSON by any of its names.
#[rstest]
#[case("application/json;charset=UTF-8")]
#[case("Application/JSON")]
#[case("application/vnd.api+json")]
fn json_has_several_names(#[case] content_type: &str) {
    let request = Request::to("POST", "/instances")
        .header("content-type", content_type)
        .body(mailjet("n"));
    assert_eq!(fresh().ask(request).status, 200);
}

/// Rule `too-large`: one byte decides, the limit is a setting, and 429 closes the connection.
#[rstest]
#[case::at_the_limit(0, 200, "create")]
#[case::one_more(1, 429, "too-large")]
fn a_body_over_the_limit_is_refused(#[case] more: usize, #[case] status: u16, #[case] rule: &str) {
    let limit = mailjet("n").len();
    let mut server = Server::start(&[("body-limit", &limit.to_string())]);
    let reply = server.ask(Request::post(
        "/instances",
        mailjet("n") + &" ".repeat(more),
    ));
    assert_eq!(reply.verdict(), (status, rule));
    assert_eq!(reply.closes(), status == 429);
    if status == 429 {
        assert_eq!(
            reply.message(),
            format!("The request body exceeds the limit of {limit} bytes")
        );
    }
    assert_eq!(server.ask(Request::get("/elements/keys")).status, 200);
}

/// Rule `too-large`: 8 MB unless told otherwise.
#[rstest]
#[case::at_the_limit(8 * 1024 * 1024, 200)]
#[case::one_more(8 * 1024 * 1024 + 1, 429)]
fn the_limit_is_eight_megabytes(#[case] size: usize, #[case] status: u16) {
    let mut body = mailjet("n").into_bytes();
    body.resize(size, b' ');
    assert_eq!(
        Server::start(&[])
            .ask(Request::post("/instances", body))
            .status,
        status
    );
}

/// Rule `json-malformed`: a body that is refused changes nothing.
#[test]
fn a_refused_creation_leaves_nothing() {
    let mut ce = Core::start(&[("empty-lists", "ok")]);
    for body in ["{", "[]", "{}"] {
        assert_eq!(ce.ask(Request::post("/instances", body)).status, 400);
    }
    assert_eq!(ce.ask(Request::get("/instances")).text(), "[]");
}
