//! Rows in a snapshot.

use rstest::rstest;

use super::accounts;
use crate::platform::{WithToken as _, with_hub};
use crate::support::{Harness, Request, mailjet};

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
