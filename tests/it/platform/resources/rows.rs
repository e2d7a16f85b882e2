//! Rows, from their creation to their deletion.

use rstest::rstest;

use super::ids;
use crate::platform::{WithToken as _, with_fixture, with_hub, with_mailjet};
#[cfg(feature = "cli")]
use crate::support::Binary;
use crate::support::{Core, Harness, Request, Server};

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

/// Rule `generic-verbs`: members keep their places, new ones come behind them in the order sent, however many there are.
#[test]
fn a_row_of_very_many_members_is_changed() {
    const COUNT: usize = 40_000;
    let (mut ce, token) = with_hub("crm");
    let row = |from: usize, value: &str| {
        let members = (from..from + COUNT).map(|number| format!(r#""m{number}":{value}"#));
        members.collect::<Vec<_>>().join(",")
    };
    let path = "/contacts/1";
    let before = ce.ask(Request::get(path).token(&token)).text().to_owned();
    let own = before.trim_end_matches('}');
    let half = COUNT / 2;
    for (from, value) in [(0, "1"), (half, "2")] {
        let body = format!("{{{}}}", row(from, value));
        let changed = ce.ask(Request::patch(path, body).token(&token));
        assert_eq!(changed.status, 200);
    }
    let first: Vec<_> = (0..half)
        .map(|number| format!(r#""m{number}":1"#))
        .collect();
    let expected = format!("{own},{},{}}}", first.join(","), row(half, "2"));
    assert!(ce.ask(Request::get(path).token(&token)).text() == expected);
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
