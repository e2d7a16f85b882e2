//! Finds the ends of objects and arrays, which in broken JSON are not always where their brackets say.

use std::collections::HashSet;

use super::frame::{Closed, Frame, Kind, Last};
use super::notes::beginning;
use super::reader::Reader;
use super::{Change, Reading};
use crate::catalog::guide::tree::{Member, Node, Value};

impl Reader<'_> {
    pub(super) fn close_brace(&mut self) {
        if self.stack.iter().all(Frame::is_array) {
            self.skip_stray();
            return;
        }
        while self.top().is_array() {
            self.close_unclosed();
        }
        let line = self.cursor.line();
        self.cursor.bump();
        if self.stack.len() == 1 && self.goes_on() {
            self.note_early(line);
            self.settle_pending();
            return;
        }
        self.close();
    }

    pub(super) fn close_bracket(&mut self) {
        if !self.stack.iter().any(Frame::is_array) {
            self.skip_stray();
            return;
        }
        while !self.top().is_array() {
            self.close_unclosed();
        }
        self.cursor.bump();
        self.close();
    }

    pub(super) fn close_everything(&mut self) {
        while self.root.is_none() {
            self.close_unclosed();
        }
    }

    pub(super) fn close_unclosed(&mut self) {
        let line = self.top().line;
        let mark = if self.top().is_array() { "]" } else { "}" };
        self.guess(line, Change::Added, "", mark);
        // The comma that stood before the place where the end is missing separates what comes after it.
        let comma = std::mem::replace(&mut self.top().last, Last::Element);
        self.close();
        if let (Last::Comma { .. }, Some(outer)) = (comma, self.stack.last_mut()) {
            outer.last = comma;
        }
    }

    fn close(&mut self) {
        let line = self.cursor.line();
        self.settle_pending();
        if let Last::Comma { line } = self.top().last {
            self.note_spare_comma(line);
        }
        let frame = self.stack.pop().expect("only what is open is closed");
        let indent = frame.indent;
        let value = match frame.kind {
            Kind::Array => Value::Array(frame.members.into_iter().map(|item| item.value).collect()),
            Kind::Object => Value::Object(self.without_repeats(frame.members)),
        };
        self.attach(Node {
            line: frame.line,
            value,
        });
        if let Some(outer) = self.stack.last_mut() {
            outer.closed = Some(Closed { line, indent });
        }
    }

    fn without_repeats(&mut self, members: Vec<Member>) -> Vec<Member> {
        if self.reading == Reading::Exact {
            return members;
        }
        let mut seen = HashSet::new();
        let mut kept = Vec::with_capacity(members.len());
        // The last counts, as in every parser of JSON.
        for member in members.into_iter().rev() {
            if seen.insert(member.name.clone()) {
                kept.push(member);
            } else {
                let lost = format!("{:?}: {}", member.name, member.value.to_json());
                self.fix(member.line, Change::LeftOut, &beginning(&lost), "");
            }
        }
        kept.reverse();
        kept
    }

    /// Lets the indentation of a member that begins a line say which object it belongs to.
    pub(super) fn follow_layout(&mut self, indent: usize) {
        if self.reading != Reading::ByLayout {
            return;
        }
        if let Some(closed) = self.top().closed
            && closed.indent == Some(indent)
            && self.top().indent != Some(indent)
        {
            self.reopen_last(closed);
        }
        let outer = self
            .stack
            .iter()
            .rposition(|frame| !frame.is_array() && frame.indent == Some(indent));
        let is_outside = self.top().indent.is_some_and(|own| indent < own);
        if let Some(outer) = outer.filter(|_| is_outside) {
            while self.stack.len() > outer + 1 {
                self.close_unclosed();
            }
        }
    }

    fn reopen_last(&mut self, closed: Closed) {
        let frame = self.top();
        let Some(Member { name, line, value }) =
            frame.members.pop_if(|last| last.value.is_object())
        else {
            return;
        };
        frame.pending = Some((name, line));
        let opened = value.line;
        let reopened = Frame {
            last: frame.last,
            indent: closed.indent,
            members: value.into_members(),
            ..Frame::new(opened, Kind::Object)
        };
        self.note_early(closed.line);
        self.stack.push(reopened);
    }

    fn note_early(&mut self, line: usize) {
        self.guess(line, Change::Moved, "}", "");
    }
}
