//! Placeholders: the texts and numbers that stand where a value was replaced.
//!
//! A placeholder says of the value only its type and its number in the cassette, so two recordings of one conversation
//! have the same placeholders. One value has one number, in whatever form it appears.

use std::ops::Range;

use serde_json::Number;

/// The text before the number.
const MARK: &str = "redacted-";
const MAX_DIGITS: usize = 6;
const EMAIL_END: &str = "@example.com";
const URL_END: &str = ".example";
const SCHEMES: [&str; 2] = ["https://", "http://"];
/// Above every number that a policy keeps, and exact as a double.
const FIRST_NUMBER: u64 = 9_000_000_000_000;

/// The placeholder of a text: an address stays an address.
pub(super) fn for_text(value: &str, number: u32) -> String {
    if let Some(scheme) = SCHEMES.iter().find(|scheme| value.starts_with(*scheme)) {
        format!("{scheme}{MARK}{number}{URL_END}")
    } else if is_email(value) {
        format!("{MARK}{number}{EMAIL_END}")
    } else {
        format!("{MARK}{number}")
    }
}

/// The placeholder of a JSON number.
pub(super) fn for_number(number: u32) -> u64 {
    FIRST_NUMBER + u64::from(number)
}

/// The placeholder of a body that is neither JSON nor a form.
pub(super) fn for_body(media_type: &str, length: usize, number: u32) -> String {
    format!("{MARK}{number} ({media_type}, {length} bytes)")
}

/// The number of a text that is a placeholder as a whole.
pub(super) fn number_of(text: &str) -> Option<u32> {
    let mut starts = SCHEMES.iter().map(|scheme| text.strip_prefix(scheme));
    let is_marked = |text: &str| text.starts_with(MARK);
    if !is_marked(text) && !starts.any(|rest| rest.is_some_and(is_marked)) {
        return None;
    }
    let (range, number) = find_all(text).into_iter().next()?;
    let is_whole =
        range == (0..text.len()) || (range.start == 0 && is_body_end(&text[range.end..]));
    is_whole.then_some(number)
}

/// The number of a JSON number that is a placeholder.
pub(super) fn number_of_json(number: &Number) -> Option<u32> {
    let number = number.as_u64()?.checked_sub(FIRST_NUMBER)?;
    let number = u32::try_from(number).ok()?;
    (1..10u32.pow(6)).contains(&number).then_some(number)
}

fn is_body_end(text: &str) -> bool {
    let inside = text
        .strip_prefix(" (")
        .and_then(|text| text.strip_suffix(" bytes)"));
    let parts = inside.and_then(|inside| inside.split_once(", "));
    parts.is_some_and(|(media_type, length)| {
        !length.is_empty()
            && length.len() <= 12
            && length.bytes().all(|byte| byte.is_ascii_digit())
            && super::words::is_media_type(media_type)
    })
}

/// Every placeholder inside a text, with its number.
pub(super) fn find_all(text: &str) -> Vec<(Range<usize>, u32)> {
    let mut found = Vec::new();
    let mut from = 0;
    // A dash is found faster than a word, and most texts have none.
    while let Some(dash) = text[from..].find('-') {
        let digits_start = from + dash + 1;
        from = digits_start;
        let Some(before) = text[..digits_start].strip_suffix(MARK) else {
            continue;
        };
        let mut start = before.len();
        let rest = &text[digits_start..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let mut end = digits_start + digits;
        from = end;
        if !(1..=MAX_DIGITS).contains(&digits) || rest.starts_with('0') {
            continue;
        }
        let scheme = SCHEMES
            .iter()
            .find(|scheme| text[..start].ends_with(*scheme));
        match scheme {
            Some(scheme) if text[end..].starts_with(URL_END) => {
                start -= scheme.len();
                end += URL_END.len();
            }
            _ if text[end..].starts_with(EMAIL_END) => end += EMAIL_END.len(),
            _ => {}
        }
        let number = rest[..digits].parse().expect("six digits are a number");
        found.push((start..end, number));
        from = end;
    }
    found
}

/// Numbers of placeholders with the values that stand in their places.
pub(super) type Bindings = Vec<(u32, String)>;

/// Compares a text with a recorded one, and returns what stands in it for each placeholder; `None` when they differ.
pub(super) fn fit(recorded: &str, text: &str) -> Option<Bindings> {
    let (mut bound, mut rest, mut at) = (Vec::new(), text, 0);
    let mut open: Option<u32> = None;
    for (range, number) in find_all(recorded) {
        rest = take_piece(&recorded[at..range.start], rest, open.take(), &mut bound)?;
        open = Some(number);
        at = range.end;
    }
    let last = &recorded[at..];
    let Some(number) = open else {
        return (rest == last).then_some(bound);
    };
    // A body's type and length say what was recorded, not what must be sent.
    let value = if is_body_end(last) {
        rest
    } else {
        rest.strip_suffix(last)?
    };
    bound.push((number, value.to_owned()));
    let is_whole = bound.iter().all(|(_, value)| !value.is_empty());
    is_whole.then_some(bound)
}

fn take_piece<'t>(
    piece: &str,
    rest: &'t str,
    open: Option<u32>,
    bound: &mut Bindings,
) -> Option<&'t str> {
    let Some(number) = open else {
        return rest.strip_prefix(piece);
    };
    let at = rest.find(piece)?;
    bound.push((number, rest[..at].to_owned()));
    Some(&rest[at + piece.len()..])
}

/// Tells whether a text has the form of an e-mail address.
fn is_email(text: &str) -> bool {
    let is_part = |part: &str| {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-+%".contains(&byte);
        !part.is_empty() && part.bytes().all(is_allowed)
    };
    let parts = text.split_once('@');
    parts.is_some_and(|(user, host)| is_part(user) && is_part(host) && host.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::text("correct horse battery", "redacted-7")]
    #[case::digits("0123456789", "redacted-7")]
    #[case::email("someone.else@corp.example", "redacted-7@example.com")]
    #[case::url("https://hooks.corp.example/T0", "https://redacted-7.example")]
    #[case::plain_url("http://h", "http://redacted-7.example")]
    #[case::other_url("ftp://h", "redacted-7")]
    fn has_the_type_of_the_value(#[case] value: &str, #[case] expected: &str) {
        assert_eq!(for_text(value, 7), expected);
        assert_eq!(number_of(expected), Some(7));
        assert_eq!(number_of(value), None);
    }

    #[rstest]
    #[case("redacted-07")]
    #[case("redacted-")]
    #[case("redacted-1234567")]
    #[case("a redacted-1")]
    #[case("redacted-1 (PLANTED, 1 bytes)")]
    #[case("redacted-1x")]
    fn no_other_text_is_one(#[case] text: &str) {
        assert_eq!(number_of(text), None);
    }

    #[test]
    fn bodies_and_numbers_have_one_too() {
        assert_eq!(number_of(&for_body("text/xml", 12, 3)), Some(3));
        assert_eq!(number_of_json(&for_number(3).into()), Some(3));
        assert_eq!(number_of_json(&FIRST_NUMBER.into()), None);
        assert_eq!(number_of_json(&3.into()), None);
    }

    #[rstest]
    #[case::same("a", "a", Some(vec![]))]
    #[case::other("a", "b", None)]
    #[case::whole("redacted-1", "x", Some(vec![(1, "x")]))]
    #[case::nothing("redacted-1", "", None)]
    #[case::inside("by redacted-1, of redacted-2.", "by me, of you.", Some(vec![(1, "me"), (2, "you")]))]
    #[case::inside_of_another("by redacted-1.", "for me.", None)]
    #[case::body("redacted-1 (text/xml, 3 bytes)", "<a>", Some(vec![(1, "<a>")]))]
    fn texts_fit(
        #[case] recorded: &str,
        #[case] text: &str,
        #[case] expected: Option<Vec<(u32, &str)>>,
    ) {
        let owned = |bound: Vec<(u32, &str)>| {
            let bound = bound.into_iter();
            bound
                .map(|(number, value)| (number, value.to_owned()))
                .collect()
        };
        assert_eq!(fit(recorded, text), expected.map(owned));
    }
}
