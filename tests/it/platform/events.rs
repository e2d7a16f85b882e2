//! Events on their way in, and read back.

use mock_ce::Json;
use rstest::rstest;

use super::{column, event, payload, provision};
use crate::support::{Core, Harness, Reply, Request, Server};

fn fresh() -> Core {
    Core::start(&[])
}

/// The ids of the events of an instance; none for a 404.
fn events_of(ce: &mut impl Harness, id: u64) -> Vec<String> {
    let list = ce.ask(Request::get(&format!("/instances/{id}/events")));
    if list.status == 404 {
        assert_eq!(list.message(), "No events found");
        return Vec::new();
    }
    column(&list, "id")
}

/// Rules `event-in`, `event-store`, `event-shape`.
#[rstest]
#[case::json("application/json", r#"{"a":1}"#)]
#[case::form("application/x-www-form-urlencoded", "a=1")]
#[case::text("text/xml", "<a/>")]
#[case::nothing("", "")]
fn a_message_of_any_type_is_an_event(#[case] content_type: &str, #[case] body: &str) {
    let mut ce = fresh();
    provision(&mut ce, "");
    let taken = ce.ask(event("mailjet/", body).header("content-type", content_type));
    assert_eq!((taken.verdict(), taken.text()), ((200, "event-in"), "{}"));
    let listed = ce.ask(Request::get("/instances/events"));
    assert_eq!(listed.verdict(), (200, "event-list"));
    assert_eq!(column(&listed, "providerData"), [body]);
    assert_eq!(column(&listed, "id"), ["5001"]);
    assert_eq!(column(&listed, "notifiedData"), ["[]"]);
}

/// Rule `event-in`: also from the query of a `GET`.
#[test]
fn a_message_may_come_in_the_query() {
    let mut ce = fresh();
    provision(&mut ce, "");
    let taken = ce.ask(Request::get("/events/mailjet?a=1&b=x").without("authorization"));
    assert_eq!(taken.verdict(), (200, "event-in"));
    let listed = ce.ask(Request::get("/instances/events"));
    assert_eq!(column(&listed, "providerData"), [r#"{"a":"1","b":"x"}"#]);
}

/// Rule `event-store`: equal messages are as many events.
#[test]
fn nothing_is_taken_for_a_repetition() {
    let mut ce = fresh();
    provision(&mut ce, "");
    for _ in 0..3 {
        ce.ask(event("mailjet", r#"{"id":1}"#));
    }
    assert_eq!(events_of(&mut ce, 1234), ["5003", "5002", "5001"]);
}

/// Rule `event-in-key`.
#[rstest]
#[case::by_key("mailjet", 200, "event-in")]
#[case::by_id("84", 200, "event-in")]
#[case::polled("mailjetPolling", 200, "event-in")]
#[case::unknown("mailject", 404, "event-in-key")]
#[case::unknown_polled("mailjectPolling", 404, "event-in-key")]
fn an_element_is_named_by_the_path(#[case] key: &str, #[case] status: u16, #[case] rule: &str) {
    let mut ce = fresh();
    provision(&mut ce, "");
    let taken = ce.ask(event(key, "{}"));
    assert_eq!(taken.verdict(), (status, rule));
    assert_eq!(events_of(&mut ce, 1234).len(), usize::from(status == 200));
}

/// Rule `event-match`: of three instances, who is meant.
#[rstest]
#[case::path(event("mailjet/MTIzNQ==", "{}"), [1235].as_slice())]
#[case::path_before_header(event("mailjet/MTIzNQ==", "{}").header("element-instances", "1236"), &[1235])]
#[case::header(event("mailjet", "{}").header("element-instances", "1234, 1236"), &[1234, 1236])]
#[case::header_before_body(event("mailjet", r#"{"instance_id":1234}"#).header("id", "1236"), &[1236])]
#[case::body(event("mailjet", r#"{"instance_id":1235}"#), &[1235])]
#[case::body_as_text(event("mailjet", r#"{"instance_id":"1235"}"#), &[1235])]
#[case::finder(event("mailjet", r#"{"data":{"site_id":7}}"#), &[1236])]
#[case::finder_without_a_match(event("mailjet", r#"{"data":{"site_id":8}}"#), &[])]
fn a_message_names_its_instance(#[case] message: Request, #[case] expected: &[u64]) {
    let mut ce = fresh();
    provision(&mut ce, "");
    provision(&mut ce, "");
    provision(
        &mut ce,
        r#""event.notification.instance.finder":"site.id|data.site_id","site.id":"7""#,
    );
    assert_eq!(ce.ask(message).verdict(), (200, "event-in"));
    let met: Vec<_> = (1234..=1236)
        .filter(|id| !events_of(&mut ce, *id).is_empty())
        .collect();
    assert_eq!(met, expected);
}

/// Rule `event-match`: an instance that is listed twice has one event of the message.
#[test]
fn an_instance_listed_twice_has_one_event() {
    let mut ce = fresh();
    provision(&mut ce, "");
    provision(&mut ce, "");
    let message = event("mailjet", "{}");
    ce.ask(message.header("element-instances", "1235, 1234,1235,x,1235"));
    assert_eq!(events_of(&mut ce, 1235), ["5001"]);
    assert_eq!(events_of(&mut ce, 1234), ["5002"]);
}

/// Rule `event-match-rest`.
#[rstest]
#[case::nobody_named(event("mailjet", "{}"), [1234, 1236].as_slice())]
#[case::unknown(event("mailjet", "{}").header("element-instances", "99"), &[])]
#[case::no_number(event("mailjet", "{}").header("element-instances", "all"), &[])]
#[case::list_as_one_header(event("mailjet", "{}").header("id", "1234,1236"), &[])]
#[case::list_in_the_body(event("mailjet", r#"{"instance_id":"1234,1236"}"#), &[])]
#[case::without_events(event("mailjet/MTIzNQ==", "{}"), &[])]
#[case::of_another_element(event("twilio/MTIzNA==", "{}"), &[])]
#[case::deleted(event("mailjet/MTIzNw==", "{}"), &[])]
fn who_cannot_be_meant_is_passed_over(#[case] message: Request, #[case] expected: &[u64]) {
    let mut ce = fresh();
    provision(&mut ce, "");
    ce.ask(Request::post(
        "/instances",
        payload(r#""event.notification.enabled":"false""#),
    ));
    provision(&mut ce, "");
    provision(&mut ce, "");
    ce.ask(Request::delete("/instances/1237"));
    assert_eq!(ce.ask(message).verdict(), (200, "event-in"));
    let met: Vec<_> = (1234..=1236)
        .filter(|id| !events_of(&mut ce, *id).is_empty())
        .collect();
    assert_eq!(met, expected);
}

/// Rule `event-match-rest`: a path that is no id.
#[rstest]
#[case("nonsense")]
#[case("YWJj")]
#[case("1234")]
fn bad_base64_is_not_found(#[case] segment: &str) {
    let reply = fresh().ask(event(&format!("mailjet/{segment}"), "{}"));
    assert_eq!(reply.verdict(), (404, "event-match-rest"));
    assert!(reply.message().contains(segment), "{}", reply.message());
}

/// Rule `event-partition`.
#[rstest]
#[case::none(None, [true, true])]
#[case::one(Some("Organization o"), [true, false])]
#[case::other(Some("User x, Organization p"), [false, true])]
fn an_organization_limits_the_search(#[case] authorization: Option<&str>, #[case] met: [bool; 2]) {
    let mut ce = fresh();
    provision(&mut ce, "");
    let other = Request::post(
        "/instances",
        payload(r#""event.notification.enabled":"TRUE""#),
    );
    assert_eq!(ce.ask(other.by("User u, Organization p")).status, 200);
    let message = event("mailjet/MTIzNA==", "{}");
    let message = authorization
        .iter()
        .fold(message, |message, words| message.by(words));
    assert_eq!(ce.ask(message).verdict(), (200, "event-in"));
    let has = ["o", "p"].map(|organization| {
        let words = format!("User u, Organization {organization}");
        ce.ask(Request::get("/instances/events").by(&words)).status == 200
    });
    assert_eq!(has, met);
}

/// Rules `event-list`, `event-get`: by token, by id, and of everything.
#[test]
fn events_are_read_by_token_and_by_id() {
    let mut ce = fresh();
    let token = provision(&mut ce, "").token();
    provision(&mut ce, "");
    ce.ask(event("mailjet", "{}"));
    let by_token = |path: &str| Request::get(path).by(&format!("User u, Element {token}"));
    assert_eq!(
        column(&ce.ask(by_token("/instances/events")), "id"),
        ["5001"]
    );
    assert_eq!(
        column(&ce.ask(Request::get("/instances/events")), "id"),
        ["5002", "5001"]
    );
    assert_eq!(events_of(&mut ce, 1235), ["5002"]);
    let one = ce.ask(by_token("/instances/events/5001"));
    assert_eq!(
        (one.verdict(), one.member("id")),
        ((200, "event-get"), "5001".to_owned())
    );
    let own = ce.ask(Request::get("/instances/1234/events/5001"));
    assert_eq!(own.body, one.body);
    for unknown in [
        by_token("/instances/events/5002"),
        Request::get("/instances/1234/events/5002"),
        Request::get("/instances/events/x"),
    ] {
        let reply = ce.ask(unknown);
        assert_eq!(reply.verdict(), (404, "event-get"));
        assert!(
            reply.message().starts_with("No event found with ID "),
            "{}",
            reply.message()
        );
    }
    assert_eq!(
        ce.ask(Request::get("/instances/99/events")).verdict(),
        (404, "instance-get")
    );
    let dead = Request::get("/instances/events").by("User u, Element dead=");
    assert_eq!(ce.ask(dead).verdict(), (401, "dead-token"));
    let nobody = Request::get("/instances/events").by("User u");
    assert_eq!(ce.ask(nobody).verdict(), (401, "auth-required"));
}

/// Rule `event-list`: pages, newest first, and a range.
#[test]
fn a_list_of_events_has_pages() {
    let mut ce = fresh();
    provision(&mut ce, "");
    for _ in 0..3 {
        ce.ask(event("mailjet", "{}"));
    }
    let first = ce.ask(Request::get("/instances/events?pageSize=2"));
    assert_eq!(column(&first, "id"), ["5003", "5002"]);
    let next = first.header("elements-next-page-token").unwrap();
    let last = ce.ask(Request::get(&format!(
        "/instances/events?pageSize=2&nextPage={next}"
    )));
    assert_eq!(column(&last, "id"), ["5001"]);
    assert_eq!(last.header("elements-next-page-token"), None);
    let future = ce.ask(Request::get("/instances/events?from=9999-01-01"));
    assert_eq!(future.verdict(), (404, "event-list"));
    let past = ce.ask(Request::get("/instances/events?to=2000-01-01T00:00:00Z"));
    assert_eq!(past.verdict(), (404, "event-list"));
    for bad in [
        "pageSize=0",
        "pageSize=x",
        "nextPage=x",
        "from=yesterday",
        "to=2018-13-01",
    ] {
        let reply = ce.ask(Request::get(&format!("/instances/events?{bad}")));
        assert_eq!(reply.verdict(), (400, "event-list"), "{bad}");
        let name = bad.split('=').next().unwrap();
        assert!(reply.message().contains(name), "{}", reply.message());
    }
}

/// Rule `event-status`: nobody is told.
#[test]
fn an_event_without_a_callback_is_consumed() {
    let mut ce = fresh();
    provision(&mut ce, "");
    ce.ask(event("mailjet", "{}"));
    assert_eq!(
        ce.ask(Request::get("/instances/events/5001"))
            .member("status"),
        "CONSUMED"
    );
}

/// Rules `event-config`, `event-config-bad`, `event-type-absent`.
#[rstest]
#[case::polling(r#""event.vendor.type":"polling","event.poller.refresh_interval":15,"event.objects":"contacts""#)]
#[case::webhooks(r#""event.vendor.type":"webhooks","event.notification.type":"webhook""#)]
#[case::nonsense(r#""event.vendor.type":"pigeon""#)]
#[case::absent(r#""event.metadata":"{}""#)]
fn events_come_in_whatever_the_type(#[case] entries: &str) {
    let mut ce = fresh();
    provision(&mut ce, entries);
    ce.ask(event("mailjet", "{}"));
    assert_eq!(events_of(&mut ce, 1234), ["5001"]);
}

/// Rule `event-config-object`.
#[test]
fn a_pollers_configuration_may_be_an_object() {
    let mut ce = Core::start(&[("shape", "platform")]);
    let poller = r#"{"contacts":{"url":"/hubs/crm/contacts","pageSize":500}}"#;
    let reply = provision(
        &mut ce,
        &format!(r#""event.poller.configuration":{poller}"#),
    );
    let shown = reply
        .json()
        .get("configuration")
        .unwrap()
        .get("event.poller.configuration")
        .cloned();
    assert_eq!(shown.unwrap().as_str(), Some(poller));
    let refused = ce.ask(Request::post(
        "/instances",
        payload(r#""event.poller.configuration":[1]"#),
    ));
    assert_eq!(refused.verdict(), (400, "member-types"));
}

/// Rules `event-config-late`, `event-enabled-shown`.
#[test]
fn events_can_be_switched_on_later() {
    let mut ce = Core::start(&[("shape", "platform")]);
    let created = ce.ask(Request::post("/instances", payload(r#""x":"y""#)));
    let shown = |reply: &Reply, name: &str| reply.json().get(name).map(ToString::to_string);
    assert_eq!(shown(&created, "eventsEnabled").as_deref(), Some("false"));
    assert_eq!(shown(&created, "eventsNotificationCallbackUrl"), None);
    ce.ask(event("mailjet", "{}"));
    assert_eq!(events_of(&mut ce, 1234), [""; 0]);
    let entries = r#"{"configuration":{"event.notification.enabled":true,"event.notification.callback.url":"http://127.0.0.1:1/"}}"#;
    let patched = ce.ask(Request::patch("/instances/1234", entries));
    assert_eq!(shown(&patched, "eventsEnabled").as_deref(), Some("true"));
    let callback = shown(&patched, "eventsNotificationCallbackUrl");
    assert_eq!(callback.as_deref(), Some(r#""http://127.0.0.1:1/""#));
    ce.ask(event("mailjet", "{}"));
    assert_eq!(events_of(&mut ce, 1234), ["5001"]);
}

/// Rule `event-poller-records`.
#[test]
fn a_poller_has_a_record_for_each_object() {
    let mut ce = fresh();
    let token = provision(&mut ce, r#""event.objects":"contacts, accounts""#).token();
    let records =
        || Request::get("/instances/event-poller-records").by(&format!("User u, Element {token}"));
    let reply = ce.ask(records());
    assert_eq!(reply.verdict(), (200, "event-poller-records"));
    assert_eq!(column(&reply, "objectType"), ["contacts", "accounts"]);
    ce.ask(Request::patch(
        "/instances/1234",
        r#"{"configuration":{"event.objects":"accounts"}}"#,
    ));
    assert_eq!(column(&ce.ask(records()), "objectType"), ["accounts"]);
}

/// Events belong to the state: a reset forgets them, and a snapshot brings them back.
#[test]
fn events_are_part_of_the_state() {
    let mut ce = Server::start(&[]);
    provision(&mut ce, "");
    ce.ask(event("mailjet", r#"{"a":"1"}"#));
    let before = ce.ask(Request::get("/instances/events"));
    let snapshot = ce.ce.snapshot();
    ce.ce.reset();
    assert_eq!(ce.ask(Request::get("/instances/events")).status, 404);
    ce.ce.restore(&snapshot).unwrap();
    assert_eq!(ce.ask(Request::get("/instances/events")).body, before.body);
    assert_eq!(ce.ce.snapshot().get("events"), snapshot.get("events"));
    ce.ask(event("mailjet", "{}"));
    assert_eq!(events_of(&mut ce, 1234), ["5002", "5001"]);
    ce.ce.organization("p").reset();
    assert_eq!(events_of(&mut ce, 1234).len(), 2);
    ce.ce.organization("o").reset();
    assert_eq!(ce.ask(Request::get("/instances/events")).status, 404);
}

/// Rule `event-enabled-shown`: also where the guide shows it, and the guide's own bytes stay.
#[rstest]
#[case::not_said(r#""x":"y""#, false)]
#[case::enabled(r#""event.notification.enabled":"True""#, true)]
fn the_documented_shape_says_whether_events_are_enabled(
    #[case] entries: &str,
    #[case] expected: bool,
) {
    let reply = fresh().ask(Request::post("/instances", payload(entries)));
    let shown = reply.json().get("eventsEnabled").and_then(Json::as_bool);
    assert_eq!(shown, Some(expected));
}

/// Rules `event-enabled-shown`, `disabled-member`: a disabled instance takes no events, and keeps its configuration.
#[test]
fn a_disabled_instance_still_says_that_its_events_are_enabled() {
    let mut ce = fresh();
    provision(&mut ce, "");
    let disabled = ce.ask(Request::delete("/instances/1234/enabled"));
    assert_eq!(disabled.status, 200);
    let shown = ce.ask(Request::get("/instances/1234"));
    let flag = |name: &str| shown.json().get(name).and_then(Json::as_bool);
    assert_eq!(flag("disabled"), Some(true), "{}", shown.text());
    assert_eq!(flag("eventsEnabled"), Some(true), "{}", shown.text());
    ce.ask(event("mailjet", "{}"));
    assert_eq!(events_of(&mut ce, 1234), [""; 0]);
}
