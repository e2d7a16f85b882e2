//! `min_grade`: no guess weaker than demanded is answered, nor acted upon.

use mock_ce::{Grade, Json, MockCe};
use rstest::rstest;

use super::{ask, length_at, look, number_at};
use crate::support::{Request, mailjet};

fn without(member: &str) -> String {
    mailjet("n").replace(member, "other")
}

#[rstest]
#[case::assumed_refusal(Grade::Client, Request::post("/instances", without("\"mailjet\"").replace("other", "\"m\"")), "element-unknown", "assumed")]
#[case::assumed_route(Grade::Vendor, Request::get("/nowhere"), "unknown-route", "assumed")]
#[case::client_slash(
    Grade::Vendor,
    Request::post("/instances/", mailjet("n")),
    "trailing-slash",
    "client"
)]
#[case::vendor_endpoint(
    Grade::Guide,
    Request::delete("/instances/1234"),
    "instance-delete",
    "vendor"
)]
#[case::vendor_creation(
    Grade::Guide,
    Request::post("/elements/mailjet/instances", mailjet("n")),
    "create-by-element",
    "vendor"
)]
fn a_weaker_rule_is_501_and_changes_nothing(
    #[case] demanded: Grade,
    #[case] request: Request,
    #[case] rule: &str,
    #[case] grade: &str,
) {
    let ce = MockCe::builder().min_grade(demanded).start();
    assert_eq!(
        ask(&ce, &Request::post("/instances", mailjet("n"))).verdict(),
        (200, "create")
    );
    let before = look(&ce, "/state?organization=o");
    let reply = ask(&ce, &request);
    assert_eq!(reply.verdict(), (501, rule));
    let told = reply.message();
    let begins = format!("The rule {rule} is graded {grade}, but {demanded} was demanded: ");
    assert!(told.starts_with(&begins), "{told}");
    let after = look(&ce, "/state?organization=o");
    assert_eq!(after.get("organizations"), before.get("organizations"));
    let ledger = look(&ce, "/ledger");
    assert_eq!(
        (number_at(&ledger, "refused"), length_at(&ledger, "relied")),
        (1, 1)
    );
    let refused_by = &ledger.get("refusedBy").and_then(Json::as_array).unwrap()[0];
    assert_eq!(
        refused_by.to_string(),
        format!(r#"{{"rule":"{rule}","grade":"{grade}","count":1}}"#)
    );
}

#[rstest]
#[case(Grade::Client, "/instances/")]
#[case(Grade::Guide, "/instances")]
fn a_rule_that_is_strong_enough_is_followed(#[case] demanded: Grade, #[case] path: &str) {
    let ce = MockCe::builder().min_grade(demanded).start();
    assert_eq!(ask(&ce, &Request::post(path, mailjet("n"))).status, 200);
    assert_eq!(number_at(&look(&ce, "/ledger"), "refused"), 0);
}
