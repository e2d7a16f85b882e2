//! The problem with a text that is not JSON: its place, its reason, and the character there.

use std::fmt;

/// The first problem with a text that is not JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct JsonProblem {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The parser's reason, in lower case: `"expected value"`.
    pub reason: String,
    /// The character found there, in quotes, or `"the end of the text"`.
    pub found: String,
}

impl JsonProblem {
    pub(super) fn new(text: &[u8], error: &serde_json::Error) -> Self {
        let whole = error.to_string();
        let reason = whole
            .rsplit_once(" at line ")
            .map_or(whole.as_str(), |(reason, _)| reason);
        let line_start: usize = text
            .split(|&byte| byte == b'\n')
            .take(error.line().saturating_sub(1))
            .map(|l| l.len() + 1)
            .sum();
        // The parser counts bytes and points at the last one it read; before the first it says column 0.
        let offset = (line_start + error.column().saturating_sub(1)).min(text.len());
        JsonProblem::at(text, offset, reason.to_owned(), error.is_eof())
    }

    /// The problem with a text that is JSON, and nested deeper than this.
    pub(crate) fn too_deep(text: &[u8], max: usize) -> Self {
        let (mut level, mut in_text, mut is_escaped) = (0, false, false);
        let is_beyond = |&byte: &u8| {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' => is_escaped = in_text,
                b'"' => in_text = !in_text,
                b'[' | b'{' if !in_text => level += 1,
                b']' | b'}' if !in_text => level -= 1,
                _ => {}
            }
            level > max
        };
        let offset = text.iter().position(is_beyond).unwrap_or(text.len());
        let reason = format!("nested more than {max} levels deep");
        JsonProblem::at(text, offset, reason, false)
    }

    fn at(text: &[u8], offset: usize, reason: String, at_end: bool) -> Self {
        let (line, column) = position(text, char_start(text, offset));
        JsonProblem {
            line,
            column,
            reason,
            found: found_at(text, offset, at_end),
        }
    }
}

impl fmt::Display for JsonProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let JsonProblem {
            line,
            column,
            reason,
            found,
        } = self;
        write!(f, "line {line}, column {column}: {reason}, found {found}")
    }
}

impl std::error::Error for JsonProblem {}

/// The line and column (in characters, both from 1) of the byte at `offset`.
#[must_use]
pub fn position(text: &[u8], offset: usize) -> (usize, usize) {
    let before = &text[..offset.min(text.len())];
    let line_start = before
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(0, |newline| newline + 1);
    let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
    (
        line,
        String::from_utf8_lossy(&before[line_start..])
            .chars()
            .count()
            + 1,
    )
}

/// The first byte of the character that the byte at `offset` belongs to.
fn char_start(text: &[u8], offset: usize) -> usize {
    (offset.saturating_sub(3)..=offset)
        .rev()
        .find(|&at| text.get(at).is_none_or(|byte| byte & 0xC0 != 0x80))
        .unwrap_or(offset)
}

fn found_at(text: &[u8], offset: usize, at_end: bool) -> String {
    if at_end || offset >= text.len() {
        return "the end of the text".to_owned();
    }
    let start = char_start(text, offset);
    let rest = &text[start..text.len().min(start + 4)];
    match String::from_utf8_lossy(rest).chars().next() {
        None | Some(char::REPLACEMENT_CHARACTER) => format!("the byte 0x{:02x}", text[offset]),
        Some(character) => format!("{character:?}"),
    }
}
