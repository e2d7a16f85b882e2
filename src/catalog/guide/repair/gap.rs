//! What stands between the values and belongs to none: blanks, comments, stray text; and the notes about it.

use super::reader::Reader;
use super::text;
use super::{MOST_REPAIRS, Note};
use crate::catalog::guide::finding::Defect;

impl Reader<'_> {
    /// Whether members follow although the outermost object was just closed.
    pub(super) fn goes_on(&self) -> bool {
        let rest = self.cursor.rest().trim_start();
        let rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
        text::starts_member(rest)
    }

    pub(super) fn skip_gap(&mut self) {
        loop {
            self.cursor.take_while(char::is_whitespace);
            if !text::starts_comment(self.cursor.rest()) {
                return;
            }
            let line = self.cursor.line();
            let length = comment_length(self.cursor.rest());
            let reason = format!("the comment {:?} is left out", self.shown());
            self.cursor.skip(length);
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
        let shown: String = start[..length].trim_end().chars().take(40).collect();
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
        let line = self.cursor.rest().chars();
        line.take_while(|character| *character != '\n')
            .take(40)
            .collect::<String>()
            .trim_end()
            .to_owned()
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

fn comment_length(rest: &str) -> usize {
    if let Some(inside) = rest.strip_prefix("/*") {
        return inside.find("*/").map_or(rest.len(), |end| end + 4);
    }
    rest.find('\n').unwrap_or(rest.len())
}
