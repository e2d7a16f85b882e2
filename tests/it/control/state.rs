//! Seeding: instances that a test puts there, with the ids, tokens and names that it chooses.

use mock_ce::{MockCe, Seed};
use rstest::rstest;

use super::{ask, at, done, length_at, look, number_at, refusal, text_at};
use crate::platform::WithToken as _;
use crate::support::{Request, mailjet};

#[test]
fn a_seeded_instance_has_what_was_chosen() {
    let ce = MockCe::start();
    let seed = r#"{"organization":"o","element":"mailjet","name":"Chosen","id":77,"token":"chosen=",
        "tags":["t"],"configuration":{"mailjet.api.key":"k"}}"#;
    let seeded = done(&ce, "POST", "/state/instances", seed);
    let seeded = seeded.json().into_owned();
    assert_eq!(
        (number_at(&seeded, "0.id"), &*text_at(&seeded, "0.token")),
        (77, "chosen=")
    );
    let shown = ask(&ce, &Request::get("/instances/77"));
    assert_eq!(
        (shown.token().as_str(), shown.member("name").as_str()),
        ("chosen=", "Chosen")
    );
    let by_token = Request::patch("/instances", r#"{"name":"m"}"#).by("User u, Element chosen=");
    assert_eq!(ask(&ce, &by_token).id(), 77);
    let instance = &ce.instances()[0];
    assert_eq!(instance.tags, ["t"]);
    assert_eq!(instance.configuration["mailjet.api.key"], "k");
}

#[test]
fn a_seed_chooses_as_little_as_it_likes() {
    let ce = MockCe::start();
    let first = ce.seed(&Seed::new("o", "mailjet", "a")).unwrap();
    let second = ce.seed(&Seed::new("o", "twilio", "b").id(2000)).unwrap();
    assert_eq!((first.id, second.id), (1234, 2000));
    assert!(first.token.ends_with('=') && first.token != second.token);
    // Ids go on behind the highest.
    assert_eq!(
        ask(&ce, &Request::post("/instances", mailjet("n"))).id(),
        2001
    );
}

#[rstest]
#[case::id(
    r#"{"id":5,"token":"new="}"#,
    "[1].id: the organization already has an instance 5"
)]
#[case::token(
    r#"{"token":"taken="}"#,
    "[1].token: it already belongs to an instance"
)]
#[case::element(
    r#"{"element":"mailjett"}"#,
    "[1].element: the catalog has no element \"mailjett\"; did you mean mailjet?"
)]
#[case::blank_name(r#"{"name":" "}"#, "[1].name is required")]
#[case::blank_token(r#"{"token":""}"#, "[1].token must not be blank")]
#[case::id_of_nothing(r#"{"id":0}"#, "[1].id must be from 1 to 9007199254740991, found 0")]
#[case::type_of_id(r#"{"id":"x"}"#, "[1].id must be a whole number, found text")]
#[case::type_of_tag(r#"{"tags":["t",1]}"#, "[1].tags[1] must be text")]
#[case::type_of_entry(r#"{"configuration":{"a":1}}"#, "[1].configuration.a must be text")]
#[case::unknown_member(
    r#"{"tokn":"x"}"#,
    "[1].tokn is not known here; did you mean \"token\"?"
)]
fn a_batch_with_a_mistake_is_refused_whole(#[case] mistake: &str, #[case] message: &str) {
    let ce = MockCe::start();
    ce.seed(&Seed::new("o", "mailjet", "n").id(5).token("taken="))
        .unwrap();
    let before = ce.snapshot();
    let members = mistake
        .strip_prefix('{')
        .unwrap()
        .strip_suffix('}')
        .unwrap();
    let defaults = [
        ("organization", r#""organization":"o""#),
        ("element", r#""element":"mailjet""#),
        ("name", r#""name":"n""#),
    ];
    let others = defaults
        .iter()
        .filter(|(name, _)| !members.contains(&format!("\"{name}\"")));
    let others: String = others.map(|(_, member)| format!(",{member}")).collect();
    let batch = format!(
        r#"[{{"organization":"o","element":"twilio","name":"fine"}},{{{members}{others}}}]"#
    );
    assert_eq!(refusal(&ce, "POST", "/state/instances", &batch), message);
    assert_eq!(ce.snapshot(), before);
}

/// A batch is refused if one of it chooses the id that another one gets by itself.
#[test]
fn a_batch_cannot_choose_an_id_twice() {
    let ce = MockCe::start();
    let one = |id: &str| format!(r#"{{"organization":"o","element":"mailjet","name":"n"{id}}}"#);
    let batch = format!("[{},{}]", one(""), one(r#","id":1234"#));
    let message = refusal(&ce, "POST", "/state/instances", &batch);
    assert_eq!(
        message,
        "[1].id: the organization already has an instance 1234"
    );
    assert_eq!(ce.instances(), []);
}

#[test]
fn a_seed_in_process_is_checked_alike() {
    let ce = MockCe::start();
    let refused = |seed: Seed| ce.seed(&seed).unwrap_err().to_string();
    assert_eq!(
        refused(Seed::new("o", "mailjet", "")),
        "name must not be blank"
    );
    assert_eq!(
        refused(Seed::new("", "mailjet", "n")),
        "organization must not be blank"
    );
    assert!(refused(Seed::new("o", "x", "n")).starts_with("element: the catalog has no element"));
}

#[test]
fn a_reset_forgets_everything() {
    let ce = MockCe::start();
    ask(&ce, &Request::post("/instances", mailjet("n")));
    done(&ce, "POST", "/script", r#"{"effect":"reset"}"#);
    done(&ce, "DELETE", "/state", "");
    assert_eq!(ce.instances(), []);
    let ledger = super::look(&ce, "/ledger");
    assert_eq!(super::length_at(&ledger, "relied"), 0);
    assert_eq!(super::length_at(&ledger, "unfired"), 0);
    assert_eq!(
        at(&super::look(&ce, "/requests"), "requests")
            .as_array()
            .unwrap()
            .len(),
        0
    );
    assert_eq!(
        ask(&ce, &Request::post("/instances", mailjet("n"))).id(),
        1234
    );
}

/// Ids go on where they were, so that no later instance is taken for one that was forgotten.
#[rstest]
#[case::one("/instances/1234?organization=o")]
#[case::all("/instances?organization=o")]
fn an_instance_that_is_forgotten_leaves_nothing_to_the_next_one(#[case] path: &str) {
    let ce = MockCe::start();
    let events = r#""configuration":{"event.notification.enabled":true,"#;
    let payload = mailjet("n").replacen(r#""configuration":{"#, events, 1);
    let create = || {
        let created = ask(&ce, &Request::post("/instances", payload.clone()));
        assert_eq!(created.status, 200, "{}", created.text());
        (created.id(), created.token())
    };
    let define = |id: u64| {
        let path = format!("/instances/{id}/objects/things/definitions");
        ask(&ce, &Request::post(&path, r#"{"fields":[]}"#)).status
    };
    let list = |token: &str| {
        let listed = ask(&ce, &Request::get("/messages").token(token));
        assert_eq!(listed.status, 200, "{}", listed.text());
        listed.text().to_owned()
    };
    let (id, token) = create();
    let before = list(&token);
    let sent = Request::post("/messages", r#"{"to":"a@b.c","subject":"old"}"#).token(&token);
    assert_eq!((define(id), ask(&ce, &sent).status), (200, 200));
    ce.fire_event(&ce.instances()[0], b"{}").unwrap();
    done(&ce, "DELETE", path, "");
    assert_eq!(length_at(&ce.snapshot(), "objects.0.instances"), 0);
    let (next, new_token) = create();
    assert_eq!((next, define(next)), (1235, 200));
    assert_ne!(new_token, token);
    assert_eq!(list(&new_token), before);
    let activity = look(&ce, &format!("/instances/{next}?organization=o"));
    assert_eq!(length_at(&activity, "messages"), 0);
    assert_eq!(length_at(&activity, "events"), 0);
}
