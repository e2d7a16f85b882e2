//! Text between values that belongs to none: blanks, comments, stray text.

use super::cursor::Cursor;
use super::notes::beginning;
use super::reader::Reader;
use super::text;
use super::{Change, MAX_REPAIRS};

impl Reader<'_> {
    /// Tells whether members follow although the outermost object was just closed.
    pub(super) fn goes_on(&self) -> bool {
        let mut ahead = self.cursor.clone();
        while next_comment(&mut ahead).is_some() {}
        ahead.eat(',');
        while next_comment(&mut ahead).is_some() {}
        text::starts_member(ahead.rest())
    }

    pub(super) fn skip_gap(&mut self) {
        while let Some((line, comment)) = next_comment(&mut self.cursor) {
            self.notes
                .fix(line, Change::LeftOut, &beginning(comment), "");
            if self.comments.len() <= MAX_REPAIRS {
                self.comments.push((line, comment.to_owned()));
            }
        }
    }

    pub(super) fn skip_stray(&mut self) {
        let line = self.cursor.line();
        let start = self.cursor.rest();
        self.cursor.bump();
        self.cursor
            .take_while(|character| !"\"{}[],\n".contains(character));
        let length = start.len() - self.cursor.rest().len();
        self.notes
            .guess(line, Change::LeftOut, &beginning(&start[..length]), "");
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

fn comment_length(rest: &str) -> usize {
    if let Some(inside) = rest.strip_prefix("/*") {
        return inside.find("*/").map_or(rest.len(), |end| end + 4);
    }
    rest.find('\n').unwrap_or(rest.len())
}
