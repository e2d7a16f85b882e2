//! The inspection page as its files, and what it reads; `tests/browser` shows it to a browser.

use mock_ce::{Json, MockCe, Seed};
use rstest::rstest;

use crate::platform::WithToken as _;
use crate::support::{Client, Reply, Request, mailjet};

fn asking(path: &str) -> Request {
    Request::raw("GET", path).header("host", "localhost")
}

fn ordering(method: &str, path: &str) -> Request {
    Request::raw(method, path)
        .header("host", "localhost")
        .json("{}")
}

fn ask(ce: &MockCe, request: &Request) -> Reply {
    Client::connect(ce.address()).ask(request)
}

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The addresses in the document of the files that it loads.
fn files(document: &str) -> Vec<String> {
    let quoted = document.split('"');
    let files = quoted.filter(|text| text.starts_with("page."));
    files.map(|file| format!("/__admin/{file}")).collect()
}

#[test]
fn the_page_and_its_two_files_come_from_the_server_and_weigh_less_than_60_kilobytes() {
    let ce = MockCe::start();
    let document = ask(&ce, &asking("/__admin/"));
    let files = files(document.text());
    assert_eq!(files.len(), 2);
    let mut size = 0;
    for file in ["/__admin/".to_owned()].iter().chain(&files) {
        let reply = ask(&ce, &asking(file));
        assert_eq!(reply.status, 200, "{file}");
        assert_eq!(reply.header("content-security-policy"), Some(POLICY));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        size += reply.body.len();
    }
    assert!(size < 60_000, "{size}");
}

/// A browser that has seen the page before sends one request for it.
#[test]
fn what_a_browser_has_is_not_sent_again() {
    let ce = MockCe::start();
    let document = ask(&ce, &asking("/__admin/"));
    assert_eq!(document.header("cache-control"), Some("no-cache"));
    let etag = document.header("etag").unwrap();
    let mut client = Client::connect(ce.address());
    client.write(&asking("/__admin/").header("if-none-match", etag).to_bytes());
    // A 304 has no body, like a reply to HEAD.
    let again = client.reply("HEAD");
    assert_eq!((again.status, again.body.len()), (304, 0));
    let other = ask(&ce, &asking("/__admin/").header("if-none-match", "\"x\""));
    assert_eq!(other.status, 200);
    for file in files(document.text()) {
        let reply = ask(&ce, &asking(&file));
        assert!(reply.header("cache-control").unwrap().contains("immutable"));
    }
}

#[rstest]
#[case("/")]
#[case("/__admin")]
fn a_browser_is_sent_to_the_page(#[case] path: &str) {
    let ce = MockCe::start();
    let accept = "text/html,application/xhtml+xml,*/*;q=0.8";
    let reply = ask(&ce, &asking(path).header("accept", accept));
    assert_eq!(
        (reply.status, reply.header("location")),
        (302, Some("/__admin/"))
    );
    assert_eq!(ask(&ce, &asking(path)).status, 200, "another client");
}

#[rstest]
#[case::host("host", "evil.test")]
#[case::origin("origin", "http://evil.test")]
fn the_page_is_guarded_like_the_control_api(#[case] header: &str, #[case] value: &str) {
    let ce = MockCe::start();
    let mut request = asking("/__admin/");
    request.headers.retain(|(name, _)| name != header);
    assert_eq!(ask(&ce, &request.header(header, value)).status, 403);
}

#[test]
fn looking_leaves_no_trace_in_the_journal() {
    let ce = MockCe::start();
    for path in ["/__admin/", "/__admin/instances", "/__admin/events"] {
        assert_eq!(
            ce.emulator()
                .answer(&mock_ce::Request::new(http::Method::GET, path, ""))
                .reply
                .status,
            200
        );
    }
    ask(&ce, &asking("/").header("accept", "text/html"));
    assert!(ce.journal(&mock_ce::Predicate::new()).requests.is_empty());
}

#[test]
fn one_request_is_shown_by_its_number() {
    let ce = MockCe::start();
    ask(&ce, &Request::post("/instances", mailjet("n")));
    let shown = ask(&ce, &asking("/__admin/requests/1"));
    assert_eq!(shown.member("rule"), "create");
    assert!(shown.text().contains("\"took\":"));
    assert_eq!(ask(&ce, &asking("/__admin/requests/2")).status, 404);
    assert_eq!(ask(&ce, &asking("/__admin/requests/x")).status, 400);
}

#[test]
fn instances_are_shown_without_their_secrets() {
    let ce = MockCe::start();
    let seed = Seed::new("the-organization", "mailjet", "n").token("the-token=");
    let seed = seed
        .entry("mailjet.api.secret", "the-api-secret")
        .entry("plain", "seen");
    ce.seed(&seed).unwrap();
    let shown = ask(&ce, &asking("/__admin/instances"));
    for secret in ["the-organization", "the-token=", "the-api-secret"] {
        assert!(!shown.text().contains(secret), "{}", shown.text());
    }
    assert!(
        shown.text().contains(r#""plain":"seen""#),
        "{}",
        shown.text()
    );
    assert!(shown.text().contains(r#""total":1"#), "{}", shown.text());
}

/// Reads the view of `GET /__admin/instances` as an object.
fn shown_instances(ce: &MockCe) -> Json<'static> {
    ask(ce, &asking("/__admin/instances")).json().into_owned()
}

fn first<'j>(json: &'j Json<'_>, list: &str) -> &'j Json<'j> {
    &json.get(list).unwrap().as_array().unwrap()[0]
}

#[test]
fn an_instance_is_shown_as_enabled_disabled_or_deleted_with_its_dead_token() {
    let ce = MockCe::start();
    ask(&ce, &Request::post("/instances", mailjet("n")));
    let shown = shown_instances(&ce);
    let token = first(&shown, "instances").get("token").cloned();
    assert_eq!(
        first(&shown, "instances").get("enabled"),
        Some(&Json::Bool(true))
    );
    ask(&ce, &Request::delete("/instances/1234/enabled"));
    let shown = shown_instances(&ce);
    assert_eq!(
        first(&shown, "instances").get("enabled"),
        Some(&Json::Bool(false))
    );
    assert_eq!(shown.get("deleted"), Some(&Json::Array(Vec::new())));
    ask(&ce, &Request::delete("/instances/1234"));
    let shown = shown_instances(&ce);
    assert_eq!(first(&shown, "deleted").get("token").cloned(), token);
    ce.reset();
    assert_eq!(
        shown_instances(&ce).get("deleted"),
        Some(&Json::Array(Vec::new()))
    );
}

/// The instances with id 1234 of two organizations are not mixed.
#[test]
fn an_instance_is_shown_with_its_messages_and_events() {
    let ce = MockCe::start();
    for organization in ["one", "two"] {
        let seed = Seed::new(organization, "mailjet", "n").token(format!("{organization}-token"));
        let seed = seed.entry("event.notification.enabled", "true");
        let instance = ce.seed(&seed).unwrap();
        ce.fire_event(
            &instance,
            format!("{{\"of\":\"{organization}\"}}").as_bytes(),
        )
        .unwrap();
        let mail = format!("{{\"to\":\"a@b.c\",\"subject\":\"{organization}\"}}");
        let send = Request::post("/messages", mail).token(&instance.token);
        assert_eq!(ask(&ce, &send).status, 200);
    }
    let shown = ask(&ce, &asking("/__admin/instances/1234?organization=two"));
    for own in [
        r#""subject":"two""#,
        r#""body":{"of":"two"}"#,
        r#""status":"CONSUMED""#,
    ] {
        assert!(shown.text().contains(own), "{own} in {}", shown.text());
    }
    assert!(!shown.text().contains("one"), "{}", shown.text());
    let missing = ask(&ce, &asking("/__admin/instances/9?organization=two"));
    assert_eq!(missing.status, 404);
}

/// The page knows an organization by its short name only.
#[test]
fn instances_are_forgotten_by_the_short_name_of_their_organization() {
    let ce = MockCe::start();
    for organization in ["one", "two"] {
        for name in ["a", "b"] {
            ce.seed(&Seed::new(organization, "mailjet", name)).unwrap();
        }
    }
    let shown = ask(&ce, &asking("/__admin/instances?organization=one"));
    let shown = shown.json();
    let first = shown.get("instances").unwrap().as_array().unwrap()[0].get("organization");
    let name = first.unwrap().as_str().unwrap();
    let forget = |path: &str| ask(&ce, &ordering("DELETE", path)).status;
    assert_eq!(
        forget(&format!("/__admin/instances/1234?organization={name}")),
        200
    );
    assert_eq!(
        forget(&format!("/__admin/instances/1234?organization={name}")),
        404
    );
    assert_eq!(ce.instances().len(), 3);
    assert_eq!(
        forget(&format!("/__admin/instances?organization={name}")),
        200
    );
    let left: Vec<_> = ce
        .instances()
        .into_iter()
        .map(|one| one.organization)
        .collect();
    assert_eq!(left, ["two", "two"]);
    assert_eq!(forget("/__admin/instances"), 400, "nobody is named");
}

#[test]
fn a_post_mortem_holds_the_run_without_its_secrets() {
    let ce = MockCe::start();
    let hostile = "</script><img src=x onerror=alert(1)>";
    let mut request = Request::post("/instances", mailjet("n")).header("x-note", hostile);
    request.headers.retain(|(name, _)| name != "authorization");
    let secrets = "User a-secret-user, Organization a-secret-one";
    ask(&ce, &request.header("authorization", secrets));
    let file = ce.post_mortem("a test failed");
    assert!(file.contains("a test failed") && file.contains("\"rule\":\"create\""));
    assert!(!file.contains(hostile), "it stands in a script");
    assert!(!file.contains("a-secret"));
    assert!(
        !file.contains("page.css?") && !file.contains("page.js?"),
        "one file"
    );
}
