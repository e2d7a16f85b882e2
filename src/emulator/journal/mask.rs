//! What stands in the journal where a secret was.
//!
//! A secret becomes a short stable name, so that equal ones can be told from different ones and none can be read.

use std::borrow::Cow;

use http::HeaderValue;

use crate::emulator::identity;
use crate::wire::json::Json;
use crate::wire::vocabulary::{is_secret_key, member};

/// `secret-1f3a9c0e`
pub(super) fn name(fingerprint: u64) -> String {
    let mut name = Vec::with_capacity(16);
    push_name(&mut name, fingerprint);
    String::from_utf8(name).expect("hex digits are text")
}

fn push_name(out: &mut Vec<u8>, fingerprint: u64) {
    out.extend_from_slice(b"secret-");
    out.extend_from_slice(&identity::hex::<8>(fingerprint >> 32));
}

/// The short stable name of a secret.
pub(crate) fn secret_name(secret: &str) -> String {
    name(identity::fingerprint(secret))
}

pub(super) fn push_secret(out: &mut Vec<u8>, secret: &[u8]) {
    push_name(out, identity::fingerprint_bytes(secret));
}

/// Keeps the words of an `Authorization` header and replaces what follows each of them.
pub(super) fn push_authorization(out: &mut Vec<u8>, value: &HeaderValue) {
    for (index, pair) in value.as_bytes().split(|&byte| byte == b',').enumerate() {
        if index > 0 {
            out.extend_from_slice(b", ");
        }
        let pair = pair.trim_ascii();
        match pair.iter().position(|byte| matches!(byte, b' ' | b':')) {
            Some(end)
                if pair[..end].iter().all(u8::is_ascii_alphanumeric)
                    || pair.starts_with(b"Your_mom") =>
            {
                out.extend_from_slice(&pair[..=end]);
                push_secret(out, pair[end + 1..].trim_ascii());
            }
            _ => push_secret(out, pair),
        }
    }
}

/// A body with the values of secret members masked; what is not JSON is shown as it is, unless it was meant to be.
pub(super) fn body(text: &[u8]) -> String {
    match Json::parse(text) {
        Ok(mut json) => {
            mask(&mut json);
            json.to_string()
        }
        // A piece of JSON cannot be masked member by member.
        Err(_) if text.contains(&b'{') => broken(&String::from_utf8_lossy(text)),
        Err(_) => String::from_utf8_lossy(text).into_owned(),
    }
}

fn mask(json: &mut Json<'_>) {
    match json {
        Json::Object(members) => {
            for (name, value) in members {
                let secret = name == member::PROVIDER_DATA || is_secret_key(name);
                match value {
                    Json::Object(_) | Json::Array(_) if !secret => mask(value),
                    Json::Null => {}
                    _ if secret => *value = Json::from(secret_name(&text_of(value))),
                    _ => {}
                }
            }
        }
        Json::Array(items) => items.iter_mut().for_each(mask),
        _ => {}
    }
}

fn text_of<'a>(value: &'a Json<'_>) -> Cow<'a, str> {
    match value {
        Json::Text(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

/// JSON that was cut or is broken: everything in quotes that is not a member's name is masked, as is what has none.
fn broken(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (index, piece) in text.split('"').enumerate() {
        if index > 0 {
            shown.push('"');
        }
        let is_value = index % 2 == 1 && !text_after(text, index).trim_start().starts_with(':');
        shown.push_str(if is_value && !piece.is_empty() {
            "…"
        } else {
            piece
        });
    }
    shown
}

/// What follows the piece between quotes with this index.
fn text_after(text: &str, index: usize) -> &str {
    text.match_indices('"')
        .nth(index)
        .map_or("", |(at, quote)| &text[at + quote.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::configuration(r#"{"configuration":{"mailjet.api.key":"SECRET","plain":"seen"}}"#)]
    #[case::token(r#"[{"token":"SECRET"},"seen"]"#)]
    #[case::provider_data(r#"{"providerData":{"code":"SECRET"},"name":"seen"}"#)]
    #[case::cut(r#"{"name":5,"seen":{"a.password":"SECRET","b.pass"#)]
    #[case::cut_in_the_middle_of_a_secret(r#"{"seen":1,"a.password":"SECRET"#)]
    #[case::malformed(r#"{"seen": 1 "a.secret":"SECRET"}"#)]
    fn no_secret_is_shown(#[case] text: &str) {
        let shown = body(text.as_bytes());
        assert!(!shown.contains("SECRET"), "{shown}");
        assert!(shown.contains("seen"), "{shown}");
    }

    #[test]
    fn an_authorization_header_keeps_its_words_only() {
        let mut out = Vec::new();
        push_authorization(
            &mut out,
            &HeaderValue::from_static("User SECRET+/=, Organization:SECRET, SECRET"),
        );
        let shown = String::from_utf8(out).unwrap();
        assert!(!shown.contains("SECRET"), "{shown}");
        assert!(shown.starts_with("User secret-"), "{shown}");
        assert!(shown.contains("Organization:secret-"), "{shown}");
    }
}
