//! Placeholders of a stub's answer: `{{request.body.name}}` stands for what the request has there.
//!
//! There is a small fixed set of them and no language: what is to be computed is computed by a closure in Rust.

use std::borrow::Cow;

use http::HeaderName;

use crate::emulator::context::Context;
use crate::emulator::path::PathPattern;
use crate::wire::distance::nearest;
use crate::wire::error::clip;
use crate::wire::json::{Json, Members};

const OPEN: &str = "{{";
const CLOSE: &str = "}}";
const ROOT: &str = "request";
const PARTS: [&str; 5] = ["method", "path", "query", "headers", "body"];

/// One thing of a request.
#[derive(Debug, PartialEq)]
pub(super) enum Placeholder<'t> {
    Method,
    Path,
    /// The segment where the stub's path has this name in braces.
    Parameter(&'t str),
    Query(&'t str),
    Header(HeaderName),
    /// A place in the JSON body, member names and indexes with dots between them; all of it where empty.
    Body(&'t str),
}

impl<'t> Placeholder<'t> {
    /// Reads what stands between the braces; `pattern` is the path of the stub.
    pub(super) fn parse(text: &'t str, pattern: Option<&PathPattern>) -> Result<Self, String> {
        let text = text.trim();
        known(text, pattern).ok_or_else(|| {
            let name = text.strip_prefix("request.path.");
            let behind = name.filter(|name| pattern.is_some_and(|path| path.names(name)));
            if let Some(name) = behind {
                return format!(
                    "has {OPEN}{text}{CLOSE}, but {{{name}}} stands behind ** in the path, where its place varies"
                );
            }
            let all = all(pattern);
            let meant = meant(text).filter(|meant| known(meant, pattern).is_some());
            let begun = all.iter().find(|one| {
                let rest = one.strip_prefix(text);
                rest.is_some_and(|rest| rest.starts_with('.'))
            });
            let near = || nearest(text, all.iter().map(String::as_str));
            let meant = meant.or_else(|| {
                let near = begun.map(String::as_str).or_else(near);
                near.map(str::to_owned)
            });
            let hint = match meant {
                Some(meant) => format!("did you mean {OPEN}{}{CLOSE}?", clip(&meant)),
                None => format!("known: {}", all.join(", ")),
            };
            let shown = clip(text);
            format!("has the unknown placeholder {OPEN}{shown}{CLOSE}; {hint}")
        })
    }

    /// The value that the request has there; `null` for nothing.
    pub(super) fn value(
        &self,
        pattern: Option<&PathPattern>,
        context: &Context<'_>,
    ) -> Json<'static> {
        let request = context.request;
        match self {
            Placeholder::Method => request.method.to_string().into(),
            Placeholder::Path => request.uri.path().to_owned().into(),
            Placeholder::Parameter(name) => {
                let found = pattern.and_then(|it| it.parameter_in(name, request.uri.path()));
                found.into()
            }
            Placeholder::Query(wanted) => {
                let mut pairs = form_urlencoded::parse(context.query().as_bytes());
                let found = pairs.find(|(name, _)| name == wanted);
                found.map(|(_, value)| value.into_owned()).into()
            }
            Placeholder::Header(name) => {
                let value = request.headers.get(name);
                value
                    .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
                    .into()
            }
            Placeholder::Body(place) => match context.json() {
                Ok(json) => at(json, place).map_or(Json::Null, |json| json.clone().into_owned()),
                Err(_) if place.is_empty() && !context.body().is_empty() => {
                    String::from_utf8_lossy(context.body()).into_owned().into()
                }
                Err(_) => Json::Null,
            },
        }
    }
}

fn known<'t>(text: &'t str, pattern: Option<&PathPattern>) -> Option<Placeholder<'t>> {
    let below = text.strip_prefix(ROOT)?.strip_prefix('.')?;
    let (part, name) = match below.split_once('.') {
        Some((part, name)) if !name.is_empty() => (part, Some(name)),
        Some(_) => return None,
        None => (below, None),
    };
    match (part, name) {
        ("method", None) => Some(Placeholder::Method),
        ("path", None) => Some(Placeholder::Path),
        ("path", Some(name)) => {
            let mut names = pattern?.parameters();
            names
                .any(|known| known == name)
                .then_some(Placeholder::Parameter(name))
        }
        ("query", Some(name)) => Some(Placeholder::Query(name)),
        ("headers", Some(name)) => name.parse().ok().map(Placeholder::Header),
        ("body", place) => Some(Placeholder::Body(place.unwrap_or_default())),
        _ => None,
    }
}

/// The text with its first two words as they are probably meant.
fn meant(text: &str) -> Option<String> {
    let mut words: Vec<&str> = text.splitn(3, '.').collect();
    if words[0] != ROOT {
        match nearest(words[0], [ROOT].into_iter()) {
            Some(root) => words[0] = root,
            None => {
                words = text.splitn(2, '.').collect();
                words.insert(0, ROOT);
            }
        }
    }
    let part = words.get_mut(1)?;
    *part = nearest(part, PARTS.into_iter())?;
    Some(words.join("."))
}

/// Every placeholder, as a message lists them.
fn all(pattern: Option<&PathPattern>) -> Vec<String> {
    let parameters = pattern.into_iter().flat_map(PathPattern::parameters);
    let parameters = parameters.map(|name| format!("request.path.{name}"));
    let fixed = [
        "request.method",
        "request.path",
        "request.query.NAME",
        "request.headers.NAME",
        "request.body",
        "request.body.NAME",
    ];
    parameters.chain(fixed.map(str::to_owned)).collect()
}

/// The value at a place such as `items.0.name`; a member name may have dots itself.
fn at<'j>(json: &'j Json<'j>, place: &str) -> Option<&'j Json<'j>> {
    if place.is_empty() {
        return Some(json);
    }
    match json {
        Json::Object(members) => at_member(members, place),
        Json::Array(items) => {
            let (index, rest) = place.split_once('.').unwrap_or((place, ""));
            at(items.get(index.parse::<usize>().ok()?)?, rest)
        }
        _ => None,
    }
}

fn at_member<'j>(members: &'j Members<'j>, place: &str) -> Option<&'j Json<'j>> {
    members.iter().find_map(|(name, value)| {
        let rest = place.strip_prefix(&**name)?;
        match rest.strip_prefix('.') {
            Some(below) => at(value, below),
            None if rest.is_empty() => Some(value),
            None => None,
        }
    })
}

/// Makes a value of a text with placeholders: of one that is nothing but a placeholder the value itself, otherwise the
/// text with each of them filled in.
pub(super) fn fill<'t>(
    text: &'t str,
    mut value: impl FnMut(&'t str) -> Result<Json<'static>, String>,
) -> Result<Json<'static>, String> {
    let alone = text
        .strip_prefix(OPEN)
        .and_then(|rest| rest.strip_suffix(CLOSE));
    if let Some(alone) = alone.filter(|inside| !inside.contains(CLOSE)) {
        return value(alone);
    }
    let (mut filled, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once(OPEN) {
        let missing = || format!("has {OPEN} without {CLOSE}");
        let (inside, behind) = after.split_once(CLOSE).ok_or_else(missing)?;
        filled.push_str(before);
        filled.push_str(&shown(value(inside)?));
        rest = behind;
    }
    Ok((filled + rest).into())
}

/// A value inside a text: text as it is, nothing for what is absent, anything else as JSON.
pub(super) fn shown(value: Json<'static>) -> Cow<'static, str> {
    match value {
        Json::Null => "".into(),
        Json::Text(text) => text,
        other => other.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::message::Request;
    use http::Method;
    use rstest::rstest;

    #[rstest]
    #[case::method("{{request.method}}", r#""POST""#)]
    #[case::path("{{request.path}}", r#""/elements/api-v2/hubs/crm/a%20b""#)]
    #[case::path_parameter("{{request.path.hub}}", r#""crm""#)]
    #[case::path_parameter_decoded("{{request.path.name}}", r#""a b""#)]
    #[case::query("{{request.query.q}}", r#""1 2""#)]
    #[case::header("{{request.headers.X-A}}", r#""b""#)]
    #[case::text("{{request.body.name}}", r#""n""#)]
    #[case::number_stays_a_number("{{request.body.count}}", "3")]
    #[case::object("{{request.body.element}}", r#"{"key":"mailjet"}"#)]
    #[case::member_of_a_member("{{ request.body.element.key }}", r#""mailjet""#)]
    #[case::item("{{request.body.tags.1}}", r#""b""#)]
    #[case::name_with_dots("{{request.body.configuration.mailjet.api.key}}", r#""k""#)]
    #[case::absent_alone("{{request.body.other}}", "null")]
    #[case::absent_in_a_text("a {{request.query.other}}b", r#""a b""#)]
    #[case::several("{{request.method}} {{request.body.count}}", r#""POST 3""#)]
    #[case::array_in_a_text("is {{request.body.tags}}", r#""is [\"a\",\"b\"]""#)]
    #[case::none("a }} b", r#""a }} b""#)]
    fn a_placeholder_is_what_the_request_has(#[case] text: &str, #[case] expected: &str) {
        let pattern = PathPattern::new("/hubs/{hub}/{name}");
        let body = r#"{"name":"n","count":3,"element":{"key":"mailjet"},"tags":["a","b"],
            "configuration":{"mailjet":1,"mailjet.api.key":"k"}}"#;
        let target = "/elements/api-v2/hubs/crm/a%20b?q=1+2&q=3";
        let request = Request::new(Method::POST, target, body).header("x-a", "b");
        let context = Context::new(&request);
        let filled = fill(text, |inside| {
            let placeholder = Placeholder::parse(inside, Some(&pattern))?;
            Ok(placeholder.value(Some(&pattern), &context))
        });
        assert_eq!(filled.unwrap().to_string(), expected);
    }

    #[test]
    fn a_parameter_behind_two_stars_is_refused_with_the_reason() {
        let pattern = PathPattern::new("/**/{x}");
        let reason =
            "has {{request.path.x}}, but {x} stands behind ** in the path, where its place varies";
        let read = Placeholder::parse("request.path.x", Some(&pattern));
        assert_eq!(read, Err(reason.to_owned()));
    }

    #[rstest]
    #[case("request.header.x-a", "did you mean {{request.headers.x-a}}?")]
    #[case("requets.bdy.name", "did you mean {{request.body.name}}?")]
    #[case("body.name", "did you mean {{request.body.name}}?")]
    #[case("request.path.nmae", "did you mean {{request.path.name}}?")]
    #[case("request.methods", "did you mean {{request.method}}?")]
    #[case("request.query", "did you mean {{request.query.NAME}}?")]
    #[case(
        "now",
        "known: request.path.name, request.method, request.path, request.query.NAME, request.headers.NAME, request.body, request.body.NAME"
    )]
    fn an_unknown_placeholder_is_told_the_nearest(#[case] text: &str, #[case] hint: &str) {
        let pattern = PathPattern::new("/a/{name}/**/{behind}");
        let expected = format!("has the unknown placeholder {{{{{text}}}}}; {hint}");
        assert_eq!(Placeholder::parse(text, Some(&pattern)), Err(expected));
    }
}
