//! Elements of the user's own: given at the start, added and taken away while the server runs.

use std::thread;

use mock_ce::catalog::BuiltIn;
use mock_ce::{Fixture, Json, MockCe};
use rstest::rstest;

use super::{ask, asking, look, order, text_at};
use crate::support::Request;

/// A fixture with this key and id, whose instances need `KEY.loft`.
fn fixture(key: &str, id: u64) -> String {
    format!(
        r#"{{"instance": {{"id": 1, "name": "", "token": "t", "element": {{"id": {id}, "key": "{key}"}}}},
            "configuration": [{{"key": "{key}.loft", "required": true, "type": "PASSWORD"}}]}}"#
    )
}

fn creation(key: &str) -> Request {
    let body = format!(
        r#"{{"element": {{"key": "{key}"}}, "name": "n", "configuration": {{"{key}.loft": "hush-hush"}}}}"#
    );
    Request::post("/instances", body)
}

fn keys(ce: &MockCe) -> Vec<String> {
    let all = look(ce, "/elements");
    let own = all.as_array().unwrap().iter();
    let own = own.filter(|line| line.get("builtIn").unwrap().as_bool() == Some(false));
    own.map(|line| text_at(line, "key")).collect()
}

fn parsed(text: &str) -> Fixture {
    Fixture::parse(text).unwrap()
}

#[test]
fn an_element_of_the_builder_is_served() {
    let ce = MockCe::builder()
        .element(parsed(&fixture("pigeon", 900)))
        .start();
    assert_eq!(ask(&ce, &creation("pigeon")).status, 200);
}

#[cfg(feature = "guide")]
#[test]
fn an_element_of_a_guide_is_served() {
    let text = include_str!("../../../fixtures/guides/mailjet.md");
    let text = text
        .replace("\"mailjet\"", "\"pigeon\"")
        .replace("\"id\": 84", "\"id\": 900");
    let ce = MockCe::builder().guide(text).start();
    assert!(ask(&ce, &Request::get("/elements/pigeon")).status == 200);
    let refused = MockCe::builder().guide("# No guide").try_start();
    let reason = refused.unwrap_err().to_string();
    assert!(
        reason.starts_with("a guide is refused: guide 1:"),
        "{reason}"
    );
}

#[test]
fn an_element_is_added_and_taken_away_while_the_server_runs() {
    let ce = MockCe::start();
    assert_eq!(ask(&ce, &creation("pigeon")).status, 404);
    let added = ask(&ce, &order("POST", "/elements", &fixture("pigeon", 900)));
    assert_eq!(added.status, 200, "{}", added.text());
    assert_eq!(
        added.text(),
        r#"{"id":900,"key":"pigeon","name":"pigeon","hub":null,"builtIn":false}"#
    );
    assert_eq!(ask(&ce, &creation("pigeon")).status, 200);
    assert_eq!(keys(&ce), ["pigeon"]);
    assert_eq!(ask(&ce, &order("DELETE", "/elements/900", "")).status, 200);
    assert_eq!(ask(&ce, &creation("pigeon")).status, 404);
    // The instance is there all the same.
    assert_eq!(ask(&ce, &Request::get("/instances/1234")).status, 200);
    let journal = look(&ce, "/requests").to_string();
    assert!(!journal.contains("hush-hush"), "{journal}");
}

#[test]
fn in_rust_the_same_is_done() {
    let ce = MockCe::start();
    ce.add_element(&parsed(&Fixture::template("pigeon")))
        .unwrap();
    assert_eq!(keys(&ce), ["pigeon"]);
    ce.remove_element("pigeon").unwrap();
    assert!(keys(&ce).is_empty());
}

#[test]
fn an_element_is_the_servers_and_stays_at_a_reset() {
    let ce = MockCe::start();
    ce.add_element(&parsed(&fixture("pigeon", 900))).unwrap();
    let snapshot = ce.snapshot();
    ce.reset();
    ce.organization("o").reset();
    ce.restore(&snapshot).unwrap();
    assert_eq!(keys(&ce), ["pigeon"]);
}

#[test]
fn the_same_element_again_takes_the_place_of_the_former_one() {
    let ce = MockCe::start();
    ce.add_element(&parsed(&fixture("pigeon", 900))).unwrap();
    assert_eq!(ask(&ce, &creation("pigeon")).status, 200);
    let changed = fixture("pigeon", 900).replace("pigeon.loft", "pigeon.roof");
    ce.add_element(&parsed(&changed)).unwrap();
    assert_eq!(ask(&ce, &creation("pigeon")).status, 400);
    assert_eq!(ce.instances()[0].configuration["pigeon.loft"], "hush-hush");
    assert!(!look(&ce, "/instances").to_string().contains("hush-hush"));
    assert!(!look(&ce, "/requests").to_string().contains("hush-hush"));
}

#[rstest]
#[case::key_of_another(&fixture("pigeon", 901), "the key \"pigeon\" is taken by the element 900 of the catalog")]
#[case::id_of_another(&fixture("dove", 900), "the id 900 is taken by \"pigeon\" of the catalog")]
#[case::built_in(&fixture("mailjet", 84), "the key \"mailjet\" is taken by the element 84, which is built in (--replace-built-in lets this one take its place)")]
#[case::broken(
    "{\"instance\": {},\n \"configurations\": []}",
    "line 2: unknown member \"configurations\", did you mean \"configuration\"?"
)]
fn an_element_that_cannot_be_added_is_refused_with_the_reason(
    #[case] text: &str,
    #[case] message: &str,
) {
    let ce = MockCe::builder()
        .element(parsed(&fixture("pigeon", 900)))
        .start();
    let reply = ask(&ce, &order("POST", "/elements", text));
    assert_eq!((reply.status, reply.message()), (400, message.to_owned()));
    assert_eq!(keys(&ce), ["pigeon"]);
}

#[test]
fn a_built_in_element_is_replaced_only_where_it_was_allowed() {
    let ce = MockCe::builder().built_in(BuiltIn::Replace).start();
    ce.add_element(&parsed(&fixture("mailjet", 84))).unwrap();
    assert_eq!(ask(&ce, &creation("mailjet")).status, 200);
}

#[rstest]
#[case("mailjet", "\"mailjet\" is no element of your own; there is pigeon")]
#[case("dove", "\"dove\" is no element of your own; there is pigeon")]
fn only_an_element_of_ones_own_is_taken_away(#[case] key: &str, #[case] message: &str) {
    let ce = MockCe::builder()
        .element(parsed(&fixture("pigeon", 900)))
        .start();
    let reply = ask(&ce, &order("DELETE", &format!("/elements/{key}"), ""));
    assert_eq!((reply.status, reply.message()), (400, message.to_owned()));
}

/// Each is there at the end, and no request finds a catalog without the built-in ones meanwhile.
#[test]
fn elements_that_are_added_at_a_time_all_stay() {
    let ce = MockCe::start();
    thread::scope(|scope| {
        for client in 0..4_u64 {
            let ce = &ce;
            scope.spawn(move || {
                for number in 0..25 {
                    let id = 1000 + client * 100 + number;
                    let key = format!("pigeon-{id}");
                    ce.add_element(&parsed(&fixture(&key, id))).unwrap();
                    let request = mock_ce::Request::new(
                        http::Method::GET,
                        "/elements/api-v2/elements/keys",
                        "",
                    );
                    let reply = ce.emulator().answer(&request).reply;
                    let known = Json::parse(&reply.body).unwrap().to_string();
                    assert!(known.contains("mailjet") && known.contains(&key));
                }
            });
        }
    });
    assert_eq!(keys(&ce).len(), 100);
    let first = ask(&ce, &asking("GET", "/elements"));
    assert_eq!(first.status, 200);
}
