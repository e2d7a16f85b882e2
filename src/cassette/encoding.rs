//! The plain texts that a text may be an encoding of.
//!
//! Base64 in both alphabets and at any offset, hexadecimal, percent-encoding, and the escapes of JSON and HTML; also one
//! inside another, as deep as [`MAX_DEPTH`].

use base64::engine::general_purpose::{self, GeneralPurpose};
use base64::{Engine as _, alphabet};
use percent_encoding::percent_decode;

use crate::wire::json::escaped;

const MAX_DEPTH: usize = 2;
/// Shorter runs of digits cannot hold a value that is looked for.
const MIN_RUN: usize = 8;

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
        || runs(text, is_base64_digit).any(|run| {
            // Every hexadecimal digit is one of base64 too.
            any_base64_reading(run, &mut visit)
                || runs(run, |byte| byte.is_ascii_hexdigit())
                    .any(|run| hex_readings(run).any(|decoded| visit(&decoded)))
        })
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
    matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' | b'-' | b'_')
}

/// Reads digits without padding; what is over at the end of them is no byte.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    general_purpose::NO_PAD.with_decode_allow_trailing_bits(true),
);

/// Passes a run to `visit`, read from each of the four places where a group of digits can begin, until it returns true.
fn any_base64_reading(run: &[u8], visit: &mut dyn FnMut(&[u8]) -> bool) -> bool {
    let standard = run.iter().map(|digit| match digit {
        b'-' => b'+',
        b'_' => b'/',
        other => *other,
    });
    let standard: Vec<_> = standard.collect();
    let mut decoded = Vec::with_capacity(run.len());
    (0..4).any(|start| {
        let digits = &standard[start..];
        let alone = usize::from(digits.len() % 4 == 1);
        decoded.clear();
        let read = BASE64.decode_vec(&digits[..digits.len() - alone], &mut decoded);
        read.is_ok() && visit(&decoded)
    })
}

fn hex_readings(run: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let value = |digit| char::from(digit).to_digit(16).unwrap_or(0) as u8;
    (0..2).map(move |start| {
        let pairs = run[start..].chunks_exact(2);
        pairs
            .map(|pair| (value(pair[0]) << 4) | value(pair[1]))
            .collect()
    })
}

/// Replaces each escape that begins with `mark`; `read` says its character and its length.
fn unescape(mark: u8, text: &[u8], read: fn(&[u8]) -> Option<(char, usize)>) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some((&byte, after)) = rest.split_first() {
        rest = match (byte == mark).then(|| read(rest)).flatten() {
            Some((character, length)) => {
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                &rest[length..]
            }
            None => {
                out.push(byte);
                after
            }
        };
    }
    out
}

fn unescape_json(text: &[u8]) -> Vec<u8> {
    unescape(b'\\', text, |escape| {
        let other = escape.get(1).filter(|other| other.is_ascii());
        escaped(escape).or(other.map(|&other| (other.into(), 2)))
    })
}

fn unescape_html(text: &[u8]) -> Vec<u8> {
    const MAX_REFERENCE: usize = 13;
    unescape(b'&', text, |reference| {
        let end = reference
            .iter()
            .take(MAX_REFERENCE)
            .position(|&byte| byte == b';')?;
        let name = std::str::from_utf8(&reference[1..end]).ok()?;
        Some((html_character(name)?, end + 1))
    })
}

fn html_character(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let digits = name.strip_prefix('#')?;
            let number = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => digits.parse(),
            };
            char::from_u32(number.ok()?)?
        }
    })
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
