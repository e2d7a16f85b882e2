//! Senders of orders: this machine's programs may steer, and no page of anybody else.

use std::net::IpAddr;
use std::sync::Arc;

use http::Method;
use mock_ce::catalog::Catalog;
use mock_ce::{ControlAccess, Emulator, MockCe};
use rstest::rstest;

use super::{ask, asking, order};
use crate::support::{Request, mailjet};

fn status_of(access: ControlAccess, peer: Option<IpAddr>, headers: &[(&str, &str)]) -> u16 {
    let settings = MockCe::builder().control(access);
    let emulator = Emulator::new(&settings, Arc::clone(Catalog::documented()));
    let mut request = mock_ce::Request::new(Method::DELETE, "/__admin/state", "")
        .header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request.peer = peer;
    emulator.answer(&request).reply.status.as_u16()
}

#[rstest]
#[case::in_process(None, 200)]
#[case::loopback(Some("127.0.0.1"), 200)]
#[case::loopback_of_version_6(Some("::1"), 200)]
#[case::loopback_in_disguise(Some("::ffff:127.0.0.2"), 200)]
#[case::another_machine(Some("192.0.2.7"), 403)]
#[case::another_machine_of_version_6(Some("2001:db8::1"), 403)]
fn another_machine_steers_only_where_it_was_allowed(
    #[case] peer: Option<&str>,
    #[case] status: u16,
) {
    let peer = peer.map(|peer| peer.parse().unwrap());
    assert_eq!(status_of(ControlAccess::Loopback, peer, &[]), status);
    assert_eq!(status_of(ControlAccess::Anywhere, peer, &[]), 200);
}

#[rstest]
#[case::named("http://app.test:3000", 200)]
#[case::another("http://app.test", 403)]
#[case::null("null", 403)]
fn a_page_of_a_named_origin_steers(#[case] origin: &str, #[case] status: u16) {
    let ce = MockCe::builder()
        .control_origin("HTTP://App.Test:3000/")
        .start();
    let asked = order("DELETE", "/state", "{}").header("origin", origin);
    let reply = ask(&ce, &asked);
    assert_eq!(reply.status, status);
    let admitted = reply.header("access-control-allow-origin");
    assert_eq!(admitted, (status == 200).then_some(origin));
    let preflight = asking("OPTIONS", "/state")
        .header("origin", origin)
        .header("access-control-request-method", "DELETE")
        .header("access-control-request-headers", "content-type");
    let reply = ask(&ce, &preflight);
    assert_eq!(reply.status, status, "{}", reply.text());
    let verbs = (status == 200).then_some("GET, HEAD, PUT, DELETE");
    assert_eq!(reply.header("access-control-allow-methods"), verbs);
    let headers = (status == 200).then_some("content-type");
    assert_eq!(reply.header("access-control-allow-headers"), headers);
}

#[test]
#[should_panic(expected = "\"app.test\" is not an origin such as http://localhost:3000")]
fn an_origin_that_is_none_is_refused() {
    let _ = MockCe::builder().control_origin("app.test");
}

#[test]
fn a_mutation_without_a_body_needs_no_content_type() {
    let ce = MockCe::start();
    ask(&ce, &Request::post("/instances", mailjet("n")));
    assert_eq!(ask(&ce, &asking("DELETE", "/state")).status, 200);
    assert!(ce.instances().is_empty());
}

#[rstest]
#[case::local(&[("host", "localhost:1")], 200)]
#[case::foreign_host(&[("host", "app.test")], 403)]
#[case::foreign_origin(&[("host", "localhost:1"), ("origin", "http://app.test")], 403)]
#[case::another_port(&[("host", "localhost:1"), ("origin", "http://localhost:2")], 403)]
#[case::null_origin(&[("host", "localhost:1"), ("origin", "null")], 403)]
#[case::own_origin(&[("host", "localhost:1"), ("origin", "http://localhost:1")], 200)]
fn a_page_of_another_origin_steers_nothing(#[case] headers: &[(&str, &str)], #[case] status: u16) {
    assert_eq!(status_of(ControlAccess::Loopback, None, headers), status);
}

/// A form of a page can send no JSON.
#[rstest]
#[case("POST", "/script", Some("text/plain"))]
#[case("POST", "/state/instances", Some("application/x-www-form-urlencoded"))]
#[case("PUT", "/clock", None)]
#[case("DELETE", "/state", None)]
#[case("POST", "/state/save", None)]
fn a_mutation_needs_a_json_content_type(
    #[case] method: &str,
    #[case] path: &str,
    #[case] content_type: Option<&str>,
) {
    let ce = MockCe::start();
    ask(&ce, &Request::post("/instances", mailjet("n")));
    let mut request = asking(method, path).body("{}");
    if let Some(content_type) = content_type {
        request = request.header("content-type", content_type);
    }
    let reply = ask(&ce, &request);
    assert_eq!(reply.status, 415, "{}", reply.text());
    assert_eq!(ce.instances().len(), 1);
}

#[rstest]
#[case(asking("GET", "/request"), "Did you mean GET /__admin/requests?")]
#[case(
    order("POST", "/state/instance", "{}"),
    "Did you mean POST /__admin/state/instances?"
)]
fn an_unknown_control_route_is_told_its_neighbour(#[case] request: Request, #[case] hint: &str) {
    let reply = ask(&MockCe::start(), &request);
    assert_eq!(reply.status, 404);
    let message = reply.member("message");
    assert!(message.ends_with(hint), "{message}");
}

#[rstest]
#[case(asking("GET", "/health"))]
#[case(asking("GET", "/nowhere"))]
#[case(asking("PATCH", "/state"))]
#[case(asking("OPTIONS", "/state").header("access-control-request-method", "DELETE"))]
fn no_reply_of_the_control_api_allows_another_origin(#[case] request: Request) {
    for origin in ["http://app.test", "http://localhost"] {
        let reply = ask(&MockCe::start(), &request.clone().header("origin", origin));
        let mut names = reply.headers.iter().map(|(name, _)| name);
        assert!(
            !names.any(|name| name.starts_with("access-control")),
            "{:?}",
            reply.headers
        );
    }
}
