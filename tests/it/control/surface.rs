//! The control API as a whole: its description, its errors, its health.

use mock_ce::emulator::route::Access;
use mock_ce::emulator::routes::ROUTES;
use mock_ce::{Json, MockCe};

use super::{ask, asking, at, look, number_at, order, text_at};

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
        let paths = document.get("paths").unwrap();
        let operation = paths.get(&route.full_path()).unwrap();
        let operation = operation.get(&method.to_lowercase()).unwrap();
        let parameters = operation.get("parameters").and_then(Json::as_array);
        let names: Vec<_> = parameters
            .unwrap_or_default()
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

/// Rule `control`: each reply names the rule behind it, a refusal too.
#[test]
fn replies_name_their_rule() {
    let ce = MockCe::start();
    for (method, path, rule) in [
        ("GET", "/health", "control; grade=scripted"),
        ("GET", "", "control; grade=scripted"),
        ("GET", "/nowhere", "unknown-route; grade=assumed"),
        ("POST", "/health", "method; grade=vendor"),
    ] {
        let reply = ask(&ce, &order(method, path, ""));
        let because = reply.header("mock-ce-because");
        assert_eq!(because, Some(rule), "{method} {path}");
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
    let mut told: Vec<_> = settings
        .as_object()
        .unwrap()
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
