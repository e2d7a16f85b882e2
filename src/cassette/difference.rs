//! What differs between a recorded message and another one, field by field.

use std::fmt;

use super::message::Pairs;
use super::selector::{Step, pointer};
use crate::wire::error::clip;
use crate::wire::json::{Json, object};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where: `status`, `header content-type`, `query pageSize`, `body /element/name`.
    pub place: String,
    /// How.
    pub kind: DifferenceKind,
    /// What was recorded, as JSON or text; empty for nothing, or for what is not shown.
    pub recorded: String,
    /// What there is instead; empty for nothing, or for what is not shown.
    pub actual: String,
}

/// How two messages differ in a place.
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

    /// Place and kind only.
    pub(super) fn conceal(self) -> Self {
        Difference {
            recorded: String::new(),
            actual: String::new(),
            ..self
        }
    }
}

/// How values are compared.
pub(super) trait Comparison {
    /// Whether a place is not looked at.
    fn ignores(&self, steps: &[Step<'_>]) -> bool;
    /// Whether two plain values say the same, although they may not be equal.
    fn agree(&self, steps: &[Step<'_>], recorded: &Json<'_>, actual: &Json<'_>) -> bool;
    /// The text that shows a value which is there now; `None` where it must not be shown.
    fn shown(&self, _: &[Step<'_>], actual: &Json<'_>) -> Option<String> {
        Some(actual.to_string())
    }
}

/// What differs between two JSON values; the order of members does not count.
pub(super) fn of_json(
    recorded: &Json<'_>,
    actual: &Json<'_>,
    comparison: &impl Comparison,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    walk(
        recorded,
        actual,
        &mut Vec::new(),
        comparison,
        &mut differences,
    );
    differences
}

fn walk<'j>(
    recorded: &'j Json<'_>,
    actual: &'j Json<'_>,
    steps: &mut Vec<Step<'j>>,
    comparison: &impl Comparison,
    out: &mut Vec<Difference>,
) {
    // Most are equal, and then their size does not matter.
    if recorded == actual || comparison.ignores(steps) {
        return;
    }
    match (recorded, actual) {
        (Json::Object(before), Json::Object(after)) => {
            for (name, value) in before {
                steps.push(Step::Member(name));
                match actual.get(name) {
                    Some(other) => walk(value, other, steps, comparison, out),
                    None => push(
                        steps,
                        DifferenceKind::Missing,
                        Some(value),
                        None,
                        comparison,
                        out,
                    ),
                }
                steps.pop();
            }
            for (name, value) in after
                .iter()
                .filter(|(name, _)| recorded.get(name).is_none())
            {
                steps.push(Step::Member(name));
                push(
                    steps,
                    DifferenceKind::Extra,
                    None,
                    Some(value),
                    comparison,
                    out,
                );
                steps.pop();
            }
        }
        (Json::Array(before), Json::Array(after)) => {
            for index in 0..before.len().max(after.len()) {
                steps.push(Step::Item(index));
                match (before.get(index), after.get(index)) {
                    (Some(one), Some(other)) => walk(one, other, steps, comparison, out),
                    (one, None) => push(steps, DifferenceKind::Missing, one, None, comparison, out),
                    (None, other) => {
                        push(steps, DifferenceKind::Extra, None, other, comparison, out)
                    }
                }
                steps.pop();
            }
        }
        (one, other) if comparison.agree(steps, one, other) => {}
        (one, other) if one.kind() != other.kind() => {
            push(
                steps,
                DifferenceKind::Type,
                Some(one),
                Some(other),
                comparison,
                out,
            );
        }
        (one, other) => push(
            steps,
            DifferenceKind::Value,
            Some(one),
            Some(other),
            comparison,
            out,
        ),
    }
}

fn push(
    steps: &[Step<'_>],
    kind: DifferenceKind,
    recorded: Option<&Json<'_>>,
    actual: Option<&Json<'_>>,
    comparison: &impl Comparison,
    out: &mut Vec<Difference>,
) {
    if comparison.ignores(steps) {
        return;
    }
    let difference = Difference {
        place: format!("body {}", pointer(steps)).trim_end().to_owned(),
        kind,
        recorded: recorded.map_or(String::new(), ToString::to_string),
        actual: String::new(),
    };
    out.push(match actual.map(|json| comparison.shown(steps, json)) {
        None => difference,
        Some(None) => difference.conceal(),
        Some(Some(actual)) => Difference {
            actual,
            ..difference
        },
    });
}

/// What differs between two sets of names with values; only the order of one name's values counts.
pub(super) fn of_pairs(
    what: &str,
    recorded: &Pairs,
    actual: &Pairs,
    agree: impl Fn(&str, &str, &str) -> bool,
) -> Vec<Difference> {
    if recorded == actual {
        return Vec::new();
    }
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in recorded.iter().chain(actual) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let values = |pairs: &'_ Pairs, name: &str| -> Vec<String> {
        let of_name = pairs.iter().filter(|(known, _)| known == name);
        of_name.map(|(_, value)| value.clone()).collect()
    };
    let mut differences = Vec::new();
    for name in names {
        let (before, after) = (values(recorded, name), values(actual, name));
        let same = before.len() == after.len()
            && before
                .iter()
                .zip(&after)
                .all(|(one, other)| one == other || agree(name, one, other));
        if !same {
            let place = format!("{what} {name}");
            differences.push(Difference::value(
                &place,
                &before.join(", "),
                &after.join(", "),
            ));
        }
    }
    differences
}
