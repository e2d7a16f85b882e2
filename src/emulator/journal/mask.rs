//! What stands in the journal where a secret was.
//!
//! A secret becomes a short stable name, so that equal ones can be told from different ones and none can be read.

use std::borrow::Cow;

use http::HeaderValue;
use percent_encoding::percent_decode_str;

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

/// Whether the value of the member or parameter with this name is a secret.
pub(super) type IsSecret<'a> = &'a dyn Fn(&str) -> bool;

/// Path and query with the values of secret parameters replaced.
pub(super) fn target(target: &str, is_secret: IsSecret<'_>) -> String {
    let Some((path, query)) = target.split_once('?') else {
        return target.to_owned();
    };
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, value)) if names_secret(name, is_secret) => {
            Cow::Owned(format!("{name}={}", secret_name(value)))
        }
        _ => Cow::Borrowed(pair),
    });
    format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"))
}

fn names_secret(name: &str, is_secret: IsSecret<'_>) -> bool {
    let name = percent_decode_str(name).decode_utf8_lossy();
    // `apiKey`, `api_key` and `api.key` are one name.
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_ascii_lowercase();
    is_secret(&name) || is_secret_key(&plain) || plain.ends_with("apikey")
}

/// The body of a request with the values of secret members masked.
pub(super) fn sent_body(text: &[u8], is_secret: IsSecret<'_>) -> String {
    match Json::parse(text) {
        Ok(json) => masked(json, is_secret),
        Err(_) => broken(&String::from_utf8_lossy(text)),
    }
}

/// The body of an answer likewise; what is not JSON is shown as it is, unless it was meant to be.
pub(super) fn body(text: &[u8], is_secret: IsSecret<'_>) -> String {
    match Json::parse(text) {
        Ok(json) => masked(json, is_secret),
        // A piece of JSON cannot be masked member by member.
        Err(_) if text.contains(&b'{') => broken(&String::from_utf8_lossy(text)),
        Err(_) => String::from_utf8_lossy(text).into_owned(),
    }
}

fn masked(mut json: Json<'_>, is_secret: IsSecret<'_>) -> String {
    mask(&mut json, is_secret);
    json.to_string()
}

fn mask(json: &mut Json<'_>, is_secret: IsSecret<'_>) {
    match json {
        Json::Object(members) => {
            // An entry may also be written as `{"key": …, "value": …}`.
            let named = members.iter().find(|(name, _)| name == "key");
            let names_secret = named
                .and_then(|(_, key)| key.as_str())
                .is_some_and(is_secret);
            for (name, value) in members {
                let hidden = name == member::PROVIDER_DATA
                    || is_secret(name)
                    || (names_secret && name == "value");
                match value {
                    Json::Null => {}
                    _ if hidden => *value = Json::from(secret_name(&text_of(value))),
                    _ => mask(value, is_secret),
                }
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|item| mask(item, is_secret)),
        _ => {}
    }
}

fn text_of<'a>(value: &'a Json<'_>) -> Cow<'a, str> {
    match value {
        Json::Text(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

/// JSON that was cut or is broken, or another text: what is neither punctuation nor the name of a member is masked.
fn broken(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(is_punctuation).unwrap_or(rest.len());
        if end == 0 {
            let (mark, behind) = rest.split_at(first.len_utf8());
            shown.push_str(mark);
            rest = behind;
            continue;
        }
        let (word, behind) = rest.split_at(end);
        let is_name = is_name(&shown, word, behind);
        shown.push_str(if is_name { word } else { "…" });
        rest = behind;
    }
    shown
}

fn is_punctuation(character: char) -> bool {
    character.is_whitespace() || "{}[],:".contains(character) || is_quote(character)
}

fn is_quote(character: char) -> bool {
    "\"'“”„‘’".contains(character)
}

/// Whether a word is the name of a member: with quotes on both sides, or bare where a member begins, and a colon behind.
fn is_name(before: &str, word: &str, behind: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let unquoted = behind.strip_prefix(is_quote);
    let is_quoted = before.ends_with(is_quote);
    let begins = || {
        let before = before.trim_end_matches([' ', '\t']);
        before.is_empty() || before.ends_with(['{', ',', '\n'])
    };
    word.bytes().all(is_plain)
        && is_quoted == unquoted.is_some()
        && (is_quoted || begins())
        && unquoted.unwrap_or(behind).trim_start().starts_with(':')
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
    #[case::without_quotes(r#"{"seen": 1, "a.secret":SECRET}"#)]
    #[case::with_quotes_inside(r#"{"seen": "a"SECRET", "b": "SECRET"}"#)]
    #[case::single_quotes(r#"{'seen': 'SECRET'}"#)]
    #[case::curly_quotes(r#"{“seen”: “SECRET”}"#)]
    #[case::colon_inside(r#"{"seen": "SECRET:SECRET""#)]
    #[case::bare_and_colon_inside(r#"{"seen": SECRET:SECRET"#)]
    #[case::as_pairs(r#"{"seen": [{"key":"a.secret","value":"SECRET"}]}"#)]
    #[case::an_object(r#"{"seen": {"a.secret":{"SECRET":"SECRET"}}}"#)]
    #[case::no_json("seen: SECRET&a=SECRET")]
    fn no_secret_is_shown(#[case] text: &str) {
        let shown = sent_body(text.as_bytes(), &is_secret_key);
        assert!(!shown.contains("SECRET"), "{shown}");
        assert!(shown.contains("seen"), "{shown}");
    }

    #[test]
    fn a_query_keeps_no_secret() {
        let shown = target(
            "/a?pageSize=5&token=SECRET&apiSecret=SECRET&%74oken=SECRET&apiKey=SECRET&api_key=SECRET&x",
            &is_secret_key,
        );
        assert!(!shown.contains("SECRET"), "{shown}");
        assert!(shown.starts_with("/a?pageSize=5&token=secret-"), "{shown}");
        assert!(shown.ends_with("&x"), "{shown}");
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
