//! Reading a quoted text whose quotes cannot be trusted.
//!
//! Decided in this order: a quote inside an HTML attribute belongs to the text; otherwise it ends the text if what
//! follows is what JSON allows after a text; otherwise it belongs to the text.

use super::cursor::Cursor;
use super::notes::Notes;
use super::{Change, Reading};
use crate::wire::json::escaped;

/// Reads the text whose opening quote was just walked over; in an exact one the next quote ends it, whatever follows.
pub(super) fn read(cursor: &mut Cursor<'_>, reading: Reading, notes: &mut Notes) -> String {
    let text = Text {
        cursor,
        reading,
        notes,
        out: String::new(),
        markup: Markup::Outside,
        noted_quote: false,
    };
    text.read()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Markup {
    Outside,
    Tag,
    Attribute,
}

struct Text<'c, 'a, 'n> {
    cursor: &'c mut Cursor<'a>,
    reading: Reading,
    notes: &'n mut Notes,
    out: String,
    markup: Markup,
    noted_quote: bool,
}

impl Text<'_, '_, '_> {
    fn read(mut self) -> String {
        let opened = self.cursor.line();
        loop {
            match self.cursor.peek() {
                None => {
                    self.notes.guess(opened, Change::Added, "", "\"");
                    return self.out;
                }
                Some('"') if self.quote_ends() => {
                    self.cursor.bump();
                    return self.out;
                }
                Some('\n') if self.next_line_is_a_member() => {
                    self.notes.guess(opened, Change::Added, "", "\"");
                    self.leave_comma();
                    return self.out;
                }
                Some('\\') => self.escape(),
                Some(character) => self.character(character),
            }
        }
    }

    fn character(&mut self, character: char) {
        match character {
            '"' => self.bare_quote(),
            '\r' if self.cursor.rest().starts_with("\r\n") => {}
            control if control < ' ' => {
                let (line, after) = (self.cursor.line(), control.escape_default().to_string());
                let before = control.to_string();
                self.notes.fix(line, Change::Escaped, &before, &after);
            }
            _ => {}
        }
        self.follow_markup(character);
        self.cursor.bump();
        if !(character == '\r' && self.cursor.peek() == Some('\n')) {
            self.out.push(character);
        }
        if character == '\n' {
            self.cursor.skip_margin();
        }
    }

    fn quote_ends(&self) -> bool {
        let after = &self.cursor.rest()[1..];
        match (self.reading, self.markup) {
            (Reading::Exact, _) => true,
            (_, Markup::Attribute) => ends_line(after),
            (_, Markup::Tag) if self.out.ends_with('=') => false,
            _ => may_follow_text(after),
        }
    }

    fn bare_quote(&mut self) {
        if !self.noted_quote {
            self.noted_quote = true;
            self.note_unescaped("\"");
        }
    }

    fn follow_markup(&mut self, character: char) {
        self.markup = match (self.markup, character) {
            (Markup::Outside, '<') if opens_tag(&self.cursor.rest()[1..]) => Markup::Tag,
            (_, '>') => Markup::Outside,
            (Markup::Tag, '"') if self.out.ends_with('=') => Markup::Attribute,
            (Markup::Attribute, '"') => Markup::Tag,
            (unchanged, _) => unchanged,
        };
    }

    fn escape(&mut self) {
        let rest = self.cursor.rest();
        if let Some((character, length)) = escaped(rest.as_bytes()) {
            self.out.push(character);
            self.cursor.skip(length);
        } else {
            let shown: String = rest.chars().take(2).collect();
            self.note_unescaped(&shown);
            self.out.push('\\');
            self.cursor.bump();
        }
    }

    fn next_line_is_a_member(&self) -> bool {
        self.reading != Reading::Exact
            && starts_member(self.cursor.rest()[1..].trim_start_matches(is_blank))
    }

    /// A comma at the end of an unclosed text separates members; it is left to be read as such.
    fn leave_comma(&mut self) {
        let kept = self.out.trim_end_matches(is_blank);
        if let Some(before) = kept.strip_suffix(',') {
            // The carriage return before the line's end was read, but is not part of the text.
            let skipped = usize::from(self.cursor.is_after('\r'));
            self.cursor.back(self.out.len() - before.len() + skipped);
            self.out.truncate(before.len());
        }
    }

    fn note_unescaped(&mut self, before: &str) {
        let (line, after) = (self.cursor.line(), format!("\\{before}"));
        self.notes.guess(line, Change::Escaped, before, &after);
    }
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r')
}

fn opens_tag(after: &str) -> bool {
    after.starts_with(|next: char| next.is_ascii_alphabetic() || next == '/')
}

/// Nothing but a comma stands between here and the end of the line.
fn ends_line(after: &str) -> bool {
    let rest = after.trim_start_matches(is_blank);
    let rest = rest
        .strip_prefix(',')
        .unwrap_or(rest)
        .trim_start_matches(is_blank);
    rest.is_empty() || rest.starts_with('\n')
}

/// JSON could go on like this after a text.
fn may_follow_text(after: &str) -> bool {
    let rest = after.trim_start_matches(is_blank);
    match rest.chars().next() {
        None | Some('\n' | '}' | ']') => true,
        Some(',') => may_follow_comma(rest[1..].trim_start_matches(is_blank)),
        Some(':') => starts_value(rest[1..].trim_start_matches(is_blank)),
        Some('/') => starts_comment(rest),
        _ => false,
    }
}

fn may_follow_comma(rest: &str) -> bool {
    rest.is_empty()
        || rest.starts_with(['\n', '}', ']', ','])
        || starts_comment(rest)
        || starts_value(rest)
}

fn starts_value(rest: &str) -> bool {
    rest.starts_with(['"', '{', '[', '-'])
        || rest.starts_with(|digit: char| digit.is_ascii_digit())
        || ["true", "false", "null"]
            .iter()
            .any(|word| rest.starts_with(word))
}

pub(super) fn starts_comment(rest: &str) -> bool {
    rest.starts_with("//") || rest.starts_with("/*")
}

/// Tells whether `rest` starts with a quoted name and a colon. Longer names are not looked for, so this is quick.
pub(in crate::catalog::guide) fn starts_member(rest: &str) -> bool {
    const LONGEST: usize = 128;
    let Some(name) = rest.strip_prefix('"') else {
        return false;
    };
    name.char_indices()
        .take(LONGEST)
        .find(|(_, character)| matches!(character, '"' | '\n'))
        .is_some_and(|(end, character)| {
            character == '"'
                && name[end + 1..]
                    .trim_start_matches(is_blank)
                    .starts_with(':')
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn read_value(source: &str) -> (String, Vec<Change>, String) {
        let mut cursor = Cursor::new(source, 1, 0);
        let mut notes = Notes::default();
        let text = read(&mut cursor, Reading::Repairing, &mut notes);
        let defects = notes.0.iter().map(|note| note.change).collect();
        (text, defects, cursor.rest().to_owned())
    }

    #[rstest]
    #[case::plain(r#"a", "b": 1}"#, "a", r#", "b": 1}"#)]
    #[case::attributes(
        r#"<a href="x" target="_blank">y</a>","#,
        r#"<a href="x" target="_blank">y</a>"#,
        ","
    )]
    #[case::attribute_then_comma(
        r#"<a href="x", title="y">z</a>"}"#,
        r#"<a href="x", title="y">z</a>"#,
        "}"
    )]
    #[case::unclosed_attribute("<a href=\"x>y</a>\",\n", "<a href=\"x>y</a>", ",\n")]
    #[case::unclosed_tag("<a href=\"x\",\n", "<a href=\"x", ",\n")]
    #[case::attribute_like_a_next_item(
        r#"<a title=", 5 days" id="x">y</a>"}"#,
        r#"<a title=", 5 days" id="x">y</a>"#,
        "}"
    )]
    #[case::attribute_before_a_brace(r#"<a {b="x"}>y</a>"]"#, r#"<a {b="x"}>y</a>"#, "]")]
    #[case::equals_sign_after_a_tag(r#"<b>sum="}"#, "<b>sum=", "}")]
    #[case::quoted_word(r#"the "best" tool"}"#, r#"the "best" tool"#, "}")]
    #[case::quoted_before_a_comma(r#"say "hi", they said"]"#, r#"say "hi", they said"#, "]")]
    #[case::placeholder(r#"<INSERT_NAME>"}"#, "<INSERT_NAME>", "}")]
    #[case::line_break("a\n b\"}", "a\n b", "}")]
    #[case::windows_line_break("a\r\n b\"}", "a\n b", "}")]
    #[case::escapes(r#"\"\u0041\ud83d\ude00\n\/"}"#, "\"A\u{1f600}\n/", "}")]
    #[case::no_escape(r#"C:\dir"}"#, r"C:\dir", "}")]
    #[case::no_closing_quote("a,\n  \"b\": 1", "a", ",\n  \"b\": 1")]
    #[case::no_closing_quote_in_windows("a,\r\n  \"b\": 1", "a", ",\r\n  \"b\": 1")]
    #[case::end("a", "a", "")]
    fn a_text_ends_where_it_means_to(
        #[case] source: &str,
        #[case] expected: &str,
        #[case] rest: &str,
    ) {
        let (text, _, left) = read_value(source);
        assert_eq!((text.as_str(), left.as_str()), (expected, rest));
    }

    #[rstest]
    #[case::plain(r#"a","#, &[])]
    #[case::quotes_once_a_text(r#"<a href="x" target="_blank">y</a>","#, &[Change::Escaped])]
    #[case::each_line_break("a\nb\nc\"", &[Change::Escaped, Change::Escaped])]
    #[case::tab("a\tb\"", &[Change::Escaped])]
    #[case::no_escape(r#"\d""#, &[Change::Escaped])]
    #[case::lone_surrogate(r#"\ud800""#, &[Change::Escaped])]
    #[case::end("a", &[Change::Added])]
    fn every_repair_of_a_text_is_noted(#[case] source: &str, #[case] expected: &[Change]) {
        assert_eq!(read_value(source).1, expected);
    }
}
