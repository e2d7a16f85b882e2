//! The OpenAPI document: made from the code, and what the server serves.

mod document;

use std::path::Path;

use mock_ce::{Json, MockCe};
use rstest::rstest;

use crate::support::{Client, Reply, Request, described};

#[test]
fn the_document_is_the_one_that_the_code_describes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/openapi.json");
    let made = document::layout(&document::document());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, made).unwrap();
        return;
    }
    let found = std::fs::read_to_string(path).unwrap();
    let differs = found
        .lines()
        .zip(made.lines())
        .find(|(found, made)| found != made);
    assert_eq!(
        differs, None,
        "run the tests with UPDATE_GOLDEN=1 and review the change"
    );
    assert_eq!(
        found.len(),
        made.len(),
        "run the tests with UPDATE_GOLDEN=1 and review the change"
    );
}

#[test]
fn the_served_document_names_the_server() {
    let ce = MockCe::start();
    let request = Request::raw("GET", "/__admin/openapi.json");
    let host = ce.address().to_string();
    let reply = Client::connect(ce.address()).ask(&request.header("host", &host));
    let served = reply.json();
    let url = served.get("servers").and_then(Json::as_array).unwrap()[0]
        .get("url")
        .unwrap();
    assert_eq!(url.as_str(), Some(&*format!("http://{host}")));
    let made = document::document();
    assert!(
        served.get("paths") == made.get("paths"),
        "it is not the file"
    );
}

/// The judge that every test of this suite passes its replies to.
#[rstest]
#[case::the_status("418 create", r#"{}"#, "no such status")]
#[case::the_rule("200 by-token", r#"{}"#, "the rule by-token is not among")]
#[case::the_body("200 create", r#"{"id": "1234"}"#, "\"name\" is a required")]
#[case::the_body_of_an_error(
    "400 json-malformed",
    r#"{"message": "No"}"#,
    "\"requestId\" is a required"
)]
fn a_reply_that_is_not_described_fails_its_test(
    #[case] verdict: &str,
    #[case] body: &str,
    #[case] problem: &str,
) {
    let (status, rule) = verdict.split_once(' ').unwrap();
    let reply = Reply {
        status: status.parse().unwrap(),
        headers: vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("mock-ce-because".to_owned(), format!("{rule}; grade=guide")),
        ],
        body: body.into(),
    };
    let judged =
        std::panic::catch_unwind(|| described::check(&Request::post("/instances", "{}"), &reply));
    let told = judged.unwrap_err().downcast::<String>().unwrap();
    assert!(told.contains(problem), "{told}");
}
