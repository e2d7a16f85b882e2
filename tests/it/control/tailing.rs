//! `mock-ce tail URL`.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Stdio};

use mock_ce::{MockCe, Predicate};
use rstest::rstest;

use super::{ask, of};
use crate::support::{Process, Request, mailjet};

/// A follower, ended when it is dropped.
struct Follower(Child);

impl Drop for Follower {
    fn drop(&mut self) {
        let _already_over = self.0.kill();
        let _status = self.0.wait();
    }
}

/// The lines that a follower with these flags prints of what the server has.
fn followed(ce: &MockCe, flags: &[&str], count: usize) -> Vec<String> {
    let url = ce.base_url();
    let mut command = Process::command(&["tail", &url, "--all"]);
    let child = command.args(flags).stdout(Stdio::piped()).spawn().unwrap();
    let mut follower = Follower(child);
    let lines = BufReader::new(follower.0.stdout.take().unwrap()).lines();
    lines.take(count).map(Result::unwrap).collect()
}

fn asked() -> MockCe {
    let ce = MockCe::start();
    ask(
        &ce,
        &Request::post("/instances", mailjet("n")).by(&of("acme")),
    );
    ask(&ce, &Request::get("/nowhere"));
    ce
}

#[test]
fn requests_are_followed_a_line_each_without_secrets_and_colours() {
    let lines = followed(&asked(), &[], 2);
    assert!(
        lines[0].contains(" POST /elements/api-v2/instances → 200 (create; grade=guide) · secret-"),
        "{lines:?}"
    );
    assert!(
        lines[1].contains(
            " GET /elements/api-v2/nowhere → 404 (unknown-route; grade=assumed) No route GET /elements/api-v2/nowhere"
        ),
        "{lines:?}"
    );
    assert!(!lines.concat().contains("acme") && !lines.concat().contains('\u{1b}'));
}

#[test]
fn a_line_break_in_what_was_sent_does_not_look_like_another_request() {
    let ce = MockCe::start();
    let body =
        r#"{"element": {"key": "\u001b[31m\nGET /forged"}, "name": "n", "configuration": {}}"#;
    ask(&ce, &Request::post("/instances", body));
    ask(&ce, &Request::get("/elements"));
    let lines = followed(&ce, &[], 2);
    assert!(
        lines[0].contains("key or id \u{fffd}[31m\u{fffd}GET /forged"),
        "{lines:?}"
    );
    assert!(
        lines[1].contains(" GET /elements/api-v2/elements → 200"),
        "{lines:?}"
    );
    let all = ce.journal(&Predicate::new()).requests;
    let refusal = &all[0];
    assert!(
        refusal
            .to_line()
            .contains("\u{fffd}[31m\u{fffd}GET /forged"),
        "{}",
        refusal.to_line()
    );
}

#[rstest]
#[case::flag(&["--status", "404"])]
#[case::predicate(&["--match", r#"{"method": "GET", "path": "/nowhere"}"#])]
fn filters_are_predicates(#[case] flags: &[&str]) {
    let lines = followed(&asked(), flags, 1);
    assert!(
        lines[0].contains("GET /elements/api-v2/nowhere"),
        "{lines:?}"
    );
}

#[test]
fn json_is_the_journal_s() {
    let lines = followed(&asked(), &["--json"], 1);
    assert!(lines[0].starts_with("{\"number\":1,"), "{lines:?}");
}

#[test]
fn what_comes_later_is_followed_too() {
    let ce = MockCe::start();
    ask(&ce, &Request::get("/elements"));
    std::thread::scope(|scope| {
        let following = scope.spawn(|| followed(&ce, &[], 2));
        ask(&ce, &Request::get("/elements/keys"));
        assert!(following.join().unwrap()[1].contains("/elements/keys"));
    });
}

#[rstest]
#[case::filter(&["--status", "42"], "mock-ce: status must be a status from 200 to 999, found 42")]
#[case::no_number(&["--status", "ok"], "mock-ce: status must be a status from 200 to 999, found \"ok\"")]
#[case::predicate(&["--match", "{"], "mock-ce: match: line 1")]
#[case::element(&["--element", "mailjett"], "did you mean \"mailjet\"?")]
fn a_mistake_in_a_filter_is_told(#[case] flags: &[&str], #[case] reason: &str) {
    let ce = MockCe::start();
    let url = ce.base_url();
    let mut command = Process::command(&["tail", &url, "--all"]);
    let mut child = command.args(flags).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut told)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(told.contains(reason), "{told}");
}
