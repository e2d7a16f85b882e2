//! The resource engine: addresses, callers, rows, pages, conditions, nulls, objects.

use mock_ce::Json;
use rstest::rstest;

use super::{WithToken as _, with_fixture, with_hub, with_mailjet};
#[cfg(feature = "cli")]
use crate::support::Binary;
use crate::support::{Core, Harness, Reply, Request, Server, mailjet};

/// The ids of a list of rows, which are text.
fn ids(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", reply.text());
    let list = reply.json();
    let id = |row: &Json<'_>| row.get("id").and_then(Json::as_str).unwrap().to_owned();
    list.as_array().unwrap().iter().map(id).collect()
}

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

fn rows_live<H: Harness>() {
    let (mut ce, token) = with_mailjet::<H>();
    let extension = r#"{"method":"POST","path":"/things"}"#;
    for extension in [
        extension.to_owned(),
        extension.replace("POST", "GET"),
        extension
            .replace("POST", "GET")
            .replace("things", "things/{id}"),
        extension
            .replace("POST", "PUT")
            .replace("things", "things/{id}"),
        extension
            .replace("POST", "PATCH")
            .replace("things", "things/{id}"),
        extension
            .replace("POST", "DELETE")
            .replace("things", "things/{id}"),
    ] {
        let added = ce.ask(Request::post("/elements/mailjet/resources", extension));
        assert_eq!(added.verdict(), (200, "resource-extend"));
    }
    let mut ask = |request: Request| ce.ask(request.token(&token));
    let created = ask(Request::post(
        "/things",
        r#"{"id":"mine","name":"a","size":null}"#,
    ));
    assert_eq!(created.text(), r#"{"id":"5","name":"a","size":null}"#);
    assert_eq!(
        ask(Request::get("/things/5")).text(),
        r#"{"id":"5","name":"a"}"#
    );
    let patched = ask(Request::patch("/things/5", r#"{"size":2}"#));
    assert_eq!(patched.text(), r#"{"id":"5","name":"a","size":2}"#);
    let replaced = ask(Request::put("/things/5", r#"{"size":3}"#));
    assert_eq!(replaced.text(), r#"{"id":"5","size":3}"#);
    assert_eq!(
        ids(&ask(Request::get("/hubs/x/things"))),
        ["1", "2", "3", "4", "5"]
    );
    let deleted = ask(Request::delete("/things/5"));
    assert_eq!((deleted.status, deleted.text()), (200, ""));
    for request in [
        Request::get("/things/5"),
        Request::delete("/things/5"),
        Request::patch("/things/5", "{}"),
        Request::get("/things/x"),
        Request::get("/things/01"),
    ] {
        let refused = ask(request);
        assert_eq!(refused.verdict(), (404, "resource-extend-call"));
        assert!(
            refused.message().starts_with("No thing found with ID "),
            "{}",
            refused.message()
        );
    }
}

/// Rules `generic-verbs`, `resource-extend-call`: a row's whole life, in all three harnesses.
#[test]
fn a_row_is_created_read_changed_and_deleted() {
    rows_live::<Core>();
    rows_live::<Server>();
    #[cfg(feature = "cli")]
    rows_live::<Binary>();
}

/// Rule `generic-verbs`: seeded, at least four, equal between calls, each instance its own.
#[test]
fn each_instance_has_rows_of_its_own() {
    let (mut ce, token) = with_hub("crm");
    let other = ce
        .ask(Request::post(
            "/instances",
            r#"{"element":{"key":"pigeon"},"name":"m"}"#,
        ))
        .token();
    let first = ce.ask(Request::get("/contacts").token(&token));
    assert!(ids(&first).len() >= 4);
    assert_eq!(
        ce.ask(Request::get("/contacts").token(&token)).body,
        first.body
    );
    ce.ask(Request::delete("/contacts/1").token(&token));
    assert_eq!(
        ids(&ce.ask(Request::get("/contacts").token(&token))),
        ["2", "3", "4"]
    );
    assert_eq!(
        ce.ask(Request::get("/contacts").token(&other)).body,
        first.body
    );
}

/// Rule `generic-verbs`: a body that is no object is refused.
#[rstest]
#[case("[]", "The body must be an object, found an array")]
#[case("7", "The body must be an object, found a number")]
fn a_row_is_an_object(#[case] body: &str, #[case] message: &str) {
    let (mut ce, token) = with_hub("crm");
    for request in [
        Request::post("/accounts", body),
        Request::put("/accounts/1", body),
    ] {
        let reply = ce.ask(request.token(&token));
        assert_eq!((reply.status, &*reply.message()), (400, message));
    }
}

/// Rule `generic-names`: what a hub has, also below each other's rows.
#[test]
fn a_hub_says_which_resources_there_are() {
    let (mut ce, token) = with_hub("helpdesk");
    let mut ask = |request: Request| ce.ask(request.token(&token));
    assert_eq!(
        ask(Request::get("/incidents")).verdict(),
        (200, "generic-names")
    );
    assert_eq!(
        ask(Request::get("/leads")).verdict(),
        (400, "resource-unsupported")
    );
    let below = ask(Request::post("/accounts/2/contacts", r#"{"lastName":"X"}"#));
    assert_eq!(below.verdict(), (200, "generic-names"));
    let path = format!("/hubs/x/accounts/2/contacts/{}", below.member("id"));
    assert_eq!(ask(Request::get(&path)).member("lastName"), "X");
    assert_eq!(ids(&ask(Request::get("/accounts/1/contacts"))).len(), 4);
    let nowhere = ask(Request::get("/accounts/9/contacts"));
    assert_eq!(
        (nowhere.status, &*nowhere.message()),
        (404, "No account found with ID 9")
    );
    ask(Request::delete("/accounts/2"));
    assert_eq!(ask(Request::get(&path)).status, 404);
}

/// Rule `generic-verbs`: a fixture's own resources, with everything that it can say.
#[test]
fn a_fixture_declares_its_resources() {
    let resources = r#""resources": [{"path": "/letters", "methods": ["create", "retrieve"], "row": {"number": 7},
        "id": "number", "required": ["text", "to"], "echoed": ["text", "to"], "sets": {"at": "{now}"},
        "defaults": {"stamp": true}}],"#;
    let (mut ce, token) = with_fixture("pigeon", resources);
    let mut ask = |request: Request| ce.ask(request.token(&token));
    let refused = ask(Request::post("/letters", r#"{"to": null}"#));
    assert_eq!(refused.verdict(), (400, "generic-verbs"));
    assert_eq!(refused.message(), "text, to are required");
    let created = ask(Request::post(
        "/letters",
        r#"{"text":"t","to":"x","at":"never","other":1}"#,
    ));
    let expected = r#"{"number":1,"text":"t","to":"x","stamp":true,"at":"2018-09-17T12:00:00Z"}"#;
    assert_eq!(created.text(), expected);
    assert_eq!(ask(Request::get("/letters/1")).text(), expected);
    assert_eq!(ask(Request::get("/letters")).rule(), "resource-unsupported");
    assert_eq!(
        ask(Request::get("/contacts")).rule(),
        "resource-unsupported"
    );
}

fn accounts(count: usize) -> (Core, String) {
    let (mut ce, token) = with_hub("crm");
    for at in 5..=count {
        let body = format!(r#"{{"name":"n{at}","size":{at}}}"#);
        ce.ask(Request::post("/accounts", body).token(&token));
    }
    (ce, token)
}

/// Rule `generic-paging`: pages in order, their end, their count.
#[rstest]
#[case::first("page=1&pageSize=2", &["1", "2"], true, None)]
#[case::second("page=2&pageSize=2", &["3", "4"], true, None)]
#[case::last("page=4&pageSize=2&returnCount=true", &["7"], false, Some("7"))]
#[case::past_the_end("page=9&pageSize=2", &[], false, None)]
#[case::far_past_the_end("page=18446744073709551615&pageSize=200", &[], false, None)]
#[case::all("", &["1", "2", "3", "4", "5", "6", "7"], false, None)]
#[case::larger_than_allowed("pageSize=1000", &["1", "2", "3", "4", "5", "6", "7"], false, None)]
#[case::of_those_that_fit("where=size > 4&pageSize=1&page=2&returnCount=true", &["6"], true, Some("3"))]
fn rows_come_in_pages(
    #[case] query: &str,
    #[case] expected: &[&str],
    #[case] has_more: bool,
    #[case] total: Option<&str>,
) {
    let (mut ce, token) = accounts(7);
    let target = format!(
        "/accounts?{}",
        query.replace(' ', "%20").replace('>', "%3E")
    );
    let page = ce.ask(Request::get(&target).token(&token));
    assert_eq!(ids(&page), expected);
    assert_eq!(page.header("elements-next-page-token").is_some(), has_more);
    assert_eq!(page.header("elements-total-count"), total);
}

/// Rule `generic-paging`: a token continues the list, and wins over `page`; also where a condition is.
#[rstest]
#[case("", 7)]
#[case("&where=name%20LIKE%20'n%25'", 3)]
fn a_token_continues_the_list(#[case] condition: &str, #[case] count: usize) {
    let (mut ce, token) = accounts(7);
    let (mut all, mut next) = (Vec::new(), "&page=1".to_owned());
    loop {
        let page =
            ce.ask(Request::get(&format!("/accounts?pageSize=2{condition}{next}")).token(&token));
        all.extend(ids(&page));
        match page.header("elements-next-page-token") {
            Some(token) => next = format!("&page=1&nextPage={token}"),
            None => break,
        }
    }
    let expected: Vec<_> = (8 - count..=7).map(|id| id.to_string()).collect();
    assert_eq!(all, expected);
}

/// Rules `generic-paging`, `generic-where`: what cannot be read is refused.
#[rstest]
#[case(
    "page=0",
    "generic-paging",
    "page must be a whole number from 1, found \"0\""
)]
#[case(
    "pageSize=x",
    "generic-paging",
    "pageSize must be a whole number from 1, found \"x\""
)]
#[case(
    "pageSize=-1",
    "generic-paging",
    "pageSize must be a whole number from 1, found \"-1\""
)]
#[case("nextPage=2", "generic-paging", "nextPage is not a token of this API")]
#[case("where=name%20LIKE", "generic-where", "Error parsing query: ")]
fn a_query_that_cannot_be_read_is_refused(
    #[case] query: &str,
    #[case] rule: &str,
    #[case] message: &str,
) {
    let (mut ce, token) = with_hub("crm");
    let reply = ce.ask(Request::get(&format!("/accounts?{query}")).token(&token));
    assert_eq!(reply.verdict(), (400, rule));
    assert!(reply.message().starts_with(message), "{}", reply.message());
}

/// Rule `generic-where`: only rows that fulfil the condition.
#[rstest]
#[case("name = 'n5'", &["5"])]
#[case("Name='n5' OR SIZE >= 7", &["5", "7"])]
#[case("name IN ('n5', 'Example Company')", &["1", "5"])]
#[case("NOT name LIKE 'Example%'", &["5", "6", "7"])]
#[case("parent_id IS NULL", &["1", "2", "3", "4"])]
#[case("color = 'red'", &[])]
fn a_condition_selects_rows(#[case] condition: &str, #[case] expected: &[&str]) {
    let (mut ce, token) = accounts(7);
    let query: String = form_urlencoded::byte_serialize(condition.as_bytes()).collect();
    let page = ce.ask(Request::get(&format!("/accounts?where={query}")).token(&token));
    assert_eq!(ids(&page), expected);
    assert_eq!(page.rule(), "generic-where");
}

/// Rule `nulls-filter`: members that are null are left out of what is read, unless the instance is configured otherwise.
#[rstest]
#[case::unset("", false)]
#[case::on(r#""filter.response.nulls":true"#, false)]
#[case::off(r#""filter.response.nulls":"false""#, true)]
fn nulls_are_filtered(#[case] entry: &str, #[case] shown: bool) {
    let (mut ce, _) = with_hub("crm");
    let body =
        format!(r#"{{"element":{{"key":"pigeon"}},"name":"n","configuration":{{{entry}}}}}"#);
    let token = ce.ask(Request::post("/instances", body)).token();
    let mut ask = |request: Request| ce.ask(request.token(&token));
    assert_eq!(
        ask(Request::get("/accounts/1")).text().contains("null"),
        shown
    );
    assert_eq!(
        ask(Request::get("/accounts")).text().contains("null"),
        shown
    );
    let body = r#"{"a":{"b":null,"c":[null,{"d":null}]},"e":"null"}"#;
    assert!(
        ask(Request::post("/accounts", body))
            .text()
            .contains(r#""b":null"#)
    );
    let read = ask(Request::get("/accounts/5"));
    let expected = if shown {
        r#"{"id":"5","a":{"b":null,"c":[null,{"d":null}]},"e":"null"}"#
    } else {
        r#"{"id":"5","a":{"c":[null,{}]},"e":"null"}"#
    };
    assert_eq!(read.text(), expected);
}

/// Rule `objects`: names, or for version Helium names with their types.
#[test]
fn objects_are_named() {
    let (mut ce, token) = with_hub("helpdesk");
    let mut ask = |request: Request| ce.ask(request.token(&token));
    let names = ask(Request::get("/hubs/x/objects"));
    assert_eq!(names.verdict(), (200, "objects"));
    assert_eq!(
        names.text(),
        r#"["incidents","contacts","accounts","users"]"#
    );
    let same = ask(Request::get("/objects").header("elements-version", "Hydrogen"));
    assert_eq!(same.body, names.body);
    let body = r#"{"fields":[{"path":"x"}]}"#;
    ask(Request::post("/instances/objects/mine/definitions", body));
    let typed = ask(Request::get("/objects").header("elements-version", " Helium "));
    for expected in [
        r#"{"name":"incidents","vendorName":"incidents","type":"ceCanonical"}"#,
        r#"{"name":"mine","vendorName":"mine","type":"vdr"}"#,
    ] {
        assert!(typed.text().contains(expected), "{}", typed.text());
    }
}

/// Rule `objects-metadata`: the members of a row or of a definition, and their types.
#[test]
fn an_object_has_metadata() {
    let (mut ce, token) = with_hub("crm");
    let mut ask = |request: Request| ce.ask(request.token(&token));
    let metadata = ask(Request::get("/hubs/crm/objects/opportunities/metadata"));
    assert_eq!(metadata.verdict(), (200, "objects-metadata"));
    let expected =
        r#"{"fields":[{"vendorPath":"id","type":"string"},{"vendorPath":"name","type":"string"},"#;
    assert!(metadata.text().starts_with(expected), "{}", metadata.text());
    assert!(
        metadata
            .text()
            .contains(r#"{"vendorPath":"amount","type":"number"}"#)
    );
    ask(Request::post(
        "/instances/objects/mine/definitions",
        r#"{"fields":[{"path":"x","type":"date"}]}"#,
    ));
    let own = ask(Request::get("/objects/mine/metadata"));
    assert_eq!(
        own.text(),
        r#"{"fields":[{"vendorPath":"x","type":"date"}]}"#
    );
    let unknown = ask(Request::get("/objects/bananas/metadata"));
    assert_eq!(unknown.verdict(), (404, "objects-metadata"));
    assert_eq!(unknown.message(), "No object found with name bananas");
}

/// Rule `twiliov2-rows`: what the vendor's suite asks of an element with this key.
#[test]
fn twiliov2_has_its_resources() {
    let (mut ce, token) = with_fixture("twiliov2", "");
    let mut ask = |request: Request| ce.ask(request.token(&token));
    for name in [
        "messages",
        "accounts",
        "addresses",
        "numbers",
        "countryCodes",
        "usage",
    ] {
        let list = ask(Request::get(&format!("/hubs/messaging/{name}?pageSize=2")));
        assert_eq!(ids(&list), ["1", "2"], "{name}");
        assert!(list.text().contains(r#""sid":"2""#), "{name}");
    }
    let number = ask(Request::post("/numbers", r#"{"phone_number":"+1"}"#));
    assert_eq!(number.text(), r#"{"id":"5","phone_number":"+1","sid":"5"}"#);
    let total = ask(Request::get(
        "/hubs/messaging/usage?where=Category%3D'totalprice'",
    ));
    assert_eq!(ids(&total), ["1"]);
    let read = ask(Request::get("/hubs/messaging/numbers/2"));
    assert!(
        read.text()
            .contains(r#""iso_country":"US","capabilities":{"MMS":true,"SMS":true}"#)
    );
}

/// Rule `generic-verbs`: rows come back with a snapshot, and each organization has its own.
#[test]
fn rows_are_part_of_a_snapshot() {
    let (mut ce, token) = accounts(6);
    let before = ce.ask(Request::get("/accounts").token(&token));
    let snapshot = ce.ask(Request::raw("GET", "/__admin/state?organization=o"));
    let other = Request::post("/instances", mailjet("n")).by("User u, Organization p");
    let other = ce.ask(other).token();
    ce.ask(Request::post("/messages", "{}").token(&other));
    ce.ask(Request::delete("/accounts/6").token(&token));
    ce.ask(Request::raw("PUT", "/__admin/state?organization=o").json(snapshot.text().to_owned()));
    assert_eq!(
        ce.ask(Request::get("/accounts").token(&token)).body,
        before.body
    );
    let next = ce.ask(Request::post("/accounts", "{}").token(&token));
    assert_eq!(next.member("id"), "7");
    assert_eq!(ce.ask(Request::get("/messages").token(&other)).ids(), [1]);
    ce.ask(Request::raw("DELETE", "/__admin/state?organization=p").json(""));
    let left = ce.ask(Request::raw("GET", "/__admin/state"));
    assert!(!left.text().contains("messages"), "{}", left.text());
}

/// Rule `generic-verbs`: a snapshot whose rows cannot be is refused with the place.
#[rstest]
#[case(
    r#"{"organization":"o","tables":[{"instance":1,"path":"x","last":1,"rows":{"2":{}}}]}"#,
    "rows[0].tables[0].rows.2 must be a number from 1 to last"
)]
#[case(
    r#"{"organization":"o","tables":[{"instance":1,"path":"x","last":1,"rows":{"1":7}}]}"#,
    "rows[0].tables[0].rows.1 must be an object, found a number"
)]
#[case(
    r#"{"organization":"p"}"#,
    "rows[0].organization is another one than the one to restore"
)]
#[case(r#"{"tables":[]}"#, "rows[0].organization is required")]
fn rows_of_a_snapshot_are_checked(#[case] rows: &str, #[case] message: &str) {
    let (mut ce, _) = with_hub("crm");
    let body = format!(r#"{{"version":1,"organizations":[],"rows":[{rows}]}}"#);
    let reply = ce.ask(Request::raw("PUT", "/__admin/state?organization=o").json(body));
    assert_eq!((reply.status, &*reply.message()), (400, message));
}
