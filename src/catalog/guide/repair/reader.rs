//! The structure around the texts: objects, arrays and what is wrong with them.
//!
//! One step reads one token; open objects and arrays stand on a stack of their own, so nesting costs no call depth.

use super::cursor::Cursor;
use super::frame::{Frame, Kind, Last};
use super::notes::{Notes, beginning};
use super::text;
use super::{Change, MAX_DEPTH, MAX_REPAIRS, Reading, Refusal, Repaired};
use crate::catalog::guide::tree::{Member, Node, Value};
use crate::wire::json::Json;

pub(super) fn read(
    text: &str,
    line: usize,
    margin: usize,
    reading: Reading,
) -> Result<Repaired, Refusal> {
    let mut reader = Reader {
        cursor: Cursor::new(text, line, margin),
        reading,
        notes: Notes::default(),
        comments: Vec::new(),
        stack: Vec::new(),
        root: None,
    };
    reader.start()?;
    while reader.root.is_none() {
        reader.step();
        reader.check_bounds()?;
    }
    reader.skip_gap();
    let node = reader.root.take().expect("the loop ends with a root");
    let mut repairs = reader.notes.0;
    repairs.sort_by_key(|repair| repair.line);
    Ok(Repaired {
        node,
        length: text.len() - reader.cursor.rest().len(),
        last_line: reader.cursor.line(),
        repairs,
        comments: reader.comments,
    })
}

pub(super) struct Reader<'a> {
    pub(super) cursor: Cursor<'a>,
    pub(super) reading: Reading,
    pub(super) notes: Notes,
    pub(super) comments: Vec<(usize, String)>,
    pub(super) stack: Vec<Frame>,
    pub(super) root: Option<Node>,
}

impl Reader<'_> {
    fn start(&mut self) -> Result<(), Refusal> {
        self.skip_gap();
        let line = self.cursor.line();
        match self.cursor.peek() {
            Some('{') => self.open(Kind::Object),
            Some('[') => self.open(Kind::Array),
            Some('"') => self.open_unbraced(line),
            _ => {
                let shown = beginning(self.cursor.rest());
                let reason = format!("JSON starts with \"{{\", found {shown:?}");
                return Err(Refusal::new(line, reason));
            }
        }
        Ok(())
    }

    fn check_bounds(&self) -> Result<(), Refusal> {
        let reason = if self.stack.len() > MAX_DEPTH {
            format!("nested more than {MAX_DEPTH} levels deep")
        } else if self.notes.0.len() > MAX_REPAIRS {
            format!("needs more than {MAX_REPAIRS} repairs")
        } else {
            return Ok(());
        };
        Err(Refusal::new(self.cursor.line(), reason))
    }

    fn step(&mut self) {
        self.skip_gap();
        match self.cursor.peek() {
            None => self.close_unclosed(),
            Some('}') => self.close(Kind::Object),
            Some(']') => self.close(Kind::Array),
            Some(',') => self.comma(),
            Some(_) if self.wants_name() => self.name(),
            Some(_) => self.value(),
        }
    }

    pub(super) fn top(&mut self) -> &mut Frame {
        self.stack
            .last_mut()
            .expect("a value is open until the root is read")
    }

    fn wants_name(&mut self) -> bool {
        !self.top().is_array() && self.top().pending.is_none()
    }

    fn open(&mut self, kind: Kind) {
        let line = self.cursor.line();
        self.cursor.bump();
        self.stack.push(Frame::new(line, kind));
    }

    fn open_unbraced(&mut self, line: usize) {
        self.notes.guess(line, Change::Added, "", "{");
        self.stack.push(Frame::new(line, Kind::Object));
    }

    fn comma(&mut self) {
        self.settle_pending();
        let line = self.cursor.line();
        self.cursor.bump();
        match self.top().last {
            // In an array that is never closed, it may turn out to be the comma after that array.
            Last::Nothing | Last::Element => self.top().last = Last::Comma { line },
            Last::Comma { .. } => self.notes.fix(line, Change::LeftOut, ",", ""),
        }
    }

    fn expect_comma(&mut self, line: usize) {
        let frame = self.top();
        match frame.last {
            Last::Element if frame.pending.is_none() => {
                self.notes.fix(line, Change::Added, "", ",")
            }
            Last::Comma { line } if frame.is_empty() => {
                self.notes.fix(line, Change::LeftOut, ",", "")
            }
            _ => {}
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
            self.expect_comma(self.cursor.line());
            self.top().pending = Some((name, line));
            self.top().indent = self.top().indent.or(indent);
        } else {
            self.notes
                .guess(line, Change::LeftOut, &beginning(&name), "");
        }
    }

    fn name_text(&mut self) -> Option<String> {
        if self.cursor.eat('"') {
            // A name has no quotes inside.
            let name = text::read(&mut self.cursor, Reading::Exact, &mut self.notes);
            return Some(name);
        }
        let line = self.cursor.line();
        let mut ahead = self.cursor.clone();
        let word = ahead.take_while(is_word);
        ahead.take_while(char::is_whitespace);
        if word.is_empty() || ahead.peek() != Some(':') {
            return None;
        }
        self.cursor.take_while(is_word);
        self.notes
            .guess(line, Change::Added, word, &format!("{word:?}"));
        Some(word.to_owned())
    }

    fn colon(&mut self) -> bool {
        self.skip_gap();
        self.cursor.eat(':')
    }

    fn value(&mut self) {
        let line = self.cursor.line();
        let next = self.cursor.peek();
        if next == Some('"') {
            return self.text_value(line);
        }
        self.expect_comma(line);
        match next {
            Some('{') => self.open(Kind::Object),
            Some('[') => self.open(Kind::Array),
            _ => self.bare_value(line),
        }
    }

    fn text_value(&mut self, line: usize) {
        self.cursor.bump();
        let text = text::read(&mut self.cursor, self.reading, &mut self.notes);
        if self.colon() {
            self.unexpected_name(text, line);
        } else {
            self.expect_comma(line);
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
        self.top().pending = Some((name, line));
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
            let before = beginning(word);
            self.notes
                .guess(line, Change::Added, &before, &format!("{before:?}"));
            Json::from(word.to_owned())
        });
        self.attach(scalar(line, value));
    }

    pub(super) fn attach(&mut self, node: Node) {
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(node);
            return;
        };
        frame.last = Last::Element;
        frame.closed = None;
        let item = (String::new(), node.line);
        let (name, line) = frame.pending.take().unwrap_or(item);
        frame.members.push(Member {
            name,
            line,
            value: node,
        });
    }

    /// A name that never got its value gets `null`, so that the name is not lost.
    pub(super) fn settle_pending(&mut self) {
        if let Some((name, line)) = &self.top().pending {
            let (line, before) = (*line, format!("{name:?}:"));
            self.notes
                .guess(line, Change::Added, &before, &format!("{before} null"));
            self.attach(scalar(line, Json::Null));
        }
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
