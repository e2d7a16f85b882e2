//! Hubs: the platform's, those of the catalog, and the callers' own.

use mock_ce::Json;
use rstest::rstest;

use crate::support::{Core, Harness as _, Reply, Request};

fn ask(path: &str) -> Reply {
    Core::start(&[]).ask(Request::get(path).without("authorization"))
}

fn keys(reply: &Reply) -> Vec<String> {
    let list = reply.json();
    let key = |key: &Json<'_>| key.as_str().unwrap().to_owned();
    list.as_array().unwrap().iter().map(key).collect()
}

const MINE: &str = r#"{"key":"mine","name":"Mine","description":"d","videoLink":"v"}"#;

/// Rules `hub-list`, `hub-keys`.
#[test]
fn all_hubs_are_listed() {
    let list = ask("/hubs");
    assert_eq!(list.verdict(), (200, "hub-list"));
    let ids = list.ids();
    assert_eq!((ids.len(), &ids[..4]), (28, &[1, 4, 101, 102][..]));
    let shown = list.json();
    let first = &shown.as_array().unwrap()[0];
    let expected = r#"{"id":1,"name":"Messaging","key":"messaging","description":"Messaging type includes Emails, SMS"}"#;
    assert_eq!(first.to_string(), expected);
    let named = ask("/hubs/keys");
    assert_eq!(named.verdict(), (200, "hub-keys"));
    let named = keys(&named);
    assert_eq!(named.len(), 28);
    for (key, id) in [("crm", 11), ("marketing", 12), ("helpdesk", 14)] {
        let at = named.iter().position(|named| named == key).unwrap();
        assert_eq!(ids[at], id, "{key}");
    }
    let first = ask("/hubs?pageSize=1");
    assert_eq!(first.ids(), [1]);
    assert!(first.header("elements-next-page-token").is_some());
    assert_eq!(ask("/hubs?pageSize=x").verdict(), (400, "hub-list"));
}

/// Rule `hub-hydrate`: every hub has calls, below itself.
#[test]
fn hubs_tell_their_calls() {
    let list = ask("/hubs?hydrate=true");
    assert_eq!(list.verdict(), (200, "hub-hydrate"));
    let shown = list.json();
    for hub in shown.as_array().unwrap() {
        let key = hub.get("key").and_then(Json::as_str).unwrap();
        let calls = hub.get("resources").and_then(Json::as_array).unwrap();
        let path = calls[0].get("path").and_then(Json::as_str).unwrap();
        assert_eq!(path, format!("/hubs/{key}/ping"));
        assert!(calls[0].get("method").is_some() && calls[0].get("description").is_some());
    }
}

/// Rules `hub-get`, `hub-elements`.
#[test]
fn a_hub_has_its_elements() {
    let hub = ask("/hubs/messaging");
    assert_eq!((hub.verdict(), hub.id()), ((200, "hub-get"), 1));
    assert_eq!(
        (hub.member("videoLink"), hub.json().get("active")),
        (String::new(), Some(&Json::Bool(true)))
    );
    let elements = ask("/hubs/messaging/elements");
    assert_eq!(
        (elements.verdict(), elements.ids()),
        ((200, "hub-elements"), vec![6, 7, 84])
    );
    assert!(!elements.text().contains("\"configuration\""));
    let shown = elements.json();
    for member in [
        "id",
        "name",
        "key",
        "description",
        "image",
        "active",
        "deleted",
        "typeOauth",
        "trialAccount",
    ] {
        assert!(
            shown.as_array().unwrap()[0].get(member).is_some(),
            "{member}"
        );
    }
    let none = ask("/hubs/crm/elements");
    assert_eq!(
        (none.verdict(), none.message()),
        ((404, "hub-elements"), "No elements found".to_owned())
    );
    for path in ["/hubs/nothing", "/hubs/nothing/elements"] {
        let reply = ask(path);
        assert_eq!(
            (reply.verdict(), reply.message()),
            ((404, "hub-get"), "No hub found with key nothing".to_owned())
        );
    }
}

/// Rules `hub-create`, `hub-delete`: seen by its organization only, until it is deleted.
#[test]
fn an_organization_has_hubs_of_its_own() {
    let mut ce = Core::start(&[]);
    let created = ce.ask(Request::post("/hubs", MINE));
    assert_eq!(created.verdict(), (200, "hub-create"));
    let expected =
        r#"{"id":1001,"name":"Mine","key":"mine","description":"d","videoLink":"v","active":true}"#;
    assert_eq!(created.text(), expected);
    assert_eq!(ce.ask(Request::get("/hubs/mine")).text(), expected);
    assert_eq!(ce.ask(Request::get("/hubs")).ids().last(), Some(&1001));
    let other = "User u, Organization other";
    assert_eq!(ce.ask(Request::get("/hubs/mine").by(other)).status, 404);
    assert_eq!(
        ce.ask(Request::delete("/hubs/mine").by(other)).verdict(),
        (404, "hub-get")
    );
    let state = ce.ask(Request::raw("GET", "/__admin/state")).body;
    let deleted = ce.ask(Request::delete("/hubs/mine"));
    assert_eq!(
        (deleted.verdict(), deleted.text()),
        ((200, "hub-delete"), "")
    );
    assert_eq!(ce.ask(Request::get("/hubs/mine")).status, 404);
    assert_eq!(
        ce.ask(Request::raw("PUT", "/__admin/state").json(state))
            .status,
        200
    );
    assert_eq!(ce.ask(Request::get("/hubs/mine")).text(), expected);
    ce.ask(Request::raw("DELETE", "/__admin/state?organization=other").json(""));
    assert_eq!(ce.ask(Request::get("/hubs/mine")).status, 200);
    ce.ask(Request::raw("DELETE", "/__admin/state?organization=o").json(""));
    assert_eq!(ce.ask(Request::get("/hubs/mine")).status, 404);
}

/// Rules `hub-create`, `hub-delete`.
#[rstest]
#[case::no_name("POST", "/hubs", r#"{"key":"k"}"#, 400, "name is required")]
#[case::no_key("POST", "/hubs", r#"{"name":"n","key":" "}"#, 400, "key is required")]
#[case::nothing("POST", "/hubs", "{}", 400, "key, name are required")]
#[case::word_of_the_api(
    "POST",
    "/hubs",
    r#"{"name":"n","key":"keys"}"#,
    400,
    "keys is a word of the API: GET /hubs/keys is the list of all keys; choose another key"
)]
#[case::no_text(
    "POST",
    "/hubs",
    r#"{"name":"n","key":1}"#,
    400,
    "key must be text, found a number"
)]
#[case::taken("POST", "/hubs", MINE, 409, "A hub with the key mine exists")]
#[case::built_in(
    "POST",
    "/hubs",
    r#"{"name":"n","key":"crm"}"#,
    409,
    "A hub with the key crm exists"
)]
#[case::deletion(
    "DELETE",
    "/hubs/crm",
    "",
    403,
    "The hub crm is the platform's own and stays"
)]
fn a_bad_hub_is_refused(
    #[case] method: &str,
    #[case] path: &str,
    #[case] body: &str,
    #[case] status: u16,
    #[case] message: &str,
) {
    let mut ce = Core::start(&[]);
    ce.ask(Request::post("/hubs", MINE));
    let reply = ce.ask(Request::to(method, path).json(body));
    assert_eq!((reply.status, &*reply.message()), (status, message));
    let refused = ce.ask(
        Request::to(method, path)
            .json(body)
            .without("authorization"),
    );
    assert_eq!(refused.verdict(), (401, "auth-required"));
}
