//! The table: what is asked of a fresh server, step by step, and what each step gets.

use super::{Body, Case, Step, case, step};
use crate::support::{Request, mailjet, twilio};

const UNAUTHORIZED: &str =
    "Invalid Organization or User secret, or invalid Element token provided.";

pub(super) fn created() -> Step {
    step(
        Request::post("/instances", mailjet("first")),
        200,
        "create",
        Body::Has(&["\"id\":1234", "\"name\":\"first\""]),
    )
}

/// Every case.
pub(super) fn cases() -> Vec<Case> {
    [
        catalog_cases(),
        creation_cases(),
        lifecycle_cases(),
        setting_cases(),
        refusal_cases(),
        super::client_day::cases(),
        super::events::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn catalog_cases() -> Vec<Case> {
    vec![
        case(
            "the catalog, without credentials",
            &[],
            [
                step(
                    Request::get("/elements/keys").without("authorization"),
                    200,
                    "element-list",
                    Body::Is(r#"["sendgrid","twilio","mailjet"]"#),
                ),
                step(
                    Request::get("/elements").without("authorization"),
                    200,
                    "element-list",
                    Body::Has(&["\"id\":6,", "\"id\":7,", "\"id\":84,"]),
                ),
                step(
                    Request::get("/elements/84"),
                    200,
                    "element-get",
                    Body::Has(&[
                        "\"key\":\"mailjet\"",
                        "\"configuration\":[{\"key\":\"mailjet.api.key\"",
                    ]),
                ),
                step(
                    Request::get("/elements/mailject"),
                    404,
                    "element-get",
                    Body::Says("No element found with key or id mailject. Did you mean mailjet?"),
                ),
            ],
        ),
        case(
            "the catalog in the other dialect",
            &[],
            [
                step(
                    Request::get("/your_moms/keys").your_mom(),
                    200,
                    "element-list",
                    Body::Is(r#"["sendgrid","twilio","mailjet"]"#),
                ),
                step(
                    Request::get("/your_moms/mailjet").your_mom(),
                    200,
                    "element-get",
                    Body::Has(&["your_moms/provider_mailjet.png", "?p=CYour_moms"]),
                ),
            ],
        ),
    ]
}

fn creation_cases() -> Vec<Case> {
    vec![
        case(
            "a creation",
            &[],
            [
                created(),
                step(
                    Request::post("/instances", twilio("second")),
                    200,
                    "create",
                    Body::Has(&["\"id\":1235", "\"key\":\"twilio\""]),
                ),
                step(
                    Request::post(
                        "/elements/mailjet/instances",
                        mailjet("third").replace("\"element\":{\"key\":\"mailjet\"},", ""),
                    ),
                    200,
                    "create-by-element",
                    Body::Has(&["\"id\":1236"]),
                ),
            ],
        ),
        case(
            "a creation in the other dialect",
            &[],
            [
                step(
                    Request::post(
                        "/instances",
                        mailjet("m").replace("\"element\"", "\"your_mom\""),
                    )
                    .your_mom(),
                    200,
                    "create",
                    Body::Has(&["\"your_mom\":{\"id\":84"]),
                ),
                step(
                    Request::post("/instances", mailjet("m")).your_mom(),
                    400,
                    "element-key-missing",
                    Body::Says(
                        "your_mom.key is required: this path spells the noun \"your_mom\", the body has \"element\"",
                    ),
                ),
            ],
        ),
        case(
            "refused creations",
            &[],
            [
                step(
                    Request::post("/instances", r#"{"name":"n"}"#),
                    400,
                    "element-key-missing",
                    Body::Says(
                        "element.key is required: name the element to provision, one of sendgrid, twilio, mailjet",
                    ),
                ),
                step(
                    Request::post(
                        "/instances",
                        mailjet("n").replace("{\"key\":\"mailjet\"}", "{\"key\":\"mailjt\"}"),
                    ),
                    404,
                    "element-unknown",
                    Body::Says("No element found with key or id mailjt. Did you mean mailjet?"),
                ),
                step(
                    Request::post("/instances", r#"{"element":{"key":"mailjet"},"name":"n"}"#),
                    400,
                    "configuration-missing",
                    Body::Says(
                        "configuration is missing required entries: mailjet.api.key, mailjet.api.secret",
                    ),
                ),
                step(
                    Request::post(
                        "/instances",
                        r#"{"element":{"key":"mailjet"},"name":5,"configuration":{"mailjet.api.key":" "}}"#,
                    ),
                    400,
                    "member-types",
                    Body::Says(
                        "name must be text, found a number; configuration is missing required entries: mailjet.api.key (blank), mailjet.api.secret",
                    ),
                ),
                step(
                    Request::post("/instances", mailjet("")),
                    400,
                    "name-required",
                    Body::Says("name must not be blank"),
                ),
                step(
                    Request::post("/elements/twilio/instances", mailjet("n")),
                    400,
                    "create-by-element",
                    Body::Has(&["mailjet", "twilio"]),
                ),
            ],
        ),
    ]
}

fn lifecycle_cases() -> Vec<Case> {
    let by_token = |method: &str| Request::to(method, "/instances").by("User u, Element {token}");
    vec![
        case(
            "an instance's life, by id",
            &[],
            [
                created(),
                step(
                    Request::get("/instances/1234"),
                    200,
                    "instance-get",
                    Body::Has(&["\"name\":\"first\""]),
                ),
                step(
                    Request::get("/instances"),
                    200,
                    "instance-list",
                    Body::Has(&["[{\"id\":1234"]),
                ),
                step(
                    Request::put("/instances/1234", r#"{"name":"second"}"#),
                    200,
                    "instance-replace",
                    Body::Has(&["\"id\":1234,\"name\":\"second\",\"token\":\"{token}\""]),
                ),
                step(
                    Request::patch("/instances/1234", r#"{"id":1234,"name":"third"}"#),
                    200,
                    "instance-patch",
                    Body::Has(&["\"name\":\"third\""]),
                ),
                step(
                    Request::delete("/instances/1234"),
                    200,
                    "instance-delete",
                    Body::Empty,
                ),
                step(
                    Request::get("/instances/1234"),
                    404,
                    "instance-get",
                    Body::Says("No instance found with ID 1234"),
                ),
                step(
                    Request::get("/instances"),
                    404,
                    "empty-list",
                    Body::Says("No instances found"),
                ),
            ],
        ),
        case(
            "an instance's life, by token",
            &[],
            [
                created(),
                step(
                    by_token("PUT").json(r#"{"name":"second"}"#),
                    200,
                    "by-token",
                    Body::Has(&["\"name\":\"second\""]),
                ),
                step(
                    by_token("PATCH").json(r#"{"name":"third"}"#),
                    200,
                    "by-token",
                    Body::Has(&["\"name\":\"third\""]),
                ),
                step(by_token("DELETE"), 200, "by-token", Body::Empty),
                step(
                    by_token("DELETE"),
                    401,
                    "dead-token",
                    Body::Says(UNAUTHORIZED),
                ),
            ],
        ),
        case(
            "an instance's life, below its element",
            &[],
            [
                created(),
                step(
                    Request::get("/elements/84/instances"),
                    200,
                    "by-element",
                    Body::Has(&["[{\"id\":1234"]),
                ),
                step(
                    Request::get("/elements/7/instances"),
                    404,
                    "empty-list",
                    Body::Says("No instances found"),
                ),
                step(
                    Request::get("/elements/7/instances/1234"),
                    404,
                    "by-element",
                    Body::Says("No instance found with ID 1234"),
                ),
                step(
                    Request::patch("/elements/mailjet/instances/1234", r#"{"name":"x"}"#),
                    200,
                    "by-element",
                    Body::Has(&["\"name\":\"x\""]),
                ),
                step(
                    Request::delete("/elements/mailjet/instances/1234"),
                    200,
                    "by-element",
                    Body::Empty,
                ),
            ],
        ),
        case(
            "a list in pages",
            &[],
            [
                created(),
                step(
                    Request::post("/instances", twilio("second")),
                    200,
                    "create",
                    Body::Has(&["1235"]),
                ),
                step(
                    Request::get("/instances?pageSize=1"),
                    200,
                    "instance-list",
                    Body::Has(&["[{\"id\":1234"]),
                ),
                step(
                    Request::get("/instances?pageSize=1&nextPage={next}"),
                    200,
                    "instance-list",
                    Body::Has(&["[{\"id\":1235"]),
                ),
                step(
                    Request::get("/instances?searchText=SECOND"),
                    200,
                    "instance-list",
                    Body::Has(&["[{\"id\":1235"]),
                ),
                step(
                    Request::get("/instances?pageSize=0"),
                    400,
                    "instance-list",
                    Body::Says("pageSize must be a whole number from 1 to 200, found \"0\""),
                ),
            ],
        ),
    ]
}

fn setting_cases() -> Vec<Case> {
    vec![
        case(
            "the platform's shape",
            &[("shape", "platform")],
            [
                step(
                    Request::post("/instances", mailjet("first")),
                    200,
                    "create",
                    Body::Has(&[
                        "\"configuration\":{\"mailjet.api.key\":\"********\",\"mailjet.api.secret\":\"********\"}",
                        "\"createdDate\":\"2017-03-14T19:20:16Z\"",
                    ]),
                ),
                step(
                    Request::get("/instances?hydrate=false"),
                    200,
                    "instance-list",
                    Body::Has(&["\"tags\":[\"first\"],\"createdDate\""]),
                ),
            ],
        ),
        case(
            "empty lists as lists",
            &[("empty-lists", "ok")],
            [step(
                Request::get("/instances"),
                200,
                "instance-list",
                Body::Is("[]"),
            )],
        ),
        case(
            "the only credentials",
            &[("credentials", "u:o")],
            [
                created(),
                step(
                    Request::get("/instances").by("User u, Organization other"),
                    401,
                    "any-credentials",
                    Body::Says(UNAUTHORIZED),
                ),
                step(
                    Request::get("/instances").by("User other, Organization o"),
                    401,
                    "any-credentials",
                    Body::Says(UNAUTHORIZED),
                ),
            ],
        ),
        case(
            "a small body limit",
            &[("body-limit", "111")],
            [
                step(
                    Request::post("/instances", vec![b' '; 112]),
                    429,
                    "too-large",
                    Body::Says("The request body exceeds the limit of 111 bytes"),
                ),
                step(
                    Request::post("/instances", mailjet("0123456")),
                    200,
                    "create",
                    Body::Has(&["1234"]),
                ),
                step(
                    Request::post("/instances", mailjet("01234567")),
                    429,
                    "too-large",
                    Body::Has(&["111"]),
                ),
            ],
        ),
    ]
}

fn refusal_cases() -> Vec<Case> {
    vec![
        case(
            "routes and verbs",
            &[],
            [
                step(
                    Request::get("/instance"),
                    404,
                    "unknown-route",
                    Body::Says(
                        "No route GET /elements/api-v2/instance. Did you mean GET /elements/api-v2/instances?",
                    ),
                ),
                step(
                    Request::get("//instances//1234"),
                    404,
                    "unknown-route",
                    Body::Says(
                        "No route GET /elements/api-v2//instances//1234. Did you mean GET /elements/api-v2/instances/1234?",
                    ),
                ),
                step(
                    Request::to("BREW", "/instances"),
                    405,
                    "method",
                    Body::Has(&["POST, GET, HEAD, PUT, PATCH, DELETE"]),
                ),
                step(
                    Request::to("HEAD", "/elements/keys"),
                    200,
                    "element-list",
                    Body::Empty,
                ),
                step(
                    Request::get("/instances/abc"),
                    400,
                    "instance-get",
                    Body::Says("The id \"abc\" is not an integer"),
                ),
            ],
        ),
        case(
            "credentials",
            &[],
            [
                step(
                    Request::get("/instances").without("authorization"),
                    401,
                    "auth-required",
                    Body::Says(UNAUTHORIZED),
                ),
                step(
                    Request::get("/instances").by("Bearer x"),
                    401,
                    "auth-grammar",
                    Body::Says(UNAUTHORIZED),
                ),
                step(
                    Request::to("DELETE", "/instances"),
                    401,
                    "auth-required",
                    Body::Says(UNAUTHORIZED),
                ),
            ],
        ),
        case(
            "bodies and media types",
            &[],
            [
                step(
                    Request::to("POST", "/instances")
                        .header("content-type", "text/plain")
                        .body("{}"),
                    415,
                    "content-type",
                    Body::Says(
                        "Content-Type: text/plain was sent; send Content-Type: application/json",
                    ),
                ),
                step(
                    Request::get("/instances").header("accept", "text/html"),
                    406,
                    "accept",
                    Body::Has(&["text/html", "application/json"]),
                ),
                step(
                    Request::post("/instances", "{\"name\" 1}"),
                    400,
                    "json-malformed",
                    Body::Says(
                        "The request body is not valid JSON: line 1, column 9: expected `:`, found '1'",
                    ),
                ),
                step(
                    Request::post("/instances", "{“name”: 1}"),
                    400,
                    "curly-quotes",
                    Body::Has(&["the curly quote “ at line 1, column 2", "type \\\""]),
                ),
            ],
        ),
        case(
            "a browser",
            &[],
            [
                step(
                    Request::raw("OPTIONS", "/elements/api-v2/instances")
                        .header("origin", "http://app.test")
                        .header("access-control-request-method", "POST"),
                    200,
                    "cors",
                    Body::Empty,
                ),
                step(
                    Request::get("/elements/keys").header("origin", "http://app.test"),
                    200,
                    "element-list",
                    Body::Has(&["mailjet"]),
                ),
            ],
        ),
    ]
}
