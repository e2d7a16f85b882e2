//! The header `mock-ce-hint`: where the vendor's text is fixed, it says what a developer must know.

use mock_ce::MockCe;
use rstest::rstest;

use super::{ask, asking};
use crate::support::{Request, mailjet};

#[rstest]
#[case::no_header(Request::get("/instances").without("authorization"), "no Authorization was read; send Authorization: User SECRET, Organization SECRET")]
#[case::missing_word(Request::get("/instances").by("User hush"), "missing in Authorization: Organization; read: User")]
#[case::token_instead(
    Request::put("/instances", "{}").by("User hush, Organization hush"),
    "missing in Authorization: Element; read: User, Organization"
)]
#[case::unknown_word(
    Request::get("/instances").by("Bearer hush"),
    "Authorization: a pair starts with an unknown word; send Authorization: User SECRET, Organization SECRET"
)]
#[case::dead_token(Request::put("/instances", "{}").by("User u, Element hush="), "read Element: no instance has this token")]
#[case::unknown_route(
    Request::get("/instnces"),
    "near: GET /elements/api-v2/instances; the API stands below /elements/api-v2 and the control API below /__admin, open to this machine, or with --control anywhere to all"
)]
#[case::unknown_element(
    Request::post("/instances", mailjet("n").replace("\"mailjet\"", "\"unheard\"")),
    "an element of your own is a fixture, which mock-ce new-element KEY writes and mock-ce import makes of a guide; add it with --catalog FILE, with POST /__admin/elements, or in Rust with MockCe::builder().element(fixture)"
)]
fn a_refusal_with_a_fixed_text_has_a_hint(#[case] request: Request, #[case] hint: &str) {
    let ce = MockCe::start();
    let reply = ask(&ce, &request);
    assert!([401, 404].contains(&reply.status));
    assert_eq!(reply.header("mock-ce-hint"), Some(hint));
    assert!(!hint.contains("hush"));
}

#[rstest]
#[case::other_refusal(Request::post("/instances", "{}"))]
#[case::success(Request::get("/elements"))]
fn nothing_else_has_one(#[case] request: Request) {
    assert_eq!(ask(&MockCe::start(), &request).header("mock-ce-hint"), None);
}

#[test]
fn the_accepted_credentials_are_pointed_at() {
    let ce = MockCe::builder().credentials("u", "mine").start();
    let reply = ask(&ce, &Request::get("/instances"));
    let hint = reply.header("mock-ce-hint").unwrap();
    assert!(
        hint.starts_with("read Organization: its secret is not the one"),
        "{hint}"
    );
    assert!(!hint.contains("mine"));
}

/// A caller's path cannot break the header.
#[test]
fn a_hint_is_printable() {
    let ce = MockCe::start();
    let reply = ask(&ce, &Request::get("/%F0%9F%A6%80"));
    assert_eq!(reply.status, 404);
    assert!(reply.header("mock-ce-hint").is_some());
}

/// Rule `cors`: the vendor's list is the whole header on every route of the API, unless the page asks for the marks.
#[test]
fn a_page_that_asks_for_the_marks_may_read_them() {
    let ce = MockCe::start();
    let exposed = |request: Request| {
        let reply = ask(&ce, &request.header("origin", "http://app.test"));
        let lines = reply.headers.iter();
        let lines =
            lines.filter(|(name, _)| name.eq_ignore_ascii_case("access-control-expose-headers"));
        lines.map(|(_, value)| value.clone()).collect::<Vec<_>>()
    };
    let vendor = mock_ce::wire::vocabulary::EXPOSED_HEADERS.to_owned();
    for silent in [Request::get("/elements"), Request::post("/instances", "{}")] {
        assert_eq!(exposed(silent.clone()).concat(), vendor);
        let lines = exposed(silent.header("mock-ce-hint", "please"));
        assert_eq!(lines, [&*vendor, "mock-ce-because, mock-ce-hint"]);
    }
    assert_eq!(exposed(Request::get("/nowhere")).len(), 2);
    assert_eq!(
        ask(&ce, &asking("GET", "/health")).header("mock-ce-hint"),
        None
    );
}

/// The vendor's text of a 401 says nothing of it, and nobody sees a header in a log.
#[test]
fn the_journal_and_its_lines_say_what_a_401_lacks() {
    let ce = MockCe::start();
    ask(&ce, &Request::get("/instances").by("User u"));
    let received = ce.journal(&mock_ce::Predicate::new()).requests.remove(0);
    let hint = "missing in Authorization: Organization; read: User";
    assert_eq!(received.hint.as_deref(), Some(hint));
    assert!(
        received.to_line().ends_with(&format!("({hint})")),
        "{}",
        received.to_line()
    );
    assert_eq!(
        super::text_at(&super::look(&ce, "/requests"), "requests.0.hint"),
        hint
    );
}
