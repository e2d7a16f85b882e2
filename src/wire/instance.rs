//! An instance as the API shows it, and the provisioning request as the caller spells it.
//!
//! Showing an instance never builds a tree: the documented response is compiled once into bytes with gaps, and an answer
//! is those bytes with what differs by instance spliced in.

use std::borrow::Cow;

use super::json::{Json, Members, object, push_text};
use super::vocabulary::{Dialect, member};

/// A documented response with gaps for `id`, `name`, `token`, `disabled` and `eventsEnabled`.
#[derive(Debug)]
pub(crate) struct Template {
    /// The text before each gap.
    pieces: Vec<(Box<[u8]>, Gap)>,
    /// The text after the last one.
    tail: Box<[u8]>,
}

#[derive(Clone, Copy, Debug)]
enum Gap {
    Id,
    Name,
    Token,
    Disabled,
    EventsEnabled,
}

/// The values for the gaps of a documented response.
#[derive(Clone, Copy)]
pub(crate) struct Fill<'a> {
    pub(crate) id: u64,
    pub(crate) name: &'a str,
    pub(crate) token: &'a str,
    pub(crate) disabled: bool,
    /// Asked only where a response shows it, for it takes a look at the configuration.
    pub(crate) events_enabled: &'a dyn Fn() -> bool,
}

impl Gap {
    fn of(member: &str) -> Option<Self> {
        match member {
            member::ID => Some(Gap::Id),
            member::NAME => Some(Gap::Name),
            member::TOKEN => Some(Gap::Token),
            member::DISABLED => Some(Gap::Disabled),
            member::EVENTS_ENABLED => Some(Gap::EventsEnabled),
            _ => None,
        }
    }
}

impl Template {
    /// Compiles a response, given in the `element` spelling, for one dialect; its own values for the gaps are dropped.
    pub(crate) fn compile(response: &Members<'_>, dialect: Dialect) -> Self {
        let (mut pieces, mut text) = (Vec::new(), vec![b'{']);
        for (index, (name, value)) in response.iter().enumerate() {
            if index > 0 {
                text.push(b',');
            }
            push_text(&mut text, &dialect.spell(name));
            text.push(b':');
            match Gap::of(name) {
                Some(gap) => pieces.push((std::mem::take(&mut text).into_boxed_slice(), gap)),
                None => text.extend_from_slice(dialect.spell(&value.to_string()).as_bytes()),
            }
        }
        text.push(b'}');
        Template {
            pieces,
            tail: text.into_boxed_slice(),
        }
    }

    /// Appends the response with the gaps filled.
    pub(crate) fn render(&self, out: &mut Vec<u8>, fill: Fill<'_>) {
        out.reserve(self.len() + fill.name.len() + fill.token.len() + 40);
        for (before, gap) in &self.pieces {
            out.extend_from_slice(before);
            match gap {
                Gap::Id => push_number(out, fill.id),
                Gap::Name => push_text(out, fill.name),
                Gap::Token => push_text(out, fill.token),
                Gap::Disabled => push_boolean(out, fill.disabled),
                Gap::EventsEnabled => push_boolean(out, (fill.events_enabled)()),
            }
        }
        out.extend_from_slice(&self.tail);
    }

    fn len(&self) -> usize {
        self.tail.len()
            + self
                .pieces
                .iter()
                .map(|(before, _)| before.len())
                .sum::<usize>()
    }
}

fn push_number(out: &mut Vec<u8>, number: u64) {
    use std::io::Write as _;
    write!(out, "{number}").expect("writing to memory does not fail");
}

fn push_boolean(out: &mut Vec<u8>, value: bool) {
    out.extend_from_slice(if value { b"true" } else { b"false" });
}

/// The documented response with what the platform's later shape adds for every instance alike (rule `platform-shape`).
///
/// Members that differ by instance are appended by [`push_platform_members`].
pub(crate) fn platform_response(documented: &Members<'_>, hub: Option<&str>) -> Members<'static> {
    let mut response: Members<'static> = documented
        .iter()
        .map(|(name, value)| (Cow::Owned(name.to_string()), with_hub(name, value, hub)))
        .collect();
    for (name, value) in platform_constants() {
        if !response.iter().any(|(documented, _)| documented == name) {
            response.push((Cow::Borrowed(name), value));
        }
    }
    response
}

fn with_hub(name: &str, value: &Json<'_>, hub: Option<&str>) -> Json<'static> {
    let mut value = value.clone().into_owned();
    if let (member::ELEMENT, Json::Object(element), Some(hub)) = (name, &mut value, hub)
        && !element.iter().any(|(name, _)| name == member::HUB)
    {
        element.push((Cow::Borrowed(member::HUB), hub.to_owned().into()));
    }
    value
}

fn platform_constants() -> [(&'static str, Json<'static>); 5] {
    let user = object([
        (member::ID, 1.into()),
        (member::EMAIL_ADDRESS, "user@example.com".into()),
        (member::FIRST_NAME, "Test".into()),
        (member::LAST_NAME, "User".into()),
    ]);
    [
        (member::USER, user),
        (member::EVENTS_ENABLED, false.into()),
        (member::TRACE_LOGGING_ENABLED, false.into()),
        (member::EXTERNAL_AUTHENTICATION, "none".into()),
        (member::DISABLED, false.into()),
    ]
}

/// Appends to a rendered platform response what differs by instance.
pub(crate) fn push_platform_members(out: &mut Vec<u8>, members: &[(&str, Json<'_>)]) {
    let brace = out.pop();
    debug_assert_eq!(brace, Some(b'}'), "a rendered response ends its object");
    for (name, value) in members {
        out.push(b',');
        push_text(out, name);
        out.push(b':');
        out.extend_from_slice(value.to_string().as_bytes());
    }
    out.push(b'}');
}

/// Strips HTML tags as the platform does on names and tags (rule `name-sanitized`).
///
/// `<INSERT_…>` is no tag, for a tag's name has no underscore.
pub(crate) fn sanitize(text: &str) -> Cow<'_, str> {
    if !text.contains('<') {
        return Cow::Borrowed(text);
    }
    let (mut kept, mut open) = (String::with_capacity(text.len()), Vec::new());
    for character in text.chars() {
        if character == '<' {
            open.push(kept.len());
        }
        kept.push(character);
        if character == '>'
            && let Some(start) = open.pop()
            && is_tag(&kept[start..])
        {
            kept.truncate(start);
        }
    }
    Cow::Owned(kept)
}

/// Tells whether a text from `<` to `>` is a tag; only its beginning is looked at, up to the character after the name.
fn is_tag(text: &str) -> bool {
    let inner = text[1..].trim_start_matches('/');
    let after = inner.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '-');
    inner.starts_with("!--")
        || (inner.starts_with(|c: char| c.is_ascii_alphabetic())
            && after.starts_with(|c: char| c.is_whitespace() || c == '/' || c == '>'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// Rule `name-sanitized`.
    #[rstest]
    #[case::link("<a href=\"#\">x</a>", "x")]
    #[case::placeholder("<INSERT_INSTANCE_NAME>", "<INSERT_INSTANCE_NAME>")]
    #[case::comparison("1 < 2 and 3 > 2", "1 < 2 and 3 > 2")]
    #[case::nested("<<b>script>x", "x")]
    #[case::comment("a<!-- b -->c", "ac")]
    #[case::self_closing("a<br/>b", "ab")]
    #[case::unclosed("<b", "<b")]
    #[case::empty("<>b", "<>b")]
    #[case::closing("<</b>i>x</i>", "x")]
    #[case::name_with_a_sign("<b+>x", "<b+>x")]
    fn tags_are_stripped(#[case] sent: &str, #[case] kept: &str) {
        assert_eq!(sanitize(sent), kept);
    }

    #[test]
    fn a_name_of_half_a_million_brackets_stays() {
        let sent = "<".repeat(1 << 19) + &">".repeat(1 << 19);
        assert!(sanitize(&sent) == sent);
    }

    #[test]
    fn a_template_fills_its_gaps_in_the_documented_order() {
        let Json::Object(response) = Json::parse(
            br#"{"token":"t","element":{"id":6},"name":"n","id":1,"disabled":false,"eventsEnabled":false}"#,
        )
        .unwrap() else {
            unreachable!()
        };
        let mut out = Vec::new();
        let fill = Fill {
            id: 1234,
            name: "a \"b\"",
            token: "T=",
            disabled: true,
            events_enabled: &|| true,
        };
        Template::compile(&response, Dialect::YourMom).render(&mut out, fill);
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            r#"{"token":"T=","your_mom":{"id":6},"name":"a \"b\"","id":1234,"disabled":true,"eventsEnabled":true}"#
        );
    }
}
