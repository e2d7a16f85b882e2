//! An exchange with its secrets in, an interaction without them out.
//!
//! In this order: denied places are emptied, also those inside of open texts, and what stood there is learnt; then
//! everything that is left is searched for all secrets known so far, in any encoding. A secret has one placeholder
//! wherever it stands, numbered by first appearance. A secret that is too common to be searched for (see [`Redaction`])
//! is replaced in its own place only.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, SET_COOKIE};
use http::{HeaderMap, HeaderName};
use percent_encoding::percent_decode_str;

use super::Cassette;
use super::embedded;
use super::finder::Finder;
use super::message::{Answered, Asked, Content, Exchange, Interaction, Pairs};
use super::placeholder;
use super::places::{Class, Redaction, class_of};
use super::scan::{self, Leak};
use super::selector::{Place, Room, Step};
use super::walk::{pairs_of_query, rename, visit};
use crate::wire::vocabulary::text::MASK;

/// Makes interactions of exchanges, and remembers the secrets that it has seen.
pub struct Redactor {
    redaction: Redaction,
    placeholders: HashMap<String, Made>,
    /// The placeholders that it has made: they are no secrets when they come back.
    made: HashSet<String>,
    finder: Finder,
    /// Placeholders of a cassette that is being continued: they stay as they are.
    taken: HashSet<String>,
    /// Texts that a cassette has beside its interactions: what is in them cannot be looked for.
    spared: Vec<String>,
    replacing: Replacing,
}

/// A placeholder.
struct Made {
    text: String,
    /// Whether it is known by now if its secret can be looked for.
    is_judged: bool,
}

/// Whether what is found is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Replacing {
    Secrets,
    /// Nothing is made: what stands in denied places is only listed.
    Listing,
    /// Off on purpose, to see that nothing is written then.
    #[cfg(test)]
    Nothing,
}

impl Redactor {
    /// One that has seen no secret yet.
    #[must_use]
    pub fn new(redaction: Redaction) -> Self {
        Redactor {
            redaction,
            placeholders: HashMap::new(),
            made: HashSet::new(),
            finder: Finder::default(),
            taken: HashSet::new(),
            spared: Vec::new(),
            replacing: Replacing::Secrets,
        }
    }

    /// One that goes on after `interactions`, whose placeholders it keeps.
    #[must_use]
    pub fn continuing(redaction: Redaction, interactions: &[Interaction]) -> Self {
        let taken = placeholders_of(&redaction, interactions);
        Redactor {
            taken,
            ..Redactor::new(redaction)
        }
    }

    #[cfg(test)]
    pub(super) fn replacing(mut self, replacing: Replacing) -> Self {
        self.replacing = replacing;
        self
    }

    /// Does not look for what the head of a cassette says: its upstream and its day.
    pub(crate) fn spare(&mut self, cassette: &Cassette) {
        let head = [cassette.upstream(), cassette.recorded()];
        self.spared.extend(head.map(str::to_owned));
    }

    pub(super) fn finder(&self) -> &Finder {
        &self.finder
    }

    pub(crate) fn redaction(&self) -> &Redaction {
        &self.redaction
    }

    /// The exchange without its secrets.
    ///
    /// # Errors
    /// A secret that is still in it.
    pub fn redact(&mut self, exchange: &Exchange) -> Result<Interaction, Leak> {
        let interaction = self.without_secrets(exchange);
        match scan::leak(&interaction.to_json().to_string(), &self.finder) {
            Some(leak) => Err(leak),
            None => Ok(interaction),
        }
    }

    fn without_secrets(&mut self, exchange: &Exchange) -> Interaction {
        let raw = read(exchange);
        match self.replacing {
            Replacing::Secrets | Replacing::Listing => {
                let emptied = self.empty_denied_places(raw);
                self.clean(emptied)
            }
            #[cfg(test)]
            Replacing::Nothing => {
                self.empty_denied_places(raw.clone());
                raw
            }
        }
    }

    /// An interaction that was redacted before, without what has become known as a secret since.
    pub(crate) fn clean(&self, mut interaction: Interaction) -> Interaction {
        let clean = |place: &Place<'_>, text: &str| match self.redaction.is_kept(place) {
            true => None,
            false => self.finder.clean(text),
        };
        visit(&mut interaction, &mut { clean });
        rename(&mut interaction, &|name| self.finder.clean(name));
        if let Some(path) = self.finder.clean(&interaction.request.path) {
            interaction.request.path = path;
        }
        for body in [
            &mut interaction.request.body,
            &mut interaction.response.body,
        ] {
            if let Content::Binary(bytes) = body
                && let Some(cleaned) = self.finder.clean_bytes(bytes)
            {
                *bytes = cleaned;
            }
        }
        interaction
    }

    fn empty_denied_places(&mut self, mut interaction: Interaction) -> Interaction {
        visit(&mut interaction, &mut |place: &Place<'_>, text: &str| {
            if !self.redaction.denies(place, text) {
                return self.without_embedded(place, text);
            }
            let header = match (place.room, place.steps) {
                (Room::Header, [Step::Member(name)]) => HeaderName::try_from(*name).ok(),
                _ => None,
            };
            Some(match header {
                Some(COOKIE) => self.cookies(text),
                Some(SET_COOKIE) => self.set_cookie(text),
                Some(AUTHORIZATION | PROXY_AUTHORIZATION) => self.authorization(text),
                _ if self.redaction.denies_its_name(place) => self.placeholder(text),
                _ => self.placeholder_inside(text),
            })
        });
        interaction
    }

    /// A text that is open itself, and may have members that are not.
    fn without_embedded(&mut self, place: &Place<'_>, text: &str) -> Option<String> {
        let is_whole_body = place.room == Room::Body && place.steps.is_empty();
        let may_be = is_whole_body || place.room == Room::Header || embedded::has_members(text);
        if !may_be || self.redaction.is_kept(place) {
            return None;
        }
        let found = embedded::secrets(text, |name| self.redaction.denies_name(name));
        if found.is_empty() {
            return None;
        }
        let (mut out, mut at) = (String::with_capacity(text.len()), 0);
        for range in found {
            out.push_str(&text[at..range.start]);
            out.push_str(&self.placeholder_inside(&plain(&text[range.clone()])));
            at = range.end;
        }
        Some(out + &text[at..])
    }

    /// The same for what may be a secret by what it is inside of: a mere word is not looked for elsewhere.
    fn placeholder_inside(&mut self, text: &str) -> String {
        const LONGEST: usize = 12;
        let is_word = text.len() < LONGEST && text.bytes().all(|byte| byte.is_ascii_lowercase());
        let made = self.made_for(text);
        if !is_word {
            self.look_for(text);
        }
        made
    }

    /// What stands for `secret`, now and whenever it is seen again.
    fn placeholder(&mut self, secret: &str) -> String {
        let made = self.made_for(secret);
        self.look_for(secret);
        made
    }

    /// Looks for what a placeholder was made for, unless it is too common.
    fn look_for(&mut self, secret: &str) {
        let made = self.placeholders.get_mut(secret);
        let Some(made) = made.filter(|made| !made.is_judged) else {
            return;
        };
        made.is_judged = true;
        let is_spared = self.spared.iter().any(|text| text.contains(secret));
        if !is_spared && !self.redaction.is_trivial(secret) {
            self.finder.insert(secret, &made.text);
        }
    }

    /// What stands for `secret` in its own place; itself, when it is none.
    fn made_for(&mut self, secret: &str) -> String {
        let is_blank = secret.trim().is_empty() || secret == MASK;
        if self.replacing == Replacing::Listing {
            if !is_blank {
                self.made.insert(secret.to_owned());
            }
            return secret.to_owned();
        }
        if let Some(known) = self.placeholders.get(secret) {
            return known.text.clone();
        }
        let is_known = self.taken.contains(secret) || self.made.contains(secret);
        if is_blank || is_known || placeholder::is_made(secret) {
            return secret.to_owned();
        }
        let mut number = self.taken.len() + self.placeholders.len() + 1;
        let mut made = placeholder::shaped_like(secret, number);
        while self.taken.contains(&made) || self.placeholders.contains_key(&made) || made == secret
        {
            number += 1;
            made = placeholder::shaped_like(secret, number);
        }
        let text = made.clone();
        let is_judged = false;
        self.placeholders
            .insert(secret.to_owned(), Made { text, is_judged });
        self.made.insert(made.clone());
        made
    }

    /// Keeps the words and replaces the secret after each.
    fn authorization(&mut self, value: &str) -> String {
        let pairs = value.split(',').map(|pair| {
            let pair = pair.trim();
            match pair.split_once([' ', ':']) {
                Some((word, secret)) if is_word(word) => {
                    let between = &pair[word.len()..=word.len()];
                    format!("{word}{between}{}", self.after_word(word, secret.trim()))
                }
                _ => self.placeholder(pair),
            }
        });
        pairs.collect::<Vec<_>>().join(", ")
    }

    fn after_word(&mut self, word: &str, secret: &str) -> String {
        let decoded = STANDARD.decode(secret).ok();
        let pair = decoded.and_then(|decoded| String::from_utf8(decoded).ok());
        match pair.as_deref().and_then(|pair| pair.split_once(':')) {
            Some((user, password)) if word.eq_ignore_ascii_case("basic") => {
                let (user, password) = (self.placeholder(user), self.placeholder(password));
                STANDARD.encode(format!("{user}:{password}"))
            }
            _ => self.placeholder(secret),
        }
    }

    fn cookies(&mut self, value: &str) -> String {
        let cookies = value.split(';').map(|cookie| self.cookie(cookie.trim()));
        cookies.collect::<Vec<_>>().join("; ")
    }

    /// The first pair is the cookie; what follows are attributes.
    fn set_cookie(&mut self, value: &str) -> String {
        match value.split_once(';') {
            Some((cookie, attributes)) => format!("{};{attributes}", self.cookie(cookie)),
            None => self.cookie(value),
        }
    }

    fn cookie(&mut self, cookie: &str) -> String {
        match cookie.split_once('=') {
            Some((name, value)) => format!("{name}={}", self.placeholder(value)),
            None => self.placeholder(cookie),
        }
    }
}

/// A value as its owner knows it, not as it is spelled inside of a text.
fn plain(spelled: &str) -> Cow<'_, str> {
    if spelled.contains('\\') {
        let quoted = format!("\"{spelled}\"");
        return serde_json::from_str(&quoted).map_or(Cow::Borrowed(spelled), Cow::Owned);
    }
    percent_decode_str(spelled)
        .decode_utf8()
        .unwrap_or(Cow::Borrowed(spelled))
}

fn is_word(word: &str) -> bool {
    !word.is_empty()
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
}

/// Every placeholder in the denied places of `interactions`.
pub(super) fn placeholders_of(
    redaction: &Redaction,
    interactions: &[Interaction],
) -> HashSet<String> {
    let mut all = Redactor::new(redaction.clone());
    all.replacing = Replacing::Listing;
    for interaction in interactions {
        all.empty_denied_places(interaction.clone());
    }
    all.made
}

/// The exchange as an interaction would show it, secrets and all: not to leave this file.
fn read(exchange: &Exchange) -> Interaction {
    let (path, query) = match exchange.target.split_once('?') {
        Some((path, query)) => (path, pairs_of_query(query)),
        None => (exchange.target.as_str(), Pairs::new()),
    };
    Interaction {
        request: Asked {
            method: exchange.method.clone(),
            path: path.to_owned(),
            query,
            headers: headers_of(&exchange.request_headers),
            body: Content::of(&exchange.request_body),
        },
        response: Answered {
            status: exchange.status,
            headers: headers_of(&exchange.response_headers),
            body: Content::of(&exchange.response_body),
        },
    }
}

fn headers_of(headers: &HeaderMap) -> Pairs {
    let said = headers
        .iter()
        .filter(|(name, _)| class_of(name.as_str()) != Class::Dropped);
    let mut pairs: Pairs = said
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        })
        .collect();
    // Clients and servers differ in the order, which says nothing.
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use bytes::Bytes;
    use http::{Method, StatusCode};

    fn exchange(request: &str, response: &str) -> Exchange {
        let mut request_headers = HeaderMap::new();
        let authorization = "User user-secret-1, Organization: org/secret+2=";
        request_headers.insert(AUTHORIZATION, authorization.parse().unwrap());
        request_headers.insert("cookie", "a=cookie-secret; b=".parse().unwrap());
        request_headers.insert("x-api-key", "header-secret".parse().unwrap());
        request_headers.insert("host", "api.example".parse().unwrap());
        Exchange {
            method: Method::POST,
            target: "/elements/api-v2/instances/user-secret-1?apiKey=query-secret&q=a".to_owned(),
            request_headers,
            request_body: Bytes::copy_from_slice(request.as_bytes()),
            status: StatusCode::OK,
            response_headers: HeaderMap::new(),
            response_body: Bytes::copy_from_slice(response.as_bytes()),
        }
    }

    fn redactor() -> Redactor {
        Redactor::new(Redaction::new(Catalog::documented()))
    }

    /// With redaction switched off on purpose.
    #[test]
    fn a_secret_that_is_left_is_a_leak_that_names_its_place_only() {
        let mut redactor = redactor().replacing(Replacing::Nothing);
        let leak = redactor.redact(&exchange(r#"{"password":"planted-secret"}"#, ""));
        let said = leak.unwrap_err().to_string();
        assert!(said.starts_with("/request/"), "{said}");
        assert!(!said.contains("planted-secret"), "{said}");
    }

    #[test]
    fn a_secret_has_the_same_placeholder_everywhere() {
        let request = r#"{"configuration":{"mailjet.api.key":"user-secret-1"},"name":"query-secret, header-secret"}"#;
        let response =
            "{\n \"token\": \"dG9rZW4tc2VjcmV0LTEyMzQ1Njc4OTA=\", \"note\":\"cookie-secret\" }";
        let shown = redactor()
            .redact(&exchange(request, response))
            .unwrap()
            .to_json()
            .to_pretty();
        let expected = r#"{
  "request": {
    "method": "POST",
    "path": "/elements/api-v2/instances/redacted-1xxx",
    "query": {
      "apiKey": "redacted-5xx",
      "q": "a"
    },
    "headers": {
      "authorization": "User redacted-1xxx, Organization:redacted-2xxx",
      "cookie": "a=redacted-3xxx; b=",
      "x-api-key": "redacted-4xxx"
    },
    "json": {
      "configuration": {
        "mailjet.api.key": "redacted-1xxx"
      },
      "name": "redacted-5xx, redacted-4xxx"
    }
  },
  "response": {
    "status": 200,
    "json": {
      "token": "REDACTED6AAAAAAAAAAAAAAAAAAAAAA=",
      "note": "redacted-3xxx"
    },
    "text": "{\n \"token\": \"REDACTED6AAAAAAAAAAAAAAAAAAAAAA=\", \"note\":\"redacted-3xxx\" }"
  }
}"#;
        assert_eq!(shown, expected);
    }

    #[test]
    fn other_secrets_of_the_same_shape_give_the_same_interaction() {
        let one = redactor()
            .redact(&exchange(r#"{"token":"aaaaaaaa"}"#, ""))
            .unwrap();
        let other = redactor()
            .redact(&exchange(r#"{"token":"bbbbbbbb"}"#, ""))
            .unwrap();
        assert_eq!(one, other);
    }

    #[test]
    fn a_short_secret_is_replaced_in_its_own_place_only() {
        let interaction = redactor()
            .redact(&exchange(r#"{"password":"smtp","host":"smtp"}"#, ""))
            .unwrap();
        let Content::Json { value, .. } = &interaction.request.body else {
            panic!()
        };
        assert_eq!(
            value.to_string(),
            r#"{"password":"redacted-6","host":"smtp"}"#
        );
    }

    #[test]
    fn placeholders_of_a_continued_cassette_stay() {
        let first = redactor()
            .redact(&exchange(r#"{"token":"aaaaaaaa"}"#, ""))
            .unwrap();
        let redaction = Redaction::new(Catalog::documented());
        let mut next = Redactor::continuing(redaction, std::slice::from_ref(&first));
        let body = first.request.body.to_bytes();
        let again = next
            .redact(&exchange(std::str::from_utf8(&body).unwrap(), ""))
            .unwrap();
        assert_eq!(again.request.body, first.request.body);
        assert_ne!(again.request.headers, first.request.headers);
    }

    #[test]
    fn a_kept_place_stays_and_a_selected_one_goes() {
        let redaction = Redaction::default()
            .keep("body:token".parse().unwrap())
            .redact("body:/name".parse().unwrap());
        let redacted = Redactor::new(redaction)
            .redact(&exchange(r#"{"token":"kept-token","name":"a name"}"#, ""))
            .unwrap();
        let shown = String::from_utf8(redacted.request.body.to_bytes().to_vec()).unwrap();
        assert_eq!(shown, r#"{"token":"kept-token","name":"redacted-6"}"#);
    }
}
