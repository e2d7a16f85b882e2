//! The objects of an element and their fields.

use crate::platform::{WithToken as _, with_hub};
use crate::support::{Harness, Request};

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
