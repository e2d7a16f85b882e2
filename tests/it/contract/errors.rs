//! When it goes wrong: the shape of errors, and what is refused before a body is looked at.

use std::collections::HashSet;

use rstest::rstest;

use super::fresh;
use crate::support::{Harness, Reply, Request, Server, mailjet};

/// Rules `error-body`, `request-id`: every kind of refusal has the shape, which `message` looks at.
#[rstest]
#[case(400, Request::post("/instances", "{"))]
#[case(401, Request::get("/instances").without("authorization"))]
#[case(404, Request::get("/nowhere"))]
#[case(404, Request::get("/instances/1"))]
#[case(405, Request::to("BREW", "/instances"))]
#[case(406, Request::get("/elements").header("accept", "text/html"))]
#[case(415, Request::to("POST", "/instances").body("x"))]
#[case(429, Request::post("/instances", vec![b' '; 301]))]
fn every_error_has_the_same_shape(#[case] status: u16, #[case] request: Request) {
    let reply = Server::start(&[("body-limit", "300")]).ask(request);
    assert_eq!(reply.status, status);
    assert_ne!(reply.message(), "");
}

/// Rule `request-id`: each reply has its own, and a rerun with the same seed the same.
#[test]
fn request_ids_are_distinct_and_the_same_in_a_rerun() {
    let ids = || {
        let mut ce = fresh();
        let mut id = |path| {
            ce.ask(Request::get(path))
                .header("elements-request-id")
                .unwrap()
                .to_owned()
        };
        [
            id("/elements"),
            id("/instances"),
            id("/nowhere"),
            id("/elements/6"),
        ]
    };
    assert_eq!(ids().iter().collect::<HashSet<_>>().len(), 4);
    assert_eq!(ids(), ids());
}

/// Rule `accept`.
#[rstest]
#[case("text/html", 406)]
#[case("text/html, image/*;q=0.5", 406)]
#[case("application/json;q=0, */*", 406)]
#[case("application/json", 200)]
#[case("text/html, application/*;q=0.1", 200)]
#[case("*/*", 200)]
fn an_accept_that_excludes_json_is_refused(#[case] accept: &str, #[case] status: u16) {
    let reply = fresh().ask(Request::post("/instances", mailjet("n")).header("accept", accept));
    assert_eq!(reply.status, status);
    if status == 406 {
        assert_eq!(reply.rule(), "accept");
        assert!(reply.message().contains(accept), "{}", reply.message());
    }
}

/// Rule `accept`: several lines of it are one list.
#[test]
fn an_accept_over_two_lines_is_one_list() {
    let request = Request::get("/elements")
        .header("accept", "text/html")
        .header("accept", "application/json");
    assert_eq!(fresh().ask(request).status, 200);
}

/// Rule `method`: with the verbs that the path has.
#[rstest]
#[case("POST", "/elements", "GET, HEAD")]
#[case("DELETE", "/elements/keys", "GET, HEAD")]
#[case("PUT", "/elements/6", "GET, HEAD")]
#[case("BREW", "/instances", "POST, GET, HEAD, PUT, PATCH, DELETE")]
#[case("POST", "/instances/1234", "GET, HEAD, PUT, PATCH, DELETE")]
#[case("PUT", "/elements/6/instances", "POST, GET, HEAD")]
#[case("TRACE", "/elements/6/instances/1", "GET, HEAD, PUT, PATCH, DELETE")]
fn another_verb_is_told_which_there_are(
    #[case] method: &str,
    #[case] path: &str,
    #[case] allow: &str,
) {
    for request in [
        Request::to(method, path),
        Request::to(method, path).without("authorization"),
    ] {
        let reply = Server::start(&[]).ask(request);
        assert_eq!(reply.verdict(), (405, "method"));
        assert_eq!(reply.header("allow"), Some(allow));
        assert!(reply.message().contains(method), "{}", reply.message());
    }
}

/// Rule `method`: `HEAD` has the status and headers of `GET`, and no body.
#[rstest]
#[case("/elements", 200)]
#[case("/instances", 200)]
#[case("/instances/1234", 200)]
#[case("/instances/99", 404)]
#[case("/elements/keys", 200)]
fn head_is_get_without_the_body(#[case] path: &str, #[case] status: u16) {
    let mut server = Server::start(&[]);
    server.ask(Request::post("/instances", mailjet("n")));
    let mut ask = |method| {
        let mut reply = server.ask(Request::to(method, path));
        reply
            .headers
            .retain(|(name, _)| name != "date" && name != "elements-request-id");
        reply
    };
    let (head, get) = (ask("HEAD"), ask("GET"));
    assert_eq!((head.status, head.body), (status, Vec::new()));
    assert_eq!(head.headers, get.headers);
    assert_eq!(ask("GET").status, status, "the connection goes on");
}

const EXPOSED: &str = "Elements-Returned-Count, Elements-Total-Count, Elements-Request-Id, Elements-Next-Page-Token, \
                       Elements-Trace-Id, Elements-Error, Content-Disposition";

fn assert_allowed(reply: &Reply) {
    assert_eq!(
        reply.header("access-control-allow-origin"),
        Some("http://app.test")
    );
    let lines = reply.headers.iter();
    let exposed = lines.filter(|(name, _)| name == "access-control-expose-headers");
    let exposed: Vec<_> = exposed.map(|(_, value)| value.as_str()).collect();
    // The mock's own marks stand on a line of their own, and on refusals only.
    let marks = (reply.status >= 400).then_some("mock-ce-because, mock-ce-hint");
    let expected: Vec<_> = [EXPOSED].into_iter().chain(marks).collect();
    assert_eq!(exposed, expected);
    assert_eq!(reply.header("x-frame-options"), None);
}

/// Rule `cors`: every reply to an origin allows it, refusals included; without one nothing is said.
#[test]
fn replies_allow_the_origin_that_asks() {
    let mut ce = fresh();
    for request in [
        Request::post("/instances", mailjet("n")),
        Request::get("/instances"),
        Request::get("/elements/6"),
        Request::delete("/instances/1234"),
        Request::get("/instances").without("authorization"),
        Request::post("/instances", "{"),
    ] {
        let silent = ce.ask(request.clone());
        assert!(
            !silent
                .headers
                .iter()
                .any(|(name, _)| name.starts_with("access-control"))
        );
        assert_eq!(silent.header("x-frame-options"), None);
        assert_allowed(&ce.ask(request.header("origin", "http://app.test")));
    }
}

fn preflight(path: &str) -> Request {
    Request::to("OPTIONS", path)
        .without("authorization")
        .header("origin", "http://app.test")
        .header("access-control-request-method", "PATCH")
        .header(
            "access-control-request-headers",
            "authorization, content-type",
        )
}

/// Rule `cors`: a preflight is answered without credentials, with the path's verbs and the headers asked for.
#[rstest]
#[case("/instances", "POST, GET, HEAD, PUT, PATCH, DELETE")]
#[case("/elements/6/instances/1", "GET, HEAD, PUT, PATCH, DELETE")]
fn a_preflight_is_answered(#[case] path: &str, #[case] verbs: &str) {
    let reply = Server::start(&[("credentials", "u:o")]).ask(preflight(path));
    assert_eq!((reply.verdict(), reply.text()), ((200, "cors"), ""));
    assert_allowed(&reply);
    assert_eq!(reply.header("access-control-allow-methods"), Some(verbs));
    assert_eq!(
        reply.header("access-control-allow-headers"),
        Some("authorization, content-type")
    );
}

/// Rule `cors`: of a path that is not, there is nothing to ask.
#[test]
fn a_preflight_for_nowhere_is_not_found() {
    assert_eq!(
        fresh().ask(preflight("/nowhere")).verdict(),
        (404, "unknown-route")
    );
}

/// Rule `method`: `OPTIONS` that is no preflight is told the verbs like any other.
#[test]
fn options_alone_is_no_preflight() {
    let reply = fresh().ask(Request::to("OPTIONS", "/elements"));
    assert_eq!(reply.header("allow"), Some("GET, HEAD"));
}
