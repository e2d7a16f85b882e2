//! Gates judge the run: nothing that a test clears makes it look better.

use mock_ce::{Clearing, Gate, Grade, MockCe, Report, Seed};
use rstest::rstest;

use super::{ask, done, length_at, look, number_at, order, text_at};
use crate::support::{Request, mailjet};

/// A gate, and what a run does that it has something against.
type Sin = (Gate, fn(&MockCe));

const SINS: [Sin; 5] = [
    (Gate::MinGrade, |ce| {
        assert_eq!(ask(ce, &Request::get("/nowhere")).status, 501);
    }),
    (Gate::Leaks, |ce| {
        assert_eq!(
            ask(ce, &Request::post("/instances", mailjet("n"))).status,
            200
        );
    }),
    (Gate::Mishaps, |ce| {
        let id = ask(ce, &Request::post("/instances", mailjet("n"))).id();
        for _ in 0..2 {
            ask(ce, &Request::delete(&format!("/instances/{id}")));
        }
    }),
    (Gate::Unfired, |ce| {
        let script = r#"{"effect":"reset","match":{"organization":"o"},"when":{"nth":9}}"#;
        done(ce, "POST", "/script", script);
    }),
    (Gate::Unfired, |ce| {
        let stub = r#"{"match":{"organization":"o","path":"/typo"},"reply":{"status":200}}"#;
        done(ce, "POST", "/stubs", stub);
    }),
];

fn failed(ce: &MockCe) -> Vec<Gate> {
    let report = Report::new(ce.run_ledger(), Gate::ALL);
    report.failures().map(|(gate, _)| gate).collect()
}

/// Every gate and every way to clear: the outcome is the same as without clearing.
#[rstest]
fn no_clearing_opens_a_gate(
    #[values(0, 1, 2, 3, 4)] sin: usize,
    #[values(
        "nothing",
        "DELETE /state",
        "DELETE /state?organization=o",
        "DELETE /requests",
        "DELETE /script",
        "DELETE /script?organization=o",
        "DELETE /stubs",
        "DELETE /stubs?organization=o",
        "PUT /state",
        "PUT /state?organization=o"
    )]
    clearing: &str,
) {
    let ce = MockCe::builder().min_grade(Grade::Vendor).start();
    let before = look(&ce, "/state").to_string();
    let (gate, commit) = SINS[sin];
    commit(&ce);
    match clearing.split_once(' ') {
        Some(("PUT", path)) => drop(done(&ce, "PUT", path, &before)),
        Some((method, path)) => drop(done(&ce, method, path, "{}")),
        None => {}
    }
    assert_eq!(failed(&ce), [gate]);
    // And again: nor does the second time.
    ce.reset();
    ce.reset();
    assert_eq!(failed(&ce), [gate]);
    assert_eq!(ce.ledger().relied, []);
}

/// Removing or replacing what never fired is no way either.
#[rstest]
#[case::script(3, "/script/1", r#"{"effect":"reset"}"#)]
#[case::stub(4, "/stubs/1", r#"{"reply":{"status":200}}"#)]
fn no_order_is_taken_back_before_it_fired(
    #[case] sin: usize,
    #[case] path: &str,
    #[case] another: &str,
) {
    let ce = MockCe::start();
    SINS[sin].1(&ce);
    done(&ce, "PUT", path, another);
    assert_eq!(ce.run_ledger().unfired.len(), 2);
    done(&ce, "DELETE", path, "");
    assert_eq!(ce.run_ledger().unfired.len(), 2);
    assert_eq!(ce.ledger().unfired.len(), 0);
    assert_eq!(failed(&ce), [Gate::Unfired]);
}

#[test]
fn a_careful_run_passes_every_gate_whatever_is_cleared() {
    let ce = MockCe::builder().min_grade(Grade::Vendor).start();
    ce.seed(&Seed::new("o", "mailjet", "seeded ones are no leaks"))
        .unwrap();
    let id = ask(&ce, &Request::post("/instances", mailjet("n"))).id();
    ask(&ce, &Request::delete(&format!("/instances/{id}")));
    ce.reset();
    assert_eq!(failed(&ce), []);
    assert_eq!(ce.run_ledger().count(Grade::Guide), 1);
}

#[test]
fn a_leak_says_which_request_made_it_and_what_took_it_away() {
    let ce = MockCe::start();
    let older = ce.snapshot();
    ask(&ce, &Request::get("/elements"));
    ask(&ce, &Request::post("/instances", mailjet("first")));
    ce.restore(&older).unwrap();
    ask(&ce, &Request::post("/instances", mailjet("second")));
    ce.organization("o").reset();
    ask(&ce, &Request::post("/instances", mailjet("third")));
    let left = ce.run_ledger().left;
    let told: Vec<_> = left
        .iter()
        .map(|leak| (leak.request, &*leak.name, leak.cleared_by))
        .collect();
    assert_eq!(
        told,
        [
            (Some(2), "first", Some(Clearing::Restore)),
            (Some(3), "second", Some(Clearing::Reset)),
            (Some(4), "third", None)
        ]
    );
    let text = ce.run_ledger().to_string();
    assert!(
        text.contains(
            "left behind: instance 1234 of mailjet was never deleted before it was cleared by reset: \
             \"second\", created by request 3 at "
        ),
        "{text}"
    );
    let json = look(&ce, "/ledger?of=run");
    assert_eq!(number_at(&json, "left.0.request"), 2);
    assert_eq!(text_at(&json, "left.1.clearedBy"), "reset");
    assert_eq!(length_at(&look(&ce, "/ledger"), "left"), 1);
}

/// Forgetting a seeded one is no leak: no client created it.
#[rstest]
#[case::one("/instances/1234?organization=o", "/instances/1235?organization=o")]
#[case::all("/instances?organization=o", "/instances?organization=o")]
fn an_instance_that_is_forgotten_is_left_behind(#[case] first: &str, #[case] second: &str) {
    let ce = MockCe::start();
    ask(&ce, &Request::post("/instances", mailjet("n")));
    ce.seed(&Seed::new("o", "mailjet", "seeded")).unwrap();
    done(&ce, "DELETE", first, "");
    let _gone = ask(&ce, &order("DELETE", second, ""));
    assert_eq!(ce.instances(), []);
    let left = ce.run_ledger().left;
    let told: Vec<_> = left
        .iter()
        .map(|leak| (leak.request, &*leak.name, leak.cleared_by))
        .collect();
    assert_eq!(told, [(Some(1), "n", Some(Clearing::Control))]);
    ce.reset();
    assert_eq!(failed(&ce), [Gate::Leaks]);
    let json = look(&ce, "/ledger?of=run");
    assert_eq!(text_at(&json, "left.0.clearedBy"), "control");
}

#[test]
fn an_instance_that_a_restored_document_has_stays_what_it_was() {
    let ce = MockCe::start();
    let id = ask(&ce, &Request::post("/instances", mailjet("n"))).id();
    let with_it = ce.snapshot();
    ce.restore(&with_it).unwrap();
    let left = ce.run_ledger().left;
    assert_eq!(
        (left.len(), left[0].request, left[0].cleared_by),
        (1, Some(1), None)
    );
    ask(&ce, &Request::delete(&format!("/instances/{id}")));
    assert_eq!(ce.run_ledger().leaks(), 0);
    // Put back by the test after its deletion, it is the test's.
    ce.restore(&with_it).unwrap();
    assert_eq!(ce.run_ledger().leaks(), 0);
}

#[test]
fn the_run_of_one_organization_is_its_own() {
    let ce = MockCe::start();
    ask(&ce, &Request::post("/instances", mailjet("n")));
    ce.reset();
    assert_eq!(ce.organization("o").run_ledger().leaks(), 1);
    assert_eq!(ce.organization("p").run_ledger().leaks(), 0);
}

#[test]
fn beyond_a_hundred_leaks_are_not_listed() {
    let ce = MockCe::start();
    let mut client = crate::support::Client::connect(ce.address());
    for _ in 0..103 {
        client.ask(&Request::post("/instances", mailjet("n")));
    }
    assert_eq!(ce.ledger().leaks(), 103);
    ce.reset();
    assert_eq!(ce.run_ledger().leaks(), 103);
    let told = ce.run_ledger().to_string();
    assert!(told.contains("left behind: 3 more of them"), "{told}");
}

#[test]
fn a_reset_sets_the_clock_as_it_was() {
    let ce = MockCe::start();
    ce.advance_clock(std::time::Duration::from_secs(1_000_000_000));
    assert!(
        ask(&ce, &Request::get("/elements"))
            .header("date")
            .unwrap()
            .contains("205")
    );
    ce.reset();
    assert!(
        !ask(&ce, &Request::get("/elements"))
            .header("date")
            .unwrap()
            .contains("205")
    );
}
