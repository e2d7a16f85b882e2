//! Handlers of the usage log: its rows, and what they add up to (rules `usage-list` to `usage-activity`).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::buckets::{ACCOUNT, Buckets, Range, WEEK, check_accounts, said};
use super::paging::{self, PageQuery};
use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::outcome::{Handled, Outcome};
use crate::emulator::state::usage::Row;
use crate::rules;
use crate::wire::error::{ApiError, clip};
use crate::wire::json::{Json, Members, object};
use crate::wire::time;
use crate::wire::vocabulary::{header, query};

/// The size of a page that is not said.
const PAGE_SIZE: usize = 100;
/// The time that a call takes, in milliseconds: the same in every run.
const PROCESS_TIME: u64 = 1;

const HUB: &str = "hub";
const KEYS: &str = "keys[]";
const STATUS: &str = "status";
const PAGE_OFFSET: &str = "pageOffset";

/// `GET /usage`
pub(in crate::emulator) fn list(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    check_accounts(call)?;
    let now = emulator.clock.now();
    let page = PageQuery::read(call, call.rule, PAGE_SIZE)?;
    let filter = Filter::read(call, now)?;
    let offset = said(call, PAGE_OFFSET).map_or(Ok(0), |value| page_offset(&value))?;
    let mut rows = emulator.state.usage.rows(call.organization());
    rows.retain(|row| filter.has(row));
    if rows.is_empty() {
        return Err(none());
    }
    let before = page.after.unwrap_or(u64::MAX);
    let behind = rows.into_iter().filter(|row| row.number < before);
    let mut behind = behind.skip(offset.saturating_mul(page.size));
    let rows: Vec<_> = behind.by_ref().take(page.size).collect();
    let next = behind
        .next()
        .and(rows.last())
        .map(|last| paging::cursor(last.number));
    let body: Json<'_> = rows
        .iter()
        .map(|row| Json::Object(row_members(row)))
        .collect();
    let outcome = Outcome::json(call.rule, body.to_string());
    Ok(match next {
        Some(next) => outcome.header(header::NEXT_PAGE, &next),
        None => outcome,
    })
}

/// `GET /usage/{id}`
pub(in crate::emulator) fn get(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let id = call.parameter("id").unwrap_or_default();
    let rows = emulator.state.usage.rows(call.organization());
    let found = rows
        .iter()
        .find(|row| row.traffic_id == id || row.request_id == id);
    let unknown = || ApiError::not_found(call.rule, format!("No usage found with ID {}", clip(id)));
    let row = found.ok_or_else(unknown)?;
    Ok(Outcome::json(
        call.rule,
        Json::Object(row_members(row)).to_string(),
    ))
}

/// `GET /usage/analytics/times`
pub(in crate::emulator) fn times(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    count(
        emulator,
        call,
        Range::Required,
        |count: &mut u64, _| *count += 1,
        |count| {
            let mut members: Members<'static> = vec![("count".into(), count.into())];
            if count > 0 {
                // Every call takes as long.
                members
                    .extend(["min", "max", "avg"].map(|name| (name.into(), PROCESS_TIME.into())));
            }
            members
        },
    )
}

/// `GET /usage/analytics/statuses`
pub(in crate::emulator) fn statuses(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let add = |(success, failed): &mut (u64, u64), row: Arc<Row>| {
        *(if row.is_success { success } else { failed }) += 1;
    };
    count(emulator, call, Range::Required, add, |(success, failed)| {
        vec![
            ("count".into(), (success + failed).into()),
            ("success".into(), success.into()),
            ("failed".into(), failed.into()),
        ]
    })
}

/// `GET /usage/analytics/activity`
pub(in crate::emulator) fn activity(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let members = |count: u64| vec![("count".into(), count.into())];
    count(
        emulator,
        call,
        Range::Optional,
        |count, _| *count += 1,
        members,
    )
}

/// `GET /usage/analytics/activity/elements`
pub(in crate::emulator) fn elements(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let add = |counts: &mut BTreeMap<String, u64>, row: Arc<Row>| {
        *counts.entry(row.element.key().to_owned()).or_default() += 1;
    };
    count(emulator, call, Range::Optional, add, |counts| {
        let total: u64 = counts.values().sum();
        let mut members: Members<'static> = vec![("count".into(), total.into())];
        members.extend(
            counts
                .into_iter()
                .map(|(key, count)| (key.into(), count.into())),
        );
        members
    })
}

/// `GET /usage/analytics/activity/element-instances` → `{"usage": [{"id", "name", "elementKey", "count"}]}`
pub(in crate::emulator) fn instances(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let buckets = Buckets::read(call, emulator.clock.now(), Range::Optional)?;
    let mut counts: BTreeMap<u64, (Arc<Row>, u64)> = BTreeMap::new();
    for row in emulator.state.usage.rows(call.organization()) {
        if (buckets.from..=buckets.to).contains(&row.at) {
            counts.entry(row.instance).or_insert((row, 0)).1 += 1;
        }
    }
    let row = |(id, (row, count)): (u64, (Arc<Row>, u64))| {
        let stored = emulator.state.instances.get(call.organization(), id);
        let name = stored.map_or(String::new(), |stored| stored.name.to_string());
        object([
            ("id", id.into()),
            ("name", name.into()),
            ("elementKey", row.element.key().to_owned().into()),
            ("count", count.into()),
        ])
    };
    let usage = object([("usage", counts.into_iter().map(row).collect())]);
    Ok(Outcome::json(call.rule, usage.to_string()))
}

/// `GET /usage/analytics/activity/formula-instances`: there are no formulas here.
pub(in crate::emulator) fn formulas(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    Buckets::read(call, emulator.clock.now(), Range::Optional)?;
    Ok(Outcome::json(call.rule, r#"{"usage":[]}"#))
}

/// `GET /usage/analytics/activity/element-instances/created-count`
pub(in crate::emulator) fn created(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let buckets = Buckets::read(call, emulator.clock.now(), Range::Optional)?;
    let sections = emulator.state.instances.sections(Some(call.organization()));
    let instances = sections.iter().flat_map(|section| &section.instances);
    let created = instances.filter(|stored| (buckets.from..=buckets.to).contains(&stored.created));
    Ok(created_count(call, created.count()))
}

/// `GET /usage/analytics/activity/formula-instances/created-count`
pub(in crate::emulator) fn formulas_created(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    Buckets::read(call, emulator.clock.now(), Range::Optional)?;
    Ok(created_count(call, 0))
}

fn created_count(call: &Call<'_, '_>, count: usize) -> Outcome {
    let body = object([("instancesCreatedCount", (count as u64).into())]);
    Outcome::json(call.rule, body.to_string())
}

/// Buckets of what `add` counts of the rows, as `members` shows it.
fn count<T: Default + Clone>(
    emulator: &Emulator,
    call: &Call<'_, '_>,
    range: Range,
    add: impl FnMut(&mut T, Arc<Row>),
    members: impl Fn(T) -> Members<'static>,
) -> Handled {
    let now = emulator.clock.now();
    let buckets = Buckets::read(call, now, range)?;
    if buckets.from > now {
        return Err(ApiError::not_found(&rules::USAGE_ANALYTICS_RANGE, NONE));
    }
    let rows = emulator.state.usage.rows(call.organization());
    let counted = buckets.count(rows, |row| row.at, add);
    Ok(Outcome::json(
        call.rule,
        buckets.render(counted, members).to_string(),
    ))
}

const NONE: &str = "No usage found";

fn none() -> ApiError {
    ApiError::not_found(&rules::USAGE_EMPTY, NONE)
}

fn page_offset(value: &str) -> Result<usize, ApiError> {
    value.parse().map_err(|_| {
        let found = clip(value);
        let message = format!("pageOffset must be a whole number, found {found:?}");
        ApiError::bad_request(&rules::USAGE_PAGE, message)
    })
}

/// Which rows a list is about.
struct Filter {
    hub: Option<String>,
    keys: Vec<String>,
    tags: Vec<String>,
    status: Option<String>,
    from: u64,
    to: u64,
    search: Option<String>,
}

impl Filter {
    fn read(call: &Call<'_, '_>, now: u64) -> Result<Self, ApiError> {
        let all = |name: &str| {
            let named = call.query().filter(|(known, _)| known == name);
            named.map(|(_, value)| value.into_owned()).collect()
        };
        let date = |name: &str| {
            let value = said(call, name);
            value
                .map(|value| paging::moment(name, &value, call.rule))
                .transpose()
        };
        Ok(Filter {
            hub: said(call, HUB),
            keys: all(KEYS),
            tags: all(query::TAGS),
            status: said(call, STATUS),
            from: date(query::FROM)?.unwrap_or(now.saturating_sub(WEEK)),
            to: date(query::TO)?.unwrap_or(now),
            search: said(call, query::SEARCH_TEXT).map(|text| normal(&text)),
        })
    }

    fn has(&self, row: &Row) -> bool {
        let is_hub = |hub: &String| row.element.hub() == Some(hub);
        let is_status = |said: &String| said.eq_ignore_ascii_case(status(row));
        self.hub.as_ref().is_none_or(is_hub)
            && (self.keys.is_empty() || self.keys.iter().any(|key| key == row.element.key()))
            && self.tags.iter().all(|tag| row.tags.contains(tag))
            && self.status.as_ref().is_none_or(is_status)
            && (self.from..=self.to).contains(&row.at)
            && self
                .search
                .as_ref()
                .is_none_or(|search| is_found(search, row))
    }
}

/// Whether a text is in a value or the name of a member (rule `usage-search`).
fn is_found(search: &str, row: &Row) -> bool {
    row_members(row).iter().any(|(name, value)| {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        normal(name).contains(search) || normal(&value).contains(search)
    })
}

fn normal(text: &str) -> String {
    text.to_lowercase().replace('_', "")
}

fn status(row: &Row) -> &'static str {
    if row.is_success { "SUCCESS" } else { "FAILED" }
}

/// A row as the API shows it (rule `usage-row`).
fn row_members(row: &Row) -> Members<'static> {
    let element = &row.element;
    let Json::Object(members) = object([
        ("user_id", 1.into()),
        ("account_id", ACCOUNT.into()),
        ("company_id", 1.into()),
        ("process_time", PROCESS_TIME.into()),
        ("traffic_id", row.traffic_id.clone().into()),
        ("request_status", status(row).into()),
        ("request_ip", row.ip.clone().into()),
        ("element_key", element.key().to_owned().into()),
        ("element_name", element.name().to_owned().into()),
        ("request_uri", row.uri.clone().into()),
        ("element_api", row.resource.clone().into()),
        ("request_id", row.request_id.clone().into()),
        ("traffic_date", time::format(row.at).into()),
        ("company_external_id", "1".into()),
        ("company_external_name", "mock".into()),
    ]) else {
        unreachable!("it was just made an object")
    };
    members
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use http::Method;
    use rstest::rstest;

    use super::*;
    use crate::catalog::Catalog;
    use crate::emulator::context::{Context, ResourceCall};
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
        context.remember_resource_call(ResourceCall {
            organization: "o".into(),
            instance: emulator.state.instances.get("o", id).unwrap(),
            resource: "messages".to_owned(),
        });
        let mut outcome = Outcome::empty(&rules::SCRIPTED);
        if !is_success {
            outcome.reply.status = http::StatusCode::BAD_REQUEST;
        }
        let id = crate::emulator::identity::request_id(0, number);
        let call = context.resource_call().unwrap();
        emulator.log_usage(&request, call, &outcome, number, id);
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
        let expected =
            String::from_utf8(crate::emulator::identity::request_id(0, 100).into()).unwrap();
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
}
