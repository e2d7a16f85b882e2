//! Analytics: a range of time, divided into buckets, and whose it is (rules `analytics-query` and on).
//!
//! Decided in this order: credentials, account, dates, interval.

use super::paging;
use crate::emulator::call::Call;
use crate::rules::{self, Rule};
use crate::wire::error::{ApiError, clip};
use crate::wire::json::{Json, Members};
use crate::wire::time::{self, Interval, MAX_BUCKETS};
use crate::wire::vocabulary::query;

/// The account of every caller.
pub(super) const ACCOUNT: u64 = 1;

/// The default range ends now and begins so long before.
pub(super) const WEEK: u64 = 7 * 24 * 60 * 60 * 1000;

/// A range of time in buckets.
pub(super) struct Buckets {
    pub(super) from: u64,
    pub(super) to: u64,
    starts: Vec<u64>,
}

/// The need of a range in a query.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Range {
    Required,
    /// Without one it is the last seven days.
    Optional,
}

impl Buckets {
    /// Reads `accountIds[]`, `from`, `to` and `interval`.
    pub(super) fn read(call: &Call<'_, '_>, now: u64, range: Range) -> Result<Self, ApiError> {
        check_accounts(call)?;
        let (from, to) = read_range(call, range)?;
        let to = to.unwrap_or(now);
        let from = from.unwrap_or(to.saturating_sub(WEEK));
        if from > to {
            let message = "Invalid date range: 'from' must not be after 'to'";
            return Err(ApiError::bad_request(&rules::ANALYTICS_BAD_RANGE, message));
        }
        let interval = match said(call, query::INTERVAL) {
            None => Interval::fitting(to - from),
            Some(word) => Interval::parse(&word).ok_or_else(|| bad_interval(&word))?,
        };
        let starts = interval.buckets(from, to);
        let too_many = || {
            let word = said(call, query::INTERVAL).unwrap_or_default();
            let message = format!(
                "Invalid interval '{}': it divides the range into more than {MAX_BUCKETS}; send a longer one or a shorter range",
                clip(&word)
            );
            ApiError::bad_request(&rules::ANALYTICS_BAD_INTERVAL, message)
        };
        Ok(Buckets {
            from,
            to,
            starts: starts.ok_or_else(too_many)?,
        })
    }

    /// Counts `rows`, one value a bucket: `date` is a row's, `add` counts it in its bucket's.
    pub(super) fn count<R, T: Default + Clone>(
        &self,
        rows: impl IntoIterator<Item = R>,
        date: impl Fn(&R) -> u64,
        mut add: impl FnMut(&mut T, R),
    ) -> Vec<T> {
        let mut counted = vec![T::default(); self.starts.len()];
        for row in rows {
            let at = date(&row);
            if (self.from..=self.to).contains(&at) {
                let bucket = self.starts.partition_point(|start| *start <= at);
                add(&mut counted[bucket.saturating_sub(1)], row);
            }
        }
        counted
    }

    /// `[{…, "timestamp"}]`, with what `members` makes of each bucket's value.
    pub(super) fn render<T>(
        &self,
        counted: Vec<T>,
        members: impl Fn(T) -> Members<'static>,
    ) -> Json<'static> {
        let bucket = |(value, start): (T, &u64)| {
            let mut bucket = members(value);
            bucket.push(("timestamp".into(), time::format(*start).into()));
            Json::Object(bucket)
        };
        counted.into_iter().zip(&self.starts).map(bucket).collect()
    }
}

/// The dates that a query says.
fn read_range(call: &Call<'_, '_>, range: Range) -> Result<(Option<u64>, Option<u64>), ApiError> {
    let rule = &rules::ANALYTICS_BAD_RANGE;
    let date = |name| {
        let value = said(call, name);
        if value.is_none() && range == Range::Required {
            return Err(ApiError::bad_request(
                call.rule,
                format!("{name} is required"),
            ));
        }
        value
            .map(|value| paging::moment(name, &value, rule))
            .transpose()
    };
    Ok((date(query::FROM)?, date(query::TO)?))
}

/// Refuses accounts other than the caller's (rule `analytics-foreign-account`).
pub(super) fn check_accounts(call: &Call<'_, '_>) -> Result<(), ApiError> {
    for (name, value) in call.query() {
        if name != query::ACCOUNT_IDS {
            continue;
        }
        for id in value.split(',') {
            check_account(&name, id.trim())?;
        }
    }
    Ok(())
}

fn bad_interval(word: &str) -> ApiError {
    let known: Vec<_> = Interval::ALL.iter().map(|(name, _)| *name).collect();
    let message = format!(
        "Invalid interval '{}'; send one of {}",
        clip(word),
        known.join(", ")
    );
    ApiError::bad_request(&rules::ANALYTICS_BAD_INTERVAL, message)
}

/// The value of a query parameter that is not blank.
pub(super) fn said(call: &Call<'_, '_>, name: &str) -> Option<String> {
    let mut found = call.query().filter(|(known, _)| known == name);
    let value = found.next()?.1;
    (!value.trim().is_empty()).then(|| value.into_owned())
}

/// Refuses an account that is not the caller's own (rule `analytics-foreign-account`).
pub(super) fn check_account(name: &str, id: &str) -> Result<(), ApiError> {
    let rule: &'static Rule = &rules::ANALYTICS_FOREIGN_ACCOUNT;
    let wrong = |_| {
        let message = format!("{name} must be integers, found {:?}", clip(id));
        ApiError::bad_request(rule, message)
    };
    if id.parse::<i64>().map_err(wrong)? != ACCOUNT as i64 {
        let message = format!("No access to account with ID {}", clip(id));
        return Err(ApiError::not_permitted(rule, message));
    }
    Ok(())
}
