//! Headers that browsers heed.

use rstest::rstest;

use crate::support::{Core, Harness, Request};

/// Rule `jsp-frame`: without credentials, and for a browser that wants no JSON.
#[rstest]
#[case::login("/elements/jsp/login.jsp")]
#[case::another("/elements/jsp/home.jsp?a=1")]
fn a_login_page_says_who_may_frame_it(#[case] path: &str) {
    let page = Core::start(&[]).ask(Request::raw("GET", path).header("accept", "text/html"));
    assert_eq!(page.verdict(), (200, "jsp-frame"));
    assert_eq!(page.header("x-frame-options"), Some("SAMEORIGIN"));
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(
        page.text().starts_with("<!DOCTYPE html>"),
        "{}",
        page.text()
    );
}

/// Rule `no-frame`.
#[rstest]
#[case::docs("/elements/api-docs", 404)]
#[case::catalog("/elements/api-v2/elements", 200)]
#[case::instances("/elements/api-v2/instances", 401)]
#[case::control("/__admin/health", 200)]
fn nothing_else_says_it(#[case] path: &str, #[case] status: u16) {
    let reply = Core::start(&[]).ask(Request::raw("GET", path));
    assert_eq!(reply.status, status);
    assert_eq!(reply.header("x-frame-options"), None);
}

/// Rule `cors-exposed`.
#[rstest]
#[case::url("https://example.com")]
#[case::word("anything")]
fn the_catalog_exposes_the_documented_headers(#[case] origin: &str) {
    let reply = Core::start(&[]).ask(Request::get("/elements").header("origin", origin));
    assert_eq!(
        reply.header("access-control-expose-headers"),
        Some(
            "Elements-Returned-Count, Elements-Total-Count, Elements-Request-Id, \
             Elements-Next-Page-Token, Elements-Trace-Id, Elements-Error, Content-Disposition"
        )
    );
}
