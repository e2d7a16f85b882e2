//! CEQL, the query language of `where`: a condition on one JSON object (rules `generic-where`, `element-where`).
//!
//! The subset served here: `= != < > <= >=`, `LIKE`, `IN (…)`, `IS NULL`, each of the last three also with `NOT`;
//! `NOT`, `AND`, `OR` and parentheses. Texts stand in single quotes, a quote inside is doubled; numbers, `true` and
//! `false` may stand without quotes. Keywords have no case.
//!
//! Names of members are compared without case and underscores, so `FriendlyName` meets `friendly_name`; a dot leads
//! into a nested object. A condition on a member that an object lacks is false, whichever its operator.

mod parser;

use std::borrow::Cow;
use std::cmp::Ordering;

use super::json::Json;
pub use parser::CeqlProblem;

/// A parsed `where` clause.
///
/// ```
/// use mock_ce::wire::ceql::Condition;
/// use mock_ce::wire::json::Json;
///
/// let condition = Condition::parse("FriendlyName LIKE 'Main%' AND NOT size > 10").unwrap();
/// let row = Json::parse(br#"{"friendly_name": "Main number", "size": 7}"#).unwrap();
/// assert!(condition.matches(&row));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Condition(Expression);

#[derive(Clone, Debug, PartialEq)]
enum Expression {
    Any(Vec<Expression>),
    All(Vec<Expression>),
    Not(Box<Expression>),
    Test { field: String, test: Test },
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    Compare(Comparison, String),
    Like(String),
    In(Vec<String>),
    IsNull,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Condition {
    /// Parses the text of a `where` parameter.
    ///
    /// # Errors
    /// The first place that does not fit the grammar.
    pub fn parse(text: &str) -> Result<Self, CeqlProblem> {
        parser::parse(text).map(Condition)
    }

    /// Tells whether an object fulfils the condition.
    #[must_use]
    pub fn matches(&self, row: &Json<'_>) -> bool {
        self.0.decide(row) == Some(true)
    }
}

impl Expression {
    /// Decides the expression; `None` where it is about a member that the row lacks, so that `NOT` does not turn
    /// "unknown" into "true".
    fn decide(&self, row: &Json<'_>) -> Option<bool> {
        match self {
            Expression::Not(inner) => inner.decide(row).map(|decided| !decided),
            Expression::All(parts) => combine(parts, row, false),
            Expression::Any(parts) => combine(parts, row, true),
            Expression::Test { field, test } => find(row, field).map(|value| test.decide(value)),
        }
    }
}

/// Decides parts of which one that is `decisive` decides; else an unknown one makes the whole unknown.
fn combine(parts: &[Expression], row: &Json<'_>, decisive: bool) -> Option<bool> {
    let mut whole = Some(!decisive);
    for part in parts {
        match part.decide(row) {
            Some(decided) if decided == decisive => return Some(decisive),
            Some(_) => {}
            None => whole = None,
        }
    }
    whole
}

impl Test {
    fn decide(&self, value: &Json<'_>) -> bool {
        match self {
            Test::IsNull => *value == Json::Null,
            Test::Compare(comparison, wanted) => {
                compare(value, wanted).is_some_and(|order| comparison.accepts(order))
            }
            Test::In(choices) => choices
                .iter()
                .any(|choice| compare(value, choice) == Some(Ordering::Equal)),
            Test::Like(pattern) => text_of(value).is_some_and(|text| is_like(&text, pattern)),
        }
    }
}

impl Comparison {
    fn accepts(self, order: Ordering) -> bool {
        match self {
            Comparison::Equal => order.is_eq(),
            Comparison::Unequal => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// Finds the member that a dotted name leads to. A member whose own name has the dots comes first.
fn find<'j, 'a>(row: &'j Json<'a>, field: &str) -> Option<&'j Json<'a>> {
    let members = row.as_object()?;
    let named = |wanted: &str| {
        let same = members.iter().find(|(name, _)| is_same_name(name, wanted));
        same.map(|(_, value)| value)
    };
    named(field).or_else(|| {
        let (first, rest) = field.split_once('.')?;
        find(named(first)?, rest)
    })
}

fn is_same_name(name: &str, wanted: &str) -> bool {
    let plain = |text: &'_ str| -> Vec<char> {
        text.chars()
            .filter(|character| *character != '_')
            .flat_map(char::to_lowercase)
            .collect()
    };
    name == wanted || plain(name) == plain(wanted)
}

/// Orders two values: as numbers where both are some, as texts otherwise; `None` for what has no order.
fn compare(value: &Json<'_>, wanted: &str) -> Option<Ordering> {
    let text = text_of(value)?;
    match (text.parse::<f64>(), wanted.parse::<f64>()) {
        (Ok(value), Ok(wanted)) => value.partial_cmp(&wanted),
        _ => Some(text.as_ref().cmp(wanted)),
    }
}

fn text_of<'j>(value: &'j Json<'_>) -> Option<Cow<'j, str>> {
    match value {
        Json::Text(text) => Some(Cow::Borrowed(text)),
        Json::Number(_) | Json::Bool(_) => Some(Cow::Owned(value.to_string())),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

/// Matches a text without case against a pattern in which `%` is any text and `_` any character.
fn is_like(text: &str, pattern: &str) -> bool {
    let lower = |text: &str| -> Vec<char> { text.chars().flat_map(char::to_lowercase).collect() };
    let (text, pattern) = (lower(text), lower(pattern));
    let (mut at, mut wanted) = (0, 0);
    // After the last `%` and the text it has taken so far: where to go on when what follows does not fit.
    let mut retry = None;
    while at < text.len() {
        match pattern.get(wanted) {
            Some('%') => {
                wanted += 1;
                retry = Some((at, wanted));
            }
            Some(character) if *character == '_' || *character == text[at] => {
                at += 1;
                wanted += 1;
            }
            _ => {
                let Some((taken, after)) = retry else {
                    return false;
                };
                (at, wanted) = (taken + 1, after);
                retry = Some((at, wanted));
            }
        }
    }
    pattern[wanted..].iter().all(|character| *character == '%')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    const ROW: &[u8] =
        br#"{"id": "7", "friendly_name": "Main Number", "size": 12, "active": true, "nick": null,
        "note": "it's", "address": {"city": "Bonn"}, "a.b": "dotted", "list": [1]}"#;

    /// Contract: `generic-where`.
    #[rstest]
    #[case::equal("friendly_name = 'Main Number'", true)]
    #[case::equal_of_another_case("friendly_name = 'main number'", false)]
    #[case::name_without_case_and_underscore("FriendlyName='Main Number'", true)]
    #[case::quote_doubled("note = 'it''s'", true)]
    #[case::number("size = 12", true)]
    #[case::number_in_quotes("size = '12.0'", true)]
    #[case::numbers_are_no_texts("size > 9", true)]
    #[case::text_that_is_a_number("id < 10", true)]
    #[case::unequal("size != 12", false)]
    #[case::at_most("size <= 12", true)]
    #[case::at_least("size >= 13", false)]
    #[case::boolean("active = 'true'", true)]
    #[case::boolean_without_quotes("active = true", true)]
    #[case::like("friendly_name LIKE 'main%'", true)]
    #[case::like_in_the_middle("friendly_name like '%N_m%r'", true)]
    #[case::not_like("friendly_name NOT LIKE '%x%'", true)]
    #[case::among("size IN (1, '12')", true)]
    #[case::not_among("size NOT IN (1, 2)", true)]
    #[case::null("nick IS NULL", true)]
    #[case::not_null("id IS NOT NULL", true)]
    #[case::null_is_never_equal("nick = 'x' OR nick != 'x'", false)]
    #[case::and_binds_closer("size = 1 AND size = 2 OR size = 12", true)]
    #[case::parentheses("size = 12 AND (id = '8' OR id = '7')", true)]
    #[case::not("NOT (size = 1)", true)]
    #[case::nested("address.city = 'Bonn'", true)]
    #[case::dotted_name("a.b = 'dotted'", true)]
    #[case::unknown("colour = 'red'", false)]
    #[case::unknown_is_not_unequal("colour != 'red'", false)]
    #[case::unknown_is_not_null("colour IS NULL", false)]
    #[case::not_unknown("NOT colour = 'red'", false)]
    #[case::array("list = '1'", false)]
    fn a_condition_is_decided(#[case] text: &str, #[case] expected: bool) {
        let condition = Condition::parse(text).unwrap();
        assert_eq!(condition.matches(&Json::parse(ROW).unwrap()), expected);
    }

    /// Contract: `generic-where`: what cannot be parsed is refused, naming the place.
    #[rstest]
    #[case("", "character 1: a member's name is expected, the end was found")]
    #[case(
        "size",
        "character 5: an operator such as = or LIKE is expected, the end was found"
    )]
    #[case(
        "size = ",
        "character 8: a value such as 'text' or 5 is expected, the end was found"
    )]
    #[case(
        "size == 5",
        "character 7: a value such as 'text' or 5 is expected, \"=\" was found"
    )]
    #[case(
        "size = 'a",
        "character 8: the text is not closed; end it with a single quote"
    )]
    #[case(
        "size = \"a\"",
        "character 8: a value such as 'text' or 5 is expected, \"\\\"\" was found"
    )]
    #[case(
        "size = 5 size = 6",
        "character 10: AND, OR or the end is expected, \"size\" was found"
    )]
    #[case(
        "(size = 5",
        "character 10: a closing parenthesis is expected, the end was found"
    )]
    #[case(
        "size IN 5",
        "character 9: an opening parenthesis is expected, \"5\" was found"
    )]
    #[case(
        "size IN (5",
        "character 11: a comma or a closing parenthesis is expected, the end was found"
    )]
    #[case(
        "size IS 5",
        "character 9: NULL or NOT NULL is expected, \"5\" was found"
    )]
    #[case(
        "size NOT = 5",
        "character 10: LIKE or IN is expected, \"=\" was found"
    )]
    #[case(
        "é = ;",
        "character 5: a value such as 'text' or 5 is expected, \";\" was found"
    )]
    fn a_text_that_is_no_condition_is_refused(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(Condition::parse(text).unwrap_err().to_string(), expected);
    }

    #[test]
    fn nesting_has_a_limit() {
        let deep = |depth: usize| format!("{}a = 1{}", "(".repeat(depth), ")".repeat(depth));
        assert!(Condition::parse(&deep(30)).is_ok());
        let problem = Condition::parse(&deep(100_000)).unwrap_err().to_string();
        assert!(
            problem.ends_with("the condition is nested too deeply"),
            "{problem}"
        );
        assert!(Condition::parse(&"NOT ".repeat(100_000)).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused(text in "[a-z='%(),<> NOTANDR0-9.é\"]{0,40}") {
            if let Ok(condition) = Condition::parse(&text) {
                // Deciding must not panic either.
                let _decided = condition.matches(&Json::parse(ROW).unwrap());
            }
        }

        #[test]
        fn a_text_in_quotes_meets_itself(text in "[^%_0-9]{0,20}") {
            let row = Json::Object(vec![("a".into(), text.as_str().into())]);
            let quoted = text.replace('\'', "''");
            for operator in ["=", "LIKE"] {
                let condition = Condition::parse(&format!("a {operator} '{quoted}'")).unwrap();
                prop_assert!(condition.matches(&row));
            }
        }
    }
}
