//! What stands in the journal where a secret was.
//!
//! A secret becomes a short stable name, so that equal ones can be told from different ones and none can be read. It is
//! met in the places that secrets have, and then replaced by that name wherever else in the same request and answer it
//! stands as a word: in a path, in another member, in a message.

use std::borrow::Cow;

use http::HeaderValue;
use percent_encoding::percent_decode_str;

use super::broken::broken;
use crate::catalog::Catalog;
use crate::emulator::identity;
use crate::wire::json::Json;
use crate::wire::vocabulary::{is_secret_key, member};

fn push_name(out: &mut Vec<u8>, fingerprint: u64) {
    out.extend_from_slice(identity::name_of(fingerprint).as_bytes());
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

/// Shorter secrets are words of their own, and replaced in their own places only.
const LEAST: usize = 6;

/// What stands between words, from the widest to the narrowest; a secret may have some of it in itself.
const BETWEEN: [&str; 5] = [" \t\n\"'`“”,;()<>", ":", "?&", PAIR, "/"];
/// Between a name, which is no secret, and its value, which may have more of it.
const PAIR: &str = "=";

/// Masks one request and its answer.
pub(super) struct Mask<'c> {
    catalog: &'c Catalog,
    /// The names of the secrets that were met.
    names: Vec<String>,
}

/// A body whose own secrets are masked.
pub(super) enum Masked<'a> {
    Json(Json<'a>),
    Text(Cow<'a, str>),
}

impl<'c> Mask<'c> {
    /// `headers` are those of the request, as they are kept.
    pub(super) fn new(catalog: &'c Catalog, headers: &str) -> Self {
        let words = headers.split([' ', ':', '\n']);
        let names = words.filter(|word| word.starts_with("secret-"));
        Mask {
            catalog,
            names: names
                .map(|name| name.trim_end_matches(',').to_owned())
                .collect(),
        }
    }

    /// Path and query with the values of secret parameters masked.
    pub(super) fn target<'t>(&mut self, target: &'t str) -> Cow<'t, str> {
        let Some((path, query)) = target.split_once('?') else {
            return Cow::Borrowed(target);
        };
        let pairs = query.split('&').map(|pair| match pair.split_once('=') {
            Some((name, value)) if self.names_secret(name) => {
                Cow::Owned(format!("{name}={}", self.meet(value)))
            }
            _ => Cow::Borrowed(pair),
        });
        let pairs = pairs.collect::<Vec<_>>().join("&");
        Cow::Owned(format!("{path}?{pairs}"))
    }

    /// The body of a request.
    pub(super) fn sent<'t>(&mut self, text: &'t [u8]) -> Masked<'t> {
        match Json::parse(text) {
            // Nobody sends a text alone, so there is no telling what it is.
            Ok(Json::Text(secret)) => Masked::Text(self.meet(&secret).into()),
            Ok(json) => self.json(json),
            Err(_) => Masked::Text(broken(&String::from_utf8_lossy(text)).into()),
        }
    }

    /// The body of an answer; what is not JSON is shown as it is, unless it was meant to be.
    pub(super) fn answered<'t>(&mut self, text: &'t [u8]) -> Masked<'t> {
        match Json::parse(text) {
            Ok(json) => self.json(json),
            // A piece of JSON cannot be masked member by member.
            Err(_) if text.contains(&b'{') => {
                Masked::Text(broken(&String::from_utf8_lossy(text)).into())
            }
            Err(_) => Masked::Text(String::from_utf8_lossy(text)),
        }
    }

    /// The text of a body, without the secrets that were met anywhere.
    pub(super) fn show(&self, body: Masked<'_>) -> String {
        match body {
            Masked::Text(text) => self.without(&text).into_owned(),
            Masked::Json(mut json) => {
                self.clean(&mut json);
                json.to_string()
            }
        }
    }

    /// `text` without the secrets that were met anywhere.
    pub(super) fn without<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.names.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut shown = String::with_capacity(text.len());
        self.push_without(&mut shown, text, &BETWEEN);
        Cow::Owned(shown)
    }

    fn push_without(&self, shown: &mut String, text: &str, between: &[&str]) {
        match self.name_of(text) {
            Some(name) => shown.push_str(name),
            None => self.push_words(shown, text, between),
        }
    }

    /// The words of a text that is no secret as a whole.
    fn push_words(&self, shown: &mut String, text: &str, between: &[&str]) {
        match between.split_first() {
            None => shown.push_str(text),
            Some((&PAIR, narrower)) => match text.split_once(PAIR) {
                Some((name, value)) if !name.contains('/') => {
                    shown.push_str(&text[..text.len() - value.len()]);
                    self.push_without(shown, value, narrower);
                }
                _ => self.push_words(shown, text, narrower),
            },
            Some((marks, narrower)) => {
                for piece in text.split_inclusive(|mark| marks.contains(mark)) {
                    let word = piece.trim_end_matches(|mark| mark == '.' || marks.contains(mark));
                    // What is whole still has been judged already.
                    match word.len() == text.len() {
                        true => self.push_words(shown, word, narrower),
                        false => self.push_without(shown, word, narrower),
                    }
                    shown.push_str(&piece[word.len()..]);
                }
            }
        }
    }

    /// The name of a secret that was met.
    fn name_of(&self, word: &str) -> Option<&str> {
        if word.len() < LEAST || self.catalog.find(word).is_some() {
            return None;
        }
        let met = |word: &str| {
            let name = identity::secret_name(word);
            self.names.iter().find(|met| **met == name)
        };
        let plain = || met(&percent_decode_str(word).decode_utf8_lossy());
        let found = met(word).or_else(|| word.contains('%').then(plain)?);
        found.map(String::as_str)
    }

    fn clean(&self, json: &mut Json<'_>) {
        match json {
            Json::Object(members) => members.iter_mut().for_each(|(_, value)| self.clean(value)),
            Json::Array(items) => items.iter_mut().for_each(|item| self.clean(item)),
            Json::Text(text) => *text = self.without(text).into_owned().into(),
            _ => {}
        }
    }

    /// The name of a secret, which is looked for from now on.
    fn meet(&mut self, secret: &str) -> String {
        let name = identity::secret_name(secret);
        if !self.names.contains(&name) {
            self.names.push(name.clone());
        }
        name
    }

    fn names_secret(&self, name: &str) -> bool {
        let name = percent_decode_str(name).decode_utf8_lossy();
        // `apiKey`, `api_key` and `api.key` are one name.
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let plain = plain.to_ascii_lowercase();
        self.catalog.hides(&name) || is_secret_key(&plain) || plain.ends_with("apikey")
    }

    fn json<'t>(&mut self, mut json: Json<'t>) -> Masked<'t> {
        self.mask(&mut json);
        Masked::Json(json)
    }

    fn mask(&mut self, json: &mut Json<'_>) {
        match json {
            Json::Object(members) => {
                // An entry may also be written as `{"key": …, "value": …}`; a new value of one, without its key.
                let named = members.iter().find(|(name, _)| name == "key");
                let key = named.and_then(|(_, key)| key.as_str());
                let names_secret = key.is_some_and(|key| self.catalog.hides(key));
                let is_open = key.is_some() && !names_secret;
                for (name, value) in members {
                    let hidden = name == member::PROVIDER_DATA
                        || self.names_secret(name)
                        || (names_secret && name == "value")
                        || (!is_open && name == member::PROPERTY_VALUE);
                    match value {
                        Json::Null => {}
                        _ if hidden => *value = Json::from(self.meet(&text_of(value))),
                        _ => self.mask(value),
                    }
                }
            }
            Json::Array(items) => items.iter_mut().for_each(|item| self.mask(item)),
            _ => {}
        }
    }
}

fn text_of<'a>(value: &'a Json<'_>) -> Cow<'a, str> {
    match value {
        Json::Text(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
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
    #[case::new_value(r#"{"seen":1,"propertyValue":"SECRET"}"#)]
    #[case::entry(r#"{"key":"a.secret","propertyValue":"SECRET","seen":1}"#)]
    #[case::open_entry(r#"{"key":"a.plain","propertyValue":"seen"}"#)]
    #[case::login(r#"{"userSecret":"SECRET","organizationSecret":"SECRET","seen":1}"#)]
    #[case::client(r#"{"apiKey":"SECRET","apiSecret":"SECRET","callbackUrl":"seen"}"#)]
    #[case::no_json("seen: SECRET&a=SECRET")]
    fn no_secret_is_shown(#[case] text: &str) {
        let mut mask = Mask::new(Catalog::documented(), "");
        let sent = mask.sent(text.as_bytes());
        let shown = mask.show(sent);
        assert!(!shown.contains("SECRET"), "{shown}");
        assert!(shown.contains("seen"), "{shown}");
    }

    #[test]
    fn a_query_keeps_no_secret() {
        let shown = Mask::new(Catalog::documented(), "").target(
            "/a?pageSize=5&token=SECRET&apiSecret=SECRET&%74oken=SECRET&apiKey=SECRET&api_key=SECRET&x",
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

    #[rstest]
    #[case::path("/instances/s3cr%2ft+==", "/instances/NAME")]
    #[case::escaped("/instances/s3cr%2Ft%2B%3D%3D?q=1", "/instances/NAME?q=1")]
    #[case::query("/a?q=s3cr/t+==&r=2", "/a?q=NAME&r=2")]
    #[case::message(
        "No instance 's3cr/t+==', of s3cr/t+==.",
        "No instance 'NAME', of NAME."
    )]
    #[case::alone("s3cr/t+==", "NAME")]
    #[case::another("/instances/s3cr/t+=", "/instances/s3cr/t+=")]
    fn a_secret_that_was_met_is_masked_wherever_it_is_a_word(
        #[case] text: &str,
        #[case] expected: &str,
    ) {
        let mut mask = Mask::new(Catalog::documented(), "");
        let name = mask.meet("s3cr/t+==");
        assert_eq!(mask.without(text), expected.replace("NAME", &name));
    }

    #[test]
    fn what_is_met_in_a_header_is_masked_too() {
        let mut head = b"authorization: ".to_vec();
        push_authorization(
            &mut head,
            &HeaderValue::from_static("User a-secret, Element: another=="),
        );
        let mask = Mask::new(Catalog::documented(), std::str::from_utf8(&head).unwrap());
        for text in ["a-secret", "/instances/another==", "x=a-secret"] {
            assert!(mask.without(text).contains("secret-"), "{text}");
            assert!(!mask.without(text).contains("a-secret"), "{text}");
        }
    }

    #[test]
    fn a_secret_that_is_the_name_of_an_element_stays_readable_elsewhere() {
        let mut mask = Mask::new(Catalog::documented(), "");
        mask.meet("sendgrid");
        assert_eq!(mask.without("/elements/sendgrid"), "/elements/sendgrid");
    }
}
