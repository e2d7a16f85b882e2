//! Calls about all rows of a resource: pages, `where`, and how rows are shown (rules `generic-paging`,
//! `generic-where`, `nulls-filter`).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::ResourceCall;
use super::mapping::Mapping;
use super::target::Target;
use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::outcome::{Handled, Outcome};
use crate::emulator::state::instances::Stored;
use crate::emulator::state::rows::{Address, Row};
use crate::emulator::view::date;
use crate::rules::{self, Rule};
use crate::wire::ceql::Condition;
use crate::wire::error::{ApiError, clip};
use crate::wire::json::{Json, object};
use crate::wire::vocabulary::header;

/// The largest page.
const MAX_PAGE_SIZE: u64 = 200;
/// As many rows as are read at once while a condition is looked for, so that no lock is held for long.
const SCANNED: usize = 1_000;

/// The showing of members that are null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nulls {
    Shown,
    Left,
}

/// The query of a list.
struct Listing {
    size: usize,
    /// Rows left out before the page.
    skipped: u64,
    /// The number behind which the page begins.
    after: u64,
    condition: Option<Condition>,
    counts: bool,
    /// The rule that a success follows.
    rule: &'static Rule,
}

/// `GET X?where=…&page=1&pageSize=20` → the rows
pub(super) fn list(
    emulator: &Emulator,
    call: &Call<'_, '_>,
    resource_call: &ResourceCall<'_>,
    target: &Target<'_>,
) -> Handled {
    let listing = Listing::read(call, target)?;
    emulator.check_grade(listing.rule)?;
    let at = target.table(emulator, resource_call);
    let (mut rows, total) = match &listing.condition {
        None => {
            let (after, skipped) = (listing.after, listing.skipped);
            let rows = emulator
                .state
                .rows
                .range(&at, after, skipped, listing.size + 1);
            (rows, listing.counts.then(|| emulator.state.rows.count(&at)))
        }
        Some(condition) => search(emulator, &at, &listing, |row| {
            condition.matches(&mapped(row, target.mapping.as_ref()))
        }),
    };
    let has_more = rows.len() > listing.size;
    rows.truncate(listing.size);
    let mut body = vec![b'['];
    let nulls = Nulls::of(resource_call.stored);
    for (_, row) in &rows {
        if body.len() > 1 {
            body.push(b',');
        }
        show(&mut body, row, target.mapping.as_ref(), nulls);
    }
    body.push(b']');
    let mut outcome = Outcome::json(listing.rule, body);
    if let Some((last, _)) = rows.last().filter(|_| has_more) {
        outcome = outcome.header(header::NEXT_PAGE, &cursor(*last));
    }
    if let Some(total) = total {
        outcome = outcome.header(header::TOTAL_COUNT, &total.to_string());
    }
    Ok(outcome)
}

/// The page of rows that fit and one more, if there is one; and how many fit, if that is asked for.
fn search(
    emulator: &Emulator,
    at: &Address<'_>,
    listing: &Listing,
    fits: impl Fn(&Row) -> bool,
) -> (Vec<(u64, Row)>, Option<usize>) {
    let (mut found, mut skipped, mut total) = (Vec::new(), 0, 0);
    let mut after = if listing.counts { 0 } else { listing.after };
    loop {
        let read = emulator.state.rows.range(at, after, 0, SCANNED);
        let Some((last, _)) = read.last() else { break };
        after = *last;
        for (number, row) in read.into_iter().filter(|(_, row)| fits(row)) {
            total += 1;
            if number <= listing.after {
                continue;
            }
            if skipped < listing.skipped {
                skipped += 1;
            } else if found.len() <= listing.size {
                found.push((number, row));
            }
        }
        if !listing.counts && found.len() > listing.size {
            break;
        }
    }
    (found, listing.counts.then_some(total))
}

impl Listing {
    fn read(call: &Call<'_, '_>, target: &Target<'_>) -> Result<Self, ApiError> {
        let mut listing = Listing {
            size: usize::try_from(target.spec.page_size()).unwrap_or(usize::MAX),
            skipped: 0,
            after: 0,
            condition: None,
            counts: false,
            rule: target.rule,
        };
        let (mut page, mut next) = (1, None);
        for (name, value) in call.query() {
            match &*name {
                "page" => page = whole("page", &value, u64::MAX)?,
                "pageSize" => {
                    listing.size = whole("pageSize", &value, u64::MAX)?.min(MAX_PAGE_SIZE) as usize;
                }
                "nextPage" => next = Some(cursor_number(&value)?),
                "where" if !value.trim().is_empty() => listing.condition = Some(condition(&value)?),
                "returnCount" => listing.counts = value == "true",
                _ => continue,
            }
            listing.rule = if listing.condition.is_some() {
                &rules::GENERIC_WHERE
            } else {
                &rules::GENERIC_PAGING
            };
        }
        match next {
            Some(after) => listing.after = after,
            None => listing.skipped = (page - 1).saturating_mul(listing.size as u64),
        }
        Ok(listing)
    }
}

/// A whole number from 1.
fn whole(name: &str, value: &str, max: u64) -> Result<u64, ApiError> {
    let number = value
        .parse()
        .ok()
        .filter(|number| (1..=max).contains(number));
    number.ok_or_else(|| {
        let message = format!(
            "{name} must be a whole number from 1, found {:?}",
            clip(value)
        );
        ApiError::bad_request(&rules::GENERIC_PAGING, message)
    })
}

fn condition(text: &str) -> Result<Condition, ApiError> {
    let refusal = |problem| {
        ApiError::bad_request(
            &rules::GENERIC_WHERE,
            format!("Error parsing query: {problem}"),
        )
    };
    Condition::parse(text).map_err(refusal)
}

/// The opaque text that continues a list behind this number.
fn cursor(last: u64) -> String {
    URL_SAFE_NO_PAD.encode(format!("row:{last}"))
}

fn cursor_number(cursor: &str) -> Result<u64, ApiError> {
    let decoded = URL_SAFE_NO_PAD.decode(cursor).ok();
    let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
    let number = text.and_then(|text| text.strip_prefix("row:")?.parse().ok());
    number.ok_or_else(|| {
        let message = "nextPage is not a token of this API; send the header elements-next-page-token of the page before";
        ApiError::bad_request(&rules::GENERIC_PAGING, message)
    })
}

impl Nulls {
    /// Reads an instance's configuration.
    pub(super) fn of(stored: &Stored) -> Self {
        match stored
            .configuration()
            .get(&stored.element, "filter.response.nulls")
        {
            Some("false") => Nulls::Shown,
            _ => Nulls::Left,
        }
    }
}

/// Appends a row as it is shown.
pub(super) fn show(out: &mut Vec<u8>, row: &Row, mapping: Option<&Mapping>, nulls: Nulls) {
    let has_nulls = || row.windows(4).any(|bytes| bytes == b"null");
    if mapping.is_none() && (nulls == Nulls::Shown || !has_nulls()) {
        out.extend_from_slice(row);
        return;
    }
    let mut shown = mapped(row, mapping);
    if nulls == Nulls::Left {
        leave_nulls_out(&mut shown);
    }
    out.extend(shown.to_bytes());
}

fn mapped<'a>(row: &'a Row, mapping: Option<&Mapping>) -> Json<'a> {
    let row = Json::parse(row).expect("a row is JSON");
    match mapping {
        Some(mapping) => mapping.apply(row),
        None => row,
    }
}

/// Members that are null go, at any depth; items of arrays stay.
fn leave_nulls_out(value: &mut Json<'_>) {
    match value {
        Json::Object(members) => {
            members.retain(|(_, value)| *value != Json::Null);
            members
                .iter_mut()
                .for_each(|(_, value)| leave_nulls_out(value));
        }
        Json::Array(items) => items.iter_mut().for_each(leave_nulls_out),
        _ => {}
    }
}

const DAY: u64 = 86_400_000;

/// `GET /hubs/{hub}/usage?days=7` → `[{"date": "2018-09-17", "sent": 2}]`, a row for each day with messages
pub(super) fn usage(
    emulator: &Emulator,
    call: &Call<'_, '_>,
    resource_call: &ResourceCall<'_>,
) -> Handled {
    let rule = &rules::MESSAGING_USAGE;
    emulator.check_grade(rule)?;
    let mut days = u64::MAX;
    for (_, value) in call.query().filter(|(name, _)| name == "days") {
        let wrong = || format!("days must be a whole number, found {:?}", clip(&value));
        days = value
            .parse()
            .map_err(|_| ApiError::bad_request(rule, wrong()))?;
    }
    let first = (emulator.clock.now() / DAY + 1).saturating_sub(days);
    let times = emulator
        .state
        .outbox
        .times(resource_call.organization, resource_call.stored.id);
    let mut counts: Vec<(u64, u64)> = Vec::new();
    for day in times
        .iter()
        .map(|time| time / DAY)
        .filter(|day| *day >= first)
    {
        match counts.iter_mut().find(|(known, _)| *known == day) {
            Some((_, count)) => *count += 1,
            None => counts.push((day, 1)),
        }
    }
    let row = |(day, count): (u64, u64)| {
        let date = date(day * DAY)["".len().."2018-09-17".len()].to_owned();
        object([("date", date.into()), ("sent", count.into())])
    };
    let body: Json<'_> = counts.into_iter().map(row).collect();
    Ok(Outcome::json(rule, body.to_bytes()))
}
