//! The paths of resource calls, their callers, and calls that are refused.

use mock_ce::Json;
use rstest::rstest;

use crate::platform::{WithToken as _, with_hub, with_mailjet};
#[cfg(feature = "cli")]
use crate::support::Binary;
use crate::support::{Core, Harness, Request, Server};

/// Rule `hub-ignored`: right, wrong and invented hubs and the bare form answer alike.
#[test]
fn the_hub_is_ignored() {
    let (mut ce, token) = with_hub("crm");
    let mut ask = |path: &str| ce.ask(Request::get(path).token(&token));
    let bare = ask("/accounts");
    assert_eq!(bare.verdict(), (200, "generic-names"));
    for hub in ["crm", "documents", "nowhere"] {
        assert_eq!(ask(&format!("/hubs/{hub}/accounts")).body, bare.body);
        let one = ask(&format!("/hubs/{hub}/accounts/2"));
        assert_eq!(one.body, ask("/accounts/2").body);
    }
    let other = ce.ask(
        Request::get("/hubs/crm/accounts")
            .your_mom()
            .by(&format!("User u, Your_mom {token}")),
    );
    assert_eq!(other.body, bare.body);
}

/// Rule `catalog-under-hubs`: of what is below hubs, the catalog's own is no resource call.
#[rstest]
#[case("/hubs")]
#[case("/hubs/keys")]
#[case("/hubs/crm")]
#[case("/hubs/crm/elements")]
fn the_catalog_of_hubs_is_no_resource_call(#[case] path: &str) {
    let (mut ce, token) = with_hub("crm");
    let reply = ce.ask(Request::get(path).token(&token));
    assert_ne!(reply.rule(), "resource-unsupported");
    assert_eq!(reply.header("elements-element-instance-id"), None);
}

/// Rule `bare-paths`: a word of the platform begins no resource call, and without a token there is none.
#[rstest]
#[case::platform_word("/jobs", true, (404, "unknown-route"))]
#[case::platform_word_with_more("/formulas/accounts", true, (404, "unknown-route"))]
#[case::objects_of_accounts("/accounts/1/objects/x", true, (404, "unknown-route"))]
#[case::resource("/accounts", true, (200, "generic-names"))]
#[case::no_token("/accounts", false, (404, "unknown-route"))]
#[case::no_resource("/bananas", true, (400, "resource-unsupported"))]
fn a_bare_path_is_a_resource_call_with_a_token(
    #[case] path: &str,
    #[case] with_token: bool,
    #[case] verdict: (u16, &str),
) {
    let (mut ce, token) = with_hub("crm");
    let request = Request::get(path);
    let request = if with_token {
        request.token(&token)
    } else {
        request
    };
    let reply = ce.ask(request);
    assert_eq!(reply.verdict(), verdict, "{}", reply.text());
    if !with_token {
        assert!(
            reply
                .message()
                .ends_with("needs the word Element in Authorization")
        );
    }
}

/// Rule `hub-call-401`: before the resource is judged.
#[rstest]
#[case::no_token("User u, Organization o", "hub-call-401")]
#[case::no_user("Element e=", "hub-call-401")]
#[case::unknown_token("User u, Element e=", "dead-token")]
fn a_resource_call_needs_a_living_token(#[case] by: &str, #[case] rule: &str) {
    let (mut ce, _) = with_hub("crm");
    for path in ["/hubs/crm/accounts", "/hubs/crm/bananas"] {
        let reply = ce.ask(Request::get(path).by(by));
        assert_eq!(reply.verdict(), (401, rule));
        assert_eq!(reply.header("elements-element-instance-id"), None);
    }
    let reply = ce.ask(Request::get("/hubs/crm/accounts").without("authorization"));
    assert_eq!(reply.verdict(), (401, "hub-call-401"));
}

/// Rule `hub-call-401`: a token dies with its instance, and the rows with it.
#[test]
fn a_deleted_instance_serves_no_rows() {
    let (mut ce, token) = with_hub("crm");
    assert_eq!(
        ce.ask(Request::post("/accounts", "{}").token(&token))
            .status,
        200
    );
    let snapshot = ce.ask(Request::raw("GET", "/__admin/state"));
    assert!(snapshot.text().contains(r#""path":"accounts""#));
    ce.ask(Request::delete("/instances/1234"));
    let reply = ce.ask(Request::get("/hubs/crm/accounts").token(&token));
    assert_eq!(reply.verdict(), (401, "dead-token"));
    let snapshot = ce.ask(Request::raw("GET", "/__admin/state"));
    let snapshot = snapshot.json();
    let rows = snapshot.get("rows").and_then(Json::as_array);
    assert_eq!(rows, Some(&[][..]), "{snapshot}");
}

/// Rule `instance-id-header`: on resource calls, refused ones too, and on no others.
#[test]
fn answers_to_resource_calls_name_the_instance() {
    let (mut ce, token) = with_hub("crm");
    for (path, id) in [
        ("/accounts", Some("1234")),
        ("/hubs/x/ping", Some("1234")),
        ("/bananas", Some("1234")),
        ("/accounts/99", Some("1234")),
        ("/elements/keys", None),
    ] {
        let reply = ce.ask(Request::get(path).token(&token));
        assert_eq!(reply.header("elements-element-instance-id"), id, "{path}");
    }
    let patched = ce.ask(Request::patch("/instances", r#"{"name":"m"}"#).token(&token));
    assert_eq!(patched.header("elements-element-instance-id"), None);
}

/// Rule `resource-unsupported`: names and verbs that the element lacks.
#[rstest]
#[case(Request::get("/hubs/crm/bananas"))]
#[case(Request::get("/hubs/crm/messages/1/2/3"))]
#[case(Request::delete("/hubs/crm/messages/1"))]
#[case(Request::put("/messages/1", "{}"))]
#[case(Request::post("/ping", "{}"))]
#[case(Request::get("/hubs/crm//messages"))]
fn what_an_element_lacks_is_not_supported(#[case] request: Request) {
    let (mut ce, token) = with_mailjet::<Core>();
    let reply = ce.ask(request.token(&token));
    assert_eq!(reply.verdict(), (400, "resource-unsupported"));
    assert_eq!(
        reply.message(),
        "This API is not currently supported for this element"
    );
    assert_eq!(
        reply.header("mock-ce-hint"),
        Some("GET /elements/{keyOrId}/resources lists what the element has")
    );
}

/// Rule `disabled-403`: before the resource is judged; its objects are still told, and its rows stay.
#[test]
fn a_disabled_instance_serves_no_rows() {
    let (mut ce, token) = with_hub("crm");
    ce.ask(Request::post("/accounts", r#"{"name":"kept"}"#).token(&token));
    ce.ask(Request::delete("/instances/1234/enabled"));
    for request in [
        Request::get("/hubs/crm/accounts"),
        Request::get("/ping"),
        Request::get("/bananas"),
        Request::post("/accounts", "{}"),
    ] {
        let refused = ce.ask(request.token(&token));
        assert_eq!(refused.verdict(), (403, "disabled-403"));
        assert_eq!(refused.message(), "Element instance 1234 is disabled");
        assert_eq!(refused.header("elements-element-instance-id"), Some("1234"));
    }
    assert_eq!(ce.ask(Request::get("/objects").token(&token)).status, 200);
    ce.ask(Request::put("/instances/1234/enabled", ""));
    assert_eq!(
        ce.ask(Request::get("/accounts/5").token(&token))
            .member("name"),
        "kept"
    );
}

fn is_pinged<H: Harness>() {
    let (mut ce, token) = with_mailjet::<H>();
    for path in ["/ping", "/hubs/messaging/ping"] {
        let reply = ce.ask(Request::get(path).token(&token));
        assert_eq!(reply.verdict(), (200, "ping"));
        assert_eq!(
            reply.text(),
            r#"{"dateTime":"2018-09-17T12:00:00Z","endpoint":"mailjet","valid":true}"#
        );
    }
}

/// Rule `ping`: in all three harnesses.
#[test]
fn an_instance_is_pinged() {
    is_pinged::<Core>();
    is_pinged::<Server>();
    #[cfg(feature = "cli")]
    is_pinged::<Binary>();
}
