//! The secrets that were met in one journal entry, and how they are found again as words.

use std::borrow::Cow;
use std::collections::BTreeMap;

use percent_encoding::percent_decode;

use crate::emulator::identity::secret_name;

/// Shorter secrets are masked in their own places only: as words they would be everywhere.
pub(super) const MIN_WORD_LEN: usize = 6;

/// Secrets by their first bytes: a hostile body may have thousands, and each word is looked up.
#[derive(Default)]
pub(super) struct MetSecrets {
    by_start: BTreeMap<[u8; MIN_WORD_LEN], Vec<String>>,
}

impl MetSecrets {
    /// Adds a secret, unless it is too short to be looked for.
    pub(super) fn insert(&mut self, secret: &str) {
        if let Some(start) = secret.as_bytes().first_chunk() {
            let alike = self.by_start.entry(*start).or_default();
            if !alike.iter().any(|met| met == secret) {
                alike.push(secret.to_owned());
            }
        }
    }

    /// Masks the secrets that stand in a text as words, plain or percent-encoded.
    pub(super) fn mask_words<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut masked = Cow::Borrowed(text);
        let is_met = |bytes: &[u8]| {
            bytes
                .first_chunk()
                .is_some_and(|first| self.by_start.contains_key(first))
        };
        if text.as_bytes().windows(MIN_WORD_LEN).any(is_met) {
            masked = self.replace(&masked, &plain_bytes(&masked)).into();
        }
        if !self.by_start.is_empty() && masked.contains('%') {
            masked = self.replace(&masked, &decoded_bytes(&masked)).into();
        }
        masked
    }

    /// Masks the secrets among the `bytes` of a text; each byte comes with its place in the text.
    fn replace(&self, text: &str, bytes: &[(usize, u8)]) -> String {
        let mut masked = String::with_capacity(text.len());
        let (mut at, mut copied) = (0, 0);
        while at < bytes.len() {
            let Some(secret) = self.longest_word_at(bytes, at) else {
                at += 1;
                continue;
            };
            masked.push_str(&text[copied..bytes[at].0]);
            masked.push_str(&secret_name(secret));
            at += secret.len();
            copied = bytes.get(at).map_or(text.len(), |(place, _)| *place);
        }
        masked.push_str(&text[copied..]);
        masked
    }

    fn longest_word_at(&self, bytes: &[(usize, u8)], at: usize) -> Option<&str> {
        if !is_between_words(bytes, at) {
            return None;
        }
        let rest = &bytes[at..];
        let first = rest.first_chunk::<MIN_WORD_LEN>()?.map(|(_, byte)| byte);
        let here = self.by_start.get(&first)?.iter().filter(|secret| {
            let word = rest.get(..secret.len()).unwrap_or_default();
            let stands_here = word.iter().map(|(_, byte)| *byte).eq(secret.bytes());
            stands_here && is_between_words(bytes, at + secret.len())
        });
        here.max_by_key(|secret| secret.len())
            .map(|secret| &**secret)
    }
}

/// Every byte of a text with its place.
fn plain_bytes(text: &str) -> Vec<(usize, u8)> {
    text.bytes().enumerate().collect()
}

/// Every byte that a percent-encoded text means, with its place in the text.
fn decoded_bytes(text: &str) -> Vec<(usize, u8)> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some(byte) = percent_decode(rest).next() {
        let is_escape = matches!(rest, [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit());
        bytes.push((text.len() - rest.len(), byte));
        rest = &rest[if is_escape { 3 } else { 1 }..];
    }
    bytes
}

/// Tells whether one word ends or another begins before the byte at `at`.
fn is_between_words(bytes: &[(usize, u8)], at: usize) -> bool {
    let is_word = |(_, byte): &(usize, u8)| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    let before = at.checked_sub(1).and_then(|before| bytes.get(before));
    !(before.is_some_and(is_word) && bytes.get(at).is_some_and(is_word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn met(secrets: &[&str]) -> MetSecrets {
        let mut met = MetSecrets::default();
        secrets.iter().for_each(|secret| met.insert(secret));
        met
    }

    #[rstest]
    #[case::path("/instances/s3cr%2ft+==", "/instances/NAME")]
    #[case::escaped("/instances/s3cr%2Ft%2B%3D%3D?q=1", "/instances/NAME?q=1")]
    #[case::behind_an_escape("/instances/%20s3cr/t+==", "/instances/%20NAME")]
    #[case::query("/a?q=s3cr/t+==&r=2", "/a?q=NAME&r=2")]
    #[case::alone("s3cr/t+==", "NAME")]
    #[case::message("“s3cr/t+==” of 's3cr/t+=='.", "“NAME” of 'NAME'.")]
    #[case::part_of_a_word("as3cr/t+==", "as3cr/t+==")]
    #[case::another("/instances/s3cr/t+=", "/instances/s3cr/t+=")]
    #[case::broken_escapes("%s3cr/t+==%", "%NAME%")]
    fn a_secret_is_masked_wherever_it_is_a_word(#[case] text: &str, #[case] expected: &str) {
        let expected = expected.replace("NAME", &secret_name("s3cr/t+=="));
        assert_eq!(met(&["s3cr/t+=="]).mask_words(text), expected);
    }

    #[test]
    fn a_secret_that_looks_percent_encoded_is_found_as_it_is() {
        let masked = met(&["ab%41cdef"]).mask_words("a ab%41cdef").into_owned();
        assert_eq!(masked, format!("a {}", secret_name("ab%41cdef")));
    }

    #[test]
    fn a_short_secret_is_not_looked_for() {
        assert_eq!(met(&["short"]).mask_words("a short text"), "a short text");
    }

    #[test]
    fn of_secrets_that_begin_alike_the_longest_that_stands_there_is_named() {
        let met = met(&["abcdef", "abcdef/gh"]);
        let named = |secret: &str| format!("/{}", secret_name(secret));
        assert_eq!(met.mask_words("/abcdef/gh"), named("abcdef/gh"));
        assert_eq!(met.mask_words("/abcdef/g"), named("abcdef") + "/g");
    }

    proptest! {
        #[test]
        fn a_secret_between_blanks_is_always_masked(
            secret in "[a-zé+/=%]{6,12}",
            around in "[ -~é“%]{0,9}",
        ) {
            prop_assume!(!around.contains(&*secret));
            let masked = met(&[&secret]).mask_words(&format!("{around} {secret} {around}")).into_owned();
            prop_assert_eq!(masked, format!("{around} {} {around}", secret_name(&secret)));
        }

        #[test]
        fn any_text_is_masked_without_a_panic(
            secrets in proptest::collection::vec("[aé%0-9]{6,8}", 0..4),
            text in "[aé%0-9 “]{0,40}",
        ) {
            let mut all = MetSecrets::default();
            secrets.iter().for_each(|secret| all.insert(secret));
            let _ = all.mask_words(&text);
        }
    }
}
