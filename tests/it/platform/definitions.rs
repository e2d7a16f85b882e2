//! Object definitions and transformations of one instance.

use rstest::rstest;

use super::{WithToken as _, with_hub, with_mailjet};
#[cfg(feature = "cli")]
use crate::support::Binary;
use crate::support::{Core, Harness, Reply, Request, Server};

const FIELDS: &str =
    r#"{"fields":[{"path":"companyName"},{"path":"size","type":"number","displayName":"S"}]}"#;
const MAPPED: &str = r#"{"vendorName":"Account","fields":[{"path":"companyName","vendorPath":"name"}],"configuration":null}"#;

const DEFINITION: &str = "/instances/1234/objects/myaccounts/definitions";
const TRANSFORMATION: &str = "/instances/1234/transformations/myaccounts";

/// A service with an instance whose accounts are also `myaccounts`, and its token.
fn transformed() -> (Core, String) {
    let (mut ce, token) = with_hub("crm");
    assert_eq!(ce.ask(Request::post(DEFINITION, FIELDS)).status, 200);
    let created = ce.ask(Request::post(TRANSFORMATION, MAPPED));
    assert_eq!(created.status, 200, "{}", created.text());
    (ce, token)
}

fn is_defined<H: Harness>() {
    let (mut ce, token) = with_mailjet::<H>();
    let defined =
        ce.ask(Request::post("/instances/objects/myaccounts/definitions", FIELDS).token(&token));
    assert_eq!(defined.verdict(), (200, "definition-create"));
    let expected = r#"{"id":1,"objectName":"myaccounts","level":"instance","fields":[{"id":2,"path":"companyName","type":"string","level":"instance"},{"id":3,"path":"size","type":"number","displayName":"S","level":"instance"}]}"#;
    assert_eq!(defined.text(), expected);
    let read = ce.ask(Request::get(DEFINITION));
    assert_eq!(
        (read.verdict(), read.text()),
        ((200, "definition-read"), expected)
    );
}

/// Rules `definition-create`, `definition-read`: by token and by id, in all three harnesses.
#[test]
fn an_object_is_defined() {
    is_defined::<Core>();
    is_defined::<Server>();
    #[cfg(feature = "cli")]
    is_defined::<Binary>();
}

/// Rule `definition-read`: replaced and deleted, and then it is gone.
#[test]
fn a_definition_is_replaced_and_deleted() {
    let (mut ce, _) = with_mailjet::<Core>();
    let body = r#"{"fields":[],"level":"account"}"#;
    for request in [
        Request::get(DEFINITION),
        Request::put(DEFINITION, body),
        Request::delete(DEFINITION),
    ] {
        let refused = ce.ask(request);
        assert_eq!(refused.verdict(), (404, "definition-read"));
        assert_eq!(
            refused.message(),
            "No object definition found for 'myaccounts'"
        );
    }
    ce.ask(Request::post(DEFINITION, FIELDS));
    let replaced = ce.ask(Request::put(DEFINITION, body));
    assert!(
        replaced
            .text()
            .ends_with(r#""objectName":"myaccounts","level":"account","fields":[]}"#)
    );
    assert_eq!(ce.ask(Request::get(DEFINITION)).body, replaced.body);
    assert_eq!(ce.ask(Request::delete(DEFINITION)).text(), "");
    assert_eq!(ce.ask(Request::get(DEFINITION)).status, 404);
}

/// Rule `definition-all`: an object by name; none is 404; another instance has its own.
#[test]
fn definitions_are_read_together() {
    let (mut ce, token) = with_mailjet::<Core>();
    let all = "/instances/1234/objects/definitions";
    assert_eq!(ce.ask(Request::get(all)).verdict(), (404, "definition-all"));
    for name in ["b", "a"] {
        ce.ask(Request::post(
            &format!("/instances/1234/objects/{name}/definitions"),
            "{}",
        ));
    }
    let read = ce.ask(Request::get("/instances/objects/definitions").token(&token));
    assert!(
        read.text().starts_with(r#"{"a":{"id":2,"objectName":"a""#),
        "{}",
        read.text()
    );
    assert_eq!(ce.ask(Request::get(all)).body, read.body);
    ce.ask(Request::post("/instances", crate::support::mailjet("m")));
    assert_eq!(
        ce.ask(Request::get("/instances/1235/objects/definitions"))
            .status,
        404
    );
    assert_eq!(
        ce.ask(Request::get("/instances/99/objects/definitions"))
            .status,
        404
    );
    assert_eq!(
        ce.ask(Request::get("/instances/x/objects/definitions"))
            .status,
        400
    );
}

/// Rule `definition-twice`: a name that is taken, and bodies that define nothing.
#[rstest]
#[case(FIELDS, 409, "An object definition for 'myaccounts' already exists")]
#[case("[]", 400, "The body must be an object, found an array")]
#[case(r#"{"fields":{}}"#, 400, "fields must be an array, found an object")]
#[case(
    r#"{"fields":[{"path":"a"},{"type":"b"}]}"#,
    400,
    "fields[1].path is required and must be text"
)]
fn what_defines_nothing_is_refused(#[case] body: &str, #[case] status: u16, #[case] message: &str) {
    let (mut ce, _) = with_mailjet::<Core>();
    ce.ask(Request::post(DEFINITION, FIELDS));
    let refused = ce.ask(Request::post(DEFINITION, body));
    assert_eq!(refused.verdict(), (status, "definition-twice"));
    assert_eq!(refused.message(), message);
}

/// Rule `definition-twice`: each field is looked for in every row, so they are bounded.
#[rstest]
#[case(1_000, (200, "definition-create"))]
#[case(1_001, (400, "definition-twice"))]
fn fields_are_bounded(#[case] count: usize, #[case] verdict: (u16, &str)) {
    let (mut ce, _) = with_mailjet::<Core>();
    let fields = vec![r#"{"path":"a"}"#; count].join(",");
    let answer = ce.ask(Request::post(
        DEFINITION,
        format!("{{\"fields\":[{fields}]}}"),
    ));
    assert_eq!(answer.verdict(), verdict);
    if count > 1_000 {
        let message = "fields has 1001 items, and this mock keeps 1000 at most";
        assert_eq!(answer.message(), message);
    }
}

/// Rule `definition-twice`: a path makes a row as deep as it has names, so these are bounded, in a restored state too.
#[rstest]
#[case::path(DEFINITION, "path")]
#[case::vendor_path(TRANSFORMATION, "vendorPath")]
fn names_of_a_path_are_bounded(#[case] at: &str, #[case] member: &str) {
    let (mut ce, _) = transformed();
    let put = |names: usize| {
        let path = vec!["a"; names].join(".");
        let field = format!(r#"{{"path":"a","{member}":"{path}"}}"#)
            .replace(r#""path":"a","path""#, r#""path""#);
        Request::put(
            at,
            format!(r#"{{"vendorName":"Account","fields":[{field}]}}"#),
        )
    };
    assert_eq!(ce.ask(put(16)).status, 200);
    for names in [17, 200_000] {
        let refused = ce.ask(put(names));
        assert_eq!(refused.verdict(), (400, "definition-twice"));
        let message =
            format!("fields[0].{member} has {names} names, and this mock follows 16 at most");
        assert_eq!(refused.message(), message);
    }
    let snapshot = ce.ask(Request::raw("GET", "/__admin/state"));
    let longest = format!("\"{}\"", vec!["a"; 16].join("."));
    let hostile = snapshot
        .text()
        .replace(&longest, &format!("\"{}\"", vec!["a"; 17].join(".")));
    let refused = ce.ask(Request::raw("PUT", "/__admin/state").json(hostile));
    assert_eq!(refused.status, 400);
    let message = refused.message();
    assert!(message.contains("has 17 names"), "{message}");
}

/// Rules `json-malformed`, `transformation-vendor-names`: a row that is kept can be read again, wherever it is kept.
#[test]
fn a_deep_row_is_found_changed_and_restored() {
    let (mut ce, token) = transformed();
    let path = vec!["a"; 16].join(".");
    let mapped =
        format!(r#"{{"vendorName":"Account","fields":[{{"path":"deep","vendorPath":"{path}"}}]}}"#);
    assert_eq!(ce.ask(Request::put(TRANSFORMATION, mapped)).status, 200);
    let body = |levels: usize| {
        format!(
            r#"{{"deep":{}{}}}"#,
            "[".repeat(levels - 1),
            "]".repeat(levels - 1)
        )
    };
    let mut ask = |request: Request| ce.ask(request.token(&token));
    let refused = ask(Request::post("/myaccounts", body(105)));
    assert_eq!(refused.verdict(), (400, "json-malformed"));
    let message = refused.message();
    assert!(
        message.contains("column 112: nested more than 104 levels deep, found '['"),
        "{message}"
    );
    let created = ask(Request::post("/myaccounts", body(104)));
    assert_eq!(created.status, 200, "{}", created.text());
    for request in [
        Request::get("/accounts?where=id%3D'5'"),
        Request::get("/myaccounts/5"),
        Request::patch("/accounts/5", r#"{"name":"b"}"#),
    ] {
        let answer = ask(request);
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let snapshot = ask(Request::raw("GET", "/__admin/state"));
    let restored = ask(Request::raw("PUT", "/__admin/state").json(snapshot.text().to_owned()));
    assert_eq!(restored.status, 200, "{}", restored.text());
}

/// Rule `definition-in-use`: not while a transformation needs it.
#[test]
fn a_definition_in_use_stays() {
    let (mut ce, _) = transformed();
    let refused = ce.ask(Request::delete(DEFINITION));
    assert_eq!(refused.verdict(), (409, "definition-in-use"));
    ce.ask(Request::delete(TRANSFORMATION));
    assert_eq!(ce.ask(Request::delete(DEFINITION)).status, 200);
}

/// Rule `definition-rename`: definition and transformation move together.
#[test]
fn an_object_is_renamed() {
    let (mut ce, token) = transformed();
    let object = "/instances/1234/objects/myaccounts";
    let renamed = ce.ask(Request::patch(object, r#"{"objectName":"firms"}"#));
    assert_eq!(renamed.verdict(), (200, "definition-rename"));
    assert_eq!(renamed.member("objectName"), "firms");
    let read = ce.ask(Request::get("/hubs/crm/firms/1").token(&token));
    assert_eq!(read.member("companyName"), "Example Company");
    assert_eq!(ce.ask(Request::get(DEFINITION)).status, 404);
    assert_eq!(ce.ask(Request::get(TRANSFORMATION)).status, 404);
    ce.ask(Request::post(DEFINITION, "{}"));
    for (body, status) in [
        (r#"{"objectName":"firms"}"#, 409),
        ("{}", 400),
        (r#"{"objectName":" "}"#, 400),
    ] {
        assert_eq!(
            ce.ask(Request::patch(object, body)).verdict(),
            (status, "definition-rename")
        );
    }
    let unknown = ce.ask(Request::patch(
        "/instances/1234/objects/none",
        r#"{"objectName":"x"}"#,
    ));
    assert_eq!(unknown.verdict(), (404, "definition-rename"));
}

/// Rule `transformation-create`: what was sent and what the service adds; a null configuration is left out.
#[test]
fn a_transformation_is_created() {
    let (mut ce, _) = with_hub("crm");
    ce.ask(Request::post(
        DEFINITION,
        FIELDS.replace("\"companyName\"", r#""companyName","type":"name""#),
    ));
    let created = ce.ask(Request::post(TRANSFORMATION, MAPPED));
    assert_eq!(created.verdict(), (200, "transformation-create"));
    assert_eq!(
        created.text(),
        r#"{"vendorName":"Account","fields":[{"path":"companyName","vendorPath":"name","type":"name","level":"instance"}],"objectName":"myaccounts","startDate":"2018-09-17 12:00:00.000000","level":"instance","isLegacy":false}"#
    );
    assert_eq!(ce.ask(Request::get(TRANSFORMATION)).body, created.body);
    let bad = ce.ask(Request::put(TRANSFORMATION, r#"{"fields":7}"#));
    assert_eq!(bad.message(), "fields must be an array, found a number");
}

/// Rule `transformation-needs-definition`: with the recorded text.
#[test]
fn a_transformation_needs_a_definition() {
    let (mut ce, _) = with_hub("crm");
    let refused = ce.ask(Request::post(
        "/instances/1234/transformations/customers",
        MAPPED,
    ));
    assert_eq!(refused.verdict(), (400, "transformation-needs-definition"));
    assert_eq!(
        refused.message(),
        "No object definition found for 'customers' so no transformation can be created for that object.  \
         Please define that object in your object definitions first."
    );
}

/// Rule `transformation-rest`: read, replaced, deleted, one and all.
#[test]
fn a_transformation_has_a_life() {
    let (mut ce, token) = transformed();
    assert_eq!(
        ce.ask(Request::post(TRANSFORMATION, MAPPED)).verdict(),
        (409, "transformation-rest")
    );
    let replaced = ce.ask(Request::put(TRANSFORMATION, r#"{"vendorName":"contacts"}"#));
    assert_eq!(replaced.verdict(), (200, "transformation-rest"));
    let all = ce.ask(Request::get("/instances/transformations").token(&token));
    assert_eq!(
        all.text(),
        format!(r#"{{"myaccounts":{}}}"#, replaced.text())
    );
    let everything = "/instances/1234/transformations";
    assert_eq!(
        ce.ask(Request::delete(everything)).verdict(),
        (200, "transformation-removed")
    );
    for request in [
        Request::get(everything),
        Request::delete(everything),
        Request::get(TRANSFORMATION),
        Request::put(TRANSFORMATION, MAPPED),
        Request::delete(TRANSFORMATION),
    ] {
        assert_eq!(ce.ask(request).verdict(), (404, "transformation-rest"));
    }
}

/// Rule `transformation-rows`: rows of the vendor's resource under the object's name, list, single and condition.
#[test]
fn rows_are_transformed() {
    let (mut ce, token) = transformed();
    let mut ask = |request: Request| ce.ask(request.token(&token));
    let list = ask(Request::get("/hubs/crm/myaccounts"));
    assert_eq!(list.verdict(), (200, "transformation-rows"));
    assert_eq!(list.text().matches("companyName").count(), 4);
    let found = ask(Request::get(
        "/myaccounts?where=companyName%3D'Example%20Company%202'",
    ));
    assert_eq!(found.json().as_array().unwrap().len(), 1);
    let plain = ask(Request::get("/accounts/1"));
    assert!(!plain.text().contains("companyName"));
    let created = ask(Request::post("/myaccounts", r#"{"companyName":"New"}"#));
    assert_eq!(
        created.text(),
        r#"{"id":"5","name":"New","companyName":"New"}"#
    );
    assert_eq!(
        ask(Request::get("/accounts/5")).text(),
        r#"{"id":"5","name":"New"}"#
    );
}

/// Rule `transformation-rows`: messages too, under their own name.
#[test]
fn messages_are_transformed() {
    let (mut ce, token) = with_mailjet::<Core>();
    ce.ask(Request::post(
        "/instances/1234/objects/messages/definitions",
        "{}",
    ));
    let mapping =
        r#"{"vendorName":"messages","fields":[{"path":"idTransformed","vendorPath":"id"}]}"#;
    ce.ask(Request::post(
        "/instances/1234/transformations/messages",
        mapping,
    ));
    for _ in 0..2 {
        let sent = ce.ask(Request::post("/messages", "{}").token(&token));
        assert!(
            sent.text().contains(r#""idTransformed":"#),
            "{}",
            sent.text()
        );
    }
    let list: Reply = ce.ask(Request::get("/hubs/messaging/messages").token(&token));
    assert_eq!(list.text().matches("idTransformed").count(), 2);
}

/// Rule `transformation-removed`: rows read as before, and the name is no resource any more.
#[test]
fn after_a_transformation_rows_read_as_before() {
    let (mut ce, token) = transformed();
    assert_eq!(
        ce.ask(Request::delete(&format!("{TRANSFORMATION}?propagate=true")))
            .verdict(),
        (200, "transformation-removed")
    );
    let gone = ce.ask(Request::get("/hubs/crm/myaccounts").token(&token));
    assert_eq!(gone.rule(), "resource-unsupported");
}

/// Rule `transformation-removed`: the instance takes its definitions with it.
#[test]
fn an_instance_takes_its_definitions_with_it() {
    let (mut ce, _) = transformed();
    let before = ce.ask(Request::raw("GET", "/__admin/state"));
    assert!(before.text().contains("myaccounts"));
    let put = Request::raw("PUT", "/__admin/state").json(before.text().to_owned());
    assert_eq!(ce.ask(put).status, 200);
    let restored = ce.ask(Request::raw("GET", "/__admin/state"));
    let objects = |text: &str| text.split(r#""objects":"#).nth(1).map(str::to_owned);
    assert_eq!(objects(restored.text()), objects(before.text()));
    ce.ask(Request::delete("/instances/1234"));
    let after = ce.ask(Request::raw("GET", "/__admin/state"));
    assert!(!after.text().contains("myaccounts"), "{}", after.text());
}
