//! No secret is in the journal or in the log, wherever it was planted.

use mock_ce::{MockCe, Settings};

use super::{ask, look};
#[cfg(feature = "cli")]
use crate::support::Process;
use crate::support::{Client, Request, mailjet};

/// What no reader may find; upper case, for a route's near miss is not.
const PLANTED: &str = "PLANTED";

/// Requests with a secret in every place where a client may have one.
fn planted() -> Vec<Request> {
    let secret = format!("\"{PLANTED}\"");
    let configured = mailjet("n").replace("\"v\"", &secret);
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
    for path in ["/ledger", "/script"] {
        assert!(!look(ce, path).to_string().contains(PLANTED));
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
#[test]
fn the_log_has_no_secret() {
    let process = Process::serve(&[]);
    let mut client = Client::connect(process.address());
    for request in planted() {
        client.ask(&request);
    }
    // The log is complete once its last line is there.
    let mut process = process;
    let mut log = String::new();
    while log.lines().filter(|line| line.contains(" → ")).count() < planted().len() {
        use std::io::BufRead as _;
        assert_ne!(process.stderr.read_line(&mut log).unwrap(), 0, "{log}");
    }
    assert!(!log.contains(PLANTED), "{log}");
}
