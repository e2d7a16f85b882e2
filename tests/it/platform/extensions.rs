//! Resources that are added while the server runs.

use rstest::rstest;

use super::{WithToken as _, with_hub, with_mailjet};
use crate::support::{Core, Harness as _, Request};

const THINGS: &str = r#"{"method":"GET","path":"/hubs/crm/things","vendorPath":"/v1/things","vendorMethod":"GET","type":"api","hooks":[]}"#;

/// Rule `resource-extend`: the answer is what was sent, plus an id and a date.
#[test]
fn a_resource_is_added() {
    let (mut ce, _) = with_mailjet::<Core>();
    let added = ce.ask(Request::post("/elements/84/resources", THINGS));
    assert_eq!(added.verdict(), (200, "resource-extend"));
    let expected = THINGS
        .replace('{', r#"{"id":1,"#)
        .replace('}', r#","createdDate":"2018-09-17T12:00:00Z"}"#);
    assert_eq!(added.text(), expected);
    let again = ce.ask(Request::post("/elements/mailjet/resources", THINGS));
    assert_eq!(again.verdict(), (409, "resource-extend"));
    let elsewhere = ce.ask(Request::post("/elements/sendgrid/resources", THINGS));
    assert_eq!(elsewhere.id(), 2);
}

/// Rule `resource-extend`: what is no call of rows is refused.
#[rstest]
#[case(r#"{"path":"/x"}"#, "method is required and must be text")]
#[case(r#"{"method":"GET","path":7}"#, "path is required and must be text")]
#[case("[]", "method is required and must be text")]
#[case(
    r#"{"method":"BREW","path":"/x"}"#,
    "method and path must be a call of rows"
)]
#[case(
    r#"{"method":"GET","path":"x"}"#,
    "method and path must be a call of rows"
)]
fn what_is_no_resource_is_refused(#[case] body: &str, #[case] message: &str) {
    let (mut ce, _) = with_mailjet::<Core>();
    let refused = ce.ask(Request::post("/elements/mailjet/resources", body));
    assert_eq!(refused.verdict(), (400, "resource-extend"));
    assert!(
        refused.message().starts_with(message),
        "{}",
        refused.message()
    );
    let unknown = ce.ask(Request::post("/elements/nothing/resources", THINGS));
    assert_eq!(unknown.status, 404);
}

/// Rule `resource-extend-list`: the catalog's and the organization's own, which nobody else sees.
#[test]
fn added_resources_are_listed_for_their_organization() {
    let (mut ce, _) = with_mailjet::<Core>();
    ce.ask(Request::post("/elements/mailjet/resources", THINGS));
    let path = "/elements/mailjet/resources";
    let own = ce.ask(Request::get(&format!("{path}?accountOnly=true")));
    assert_eq!(
        (own.verdict(), own.ids()),
        ((200, "resource-extend-list"), vec![1])
    );
    let all = ce.ask(Request::get(path));
    let messages = r#"{"method":"GET","path":"/messages/{id}","type":"api"}"#;
    assert!(all.text().contains(messages) && all.text().contains("/hubs/crm/things"));
    let stranger = "User u, Organization p";
    let others = ce.ask(Request::get(&format!("{path}?accountOnly=true")).by(stranger));
    assert_eq!(others.text(), "[]");
    let element = ce.ask(Request::get("/elements/mailjet"));
    assert!(
        element
            .text()
            .contains(r#""resources":[{"id":1,"method":"GET""#)
    );
    for request in [
        Request::get("/elements/mailjet").by(stranger),
        Request::get("/elements/mailjet").without("authorization"),
        Request::get("/elements/sendgrid"),
    ] {
        assert!(!ce.ask(request).text().contains(r#""resources""#));
    }
}

/// Rule `resource-extend-list`: one is read, replaced and deleted by its id.
#[test]
fn an_added_resource_has_a_life() {
    let (mut ce, _) = with_mailjet::<Core>();
    ce.ask(Request::post("/elements/mailjet/resources", THINGS));
    let path = "/elements/mailjet/resources/1";
    assert_eq!(ce.ask(Request::get(path)).id(), 1);
    let replaced = ce.ask(Request::put(path, THINGS.replace("things", "parts")));
    assert_eq!(replaced.verdict(), (200, "resource-extend-list"));
    assert_eq!(ce.ask(Request::get(path)).body, replaced.body);
    let deleted = ce.ask(Request::delete(path));
    assert_eq!(
        (deleted.verdict(), deleted.text()),
        ((200, "resource-extend-list"), "")
    );
    for request in [
        Request::get(path),
        Request::delete(path),
        Request::put(path, THINGS),
    ] {
        let refused = ce.ask(request);
        assert_eq!(refused.verdict(), (404, "resource-extend-list"));
        assert_eq!(refused.message(), "No resource found with ID 1");
    }
}

/// Rule `resource-extend-call`: at once, for instances that were there, bare or under any hub, until it is deleted.
#[test]
fn an_added_resource_answers_until_it_is_deleted() {
    let (mut ce, token) = with_mailjet::<Core>();
    let things = ["/things", "/hubs/crm/things", "/hubs/x/things"];
    let call = |ce: &mut Core, path: &str| ce.ask(Request::get(path).token(&token));
    assert_eq!(
        call(&mut ce, things[0]).verdict(),
        (400, "resource-unsupported")
    );
    ce.ask(Request::post("/elements/mailjet/resources", THINGS));
    for path in things {
        let reply = call(&mut ce, path);
        assert_eq!(reply.verdict(), (200, "resource-extend-call"));
        assert!(
            reply.text().starts_with(r#"[{"id":"1""#),
            "{}",
            reply.text()
        );
    }
    let stranger =
        Request::post("/instances", crate::support::mailjet("n")).by("User u, Organization p");
    let other = ce.ask(stranger).token();
    let unseen = ce.ask(Request::get("/things").token(&other));
    assert_eq!(unseen.rule(), "resource-unsupported");
    ce.ask(Request::delete("/elements/mailjet/resources/1"));
    assert_eq!(call(&mut ce, things[1]).rule(), "resource-unsupported");
}

/// Rule `resource-extend`: a path of the catalog is overridden, and a snapshot brings all of it back.
#[test]
fn an_added_resource_overrides_the_catalog_and_is_part_of_a_snapshot() {
    let (mut ce, token) = with_hub("crm");
    let accounts = r#"{"method":"GET","path":"/accounts"}"#;
    ce.ask(Request::post("/elements/pigeon/resources", accounts));
    let overridden = |ce: &mut Core| {
        ce.ask(Request::get("/accounts").token(&token)).rule() == "resource-extend-call"
    };
    assert!(overridden(&mut ce));
    let snapshot = ce.ask(Request::raw("GET", "/__admin/state"));
    ce.ask(Request::delete("/elements/pigeon/resources/1"));
    assert!(!overridden(&mut ce));
    ce.ask(Request::raw("PUT", "/__admin/state").json(snapshot.text().to_owned()));
    assert!(overridden(&mut ce));
    let again = ce.ask(Request::raw("GET", "/__admin/state"));
    let (again, snapshot) = (again.json(), snapshot.json());
    assert!(snapshot.get("resources").is_some());
    assert_eq!(again.get("resources"), snapshot.get("resources"));
}

/// Rule `resource-extend`: where there is no room for another one, those there are can still be replaced.
#[test]
fn there_is_room_for_a_thousand_added_resources() {
    let (mut ce, _) = with_mailjet::<Core>();
    let path = "/elements/mailjet/resources";
    let resource = |n: usize| format!(r#"{{"method":"GET","path":"/hubs/crm/things{n}"}}"#);
    for n in 1..=1000 {
        assert_eq!(ce.ask(Request::post(path, resource(n))).status, 200);
    }
    let full = ce.ask(Request::post(path, resource(1001)));
    assert_eq!(full.verdict(), (409, "resource-extend"));
    let told = "There is room for 1000 added resources; delete one before";
    assert_eq!(full.message(), told);
    let first = format!("{path}/1");
    assert_eq!(ce.ask(Request::put(&first, resource(1))).status, 200);
    let taken = ce.ask(Request::put(&first, resource(2)));
    let told = "There already is a resource with this method and path";
    assert_eq!((taken.status, &*taken.message()), (409, told));
    assert_eq!(ce.ask(Request::delete(&first)).status, 200);
    assert_eq!(ce.ask(Request::post(path, resource(1001))).status, 200);
}
