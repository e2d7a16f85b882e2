//! What stands between the values and belongs to none: blanks, comments, stray text; and the notes about it.

use super::cursor::Cursor;
use super::reader::Reader;
use super::text;
use super::{MOST_REPAIRS, Note};
use crate::catalog::guide::finding::Defect;

impl Reader<'_> {
    /// Whether members follow although the outermost object was just closed.
    pub(super) fn goes_on(&self) -> bool {
        let mut ahead = self.cursor.clone();
        while next_comment(&mut ahead).is_some() {}
        ahead.eat(',');
        while next_comment(&mut ahead).is_some() {}
        text::starts_member(ahead.rest())
    }

    pub(super) fn skip_gap(&mut self) {
        while let Some((line, comment)) = next_comment(&mut self.cursor) {
            let reason = format!("the comment {:?} is left out", beginning(comment));
            self.note(line, Defect::Comment, reason);
        }
    }

    pub(super) fn skip_stray(&mut self) {
        let line = self.cursor.line();
        let start = self.cursor.rest();
        self.cursor.bump();
        self.cursor
            .take_while(|character| !"\"{}[],\n".contains(character));
        let length = start.len() - self.cursor.rest().len();
        let shown = beginning(&start[..length]);
        self.note(
            line,
            Defect::StrayText,
            format!("{shown:?} belongs to nothing and is left out"),
        );
    }

    pub(super) fn tail(&mut self) {
        self.skip_gap();
        if !self.cursor.rest().is_empty() {
            let line = self.cursor.line();
            let reason = format!("{:?} after the end is left out", self.shown());
            self.note(line, Defect::StrayText, reason);
        }
    }

    /// The beginning of what comes next, short enough for a message.
    pub(super) fn shown(&self) -> String {
        beginning(self.cursor.rest())
    }

    pub(super) fn note(&mut self, line: usize, defect: Defect, reason: String) {
        // One more than allowed is enough to refuse the text.
        if self.notes.len() > MOST_REPAIRS {
            return;
        }
        self.notes.push(Note {
            line,
            defect,
            reason,
        });
    }
}

/// Walks over blanks and, if one follows, over a comment, which it returns with its line.
fn next_comment<'a>(cursor: &mut Cursor<'a>) -> Option<(usize, &'a str)> {
    cursor.take_while(char::is_whitespace);
    if !text::starts_comment(cursor.rest()) {
        return None;
    }
    let (line, rest) = (cursor.line(), cursor.rest());
    let comment = &rest[..comment_length(rest)];
    cursor.skip(comment.len());
    Some((line, comment))
}

fn beginning(text: &str) -> String {
    const LONGEST: usize = 40;
    let line = text.chars().take_while(|character| *character != '\n');
    let short: String = line.take(LONGEST).collect();
    short.trim_end().to_owned()
}

fn comment_length(rest: &str) -> usize {
    if let Some(inside) = rest.strip_prefix("/*") {
        return inside.find("*/").map_or(rest.len(), |end| end + 4);
    }
    rest.find('\n').unwrap_or(rest.len())
}
