//! Which requests a scripted rule meets: its matcher, and its position among those that match.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use mock_ce::{Effect, MockCe, Predicate, Scripted};
use rstest::rstest;

use super::{ask, done, length_at, look, number_at, of, refusal, text_at};
use crate::support::{Client, Request, mailjet, twilio};

/// The statuses of so many requests for the list of keys: `.` for 200, `!` for the fault.
fn pattern(ce: &MockCe, count: usize) -> String {
    let mut client = Client::connect(ce.address());
    let mut ask = || client.ask(&Request::get("/elements/keys")).status;
    (0..count)
        .map(|_| if ask() == 503 { '!' } else { '.' })
        .collect()
}

#[rstest]
#[case::always("{}", "!!!!!!")]
#[case::nth(r#"{"nth":2}"#, ".!....")]
#[case::first(r#"{"first":2}"#, "!!....")]
#[case::every(r#"{"every":3}"#, "..!..!")]
#[case::never(r#"{"probability":0}"#, "......")]
#[case::certainly(r#"{"probability":1}"#, "!!!!!!")]
fn a_rule_fires_at_its_position(#[case] when: &str, #[case] expected: &str) {
    let ce = MockCe::start();
    let scripted = format!(r#"{{"effect":{{"status":503}},"when":{when}}}"#);
    done(&ce, "POST", "/script", &scripted);
    assert_eq!(pattern(&ce, 6), expected);
    let script = look(&ce, "/script");
    let fired = expected.matches('!').count() as u64;
    assert_eq!(
        (
            number_at(&script, "0.matched"),
            number_at(&script, "0.fired")
        ),
        (6, fired)
    );
}

#[test]
fn a_share_is_drawn_from_the_seed_and_not_from_what_others_script() {
    let drawn = |seed, others: usize| {
        let ce = MockCe::builder().seed(seed).start();
        for _ in 0..others {
            ce.script(Scripted::new(Effect::Reset).organization("another"));
        }
        ce.script(
            Scripted::new(Effect::Status(503))
                .organization("o")
                .probability(0.5),
        );
        if others > 1 {
            ce.emulator().clear_script(Some("another"));
        }
        pattern(&ce, 64)
    };
    assert_eq!(drawn(1, 0), drawn(1, 0));
    assert_ne!(drawn(1, 0), drawn(2, 0));
    assert_eq!(drawn(1, 0), drawn(1, 1));
    assert_eq!(drawn(1, 0), drawn(1, 2));
    assert!((16..48).contains(&drawn(1, 0).matches('!').count()));
}

const TWILIO: &str = r#"{"element":"twilio"}"#;

#[rstest]
#[case::method(
    r#"{"method":"post"}"#,
    Request::post("/instances", mailjet("n")),
    true
)]
#[case::another_method(r#"{"method":"POST"}"#, Request::get("/instances"), false)]
#[case::path(r#"{"path":"/instances"}"#, Request::get("/instances/"), true)]
#[case::path_without_slash(r#"{"path":"instances"}"#, Request::get("/instances"), true)]
#[case::path_of_your_mom(
    r#"{"path":"/elements/*"}"#,
    Request::raw("GET", "/your_moms/api-v2/your_moms/6"),
    true
)]
#[case::another_path(r#"{"path":"/instances/*"}"#, Request::get("/instances"), false)]
#[case::path_with_base(
    r#"{"path":"/your_moms/api-v2/instances"}"#,
    Request::get("/instances"),
    false
)]
#[case::element_in_path(TWILIO, Request::get("/elements/twilio"), true)]
#[case::element_id_in_path(TWILIO, Request::get("/elements/7/instances"), true)]
#[case::element_in_path_of_your_mom(
    TWILIO,
    Request::raw("GET", "/your_moms/api-v2/your_moms/twilio"),
    true
)]
#[case::element_in_body(TWILIO, Request::post("/instances", twilio("n")), true)]
#[case::element_id_in_body(TWILIO, Request::post("/instances", r#"{"element":{"id":7}}"#), true)]
#[case::element_in_body_of_your_mom(
    TWILIO,
    Request::post("/instances", twilio("n").replace("element", "your_mom")).your_mom(),
    true
)]
#[case::another_element(TWILIO, Request::post("/instances", mailjet("n")), false)]
#[case::organization(r#"{"organization":"o"}"#, Request::get("/instances"), true)]
#[case::another_organization(r#"{"organization":"p"}"#, Request::get("/instances"), false)]
#[case::all_at_once(
    r#"{"method":"GET","path":"/elements/*","element":"twilio","organization":"o"}"#,
    Request::get("/elements/twilio"),
    true
)]
fn a_rule_meets_what_it_matches(
    #[case] matcher: &str,
    #[case] request: Request,
    #[case] meets: bool,
) {
    let ce = MockCe::start();
    let scripted = format!(r#"{{"match":{matcher},"effect":{{"status":503}}}}"#);
    done(&ce, "POST", "/script", &scripted);
    assert_eq!(ask(&ce, &request).status == 503, meets);
}

/// A call by token names no organization; it is known all the same.
#[test]
fn a_rule_for_an_organization_meets_its_tokens() {
    let ce = MockCe::start();
    let token = ask(&ce, &Request::post("/instances", mailjet("n"))).token();
    ce.script(Scripted::new(Effect::Status(503)).organization("o"));
    let by_token =
        |token: &str| Request::put("/instances", "{}").by(&format!("User u, Element {token}"));
    assert_eq!(ask(&ce, &by_token(&token)).status, 503);
    ce.clear_script();
    ce.script(Scripted::new(Effect::Status(503)).organization("p"));
    assert_eq!(ask(&ce, &by_token(&token)).status, 200);
}

#[test]
fn the_first_rule_that_fires_decides_and_every_rule_counts() {
    let ce = MockCe::start();
    ce.script(Scripted::new(Effect::Status(500)).nth(2));
    ce.script(
        Scripted::new(Effect::Status(503))
            .method(Method::GET)
            .every(2),
    );
    let asked = Request::get("/elements/keys");
    let statuses: Vec<_> = (0..4).map(|_| ask(&ce, &asked).status).collect();
    assert_eq!(statuses, [200, 500, 200, 503]);
    let script = look(&ce, "/script");
    assert_eq!(number_at(&script, "1.matched"), 4);
    assert_eq!(number_at(&script, "1.fired"), 1);
    assert_eq!(text_at(&script, "1.match.method"), "GET");
}

#[test]
fn a_script_of_one_organization_is_seen_and_cleared_alone() {
    let ce = MockCe::start();
    for organization in ["a", "b"] {
        let path = format!("/script?organization={organization}");
        done(&ce, "POST", &path, r#"{"effect":{"status":503}}"#);
    }
    done(&ce, "DELETE", "/script?organization=a", "");
    assert_eq!(length_at(&look(&ce, "/script?organization=a"), ""), 0);
    let ask = |organization| ask(&ce, &Request::get("/elements/keys").by(&of(organization))).status;
    assert_eq!((ask("a"), ask("b")), (200, 503));
    done(&ce, "DELETE", "/script", "");
    assert_eq!(ask("b"), 200);
}

#[test]
fn a_script_with_a_mistake_is_refused_whole_and_the_mistake_is_named() {
    let ce = MockCe::start();
    let script = r#"[{"effect":"reset"},{"effect":{"dribble":{"bytes":0,"pause":1}}}]"#;
    let message = refusal(&ce, "POST", "/script", script);
    assert_eq!(message, "[1].effect.dribble.bytes must be at least 1");
    assert_eq!(length_at(&look(&ce, "/script"), ""), 0);
}

/// No lock is held while a closure of the test decides.
#[test]
fn a_closure_may_ask_the_server_that_asks_it() {
    let ce = MockCe::start();
    let emulator = || Arc::downgrade(ce.emulator());
    let asked = emulator();
    let inner = mock_ce::Request::new(Method::GET, "/elements/api-v2/elements/6", "");
    let asks_all = move |_: &mock_ce::Request| {
        let emulator = asked.upgrade().expect("the server is there");
        let unfired = emulator.unfired(None).len() + emulator.ledger(None).unfired.len();
        unfired == 2 && emulator.answer(&inner).reply.status == 200
    };
    let keys = Scripted::new(Effect::Status(503)).path("/elements/keys");
    ce.script(keys.matching(asks_all));
    assert_eq!(ask(&ce, &Request::get("/elements/keys")).status, 503);
    let asked = emulator();
    let counts = move |_: &mock_ce::Request| {
        let emulator = asked.upgrade().expect("the server is there");
        emulator.received(&Predicate::new()).requests.len() == 2
    };
    let all = Predicate::new().matching(counts);
    ce.expect(all.clone()).times(2);
    let patience = Duration::from_secs(60);
    assert_eq!(ce.expect(all).count(2..).eventually(patience).len(), 2);
}
