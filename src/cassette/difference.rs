//! Compares a recorded message with another one, field by field.

use std::fmt;

use super::message::{Content, Pairs};
use super::placeholder;
use super::policy::Policy;
use super::selector::{Leaf, MessagePart, Place, Side, Step, pointer};
use super::unpaired::Unpaired;
use crate::wire::error::clip;
use crate::wire::json::{Json, Members, object};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The place: `status`, `header content-type`, `query pageSize`, `body /element/name`.
    pub place: String,
    /// The kind of difference.
    pub kind: DifferenceKind,
    /// The recorded value, as JSON or text; empty for nothing, or for a value that is not shown.
    pub recorded: String,
    /// The value there is instead; empty for nothing, or for a value that is not shown.
    pub actual: String,
}

/// The kinds of difference between two messages in a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DifferenceKind {
    /// Recorded, and not there now.
    Missing,
    /// There now, and not recorded.
    Extra,
    /// Of another JSON type.
    Type,
    /// Of another value.
    Value,
}

impl DifferenceKind {
    /// The kind as reports spell it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            DifferenceKind::Missing => "missing",
            DifferenceKind::Extra => "extra",
            DifferenceKind::Type => "type",
            DifferenceKind::Value => "value",
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (place, recorded, actual) = (&self.place, clip(&self.recorded), clip(&self.actual));
        match self.kind {
            kind if recorded.is_empty() && actual.is_empty() => {
                write!(f, "{place}: {} (not shown)", kind.name())
            }
            DifferenceKind::Missing => write!(f, "{place}: recorded {recorded}, now nothing"),
            DifferenceKind::Extra => write!(f, "{place}: recorded nothing, now {actual}"),
            _ => write!(f, "{place}: recorded {recorded}, now {actual}"),
        }
    }
}

impl Difference {
    /// The difference as reports have it.
    #[must_use]
    pub fn to_json(&self) -> Json<'_> {
        let some = |text: &'_ str| (!text.is_empty()).then(|| text.to_owned());
        object([
            ("place", self.place.as_str().into()),
            ("kind", self.kind.name().into()),
            ("recorded", some(&self.recorded).into()),
            ("actual", some(&self.actual).into()),
        ])
    }

    pub(super) fn value(place: &str, recorded: &str, actual: &str) -> Self {
        let kind = match (recorded.is_empty(), actual.is_empty()) {
            (false, true) => DifferenceKind::Missing,
            (true, false) => DifferenceKind::Extra,
            _ => DifferenceKind::Value,
        };
        Difference {
            place: place.to_owned(),
            kind,
            recorded: recorded.to_owned(),
            actual: actual.to_owned(),
        }
    }
}

/// The differences between two messages: all are counted, and the first ones kept.
pub(super) struct Differences {
    pub(super) kept: Vec<Difference>,
    pub(super) count: usize,
    most: usize,
}

impl Differences {
    /// None yet, of which no more than `most` will be kept.
    pub(super) const fn keeping(most: usize) -> Self {
        Differences {
            kept: Vec::new(),
            count: 0,
            most,
        }
    }

    /// Counts a difference, which is made only where it is kept.
    pub(super) fn add(&mut self, make: impl FnOnce() -> Difference) {
        self.count += 1;
        if self.kept.len() < self.most {
            self.kept.push(make());
        }
    }
}

/// The rules by which two messages are compared.
pub(super) trait Comparison {
    /// Decides what of the later message may be shown.
    fn policy(&self) -> &Policy;

    /// Tells whether a place is not looked at.
    fn ignores(&self, _: &Place<'_>) -> bool {
        false
    }

    /// Tells whether two plain values, or two names as texts, say the same although they may not be equal.
    fn agree(&mut self, place: &Place<'_>, recorded: &Json<'_>, actual: &Json<'_>) -> bool;
}

/// Compares two bodies.
pub(super) fn of_bodies(
    side: Side,
    recorded: &Content,
    actual: &Content,
    comparison: &mut impl Comparison,
    differences: &mut Differences,
) {
    let body = Place::whole(side, MessagePart::Body);
    match (recorded, actual) {
        (Content::Json(one), Content::Json(other)) => {
            of_json(body, one, other, comparison, differences);
        }
        (Content::Form(one), Content::Form(other)) => {
            let part = (side, MessagePart::Form);
            of_pairs(part, one, other, comparison, differences);
        }
        (Content::Text(one), Content::Text(other))
            if comparison.agree(&body, &one.as_str().into(), &other.as_str().into()) => {}
        (Content::Text(one), Content::Binary(_)) if placeholder::number_of(one).is_some() => {}
        (one, other) if one.to_bytes() == other.to_bytes() => {}
        _ => differences.add(|| Difference::value("body", "", "")),
    }
}

/// Compares two queries or forms like objects: their order does not count, but among values of one name.
pub(super) fn of_pairs(
    (side, part): (Side, MessagePart),
    recorded: &Pairs,
    actual: &Pairs,
    comparison: &mut impl Comparison,
    differences: &mut Differences,
) {
    let place = Place::whole(side, part);
    let (recorded, actual) = (members(recorded), members(actual));
    of_json(place, &recorded, &actual, comparison, differences);
}

fn members(pairs: &Pairs) -> Json<'_> {
    let members = pairs
        .iter()
        .map(|(name, value)| (name.into(), value.as_str().into()));
    Json::Object(members.collect())
}

/// Compares two JSON values; the order of members does not count.
fn of_json<'j>(
    whole: Place<'j>,
    recorded: &'j Json<'_>,
    actual: &'j Json<'_>,
    comparison: &mut impl Comparison,
    differences: &mut Differences,
) {
    let mut walk = Walk {
        comparison,
        whole,
        steps: Vec::new(),
        differences,
    };
    walk.compare(recorded, actual);
}

/// A comparison of two JSON values under way.
struct Walk<'w, 'j, C> {
    comparison: &'w mut C,
    whole: Place<'j>,
    steps: Vec<Step<'j>>,
    differences: &'w mut Differences,
}

impl<'j, C: Comparison> Walk<'_, 'j, C> {
    fn compare(&mut self, recorded: &'j Json<'_>, actual: &'j Json<'_>) {
        if self.ignores() {
            return;
        }
        match (recorded, actual) {
            (Json::Object(before), Json::Object(after)) => self.compare_members(before, after),
            (Json::Array(before), Json::Array(after)) => {
                for index in 0..before.len().max(after.len()) {
                    self.compare_at(Step::Item(index), before.get(index), after.get(index));
                }
            }
            (one, other) if one == other && !has_placeholder(one) => {}
            (one, other) if self.agrees(one, other) => {}
            (one, other) if one.kind() != other.kind() => {
                self.push(DifferenceKind::Type, Some(one), Some(other))
            }
            (one, other) => self.push(DifferenceKind::Value, Some(one), Some(other)),
        }
    }

    /// Compares members by name, and those whose recorded name is a placeholder in their order.
    fn compare_members(&mut self, before: &'j Members<'_>, after: &'j Members<'_>) {
        let mut unpaired = Unpaired::all(after);
        let mut unnamed = Vec::new();
        for (name, value) in before {
            match unpaired.take(name) {
                None if placeholder::number_of(name).is_some() => unnamed.push((name, value)),
                other => self.compare_at(Step::Member(name), Some(value), other),
            }
        }
        let mut rest: Vec<_> = unpaired.left().collect();
        rest.retain(|(name, _)| {
            self.steps.push(Step::Member(name));
            let is_ignored = self.ignores();
            self.steps.pop();
            !is_ignored
        });
        let mut rest = rest.into_iter();
        for (name, value) in unnamed {
            let other = rest
                .next()
                .filter(|(other, _)| self.agrees(&Json::from(&**name), &Json::from(*other)));
            self.compare_at(
                Step::Member(name),
                Some(value),
                other.map(|(_, value)| value),
            );
        }
        for (name, value) in rest {
            self.compare_at(Step::Member(name), None, Some(value));
        }
    }

    fn compare_at(
        &mut self,
        step: Step<'j>,
        recorded: Option<&'j Json<'_>>,
        actual: Option<&'j Json<'_>>,
    ) {
        self.steps.push(step);
        match (recorded, actual) {
            (Some(one), Some(other)) => self.compare(one, other),
            (Some(_), None) => self.push(DifferenceKind::Missing, recorded, None),
            (None, _) => self.push(DifferenceKind::Extra, None, actual),
        }
        self.steps.pop();
    }

    fn place(&self) -> Place<'_> {
        Place {
            steps: &self.steps,
            ..self.whole
        }
    }

    fn ignores(&self) -> bool {
        self.comparison.ignores(&self.place())
    }

    fn agrees(&mut self, recorded: &Json<'_>, actual: &Json<'_>) -> bool {
        let place = Place {
            steps: &self.steps,
            ..self.whole
        };
        self.comparison.agree(&place, recorded, actual)
    }

    fn push(
        &mut self,
        kind: DifferenceKind,
        recorded: Option<&Json<'_>>,
        actual: Option<&Json<'_>>,
    ) {
        if self.ignores() {
            return;
        }
        let place = Place {
            steps: &self.steps,
            ..self.whole
        };
        let policy = self.comparison.policy();
        self.differences
            .add(|| shown(policy, &place, kind, recorded, actual));
    }
}

/// The difference at a place, without what may not be shown.
fn shown(
    policy: &Policy,
    place: &Place<'_>,
    kind: DifferenceKind,
    recorded: Option<&Json<'_>>,
    actual: Option<&Json<'_>>,
) -> Difference {
    let has_shown_names = policy.keeps_names(place);
    let is_shown = actual.is_none_or(|actual| has_shown_names && keeps(policy, place, actual));
    let spelled = |json: Option<&Json<'_>>| match json.filter(|_| is_shown) {
        None => String::new(),
        Some(Json::Text(text)) if place.part != MessagePart::Body => text.to_string(),
        Some(json) => json.to_string(),
    };
    Difference {
        place: shown_place(place, has_shown_names),
        kind,
        recorded: spelled(recorded),
        actual: match actual.filter(|_| is_shown) {
            Some(json @ (Json::Object(_) | Json::Array(_))) => json.kind().to_owned(),
            plain => spelled(plain),
        },
    }
}

/// `body /a/b`, `query a`
fn shown_place(place: &Place<'_>, has_shown_names: bool) -> String {
    let steps = place.steps;
    let pointer = match has_shown_names {
        true => pointer(steps),
        false => pointer(&steps[..steps.len() - 1]) + "/*",
    };
    match place.part {
        MessagePart::Body => format!("body {pointer}").trim_end().to_owned(),
        part => format!("{} {}", part.name(), pointer.trim_start_matches('/')),
    }
}

fn keeps(policy: &Policy, place: &Place<'_>, json: &Json<'_>) -> bool {
    Leaf::of(json).is_none_or(|leaf| policy.keeps(place, leaf, &[]))
}

/// Tells whether a plain value is a placeholder, which has to be bound even to itself.
fn has_placeholder(json: &Json<'_>) -> bool {
    match json {
        Json::Text(text) => !placeholder::find_all(text).is_empty(),
        Json::Number(number) => placeholder::number_of_json(number).is_some(),
        _ => false,
    }
}
