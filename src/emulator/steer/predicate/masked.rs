//! Conditions as others than the test read them: short names stand in the place of secrets.

use super::body::BodyCondition;
use super::condition::{Condition, Expected};
use crate::catalog::Catalog;
use crate::emulator::identity::secret_name;
use crate::emulator::record::journal::mask_document;
use crate::secrets::{is_secret_header, names_secret};
use crate::wire::json::Json;

impl Condition {
    /// The same with short names in the place of the secrets that it names.
    pub(super) fn masked(&self) -> Condition {
        match self {
            Condition::Organization(secret, fingerprint) => {
                Condition::Organization(secret_name(secret), *fingerprint)
            }
            Condition::Header(name, expected) => {
                let is_secret = is_secret_header(name.as_str());
                let shown = if is_secret { secret_name } else { masked_text };
                Condition::Header(name.clone(), expected.map(shown))
            }
            Condition::Query(name, expected) => {
                let is_secret = names_secret(name);
                let shown = if is_secret { secret_name } else { masked_text };
                Condition::Query(name.clone(), expected.map(shown))
            }
            Condition::Body(conditions) => {
                Condition::Body(conditions.iter().map(BodyCondition::masked).collect())
            }
            other => other.clone(),
        }
    }

    /// Takes over the secrets of earlier conditions that are shown as this one is.
    pub(super) fn keep_secrets(&mut self, earlier: &[Condition]) {
        if let Condition::Body(own) = self {
            let bodies = earlier.iter().filter_map(|known| match known {
                Condition::Body(conditions) => Some(conditions),
                _ => None,
            });
            let known: Vec<_> = bodies.flatten().collect();
            for one in own {
                if let Some(same) = known.iter().find(|known| known.masked() == *one) {
                    *one = (*same).clone();
                }
            }
        } else if let Some(same) = earlier.iter().find(|known| known.is_shown_as(self)) {
            *self = same.clone();
        }
    }

    fn is_shown_as(&self, read: &Condition) -> bool {
        match (self, read) {
            (Condition::Organization(secret, _), Condition::Organization(shown, _)) => {
                secret_name(secret) == *shown
            }
            _ => self.masked() == *read,
        }
    }
}

impl Expected {
    fn map(&self, change: fn(&str) -> String) -> Expected {
        match self {
            Expected::Is(value) => Expected::Is(change(value)),
            Expected::Contains(part) => Expected::Contains(change(part)),
            other => other.clone(),
        }
    }
}

impl BodyCondition {
    fn masked(&self) -> BodyCondition {
        match self {
            BodyCondition::Json(json) => BodyCondition::Json(masked_json(json)),
            BodyCondition::Contains(json) => BodyCondition::Contains(masked_json(json)),
            BodyCondition::At(pointer, json) => {
                BodyCondition::At(pointer.clone(), masked_at(pointer, json))
            }
            BodyCondition::Text(text) => BodyCondition::Text(masked_text(text)),
            BodyCondition::TextContains(text) => BodyCondition::TextContains(masked_text(text)),
        }
    }
}

fn masked_json(json: &Json<'static>) -> Json<'static> {
    let mut masked = json.clone();
    mask_document(&mut masked, Catalog::documented());
    masked
}

/// The value at a pointer: a secret where a name on the way to it is one of secrets.
fn masked_at(pointer: &str, json: &Json<'static>) -> Json<'static> {
    let hides = |name: &str| names_secret(name) || Catalog::documented().hides(name);
    let mut names = pointer.split('/');
    let secret = names.clone().find(|name| hides(name));
    let name = secret.or_else(|| names.next_back()).unwrap_or_default();
    let named = Json::Object(vec![(name.to_owned().into(), json.clone())]);
    match masked_json(&named) {
        Json::Object(mut members) => members.remove(0).1,
        other => other,
    }
}

/// Masks a text as JSON; of one that is none, everything behind the first name of a secret.
fn masked_text(text: &str) -> String {
    if let Ok(json @ (Json::Object(_) | Json::Array(_))) = Json::parse(text.as_bytes()) {
        let json = json.into_owned();
        let masked = masked_json(&json);
        return if masked == json {
            text.to_owned()
        } else {
            masked.to_string()
        };
    }
    let is_of_name = |letter: char| letter.is_alphanumeric() || ".-_".contains(letter);
    let mut words = text.split(|letter| !is_of_name(letter));
    let mut at = 0;
    let secret = words.find_map(|word| {
        let end = at + word.len();
        at = text.ceil_char_boundary(end + 1);
        names_secret(word).then_some(end)
    });
    let Some(end) = secret else {
        return text.to_owned();
    };
    match text[end..].find(is_of_name) {
        Some(gap) => text[..end + gap].to_owned() + &secret_name(&text[end + gap..]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::plain("hello", "hello")]
    #[case::a_name_alone("\"apiKey\":", "\"apiKey\":")]
    #[case::open_json("{ \"name\": 1 }", "{ \"name\": 1 }")]
    #[case::json("{ \"token\": \"PLANTED\" }", "{\"token\":\"NAME\"}")]
    #[case::a_part_of_json("é\"apiKey\":PLANTED", "é\"apiKey\":NAME")]
    #[case::a_parameter(
        "https://host/?a=b&access_token=PLANTED",
        "https://host/?a=b&access_token=NAME"
    )]
    fn a_text_shows_no_secret(#[case] text: &str, #[case] expected: &str) {
        let expected = expected.replace("NAME", &secret_name("PLANTED"));
        assert_eq!(masked_text(text), expected);
    }

    #[rstest]
    #[case::named("/configuration/mailjet.api.key", "\"PLANTED\"", "\"NAME\"")]
    #[case::below("/providerData/0/code", "\"PLANTED\"", "\"NAME\"")]
    #[case::inside(
        "/configuration",
        "{\"otp\":\"PLANTED\",\"a\":1}",
        "{\"otp\":\"NAME\",\"a\":1}"
    )]
    #[case::open("/element/key", "\"mailjet\"", "\"mailjet\"")]
    #[case::root("", "{\"a\":1}", "{\"a\":1}")]
    fn a_value_at_a_pointer_shows_no_secret(
        #[case] pointer: &str,
        #[case] json: &str,
        #[case] expected: &str,
    ) {
        let json = Json::parse(json.as_bytes()).unwrap().into_owned();
        let expected = expected.replace("NAME", &secret_name("PLANTED"));
        assert_eq!(masked_at(pointer, &json).to_string(), expected);
    }
}
