//! Swagger documents of instances, elements and hubs.

use std::collections::BTreeSet;
use std::fs;

use mock_ce::Json;
use rstest::rstest;

use super::by_token;
use crate::support::{Core, Harness as _, Reply, Request};

/// A service with an instance of an element that has some resources, and its token.
fn service() -> (Core, String) {
    let directory = tempfile::tempdir().unwrap();
    let fixture = r#"{"instance": {"id": 1, "name": "", "token": "t", "element": {"id": 900, "key": "pigeon"}},
        "hub": "crm", "configuration": [],
        "resources": [
            {"path": "/contacts", "methods": ["create", "list", "retrieve", "replace", "update", "delete"],
             "row": {"id": "1", "age": 7, "share": 0.5, "tags": ["a"], "none": [], "home": {"city": null}, "on": true}},
            {"path": "/accounts/{id}/notes", "methods": ["list", "retrieve"], "row": {"id": 1}},
            {"path": "/hubs/crm/usage", "methods": ["list"], "row": {"id": 1}}
        ]}"#;
    fs::write(directory.path().join("pigeon.json"), fixture).unwrap();
    let mut ce = Core::start(&[("catalog", directory.path().to_str().unwrap())]);
    let token = ce
        .ask(Request::post(
            "/elements/pigeon/instances",
            r#"{"name":"n"}"#,
        ))
        .token();
    (ce, token)
}

fn ask(path: &str) -> Reply {
    service()
        .0
        .ask(Request::get(path).header("host", "127.0.0.1:4010"))
}

fn paths(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", reply.text());
    let document = reply.json();
    let paths = document.get("paths").and_then(Json::as_object).unwrap();
    paths.iter().map(|(path, _)| path.to_string()).collect()
}

const ALL: [&str; 5] = [
    "/contacts",
    "/contacts/{id}",
    "/accounts/{id}/notes",
    "/accounts/{id}/notes/{accountsNotesId}",
    "/usage",
];

/// Rules `docs-instance`, `docs-element`, `docs-hub`: the same resources on every way.
#[rstest]
#[case("/instances/1234/docs", "docs-instance")]
#[case("/elements/900/docs", "docs-element")]
#[case("/elements/pigeon/docs", "docs-element")]
#[case("/docs/crm", "docs-hub")]
#[case("/docs/pigeon", "docs-hub")]
#[case("/docs/all?elementKey=pigeon", "docs-hub")]
fn a_document_has_every_resource(#[case] path: &str, #[case] rule: &str) {
    let reply = ask(path);
    assert_eq!(
        (reply.rule(), paths(&reply)),
        (rule, ALL.map(str::to_owned).to_vec())
    );
    let (mut ce, token) = service();
    let of_token = ce.ask(Request::get("/instances/docs").by(&by_token(&token)));
    assert_eq!(
        (of_token.rule(), paths(&of_token).len()),
        ("docs-instance", 5)
    );
}

/// Rule `docs-shape`: what Swagger 2.0 demands of every operation.
#[test]
fn a_document_is_a_valid_one() {
    let reply = ask("/instances/1234/docs");
    let document = reply.json();
    assert_eq!(document.get("swagger").and_then(Json::as_str), Some("2.0"));
    for member in ["info", "host", "basePath", "schemes", "tags", "definitions"] {
        assert!(document.get(member).is_some(), "{member}");
    }
    let (mut ids, mut count) = (BTreeSet::new(), 0);
    for (path, verbs) in document.get("paths").and_then(Json::as_object).unwrap() {
        for (verb, operation) in verbs.as_object().unwrap() {
            count += 1;
            ids.insert(operation.get("operationId").unwrap().to_string());
            let parameters = operation
                .get("parameters")
                .and_then(Json::as_array)
                .unwrap();
            let name = |parameter: &Json<'_>| {
                parameter
                    .get("name")
                    .and_then(Json::as_str)
                    .unwrap()
                    .to_owned()
            };
            assert_eq!(name(&parameters[0]), "Authorization");
            let names: BTreeSet<_> = parameters.iter().map(name).collect();
            assert_eq!(names.len(), parameters.len(), "{verb} {path}");
            let in_path = path
                .split('/')
                .filter_map(|word| word.strip_prefix('{')?.strip_suffix('}'));
            assert!(
                in_path.into_iter().all(|name| names.contains(name)),
                "{verb} {path}"
            );
            for parameter in parameters {
                let in_body = parameter.get("in").and_then(Json::as_str) == Some("body");
                assert_eq!(parameter.get("type").is_none(), in_body, "{parameter}");
                assert_eq!(parameter.get("schema").is_some(), in_body, "{parameter}");
            }
            let responses = operation
                .get("responses")
                .and_then(Json::as_object)
                .unwrap();
            assert_eq!(responses.len(), 11);
            assert!(
                responses
                    .iter()
                    .all(|(_, response)| response.get("description").is_some())
            );
        }
    }
    assert_eq!(ids.len(), count);
    let definitions = document
        .get("definitions")
        .and_then(Json::as_object)
        .unwrap();
    for reference in reply.text().split("#/definitions/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(definitions.iter().any(|(known, _)| known == name), "{name}");
    }
    let expected = concat!(
        r#"{"type":"object","properties":{"id":{"type":"string"},"age":{"type":"integer"},"share":{"type":"number"},"#,
        r#""tags":{"type":"array","items":{"type":"string"}},"none":{"type":"array","items":{}},"#,
        r#""home":{"type":"object","properties":{"city":{"type":"string"}}},"on":{"type":"boolean"}}}"#
    );
    assert_eq!(definitions[0].1.to_string(), expected);
}

/// Rule `docs-shape`: the vendor's own schema of Swagger 2.0 finds nothing wrong.
#[rstest]
#[case("/instances/1234/docs")]
#[case("/instances/1234/docs/getContacts")]
#[case("/instances/1234/docs?baseUrl=https://foo.bar")]
#[case("/docs/all")]
#[case("/docs/crm?provider=aws")]
#[case("/docs/finance")]
#[case("/elements/mailjet/docs")]
#[case("/elements/sendgrid/docs")]
#[case("/elements/twilio/docs")]
fn a_document_fits_the_schema_of_swagger(#[case] path: &str) {
    let (mut ce, _) = service();
    define_and_map(&mut ce, "myaccounts");
    let host = ("host", "127.0.0.1:4010");
    let reply = ce.ask(Request::get(path).header(host.0, host.1));
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_is_swagger(reply.text());
}

fn assert_is_swagger(document: &str) {
    let json = |text: &str| serde_json::from_str(text).unwrap();
    let schema: serde_json::Value = json(include_str!("swagger-2.0.schema.json"));
    let validator = jsonschema::validator_for(&schema).unwrap();
    let document = json(document);
    let problems = validator.iter_errors(&document);
    let problems: Vec<_> = problems
        .map(|problem| format!("{}: {problem}", problem.instance_path()))
        .collect();
    assert_eq!(problems, [""; 0]);
}

/// Defines an object of instance 1234 and maps contacts to it.
fn define_and_map(ce: &mut Core, name: &str) {
    let definition = r#"{"fields":[{"path":"companyName"},{"path":"home.size","type":"integer"},
        {"path":"users[*].on","type":"boolean"},{"path":"share","type":"number"}]}"#;
    let defined = Request::post(
        &format!("/instances/1234/objects/{name}/definitions"),
        definition,
    );
    assert_eq!(ce.ask(defined).status, 200);
    let transformation =
        r#"{"vendorName":"contacts","fields":[{"path":"companyName","vendorPath":"id"}]}"#;
    let mapped = Request::post(
        &format!("/instances/1234/transformations/{name}"),
        transformation,
    );
    assert_eq!(ce.ask(mapped).status, 200);
}

/// Rule `docs-own-objects`: beside the element's own, until the mapping is deleted, and in no other instance.
#[test]
fn a_document_has_the_instances_own_objects() {
    let (mut ce, _) = service();
    define_and_map(&mut ce, "myaccounts");
    let reply = ce.ask(Request::get("/instances/1234/docs"));
    let own = ["/myaccounts", "/myaccounts/{objectId}"];
    assert_eq!(paths(&reply), [&ALL[..], &own].concat());
    let document = reply.json();
    let verbs = |path| {
        let verbs = document.get("paths").unwrap().get(path).unwrap();
        let verbs = verbs.as_object().unwrap().iter();
        verbs.map(|(verb, _)| verb.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(
        (verbs(own[0]), verbs(own[1])),
        (
            ["get", "post"].map(str::to_owned).to_vec(),
            ["get", "patch", "delete"].map(str::to_owned).to_vec(),
        )
    );
    let definition = document
        .get("definitions")
        .unwrap()
        .get("myaccounts")
        .unwrap();
    let expected = concat!(
        r#"{"type":"object","properties":{"companyName":{"type":"string"},"#,
        r#""home":{"type":"object","properties":{"size":{"type":"integer"}}},"#,
        r#""users":{"type":"array","items":{"type":"object","properties":{"on":{"type":"boolean"}}}},"#,
        r#""share":{"type":"number"}}}"#
    );
    assert_eq!(definition.to_string(), expected);
    let cut = "/instances/1234/docs/getMyaccounts/definitions?resolveReferences=true";
    let cut = ce.ask(Request::get(cut));
    assert_eq!(cut.text(), format!(r#"{{"myaccounts":{expected}}}"#));
    let other = ce.ask(Request::post(
        "/elements/pigeon/instances",
        r#"{"name":"other"}"#,
    ));
    let other = ce.ask(Request::get(&format!("/instances/{}/docs", other.id())));
    assert_eq!(paths(&other), ALL);
    ce.ask(Request::delete(
        "/instances/1234/transformations/myaccounts",
    ));
    assert_eq!(paths(&ce.ask(Request::get("/instances/1234/docs"))), ALL);
}

/// Rule `docs-own-objects`: an object that maps a resource of its own name adds no second path for it, and what the
/// organization has added is there.
#[test]
fn a_document_has_no_call_twice_and_added_resources() {
    let (mut ce, _) = service();
    define_and_map(&mut ce, "contacts");
    let added = r#"{"method":"GET","path":"/hubs/crm/things/{thingId}"}"#;
    assert_eq!(
        ce.ask(Request::post("/elements/pigeon/resources", added))
            .status,
        200
    );
    let reply = ce.ask(Request::get("/instances/1234/docs"));
    assert_eq!(paths(&reply), [&ALL[..], &["/things/{id}"]].concat());
    assert_is_swagger(reply.text());
}

/// Rules `docs-operation`, `docs-definitions`, `docs-unknown`: in either spelling, by path and by query.
#[rstest]
#[case("/instances/1234/docs/getContacts", &["/contacts"])]
#[case("/instances/1234/docs/GET-contacts", &["/contacts"])]
#[case("/instances/1234/docs/updateContactsById", &["/contacts/{id}"])]
#[case("/elements/pigeon/docs?operationId=createContacts", &["/contacts"])]
#[case("/elements/twilio/docs?operationId=getMessages", &["/messages"])]
fn a_document_is_cut_to_an_operation(#[case] path: &str, #[case] expected: &[&str]) {
    let reply = ask(path);
    assert_eq!(paths(&reply), expected);
    let definitions = ask("/instances/1234/docs/getContacts/definitions");
    assert_eq!(definitions.rule(), "docs-definitions");
    assert!(
        definitions
            .text()
            .starts_with(r#"{"contacts":{"type":"object""#)
    );
}

/// Rules `docs-unknown`, `docs-base`, `docs-instance`, `docs-element`, `subject-unknown`.
#[rstest]
#[case("/instances/1234/docs/getNothing", 404, "docs-unknown")]
#[case("/instances/1234/docs/getNothing/definitions", 404, "docs-unknown")]
#[case("/docs/nothing", 404, "docs-unknown")]
#[case("/instances/1/docs", 404, "subject-unknown")]
#[case("/instances/docs", 401, "auth-required")]
#[case("/elements/nothing/docs", 404, "element-get")]
#[case("/docs/crm?baseUrl=foo.bar", 400, "docs-base")]
#[case("/docs/crm?baseUrl=ftp://foo.bar", 400, "docs-base")]
#[case("/docs/crm?baseUrl=https://", 400, "docs-base")]
#[case("/docs/finance", 200, "docs-hub")]
fn what_has_no_documentation_is_refused(
    #[case] path: &str,
    #[case] status: u16,
    #[case] rule: &str,
) {
    assert_eq!(ask(path).verdict(), (status, rule));
}

/// Rules `docs-base`, `docs-provider`.
#[rstest]
#[case("", "http", "127.0.0.1:4010", "/elements/api-v2/hubs/crm")]
#[case(
    "?baseUrl=https://foo.bar",
    "https",
    "foo.bar",
    "/elements/api-v2/hubs/crm"
)]
#[case("?baseUrl=http://foo.bar:1/own/", "http", "foo.bar:1", "/own/hubs/crm")]
#[case("?provider=aws", "https", "aws-api.cloud-elements.com", "/")]
#[case(
    "?provider=other",
    "http",
    "127.0.0.1:4010",
    "/elements/api-v2/hubs/crm"
)]
fn a_document_says_where_the_api_is(
    #[case] query: &str,
    #[case] scheme: &str,
    #[case] host: &str,
    #[case] path: &str,
) {
    let reply = ask(&format!("/docs/crm{query}"));
    let schemes = format!(r#""host":"{host}","basePath":"{path}","schemes":["{scheme}"]"#);
    assert!(reply.text().contains(&schemes), "{}", reply.text());
    let is_gateway = query == "?provider=aws";
    assert_eq!(
        reply.text().contains(r#""name":"x-api-key","in":"header""#),
        is_gateway
    );
}
