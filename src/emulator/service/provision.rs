//! Is this provisioning request acceptable? A refusal says everything that is wrong with it.
//!
//! Decided in this order: the body is an object; the element exists; then all members and all configuration entries in
//! one check, whose answer names every problem, members first. The rule of the first problem is the answer's. Consent is
//! asked for last, and only to create.

use std::borrow::Cow;
use std::sync::Arc;

use crate::catalog::fixture::Entry;
use crate::catalog::{Catalog, Element};
use crate::rules::{self, Rule};
use crate::wire::distance;
use crate::wire::error::{ApiError, clip};
use crate::wire::instance::sanitize;
use crate::wire::json::{Json, Members};
use crate::wire::vocabulary::{Dialect, entry, member, text};

/// A checked request: names and tags sanitized, values as text.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Provision<'a> {
    pub(crate) name: Option<Cow<'a, str>>,
    pub(crate) tags: Option<Vec<Cow<'a, str>>>,
    /// The entries sent; `None` for one that is `null` or blank.
    pub(crate) configuration: Vec<(&'a str, Option<Cow<'a, str>>)>,
}

/// The purpose of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// Everything required must be there.
    Create,
    /// Only what is sent is checked.
    Update,
}

/// One thing wrong with a request.
struct Problem {
    rule: &'static Rule,
    message: String,
}

/// The members of a body, which must be an object.
pub(crate) fn members<'a, 'b>(body: &'b Json<'a>) -> Result<&'b Members<'a>, ApiError> {
    let found = || format!("The request body must be an object, found {}", body.kind());
    body.as_object()
        .ok_or_else(|| ApiError::bad_request(&rules::MEMBER_TYPES, found()))
}

/// The element that a body names by key, id or both; `None` when it names none.
pub(crate) fn named_element<'c>(
    body: &Json<'_>,
    dialect: Dialect,
    catalog: &'c Catalog,
) -> Result<Option<&'c Arc<Element>>, ApiError> {
    let noun = dialect.noun();
    let Some(named) = body.get(noun).filter(|named| **named != Json::Null) else {
        // To pass over the other spelling would do something else than what was asked.
        let misspelt = body.get(dialect.other().noun()).is_some();
        return if misspelt {
            Err(no_element_named(body, dialect, catalog))
        } else {
            Ok(None)
        };
    };
    if named.as_object().is_none() {
        return Err(wrong_type(noun, "an object", named));
    }
    let by_key = named.get(member::KEY).filter(|key| **key != Json::Null);
    let by_id = named.get(member::ID).filter(|id| **id != Json::Null);
    let by_key = by_key
        .map(|key| element_by_key(key, noun, catalog))
        .transpose()?
        .flatten();
    let by_id = by_id
        .map(|id| element_by_id(id, noun, catalog))
        .transpose()?;
    match (by_key, by_id) {
        (Some(key), Some(id)) if key.id() != id.id() => {
            let (id, key, other) = (id.id(), key.key(), id.key());
            let message =
                format!("{noun}.id {id} is {other}, but {noun}.key is {key}; send one of them");
            Err(ApiError::bad_request(&rules::ELEMENT_KEY_MISSING, message))
        }
        (by_key, by_id) => Ok(by_key.or(by_id)),
    }
}

fn element_by_key<'c>(
    key: &Json<'_>,
    noun: &str,
    catalog: &'c Catalog,
) -> Result<Option<&'c Arc<Element>>, ApiError> {
    let Some(text) = key.as_str() else {
        return Err(wrong_type(&format!("{noun}.key"), "text", key));
    };
    if text.trim().is_empty() {
        return Ok(None);
    }
    let known = catalog
        .elements()
        .iter()
        .find(|element| element.key() == text);
    known
        .map(Some)
        .ok_or_else(|| unknown_element(text, catalog))
}

fn element_by_id<'c>(
    id: &Json<'_>,
    noun: &str,
    catalog: &'c Catalog,
) -> Result<&'c Arc<Element>, ApiError> {
    let Json::Number(number) = id else {
        return Err(wrong_type(&format!("{noun}.id"), "a number", id));
    };
    let known = number.as_u64().and_then(|id| catalog.find_id(id));
    known.ok_or_else(|| unknown_element(&number.to_string(), catalog))
}

/// 404 for an element of a provisioning request, with the nearest known key or else all of them.
pub(crate) fn unknown_element(key_or_id: &str, catalog: &Catalog) -> ApiError {
    let hint = catalog
        .nearest(key_or_id)
        .map_or_else(|| known_keys(catalog), str::to_owned);
    ApiError::no_element(&rules::ELEMENT_UNKNOWN, key_or_id, Some(&hint))
}

/// 400 for a creation that names no element; tells a body in the other dialect apart.
pub(crate) fn no_element_named(body: &Json<'_>, dialect: Dialect, catalog: &Catalog) -> ApiError {
    let (noun, other) = (dialect.noun(), dialect.other().noun());
    let hint = if body.get(other).is_some() {
        format!("this path spells the noun {noun:?}, the body has {other:?}")
    } else {
        format!(
            "name the element to provision, one of {}",
            known_keys(catalog)
        )
    };
    ApiError::bad_request(
        &rules::ELEMENT_KEY_MISSING,
        format!("{noun}.key is required: {hint}"),
    )
}

fn known_keys(catalog: &Catalog) -> String {
    catalog
        .elements()
        .iter()
        .map(|element| element.key())
        .collect::<Vec<_>>()
        .join(", ")
}

fn wrong_type(path: &str, expected: &str, found: &Json<'_>) -> ApiError {
    ApiError::bad_request(
        &rules::MEMBER_TYPES,
        type_problem(path, expected, found).message,
    )
}

fn type_problem(path: &str, expected: &str, found: &Json<'_>) -> Problem {
    let message = format!("{path} must be {expected}, found {}", found.kind());
    Problem {
        rule: &rules::MEMBER_TYPES,
        message,
    }
}

/// Checks members and configuration of a request for an instance of `element`.
pub(crate) fn check<'a>(
    body: &'a Json<'a>,
    element: &Element,
    occasion: Occasion,
) -> Result<Provision<'a>, ApiError> {
    let mut problems = Vec::new();
    let provision = Provision {
        name: name(body, occasion, &mut problems),
        tags: tags(body, &mut problems),
        configuration: configuration(body, element, &mut problems),
    };
    provider_data(body, &mut problems);
    problems.extend(missing(&provision.configuration, element, occasion));
    let Some(first) = problems.first() else {
        let asks = occasion == Occasion::Create && element.oauth().is_some();
        return match asks && !has_consent(body, &provision.configuration) {
            true => Err(ApiError::bad_request(
                &rules::OAUTH_CODE_MISSING,
                text::NO_CODE,
            )),
            false => Ok(provision),
        };
    };
    let rule = first.rule;
    let is_cut = problems.len() > MOST_NAMED;
    let named = problems.into_iter().take(MOST_NAMED);
    let others = is_cut.then(|| "and others".to_owned());
    let messages = named.map(|problem| problem.message).chain(others);
    let together = messages.reduce(|all, next| all + "; " + &next);
    Err(ApiError::bad_request(rule, together.unwrap_or_default()))
}

/// The refusal of an element, and behind it what was sent wrong in the members that all elements have in common.
pub(crate) fn with_member_problems(mut error: ApiError, body: &Json<'_>) -> ApiError {
    let mut problems = Vec::new();
    // What is merely absent is told when the element is known.
    name(body, Occasion::Update, &mut problems);
    tags(body, &mut problems);
    provider_data(body, &mut problems);
    if let Some(sent) = body.get(member::CONFIGURATION)
        && !matches!(sent, Json::Null | Json::Object(_))
    {
        problems.push(type_problem(member::CONFIGURATION, "an object", sent));
    }
    for problem in problems.iter().take(MOST_NAMED) {
        error.message += "; ";
        error.message += &problem.message;
    }
    error
}

/// The most problems that a refusal names; nobody reads on, and a hostile body has millions.
const MOST_NAMED: usize = 100;

/// Keeps a problem, unless there are more than can be named already.
fn push_problem(problems: &mut Vec<Problem>, problem: impl FnOnce() -> Problem) {
    if problems.len() <= MOST_NAMED {
        problems.push(problem());
    }
}

fn name<'a>(
    body: &'a Json<'a>,
    occasion: Occasion,
    problems: &mut Vec<Problem>,
) -> Option<Cow<'a, str>> {
    let sent = body.get(member::NAME);
    let required = |message: &str| Problem {
        rule: &rules::NAME_REQUIRED,
        message: message.to_owned(),
    };
    match sent {
        None if occasion == Occasion::Update => None,
        None | Some(Json::Null) => {
            problems.push(required("name is required"));
            None
        }
        Some(Json::Text(text)) => {
            let name = sanitize(text);
            if name.trim().is_empty() {
                problems.push(required("name must not be blank"));
            }
            Some(name)
        }
        Some(other) => {
            problems.push(type_problem(member::NAME, "text", other));
            None
        }
    }
}

fn tags<'a>(body: &'a Json<'a>, problems: &mut Vec<Problem>) -> Option<Vec<Cow<'a, str>>> {
    let items = match body.get(member::TAGS)? {
        Json::Null => return None,
        Json::Array(items) => items,
        other => {
            problems.push(type_problem(member::TAGS, "an array of texts", other));
            return None;
        }
    };
    let mut tags = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        match item {
            Json::Text(text) => tags.push(sanitize(text)),
            other => push_problem(problems, || {
                type_problem(&format!("tags[{index}]"), "text", other)
            }),
        }
    }
    Some(tags)
}

/// Checks the type of `providerData`, whose members may be anything (rule `provider-data-any`).
fn provider_data(body: &Json<'_>, problems: &mut Vec<Problem>) {
    match body.get(member::PROVIDER_DATA) {
        None | Some(Json::Null | Json::Object(_)) => {}
        Some(other) => problems.push(Problem {
            rule: &rules::PROVIDER_DATA_ANY,
            ..type_problem(member::PROVIDER_DATA, "an object", other)
        }),
    }
}

/// The members of `providerData` that stand for consent, of either version of OAuth.
const CONSENTS: [&str; 4] = ["code", "access_token", "refresh_token", "oauth_verifier"];

/// Tells whether a request brings a person's consent (rules `oauth-create`, `oauth-code-instead`).
fn has_consent(body: &Json<'_>, configuration: &[(&str, Option<Cow<'_, str>>)]) -> bool {
    let data = body.get(member::PROVIDER_DATA);
    let given = |name: &&str| {
        data.and_then(|data| data.get(name))
            .is_some_and(|value| *value != Json::Null)
    };
    let is_initial = body
        .get(member::EXTERNAL_AUTHENTICATION)
        .and_then(Json::as_str)
        == Some("initial");
    let refreshes =
        |(key, value): &(&str, Option<_>)| *key == "oauth.user.refresh_token" && value.is_some();
    CONSENTS.iter().any(given) || (is_initial && configuration.iter().any(refreshes))
}

fn configuration<'a>(
    body: &'a Json<'a>,
    element: &Element,
    problems: &mut Vec<Problem>,
) -> Vec<(&'a str, Option<Cow<'a, str>>)> {
    let sent = match body.get(member::CONFIGURATION) {
        None | Some(Json::Null) => return Vec::new(),
        Some(Json::Object(sent)) => sent,
        Some(other) => {
            problems.push(type_problem(member::CONFIGURATION, "an object", other));
            return Vec::new();
        }
    };
    let mut entries = Vec::with_capacity(sent.len());
    for (key, value) in sent {
        match value {
            // The one entry that is documented as an object (rule `event-config-object`).
            Json::Object(_) if key == entry::POLLER_CONFIGURATION => {
                entries.push((&**key, entry_text(value)));
            }
            Json::Array(_) | Json::Object(_) if !takes_structure(element, key) => {
                push_problem(problems, || {
                    type_problem(&format!("configuration.{}", clip(key)), "text", value)
                });
                // Named once: it is of the wrong type, not also missing.
                entries.push((&**key, Some(Cow::Borrowed(""))));
            }
            value => entries.push((&**key, entry_text(value))),
        }
    }
    entries
}

/// Tells whether the element's guide shows an object or an array as this entry's value.
fn takes_structure(element: &Element, key: &str) -> bool {
    element.entry(key).is_some_and(|entry| entry.structured)
}

/// The value of an entry as text; `None` for `null` and blank text (rule `configuration-blank`).
pub(super) fn entry_text<'a>(value: &'a Json<'_>) -> Option<Cow<'a, str>> {
    match value {
        Json::Null => None,
        Json::Text(text) => (!text.trim().is_empty()).then_some(Cow::Borrowed(text)),
        other => Some(Cow::Owned(other.to_string())),
    }
}

/// One problem that names every required entry that is not there.
fn missing(
    sent: &[(&str, Option<Cow<'_, str>>)],
    element: &Element,
    occasion: Occasion,
) -> Option<Problem> {
    let value = |entry: &Entry| {
        sent.iter()
            .find(|(key, _)| *key == &*entry.key)
            .map(|(_, value)| value)
    };
    let mut rule = None;
    let mut message = String::new();
    for entry in element
        .entries()
        .iter()
        .filter(|entry| entry.required && entry.default.is_none())
        .filter(|entry| !has_default_app(element, &entry.key))
    {
        match value(entry) {
            Some(Some(_)) => {}
            Some(None) => {
                rule = rule.or(Some(&rules::CONFIGURATION_BLANK));
                push_missing(&mut message, &entry.key);
                message.push_str(" (blank)");
            }
            None if occasion == Occasion::Update => {}
            None => {
                rule = rule.or(Some(missing_rule(entry)));
                push_missing(&mut message, &entry.key);
                if let Some(sent_as) = misspelling(entry, sent, element) {
                    message.extend([" (sent as ", clip(sent_as), "?)"]);
                }
            }
        }
    }
    Some(Problem {
        rule: rule?,
        message,
    })
}

/// Appends the key of a missing entry to the message that names them.
fn push_missing(message: &mut String, key: &str) {
    if message.is_empty() {
        // Room for two or three, which is what most elements require.
        message.reserve(128);
        message.push_str("configuration is missing required entries: ");
    } else {
        message.push_str(", ");
    }
    message.push_str(key);
}

/// The rule of an absent entry: a sample alone is weaker evidence than a guide that says it.
fn missing_rule(entry: &Entry) -> &'static Rule {
    if entry.assumed {
        &rules::CONFIGURATION_MISSING_SAMPLE
    } else {
        &rules::CONFIGURATION_MISSING
    }
}

/// Tells whether the platform's own app stands in for an entry (rule `oauth-defaults`).
fn has_default_app(element: &Element, key: &str) -> bool {
    let of_app = ["oauth.api.key", "oauth.api.secret", "oauth.callback.url"];
    of_app.contains(&key) && element.oauth().is_some()
}

/// Finds the unknown entry that the caller probably sent instead of a missing one.
fn misspelling<'s>(
    entry: &Entry,
    sent: &[(&'s str, Option<Cow<'_, str>>)],
    element: &Element,
) -> Option<&'s str> {
    let unknown = sent
        .iter()
        .map(|(key, _)| *key)
        .filter(|key| element.entry(key).is_none());
    let limit = (entry.key.len() / 3).clamp(1, 3);
    let near = unknown.filter_map(|key| Some((distance::within(limit, key, &entry.key)?, key)));
    let nearest = near.min_by_key(|(distance, _)| *distance);
    nearest.map(|(_, key)| key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn refusal(body: &str, occasion: Occasion) -> ApiError {
        let body = Json::parse(body.as_bytes()).unwrap();
        check(
            &body,
            Catalog::documented().find("mailjet").unwrap(),
            occasion,
        )
        .unwrap_err()
    }

    #[rstest]
    #[case::everything(
        r#"{"name": 5, "tags": ["a", 1, null], "configuration": {"x": [], "mailjet.api.key": ""}}"#,
        &rules::MEMBER_TYPES,
        "name must be text, found a number; tags[1] must be text, found a number; tags[2] must be text, found null; \
         configuration.x must be text, found an array; \
         configuration is missing required entries: mailjet.api.key (blank), mailjet.api.secret"
    )]
    #[case::nothing_sent(
        "{}",
        &rules::NAME_REQUIRED,
        "name is required; configuration is missing required entries: mailjet.api.key, mailjet.api.secret"
    )]
    #[case::blank_name(
        r#"{"name": "<b> </b>", "configuration": {"mailjet.api.key": "k", "mailjet.api.secret": "s"}}"#,
        &rules::NAME_REQUIRED,
        "name must not be blank"
    )]
    #[case::misspelt(
        r#"{"name": "n", "configuration": {"mailjet.apikey": "k", "mailjet.api.secret": "s"}}"#,
        &rules::CONFIGURATION_MISSING,
        "configuration is missing required entries: mailjet.api.key (sent as mailjet.apikey?)"
    )]
    #[case::not_an_object(
        r#"{"name": "n", "configuration": "k"}"#,
        &rules::MEMBER_TYPES,
        "configuration must be an object, found text; \
         configuration is missing required entries: mailjet.api.key, mailjet.api.secret"
    )]
    fn a_creation_is_refused_with_everything_that_is_wrong(
        #[case] body: &str,
        #[case] rule: &'static Rule,
        #[case] message: &str,
    ) {
        let refusal = refusal(body, Occasion::Create);
        assert_eq!((refusal.rule, refusal.message.as_str()), (rule, message));
    }

    #[rstest]
    #[case::blank_required(r#"{"configuration": {"mailjet.api.key": null}}"#, &rules::CONFIGURATION_BLANK)]
    #[case::blank_name(r#"{"name": " "}"#, &rules::NAME_REQUIRED)]
    #[case::null_name(r#"{"name": null}"#, &rules::NAME_REQUIRED)]
    #[case::types(r#"{"tags": "a"}"#, &rules::MEMBER_TYPES)]
    fn an_update_is_checked_for_what_it_sends(#[case] body: &str, #[case] rule: &'static Rule) {
        assert_eq!(refusal(body, Occasion::Update).rule, rule);
    }

    #[test]
    fn an_update_may_send_nothing() {
        let body = Json::Object(Vec::new());
        let element = Catalog::documented().find("mailjet").unwrap();
        assert_eq!(
            check(&body, element, Occasion::Update),
            Ok(Provision::default())
        );
    }

    #[test]
    fn a_hostile_body_is_not_answered_with_a_larger_one() {
        let body = format!(r#"{{"tags": [{}1]}}"#, "1,".repeat(100_000));
        let message = refusal(&body, Occasion::Create).message;
        assert!(message.len() < 10_000, "{}", message.len());
        assert!(message.ends_with("and others"), "{message}");
    }
}
