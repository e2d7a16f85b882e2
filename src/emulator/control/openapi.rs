//! The OpenAPI document of the emulated API and of the control API, made from the route table.

use std::borrow::Cow;

use crate::emulator::route::{Parameter, Payload, Route};
use crate::emulator::routes::ROUTES;
use crate::wire::json::{Json, Members, object};

/// The document, version 3.1, with a path for each route; API paths stand in the `element` dialect.
pub(super) fn document() -> Json<'static> {
    let info = object([
        ("title", "mock-ce".into()),
        ("version", env!("CARGO_PKG_VERSION").into()),
        (
            "description",
            "The emulated provisioning API, and the control API of the mock below /__admin.".into(),
        ),
    ]);
    object([
        ("openapi", "3.1.0".into()),
        ("info", info),
        ("paths", Json::Object(paths())),
        (
            "components",
            object([("schemas", object([("Error", error_schema())]))]),
        ),
    ])
}

fn paths() -> Members<'static> {
    let mut paths: Members<'static> = Vec::new();
    for route in ROUTES {
        let path = route.full_path();
        let operation = (
            Cow::Owned(route.method.as_str().to_lowercase()),
            operation(route),
        );
        match paths.iter_mut().find(|(known, _)| *known == path) {
            Some((_, Json::Object(operations))) => operations.push(operation),
            _ => paths.push((path.into(), Json::Object(vec![operation]))),
        }
    }
    paths
}

fn operation(route: &Route) -> Json<'static> {
    let parameters = route
        .pattern
        .split('/')
        .filter_map(|word| word.strip_prefix('{')?.strip_suffix('}'));
    let described_query =
        |parameter: &Parameter| described(parameter.name, "query", Some(parameter.summary));
    let query = route.query.iter().map(described_query);
    let answer = |description: &'static str| object([("description", description.into())]);
    let json = object([("application/json", object([("schema", object([]))]))]);
    let error = object([(
        "schema",
        object([("$ref", "#/components/schemas/Error".into())]),
    )]);
    let refusal = object([
        ("description", "refused; the message says why".into()),
        ("content", object([("application/json", error)])),
    ]);
    let mut operation = vec![
        (Cow::Borrowed("summary"), route.summary.into()),
        ("x-rule".into(), route.rule.id.into()),
        ("x-authorization".into(), route.access.words().into()),
        (
            "parameters".into(),
            parameters
                .map(|name| described(name, "path", None))
                .chain(query)
                .collect(),
        ),
        (
            "responses".into(),
            object([("200", answer("done")), ("default", refusal)]),
        ),
    ];
    let any = || object([("*/*", object([]))]);
    match route.body {
        Payload::Ignored => {}
        Payload::Json => operation.push(("requestBody".into(), object([("content", json)]))),
        Payload::Any => operation.push(("requestBody".into(), object([("content", any())]))),
    }
    Json::Object(operation)
}

fn described(
    name: &'static str,
    place: &'static str,
    meaning: Option<&'static str>,
) -> Json<'static> {
    let mut parameter = vec![
        ("name".into(), name.into()),
        ("in".into(), place.into()),
        ("required".into(), (place == "path").into()),
        ("schema".into(), object([("type", "string".into())])),
    ];
    if let Some(meaning) = meaning {
        parameter.push(("description".into(), meaning.into()));
    }
    Json::Object(parameter)
}

fn error_schema() -> Json<'static> {
    let text = || object([("type", "string".into())]);
    object([
        ("type", "object".into()),
        (
            "required",
            ["requestId", "message"]
                .into_iter()
                .map(Json::from)
                .collect(),
        ),
        (
            "properties",
            object([("requestId", text()), ("message", text())]),
        ),
    ])
}
