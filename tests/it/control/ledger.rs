//! The ledger: what was relied upon, and what was left behind.

use mock_ce::{Effect, Grade, Ledger, MockCe, Scripted, Seed};

use super::{ask, at, done, length_at, look, number_at, of, text_at};
use crate::support::{Core, Harness as _, Request, mailjet, twilio};

fn by_token(token: &str) -> Request {
    Request::put("/instances", "{}").by(&format!("User u, Element {token}"))
}

#[test]
fn rules_are_counted_by_grade_and_the_assumed_ones_named_with_their_statement() {
    let ce = MockCe::start();
    for _ in 0..2 {
        ask(&ce, &Request::post("/instances", mailjet("n")));
    }
    ask(&ce, &Request::get("/instances/"));
    ask(&ce, &Request::get("/nowhere/"));
    let ledger = ce.ledger();
    let relied: Vec<_> = ledger
        .relied
        .iter()
        .map(|(rule, count)| (rule.id, *count))
        .collect();
    assert_eq!(
        relied,
        [
            ("create", 2),
            ("instance-list", 1),
            ("trailing-slash", 1),
            ("unknown-route", 1)
        ]
    );
    assert_eq!(ledger.count(Grade::Guide), 2);
    let told = ledger.to_string();
    assert!(
        told.starts_with(
            "ledger: rules relied upon, by grade: 2 guide, 1 vendor, 1 client, 1 assumed"
        ),
        "{told}"
    );
    let assumed = mock_ce::rules::find("unknown-route").unwrap();
    assert!(
        told.contains(&format!(
            "assumed: unknown-route (1): {}",
            assumed.statement
        )),
        "{told}"
    );
    let json = look(&ce, "/ledger");
    assert_eq!(number_at(&json, "grades.guide"), 2);
    assert_eq!(number_at(&json, "grades.assumed"), 1);
    assert_eq!(text_at(&json, "relied.3.statement"), assumed.statement);
}

#[test]
fn what_was_created_and_not_deleted_is_left_behind() {
    let ce = MockCe::start();
    ce.seed(&Seed::new("o", "mailjet", "of the test itself"))
        .unwrap();
    let kept = ask(&ce, &Request::post("/instances", twilio("n"))).id();
    let deleted = ask(&ce, &Request::post("/instances", mailjet("n"))).id();
    ask(&ce, &Request::delete(&format!("/instances/{deleted}")));
    ask(
        &ce,
        &Request::patch(&format!("/instances/{kept}"), r#"{"name":"m"}"#),
    );
    let left = ce.ledger().left;
    assert_eq!(left.len(), 1);
    assert_eq!(
        (left[0].id, &*left[0].element, &*left[0].name),
        (kept, "twilio", "m")
    );
    // The creation was the first request; the update came after it.
    assert_eq!((left[0].request, left[0].cleared_by), (Some(1), None));
    assert_eq!(number_at(&look(&ce, "/ledger"), "left.0.id"), kept);
}

#[test]
fn a_second_deletion_and_a_token_used_after_deletion_are_told() {
    let ce = MockCe::start();
    let created = ask(&ce, &Request::post("/instances", mailjet("n")));
    for _ in 0..2 {
        ask(&ce, &Request::delete("/instances/1234"));
    }
    // The header names no organization, the token does.
    assert_eq!(ask(&ce, &by_token(&created.token())).status, 401);
    for ledger in [ce.ledger(), ce.organization("o").ledger()] {
        let mishaps: Vec<_> = ledger.mishaps.iter().map(ToString::to_string).collect();
        assert_eq!(mishaps.len(), 2, "{mishaps:?}");
        assert_eq!(mishaps[0], "instance 1234 was deleted again");
        assert!(
            mishaps[1].ends_with(" was used after deletion"),
            "{mishaps:?}"
        );
        assert!(!mishaps[1].contains(&created.token()));
    }
    assert_eq!(ce.organization("p").ledger().mishaps, []);
    assert_eq!(
        length_at(&look(&ce, "/ledger?organization=o"), "mishaps"),
        2
    );
}

#[test]
fn what_a_test_chose_is_known_after_its_deletion() {
    let ce = MockCe::start();
    ce.seed(&Seed::new("o", "mailjet", "n").id(7).token("chosen="))
        .unwrap();
    ce.seed(&Seed::new("o", "mailjet", "n").id(5000)).unwrap();
    for _ in 0..2 {
        ask(&ce, &Request::delete("/instances/7"));
    }
    ask(&ce, &by_token("chosen="));
    // There never was an instance 2000, nor a token of this kind.
    ask(&ce, &Request::delete("/instances/2000"));
    ask(&ce, &by_token("another="));
    let mishaps: Vec<_> = ce
        .ledger()
        .mishaps
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(mishaps.len(), 2, "{mishaps:?}");
    assert_eq!(mishaps[0], "instance 7 was deleted again");
}

/// A token that another run of the same seed gave out was never this run's.
#[test]
fn a_token_that_was_never_given_out_is_not_one_used_after_deletion() {
    let other = MockCe::start();
    let token = ask(&other, &Request::post("/instances", mailjet("n"))).token();
    let ce = MockCe::start();
    assert_eq!(ask(&ce, &by_token(&token)).status, 401);
    assert_eq!(ce.ledger().mishaps, []);
}

#[test]
fn beyond_a_hundred_mishaps_are_only_counted() {
    let ce = MockCe::start();
    ask(&ce, &Request::post("/instances", mailjet("n")));
    let mut client = crate::support::Client::connect(ce.address());
    for _ in 0..=102 {
        client.ask(&Request::delete("/instances/1234"));
    }
    let ledger = ce.ledger();
    assert_eq!((ledger.mishaps.len(), ledger.more_mishaps), (100, 2));
    assert!(ledger.to_string().contains("mishap: 2 more of them"));
    assert_eq!(number_at(&look(&ce, "/ledger"), "moreMishaps"), 2);
}

#[test]
fn a_fault_that_never_fired_is_told() {
    let ce = MockCe::start();
    ce.script(
        Scripted::new(Effect::Reset)
            .path("/instances")
            .element("twilio")
            .nth(5),
    );
    ce.script(Scripted::new(Effect::Status(503)).first(1));
    ask(&ce, &Request::get("/elements"));
    assert_eq!(
        ce.ledger().unfired,
        ["reset for path /instances, element twilio, nth 5"]
    );
    assert!(
        ce.ledger()
            .to_string()
            .contains("never fired: reset for path /instances")
    );
}

#[test]
fn a_ledger_is_an_organization_s_own() {
    let ce = MockCe::start();
    ask(&ce, &Request::post("/instances", mailjet("n")).by(&of("a")));
    ask(&ce, &Request::get("/elements").by(&of("b")));
    done(
        &ce,
        "POST",
        "/script?organization=a",
        r#"{"effect":"reset","when":{"nth":9}}"#,
    );
    let of = |organization: &str| {
        let ledger = look(&ce, &format!("/ledger?organization={organization}"));
        let rule = text_at(&ledger, "relied.0.rule");
        assert_eq!(at(&ledger, "relied").as_array().unwrap().len(), 1);
        (
            rule,
            length_at(&ledger, "left"),
            length_at(&ledger, "unfired"),
        )
    };
    assert_eq!(of("a"), ("create".to_owned(), 1, 1));
    assert_eq!(of("b"), ("element-list".to_owned(), 0, 0));
}

/// The ledger counts what the server dropped for want of room, for its organization.
#[test]
fn the_ledger_counts_what_was_dropped() {
    let mut ce = Core::start(&[]);
    let state = r#"{"version":1,"seed":0,"requests":0,"organizations":[],
        "rows":[{"organization":"o","dropped":3,"tables":[]},{"organization":"p","dropped":1,"tables":[]}],
        "outbox":[{"organization":"o","dropped":2,"messages":[]}],
        "usage":[{"organization":"o","written":9,"dropped":4,"rows":[]}],
        "events":[{"organization":"o","nextId":5009,"nextNotification":7009,"dropped":5,"off":[],"events":[]}]}"#;
    let restored = ce.ask(Request::raw("PUT", "/__admin/state").json(state));
    assert_eq!(restored.status, 200, "{}", restored.text());
    let dropped = |ledger: &Ledger| ledger.dropped.clone();
    let of_one = ce.emulator().ledger(Some("o"));
    assert_eq!(
        dropped(&of_one),
        [("rows", 3), ("outbox", 2), ("events", 5), ("usage", 4)]
    );
    assert_eq!(dropped(&ce.emulator().ledger(None))[0], ("rows", 4));
    assert!(
        of_one
            .to_json()
            .to_string()
            .contains(r#""dropped":{"rows":3,"outbox":2,"events":5,"usage":4}"#)
    );
    assert!(
        of_one
            .to_string()
            .contains("dropped for want of room: the oldest 3 of rows")
    );
}
