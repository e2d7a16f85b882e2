//! No secret is below `/__admin` or in the log, wherever it was planted; in process everything is shown as it came.

use std::panic::{AssertUnwindSafe, catch_unwind};

use http::Method;
use mock_ce::{Detail, Effect, MockCe, Predicate, Received, Scripted, Seed, Settings};
use rstest::rstest;

use super::{ask, done, look};
use crate::platform::WithToken as _;
#[cfg(feature = "cli")]
use crate::support::Process;
use crate::support::{Client, Request, mailjet};

/// The text that no reader may find; upper case, for a route's near miss is not.
const PLANTED: &str = "PLANTED";

/// Requests with a secret in every place where a client may have one.
fn planted() -> Vec<Request> {
    let secret = format!("\"{PLANTED}\"");
    let configured = mailjet("n").replace("\"v\"", &secret);
    let events = format!(
        r#"{{"event.notification.signature.key":{secret},"event.notification.callback.url":"http://u:{PLANTED}@localhost/","#
    );
    let with = |member: &str| configured.replacen('{', &format!("{{{member},"), 1);
    vec![
        Request::get("/instances").by(&format!("User {PLANTED}1, Organization {PLANTED}2")),
        Request::get("/instances").by(&format!("User:{PLANTED}, Organization:{PLANTED}")),
        Request::get("/instances").by(&format!("Bearer {PLANTED}")),
        Request::get("/instances").by(PLANTED),
        Request::put("/instances", "{}").by(&format!("User u, Element {PLANTED}=")),
        Request::get("/elements").header("cookie", &format!("session={PLANTED}")),
        Request::get("/elements").header("proxy-authorization", &format!("Basic {PLANTED}")),
        Request::get("/elements").header("x-api-key", PLANTED),
        Request::get("/elements").header("x-auth-token", PLANTED),
        Request::post("/instances", configured.clone()),
        Request::post(
            "/instances",
            with(&format!(r#""providerData":{{"code":{secret}}}"#)),
        ),
        Request::post("/instances", with(&format!(r#""token":{secret}"#))),
        Request::post("/instances", with(&format!(r#""clientSecret":{secret}"#))),
        Request::post(
            "/instances",
            with(&format!(r#""a":[{{"privateKey":{secret}}}]"#)),
        ),
        Request::post(
            "/instances",
            with(&format!(r#""a":[{{"key":"apiKey","value":{secret}}}]"#)),
        ),
        Request::post(
            "/instances",
            configured.replace("\"mailjet.api.key\"", "\"passphrase\""),
        ),
        Request::post(
            "/instances",
            configured.replacen("{\"mailjet", &format!("{events}\"mailjet"), 1),
        ),
        Request::post("/instances", configured.replace("}", "")),
        Request::post("/instances", configured.replace('"', "'")),
        Request::post("/instances", configured.replacen('"', "“", 40)),
        Request::post("/instances", configured.replace(&secret, PLANTED)),
        Request::post(
            "/instances",
            configured.replace(&secret, &format!("\"a\"{PLANTED}\"")),
        ),
        Request::post(
            "/instances",
            configured.replace(&secret, &format!("[{secret}]")),
        ),
        Request::post(
            "/instances",
            configured.replace(&secret, &format!("{{\"a\":{secret}}}")),
        ),
        Request::to("POST", "/instances").body(format!("client_secret={PLANTED}")),
        Request::get(&format!("/instances?token={PLANTED}&api.key={PLANTED}")),
        Request::get(&format!("/elements?access_token={PLANTED}")),
        // Once where it belongs, and once more.
        Request::get(&format!("/instances/{PLANTED}"))
            .by(&format!("User u, Organization o, Element {PLANTED}")),
        Request::get(&format!("/instances?token={PLANTED}&searchText={PLANTED}")),
        Request::get("/elements")
            .by(&format!("User {PLANTED}, Organization o"))
            .header("x-note", &format!("I am {PLANTED}.")),
        Request::post("/instances", configured.replace("\"n\"", &secret)),
        Request::post("/instances", secret.clone()),
    ]
}

fn assert_nothing_is_found(ce: &MockCe) {
    let mut client = Client::connect(ce.address());
    let requests = planted();
    for request in &requests {
        client.ask(request);
    }
    let journal = look(ce, "/requests").to_string();
    assert_eq!(
        super::length_at(&look(ce, "/requests"), "requests"),
        requests.len()
    );
    if let Some(found) = journal.find(PLANTED) {
        panic!(
            "{}",
            &journal[found.saturating_sub(300)..(found + 60).min(journal.len())]
        );
    }
    let token = ask(ce, &Request::post("/instances", mailjet("n"))).token();
    assert!(
        !look(ce, "/requests").to_string().contains(&token),
        "a token was issued"
    );
    plant_orders(ce);
    for path in [
        "/ledger",
        "/ledger?of=run",
        "/script",
        "/stubs",
        "/instances",
    ] {
        let shown = look(ce, path).to_string();
        assert!(!shown.contains(PLANTED), "{path}: {shown}");
    }
}

/// Predicates with a secret in every place where they may have one.
fn conditions() -> Vec<Predicate> {
    let json = serde_json::json!({"configuration": {"mailjet.api.key": PLANTED}});
    let broken = format!("\"clientSecret\":\"{PLANTED}\"");
    let part = format!(r#"{{"headers":{{"authorization":{{"contains":"User {PLANTED}"}}}}}}"#);
    let parameter = format!(r#"{{"query":{{"token":{{"contains":"{PLANTED}"}}}}}}"#);
    vec![
        Predicate::new().organization(format!("{PLANTED}-organization")),
        Predicate::new().header("authorization", format!("User {PLANTED}, Organization o")),
        serde_json::from_str(&part).unwrap(),
        Predicate::new().header("referer", format!("https://host/?access_token={PLANTED}")),
        Predicate::new().query("token", PLANTED),
        serde_json::from_str(&parameter).unwrap(),
        Predicate::new().body_json(&json),
        Predicate::new().body_contains(&json),
        Predicate::new().body_at("/configuration/mailjet.api.key", PLANTED),
        Predicate::new().body_at("/configuration", &json["configuration"]),
        Predicate::new().body_text(&json.to_string()),
        Predicate::new().body_text(&format!("client_secret={PLANTED}")),
        Predicate::new().body_text_contains(&broken),
    ]
}

/// Scripts and stubs that no request meets, some of them removed again.
fn plant_orders(ce: &MockCe) {
    for predicate in conditions() {
        let predicate = predicate.path("/met/by/none");
        let scripted = || Scripted::new(Effect::Reset).when(predicate.clone());
        ce.script(scripted());
        ce.remove_script(ce.script(scripted())).unwrap();
        ce.stub(Method::GET, "/none")
            .when(&predicate)
            .text("none")
            .forever();
    }
}

#[test]
fn the_journal_has_no_secret() {
    assert_nothing_is_found(&MockCe::start());
}

#[test]
fn the_journal_has_no_secret_in_a_body_that_was_cut() {
    assert_nothing_is_found(&MockCe::builder().journal_body_limit(90).start());
}

#[test]
fn the_journal_has_no_secret_in_the_platform_s_shape() {
    let settings: Settings = MockCe::builder().shape(mock_ce::Shape::Platform);
    assert_nothing_is_found(&settings.start());
}

/// The log reads less of a request than the journal's readers do.
#[test]
fn a_log_line_is_that_of_the_whole_request_without_its_secrets() {
    let ce = MockCe::start();
    let created = ask(&ce, &Request::post("/instances", mailjet("n")));
    let by_token = format!("User u, Element {}", created.token());
    let long_id = Request::get("/instances/123456789");
    let others = [
        Request::get("/instances?pageSize=1"),
        Request::get("/elements/mailjet"),
        Request::get("/hubs/messaging/messages").by(&by_token),
        long_id,
    ];
    planted().iter().chain(&others).for_each(|request| {
        ask(&ce, request);
    });
    let lines = |detail| -> Vec<_> {
        let (requests, _) = ce.emulator().wait_for_next(0, detail);
        requests.iter().map(Received::to_log_line).collect()
    };
    let short = lines(Detail::Line);
    assert_eq!(short.len(), 1 + planted().len() + others.len());
    assert_eq!(short, lines(Detail::Whole));
    assert!(!short.concat().contains(PLANTED), "{short:#?}");
}

/// The places of planted secrets that the reader in process finds them in.
#[test]
fn in_process_requests_are_shown_as_they_came() {
    let ce = MockCe::start();
    let by = format!("User {PLANTED}, Organization o");
    let sent = mailjet("n").replace("\"v\"", &format!("\"{PLANTED}\""));
    let request = Request::post(&format!("/instances?token={PLANTED}"), sent.clone()).by(&by);
    let reply = ask(&ce, &request.header("cookie", "a=b"));
    let received = ce.received(Method::POST, "/instances").once();
    assert_eq!(received.header("authorization"), Some(&*by));
    assert_eq!(received.header("cookie"), Some("a=b"));
    assert!(received.target.ends_with(&format!("?token={PLANTED}")));
    assert_eq!(received.body.text, sent);
    assert_eq!(received.answer.text, reply.text());
    assert_eq!(ce.journal(&Predicate::new()).requests, [received]);
}

#[test]
fn a_header_that_is_not_utf_8_is_shown_with_what_is() {
    let ce = MockCe::start();
    ask(&ce, &Request::get("/elements/keys").header("x-note", "é"));
    let request = mock_ce::Request::new(Method::GET, "/elements/api-v2/elements/keys", "");
    let mut request = request.header("x-other", "o");
    let latin = http::HeaderValue::from_bytes(b"caf\xe9").unwrap();
    request.headers.insert("x-note", latin);
    ce.emulator().answer(&request);
    let found = ce.journal(&Predicate::new()).requests;
    assert_eq!(found[0].header("x-note"), Some("é"));
    assert_eq!(found[1].header("x-note"), Some("caf\u{fffd}"));
    assert_eq!(found[1].header("x-other"), Some("o"));
}

/// A failed test's text goes to standard error.
#[test]
fn a_failed_expectation_tells_no_secret() {
    let ce = MockCe::start();
    for path in ["/instances", "/elements"] {
        let path = format!("{path}?token={PLANTED}");
        ask(&ce, &Request::get(&path).by(PLANTED));
    }
    let counted = || ce.received(Method::GET, "/instances").times(2);
    let panic = catch_unwind(AssertUnwindSafe(counted)).expect_err("there is one");
    let told = panic.downcast_ref::<String>().unwrap();
    assert_eq!(told.matches("token=secret-").count(), 2, "{told}");
    assert!(!told.contains(PLANTED), "{told}");
}

#[rstest]
#[case::found("/requests")]
#[case::nearest("/requests?method=DELETE")]
#[case::waited_for("/requests/wait?count=1")]
fn secrets_are_shown_on_demand(#[case] path: &str) {
    let request =
        Request::get(&format!("/instances/{PLANTED}")).by(&format!("User u, Element {PLANTED}"));
    for (settings, shown) in [
        (MockCe::builder(), false),
        (MockCe::builder().show_secrets(), true),
    ] {
        let ce = settings.start();
        ask(&ce, &request);
        let found = look(&ce, path).to_string();
        assert_eq!(found.contains(PLANTED), shown, "{found}");
        assert_eq!(found.contains("/instances/secret-"), !shown, "{found}");
    }
}

/// Equal secrets can be told from different ones.
#[test]
fn a_secret_has_a_short_stable_name() {
    let ce = MockCe::start();
    for organization in ["a", "a", "b"] {
        ask(&ce, &Request::get("/elements").by(&super::of(organization)));
    }
    let found = look(&ce, "/requests");
    let name = |at: usize| super::text_at(&found, &format!("requests.{at}.organization"));
    assert_eq!(name(0), name(1));
    assert_ne!(name(0), name(2));
    assert_eq!(name(0).len(), "secret-01234567".len());
}

#[cfg(feature = "cli")]
fn log_of(mut process: Process, requests: &[Request]) -> String {
    let mut client = Client::connect(process.address());
    for request in requests {
        client.ask(request);
    }
    // The log is complete once its last line is there.
    let mut log = String::new();
    while log.lines().filter(|line| line.contains(" → ")).count() < requests.len() {
        use std::io::BufRead as _;
        assert_ne!(process.stderr.read_line(&mut log).unwrap(), 0, "{log}");
    }
    log
}

#[cfg(feature = "cli")]
#[test]
fn the_log_has_no_secret() {
    let body = format!(r#"{{"apiKey":"{PLANTED}"}}"#);
    let in_the_body = Request::post(&format!("/instances/{PLANTED}"), body);
    let requests = [planted(), vec![in_the_body]].concat();
    let log = log_of(Process::serve(&[]), &requests);
    assert!(!log.contains(PLANTED), "{log}");
}

#[cfg(feature = "cli")]
#[test]
fn the_log_shows_secrets_on_demand() {
    let request = Request::get(&format!("/elements?token={PLANTED}"));
    let log = log_of(Process::serve(&[("show-secrets", "")]), &[request]);
    assert!(log.contains(&format!("?token={PLANTED}")), "{log}");
}

/// The activity of an instance is in the page's view of it, and in a post-mortem.
#[test]
fn what_an_instance_did_is_shown_without_secrets() {
    let ce = MockCe::start();
    let seed = Seed::new("o", "mailjet", "n").entry("event.notification.enabled", "true");
    let instance = ce.seed(&seed).unwrap();
    let body = format!(r#"{{"access_token":"{PLANTED}","note":"I am {PLANTED}."}}"#);
    ce.fire_event(&instance, body.as_bytes()).unwrap();
    let mail = format!(r#"{{"to":"a@b.c","subject":"token={PLANTED}","password":"{PLANTED}"}}"#);
    let send = Request::post("/messages", mail).token(&instance.token);
    assert_eq!(ask(&ce, &send).status, 200);
    plant_orders(&ce);
    let reply = serde_json::json!({"token": PLANTED});
    ce.stub(Method::GET, "/none").json(reply).forever();
    let shown = look(&ce, "/instances/1234?organization=o").to_string();
    assert!(shown.contains(r#""to":"a@b.c""#), "{shown}");
    let all = [
        shown,
        #[cfg(feature = "page")]
        ce.post_mortem("x"),
    ];
    for shown in all {
        assert!(shown.contains(r#""access_token":"secret-"#), "{shown}");
        assert!(!shown.contains(PLANTED), "{shown}");
    }
    // It is to be restored.
    assert!(ce.snapshot().to_string().contains(PLANTED));
}

/// What is shown of a script may be sent back, and means what it meant.
#[test]
fn a_script_that_is_sent_back_as_shown_keeps_its_secrets() {
    let ce = MockCe::start();
    let secret = format!("User {PLANTED}, Organization o");
    let meant = Predicate::new()
        .header("authorization", &secret)
        .body_contains(serde_json::json!({"password": PLANTED}));
    ce.script(Scripted::new(Effect::Status(503)).when(meant));
    let shown = look(&ce, "/script/1").to_string();
    assert!(!shown.contains(PLANTED), "{shown}");
    done(&ce, "PUT", "/script/1", &shown);
    let request = |password: &str| {
        let body = format!(r#"{{"password":"{password}"}}"#);
        ask(&ce, &Request::post("/instances", body).by(&secret)).status
    };
    assert_eq!((request("other"), request(PLANTED)), (400, 503));
}

#[test]
fn a_failure_tells_no_secret_of_its_predicate() {
    let ce = MockCe::start();
    ask(&ce, &Request::post("/instances", mailjet("n")));
    for predicate in conditions() {
        let counted = || ce.expect(predicate.clone()).once();
        let panic = catch_unwind(AssertUnwindSafe(counted)).expect_err("none fits");
        let told = panic.downcast_ref::<String>().unwrap();
        let named = predicate.to_string().contains("organization");
        assert_eq!(told.contains(PLANTED), named, "{told}");
    }
}
