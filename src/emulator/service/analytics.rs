//! Handlers that count events, and say what became of them (rules `analytics-query` to `dispositions`).

use std::collections::BTreeMap;

use super::buckets::{ACCOUNT, Buckets, Range};
use super::paging::{self, PageQuery};
use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::outcome::{Handled, Outcome};
use crate::emulator::state::events::{Event, Wanted};
use crate::rules;
use crate::wire::error::ApiError;
use crate::wire::json::{Json, Members, object};
use crate::wire::vocabulary::{header, query};

/// `GET /instances/events/analytics`
pub(in crate::emulator) fn events(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let (buckets, events) = read(emulator, call)?;
    let counted = buckets.count(events, at, |count: &mut u64, _| *count += 1);
    let members = |count: u64| vec![("count".into(), count.into())];
    Ok(Outcome::json(
        call.rule,
        buckets.render(counted, members).to_string(),
    ))
}

/// `GET /instances/events/analytics/instances`
pub(in crate::emulator) fn instances(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    records(emulator, call, "instanceId", |event| event.instance)
}

/// `GET /instances/events/analytics/accounts`
pub(in crate::emulator) fn accounts(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    records(emulator, call, "accountId", |_| ACCOUNT)
}

/// The counts of one record.
#[derive(Clone, Copy, Default)]
struct Record {
    count: u64,
    success: u64,
    failed: u64,
}

/// Counts events in a record for each value of `key`.
fn records(
    emulator: &Emulator,
    call: &Call<'_, '_>,
    name: &'static str,
    key: impl Fn(&Event) -> u64,
) -> Handled {
    let (buckets, events) = read(emulator, call)?;
    let add = |records: &mut BTreeMap<u64, Record>, event: Event| {
        let record = records.entry(key(&event)).or_default();
        record.count += 1;
        record.success += u64::from(event.status() == "NOTIFIED");
        record.failed += u64::from(event.has_failed());
    };
    let counted = buckets.count(events, at, add);
    let members = |records| record_members(name, records);
    Ok(Outcome::json(
        call.rule,
        buckets.render(counted, members).to_string(),
    ))
}

fn record_members(name: &'static str, records: BTreeMap<u64, Record>) -> Members<'static> {
    let total: u64 = records.values().map(|record| record.count).sum();
    let record = |(key, record): (u64, Record)| {
        object([
            (name, key.into()),
            ("count", record.count.into()),
            ("success", record.success.into()),
            ("failed", record.failed.into()),
        ])
    };
    vec![
        ("count".into(), total.into()),
        ("total".into(), total.into()),
        ("records".into(), records.into_iter().map(record).collect()),
    ]
}

fn at(event: &Event) -> u64 {
    event.at
}

/// The buckets that a query asks for, and the events in their range.
fn read(emulator: &Emulator, call: &Call<'_, '_>) -> Result<(Buckets, Vec<Event>), ApiError> {
    let buckets = Buckets::read(call, emulator.clock.now(), Range::Optional)?;
    let wanted = Wanted {
        from: buckets.from,
        to: buckets.to,
        ..Wanted::default()
    };
    let (events, _) = emulator
        .state
        .events
        .page(call.organization(), wanted, usize::MAX);
    Ok((buckets, events))
}

/// `GET /instances/events/dispositions` → `[{"eventId", "elementInstanceId", "notificationData": [{"message"}]}]`
pub(in crate::emulator) fn dispositions(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let rule = &rules::DISPOSITIONS;
    let page = PageQuery::read(call, rule, paging::MAX_PAGE_SIZE)?;
    let mut wanted = Wanted {
        before: page.after.unwrap_or(u64::MAX),
        ..Wanted::default()
    };
    for (name, value) in call.query() {
        match &*name {
            query::FROM => wanted.from = paging::moment(query::FROM, &value, rule)?,
            query::TO => wanted.to = paging::moment(query::TO, &value, rule)?,
            _ => {}
        }
    }
    let (events, has_more) = emulator
        .state
        .events
        .page(call.organization(), wanted, page.size);
    let next = events
        .last()
        .filter(|_| has_more)
        .map(|last| paging::cursor(last.id));
    let body: Json<'_> = events.iter().map(disposition).collect();
    let outcome = Outcome::json(call.rule, body.to_string());
    Ok(match next {
        Some(next) => outcome.header(header::NEXT_PAGE, &next),
        None => outcome,
    })
}

fn disposition(event: &Event) -> Json<'static> {
    let messages = event
        .notifications
        .iter()
        .flat_map(|one| one.errors.clone());
    let messages = messages.map(|message| object([("message", message.into())]));
    object([
        ("eventId", event.id.to_string().into()),
        ("elementInstanceId", event.instance.into()),
        ("notificationData", messages.collect()),
    ])
}
