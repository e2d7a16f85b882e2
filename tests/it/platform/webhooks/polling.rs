//! Events that polling finds.

use std::time::Duration;

use mock_ce::Json;
use rstest::rstest;

use super::{sent, status};
use crate::platform::{WithToken as _, payload, provision, with_fixture};
use crate::support::{Core, Harness, Request};

/// Rule `event-poll`: a row that is created or changed is one event, sent at the next interval of the mock's clock.
#[test]
fn an_instance_that_polls_finds_its_own_rows() {
    let mut ce = Core::start(&[("clock", "2017-03-14T19:20:16Z")]);
    let entries = r#""event.notification.callback.url":"http://127.0.0.1:1/","event.vendor.type":"polling","event.poller.refresh_interval":5"#;
    let token = provision(&mut ce, entries).token();
    let message = Request::post("/messages", r#"{"to":"a@b.c"}"#).token(&token);
    let row = ce.ask(message);
    let event = ce.ask(Request::get("/instances/events/5001"));
    assert_eq!(event.member("status"), "RECEIVED");
    ce.emulator().advance_clock(Duration::from_secs(4 * 60));
    assert_eq!(sent(&ce, 200), []);
    ce.emulator().advance_clock(Duration::from_secs(60));
    let sent = sent(&ce, 200);
    let body = Json::parse(&sent[0].body).unwrap();
    let raw = body.get("message").unwrap().get("raw").unwrap();
    let expected = format!(
        concat!(
            r#"{{"instance_id":1234,"objectType":"messages","eventId":"5001","events":[{{"objectType":"messages","#,
            r#""objectId":1,"eventType":"CREATED","date":"2017-03-14T19:20:16.000Z"}}],"messages":[{}]}}"#
        ),
        row.text()
    );
    assert_eq!((sent.len(), raw.to_string()), (1, expected));
    assert_eq!(status(&mut ce, "5001"), "NOTIFIED");
}

/// Rule `event-poll`: which instances poll, and which rows.
#[rstest]
#[case(
    r#""event.vendor.type":"polling","event.objects":"contacts, messages""#,
    200
)]
#[case(r#""event.vendor.type":"polling","event.objects":"contacts""#, 404)]
#[case(r#""event.vendor.type":"webhooks""#, 404)]
#[case(
    r#""event.vendor.type":"polling","event.notification.enabled":false"#,
    404
)]
fn only_an_instance_that_polls_finds_its_rows(#[case] entries: &str, #[case] status: u16) {
    let mut ce = Core::start(&[]);
    let enabled = r#""event.notification.enabled":true,"#;
    let enabled = if entries.contains("enabled") {
        ""
    } else {
        enabled
    };
    let token = ce
        .ask(Request::post(
            "/instances",
            payload(&format!("{enabled}{entries}")),
        ))
        .token();
    ce.ask(Request::post("/messages", "{}").token(&token));
    assert_eq!(ce.ask(Request::get("/instances/events")).status, status);
}

/// Rule `event-poll`: rows of a resource that is named like a member of the message are left out of it.
#[rstest]
#[case::events("events")]
#[case::event_id("eventId")]
#[case::object_type("objectType")]
#[case::instance_id("instance_id")]
fn a_resource_may_be_named_like_a_member_of_the_message(#[case] name: &str) {
    let resource = format!(
        r#""hub": "crm", "resources": [{{"path": "/{name}", "methods": ["create"], "row": {{"id": 1}}}}],"#
    );
    let (mut ce, token) = with_fixture("pigeon", &resource);
    let entries = r#"{"configuration":{"event.notification.enabled":true,"event.vendor.type":"polling","event.notification.callback.url":"http://127.0.0.1:1/"}}"#;
    ce.ask(Request::patch("/instances/1234", entries));
    let created = ce.ask(Request::post(&format!("/hubs/crm/{name}"), r#"{"a":1}"#).token(&token));
    assert_eq!(created.status, 200, "{}", created.text());
    ce.emulator().advance_clock(Duration::from_secs(60));
    let sent = sent(&ce, 200);
    let body = Json::parse(&sent[0].body).unwrap();
    let raw = body.get("message").unwrap().get("raw").unwrap();
    let said = |name: &str| raw.get(name).and_then(Json::as_str);
    assert_eq!(
        (said("objectType"), said("eventId")),
        (Some(name), Some("5001"))
    );
    let events = raw.get("events").and_then(Json::as_array).unwrap();
    assert_eq!(
        events[0].get("eventType").unwrap().as_str(),
        Some("CREATED")
    );
    assert_eq!(status(&mut ce, "5001"), "NOTIFIED");
    let kept = ce.emulator().snapshot(None).to_bytes();
    let restored = ce.emulator().restore(&Json::parse(&kept).unwrap(), None);
    assert!(restored.is_ok(), "{restored:?}");
}
