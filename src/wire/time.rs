//! Times as the API spells them, and the intervals that its analytics count in.
//!
//! A time is a number of milliseconds since 1970 in UTC. Calendar arithmetic is left to the crate that formats dates:
//! the start of a month is read off the formatted time.

use std::time::{Duration, UNIX_EPOCH};

use crate::wire::vocabulary::MAX_TIME;

/// The time that a text says: ISO 8601, UTC where it names no zone; a date alone is its midnight.
///
/// ```text
/// 2018-07-31 · 2018-07-31T19:39:46Z · 2018-07-31T19:39 · 2018-07-31 19:39:46.250 · 2018-07-31T19:39:46+02:00
/// ```
pub(crate) fn parse(text: &str) -> Option<u64> {
    let text = Some(text.trim()).filter(|text| text.is_ascii())?;
    let date = text.get(..DATE_LEN)?;
    let (clock, zone) = split_zone(&text[DATE_LEN..]);
    let clock = match clock.len() {
        0 => "T00:00:00".to_owned(),
        // Hours and minutes alone.
        6 => format!("{clock}:00"),
        _ => clock.to_owned(),
    };
    let local = humantime::parse_rfc3339_weak(&format!("{date}{clock}")).ok()?;
    let local = local.duration_since(UNIX_EPOCH).ok()?.as_millis();
    let utc = i64::try_from(local).ok()? - zone_offset(zone)?;
    u64::try_from(utc).ok().filter(|time| *time <= MAX_TIME)
}

/// `2018-07-31T19:39:46.250Z`
pub(crate) fn format(time: u64) -> String {
    let time = UNIX_EPOCH + Duration::from_millis(time.min(MAX_TIME));
    humantime::format_rfc3339_millis(time).to_string()
}

const DATE_LEN: usize = "2018-07-31".len();

/// A time of day, and the zone behind it.
fn split_zone(text: &str) -> (&str, &str) {
    // A plus that was not escaped in a query arrives as a blank; the one before the hours does not count.
    let from = text.len().min(1);
    let zone = text[from..].find(['Z', 'z', '+', '-', ' ']);
    zone.map_or((text, ""), |at| text.split_at(from + at))
}

/// What a zone is ahead of UTC, in milliseconds.
fn zone_offset(zone: &str) -> Option<i64> {
    let sign = match zone.chars().next() {
        None | Some('Z' | 'z') => return (zone.len() <= 1).then_some(0),
        Some('-') => -1,
        Some(_) => 1,
    };
    let digits = zone[1..].replace(':', "");
    let is_zone = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let (hours, minutes): (i64, i64) = (
        digits.get(..2)?.parse().ok()?,
        digits.get(2..)?.parse().ok()?,
    );
    (is_zone && hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60_000)
}

/// The width of a bucket (rule `analytics-query`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interval {
    Year,
    Quarter,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
}

/// More buckets than these are refused (rule `analytics-bad-interval`).
pub(crate) const MAX_BUCKETS: usize = 10_000;

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const WEEK: u64 = 7 * DAY;

impl Interval {
    pub(crate) const ALL: [(&'static str, Interval); 8] = [
        ("year", Interval::Year),
        ("quarter", Interval::Quarter),
        ("month", Interval::Month),
        ("week", Interval::Week),
        ("day", Interval::Day),
        ("hour", Interval::Hour),
        ("minute", Interval::Minute),
        ("second", Interval::Second),
    ];

    /// The interval that a word names, whatever its case.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        let named = Interval::ALL
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(word));
        named.map(|(_, interval)| *interval)
    }

    /// The interval that divides a span into a readable number of buckets.
    pub(crate) fn fitting(span: u64) -> Self {
        if span <= HOUR {
            Interval::Minute
        } else if span <= WEEK {
            Interval::Hour
        } else if span <= 90 * DAY {
            Interval::Day
        } else {
            Interval::Month
        }
    }

    /// The starts of all buckets from the one that holds `from` to the one that holds `to`, both included.
    ///
    /// `None` where there would be more than [`MAX_BUCKETS`].
    pub(crate) fn buckets(self, from: u64, to: u64) -> Option<Vec<u64>> {
        let mut starts = Vec::new();
        let mut start = self.start_of(from);
        while start <= to {
            if starts.len() == MAX_BUCKETS {
                return None;
            }
            starts.push(start);
            start = self.next(start);
        }
        Some(starts)
    }

    /// The start of the bucket that holds a time.
    pub(crate) fn start_of(self, time: u64) -> u64 {
        match self {
            Interval::Second => time - time % SECOND,
            Interval::Minute => time - time % MINUTE,
            Interval::Hour => time - time % HOUR,
            Interval::Day => time - time % DAY,
            // 1970 began on a Thursday, three days into its week.
            Interval::Week => time.saturating_sub((time + 3 * DAY) % WEEK),
            Interval::Year | Interval::Quarter | Interval::Month => {
                let (year, month) = year_and_month(time);
                first_of(year, month - month % self.months())
            }
        }
    }

    /// The start of the bucket behind the one that begins at `start`.
    fn next(self, start: u64) -> u64 {
        match self {
            Interval::Second => start + SECOND,
            Interval::Minute => start + MINUTE,
            Interval::Hour => start + HOUR,
            Interval::Day => start + DAY,
            // The week of 1970 itself began before it.
            Interval::Week => self.start_of(start + WEEK),
            Interval::Year | Interval::Quarter | Interval::Month => {
                let (year, month) = year_and_month(start);
                let month = month + self.months();
                first_of(year + month / 12, month % 12)
            }
        }
    }

    fn months(self) -> u64 {
        match self {
            Interval::Year => 12,
            Interval::Quarter => 3,
            _ => 1,
        }
    }
}

/// The year, and the month from 0.
fn year_and_month(time: u64) -> (u64, u64) {
    let text = format(time);
    let number = |range: std::ops::Range<usize>| {
        text[range]
            .parse()
            .expect("a formatted time has digits there")
    };
    let (year, month): (u64, u64) = (number(0..4), number(5..7));
    (year, month - 1)
}

/// Midnight of the first of a month, which counts from 0; the end of time for a year that has five digits.
fn first_of(year: u64, month: u64) -> u64 {
    parse(&format!("{year:04}-{:02}-01", month + 1)).unwrap_or(MAX_TIME + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("2018-07-31", "2018-07-31T00:00:00.000Z")]
    #[case("2018-07-31T19:39:46Z", "2018-07-31T19:39:46.000Z")]
    #[case("2018-07-31T19:39:46", "2018-07-31T19:39:46.000Z")]
    #[case("2018-07-31 19:39:46.25", "2018-07-31T19:39:46.250Z")]
    #[case("2018-07-31T19:39", "2018-07-31T19:39:00.000Z")]
    #[case("2018-07-31T19:39:46.123+02:00", "2018-07-31T17:39:46.123Z")]
    #[case("2018-07-31T19:39:46 0200", "2018-07-31T17:39:46.000Z")]
    #[case("2018-07-31T19:39:46-0530", "2018-08-01T01:09:46.000Z")]
    fn a_time_is_read(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(format(parse(text).unwrap()), expected);
    }

    #[rstest]
    #[case("")]
    #[case("yesterday")]
    #[case("2018-13-01")]
    #[case("2018-02-30")]
    #[case("2018-07-31T25:00:00")]
    #[case("2018-07-31T19:39:46+2:00")]
    #[case("2018-07-31T19:39:46Zx")]
    #[case("1969-12-31")]
    #[case("2018-07-3é")]
    fn what_is_no_time_is_refused(#[case] text: &str) {
        assert_eq!(parse(text), None);
    }

    /// Contract: `analytics-buckets`.
    #[rstest]
    #[case(
        "minute",
        "2018-07-31T10:00:30Z",
        "2018-07-31T11:00:30Z",
        61,
        "2018-07-31T10:00:00.000Z"
    )]
    #[case(
        "hour",
        "2018-07-31T10:00:00Z",
        "2018-07-31T10:00:00Z",
        1,
        "2018-07-31T10:00:00.000Z"
    )]
    #[case("day", "2018-02-27", "2018-03-01", 3, "2018-02-27T00:00:00.000Z")]
    #[case("week", "2018-08-01", "2018-08-06", 2, "2018-07-30T00:00:00.000Z")]
    #[case("week", "1970-01-02", "1970-01-09", 2, "1970-01-01T00:00:00.000Z")]
    #[case("month", "2017-11-15", "2018-02-01", 4, "2017-11-01T00:00:00.000Z")]
    #[case("quarter", "2017-11-15", "2018-04-01", 3, "2017-10-01T00:00:00.000Z")]
    #[case("Year", "2017-11-15", "2018-01-01", 2, "2017-01-01T00:00:00.000Z")]
    #[case("second", "2018-07-31", "2018-07-30", 0, "")]
    fn buckets_cover_both_ends(
        #[case] interval: &str,
        #[case] from: &str,
        #[case] to: &str,
        #[case] count: usize,
        #[case] first: &str,
    ) {
        let interval = Interval::parse(interval).unwrap();
        let buckets = interval
            .buckets(parse(from).unwrap(), parse(to).unwrap())
            .unwrap();
        assert_eq!(buckets.len(), count);
        assert_eq!(
            buckets
                .first()
                .map_or(String::new(), |start| format(*start)),
            first
        );
    }

    /// Contract: `analytics-bad-interval`.
    #[test]
    fn too_many_buckets_are_none() {
        let day = parse("2018-07-31").unwrap();
        assert_eq!(Interval::Second.buckets(day, day + DAY), None);
        assert_eq!(Interval::parse("fortnight"), None);
    }

    proptest! {
        #[test]
        fn a_time_lies_in_its_bucket(time in 0..=MAX_TIME, index in 0..8usize) {
            let (_, interval) = Interval::ALL[index];
            let start = interval.start_of(time);
            prop_assert!(start <= time && time < interval.next(start));
            prop_assert_eq!(interval.start_of(start), start);
        }

        #[test]
        fn what_is_formatted_is_read_back(time in 0..=MAX_TIME) {
            prop_assert_eq!(parse(&format(time)), Some(time));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[0-9TZé:+ .-]{0,30}") {
            parse(&text);
        }
    }
}
