//! Logging in, and what the secrets are good for.

use rstest::rstest;

use crate::support::{Core, Harness as _, Reply, Request, mailjet};

fn log_in(ce: &mut Core, name: &str) -> Reply {
    let body = format!(r#"{{"username":"{name}","password":"pw"}}"#);
    ce.ask(Request::post("/authentication", body).without("authorization"))
}

fn secrets(ce: &mut Core, token: &str) -> Reply {
    ce.ask(Request::get("/authentication/secrets").by(&format!("Bearer {token}")))
}

/// Rules `login`, `login-secrets`, `login-stable`: the secrets open an organization of the user's own.
#[test]
fn a_user_logs_in_and_provisions() {
    let mut ce = Core::start(&[("seed", "7")]);
    let mut words = |name: &str| {
        let login = log_in(&mut ce, name);
        assert_eq!(login.verdict(), (200, "login"));
        let members = login.json().as_object().unwrap().len();
        assert_eq!(members, 1);
        let secrets = secrets(&mut ce, &login.token());
        assert_eq!(secrets.verdict(), (200, "login-secrets"));
        let (user, organization) = (
            secrets.member("userSecret"),
            secrets.member("organizationSecret"),
        );
        assert_ne!(user, organization);
        format!("User {user}, Organization {organization}")
    };
    let (a, again, b) = (words("a@b.c"), words("a@b.c"), words("d@e.f"));
    assert_eq!(a, again);
    assert_ne!(a, b);
    assert_eq!(
        ce.ask(Request::post("/instances", mailjet("n")).by(&a))
            .status,
        200
    );
    assert_eq!(
        ce.ask(Request::get("/instances").by(&b)).verdict(),
        (404, "empty-list")
    );
    let mut other = Core::start(&[("seed", "8")]);
    let token = log_in(&mut ce, "a@b.c").token();
    assert_eq!(
        secrets(&mut other, &token).verdict(),
        (401, "login-secrets")
    );
}

/// Rule `login`: what is missing is named.
#[rstest]
#[case::nothing("{}", "username is required")]
#[case::no_password(r#"{"username":"a"}"#, "password is required")]
#[case::blank(r#"{"username":"a","password":" "}"#, "password is required")]
#[case::number(r#"{"username":1,"password":"p"}"#, "username is required")]
fn an_incomplete_login_is_refused(#[case] body: &str, #[case] message: &str) {
    let reply = Core::start(&[]).ask(Request::post("/authentication", body));
    assert_eq!(reply.verdict(), (400, "login"));
    assert!(reply.message().starts_with(message), "{}", reply.message());
}

/// Rules `login`, `login-secrets`: the only login, and the only secrets, that the server was started with.
#[test]
fn an_accepted_login_is_the_only_one() {
    let mut ce = Core::start(&[("login", "a:pw"), ("credentials", "u1:o1")]);
    let refused = log_in(&mut ce, "b");
    assert_eq!(refused.verdict(), (401, "login"));
    let token = log_in(&mut ce, "a").token();
    let shown = secrets(&mut ce, &token);
    assert_eq!(
        shown.text(),
        r#"{"userSecret":"u1","organizationSecret":"o1"}"#
    );
}

/// Rules `login-secrets`, `login-stable`: nothing but the token of a login opens them, and it opens nothing else.
#[rstest]
#[case::unknown("Bearer x")]
#[case::not_hex("Bearer zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz")]
#[case::beyond_ascii("Bearer ééééééééééééééééé")]
#[case::other_word("User u, Organization o")]
#[case::nothing("Bearer ")]
fn another_word_opens_no_secrets(#[case] by: &str) {
    let mut ce = Core::start(&[]);
    let reply = ce.ask(Request::get("/authentication/secrets").by(by));
    assert_eq!(reply.verdict(), (401, "login-secrets"));
    let literal = "Invalid Organization or User secret, or invalid Element token provided.";
    assert_eq!(reply.message(), literal);
    let bearer = format!("Bearer {}", log_in(&mut ce, "a").token());
    assert_eq!(ce.ask(Request::get("/instances").by(&bearer)).status, 401);
}
