//! Finds the ends of objects and arrays, which in broken JSON are not always where their brackets say.

use std::collections::HashSet;

use super::frame::{Closed, Frame, Kind, Last};
use super::notes::beginning;
use super::reader::Reader;
use super::{Change, Reading};
use crate::catalog::guide::tree::{Member, Node, Value};

impl Reader<'_> {
    /// Takes a closing mark: what is open inside of the object or array that it closes was never closed itself.
    pub(super) fn close(&mut self, kind: Kind) {
        if self.stack.iter().all(|frame| frame.kind != kind) {
            self.skip_stray();
            return;
        }
        while self.top().kind != kind {
            self.close_unclosed();
        }
        let line = self.cursor.line();
        self.cursor.bump();
        if kind == Kind::Object && self.stack.len() == 1 && self.goes_on() {
            self.notes.guess(line, Change::Moved, "}", "");
            self.settle_pending();
            return;
        }
        self.end_top();
    }

    pub(super) fn close_unclosed(&mut self) {
        let line = self.top().line;
        let mark = if self.top().is_array() { "]" } else { "}" };
        self.notes.guess(line, Change::Added, "", mark);
        // The comma that stood before the place where the end is missing separates what comes after it.
        let comma = std::mem::replace(&mut self.top().last, Last::Element);
        self.end_top();
        if let (Last::Comma { .. }, Some(outer)) = (comma, self.stack.last_mut()) {
            outer.last = comma;
        }
    }

    fn end_top(&mut self) {
        let line = self.cursor.line();
        self.settle_pending();
        if let Last::Comma { line } = self.top().last {
            self.notes.fix(line, Change::LeftOut, ",", "");
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
        let mut seen = HashSet::new();
        let mut kept = Vec::with_capacity(members.len());
        // The last counts, as in every parser of JSON.
        for member in members.into_iter().rev() {
            if seen.insert(member.name.clone()) {
                kept.push(member);
            } else {
                let lost = format!("{:?}: {}", member.name, member.value.to_json());
                self.notes
                    .fix(member.line, Change::LeftOut, &beginning(&lost), "");
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
        let last = frame.members.pop_if(|last| last.value.is_object());
        let Some(Member { name, line, value }) = last else {
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
        self.notes.guess(closed.line, Change::Moved, "}", "");
        self.stack.push(reopened);
    }
}
