//! The sums over events that the analytics routes answer with.

use mock_ce::Json;
use rstest::rstest;

use super::{column, event, provision};
use crate::support::{Core, Harness, Reply, Request};

const PATH: &str = "/instances/events/analytics";

/// A service at this time, with two instances, of which one fails to be told, and three events.
fn fresh() -> Core {
    let mut ce = Core::start(&[("clock", "2018-07-31T19:39:46Z")]);
    provision(
        &mut ce,
        r#""event.notification.callback.url":"http://127.0.0.1:1/""#,
    );
    provision(&mut ce, "");
    for path in ["mailjet/MTIzNA==", "mailjet/MTIzNA==", "mailjet/MTIzNQ=="] {
        ce.ask(event(path, "{}"));
    }
    let mut statuses = [200, 500].into_iter();
    ce.emulator().send_webhooks(|_| statuses.next().unwrap());
    ce
}

fn asked(query: &str) -> Reply {
    fresh().ask(Request::get(&format!("{PATH}{query}")))
}

/// Rules `analytics-query`, `analytics-all`: without parameters the last seven days by the hour.
#[test]
fn events_are_counted_by_the_hour() {
    let reply = asked("");
    assert_eq!(reply.verdict(), (200, "analytics-all"));
    let counts = column(&reply, "count");
    assert_eq!(counts.len(), 7 * 24 + 1);
    assert_eq!(counts.last().unwrap(), "3");
    assert_eq!(column(&reply, "timestamp")[0], "2018-07-24T19:00:00.000Z");
}

/// Rule `analytics-buckets`.
#[test]
fn an_hour_by_the_minute_has_both_ends() {
    let reply = asked("?from=2018-07-31T19:00:00Z&to=2018-07-31T20:00:00Z&interval=minute");
    let counts = column(&reply, "count");
    assert_eq!(counts.len(), 61);
    assert_eq!(counts[39], "3");
    assert_eq!(counts.iter().filter(|count| *count == "0").count(), 60);
    assert_eq!(column(&reply, "timestamp")[39], "2018-07-31T19:39:00.000Z");
}

/// Rules `analytics-instances`, `analytics-accounts`.
#[rstest]
#[case::instances("/instances", r#"[{"instanceId":1234,"count":2,"success":1,"failed":1},{"instanceId":1235,"count":1,"success":0,"failed":0}]"#)]
#[case::accounts("/accounts", r#"[{"accountId":1,"count":3,"success":1,"failed":1}]"#)]
fn events_are_counted_by_who_has_them(#[case] path: &str, #[case] records: &str) {
    let reply = asked(&format!(
        "{path}?from=2018-07-30&to=2018-07-31T23:00:00Z&interval=day"
    ));
    assert_eq!(reply.status, 200);
    assert_eq!(column(&reply, "records"), ["[]", records]);
    assert_eq!(column(&reply, "total"), ["0", "3"]);
    assert_eq!(column(&reply, "count"), ["0", "3"]);
}

/// Rules `analytics-bad-range`, `analytics-bad-interval`, `analytics-foreign-account`, `analytics-errors`.
#[rstest]
#[case::range(
    "?from=2018-07-31&to=2018-07-30",
    400,
    "analytics-bad-range",
    "Invalid date range: 'from' must not be after 'to'"
)]
#[case::date("?from=yesterday", 400, "analytics-bad-range", "from must be a date")]
#[case::word(
    "?interval=fortnight",
    400,
    "analytics-bad-interval",
    "Invalid interval 'fortnight'"
)]
#[case::too_many(
    "?from=2018-07-30&to=2018-07-31&interval=second",
    400,
    "analytics-bad-interval",
    "Invalid interval 'second'"
)]
#[case::account(
    "?accountIds%5B%5D=0&from=yesterday",
    403,
    "analytics-foreign-account",
    "No access to account with ID 0"
)]
#[case::no_account(
    "?accountIds%5B%5D=x",
    400,
    "analytics-foreign-account",
    "must be integers"
)]
#[case::dates_first(
    "?from=yesterday&interval=fortnight",
    400,
    "analytics-bad-range",
    "from must be a date"
)]
fn what_cannot_be_counted_is_refused(
    #[case] query: &str,
    #[case] status: u16,
    #[case] rule: &str,
    #[case] message: &str,
) {
    for path in ["", "/instances", "/accounts"] {
        let reply = asked(&format!("{path}{query}"));
        assert_eq!(reply.verdict(), (status, rule), "{path}");
        assert!(reply.message().contains(message), "{}", reply.message());
    }
}

/// Rule `analytics-errors`: credentials come first; rule `analytics-foreign-account`: the own one is none.
#[test]
fn credentials_are_judged_first() {
    let mut ce = fresh();
    let refused = ce.ask(Request::get(&format!("{PATH}?accountIds%5B%5D=0")).by("User u"));
    assert_eq!(refused.verdict(), (401, "auth-required"));
    let own = ce.ask(Request::get(&format!("{PATH}?accountIds%5B%5D=1")));
    assert_eq!(own.status, 200);
}

/// Rule `dispositions`.
#[test]
fn a_disposition_says_what_failed() {
    let mut ce = fresh();
    let reply = ce.ask(Request::get(
        "/instances/events/dispositions?interval=day&pageSize=2",
    ));
    assert_eq!(reply.verdict(), (200, "dispositions"));
    assert_eq!(column(&reply, "eventId"), ["5003", "5002"]);
    let said = column(&reply, "notificationData");
    assert_eq!(
        said,
        [
            "[]",
            r#"[{"message":"Error delivering event: the callback answered 500"}]"#
        ]
    );
    let next = reply.header("elements-next-page-token").unwrap();
    let last = ce.ask(Request::get(&format!(
        "/instances/events/dispositions?nextPage={next}"
    )));
    assert_eq!(column(&last, "eventId"), ["5001"]);
    let none = ce.ask(Request::get(
        "/instances/events/dispositions?from=9999-01-01",
    ));
    assert_eq!((none.status, none.json()), (200, Json::Array(Vec::new())));
    let bad = ce.ask(Request::get("/instances/events/dispositions?to=x"));
    assert_eq!(bad.verdict(), (400, "dispositions"));
}
