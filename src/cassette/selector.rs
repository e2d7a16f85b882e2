//! Places of a message, as `--redact`, `--keep` and `--ignore` name them.
//!
//! `[request.|response.](header|query|form|body):NAME`. In a body the name is a path of members with slashes between
//! them, `*` for any one; with a slash at its start it counts from the root, otherwise it may stand at any depth. `body:/`
//! is a body as a whole that is neither JSON nor a form.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde_json::Number;

use super::CassetteError;
use crate::wire::json::{Json, Members};

/// One place, or all of one kind.
///
/// ```
/// use mock_ce::cassette::Selector;
///
/// let everywhere: Selector = "body:configuration/smtp.host".parse().unwrap();
/// let one_place: Selector = "response.body:/user/id".parse().unwrap();
/// assert_ne!(everywhere, one_place);
/// assert!("cookie:x".parse::<Selector>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    side: Option<Side>,
    part: MessagePart,
    names: Vec<String>,
    from_root: bool,
}

/// The places that a user redacts or keeps, whatever the defaults say.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Orders {
    pub(crate) redact: Vec<Selector>,
    pub(crate) keep: Vec<Selector>,
}

impl Orders {
    /// Reads the orders of a document, whose members have `mark` before their names.
    pub(super) fn parse(json: &Json<'_>, mark: &str) -> Result<Self, CassetteError> {
        let read = |name: &str| {
            let name = format!("{mark}{name}");
            let texts = json.get(&name).and_then(Json::as_array).unwrap_or_default();
            let texts = texts.iter().map(|text| text.as_str().unwrap_or_default());
            let read: Result<_, SelectorError> = texts.map(str::parse).collect();
            read.map_err(|problem| CassetteError::malformed(format!("{name}: {problem}")))
        };
        Ok(Orders {
            redact: read("redact")?,
            keep: read("keep")?,
        })
    }

    /// The members of a document that [`Orders::parse`] reads; none for what is not ordered.
    pub(super) fn members(&self, mark: &str) -> Members<'static> {
        let named = [("redact", &self.redact), ("keep", &self.keep)].into_iter();
        named
            .filter(|(_, selectors)| !selectors.is_empty())
            .map(|(name, selectors)| {
                let texts = selectors.iter().map(|selector| selector.to_string().into());
                (format!("{mark}{name}").into(), texts.collect())
            })
            .collect()
    }

    /// The user's own word on whether a place is kept, if any.
    pub(super) fn keeps(&self, place: &Place<'_>) -> Option<bool> {
        let names = |selectors: &[Selector]| selectors.iter().any(|selector| selector.names(place));
        let is_replaced = names(&self.redact).then_some(false);
        is_replaced.or_else(|| names(&self.keep).then_some(true))
    }
}

/// The direction of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Request,
    Response,
}

impl Side {
    const fn name(self) -> &'static str {
        match self {
            Side::Request => "request",
            Side::Response => "response",
        }
    }
}

/// The part of a message that a place is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MessagePart {
    /// The path of a request; no selector names it.
    Path,
    Header,
    Query,
    Form,
    Body,
}

impl MessagePart {
    const SELECTABLE: [Self; 4] = [Self::Header, Self::Query, Self::Form, Self::Body];

    pub(super) const fn name(self) -> &'static str {
        match self {
            MessagePart::Path => "path",
            MessagePart::Header => "header",
            MessagePart::Query => "query",
            MessagePart::Form => "form",
            MessagePart::Body => "body",
        }
    }
}

/// A step from a JSON value to one inside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step<'a> {
    Member(&'a str),
    Item(usize),
}

/// A place of a message, as it is walked past.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) side: Side,
    pub(crate) part: MessagePart,
    /// From the root of a body; the one name of anything else.
    pub(crate) steps: &'a [Step<'a>],
}

/// A name or a value that stands at a place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Leaf<'l> {
    /// The name of a member or a parameter.
    Name(&'l str),
    Text(&'l str),
    Number(&'l Number),
    /// A body that is neither JSON nor a form.
    Body {
        bytes: &'l [u8],
        media_type: &'l str,
    },
}

impl<'l> Leaf<'l> {
    /// A JSON value that may be replaced; booleans, `null` and what has members or items are none.
    pub(super) fn of(json: &'l Json<'_>) -> Option<Self> {
        match json {
            Json::Text(text) => Some(Leaf::Text(text)),
            Json::Number(number) => Some(Leaf::Number(number)),
            _ => None,
        }
    }

    pub(super) fn text(self) -> Cow<'l, str> {
        match self {
            Leaf::Name(text) | Leaf::Text(text) => text.into(),
            Leaf::Number(number) => number.to_string().into(),
            Leaf::Body { bytes, .. } => String::from_utf8_lossy(bytes),
        }
    }

    pub(super) fn is_name(self) -> bool {
        matches!(self, Leaf::Name(_))
    }
}

/// The error for a text that is no selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectorError {
    text: String,
}

impl fmt::Display for SelectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} names no place; write header:NAME, query:NAME, form:NAME or body:PATH, such as \
             body:configuration/smtp.host, with request. or response. before it for one direction",
            self.text
        )
    }
}

impl std::error::Error for SelectorError {}

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        let wrong = || SelectorError {
            text: text.to_owned(),
        };
        let (side, rest) = split_side(text);
        let (part, name) = rest.split_once(':').ok_or_else(wrong)?;
        let mut parts = MessagePart::SELECTABLE.into_iter();
        let part = parts.find(|known| known.name() == part).ok_or_else(wrong)?;
        let from_root = part == MessagePart::Body && name.starts_with('/');
        let names: Vec<_> = match part {
            MessagePart::Body if name == "/" => Vec::new(),
            MessagePart::Body => name.strip_prefix('/').unwrap_or(name).split('/').collect(),
            _ => vec![name],
        };
        if names.iter().any(|name| name.is_empty()) {
            return Err(wrong());
        }
        Ok(Selector {
            side,
            part,
            names: names.into_iter().map(str::to_owned).collect(),
            from_root,
        })
    }
}

fn split_side(text: &str) -> (Option<Side>, &str) {
    match text.split_once('.') {
        Some(("request", rest)) => (Some(Side::Request), rest),
        Some(("response", rest)) => (Some(Side::Response), rest),
        _ => (None, text),
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(side) = self.side {
            write!(f, "{}.", side.name())?;
        }
        let root = if self.from_root { "/" } else { "" };
        write!(f, "{}:{root}{}", self.part.name(), self.names.join("/"))
    }
}

impl Selector {
    /// Tells whether `place` is named.
    pub(crate) fn names(&self, place: &Place<'_>) -> bool {
        if self.part != place.part || self.side.is_some_and(|side| side != place.side) {
            return false;
        }
        let Some(depth) = place.steps.len().checked_sub(self.names.len()) else {
            return false;
        };
        let steps = &place.steps[depth..];
        (depth == 0 || !self.from_root)
            && self
                .names
                .iter()
                .zip(steps)
                .all(|(name, step)| self.is_step(name, *step))
    }

    fn is_step(&self, name: &str, step: Step<'_>) -> bool {
        match step {
            _ if name == "*" => true,
            Step::Member(member) if self.part == MessagePart::Header => {
                member.eq_ignore_ascii_case(name)
            }
            Step::Member(member) => member == name,
            Step::Item(index) => name.parse() == Ok(index),
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (side, part, pointer) = (self.side.name(), self.part.name(), pointer(self.steps));
        match self.part {
            MessagePart::Path => write!(f, "{side}.{part}"),
            MessagePart::Body if pointer.is_empty() => write!(f, "{side}.{part}:/"),
            MessagePart::Body => write!(f, "{side}.{part}:{pointer}"),
            _ => write!(f, "{side}.{part}:{}", pointer.trim_start_matches('/')),
        }
    }
}

impl Place<'static> {
    /// A part of a message as a whole.
    pub(super) const fn whole(side: Side, part: MessagePart) -> Self {
        Place::new(side, part, &[])
    }
}

impl<'a> Place<'a> {
    pub(super) const fn new(side: Side, part: MessagePart, steps: &'a [Step<'a>]) -> Self {
        Place { side, part, steps }
    }

    /// The place for a report; without its last step when that is a name which may not be told.
    pub(super) fn outline(&self, is_in_name: bool) -> String {
        let steps = &self.steps[..self.steps.len() - usize::from(is_in_name)];
        match is_in_name {
            true => format!("the name of a member of {}", Place { steps, ..*self }),
            false => self.to_string(),
        }
    }
}

/// The steps with slashes before them; a single name without.
pub(crate) fn pointer(steps: &[Step<'_>]) -> String {
    steps
        .iter()
        .map(|step| match step {
            Step::Member(name) => format!("/{name}"),
            Step::Item(index) => format!("/{index}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("body:token", true)]
    #[case("body:configuration/token", true)]
    #[case("body:/configuration/token", true)]
    #[case("body:/*/token", true)]
    #[case("request.body:token", true)]
    #[case("response.body:token", false)]
    #[case("body:/token", false)]
    #[case("body:configuration", false)]
    #[case("query:token", false)]
    #[case("body:a/configuration/token", false)]
    fn names_a_place(#[case] selector: &str, #[case] expected: bool) {
        let place = Place::new(
            Side::Request,
            MessagePart::Body,
            &[Step::Member("configuration"), Step::Member("token")],
        );
        let parsed: Selector = selector.parse().unwrap();
        assert_eq!(parsed.names(&place), expected);
        assert_eq!(parsed.to_string(), selector);
    }

    #[test]
    fn names_a_header_in_any_case() {
        let place = Place::new(
            Side::Response,
            MessagePart::Header,
            &[Step::Member("x-frame")],
        );
        assert!("header:X-Frame".parse::<Selector>().unwrap().names(&place));
    }

    #[rstest]
    #[case("")]
    #[case("body")]
    #[case("body:")]
    #[case("body:a//b")]
    #[case("cookie:a")]
    fn is_refused(#[case] text: &str) {
        assert!(text.parse::<Selector>().is_err());
    }
}
