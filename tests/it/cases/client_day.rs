//! A client's day beyond provisioning, in all three harnesses.

use super::table::created;
use super::{Body, Case, Step, case, step};
use crate::support::Request;

/// Every case.
pub(super) fn cases() -> Vec<Case> {
    vec![
        case(
            "an instance's configuration and switch",
            &[("shape", "platform")],
            instance_steps(),
        ),
        case("login, hubs and the catalog", &[], catalog_steps()),
    ]
}

fn instance_steps() -> Vec<Step> {
    let by_token = |request: Request| request.by("User u, Element {token}");
    let (list, entry) = (
        "/instances/1234/configuration",
        "/instances/configuration/1234003",
    );
    let change = r#"{"propertyValue":false}"#;
    vec![
        created(),
        step(
            Request::get(list),
            200,
            "instance-config-list",
            Body::Has(&["\"id\":1234001,\"key\":\"mailjet.api.key\""]),
        ),
        step(
            by_token(Request::patch(entry, change)),
            200,
            "instance-config-patch",
            Body::Has(&["\"propertyValue\":\"false\""]),
        ),
        step(
            by_token(Request::get(entry)),
            200,
            "instance-config-get",
            Body::Has(&["\"propertyValue\":\"false\""]),
        ),
        step(
            Request::get("/instances/1234/configuration/1"),
            404,
            "instance-config-get",
            Body::Says("No configuration found with ID 1"),
        ),
        step(
            Request::patch("/instances/1234/configuration/1234003", "{}"),
            400,
            "instance-config-patch-bad",
            Body::Says("propertyValue is required"),
        ),
        step(
            by_token(Request::delete("/instances/enabled")),
            200,
            "instance-disable",
            Body::Empty,
        ),
        step(
            Request::get("/instances/1234"),
            200,
            "instance-get",
            Body::Has(&["\"disabled\":true"]),
        ),
        step(
            Request::put("/instances/1234/enabled", ""),
            200,
            "instance-enable",
            Body::Empty,
        ),
        step(
            Request::get("/instances/count"),
            200,
            "instance-count",
            Body::Is(r#"{"totalInstances":1,"elementInstances":{"mailjet":1}}"#),
        ),
        step(
            Request::patch("/instances/1234", r#"{"tags":[]}"#),
            200,
            "instance-patch",
            Body::Has(&["\"tags\":[]"]),
        ),
        step(
            Request::put("/instances/1234", r#"{"id":1235}"#),
            400,
            "whole-instance-back",
            Body::Has(&["id in the body must be 1234, found 1235"]),
        ),
        step(
            by_token(Request::get("/instances/configuration"))
                .by("User u, Organization x, Element {token}"),
            401,
            "token-other-organization",
            Body::Has(&["Invalid Organization"]),
        ),
        step(
            Request::delete("/instances/1/enabled"),
            404,
            "subject-unknown",
            Body::Says("No instance found with ID 1"),
        ),
    ]
}

fn catalog_steps() -> Vec<Step> {
    let login = r#"{"username":"a","password":"b"}"#;
    let hub = r#"{"key":"mine","name":"Mine"}"#;
    vec![
        step(
            Request::post("/authentication", login),
            200,
            "login",
            Body::Has(&["{\"token\":\""]),
        ),
        step(
            Request::get("/authentication/secrets").by("Bearer x"),
            401,
            "login-secrets",
            Body::Has(&["Invalid Organization"]),
        ),
        step(
            Request::get("/elements/metadata"),
            200,
            "element-metadata-all",
            Body::Has(&["\"events\":{\"supported\":false"]),
        ),
        step(
            Request::get("/elements/6/metadata?expand=true"),
            200,
            "element-metadata",
            Body::Has(&["\"hub\":\"messaging\""]),
        ),
        step(
            Request::get("/elements/6/configuration"),
            200,
            "element-config",
            Body::Has(&["{\"configuration\":["]),
        ),
        step(
            Request::get("/elements?where=key%3D'twilio'"),
            200,
            "element-where",
            Body::Has(&["[{\"id\":7,"]),
        ),
        step(
            Request::get("/elements?where=key"),
            400,
            "element-where-bad",
            Body::Has(&["Error parsing query"]),
        ),
        step(
            Request::get("/hubs/keys"),
            200,
            "hub-keys",
            Body::Has(&["[\"messaging\","]),
        ),
        step(
            Request::post("/hubs", hub),
            200,
            "hub-create",
            Body::Has(&["\"id\":1001"]),
        ),
        step(
            Request::post("/hubs", hub),
            409,
            "hub-create",
            Body::Says("A hub with the key mine exists"),
        ),
        step(
            Request::delete("/hubs/mine"),
            200,
            "hub-delete",
            Body::Empty,
        ),
        step(
            Request::delete("/hubs/crm"),
            403,
            "hub-delete",
            Body::Says("The hub crm is the platform's own and stays"),
        ),
        step(
            Request::get("/elements/twilio/oauth/url"),
            400,
            "oauth-url-bad",
            Body::Says("Element twilio does not use OAuth"),
        ),
        step(
            Request::raw("GET", "/oauth/authorize/nothing"),
            404,
            "element-get",
            Body::Has(&["No element found"]),
        ),
    ]
}
