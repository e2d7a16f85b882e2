//! A test that fails: what it is told, and the server that is held for a person to look at.
//!
//! Each test here starts this binary again, with the one test that plays the failing one.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};

use http::Method;
use mock_ce::MockCe;
use rstest::rstest;

use super::{ask, of};
use crate::support::{Client, Request, mailjet};

const ROLE: &str = "MOCK_CE_TEST_ROLE";
const FAILING: &str = "control::failing::fails_where_it_is_told_to";

/// The failing test, where it is told to be one.
#[test]
fn fails_where_it_is_told_to() {
    let Ok(role) = std::env::var(ROLE) else {
        return;
    };
    let ce = MockCe::start();
    let _acme = ce.organization("acme");
    ask(
        &ce,
        &Request::post("/instances", mailjet("n")).by(&of("acme")),
    );
    ask(
        &ce,
        &Request::get("/nowhere").by(&of("not-named-by-the-test")),
    );
    if role == "fail" {
        ce.received(Method::DELETE, "/instances/*").once();
    }
}

/// This binary with only that test.
fn failing(role: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", FAILING, "--nocapture"])
        .env(ROLE, role)
        .env_remove("MOCK_CE_LOG")
        .env_remove("MOCK_CE_HOLD")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

#[rstest]
#[case::failing("fail", None, true)]
#[case::passing("pass", None, false)]
#[case::failing_quietly("fail", Some("off"), false)]
#[case::passing_loudly("pass", Some("all"), true)]
fn the_last_requests_are_printed(
    #[case] role: &str,
    #[case] log: Option<&str>,
    #[case] expected: bool,
) {
    let mut command = failing(role);
    if let Some(log) = log {
        command.env("MOCK_CE_LOG", log);
    }
    let output = command.output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.success(), role == "pass", "{told}");
    assert_eq!(
        told.contains("mock-ce: the last 2 of 2 requests to http://127.0.0.1:"),
        expected,
        "{told}"
    );
    let lines: Vec<_> = told
        .lines()
        .filter(|line| line.starts_with("  20"))
        .collect();
    assert_eq!(lines.len(), if expected { 2 } else { 0 }, "{told}");
    if expected {
        assert!(
            lines[0]
                .ends_with("POST /elements/api-v2/instances → 200 (create; grade=guide) · acme"),
            "{told}"
        );
        assert!(
            lines[1].contains(
                "GET /elements/api-v2/nowhere → 404 (unknown-route; grade=assumed) No route"
            ),
            "{told}"
        );
    }
    assert!(!told.contains("not-named-by-the-test"), "{told}");
}

#[test]
fn a_held_server_answers_until_enter_is_pressed() {
    let mut command = failing("fail");
    command.env("MOCK_CE_HOLD", "1").stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("mock-ce: held at ") {
        line.clear();
        assert_ne!(
            told.read_line(&mut line).unwrap(),
            0,
            "the server is not held"
        );
    }
    let address = line
        .split("http://")
        .nth(1)
        .unwrap()
        .split('/')
        .next()
        .unwrap();
    let mut client = Client::connect(address.parse().unwrap());
    assert_eq!(client.ask(&Request::get("/elements")).status, 200);
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    told.read_to_string(&mut String::new()).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(101));
}
