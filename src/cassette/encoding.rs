//! The plain texts that a text may be an encoding of.
//!
//! Base64 in both alphabets and at any offset, hexadecimal, percent-encoding, and the escapes of JSON and HTML; also one
//! inside another, as deep as [`MAX_DEPTH`].

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode;

const MAX_DEPTH: usize = 2;
/// Shorter runs of digits cannot hold a value that is looked for.
const MIN_RUN: usize = 8;

/// Trailing bits are ignored: a run may go on with what is no part of the value.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Calls `see` with every text that is encoded in this one, until it returns true; the text itself is not among them.
pub(super) fn any_decoded(text: &[u8], see: &mut dyn FnMut(&[u8]) -> bool) -> bool {
    any_decoded_to(MAX_DEPTH, text, see)
}

fn any_decoded_to(depth: usize, text: &[u8], see: &mut dyn FnMut(&[u8]) -> bool) -> bool {
    if depth == 0 {
        return false;
    }
    let mut visit = |decoded: &[u8]| see(decoded) || any_decoded_to(depth - 1, decoded, see);
    let escapes = [
        (b'%', unescape_percent as fn(&[u8]) -> Vec<u8>),
        (b'\\', unescape_json),
        (b'&', unescape_html),
    ];
    let unescaped = escapes.iter().filter(|(mark, _)| text.contains(mark));
    unescaped
        .map(|(_, unescape)| unescape(text))
        .any(|decoded| visit(&decoded))
        || runs(text, is_base64_digit)
            .any(|run| base64_readings(run).any(|decoded| visit(&decoded)))
        || runs(text, |byte| byte.is_ascii_hexdigit())
            .any(|run| hex_readings(run).any(|decoded| visit(&decoded)))
}

fn unescape_percent(text: &[u8]) -> Vec<u8> {
    percent_decode(text).collect()
}

/// Stretches of digits that are long enough.
fn runs(text: &[u8], is_digit: fn(u8) -> bool) -> impl Iterator<Item = &[u8]> {
    text.split(move |&byte| !is_digit(byte))
        .filter(|run| run.len() >= MIN_RUN)
}

fn is_base64_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte)
}

/// A run from each of the four places where a group of digits can begin.
fn base64_readings(run: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let standard: Vec<u8> = run
        .iter()
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => *other,
        })
        .collect();
    (0..4).filter_map(move |start| {
        let digits = &standard[start..];
        // One digit alone is no byte.
        let whole = if digits.len() % 4 == 1 {
            digits.len() - 1
        } else {
            digits.len()
        };
        LENIENT.decode(&digits[..whole]).ok()
    })
}

fn hex_readings(run: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..2).map(move |start| {
        let pairs = run[start..].chunks_exact(2);
        pairs
            .map(|pair| (hex_value(pair[0]) << 4) | hex_value(pair[1]))
            .collect()
    })
}

fn hex_value(digit: u8) -> u8 {
    char::from(digit)
        .to_digit(16)
        .map_or(0, |value| value as u8)
}

/// Replaces each escape of JSON by its character, wherever it stands.
fn unescape_json(text: &[u8]) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after.first()) {
            (b'\\', Some(b'u')) if let Some((character, used)) = json_unit(&after[1..]) => {
                push_character(&mut out, character);
                rest = &after[1 + used..];
            }
            (b'\\', Some(&escaped)) => {
                out.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'f' => 12,
                    other => other,
                });
                rest = &after[1..];
            }
            _ => out.push(byte),
        }
    }
    out
}

/// The character of `XXXX` or of the surrogates `XXXX\uXXXX`, and how many bytes say so.
fn json_unit(digits: &[u8]) -> Option<(u32, usize)> {
    let first = hex_number(digits.get(..4)?)?;
    let second = digits.get(4..10).filter(|next| next.starts_with(b"\\u"));
    let second = second.and_then(|next| hex_number(&next[2..]));
    match (first, second) {
        (0xD800..0xDC00, Some(low @ 0xDC00..0xE000)) => {
            Some((0x10000 + ((first - 0xD800) << 10) + (low - 0xDC00), 10))
        }
        _ => Some((first, 4)),
    }
}

fn hex_number(digits: &[u8]) -> Option<u32> {
    let all = digits.iter().all(u8::is_ascii_hexdigit);
    let text = std::str::from_utf8(digits).ok().filter(|_| all)?;
    u32::from_str_radix(text, 16).ok()
}

fn push_character(out: &mut Vec<u8>, character: u32) {
    let character = char::from_u32(character).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Replaces each character reference of HTML by its character.
fn unescape_html(text: &[u8]) -> Vec<u8> {
    const MAX_REFERENCE: usize = 12;
    let (mut out, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some((&byte, after)) = rest.split_first() {
        let end = after
            .iter()
            .take(MAX_REFERENCE)
            .position(|&byte| byte == b';');
        let reference = end.filter(|_| byte == b'&').map(|end| &after[..end]);
        match reference.and_then(html_character) {
            Some(character) => {
                push_character(&mut out, character);
                rest = &after[end.map_or(0, |end| end + 1)..];
            }
            None => {
                out.push(byte);
                rest = after;
            }
        }
    }
    out
}

fn html_character(reference: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(reference).ok()?;
    match text {
        "amp" => Some('&'.into()),
        "lt" => Some('<'.into()),
        "gt" => Some('>'.into()),
        "quot" => Some('"'.into()),
        "apos" => Some('\''.into()),
        _ => {
            let digits = text.strip_prefix('#')?;
            let hex = digits.strip_prefix(['x', 'X']);
            hex.map_or_else(
                || digits.parse().ok(),
                |hex| u32::from_str_radix(hex, 16).ok(),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use rstest::rstest;

    #[rstest]
    #[case::base64(STANDARD.encode("a sec/ret+1"))]
    #[case::second_alignment(STANDARD.encode("xa sec/ret+1y"))]
    #[case::third_alignment(format!("id{}", URL_SAFE_NO_PAD.encode("xya sec/ret+1?")))]
    #[case::hex("61207365632f7265742b31".to_owned())]
    #[case::hex_after_a_digit("061207365632F7265742B31".to_owned())]
    #[case::percent("a%20sec%2Fret%2b1".to_owned())]
    #[case::percent_twice("a%2520sec%252Fret%252b1".to_owned())]
    #[case::percent_of_base64(STANDARD.encode("a sec/ret+1").replace('=', "%3D"))]
    #[case::json(r"a sec\/ret\u002b1".to_owned())]
    #[case::html("a&#32;sec&#x2f;ret+1".to_owned())]
    fn an_encoded_text_is_found(#[case] encoded: String) {
        let mut see = |decoded: &[u8]| decoded.windows(11).any(|window| window == b"a sec/ret+1");
        assert!(any_decoded(encoded.as_bytes(), &mut see), "{encoded}");
    }

    #[rstest]
    #[case(r"\u\ud83d\ude00\", "u\u{1f600}\\")]
    #[case(r"\uzzzz\n", "uzzzz\n")]
    fn json_escapes_are_read_wherever_they_stand(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(
            String::from_utf8(unescape_json(text.as_bytes())).unwrap(),
            expected
        );
    }
}
