//! The plain texts that a text may be an encoding of.
//!
//! Base64 in both alphabets and at any offset, hexadecimal, percent-encoding, and the escapes of JSON and HTML; also one
//! inside another, as deep as [`MAX_DEPTH`].

use percent_encoding::percent_decode;

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
    base64_value(byte).is_some()
}

/// The six bits of a digit in either alphabet.
fn base64_value(digit: u8) -> Option<u8> {
    Some(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

/// Passes a run to `visit`, read from each of the four places where a group of digits can begin, until it returns true.
fn any_base64_reading(run: &[u8], visit: &mut dyn FnMut(&[u8]) -> bool) -> bool {
    let values: Vec<u8> = run
        .iter()
        .filter_map(|&digit| base64_value(digit))
        .collect();
    let mut decoded = Vec::with_capacity(run.len());
    (0..4).any(|start| {
        decoded.clear();
        for group in values[start..].chunks(4) {
            let digit = |at: usize| group.get(at).copied().unwrap_or(0);
            let bytes = [
                (digit(0) << 2) | (digit(1) >> 4),
                (digit(1) << 4) | (digit(2) >> 2),
                (digit(2) << 6) | digit(3),
            ];
            // One digit alone is no byte.
            decoded.extend_from_slice(&bytes[..group.len() - 1]);
        }
        visit(&decoded)
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

/// Replaces each escape behind `mark`; `read` says its character, and how many bytes behind the mark it has.
fn unescape(mark: u8, text: &[u8], read: fn(&[u8]) -> Option<(u32, usize)>) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match read(after).filter(|_| byte == mark) {
            Some((character, length)) => {
                let character = char::from_u32(character).unwrap_or(char::REPLACEMENT_CHARACTER);
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                rest = &after[length..];
            }
            None => out.push(byte),
        }
    }
    out
}

fn unescape_json(text: &[u8]) -> Vec<u8> {
    unescape(b'\\', text, |after| {
        let unit = after.strip_prefix(b"u").and_then(json_unit);
        let character = match after.first()? {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'b' => 8,
            b'f' => 12,
            other if other.is_ascii() => *other,
            _ => return None,
        };
        Some(unit.map_or((character.into(), 1), |(unit, length)| (unit, length + 1)))
    })
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

fn unescape_html(text: &[u8]) -> Vec<u8> {
    const MAX_REFERENCE: usize = 12;
    unescape(b'&', text, |after| {
        let end = after
            .iter()
            .take(MAX_REFERENCE)
            .position(|&byte| byte == b';')?;
        Some((html_character(&after[..end])?, end + 1))
    })
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
    use base64::Engine as _;
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
