//! Secrets inside of a text that has members of its own: JSON that is broken, or in a string, lines of it, forms, parts,
//! markup, and addresses.
//!
//! What says by its name that it is a secret is found however the text is built; nothing is parsed, since such a text may
//! be anything. Found are values behind a name and a colon or an equals sign, elements and fields of markup, parts of a
//! form, and the user of an address.

use std::ops::Range;

/// How far around a name is looked for what it belongs to; a text may not make its reader go over it again and again.
const NEAR: usize = 512;

/// Whether a text may have members of its own.
pub(super) fn has_members(text: &str) -> bool {
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    start.starts_with(['{', '[', '<', '"']) || text.contains('=') || text.contains("://")
}

/// Where the values are whose names `is_secret`, in order.
pub(super) fn secrets(text: &str, is_secret: impl Fn(&str) -> bool) -> Vec<Range<usize>> {
    let (mut found, mut end) = (Vec::new(), 0);
    for (at, mark) in text.match_indices([':', '=', '>']) {
        if at < end {
            continue;
        }
        let value = match mark {
            ":" if text[at..].starts_with("://") => user(text, at + "://".len()),
            ">" => element(text, at, &is_secret),
            mark => member(text, at, mark, &is_secret),
        };
        // A tag may have its value before its name.
        if let Some(value) = value.filter(|value| !value.is_empty() && value.start >= end) {
            end = value.end;
            found.push(value);
        }
    }
    found
}

/// What stands behind a mark, or belongs to the name that does.
fn member(
    text: &str,
    at: usize,
    mark: &str,
    is_secret: impl Fn(&str) -> bool,
) -> Option<Range<usize>> {
    let name = name_before(text, at);
    if is_secret(name) {
        return value(text, at + 1, mark);
    }
    if !["name", "key", "id", "property"].contains(&name.to_ascii_lowercase().as_str()) {
        return None;
    }
    let near = &text[..text.floor_char_boundary(at + NEAR)];
    let named = value(near, at + 1, mark)?;
    is_secret(&near[named.clone()]).then(|| field(text, at, named.end))?
}

/// The name that ends before a mark, without quotes; empty when there is none.
fn name_before(text: &str, at: usize) -> &str {
    let near = &text[text.ceil_char_boundary(at.saturating_sub(NEAR))..at];
    let before = near.trim_end_matches([' ', '\t', '"', '\'', '\\']);
    let is_in_name = |c: char| c.is_alphanumeric() || "_.-".contains(c);
    let start = before.trim_end_matches(is_in_name).len();
    &before[start..]
}

/// The value behind a mark, without quotes.
fn value(text: &str, from: usize, mark: &str) -> Option<Range<usize>> {
    let rest = &text[from..];
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    let start = from + blanks;
    let rest = &text[start..];
    if rest.starts_with(['=', '>']) {
        // A comparison, an assignment or an arrow.
        return None;
    }
    let escapes = rest.len() - rest.trim_start_matches('\\').len();
    let quote = rest[escapes..].chars().next()?;
    if quote != '"' && quote != '\'' {
        let is_end = |c: char| c.is_whitespace() || "&,;}<>\"')]#".contains(c);
        let length = |text: &str| text.find(is_end).unwrap_or(text.len());
        let near = &rest[..rest.floor_char_boundary(NEAR)];
        let value = &near[..length(near)];
        // A form has no blanks; else it may be a sentence, whose words are no values, and neither are pieces of code.
        let is_of_form = mark == "=" && blanks == 0;
        let is_like_one = value.len() >= 6 && value.bytes().any(|byte| byte.is_ascii_digit());
        let is_value = (is_of_form || is_like_one) && !value.contains(['{', '[', '(']);
        return is_value.then(|| start..start + length(rest));
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
    let near = &text[text.ceil_char_boundary(at.saturating_sub(NEAR))..at];
    let tag = &near[near.rfind('<')? + 1..];
    let name = tag.split_whitespace().next().unwrap_or_default();
    // A prefix says nothing of the name.
    let name = name.rsplit(':').next().unwrap_or_default();
    if !is_secret(name) {
        return None;
    }
    const CDATA: &str = "<![CDATA[";
    let rest = &text[at + 1..];
    let inside = rest.strip_prefix(CDATA).unwrap_or(rest);
    let start = text.len() - inside.len();
    let end = if inside.len() < rest.len() {
        "]]>"
    } else {
        "<"
    };
    Some(start..start + inside.find(end)?)
}

/// The value of a field that is named from `at` to `named`: an attribute of the same tag, or a part of a form.
fn field(text: &str, at: usize, named: usize) -> Option<Range<usize>> {
    let from = text.ceil_char_boundary(at.saturating_sub(NEAR));
    let to = text.floor_char_boundary(named + NEAR);
    let before = &text[from..at];
    if let Some(tag) = before
        .rfind('<')
        .filter(|&tag| !before[tag..].contains('>'))
    {
        let end = text[named..to].find('>').map_or(to, |end| named + end);
        let tag = from + tag;
        let values = ["value=", "content="].iter();
        let found = values.filter_map(|name| Some(tag + text[tag..end].find(name)? + name.len()));
        return value(text, found.min()?, "=");
    }
    let line = before.rfind('\n').map_or(before, |end| &before[end + 1..]);
    if !line.to_ascii_lowercase().contains("form-data") {
        return None;
    }
    let rest = &text[named..to];
    let blanks = ["\r\n\r\n", "\n\n"].iter();
    let start = blanks.filter_map(|blank| Some(named + rest.find(blank)? + blank.len()));
    let start = start.min()?;
    let part = &text[start..];
    let part = part[..part.find("\n--").unwrap_or(part.len())].trim_end_matches('\r');
    Some(start..start + part.len())
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
    #[case::bare("{password: S1-abc, a: b}", &["S1-abc"])]
    #[case::a_sentence("password: as you like, 8 or more. api.key: 24h", &[])]
    #[case::settings("password = hunter2 \napi.key = \"S 2\"", &["hunter2", "S 2"])]
    #[case::code("if (password==null) password=f(1); api.key => 1; password:=g2abcdef", &[])]
    #[case::before_its_name("<input value=\"S1\" name=\"password\">", &["S1"])]
    #[case::no_value("<input name=\"password\" required>\n\n<p>and so on</p>", &[])]
    #[case::content("<meta name=\"api.key\" content=\"S1\" />\n\n<title>a</title>", &["S1"])]
    #[case::key("<add key=\"api.key\" value=\"S1\"/>", &["S1"])]
    #[case::cdata("<password><![CDATA[S<1]]></password>", &["S<1"])]
    #[case::text_of_a_name("name: \"password\"\n\nThe password is a word", &[])]
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
    #[case("a=b", true)]
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
