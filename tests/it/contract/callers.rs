//! Callers: the credentials that the server reads, accepts and refuses.

use rstest::rstest;

use super::fresh;
use crate::support::{Core, Harness, Request, mailjet, twilio};

const UNAUTHORIZED: &str =
    "Invalid Organization or User secret, or invalid Element token provided.";

/// Rule `auth-grammar`: pairs of a word and an opaque secret, in any order.
#[rstest]
#[case::documented("User u, Organization o")]
#[case::other_order("Organization o, User u")]
#[case::no_space("User u,Organization o")]
#[case::colons("User: u, Organization: o")]
#[case::with_a_token("User u, Organization o, Element t=")]
#[case::opaque("User a+/=<b>, Organization c+/==")]
#[case::placeholders("User <user secret>, Organization <organization secret>")]
fn credentials_are_pairs_of_a_word_and_a_secret(#[case] authorization: &str) {
    let request = Request::post("/instances", mailjet("n")).by(authorization);
    assert_eq!(fresh().ask(request).verdict(), (200, "create"));
}

/// Rule `auth-grammar`: what is no such pair is refused, and the secret that was sent is not repeated.
#[rstest]
#[case::bearer("Bearer s3cret")]
#[case::unknown_word("User u, Organization o, Team s3cret")]
#[case::lower_case("user s3cret, organization o")]
#[case::no_secret("User , Organization s3cret")]
#[case::word_only("User, Organization s3cret")]
#[case::twice("User s3cret, User b, Organization o")]
#[case::semicolon("User s3cret; Organization o, ")]
fn other_credentials_are_refused(#[case] authorization: &str) {
    let reply = fresh().ask(Request::post("/instances", mailjet("n")).by(authorization));
    assert_eq!(reply.verdict(), (401, "auth-grammar"));
    assert_eq!(reply.message(), UNAUTHORIZED);
}

const PATHS: [(&str, &str); 10] = [
    ("POST", "/instances"),
    ("GET", "/instances"),
    ("GET", "/instances/1234"),
    ("PUT", "/instances/1234"),
    ("PATCH", "/instances/1234"),
    ("DELETE", "/instances/1234"),
    ("POST", "/elements/mailjet/instances"),
    ("GET", "/elements/mailjet/instances"),
    ("PUT", "/elements/mailjet/instances/1234"),
    ("DELETE", "/elements/mailjet/instances/1234"),
];

/// Rule `auth-required`: instances need `User` and `Organization`.
#[test]
fn instances_need_a_user_and_an_organization() {
    for (method, path) in PATHS {
        let request = || Request::to(method, path).json("{}");
        for lacking in [
            request().without("authorization"),
            request().by("User u"),
            request().by("Organization o"),
            request().by("User u, Element t="),
        ] {
            let reply = fresh().ask(lacking);
            assert_eq!(reply.verdict(), (401, "auth-required"), "{method} {path}");
            assert_eq!(reply.message(), UNAUTHORIZED);
        }
        assert_ne!(fresh().ask(request()).status, 401, "{method} {path}");
    }
}

/// Rule `auth-required`: calls by token need `User` and `Element`.
#[rstest]
#[case("PUT")]
#[case("PATCH")]
#[case("DELETE")]
fn calls_by_token_need_a_user_and_a_token(#[case] method: &str) {
    let mut ce = fresh();
    let token = ce.ask(Request::post("/instances", mailjet("n"))).token();
    for lacking in [
        "User u, Organization o".to_owned(),
        format!("Element {token}"),
        "User u".to_owned(),
    ] {
        let reply = ce.ask(Request::to(method, "/instances").by(&lacking).json("{}"));
        assert_eq!(reply.verdict(), (401, "auth-required"));
        assert_eq!(reply.message(), UNAUTHORIZED);
    }
    let both = format!("User u, Element {token}");
    assert_eq!(
        ce.ask(Request::to(method, "/instances").by(&both).json("{}"))
            .status,
        200
    );
}

/// Rule `catalog-open`: reading the catalog needs no credentials, and judges none.
#[rstest]
#[case("/elements")]
#[case("/elements/keys")]
#[case("/elements/6")]
fn the_catalog_is_open(#[case] path: &str) {
    let mut ce = Core::start(&[("credentials", "u:o")]);
    let none = Request::get(path).without("authorization");
    for request in [
        none,
        Request::get(path).by("nonsense"),
        Request::get(path).by("User wrong"),
    ] {
        assert_eq!(ce.ask(request).status, 200);
    }
}

/// Rule `any-credentials`: by default every secret that is not empty will do.
#[test]
fn every_secret_will_do_by_default() {
    for authorization in [
        "User u, Organization o",
        "User x, Organization y",
        "User ., Organization =",
    ] {
        assert_eq!(
            fresh()
                .ask(Request::post("/instances", mailjet("n")).by(authorization))
                .status,
            200
        );
    }
}

/// Rule `any-credentials`: a server can be told the only ones that it accepts.
#[rstest]
#[case::the_ones("User u, Organization o", 200, "create")]
#[case::other_user("User x, Organization o", 401, "any-credentials")]
#[case::other_organization("User u, Organization x", 401, "any-credentials")]
#[case::swapped("User o, Organization u", 401, "any-credentials")]
fn a_server_can_accept_only_some(
    #[case] authorization: &str,
    #[case] status: u16,
    #[case] rule: &str,
) {
    let mut ce = Core::start(&[("credentials", "u:o")]);
    let reply = ce.ask(Request::post("/instances", mailjet("n")).by(authorization));
    assert_eq!(reply.verdict(), (status, rule));
    if status == 401 {
        assert_eq!(reply.message(), UNAUTHORIZED);
    }
}

/// Rule `any-credentials`: also where the instance is named by its token.
#[test]
fn a_token_does_not_stand_for_the_accepted_user() {
    let mut ce = Core::start(&[("credentials", "u:o")]);
    let token = ce.ask(Request::post("/instances", mailjet("n"))).token();
    let delete =
        |user: &str| Request::delete("/instances").by(&format!("User {user}, Element {token}"));
    assert_eq!(ce.ask(delete("x")).verdict(), (401, "any-credentials"));
    assert_eq!(ce.ask(delete("u")).verdict(), (200, "by-token"));
}

/// Rule `credential-namespace`: organizations never see each other, and each counts from the first id.
#[test]
fn organizations_never_see_each_other() {
    let mut ce = fresh();
    let (one, other) = ("User u, Organization one", "User u, Organization other");
    let created = ce.ask(Request::post("/instances", mailjet("mine")).by(one));
    assert_eq!(
        ce.ask(Request::get("/instances").by(other)).verdict(),
        (404, "empty-list")
    );
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        let reply = ce.ask(Request::to(method, "/instances/1234").by(other).json("{}"));
        assert_eq!(reply.verdict(), (404, "instance-get"), "{method}");
        let foreign = format!("{other}, Element {}", created.token());
        if method != "GET" {
            let reply = ce.ask(Request::to(method, "/instances").by(&foreign).json("{}"));
            assert_eq!(
                reply.verdict(),
                (401, "token-other-organization"),
                "{method}"
            );
        }
    }
    let theirs = ce.ask(Request::post("/instances", twilio("theirs")).by(other));
    assert_eq!(theirs.id(), 1234);
    assert_ne!(theirs.token(), created.token());
    assert_eq!(
        ce.ask(Request::get("/instances/1234").by(one)).body,
        created.body
    );
    assert_eq!(
        ce.ask(Request::delete("/instances/1234").by(other)).status,
        200
    );
    assert_eq!(ce.ask(Request::get("/instances").by(one)).ids(), [1234]);
}

/// Rule `credential-namespace`: the organization's secret alone decides, not the user's.
#[test]
fn users_of_one_organization_share_its_instances() {
    let mut ce = fresh();
    ce.ask(Request::post("/instances", mailjet("n")).by("User one, Organization o"));
    let list = ce.ask(Request::get("/instances").by("Organization: o,User: other"));
    assert_eq!(list.ids(), [1234]);
}
