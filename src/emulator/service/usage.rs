//! Handlers of the usage log: its rows, and what they add up to (rules `usage-list` to `usage-activity`).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::buckets::{ACCOUNT, Buckets, Range, WEEK, check_accounts, said};
use super::paging::{self, PageQuery};
use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::outcome::{Handled, Outcome};
use crate::emulator::path::ApiPath;
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
        .find(|row| &*row.traffic_id == id || &*row.request_id == id);
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
        let name = stored.map_or(String::new(), |stored| stored.name().to_owned());
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
            && self
                .tags
                .iter()
                .all(|tag| row.labels.get().shown_tags().any(|known| known == tag))
            && self.status.as_ref().is_none_or(is_status)
            && (self.from..=self.to).contains(&row.at)
            && self
                .search
                .as_ref()
                .is_none_or(|search| is_found(search, row))
    }
}

/// Tells whether a text is in a value or the name of a member (rule `usage-search`).
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
    let path = ApiPath::parse(&row.path);
    let resource = path.as_ref().and_then(ApiPath::resource).map(str::to_owned);
    let resource = resource.unwrap_or_default();
    let Json::Object(members) = object([
        ("user_id", 1.into()),
        ("account_id", ACCOUNT.into()),
        ("company_id", 1.into()),
        ("process_time", PROCESS_TIME.into()),
        ("traffic_id", row.traffic_id.to_string().into()),
        ("request_status", status(row).into()),
        ("request_ip", row.ip.to_string().into()),
        ("element_key", element.key().to_owned().into()),
        ("element_name", element.name().to_owned().into()),
        ("request_uri", row.path.to_string().into()),
        ("element_api", resource.into()),
        ("request_id", row.request_id.to_string().into()),
        ("traffic_date", time::format(row.at).into()),
        ("company_external_id", "1".into()),
        ("company_external_name", "mock".into()),
    ]) else {
        unreachable!("it was just made an object")
    };
    members
}

#[cfg(test)]
mod tests;
