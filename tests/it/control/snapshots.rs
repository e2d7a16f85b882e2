//! The state as one document: taken at any time, restored whole or not at all.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use mock_ce::{Json, MockCe};
use rstest::rstest;

use super::{ask, at, done, look, number_at, of, refusal, text_at};
use crate::support::{Client, Request, mailjet, sendgrid, twilio};

/// The server's answers to a row of questions, dates aside.
pub(super) fn answers(address: std::net::SocketAddr, token: &str) -> Vec<String> {
    let questions = [
        Request::get("/instances"),
        Request::get("/instances/1235"),
        Request::get("/instances/1234"),
        Request::patch("/instances", r#"{"name":"by token"}"#)
            .by(&format!("User u, Element {token}")),
        Request::post("/instances", mailjet("next")),
        Request::get("/instances").by(&of("another")),
        Request::post("/instances", "{}"),
    ];
    let mut client = Client::connect(address);
    questions
        .iter()
        .map(|question| {
            let mut reply = client.ask(question);
            reply.headers.retain(|(name, _)| name != "date");
            format!("{} {:?} {}", reply.status, reply.headers, reply.text())
        })
        .collect()
}

/// Instances of two organizations, one of them deleted; the token of one that is there.
pub(super) fn prepare(address: std::net::SocketAddr) -> String {
    let mut client = Client::connect(address);
    client.ask(&Request::post("/instances", mailjet("a")));
    let token = client
        .ask(&Request::post("/instances", sendgrid("b")))
        .token();
    client.ask(&Request::post("/instances", twilio("c")).by(&of("another")));
    client.ask(&Request::delete("/instances/1234"));
    token
}

#[test]
fn a_restored_server_answers_like_the_one_it_was_taken_from() {
    let from = MockCe::builder().seed(7).start();
    let token = prepare(from.address());
    let snapshot = look(&from, "/state").to_string();
    let to = MockCe::start();
    ask(&to, &Request::post("/instances", mailjet("is replaced")));
    done(&to, "PUT", "/state", &snapshot);
    assert_eq!(look(&to, "/state").to_string(), snapshot);
    assert_eq!(
        answers(to.address(), &token),
        answers(from.address(), &token)
    );
}

#[test]
fn a_snapshot_in_process_is_the_same_document() {
    let ce = MockCe::start();
    prepare(ce.address());
    assert_eq!(ce.snapshot(), look(&ce, "/state"));
    assert_eq!(
        ce.organization("another").snapshot(),
        look(&ce, "/state?organization=another")
    );
    let other = MockCe::start();
    other.restore(&ce.snapshot()).unwrap();
    assert_eq!(other.instances(), ce.instances());
    other.organization("another").reset();
    other
        .organization("another")
        .restore(&ce.organization("another").snapshot())
        .unwrap();
    assert_eq!(other.instances(), ce.instances());
}

#[test]
fn a_snapshot_under_load_is_consistent() {
    let ce = MockCe::start();
    let over = AtomicBool::new(false);
    let snapshots = thread::scope(|scope| {
        for organization in ["a", "b"] {
            let (ce, over) = (&ce, &over);
            scope.spawn(move || {
                let mut client = Client::connect(ce.address());
                let create = Request::post("/instances", mailjet("n")).by(&of(organization));
                while !over.load(Ordering::Relaxed) {
                    assert_eq!(client.ask(&create).status, 200);
                }
            });
        }
        let mut snapshots: Vec<_> = Vec::new();
        while snapshots.len() < 20 || ce.instances().len() < 200 {
            snapshots.push(look(&ce, "/state"));
        }
        over.store(true, Ordering::Relaxed);
        snapshots
    });
    let other = MockCe::start();
    for snapshot in snapshots.iter().rev().take(20) {
        assert_consistent(snapshot);
        other.restore(snapshot).unwrap();
    }
}

/// Nothing is deleted here, so ids have no gaps and end below the next one.
fn assert_consistent(snapshot: &Json<'static>) {
    let mut tokens = HashSet::new();
    for section in at(snapshot, "organizations").as_array().unwrap() {
        let instances = at(section, "instances").as_array().unwrap();
        let ids: Vec<_> = instances
            .iter()
            .map(|instance| number_at(instance, "id"))
            .collect();
        assert_eq!(
            ids,
            (1234..number_at(section, "nextId")).collect::<Vec<_>>()
        );
        assert!(
            instances
                .iter()
                .all(|instance| tokens.insert(text_at(instance, "token")))
        );
    }
}

const INSTANCE: &str = r#"{"id":1,"element":"mailjet","token":"t=","name":"n"}"#;

fn document(instances: &str) -> String {
    format!(r#"{{"version":1,"organizations":[{{"organization":"o","instances":[{instances}]}}]}}"#)
}

/// The instance twice, the second time with a change.
fn twice(from: &str, to: &str) -> String {
    document(&format!("{INSTANCE},{}", INSTANCE.replace(from, to)))
}

#[rstest]
#[case::no_object("[]".to_owned(), "the body must be an object, found an array")]
#[case::no_version("{}".to_owned(), "version is required")]
#[case::another_version(r#"{"version":2}"#.to_owned(), "version: 2 is not known; this server reads version 1")]
#[case::no_organizations(r#"{"version":1}"#.to_owned(), "organizations is required")]
#[case::unknown_member(r#"{"version":1,"organisations":[]}"#.to_owned(), "organisations is not known here; did you mean \"organizations\"?")]
#[case::unknown_element(
    twice("mailjet", "mailjett"),
    "organizations[0].instances[1].element: the catalog has no element \"mailjett\"; did you mean mailjet?"
)]
#[case::token_twice(
    twice("\"id\":1", "\"id\":2"),
    "organizations[0].instances[1].token comes twice"
)]
#[case::id_twice(twice("t=", "u="), "organizations[0].instances[1].id comes twice")]
#[case::type_of_id(
    twice("\"id\":1", "\"id\":\"1\""),
    "organizations[0].instances[1].id must be a whole number, found text"
)]
#[case::no_id(twice("\"id\":1,", ""), "organizations[0].instances[1].id is required")]
#[case::type_of_name(
    twice("\"n\"", "5"),
    "organizations[0].instances[1].name must be text, found a number"
)]
#[case::type_of_entry(
    twice("\"n\"", r#""n","configuration":{"a":[]}"#),
    "organizations[0].instances[1].configuration.a must be text"
)]
#[case::no_moment(
    twice("\"n\"", r#""n","created":"yesterday""#),
    "organizations[0].instances[1].created must be a time such as \"2017-03-14T19:20:16Z\", found text"
)]
#[case::organization_twice(
    r#"{"version":1,"organizations":[{"organization":"o"},{"organization":"o"}]}"#.to_owned(),
    "organizations[1].organization comes twice"
)]
fn a_document_with_a_mistake_is_refused_whole(#[case] document: String, #[case] message: &str) {
    let ce = MockCe::start();
    prepare(ce.address());
    let before = ce.snapshot();
    assert_eq!(refusal(&ce, "PUT", "/state", &document), message);
    assert_eq!(ce.snapshot(), before);
}

/// The smallest document that can be written by hand.
#[test]
fn a_document_may_be_written_by_hand() {
    let ce = MockCe::start();
    done(&ce, "PUT", "/state", &document(INSTANCE));
    assert_eq!(ask(&ce, &Request::get("/instances/1")).token(), "t=");
    assert_eq!(
        ask(&ce, &Request::post("/instances", mailjet("n"))).id(),
        1234
    );
}

/// Each section is one of organization `o`, with a counter at `COUNT`.
#[rstest]
#[case::requests(r#""requests":COUNT"#, "requests")]
#[case::codes(r#""oauthCodes":{"given":COUNT}"#, "oauthCodes.given")]
#[case::hubs(r#""hubs":[{"organization":"o","nextId":COUNT}]"#, "hubs[0].nextId")]
#[case::hub(
    r#""hubs":[{"organization":"o","hubs":[{"id":COUNT,"key":"k","name":"n"}]}]"#,
    "hubs[0].hubs[0].id"
)]
#[case::rows(
    r#""rows":[{"organization":"o","tables":[{"instance":1,"path":"things","last":COUNT}]}]"#,
    "rows[0].tables[0].last"
)]
#[case::dropped_rows(r#""rows":[{"organization":"o","dropped":COUNT}]"#, "rows[0].dropped")]
#[case::dropped_messages(
    r#""outbox":[{"organization":"o","dropped":COUNT}]"#,
    "outbox[0].dropped"
)]
#[case::resources(
    r#""resources":[{"organization":"o","last":COUNT}]"#,
    "resources[0].last"
)]
#[case::objects(r#""objects":[{"organization":"o","last":COUNT}]"#, "objects[0].last")]
#[case::events(
    r#""events":[{"organization":"o","nextId":COUNT}]"#,
    "events[0].nextId"
)]
#[case::notifications(
    r#""events":[{"organization":"o","nextNotification":COUNT}]"#,
    "events[0].nextNotification"
)]
#[case::dropped_events(
    r#""events":[{"organization":"o","dropped":COUNT}]"#,
    "events[0].dropped"
)]
#[case::usage(
    r#""usage":[{"organization":"o","written":COUNT}]"#,
    "usage[0].written"
)]
#[case::dropped_usage(
    r#""usage":[{"organization":"o","dropped":COUNT}]"#,
    "usage[0].dropped"
)]
fn a_counter_leaves_room_to_go_on(#[case] section: &str, #[case] path: &str) {
    let ce = MockCe::start();
    let document = |count: u64| {
        let section = section.replace("COUNT", &count.to_string());
        let instances = document(INSTANCE);
        instances.replacen('{', &format!("{{{section},"), 1)
    };
    let most = 1 << 53;
    for count in [u64::MAX, most + 1] {
        let refused = refusal(&ce, "PUT", "/state", &document(count));
        let expected = format!("{path} must be at most 9007199254740992, found {count}");
        assert_eq!(refused, expected);
    }
    done(&ce, "PUT", "/state", &document(most));
    let resource = r#"{"method":"POST","path":"/hubs/messaging/things"}"#;
    for request in [
        Request::post("/elements/mailjet/resources", resource),
        Request::post("/things", r#"{"a":1}"#).by("User u, Element t="),
        Request::post("/instances/1/objects/x/definitions", r#"{"fields":[]}"#),
        Request::post("/hubs", r#"{"key":"new","name":"New"}"#),
    ] {
        let reply = ask(&ce, &request);
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
}
