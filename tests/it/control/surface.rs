//! The control API as a whole: its description, its errors, its health.

use mock_ce::emulator::route::Access;
use mock_ce::emulator::routes::ROUTES;
use mock_ce::{Json, MockCe};

use super::{ask, asking, at, look, number_at, order, text_at};

fn object<'j>(
    json: &'j Json<'static>,
    what: &str,
) -> &'j [(std::borrow::Cow<'static, str>, Json<'static>)] {
    json.as_object()
        .unwrap_or_else(|| panic!("{what} is no object"))
}

#[test]
fn the_description_has_every_route_and_no_other() {
    let document = look(&MockCe::start(), "/openapi.json");
    let mut described = Vec::new();
    for (path, operations) in object(document.get("paths").unwrap(), "paths") {
        for (method, _) in object(operations, path) {
            described.push(format!("{} {path}", method.to_uppercase()));
        }
    }
    let mut routes: Vec<_> = ROUTES
        .iter()
        .map(|route| format!("{} {}", route.method, route.full_path()))
        .collect();
    described.sort();
    routes.sort();
    assert_eq!(described, routes);
}

#[test]
fn the_description_is_a_valid_one() {
    let document = look(&MockCe::start(), "/openapi.json");
    assert!(text_at(&document, "openapi").starts_with("3.1."));
    assert_ne!(text_at(&document, "info.title"), "");
    assert_ne!(text_at(&document, "info.version"), "");
    for (path, operations) in object(document.get("paths").unwrap(), "paths") {
        assert!(path.starts_with('/'));
        for (method, operation) in object(operations, path) {
            let place = format!("{method} {path}");
            check_parameters(path, operation, &place);
            check_responses(operation, &document, &place);
            let has_body = operation.get("requestBody").is_some();
            let is_switch = path.ends_with("/enabled") || path.ends_with("/trace-logging");
            let reads_body = matches!(&**method, "post" | "put" | "patch") && !is_switch;
            assert_eq!(has_body, reads_body, "{place}");
        }
    }
}

/// Those of the path are exactly the words in braces; no name comes twice; each has a schema.
fn check_parameters(path: &str, operation: &Json<'static>, place: &str) {
    let parameters = operation
        .get("parameters")
        .and_then(Json::as_array)
        .unwrap();
    let mut names = Vec::new();
    let mut of_path = Vec::new();
    for parameter in parameters {
        let name = text_at(parameter, "name");
        match &*text_at(parameter, "in") {
            "path" => of_path.push(format!("{{{name}}}")),
            "query" => assert_ne!(text_at(parameter, "description"), "", "{place}"),
            other => panic!("{place}: {other}"),
        }
        assert_ne!(text_at(parameter, "schema.type"), "");
        names.push(name);
    }
    let in_braces: Vec<_> = path
        .split('/')
        .filter(|word| word.starts_with('{'))
        .collect();
    assert_eq!(of_path, in_braces, "{place}");
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count, "{place}");
}

fn check_responses(operation: &Json<'static>, document: &Json<'static>, place: &str) {
    for (status, response) in object(operation.get("responses").unwrap(), place) {
        assert!(
            status == "default" || status.len() == 3,
            "{place}: {status}"
        );
        assert_ne!(text_at(response, "description"), "", "{place}");
        if let Some(content) = response.get("content") {
            let reference = content
                .get("application/json")
                .and_then(|media| media.get("schema"));
            let reference = text_at(reference.unwrap(), "$ref");
            let target = reference.trim_start_matches("#/").replace('/', ".");
            assert!(
                object(at(document, &target), place).len() > 1,
                "{reference}"
            );
        }
    }
}

/// Each query parameter that a route takes is in its description: none other is taken.
#[test]
fn every_query_parameter_is_described() {
    let ce = MockCe::start();
    let document = look(&ce, "/openapi.json");
    for route in ROUTES
        .iter()
        .filter(|route| route.access == Access::Control)
    {
        let method = route.method.as_str();
        let reply = ask(
            &ce,
            &order(method, &format!("{}?zzzzzzzz=1", route.pattern), "{}"),
        );
        assert_eq!(reply.status, 400, "{}", route.pattern);
        let message = reply.member("message");
        let told = message
            .split("known: ")
            .nth(1)
            .unwrap_or_else(|| panic!("{message}"));
        let operation = document
            .get("paths")
            .unwrap()
            .get(&route.full_path())
            .unwrap();
        let operation = operation.get(&method.to_lowercase()).unwrap();
        let parameters = operation
            .get("parameters")
            .and_then(Json::as_array)
            .unwrap();
        let names: Vec<_> = parameters
            .iter()
            .filter(|parameter| text_at(parameter, "in") == "query")
            .map(|parameter| text_at(parameter, "name"))
            .collect();
        let described = if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        };
        assert_eq!(told, described, "{method} {}", route.pattern);
    }
}

#[test]
fn health_says_ready_version_seed_uptime_and_catalog() {
    let health = look(&MockCe::builder().seed(7).start(), "/health");
    assert_eq!(text_at(&health, "status"), "ready");
    assert_eq!(text_at(&health, "version"), env!("CARGO_PKG_VERSION"));
    assert_eq!(number_at(&health, "seed"), 7);
    assert!(number_at(&health, "uptime") < 3600);
    let catalog = at(&health, "catalog").to_string();
    for key in ["sendgrid", "mailjet", "twilio"] {
        assert!(catalog.contains(key), "{catalog}");
    }
}

/// One shape, the API's own.
#[test]
fn every_refusal_has_the_shape_of_an_error() {
    let ce = MockCe::start();
    let refused = [
        (asking("GET", "/nowhere"), 404),
        (asking("PATCH", "/state"), 405),
        (
            asking("GET", "/health").header("origin", "http://app.test"),
            403,
        ),
        (asking("DELETE", "/state").body("{}"), 415),
        (asking("GET", "/health").header("accept", "text/html"), 406),
        (order("PUT", "/state", "{"), 400),
        (order("POST", "/state/save", ""), 400),
    ];
    for (request, status) in refused {
        let reply = ask(&ce, &request);
        assert_eq!(
            reply.status, status,
            "{} {}",
            request.method, request.target
        );
        assert_eq!(reply.member("requestId").len(), 24);
        let id = reply.member("requestId");
        assert_eq!(reply.header("elements-request-id"), Some(&*id));
        assert_ne!(reply.member("message"), "");
        assert_eq!(reply.json().as_object().unwrap().len(), 2);
    }
}

/// Whoever asks the server itself is told what there is.
#[rstest::rstest]
#[case("/")]
#[case("/elements/api-v2")]
#[case("/your_moms/api-v2/")]
#[case("/__admin")]
fn a_directory_says_what_there_is(#[case] path: &str) {
    let reply = ask(
        &MockCe::start(),
        &crate::support::Request::raw("GET", path).header("host", "localhost"),
    );
    assert_eq!(reply.status, 200, "{}", reply.text());
    let directory = reply.json().into_owned();
    assert_eq!(text_at(&directory, "api"), "/elements/api-v2");
    assert_eq!(
        text_at(&directory, "control.0"),
        "GET /__admin/health: whether the server is ready, and what it serves"
    );
}

#[test]
fn the_settings_are_told_without_secrets() {
    let ce = MockCe::builder()
        .seed(7)
        .credentials("hush-u", "hush-o")
        .login("name", "hush-p")
        .start();
    let settings = look(&ce, "/settings");
    assert_eq!(number_at(&settings, "seed"), 7);
    assert_eq!(text_at(&settings, "empty-lists"), "not-found");
    assert_eq!(at(&settings, "credentials").as_bool(), Some(true));
    assert!(!settings.to_string().contains("hush"));
}

/// In the order and by the names of the flags.
#[test]
fn each_flag_is_among_the_settings() {
    let settings = MockCe::builder().to_json();
    let mut told: Vec<_> = object(&settings, "settings")
        .iter()
        .map(|(name, _)| &**name)
        .collect();
    let mut flags: Vec<_> = mock_ce::settings::FLAGS
        .iter()
        .map(|flag| flag.name)
        .collect();
    told.sort_unstable();
    flags.sort_unstable();
    assert_eq!(told, flags);
}

#[test]
fn the_rules_are_told() {
    let rules = look(&MockCe::start(), "/rules");
    assert_eq!(super::length_at(&rules, ""), mock_ce::rules::RULES.len());
}
