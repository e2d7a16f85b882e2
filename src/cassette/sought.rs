//! The last line of defence: values that were replaced are looked for in what is about to be written.
//!
//! A value of six bytes or more is looked for in any case and in every encoding that [`encoding`] reads, and so
//! are the parts of a value that is made of several, such as the `S` of `Bearer S`. A value that stands in the catalog
//! or in the vocabulary is not: finding it elsewhere would tell nothing.
//!
//! A number that may be an id is a secret only where a secret's name stands before it. Replaced elsewhere, say in a link
//! to an instance, it may still stand where an id belongs.
//!
//! [`encoding`]: super::encoding

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::policy::MAX_ID_DIGITS;
use super::words::Known;
use super::{encoding, placeholder, seal};

/// Values of fewer bytes are in too many texts.
const MIN_LEN: usize = 6;
/// As much of a value as is looked for; what begins like it is taken for it.
const MAX_LEN: usize = 64;
/// Parts of one value that are looked for by themselves.
const MAX_PARTS: usize = 10_000;

/// Values to look for; the time that a search takes hardly depends on their number.
#[derive(Default)]
pub(super) struct Sought {
    /// In order, since tokens of one service often begin alike.
    patterns: BTreeMap<Pattern, Reason>,
    starts: StartFilter,
    /// Checksums of whole values that are looked for already.
    inserted: HashMap<u128, Weight>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Pattern {
    /// In lower case.
    bytes: Box<[u8]>,
    extent: Extent,
}

#[derive(Clone)]
struct Reason {
    weight: Weight,
    origin: Origin,
}

/// The place where a value was replaced, as a selector names it; `None` when that would tell a name that is not kept.
pub(super) type Origin = Option<Arc<str>>;

/// The reason for which a value was replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// It is not known to be harmless.
    Unknown,
    /// It stands where a secret does, or the user redacts its place.
    Secret,
}

/// The values that a search is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    All,
    /// All but numbers that may be ids and are no secrets.
    ButIds,
}

/// The surroundings in which a value counts as found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Extent {
    /// Anywhere.
    Inside,
    /// Between characters that are no letters: it may be an ordinary word.
    Word,
}

impl Sought {
    /// Looks for a value, and for the parts of it.
    pub(super) fn insert(
        &mut self,
        value: &str,
        weight: Weight,
        origin: impl FnOnce() -> Origin,
        known: &Known,
    ) {
        let before = self.inserted.insert(seal::checksum(value), weight);
        if before.is_some_and(|before| before >= weight) {
            return;
        }
        let origin = origin();
        let reason = Reason { weight, origin };
        let mut insert = |bytes: &[u8], extent| {
            let bytes = bytes[..bytes.len().min(MAX_LEN)].to_ascii_lowercase();
            let pattern = Pattern {
                bytes: bytes.into(),
                extent,
            };
            self.insert_pattern(pattern, &reason, known);
        };
        insert(value.trim().as_bytes(), Extent::Inside);
        let mut count = 0;
        let mut insert_parts = |text: &[u8]| {
            for part in text.split(|byte| !byte.is_ascii_alphanumeric()) {
                let is_word = part.iter().all(u8::is_ascii_alphabetic);
                let extent = if is_word {
                    Extent::Word
                } else {
                    Extent::Inside
                };
                insert(part, extent);
                count += 1;
            }
            count > MAX_PARTS
        };
        if !insert_parts(value.as_bytes()) {
            encoding::any_decoded(value.as_bytes(), &mut insert_parts);
        }
    }

    fn insert_pattern(&mut self, pattern: Pattern, reason: &Reason, known: &Known) {
        let Some(start) = pattern.bytes.first_chunk::<MIN_LEN>() else {
            return;
        };
        if std::str::from_utf8(&pattern.bytes).is_ok_and(|text| known.includes(text)) {
            return;
        }
        self.starts.insert(start);
        let earlier = self.patterns.entry(pattern);
        let earlier = earlier.or_insert_with(|| reason.clone());
        if earlier.weight < reason.weight {
            *earlier = reason.clone();
        }
    }

    /// Tells whether a value that is looked for stands in this text, plain or encoded.
    pub(super) fn is_in(&self, text: &str) -> bool {
        self.find(text, Scope::All).is_some()
    }

    /// The origin of the first value that is looked for and stands in this text, plain or encoded.
    ///
    /// A placeholder is searched as it stands: it is no encoding of anything.
    pub(super) fn find(&self, text: &str, scope: Scope) -> Option<&Origin> {
        if self.patterns.is_empty() {
            return None;
        }
        let bytes = text.as_bytes();
        let mut found = self.find_plain(bytes, scope);
        if found.is_none() && placeholder::number_of(text).is_none() {
            encoding::any_decoded(bytes, &mut |decoded| {
                found = self.find_plain(decoded, scope);
                found.is_some()
            });
        }
        found.map(|reason| &reason.origin)
    }

    fn find_plain(&self, text: &[u8], scope: Scope) -> Option<&Reason> {
        let lower = text.to_ascii_lowercase();
        (0..lower.len().saturating_sub(MIN_LEN - 1)).find_map(|at| {
            let start = lower[at..].first_chunk::<MIN_LEN>();
            start.filter(|start| self.starts.may_have(start))?;
            self.find_at(&lower, at, scope)
        })
    }

    /// Finds a value at one place, the longest first.
    ///
    /// In order, what the text begins with stands before the text. The nearest value before it and the text begin alike
    /// for a while, and a value that stands there is no longer than that: addresses of one host need not be asked one
    /// by one.
    fn find_at(&self, text: &[u8], at: usize, scope: Scope) -> Option<&Reason> {
        let mut rest = &text[at..text.len().min(at + MAX_LEN)];
        while rest.len() >= MIN_LEN {
            let last = Pattern {
                bytes: rest.into(),
                extent: Extent::Word,
            };
            let (nearest, _) = self.patterns.range(..=last).next_back()?;
            let alike = nearest.bytes.iter().zip(rest);
            let alike = alike.take_while(|(own, found)| own == found).count();
            let stands = nearest.bytes.len() == alike;
            let both = [Extent::Inside, Extent::Word].map(|extent| Pattern {
                bytes: rest[..alike].into(),
                extent,
            });
            let found = both.iter().filter(|_| stands).find_map(|pattern| {
                let reason = self.patterns.get(pattern)?;
                let is_found = pattern.is_within(scope, reason.weight) && pattern.is_at(text, at);
                is_found.then_some(reason)
            });
            if found.is_some() {
                return found;
            }
            rest = &rest[..alike - usize::from(stands)];
        }
        None
    }
}

/// Passes nearly every start that no pattern has: one is asked for at each byte of each reading of each text, and a
/// look into the map would cost more than all the rest of a recording.
struct StartFilter(Box<[u64; FILTER_WORDS]>);

const FILTER_WORDS: usize = 1 << 10;

impl Default for StartFilter {
    fn default() -> Self {
        StartFilter(Box::new([0; FILTER_WORDS]))
    }
}

impl StartFilter {
    fn insert(&mut self, start: &[u8; MIN_LEN]) {
        let (word, bit) = StartFilter::place(start);
        self.0[word] |= bit;
    }

    fn may_have(&self, start: &[u8; MIN_LEN]) -> bool {
        let (word, bit) = StartFilter::place(start);
        self.0[word] & bit != 0
    }

    /// The word and the bit of a start, by a multiplication that spreads all of its bytes.
    fn place([a, b, c, d, e, f]: &[u8; MIN_LEN]) -> (usize, u64) {
        let number = u64::from_le_bytes([*a, *b, *c, *d, *e, *f, 0, 0]);
        let spread = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48;
        (spread as usize >> 6, 1 << (spread & 63))
    }
}

impl Pattern {
    fn is_within(&self, scope: Scope, weight: Weight) -> bool {
        let may_be_id =
            || self.bytes.len() <= MAX_ID_DIGITS && self.bytes.iter().all(u8::is_ascii_digit);
        scope == Scope::All || weight == Weight::Secret || !may_be_id()
    }

    fn is_at(&self, text: &[u8], at: usize) -> bool {
        let is_letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphabetic);
        let end = at + self.bytes.len();
        text[at..].starts_with(&self.bytes)
            && (self.extent == Extent::Inside
                || !(is_letter(text[..at].last()) || is_letter(text.get(end))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case::value("sec/ret+1", "a SEC/RET+1", true)]
    #[case::base64("sec/ret+1", "eHNlYy9yZXQrMQ", true)]
    #[case::part_of_a_header("Bearer kqzvbtwm", "kqzvbtwm.x", true)]
    #[case::part_of_nested_json(r#"sent {\"password\":\"kq1zvbtwm\"}"#, "akq1zvbtwma", true)]
    #[case::word_inside_of_another("my customers", "customersList", false)]
    #[case::in_a_placeholder("123456", "redacted-123456", true)]
    #[case::short("12345", "12345", false)]
    #[case::known("sendgrid", "sendgrid", false)]
    #[case::word_of_an_encoded_value("Basic dXNlcjpodW50ZXIyMg==", "hunter22", true)]
    fn a_replaced_value_is_found(#[case] value: &str, #[case] text: &str, #[case] expected: bool) {
        let mut sought = Sought::default();
        let known = Known::of(Catalog::documented());
        sought.insert(value, Weight::Unknown, || None, &known);
        assert_eq!(sought.is_in(text), expected);
    }

    #[rstest]
    #[case::unknown("/instances/554236", &[Weight::Unknown], false)]
    #[case::secret("554236", &[Weight::Secret], true)]
    #[case::secret_later("554236", &[Weight::Unknown, Weight::Secret], true)]
    #[case::secret_before("554236", &[Weight::Secret, Weight::Unknown], true)]
    #[case::too_long_for_an_id("5542360000", &[Weight::Unknown], true)]
    fn an_id_counts_where_it_is_a_secret(
        #[case] value: &str,
        #[case] weights: &[Weight],
        #[case] expected: bool,
    ) {
        let mut sought = Sought::default();
        let known = Known::of(Catalog::documented());
        for &weight in weights {
            sought.insert(value, weight, || None, &known);
        }
        let digits = value.trim_start_matches("/instances/");
        assert_eq!(sought.find(digits, Scope::ButIds).is_some(), expected);
        assert!(sought.find(digits, Scope::All).is_some());
    }

    proptest! {
        /// A search in order finds what asking every value would.
        #[test]
        fn values_that_begin_alike_are_told_apart(
            values in prop::collection::vec(("[ab1]{6,9}", any::<bool>(), any::<bool>()), 1..12),
            text in "[ab1 ]{0,24}",
        ) {
            let mut sought = Sought::default();
            let known = Known::of(Catalog::documented());
            for (value, is_word, is_secret) in values {
                let extent = if is_word { Extent::Word } else { Extent::Inside };
                let weight = if is_secret { Weight::Secret } else { Weight::Unknown };
                let bytes = value.into_bytes().into();
                let reason = Reason { weight, origin: None };
                sought.insert_pattern(Pattern { bytes, extent }, &reason, &known);
            }
            let text = text.as_bytes();
            for scope in [Scope::All, Scope::ButIds] {
                let stands = |(pattern, reason): (&Pattern, &Reason)| {
                    pattern.is_within(scope, reason.weight)
                        && (0..text.len()).any(|at| pattern.is_at(text, at))
                };
                let expected = sought.patterns.iter().any(stands);
                prop_assert_eq!(sought.find_plain(text, scope).is_some(), expected);
            }
        }
    }
}
