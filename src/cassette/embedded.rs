//! Secrets inside of a text that has members of its own: JSON that is broken, or in a string, lines of it, forms, parts,
//! markup, and addresses.
//!
//! What says by its name that it is a secret is found however the text is built; nothing is parsed, since such a text may
//! be anything. Found are values behind a name and a colon or an equals sign, elements and fields of markup, parts of a
//! form, and the user of an address.

use std::ops::Range;

/// Whether a text may have members of its own.
pub(super) fn has_members(text: &str) -> bool {
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    start.starts_with(['{', '[', '<']) || text.contains("://")
}

/// Where the values are whose names `is_secret`, in order.
pub(super) fn secrets(text: &str, is_secret: impl Fn(&str) -> bool) -> Vec<Range<usize>> {
    let marks = text.match_indices([':', '=', '>']);
    let found = marks.filter_map(|(at, mark)| match mark {
        ":" if text[at..].starts_with("://") => user(text, at + "://".len()),
        ">" => element(text, at, &is_secret),
        mark => {
            let name = name_before(text, at);
            if is_secret(name) {
                value(text, at + 1, mark)
            } else if name.eq_ignore_ascii_case("name") {
                let named = value(text, at + 1, mark)?;
                is_secret(&text[named.clone()]).then(|| field(text, named.end))?
            } else {
                None
            }
        }
    });
    let mut end = 0;
    let found = found.filter(|value| !value.is_empty());
    let apart = found.filter(|value| {
        let is_apart = value.start >= end;
        end = end.max(value.end);
        is_apart
    });
    apart.collect()
}

/// The name that ends before a mark, without quotes; empty when there is none.
fn name_before(text: &str, at: usize) -> &str {
    let before = text[..at].trim_end_matches([' ', '\t', '"', '\'', '\\']);
    let is_in_name = |c: char| c.is_alphanumeric() || "_.-".contains(c);
    let start = before.trim_end_matches(is_in_name).len();
    &before[start..]
}

/// The value behind a mark, without quotes.
fn value(text: &str, from: usize, mark: &str) -> Option<Range<usize>> {
    let blank = |text: &str| text.len() - text.trim_start_matches([' ', '\t', '\r', '\n']).len();
    let start = from + if mark == ":" { blank(&text[from..]) } else { 0 };
    let rest = &text[start..];
    let escapes = rest.len() - rest.trim_start_matches('\\').len();
    let quote = rest[escapes..].chars().next()?;
    if quote != '"' && quote != '\'' {
        let end = rest.find(|c: char| c.is_whitespace() || "&,;}<>\"')]#".contains(c));
        let value = &rest[..end.unwrap_or(rest.len())];
        // Words of a sentence are no values, and neither is what a value is made of.
        let is_value = mark == "=" || value.bytes().any(|byte| byte.is_ascii_digit());
        let is_whole = !value.starts_with(['{', '[']);
        return (is_value && is_whole).then(|| start..start + value.len());
    }
    let start = start + escapes + 1;
    Some(start..start + length_quoted(&text[start..], quote, escapes))
}

/// How long a text is that ends with a quote as deeply escaped as the one that it began with: beyond that, backslashes
/// before a quote belong to what is quoted, unless they are pairs.
fn length_quoted(text: &str, quote: char, escapes: usize) -> usize {
    let mut run = 0;
    for (at, c) in text.char_indices() {
        match c {
            '\\' => run += 1,
            _ if c == quote && run % (2 * (escapes + 1)) == escapes => return at - escapes,
            _ => run = 0,
        }
    }
    text.len()
}

/// The text of an element whose tag ends here.
fn element(text: &str, at: usize, is_secret: impl Fn(&str) -> bool) -> Option<Range<usize>> {
    let tag = &text[text[..at].rfind('<')? + 1..at];
    let name = tag.split_whitespace().next().unwrap_or_default();
    // A prefix says nothing of the name.
    let name = name.rsplit(':').next().unwrap_or_default();
    let length = text[at + 1..].find('<')?;
    is_secret(name).then(|| at + 1..at + 1 + length)
}

/// The value of a field whose name ends here: an attribute of the same tag, or a part of a form.
fn field(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = &text[at..];
    let tag = &rest[..rest.find(['>', '\n']).unwrap_or(rest.len())];
    if let Some(found) = tag.find("value=") {
        return value(text, at + found + "value=".len(), "=");
    }
    let start = ["\r\n\r\n", "\n\n"]
        .iter()
        .filter_map(|blank| Some(rest.find(blank)? + blank.len()))
        .min()?;
    let part = &rest[start..];
    let end = part.find("\n--").unwrap_or(part.len());
    let part = part[..end].trim_end_matches('\r');
    Some(at + start..at + start + part.len())
}

/// Name and password before the host of an address.
fn user(text: &str, from: usize) -> Option<Range<usize>> {
    let rest = &text[from..];
    let end = rest.find(|c: char| c.is_whitespace() || "/?#\"'<>\\".contains(c));
    let authority = &rest[..end.unwrap_or(rest.len())];
    let (user, _) = authority.rsplit_once('@')?;
    Some(from..from + user.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn is_secret(name: &str) -> bool {
        ["password", "api.key"].contains(&name)
    }

    #[rstest]
    #[case::twice(r#"{"password":"S1","password": "S2"}"#, &["S1", "S2"])]
    #[case::lines("{\"password\":\"S1\"}\n{\"a\":1}\n{\"api.key\":\"S2\"}", &["S1", "S2"])]
    #[case::truncated(r#"{"a":"b","password":"S1"#, &["S1"])]
    #[case::with_quotes_inside(r#"{"password":"S\"1\\"}"#, &[r#"S\"1\\"#])]
    #[case::in_a_string(r#"{\"password\":\"S1\",\"a\":\"b\"}"#, &["S1"])]
    #[case::single_quotes("{'password':'S1'}", &["S1"])]
    #[case::bare("{password: S1, a: b}", &["S1"])]
    #[case::a_sentence("password: as you like", &[])]
    #[case::form("a=b&password=S1&api.key=S+2", &["S1", "S+2"])]
    #[case::markup("<a><password type=\"x\">S1</password><b>c</b></a>", &["S1"])]
    #[case::prefixed("<x:password>S1</x:password>", &["S1"])]
    #[case::input("<input name=\"password\" type=\"text\" value=\"S1\"><p>", &["S1"])]
    #[case::part("--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\nS1\r\n--b--", &["S1"])]
    #[case::another_part("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nc\r\n--b--", &[])]
    #[case::address("https://host/a?b=c&password=S1&state=1#password=S2", &["S1", "S2"])]
    #[case::user("see https://u:S1@host/a, https://host/b@c", &["u:S1"])]
    #[case::nothing(r#"{"passwords":"a","b":"c","d":{"e":"password"}}"#, &[])]
    #[case::an_object(r#"{"password":{"a":1}"#, &[])]
    #[case::empty(r#"{"password":"","a":"b"}"#, &[])]
    fn values_are_found_by_their_names(#[case] text: &str, #[case] expected: &[&str]) {
        let found = secrets(text, is_secret);
        let found: Vec<_> = found.into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, expected);
    }

    #[rstest]
    #[case("\u{feff} {", true)]
    #[case("<a>", true)]
    #[case("see https://host", true)]
    #[case("a: b", false)]
    fn a_text_may_have_members(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(has_members(text), expected);
    }

    proptest! {
        #[test]
        fn any_text_can_be_searched(text in r#"([{}\[\]<>:="'\\&#/@ é]|name|value|password|\n|://|\r\n|a){0,30}"#) {
            let mut end = 0;
            for range in secrets(&text, is_secret) {
                prop_assert!(range.start >= end && !text[range.clone()].is_empty());
                end = range.end;
            }
        }
    }
}
