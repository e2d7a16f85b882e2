//! Elements of the user's own.

use std::fs;
use std::path::Path;
use std::process::Output;

use rstest::rstest;
use tempfile::TempDir;

use super::{PIGEON, catalog, run, the_one_line};
use crate::support::{Binary, Harness, Reply, Request};

fn with_catalog(directory: &Path) -> Output {
    let flag = format!("--catalog={}", directory.display());
    run(&["serve", "--listen=127.0.0.1:0", &flag])
}

#[test]
fn a_catalog_adds_an_element_in_both_dialects() {
    let directory = catalog(PIGEON);
    let mut ce = Binary::start(&[("catalog", directory.path().to_str().unwrap())]);
    assert_eq!(ce.ask(Request::get("/elements")).ids(), [6, 7, 84, 900]);
    let create = |noun, configuration| {
        format!(r#"{{"{noun}":{{"key":"pigeon"}},"name":"n","configuration":{configuration}}}"#)
    };
    let refused: Reply = ce.ask(Request::post("/instances", create("element", "{}")));
    assert_eq!(refused.verdict(), (400, "configuration-missing"));
    let created = ce.ask(Request::post(
        "/instances",
        create("element", r#"{"pigeon.loft":"roof"}"#),
    ));
    assert!(
        created.text().contains(
            r#""element":{"id":900,"name":"Pigeon Elements","key":"pigeon"},"valid":true"#
        )
    );
    let created = ce.ask(
        Request::post(
            "/instances",
            create("your_mom", r#"{"pigeon.loft":"roof"}"#),
        )
        .your_mom(),
    );
    assert!(
        created
            .text()
            .contains(r#""your_mom":{"id":900,"name":"Pigeon Your_moms","key":"pigeon"}"#)
    );
}

#[rstest]
#[case::not_json(PIGEON.replace("\"required\": true", "\"required\" true"), 8, "expected `:`")]
#[case::misspelt(PIGEON.replace("configuration", "configurations"), 7, "did you mean \"configuration\"?")]
#[case::wrong_type(PIGEON.replace("900", "\"900\""), 4, "must be a whole number, found text")]
fn a_broken_catalog_is_told_with_file_line_and_reason(
    #[case] broken: String,
    #[case] line: usize,
    #[case] reason: &str,
) {
    let directory = catalog(&broken);
    let told = the_one_line(&with_catalog(directory.path()), 1);
    let place = format!(
        "{}:{line}: ",
        directory.path().join("pigeon.json").display()
    );
    assert!(told.contains(&place) && told.contains(reason), "{told}");
}

#[test]
fn a_catalog_with_a_taken_id_is_refused() {
    let directory = catalog(&PIGEON.replace("900", "84"));
    let told = the_one_line(&with_catalog(directory.path()), 1);
    assert!(
        told.contains("the id 84 is taken by \"mailjet\", which is built in"),
        "{told}"
    );
}

#[test]
fn a_catalog_that_cannot_be_read_is_told() {
    let empty = TempDir::new().unwrap();
    let told = the_one_line(&with_catalog(empty.path()), 1);
    assert!(told.contains("holds no *.json file"), "{told}");
    let told = the_one_line(&with_catalog(&empty.path().join("nowhere")), 1);
    assert!(told.contains("cannot read the catalog"), "{told}");
}

#[test]
fn a_new_element_is_written_once_and_served() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("pigeon.json");
    let file = path.to_str().unwrap();
    let printed = run(&["new-element", "pigeon"]);
    assert!(run(&["new-element", "pigeon", file]).status.success());
    assert_eq!(fs::read(&path).unwrap(), printed.stdout);
    let again = the_one_line(&run(&["new-element", "dove", file]), 1);
    assert!(
        again.contains("is there already and stays as it is"),
        "{again}"
    );
    let mut ce = Binary::start(&[("catalog", file)]);
    let body = r#"{"element":{"key":"pigeon"},"name":"n","configuration":{"pigeon.api.key":"k"}}"#;
    let created = ce.ask(Request::post("/instances", body));
    assert_eq!(created.status, 200, "{}", created.text());
    let by_token = format!("User u, Element {}", created.token());
    let rows = ce.ask(Request::get("/hubs/general/contacts").by(&by_token));
    assert!(rows.text().contains("Ada"), "{}", rows.text());
}
