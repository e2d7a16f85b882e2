//! The structure around the texts: objects, arrays and what is wrong with them.
//!
//! One step reads one token; open objects and arrays stand on a stack of their own, so nesting costs no call depth.

use std::collections::HashSet;

use super::cursor::Cursor;
use super::text::{self, Role};
use super::{DEEPEST, MOST_REPAIRS, Note, Reading, Repaired, Unreadable};
use crate::catalog::guide::finding::Defect;
use crate::catalog::guide::tree::{Member, Node, Value};
use crate::wire::json::Json;

pub(super) fn read(text: &str, line: usize, reading: Reading) -> Result<Repaired, Unreadable> {
    let mut reader = Reader {
        cursor: Cursor::new(text, line),
        reading,
        notes: Vec::new(),
        stack: Vec::new(),
        root: None,
    };
    reader.start()?;
    while reader.root.is_none() {
        reader.step()?;
        reader.check_bounds()?;
    }
    reader.tail();
    let node = reader.root.take().expect("the loop ends with a root");
    reader.notes.sort_by_key(|note| note.line);
    Ok(Repaired {
        node,
        notes: reader.notes,
    })
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    reading: Reading,
    notes: Vec<Note>,
    stack: Vec<Frame>,
    root: Option<Node>,
}

/// An object or array that is still open.
struct Frame {
    line: usize,
    comma: Comma,
    /// How far its members are indented, once one has begun a line.
    indent: Option<usize>,
    /// The value read last in here, if it was an object that its own brace closed.
    closed: Option<Closed>,
    shape: Shape,
}

/// Where an object was closed, and how far its members are indented.
#[derive(Clone, Copy)]
struct Closed {
    line: usize,
    indent: Option<usize>,
}

enum Shape {
    Array(Vec<Node>),
    Object {
        members: Vec<Member>,
        pending: Option<(String, usize)>,
    },
}

/// What was read last in an object or array.
#[derive(Clone, Copy)]
enum Comma {
    Nothing,
    Element,
    Comma { line: usize },
}

impl Frame {
    fn object(line: usize) -> Self {
        Frame::new(
            line,
            Shape::Object {
                members: Vec::new(),
                pending: None,
            },
        )
    }

    fn array(line: usize) -> Self {
        Frame::new(line, Shape::Array(Vec::new()))
    }

    fn new(line: usize, shape: Shape) -> Self {
        Frame {
            line,
            comma: Comma::Nothing,
            indent: None,
            closed: None,
            shape,
        }
    }

    fn is_array(&self) -> bool {
        matches!(self.shape, Shape::Array(_))
    }
}

impl Reader<'_> {
    fn start(&mut self) -> Result<(), Unreadable> {
        self.skip_gap();
        let line = self.cursor.line();
        match self.cursor.peek() {
            Some('{') => self.open(Frame::object(line)),
            Some('[') => self.open(Frame::array(line)),
            Some('"') => self.open_unbraced(line),
            _ => {
                let shown = self.shown();
                return Err(Unreadable {
                    line,
                    reason: format!("JSON starts with \"{{\", found {shown:?}"),
                });
            }
        }
        Ok(())
    }

    fn check_bounds(&self) -> Result<(), Unreadable> {
        let reason = if self.stack.len() > DEEPEST {
            format!("nested more than {DEEPEST} levels deep")
        } else if self.notes.len() > MOST_REPAIRS {
            format!("needs more than {MOST_REPAIRS} repairs")
        } else {
            return Ok(());
        };
        Err(Unreadable {
            line: self.cursor.line(),
            reason,
        })
    }

    fn step(&mut self) -> Result<(), Unreadable> {
        self.skip_gap();
        let Some(next) = self.cursor.peek() else {
            self.close_everything();
            return Ok(());
        };
        match next {
            '}' => self.close_brace(),
            ']' => self.close_bracket(),
            ',' => self.comma(),
            _ if self.wants_name() => self.name(),
            _ => self.value(),
        }
        Ok(())
    }

    fn top(&mut self) -> &mut Frame {
        self.stack
            .last_mut()
            .expect("a value is open until the root is read")
    }

    fn wants_name(&mut self) -> bool {
        matches!(self.top().shape, Shape::Object { pending: None, .. })
    }

    // ---- opening -------------------------------------------------------------------------------------------------

    fn open(&mut self, frame: Frame) {
        self.cursor.bump();
        self.stack.push(frame);
    }

    fn open_unbraced(&mut self, line: usize) {
        let reason = "an object without its \"{\" is read as if it had one";
        self.note(line, Defect::MissingBrace, reason.to_owned());
        self.stack.push(Frame::object(line));
    }

    // ---- members and items ---------------------------------------------------------------------------------------

    fn comma(&mut self) {
        self.settle_pending();
        let line = self.cursor.line();
        self.cursor.bump();
        if let Comma::Element = self.top().comma {
            self.top().comma = Comma::Comma { line };
        } else {
            self.note(
                line,
                Defect::TrailingComma,
                "a comma after nothing is left out".to_owned(),
            );
        }
    }

    fn expect_comma(&mut self) {
        if let Comma::Element = self.top().comma {
            let line = self.cursor.line();
            self.note(
                line,
                Defect::MissingComma,
                "a comma is missing before this line's value".to_owned(),
            );
        }
    }

    fn name(&mut self) {
        let indent = self.cursor.indent();
        let line = self.cursor.line();
        if let Some(indent) = indent {
            self.follow_layout(indent);
        }
        let Some(name) = self.name_text() else {
            self.skip_stray();
            return;
        };
        if self.colon() {
            self.expect_comma();
            self.pend(name, line);
            self.top().indent = self.top().indent.or(indent);
        } else {
            let reason = format!("{name:?} is no member and is left out");
            self.note(line, Defect::StrayText, reason);
        }
    }

    fn name_text(&mut self) -> Option<String> {
        if self.cursor.eat('"') {
            return Some(text::read(
                &mut self.cursor,
                Role::Name,
                self.reading,
                &mut self.notes,
            ));
        }
        let line = self.cursor.line();
        let mut ahead = self.cursor.clone();
        let word = ahead.take_while(is_word);
        ahead.take_while(char::is_whitespace);
        if word.is_empty() || ahead.peek() != Some(':') {
            return None;
        }
        self.cursor.take_while(is_word);
        let reason = format!("the name {word:?} is read as if it stood in quotes");
        self.note(line, Defect::MissingQuotes, reason);
        Some(word.to_owned())
    }

    fn colon(&mut self) -> bool {
        self.skip_gap();
        self.cursor.eat(':')
    }

    fn pend(&mut self, name: String, line: usize) {
        match &mut self.top().shape {
            Shape::Object { pending, .. } => *pending = Some((name, line)),
            Shape::Array(_) => unreachable!("only an object is asked for a name"),
        }
    }

    fn value(&mut self) {
        if self.top().is_array() {
            self.expect_comma();
        }
        let line = self.cursor.line();
        match self.cursor.peek() {
            Some('{') => self.open(Frame::object(line)),
            Some('[') => self.open(Frame::array(line)),
            Some('"') => self.text_value(line),
            _ => self.bare_value(line),
        }
    }

    fn text_value(&mut self, line: usize) {
        self.cursor.bump();
        let text = text::read(&mut self.cursor, Role::Value, self.reading, &mut self.notes);
        if self.reading != Reading::Exact && self.colon() {
            self.unexpected_name(text, line);
        } else {
            self.attach(scalar(line, Json::from(text)));
        }
    }

    /// A name stands where a value belongs: the array before it was never closed, or the object around it never opened.
    fn unexpected_name(&mut self, name: String, line: usize) {
        let in_array = self.top().is_array();
        if in_array && self.stack.iter().any(|frame| !frame.is_array()) {
            while self.top().is_array() {
                self.close_unclosed();
            }
        } else {
            self.open_unbraced(line);
        }
        self.pend(name, line);
    }

    fn bare_value(&mut self, line: usize) {
        let rest = self.cursor.rest();
        let end = rest.find([',', '}', ']', '\n', '"']).unwrap_or(rest.len());
        let whole = &rest[..end];
        let word = whole
            .find("//")
            .map_or(whole, |comment| &whole[..comment])
            .trim_end();
        if word.is_empty() {
            self.skip_stray();
            return;
        }
        self.cursor.skip(word.len());
        let value = literal(word).unwrap_or_else(|| {
            let reason = format!("{word:?} is read as text, as if it stood in quotes");
            self.note(line, Defect::MissingQuotes, reason);
            Json::from(word.to_owned())
        });
        self.attach(scalar(line, value));
    }

    fn attach(&mut self, node: Node) {
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(node);
            return;
        };
        frame.comma = Comma::Element;
        frame.closed = None;
        match &mut frame.shape {
            Shape::Array(items) => items.push(node),
            Shape::Object { members, pending } => {
                let (name, line) = pending.take().expect("a value in an object has a name");
                members.push(Member {
                    name,
                    line,
                    value: node,
                });
            }
        }
    }

    /// A name that never got its value gets `null`, so that the name is not lost.
    fn settle_pending(&mut self) {
        if let Shape::Object {
            pending: Some((name, line)),
            ..
        } = &self.top().shape
        {
            let (line, reason) = (*line, format!("{name:?} has no value and is read as null"));
            self.note(line, Defect::MissingValue, reason);
            self.attach(scalar(line, Json::Null));
        }
    }

    // ---- closing -------------------------------------------------------------------------------------------------

    fn close_brace(&mut self) {
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

    fn close_bracket(&mut self) {
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

    fn close_everything(&mut self) {
        while self.root.is_none() {
            self.close_unclosed();
        }
    }

    fn close_unclosed(&mut self) {
        let line = self.top().line;
        let (defect, mark) = if self.top().is_array() {
            (Defect::UnclosedArray, "[")
        } else {
            (Defect::UnclosedObject, "{")
        };
        self.note(
            line,
            defect,
            format!("{mark:?} is never closed; it is read up to where it must end"),
        );
        // The comma that stood before the place where the end is missing separates what comes after it.
        let comma = std::mem::replace(&mut self.top().comma, Comma::Element);
        self.close();
        if let (Comma::Comma { .. }, Some(outer)) = (comma, self.stack.last_mut()) {
            outer.comma = comma;
        }
    }

    fn close(&mut self) {
        let line = self.cursor.line();
        self.settle_pending();
        if let Comma::Comma { line } = self.top().comma {
            self.note(
                line,
                Defect::TrailingComma,
                "a comma after the last value is left out".to_owned(),
            );
        }
        let frame = self.stack.pop().expect("only what is open is closed");
        let indent = frame.indent;
        let value = match frame.shape {
            Shape::Array(items) => Value::Array(items),
            Shape::Object { members, .. } => Value::Object(self.without_repeats(members)),
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
        for member in members {
            if seen.insert(member.name.clone()) {
                kept.push(member);
            } else {
                let reason = format!("{:?} appears twice; the first is kept", member.name);
                self.note(member.line, Defect::RepeatedMember, reason);
            }
        }
        kept
    }

    // ---- layout --------------------------------------------------------------------------------------------------

    /// Lets the indentation of a member that begins a line say which object it belongs to.
    fn follow_layout(&mut self, indent: usize) {
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
        let Shape::Object { members, .. } = &mut frame.shape else {
            return;
        };
        let Some(Member { name, line, value }) = members.pop() else {
            return;
        };
        let Node {
            line: opened,
            value: Value::Object(inner),
        } = value
        else {
            members.push(Member { name, line, value });
            return;
        };
        let comma = frame.comma;
        if let Shape::Object { pending, .. } = &mut frame.shape {
            *pending = Some((name, line));
        }
        self.note_early(closed.line);
        self.stack.push(Frame {
            line: opened,
            comma,
            indent: closed.indent,
            closed: None,
            shape: Shape::Object {
                members: inner,
                pending: None,
            },
        });
    }

    fn note_early(&mut self, line: usize) {
        let reason =
            "an object is closed before its last member; what follows is read as part of it";
        self.note(line, Defect::EarlyClose, reason.to_owned());
    }

    // ---- what is left over ---------------------------------------------------------------------------------------

    /// Whether members follow although the outermost object was just closed.
    fn goes_on(&self) -> bool {
        let rest = self.cursor.rest().trim_start();
        let rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
        text::starts_member(rest)
    }

    fn skip_gap(&mut self) {
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

    fn skip_stray(&mut self) {
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

    fn tail(&mut self) {
        self.skip_gap();
        if !self.cursor.rest().is_empty() {
            let line = self.cursor.line();
            let reason = format!("{:?} after the end is left out", self.shown());
            self.note(line, Defect::StrayText, reason);
        }
    }

    /// The beginning of what comes next, short enough for a message.
    fn shown(&self) -> String {
        let line = self.cursor.rest().chars();
        line.take_while(|character| *character != '\n')
            .take(40)
            .collect::<String>()
            .trim_end()
            .to_owned()
    }

    fn note(&mut self, line: usize, defect: Defect, reason: String) {
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

fn scalar(line: usize, value: Json<'static>) -> Node {
    Node {
        line,
        value: Value::Scalar(value),
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || "_.$-".contains(character)
}

/// A number, `true`, `false` or `null`.
fn literal(word: &str) -> Option<Json<'static>> {
    serde_json::from_str::<Json<'_>>(word)
        .ok()
        .map(Json::into_owned)
}

fn comment_length(rest: &str) -> usize {
    if let Some(inside) = rest.strip_prefix("/*") {
        return inside.find("*/").map_or(rest.len(), |end| end + 4);
    }
    rest.find('\n').unwrap_or(rest.len())
}
