use std::time::{Duration, UNIX_EPOCH};

use http::Method;
use rstest::rstest;

use super::*;
use crate::catalog::Catalog;
use crate::emulator::context::{CalledInstance, Context};
use crate::emulator::outcome::Outcome;
use crate::emulator::state::Seed;
use crate::settings::Settings;
use crate::wire::message::Request;

/// 2018-07-31T19:39:46Z
const NOW: Duration = Duration::from_secs(1_533_065_986);

fn settings() -> Settings {
    Settings::default().clock(UNIX_EPOCH + NOW)
}

/// An emulator with an instance of each of two elements, and these calls of theirs: the element's key, and whether
/// it went well.
fn emulator(calls: &[(&str, bool)]) -> Emulator {
    let emulator = Emulator::new(&settings(), Catalog::documented().clone());
    for key in ["twilio", "mailjet"] {
        let seed = Seed::new("o", key, format!("my {key}")).tag(format!("tag of {key}"));
        emulator.seed_instance(&seed).unwrap();
    }
    for (number, (key, is_success)) in (100..).zip(calls) {
        log(&emulator, key, *is_success, number);
    }
    emulator
}

/// Has a call written as the straight line does it.
fn log(emulator: &Emulator, key: &str, is_success: bool, number: u64) {
    let request = Request::new(
        Method::GET,
        "/elements/api-v2/hubs/messaging/messages?a=1",
        "",
    );
    let context = Context::new(&request);
    let id = if key == "twilio" { 1234 } else { 1235 };
    context.remember_called_instance(CalledInstance {
        organization: "o".into(),
        instance: emulator.state.instances.get("o", id).unwrap(),
    });
    let mut outcome = Outcome::empty(&rules::SCRIPTED);
    if !is_success {
        outcome.reply.status = http::StatusCode::BAD_REQUEST;
    }
    let id = crate::emulator::identity::RequestId::new(0, number);
    let called = context.called_instance().unwrap();
    emulator.log_usage(&request, called, &outcome, number, id);
}

fn ask(emulator: &Emulator, path: &str) -> Outcome {
    let target = format!("/elements/api-v2/usage{path}");
    let request = Request::new(Method::GET, &target, "");
    emulator.answer(&request.header("authorization", "User u, Organization o"))
}

fn body(outcome: &Outcome) -> Json<'_> {
    Json::parse(&outcome.reply.body).unwrap()
}

/// The status, and a member of each row.
fn column(outcome: &Outcome, name: &str) -> Vec<String> {
    assert_eq!(outcome.reply.status, 200, "{:?}", outcome.reply.body);
    let cell = |row: &Json<'_>| row.get(name).unwrap().to_string();
    body(outcome).as_array().unwrap().iter().map(cell).collect()
}

const CALLS: &[(&str, bool)] = &[("twilio", true), ("twilio", false), ("mailjet", true)];

/// Rules `usage-written`, `usage-row`, `usage-get`.
#[test]
fn a_call_is_a_row_that_is_found_by_both_ids() {
    let emulator = emulator(&[("twilio", true)]);
    let list = ask(&emulator, "");
    let rows = body(&list);
    let row = &rows.as_array().unwrap()[0];
    let text = |name: &str| row.get(name).and_then(Json::as_str).unwrap().to_owned();
    assert_eq!(text("request_status"), "SUCCESS");
    assert_eq!(
        text("request_uri"),
        "/elements/api-v2/hubs/messaging/messages"
    );
    assert_eq!(text("element_api"), "messages");
    assert_eq!(text("traffic_date"), "2018-07-31T19:39:46.000Z");
    assert_eq!(text("element_key"), "twilio");
    assert!(
        row.as_object()
            .unwrap()
            .iter()
            .all(|(_, value)| *value != Json::Null)
    );
    let expected = crate::emulator::identity::RequestId::new(0, 100).to_string();
    assert_eq!(text("request_id"), expected);
    assert_eq!(text("traffic_id").len(), 24);
    for id in [text("request_id"), text("traffic_id")] {
        let one = ask(&emulator, &format!("/{id}"));
        assert_eq!((one.rule.id, body(&one)), ("usage-get", row.clone()));
    }
    let unknown = ask(&emulator, "/0");
    assert_eq!(
        (unknown.reply.status.as_u16(), unknown.rule.id),
        (404, "usage-get")
    );
}

/// Rule `usage-written`: a call of the platform is none.
#[test]
fn a_call_of_the_platform_is_no_row() {
    let emulator = emulator(&[]);
    ask(&emulator, "");
    assert!(emulator.state.usage.rows("o").is_empty());
}

/// Rules `usage-list`, `usage-search`: which of the three calls are found, the newest first.
#[rstest]
#[case::all("", &["mailjet", "twilio", "twilio"])]
#[case::hub("?hub=messaging", &["mailjet", "twilio", "twilio"])]
#[case::keys("?keys%5B%5D=twilio", &["twilio", "twilio"])]
#[case::several_keys("?keys[]=twilio&keys[]=mailjet", &["mailjet", "twilio", "twilio"])]
#[case::tags("?tags[]=tag+of+mailjet", &["mailjet"])]
#[case::status("?status=failed", &["twilio"])]
#[case::from("?from=2018-07-31T19:39:46Z", &["mailjet", "twilio", "twilio"])]
#[case::own_account("?accountIds[]=1", &["mailjet", "twilio", "twilio"])]
#[case::value("?searchText=MAILJET", &["mailjet"])]
#[case::name("?searchText=AccountId", &["mailjet", "twilio", "twilio"])]
#[case::first_page("?pageSize=2", &["mailjet", "twilio"])]
#[case::second_page("?pageSize=2&pageOffset=1", &["twilio"])]
#[case::past_the_end("?pageOffset=1", &[])]
fn rows_are_filtered(#[case] query: &str, #[case] expected: &[&str]) {
    let emulator = emulator(CALLS);
    let list = ask(&emulator, query);
    assert_eq!(list.rule.id, "usage-list");
    let keys = column(&list, "element_key");
    let expected: Vec<_> = expected.iter().map(|key| format!("{key:?}")).collect();
    assert_eq!(keys, expected);
}

/// Rule `usage-empty`.
#[rstest]
#[case::future("?from=9999-01-01")]
#[case::past("?to=2018-01-01")]
#[case::unknown_hub("?hub=crm")]
#[case::unknown_text("?searchText=pigeon")]
fn what_matches_no_row_is_not_found(#[case] query: &str) {
    let refused = ask(&emulator(CALLS), query);
    assert_eq!(
        (refused.reply.status.as_u16(), refused.rule.id),
        (404, "usage-empty")
    );
}

/// Rule `usage-page`: a token while rows remain; what is no page is refused.
#[test]
fn pages_are_continued_by_a_token() {
    let emulator = emulator(CALLS);
    let first = ask(&emulator, "?pageSize=2");
    let next = first.reply.headers[header::NEXT_PAGE]
        .to_str()
        .unwrap()
        .to_owned();
    let last = ask(&emulator, &format!("?pageSize=2&nextPage={next}"));
    assert_eq!(column(&last, "request_status"), [r#""SUCCESS""#]);
    assert!(!last.reply.headers.contains_key(header::NEXT_PAGE));
    for (bad, rule) in [
        ("?pageSize=0", "usage-list"),
        ("?nextPage=x", "usage-list"),
        ("?pageOffset=-1", "usage-page"),
        ("?from=x", "usage-list"),
        ("?accountIds[]=x", "analytics-foreign-account"),
    ] {
        let refused = ask(&emulator, bad);
        assert_eq!(
            (refused.reply.status.as_u16(), refused.rule.id),
            (400, rule),
            "{bad}"
        );
    }
}

const DAY: &str = "?from=2018-07-30&to=2018-07-31T23:00:00Z&interval=day";

/// Rules `usage-times`, `usage-statuses`, `usage-activity`.
#[rstest]
#[case::times(
    "/analytics/times",
    r#"{"count":3,"min":1,"max":1,"avg":1,"timestamp":"#
)]
#[case::statuses(
    "/analytics/statuses",
    r#"{"count":3,"success":2,"failed":1,"timestamp":"#
)]
#[case::activity("/analytics/activity", r#"{"count":3,"timestamp":"#)]
#[case::elements(
    "/analytics/activity/elements",
    r#"{"count":3,"mailjet":1,"twilio":2,"timestamp":"#
)]
fn calls_are_counted_in_buckets(#[case] path: &str, #[case] bucket: &str) {
    let counted = ask(&emulator(CALLS), &format!("{path}{DAY}"));
    assert_eq!(column(&counted, "count"), ["0", "3"]);
    let text = String::from_utf8(counted.reply.body.to_vec()).unwrap();
    assert!(text.contains(bucket), "{text}");
}

/// Rule `usage-activity`: what is no bucket.
#[rstest]
#[case::instances(
    "element-instances",
    r#"{"usage":[{"id":1234,"name":"my twilio","elementKey":"twilio","count":2},{"id":1235,"name":"my mailjet","elementKey":"mailjet","count":1}]}"#
)]
#[case::created("element-instances/created-count", r#"{"instancesCreatedCount":2}"#)]
#[case::formulas("formula-instances", r#"{"usage":[]}"#)]
#[case::formulas_created("formula-instances/created-count", r#"{"instancesCreatedCount":0}"#)]
fn activity_is_told(#[case] path: &str, #[case] expected: &str) {
    let told = ask(
        &emulator(CALLS),
        &format!("/analytics/activity/{path}{DAY}"),
    );
    assert_eq!(told.rule.id, "usage-activity");
    assert_eq!(told.reply.body, expected);
    let none = ask(
        &emulator(&[]),
        &format!("/analytics/activity/{path}?from=9999-01-01&to=9999-01-02"),
    );
    assert_eq!(none.reply.status, 200);
}

/// Rule `usage-analytics-range`.
#[rstest]
#[case::no_from("?to=2018-07-31", 400, "usage-times")]
#[case::no_to("?from=2018-07-31", 400, "usage-times")]
#[case::future("?from=9998-01-01&to=9998-01-02", 404, "usage-analytics-range")]
#[case::past("?from=2001-01-01&to=2001-01-02", 200, "usage-times")]
#[case::reversed("?from=2018-07-31&to=2018-07-30", 400, "analytics-bad-range")]
#[case::interval(
    "?from=2018-07-30&to=2018-07-31&interval=x",
    400,
    "analytics-bad-interval"
)]
#[case::account("?accountIds[]=0", 403, "analytics-foreign-account")]
fn a_range_is_required(#[case] query: &str, #[case] status: u16, #[case] rule: &str) {
    let asked = ask(&emulator(CALLS), &format!("/analytics/times{query}"));
    assert_eq!((asked.reply.status.as_u16(), asked.rule.id), (status, rule));
}

/// The log belongs to the state: a reset forgets it, and a snapshot brings it back.
#[test]
fn usage_is_part_of_the_state() {
    let emulator = emulator(CALLS);
    let (before, snapshot) = (ask(&emulator, "").reply.body, emulator.snapshot(None));
    emulator.reset(Some("p"));
    assert_eq!(ask(&emulator, "").reply.body, before);
    emulator.reset(Some("o"));
    assert_eq!(ask(&emulator, "").reply.status, 404);
    emulator.restore(&snapshot, None).unwrap();
    assert_eq!(ask(&emulator, "").reply.body, before);
    assert_eq!(emulator.snapshot(None).get("usage"), snapshot.get("usage"));
}

/// Limits: the oldest rows go first.
#[test]
fn old_rows_are_dropped_and_counted() {
    let emulator = emulator(&[]);
    for number in 0..10_005 {
        log(&emulator, "twilio", true, number);
    }
    let rows = emulator.state.usage.rows("o");
    assert_eq!((rows.len(), rows.last().unwrap().number), (10_000, 6));
    let snapshot = emulator.snapshot(None);
    let log = &snapshot.get("usage").unwrap().as_array().unwrap()[0];
    assert_eq!(log.get("dropped").and_then(Json::as_u64), Some(5));
}

/// A snapshot's rows of calls are read as strictly as they are written.
#[rstest]
#[case::id(
    r#""requestId":""#,
    r#""requestId":"x"#,
    "requestId must be 24 hex digits"
)]
#[case::ip("127.0.0.1", "999.0.0.1", "ip must be an address")]
#[case::path(r#""path":"/"#, r#""path":""#, "path must begin with a slash")]
#[case::success(r#""success":true"#, r#""success":[]"#, "success")]
fn a_snapshot_with_a_wrong_row_is_refused(
    #[case] from: &str,
    #[case] to: &str,
    #[case] told: &str,
) {
    let emulator = emulator(&CALLS[..1]);
    let snapshot = emulator.snapshot(None).to_string();
    let wrong = snapshot.replace(from, to);
    assert_ne!(snapshot, wrong);
    let restored = emulator.restore(&Json::parse(wrong.as_bytes()).unwrap(), None);
    let reason = restored.unwrap_err().to_string();
    assert!(
        reason.contains("usage[0].rows[0]") && reason.contains(told),
        "{reason}"
    );
}
