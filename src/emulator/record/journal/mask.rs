//! The masked view of a journaled request: what `/__admin` and standard error show of it.
//!
//! A secret is replaced by a short stable name, so that equal secrets can be told from different ones and none can be
//! read. The places that hold secrets are masked first: headers, parameters and JSON members that are named like one.
//! Then every secret that was met there is masked wherever else in the same entry it stands as a word: in the path, in
//! another member, in an error's message. It deliberately guesses nothing from the look of a value.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::broken::mask_broken;
use super::received::Received;
use super::words::MetSecrets;
use crate::catalog::Catalog;
use crate::emulator::identity::secret_name;
use crate::secrets::{
    AuthorizationPart, authorization_parts, credentials_in, is_secret_header, names_secret,
};
use crate::wire::json::Json;
use crate::wire::vocabulary::{member, text};

/// Replaces every secret of a journaled request and its answer by its short stable name.
pub(super) fn mask(mut received: Received, catalog: &Catalog) -> Received {
    let mut mask = Mask {
        catalog,
        met: MetSecrets::default(),
    };
    received.target = mask.mask_parameters(&received.target);
    for (name, value) in &mut received.headers {
        *value = mask.mask_header(name, value);
    }
    let sent = mask.mask_body(&received.body.text);
    let answered = mask.mask_body(&received.answer.text);
    // Every secret has been met by now.
    let (sent, answered) = (mask.show(sent), mask.show(answered));
    (received.body.text, received.answer.text) = (sent, answered);
    let headers = received.headers.iter_mut().map(|(_, value)| value);
    for text in headers
        .chain([&mut received.target])
        .chain(&mut received.element)
        .chain(&mut received.hint)
    {
        *text = mask.met.mask_words(text).into_owned();
    }
    received
}

/// Replaces every secret of a document by its short stable name.
pub(crate) fn mask_document(json: &mut Json<'_>, catalog: &Catalog) {
    let mut mask = Mask {
        catalog,
        met: MetSecrets::default(),
    };
    mask.mask_json(json);
    mask.mask_words_of(json);
}

/// Masks one request and its answer, and remembers the secrets that it meets.
struct Mask<'c> {
    catalog: &'c Catalog,
    met: MetSecrets,
}

/// A body whose secret places are masked.
enum MaskedBody<'a> {
    Json(Json<'a>),
    Text(String),
}

impl Mask<'_> {
    fn is_secret(&self, name: &str) -> bool {
        names_secret(name) || self.catalog.hides(name)
    }

    /// The name of a secret, which is looked for in the rest of the entry from now on.
    fn meet(&mut self, secret: &str) -> String {
        if secret.is_empty() || secret == text::MASK {
            return secret.to_owned();
        }
        // The name of an element would hide what the entry is about.
        if self.catalog.find(secret).is_none() {
            self.met.insert(secret);
        }
        secret_name(secret)
    }

    fn mask_header(&mut self, name: &str, value: &str) -> String {
        if !is_secret_header(name) {
            return self.mask_parameters(value);
        }
        let mut masked = String::new();
        for part in authorization_parts(value) {
            match part {
                AuthorizationPart::Open(text) => masked.push_str(text),
                AuthorizationPart::Secret(secret) => {
                    // A cookie's value is looked for without its name.
                    for (_, value) in secret.split(';').filter_map(|pair| pair.split_once('=')) {
                        self.meet(value);
                    }
                    masked.push_str(&self.meet(secret));
                }
            }
        }
        masked
    }

    /// Masks the values of secret parameters, in a URL or in a text that has one.
    fn mask_parameters(&mut self, text: &str) -> String {
        let mut masked = String::with_capacity(text.len());
        for piece in text.split_inclusive(BETWEEN_PARAMETERS) {
            let pair = piece.trim_end_matches(BETWEEN_PARAMETERS);
            match pair.split_once('=') {
                Some((name, value)) if self.is_secret(&decoded(name)) => {
                    masked.push_str(&pair[..=name.len()]);
                    masked.push_str(&self.meet(&decoded(value)));
                }
                _ => masked.push_str(pair),
            }
            masked.push_str(&piece[pair.len()..]);
        }
        masked
    }

    fn mask_body<'t>(&mut self, text: &'t str) -> MaskedBody<'t> {
        match Json::parse(text.as_bytes()) {
            Ok(mut json @ (Json::Object(_) | Json::Array(_))) => {
                self.mask_json(&mut json);
                MaskedBody::Json(json)
            }
            // Nobody can tell what a value without a name is.
            _ => MaskedBody::Text(mask_broken(text, self.catalog)),
        }
    }

    fn mask_json(&mut self, json: &mut Json<'_>) {
        match json {
            Json::Object(members) => {
                let is_secret_pair = members.iter().any(|(name, value)| {
                    // An entry may also be written as `{"key": …, "value": …}`.
                    let names = [member::KEY, member::NAME].contains(&&**name);
                    names && value.as_str().is_some_and(|name| self.is_secret(name))
                });
                // A new value is sent without the key of its entry, so nobody can tell what it is.
                let is_alone = members.iter().all(|(name, _)| name != member::KEY);
                for (name, value) in members {
                    let is_secret_value = (is_secret_pair && name == "value")
                        || ((is_secret_pair || is_alone) && name == member::PROPERTY_VALUE);
                    if self.is_secret(name) || is_secret_value {
                        self.mask_value(value);
                    } else {
                        self.mask_json(value);
                    }
                }
            }
            Json::Array(items) => items.iter_mut().for_each(|item| self.mask_json(item)),
            Json::Text(text) => {
                if let Some(masked) = self.mask_text(text) {
                    *text = masked.into();
                }
            }
            _ => {}
        }
    }

    /// Masks the JSON, or the address with its parameters, that a text consists of.
    fn mask_text(&mut self, text: &str) -> Option<String> {
        if let Ok(mut json @ (Json::Object(_) | Json::Array(_))) = Json::parse(text.as_bytes()) {
            self.mask_json(&mut json);
            return Some(json.to_string());
        }
        let credentials = text.contains("://").then(|| credentials_in(text)).flatten();
        let address = credentials.map(|place| {
            let name = self.meet(&text[place.clone()]);
            format!("{}{name}{}", &text[..place.start], &text[place.end..])
        });
        let text = address.as_deref().unwrap_or(text);
        match text.contains('=') {
            true => Some(self.mask_parameters(text)),
            false => address,
        }
    }

    /// Masks the whole value of a secret member; whether there is one is no secret.
    fn mask_value(&mut self, value: &mut Json<'_>) {
        if !matches!(value, Json::Null | Json::Bool(_)) {
            self.meet_inside(value);
            *value = self.meet(&text_of(value)).into();
        }
    }

    fn meet_inside(&mut self, value: &Json<'_>) {
        match value {
            Json::Object(members) => members
                .iter()
                .for_each(|(_, value)| self.meet_inside(value)),
            Json::Array(items) => items.iter().for_each(|item| self.meet_inside(item)),
            Json::Null | Json::Bool(_) => {}
            Json::Text(_) | Json::Number(_) => {
                self.meet(&text_of(value));
            }
        }
    }

    /// The text of a body, without the secrets that were met anywhere.
    fn show(&self, body: MaskedBody<'_>) -> String {
        match body {
            MaskedBody::Text(text) => self.met.mask_words(&text).into_owned(),
            MaskedBody::Json(mut json) => {
                self.mask_words_of(&mut json);
                json.to_string()
            }
        }
    }

    fn mask_words_of(&self, json: &mut Json<'_>) {
        let mask = |text: &mut Cow<'_, str>| {
            if let Cow::Owned(masked) = self.met.mask_words(text) {
                *text = masked.into();
            }
        };
        match json {
            Json::Object(members) => members.iter_mut().for_each(|(name, value)| {
                mask(name);
                self.mask_words_of(value);
            }),
            Json::Array(items) => items.iter_mut().for_each(|item| self.mask_words_of(item)),
            Json::Text(text) => mask(text),
            _ => {}
        }
    }
}

const BETWEEN_PARAMETERS: [char; 6] = ['?', '&', ';', '#', ' ', '\n'];

fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
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
    use crate::emulator::record::journal::received::Content;
    use crate::rules;
    use rstest::rstest;

    fn received(target: &str, headers: &[(&str, &str)], sent: &str, answered: &str) -> Received {
        let content = |text: &str| Content {
            text: text.to_owned(),
            length: text.len() as u64,
            digest: None,
        };
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Received {
            number: 1,
            at: 0,
            request_id: String::new(),
            took: std::time::Duration::ZERO,
            organization: None,
            method: "POST".to_owned(),
            target: target.to_owned(),
            headers: headers.iter().map(owned).collect(),
            body: content(sent),
            element: None,
            instance: None,
            status: Some(200),
            rule: &rules::CREATE,
            effect: None,
            hint: None,
            stub: None,
            answer: content(answered),
        }
    }

    fn masked_body(sent: &str) -> String {
        mask(received("/a", &[], sent, ""), Catalog::documented())
            .body
            .text
    }

    fn masked_target(target: &str) -> String {
        mask(received(target, &[], "", ""), Catalog::documented()).target
    }

    fn masked_header(name: &str, value: &str) -> String {
        let received = received("/a", &[(name, value)], "", "");
        mask(received, Catalog::documented()).headers[0].1.clone()
    }

    #[rstest]
    #[case::configuration(r#"{"configuration":{"mailjet.api.key":"SECRET","plain":"name"}}"#)]
    #[case::client_secret(r#"{"configuration":{"clientSecret":"SECRET"},"name":1}"#)]
    #[case::private_key(r#"{"configuration":{"privateKey":"SECRET"},"name":1}"#)]
    #[case::passphrase(r#"{"configuration":{"passphrase":"SECRET"},"name":1}"#)]
    #[case::api_key(r#"{"configuration":{"apiKey":"SECRET"},"name":1}"#)]
    #[case::a_number(r#"{"name":1,"otp":["SECRET",1234567]}"#)]
    #[case::any_depth(r#"{"name":[{"a":[{"Signing_Key":"SECRET"}]}]}"#)]
    #[case::token(r#"[{"token":"SECRET"},"name"]"#)]
    #[case::provider_data(r#"{"providerData":{"code":"SECRET"},"name":"n"}"#)]
    #[case::as_key_and_value(r#"{"name": [{"key":"a.privateKey","value":"SECRET"}]}"#)]
    #[case::as_value_and_key(r#"{"key": [{"value":"SECRET","name":"passphrase"}]}"#)]
    #[case::new_value(r#"{"name":1,"propertyValue":"SECRET"}"#)]
    #[case::entry(r#"{"key":"a.secret","propertyValue":"SECRET"}"#)]
    #[case::login(r#"{"userSecret":"SECRET","organizationSecret":"SECRET","name":1}"#)]
    #[case::an_object(r#"{"name": {"a.secret":{"SECRET":"SECRET"}}}"#)]
    #[case::json_in_a_text(r#"{"name": "{\"password\":\"SECRET\"}"}"#)]
    #[case::url_in_a_text(r#"{"name": "https://host/path?a=b&access_token=SECRET"}"#)]
    #[case::credentials_of_an_address(r#"{"name": "https://u:SECRET@host/path?a=b"}"#)]
    #[case::cut(r#"{"name":5,"key":{"a.password":"SECRET","b.pass"#)]
    #[case::cut_in_the_middle_of_a_secret(r#"{"name":1,"a.password":"SECRET"#)]
    #[case::malformed(r#"{"name": 1 "a.secret":"SECRET"}"#)]
    #[case::without_quotes(r#"{"name": 1, "a.secret":SECRET}"#)]
    #[case::with_quotes_inside(r#"{"name": "a"SECRET", "b": "SECRET"}"#)]
    #[case::like_a_name(r#"{"name": "a,"SECRET":1"#)]
    #[case::single_quotes("{'name': 'SECRET'}")]
    #[case::curly_quotes("{“name”: “SECRET”}")]
    #[case::colon_inside(r#"{"name": "SECRET:SECRET""#)]
    #[case::bare_and_colon_inside(r#"{"name": SECRET:SECRET"#)]
    #[case::twice(r#"{"name": 1, "name": "SECRET"}"#)]
    #[case::a_form("name=SECRET&a=SECRET")]
    fn a_body_shows_no_secret(#[case] text: &str) {
        let shown = masked_body(text);
        assert!(!shown.contains("SECRET"), "{shown}");
        assert!(shown.contains("name") || shown.contains("key"), "{shown}");
    }

    #[rstest]
    #[case::a_text_alone(r#""SECRET""#, r#""…""#)]
    #[case::a_number_alone("12345678", "…")]
    #[case::nothing("", "")]
    #[case::nothing_to_hide(
        r#"{"password":"","apiKey":null,"secret":false,"token":"********"}"#,
        r#"{"password":"","apiKey":null,"secret":false,"token":"********"}"#
    )]
    #[case::an_open_entry(
        r#"{"key":"event.vendor.type","propertyValue":"webhook"}"#,
        r#"{"key":"event.vendor.type","propertyValue":"webhook"}"#
    )]
    #[case::a_form("grant_type=x&name=y", "…=…&name=…")]
    fn a_body_is_shown_as(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(masked_body(text), expected);
    }

    #[rstest]
    #[case::query("/a?pageSize=5&token=SECRET&x", "/a?pageSize=5&token=NAME&x")]
    #[case::names(
        "/a?apiSecret=SECRET&apiKey=SECRET&api_key=SECRET",
        "/a?apiSecret=NAME&apiKey=NAME&api_key=NAME"
    )]
    #[case::encoded_name("/a?%74oken=SECRET", "/a?%74oken=NAME")]
    #[case::encoded_value("/a?token=%53ECRET", "/a?token=NAME")]
    #[case::path_parameter("/a;jsessionid=SECRET?b=c", "/a;jsessionid=NAME?b=c")]
    #[case::path("/token=SECRET", "/token=NAME")]
    fn a_target_shows_no_secret(#[case] target: &str, #[case] expected: &str) {
        assert_eq!(
            masked_target(target),
            expected.replace("NAME", &secret_name("SECRET"))
        );
    }

    #[rstest]
    #[case(
        "authorization",
        "User SECRET, Organization:SECRET,SECRET",
        "User NAME, Organization:NAME,NAME"
    )]
    #[case("proxy-authorization", "Basic SECRET", "Basic NAME")]
    #[case("x-api-key", "SECRET", "NAME")]
    #[case(
        "referer",
        "https://host/?api_key=SECRET",
        "https://host/?api_key=NAME"
    )]
    #[case(
        "content-type",
        "text/plain; charset=utf-8",
        "text/plain; charset=utf-8"
    )]
    fn a_header_shows_no_secret(#[case] name: &str, #[case] value: &str, #[case] expected: &str) {
        assert_eq!(
            masked_header(name, value),
            expected.replace("NAME", &secret_name("SECRET"))
        );
    }

    /// A secret may be met in one place and stand in any other of the same entry.
    #[rstest]
    #[case::in_a_header(received("/a", &[("cookie", "a=b; id=SECRET"), ("x-note", "SECRET")], "", ""))]
    #[case::in_a_query(received("/a?token=SECRET", &[("x-note", "SECRET")], "", ""))]
    #[case::in_the_body(received("/SECRET", &[], r#"{"apiKey":"SECRET"}"#, ""))]
    #[case::inside_a_value(received("/SECRET", &[], r#"{"providerData":{"a":["SECRET"]}}"#, ""))]
    #[case::in_the_answer(received("/SECRET", &[("x-note", "SECRET")], r#"["SECRET"]"#, r#"{"token":"SECRET"}"#))]
    #[case::as_a_name(received("/a?token=SECRET", &[], r#"{"SECRET":1}"#, ""))]
    fn what_is_met_in_one_place_is_masked_in_all(#[case] received: Received) {
        let shown = mask(received, Catalog::documented()).to_json().to_string();
        assert!(!shown.contains("SECRET"), "{shown}");
    }

    #[test]
    fn a_secret_that_is_the_name_of_an_element_stays_readable_elsewhere() {
        assert_eq!(
            masked_target("/elements/sendgrid?token=sendgrid").find("sendgrid"),
            Some(10)
        );
    }
}
