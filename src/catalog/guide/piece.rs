//! The JSON values of a guide, each with what introduces it and the call that it belongs to.
//!
//! One block may hold several values with text between them; such text is read like prose. A value belongs to the call
//! that was named last before it.

use super::call::{Call, Place};
use super::markdown::{Block, Ending, Part};
use super::repair::{self, beginning};
use super::report::{Change, Refusal, Repair};
use super::template;
use super::tree::Node;

/// More values in one block are no documentation.
const MAX_PIECES: usize = 100;

/// A JSON value of the guide.
#[derive(Debug)]
pub(super) struct Piece<'a> {
    /// The line it is reported by: the one before a block's content, else its own.
    pub(super) line: usize,
    pub(super) node: Node,
    pub(super) repairs: Vec<Repair>,
    pub(super) comments: Vec<(usize, String)>,
    /// The last line of text between the previous value and this one, or nothing.
    pub(super) introduction: &'a str,
    /// The heading this value stands under, or nothing.
    pub(super) heading: &'a str,
    pub(super) call: Call,
}

/// A part of a guide, before anything is decided.
#[derive(Debug, Default)]
pub(super) struct Pieces<'a> {
    pub(super) pieces: Vec<Piece<'a>>,
    /// The lines of prose, headings among them.
    pub(super) prose: Vec<(usize, &'a str)>,
    /// Blocks that begin like JSON and cannot be read.
    pub(super) unreadable: Vec<Refusal>,
    /// The first mark of the site generator that stands where a value would be read.
    pub(super) unfilled: Option<(usize, &'a str)>,
    introduction: &'a str,
    heading: &'a str,
    call: Call,
}

impl<'a> Pieces<'a> {
    pub(super) fn read(parts: &[Part<'a>]) -> Self {
        let mut pieces = Pieces::default();
        for part in parts {
            match part {
                Part::Prose { line, text } => pieces.prose(*line, text),
                Part::Block(block) if block.may_be_json() => pieces.block(block),
                Part::Block(block) => {
                    pieces.introduction = "";
                    let lines = block.text.lines();
                    lines.for_each(|line| pieces.call.mention(line, Place::Code));
                }
            }
        }
        pieces
    }

    fn prose(&mut self, line: usize, text: &'a str) {
        self.introduction = text.trim();
        if text.starts_with('#') {
            self.heading = text.trim();
        }
        self.call.mention(text, Place::Prose);
        self.prose.push((line, text));
    }

    fn block(&mut self, block: &Block<'a>) {
        let (mut rest, mut line, mut first) = (block.text, block.line, true);
        let known = self.pieces.len();
        while !rest.is_empty() && self.pieces.len() < known + MAX_PIECES {
            let next = rest.split_inclusive('\n').next().unwrap_or(rest);
            if !starts_piece(next, first) {
                self.gap(next);
                rest = &rest[next.len()..];
                line += 1;
                continue;
            }
            let Some((length, last_line)) = self.value(rest, line, first, block.margin) else {
                return;
            };
            (rest, line, first) = (&rest[length..], last_line, false);
            if !rest.lines().any(|line| starts_piece(line, false)) {
                self.stray(rest, line);
                break;
            }
        }
        if block.ending == Ending::Missing && self.pieces.len() > known {
            let repair = Repair::likely(block.line - 1, Change::Added, "", "```");
            self.pieces[known].repairs.insert(0, repair);
        }
        self.introduction = "";
    }

    fn gap(&mut self, line: &'a str) {
        if !line.trim().is_empty() {
            self.introduction = line.trim();
            self.call.mention(line, Place::Code);
        }
    }

    /// Reads one value; what it returns is its length and the line it ends on.
    fn value(
        &mut self,
        text: &'a str,
        line: usize,
        first: bool,
        margin: usize,
    ) -> Option<(usize, usize)> {
        let read = repair::read(text, line, margin);
        let length = read.as_ref().map_or(text.len(), |value| value.length);
        let introduction = std::mem::take(&mut self.introduction);
        let inside = template::unfilled(&text[..length]);
        let inside = inside.map(|(below, mark)| (line + below, mark));
        let before = template::unfilled(introduction).map(|(_, mark)| (line, mark));
        self.unfilled = self.unfilled.or(inside).or(before);
        match read {
            Ok(value) => {
                self.pieces.push(Piece {
                    line: line - usize::from(first),
                    node: value.node,
                    repairs: value.repairs,
                    comments: value.comments,
                    introduction,
                    heading: self.heading,
                    call: self.call.clone(),
                });
                Some((value.length, value.last_line))
            }
            Err(problem) => {
                self.unreadable.push(problem);
                None
            }
        }
    }

    fn stray(&mut self, rest: &str, line: usize) {
        let text = rest.trim_start();
        let above = rest[..rest.len() - text.len()].matches('\n').count();
        if let Some(piece) = self.pieces.last_mut().filter(|_| !text.is_empty()) {
            let before = beginning(text);
            let repair = Repair::likely(line + above, Change::LeftOut, &before, "");
            piece.repairs.push(repair);
        }
    }
}

/// Tells whether a line begins a value; only a block's first may lack its brace.
fn starts_piece(line: &str, first: bool) -> bool {
    let start = line.trim_start();
    start.starts_with(['{', '[']) || (first && repair::starts_member(start))
}
