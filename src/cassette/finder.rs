//! Finds known secrets in any text: as they are, inside longer text, base64- and percent-encoded.
//!
//! A text is looked through once, however many secrets are known: every third four bytes of it are looked up in a bit
//! set of those that spellings begin with, which none can slip through since it has at least six. Deliberately no fuzzy
//! matching: what is found is exactly a secret in one of these encodings.

use std::collections::HashMap;
use std::ops::Range;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

/// What stays as it is when a replacement is percent-encoded.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true)
    .with_encode_padding(false);
const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);

/// What a plus may mean: a blank in a form, itself elsewhere.
const PLUS: [u8; 2] = *b"+ ";

const FILTER_BITS: u32 = 20;

/// How many bytes the shortest spelling of a secret has.
const LEAST: usize = 6;

/// So far apart are the looks at a text: whatever has [`LEAST`] bytes is met by one of them.
const STRIDE: usize = LEAST - 3;

/// Known secrets, each with its replacement.
pub(super) struct Finder {
    /// The four bytes at each of the first places of a pattern.
    filter: Vec<u64>,
    /// How long the patterns are that start so, the longest first: many secrets may start alike.
    by_start: HashMap<[u8; 4], Vec<usize>>,
    patterns: HashMap<Box<[u8]>, Pattern>,
    replacements: Vec<String>,
}

#[derive(Clone, Copy)]
struct Pattern {
    secret: usize,
    form: Form,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    /// The part of a secret's base64 that does not depend on what stands around it.
    Base64,
}

/// A piece of a text and what is to stand there.
pub(super) type Edit = (Range<usize>, Vec<u8>);

impl Default for Finder {
    fn default() -> Self {
        Finder {
            filter: vec![0; 1 << (FILTER_BITS - 6)],
            by_start: HashMap::new(),
            patterns: HashMap::new(),
            replacements: Vec::new(),
        }
    }
}

impl Finder {
    /// Looks for `secret` from now on; it has at least six bytes.
    pub(super) fn insert(&mut self, secret: &str, replacement: &str) {
        let index = self.replacements.len();
        self.replacements.push(replacement.to_owned());
        self.insert_pattern(secret.as_bytes().into(), index, Form::Plain);
        let quoted = serde_json::to_string(secret).expect("text always serialises");
        let escaped = &quoted[1..quoted.len() - 1];
        if escaped != secret {
            self.insert_pattern(escaped.as_bytes().into(), index, Form::Plain);
        }
        for core in base64_cores(secret.as_bytes()) {
            if core.contains(['+', '/']) {
                let url_safe = core.replace('+', "-").replace('/', "_");
                self.insert_pattern(url_safe.into_bytes().into(), index, Form::Base64);
            }
            self.insert_pattern(core.into_bytes().into(), index, Form::Base64);
        }
    }

    fn insert_pattern(&mut self, bytes: Box<[u8]>, secret: usize, form: Form) {
        debug_assert!(bytes.len() >= LEAST, "too short to be met");
        let start = [bytes[0], bytes[1], bytes[2], bytes[3]];
        for piece in bytes.windows(4).take(STRIDE) {
            let bit = bit_of(piece);
            self.filter[bit >> 6] |= 1 << (bit & 63);
        }
        let lengths = self.by_start.entry(start).or_default();
        if let Err(at) = lengths.binary_search_by(|length| bytes.len().cmp(length)) {
            lengths.insert(at, bytes.len());
        }
        self.patterns
            .entry(bytes)
            .or_insert(Pattern { secret, form });
    }

    /// Whether any secret is in `text`, in any encoding.
    pub(super) fn is_in(&self, text: &[u8]) -> bool {
        let is_in_plain = |plain: Vec<u8>| self.next(&plain, 0).is_some();
        self.next(text, 0).is_some()
            || PLUS
                .iter()
                .any(|&plus| unescape(text, plus).is_some_and(is_in_plain))
    }

    /// `text` without secrets; `None` when it has none.
    pub(super) fn clean(&self, text: &str) -> Option<String> {
        let cleaned = self.clean_bytes(text.as_bytes())?;
        Some(String::from_utf8_lossy(&cleaned).into_owned())
    }

    /// The same for any bytes.
    pub(super) fn clean_bytes(&self, text: &[u8]) -> Option<Vec<u8>> {
        if text.len() < LEAST {
            return None;
        }
        let edits = self.edits(text);
        let mut cleaned = (!edits.is_empty()).then(|| apply(text, edits));
        for plus in PLUS {
            let again = self.clean_escaped(cleaned.as_deref().unwrap_or(text), plus);
            cleaned = again.or(cleaned);
        }
        cleaned
    }

    /// Replaces what is percent-encoded, and leaves all other escapes as they are.
    fn clean_escaped(&self, text: &[u8], plus: u8) -> Option<Vec<u8>> {
        let plain = unescape(text, plus)?;
        let edits = self.edits(&plain);
        if edits.is_empty() {
            return None;
        }
        let starts = starts_of(text);
        let edits = edits.into_iter().map(|(range, with)| {
            let range = starts[range.start]..starts[range.end];
            let with = percent_encode(&with, UNRESERVED).to_string();
            (range, with.into_bytes())
        });
        Some(apply(text, edits.collect()))
    }

    fn edits(&self, text: &[u8]) -> Vec<Edit> {
        let (mut edits, mut at) = (Vec::new(), 0);
        while let Some((range, pattern)) = self.next(text, at) {
            let edit = match pattern.form {
                Form::Plain => (
                    range,
                    self.replacements[pattern.secret].clone().into_bytes(),
                ),
                Form::Base64 => self.base64_edit(text, &range, at, pattern.secret),
            };
            at = edit.0.end;
            edits.push(edit);
        }
        edits
    }

    /// The first secret from `at` on; of several that start there, the longest.
    fn next(&self, text: &[u8], at: usize) -> Option<(Range<usize>, Pattern)> {
        if self.replacements.is_empty() {
            return None;
        }
        let mut looked = at + STRIDE - 1;
        while let Some(piece) = text.get(looked..looked + 4) {
            if self.may_hold(piece) {
                let starts = looked + 1 - STRIDE..=looked;
                let found = starts.into_iter().find_map(|from| self.at(text, from));
                if found.is_some() {
                    return found;
                }
            }
            looked += STRIDE;
        }
        None
    }

    fn may_hold(&self, piece: &[u8]) -> bool {
        let bit = bit_of(piece);
        self.filter[bit >> 6] >> (bit & 63) & 1 == 1
    }

    /// The longest secret that starts at `from`.
    fn at(&self, text: &[u8], from: usize) -> Option<(Range<usize>, Pattern)> {
        let start = text
            .get(from..from + 4)
            .filter(|start| self.may_hold(start))?;
        let lengths = self.by_start.get(start)?;
        lengths.iter().find_map(|length| {
            let pattern = self.patterns.get(text.get(from..from + length)?)?;
            Some((from..from + length, *pattern))
        })
    }

    /// Replaces inside the base64 text around `hit`, which starts no earlier than `floor`.
    fn base64_edit(&self, text: &[u8], hit: &Range<usize>, floor: usize, secret: usize) -> Edit {
        let run = base64_run(text, hit, floor);
        for skipped in 0..4 {
            let from = run.start + skipped;
            if from > hit.start {
                break;
            }
            if let Some(with) = self.clean_base64(&text[from..run.end]) {
                return (from..run.end, with);
            }
        }
        (run, self.replacements[secret].clone().into_bytes())
    }

    fn clean_base64(&self, run: &[u8]) -> Option<Vec<u8>> {
        let is_url_safe = run.iter().any(|byte| matches!(byte, b'-' | b'_'));
        let standard: Vec<u8> = run.iter().map(|&byte| standard(byte)).collect();
        let whole = standard.len() - usize::from(standard.len() % 4 == 1);
        let decoded = BASE64.decode(&standard[..whole]).ok()?;
        let edits: Vec<_> = self.plain_edits(&decoded);
        if edits.is_empty() {
            return None;
        }
        let mut encoded = BASE64.encode(apply(&decoded, edits)).into_bytes();
        encoded.extend_from_slice(&standard[whole..]);
        if is_url_safe {
            for byte in &mut encoded {
                *byte = url_safe(*byte);
            }
        }
        Some(encoded)
    }

    fn plain_edits(&self, text: &[u8]) -> Vec<Edit> {
        let (mut edits, mut at) = (Vec::new(), 0);
        while let Some((range, pattern)) = self.next(text, at) {
            at = range.end;
            if pattern.form == Form::Plain {
                let with = self.replacements[pattern.secret].clone().into_bytes();
                edits.push((range, with));
            }
        }
        edits
    }
}

fn bit_of(piece: &[u8]) -> usize {
    let piece = [piece[0], piece[1], piece[2], piece[3]];
    let mixed = u32::from_le_bytes(piece).wrapping_mul(0x9e37_79b1);
    (mixed >> (32 - FILTER_BITS)) as usize
}

/// The base64 characters that are the same wherever `secret` begins: one text for each of the three alignments.
fn base64_cores(secret: &[u8]) -> [String; 3] {
    [0, 1, 2].map(|before| {
        let mut padded = vec![0; before];
        padded.extend_from_slice(secret);
        let encoded = BASE64.encode(&padded);
        let from = (before * 8).div_ceil(6);
        let to = padded.len() * 8 / 6;
        encoded[from..to].to_owned()
    })
}

fn base64_run(text: &[u8], hit: &Range<usize>, floor: usize) -> Range<usize> {
    let is_in_run = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(*byte);
    let before = text[floor..hit.start]
        .iter()
        .rev()
        .take_while(is_in_run)
        .count();
    let after = text[hit.end..].iter().take_while(is_in_run).count();
    hit.start - before..hit.end + after
}

fn standard(byte: u8) -> u8 {
    match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => other,
    }
}

fn url_safe(byte: u8) -> u8 {
    match byte {
        b'+' => b'-',
        b'/' => b'_',
        other => other,
    }
}

/// A percent-encoded text without its escapes; `None` when it is no other than the text, or than with a plain plus.
fn unescape(text: &[u8], plus: u8) -> Option<Vec<u8>> {
    let escape = if plus == b'+' { b'%' } else { b'+' };
    if !text.contains(&escape) {
        return None;
    }
    let (mut plain, mut at) = (Vec::with_capacity(text.len()), 0);
    while at < text.len() {
        let (byte, length) = escape_at(text, at);
        plain.push(if text[at] == b'+' { plus } else { byte });
        at += length;
    }
    Some(plain)
}

/// Where each byte of the text without its escapes came from, and at last the end of the text.
fn starts_of(text: &[u8]) -> Vec<usize> {
    let (mut starts, mut at) = (Vec::with_capacity(text.len() + 1), 0);
    while at < text.len() {
        starts.push(at);
        at += escape_at(text, at).1;
    }
    starts.push(at);
    starts
}

/// The byte that is spelled at a place, and how long it is spelled.
fn escape_at(text: &[u8], at: usize) -> (u8, usize) {
    match (text[at], text.get(at + 1..at + 3)) {
        (b'%', Some(digits)) => hex(digits).map_or((b'%', 1), |byte| (byte, 3)),
        (byte, _) => (byte, 1),
    }
}

fn hex(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(digits[0])? * 16 + digit(digits[1])?).ok()
}

fn apply(text: &[u8], edits: Vec<Edit>) -> Vec<u8> {
    let (mut out, mut at) = (Vec::with_capacity(text.len()), 0);
    for (range, with) in edits {
        out.extend_from_slice(&text[at..range.start]);
        out.extend_from_slice(&with);
        at = range.end;
    }
    out.extend_from_slice(&text[at..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use proptest::prelude::*;
    use rstest::rstest;

    const SECRET: &str = "s3cr?t/Wörd+=";

    fn finder() -> Finder {
        let mut finder = Finder::default();
        finder.insert(SECRET, "redacted-1xxxxx");
        finder
    }

    #[rstest]
    #[case::alone(SECRET.to_owned(), "redacted-1xxxxx")]
    #[case::inside(format!("a {SECRET}b"), "a redacted-1xxxxxb")]
    #[case::twice(format!("{SECRET}{SECRET}"), "redacted-1xxxxxredacted-1xxxxx")]
    #[case::escaped("%73%33cr%3Ft%2fW%C3%B6rd%2B%3D&b=%20".to_owned(), "redacted-1xxxxx&b=%20")]
    fn a_secret_is_replaced(#[case] text: String, #[case] expected: &str) {
        assert_eq!(finder().clean(&text).as_deref(), Some(expected));
    }

    #[rstest]
    fn base64_of_a_longer_text_is_replaced(
        #[values("", "a", "ab", "user:")] before: &str,
        #[values("", "x", "xy", " and so on")] after: &str,
        #[values("", "Basic ")] around: &str,
    ) {
        let longer = format!("{before}{SECRET}{after}");
        let expected = format!("{before}redacted-1xxxxx{after}");
        for engine in [&STANDARD, &URL_SAFE_NO_PAD] {
            let text = format!("{around}{}", engine.encode(&longer));
            let cleaned = finder().clean(&text).expect(&text);
            let encoded = cleaned.strip_prefix(around).unwrap();
            let unpadded = encoded
                .trim_end_matches('=')
                .replace('-', "+")
                .replace('_', "/");
            assert_eq!(BASE64.decode(unpadded).unwrap(), expected.as_bytes());
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        assert_eq!(finder().clean("s3cr?t and 100% + more, s3cr%3Ft"), None);
    }

    proptest! {
        #[test]
        fn nothing_is_found_in_what_was_cleaned(
            secret in "[a-zA-Z0-9+/=%\"\\\\ é-]{6,20}",
            before in "[ -~]{0,9}", after in "[ -~]{0,9}", encoding in 0..4,
        ) {
            let mut finder = Finder::default();
            finder.insert(&secret, "~~~~~~~~~~");
            let longer = format!("{before}{secret}{after}");
            let text = match encoding {
                0 => longer,
                1 => STANDARD.encode(&longer),
                2 => URL_SAFE_NO_PAD.encode(&longer),
                _ => percent_encode(longer.as_bytes(), NON_ALPHANUMERIC).to_string(),
            };
            prop_assert!(finder.is_in(text.as_bytes()));
            let cleaned = finder.clean(&text).unwrap();
            prop_assert!(!finder.is_in(cleaned.as_bytes()), "{}", cleaned);
        }
    }
}
