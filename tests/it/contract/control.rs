//! The mock's own side: what a test orders, and who may order it.

use http::Method;
use mock_ce::{Effect, Scripted};
use rstest::rstest;

use super::fresh;
use crate::support::{Harness, Request, Server, mailjet};

/// Rule `scripted`: the fault comes at the request that it was ordered for, in the shape of every error, and the
/// request has no effect.
#[test]
fn a_scripted_fault_comes_where_it_was_ordered() {
    let mut server = Server::start(&[]);
    server.ce.script(
        Scripted::new(Effect::Status(503))
            .method(Method::POST)
            .path("/instances")
            .nth(2),
    );
    let replies = [(); 3].map(|()| server.ask(Request::post("/instances", mailjet("n"))));
    let verdicts = replies.each_ref().map(|reply| reply.verdict());
    assert_eq!(
        verdicts,
        [(200, "create"), (503, "scripted"), (200, "create")]
    );
    assert_eq!(server.ask(Request::get("/instances")).ids(), [1234, 1235]);
}

/// Rule `scripted`: with its grade, and an error body like any other.
#[test]
fn a_scripted_status_has_the_shape_of_an_error() {
    let mut server = Server::start(&[]);
    server.ce.script(Scripted::new(Effect::Status(429)));
    let reply = server.ask(Request::get("/elements"));
    assert_eq!(
        reply.header("mock-ce-because"),
        Some("scripted; grade=scripted")
    );
    assert_ne!(reply.message(), "");
    server.ce.clear_script();
    assert_eq!(server.ask(Request::get("/elements")).status, 200);
}

/// Rules `control`, `cors`: no page of another origin steers the mock, and no reply allows it one.
#[rstest]
#[case::foreign_origin("127.0.0.1:1", Some("http://app.test"), 403)]
#[case::foreign_host("app.test", None, 403)]
#[case::own_page("127.0.0.1:1", Some("http://127.0.0.1:1"), 200)]
#[case::no_page("localhost:1", None, 200)]
fn only_this_machine_steers_the_mock(
    #[case] host: &str,
    #[case] origin: Option<&str>,
    #[case] status: u16,
) {
    let mut request = Request::raw("GET", "/__admin/health").header("host", host);
    if let Some(origin) = origin {
        request = request.header("origin", origin);
    }
    for reply in [
        fresh().ask(request.clone()),
        Server::start(&[]).ask(request),
    ] {
        assert_eq!(reply.status, status, "{}", reply.text());
        assert_eq!(reply.header("access-control-allow-origin"), None);
    }
}

/// Rules `control`, `cors`: a preflight for the control API of a foreign page allows nothing.
#[test]
fn a_foreign_page_gets_no_preflight() {
    let preflight = Request::raw("OPTIONS", "/__admin/script")
        .header("host", "127.0.0.1:1")
        .header("origin", "http://app.test")
        .header("access-control-request-method", "POST");
    let reply = fresh().ask(preflight);
    assert_eq!(reply.status, 403);
    assert!(
        !reply
            .headers
            .iter()
            .any(|(name, _)| name.starts_with("access-control"))
    );
}
