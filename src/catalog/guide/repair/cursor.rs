//! A place in a text, with its line.

/// Walks over a text, character by character.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    line_start: usize,
    inked: bool,
    margin: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str, line: usize, margin: usize) -> Self {
        Cursor {
            text,
            at: 0,
            line,
            line_start: 0,
            inked: false,
            margin,
        }
    }

    /// Walks over the margin that an indented block has at the start of each line.
    pub(super) fn skip_margin(&mut self) {
        for _ in 0..self.margin {
            if !self.eat(' ') {
                break;
            }
        }
    }

    pub(super) fn line(&self) -> usize {
        self.line
    }

    /// The text that has not been walked over yet.
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        #[cfg(test)]
        steps::count();
        self.rest().chars().next()
    }

    pub(super) fn bump(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.at += character.len_utf8();
        if character == '\n' {
            self.line += 1;
            self.line_start = self.at;
            self.inked = false;
        } else if !character.is_whitespace() {
            self.inked = true;
        }
        Some(character)
    }

    /// Walks over the next character if it is `expected`.
    pub(super) fn eat(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        if found {
            self.bump();
        }
        found
    }

    /// Walks over everything that `wanted` holds for, and returns it.
    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let start = self.at;
        while self.peek().is_some_and(&wanted) {
            self.bump();
        }
        &self.text[start..self.at]
    }

    /// Walks over `length` bytes, which end at a character's end.
    pub(super) fn skip(&mut self, length: usize) {
        let end = self.at + length;
        while self.at < end && self.bump().is_some() {}
    }

    /// Tells whether `character` was the last one walked over.
    pub(super) fn is_after(&self, character: char) -> bool {
        self.text[..self.at].ends_with(character)
    }

    /// Goes back over `length` bytes of the current line.
    pub(super) fn back(&mut self, length: usize) {
        self.at -= length;
    }

    /// Measures how far the place is indented, if nothing but blanks stands before it on its line.
    pub(super) fn indent(&self) -> Option<usize> {
        (!self.inked).then_some(self.at - self.line_start)
    }
}

/// Counts the characters looked at by this thread, those looked at again included.
#[cfg(test)]
pub(super) mod steps {
    use std::cell::Cell;

    thread_local!(static STEPS: Cell<usize> = const { Cell::new(0) });

    pub(super) fn count() {
        STEPS.set(STEPS.get() + 1);
    }

    pub(in super::super) fn of(act: impl FnOnce()) -> usize {
        STEPS.set(0);
        act();
        STEPS.get()
    }
}
