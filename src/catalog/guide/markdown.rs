//! The lines of a Markdown guide, sorted into front matter, prose and code blocks.
//!
//! Deliberately not a Markdown parser: no inline markup, no nesting, no HTML. A fenced block ends at its closing fence,
//! at the next fence that names a language, or at the end of the document, in that order; an indented block, which must
//! begin like JSON, at the first line that is not indented.

use std::collections::BTreeMap;

/// A line of prose or a block, in the document's order.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part<'a> {
    Prose { line: usize, text: &'a str },
    Block(Block<'a>),
}

/// A code block and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block<'a> {
    /// The line of the first line of content.
    pub(super) line: usize,
    /// The first word after the fence, as written.
    pub(super) language: &'a str,
    pub(super) text: &'a str,
    /// The blanks before each line that are not part of it.
    pub(super) margin: usize,
    pub(super) ending: Ending,
}

/// The way in which a block ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Proper,
    Missing,
}

impl Block<'_> {
    /// Whether the block's language says it may hold JSON.
    pub(super) fn may_be_json(&self) -> bool {
        ["", "json", "javascript", "js", "http", "text", "plaintext"]
            .iter()
            .any(|language| self.language.eq_ignore_ascii_case(language))
    }
}

/// The front matter's `key: value` lines, quotes around a value left out; the first of a key counts.
pub(super) fn front_matter(text: &str) -> BTreeMap<&str, (usize, &str)> {
    let mut settings = BTreeMap::new();
    for (index, line) in text
        .lines()
        .enumerate()
        .skip(1)
        .take_while(|(_, line)| !is_rule(line))
    {
        if let Some((key, value)) = line.split_once(':') {
            let value = value.trim().trim_matches(['"', '\'']);
            settings.entry(key.trim()).or_insert((index + 1, value));
        }
    }
    if text.lines().next().is_some_and(is_rule) {
        settings
    } else {
        BTreeMap::new()
    }
}

fn is_rule(line: &str) -> bool {
    line.trim_end() == "---"
}

/// The prose and the blocks behind the front matter.
pub(super) fn parts(text: &str) -> Vec<Part<'_>> {
    let mut scan = Scan {
        text,
        place: Place::Prose,
        is_after_gap: true,
        parts: Vec::new(),
    };
    let (mut start, mut is_front) = (0, text.lines().next().is_some_and(is_rule));
    for (index, raw) in text.split_inclusive('\n').enumerate() {
        let line = Line {
            number: index + 1,
            start,
            end: start + raw.len(),
            text: raw.trim_end_matches(['\n', '\r']),
        };
        start = line.end;
        if is_front {
            is_front = index == 0 || !is_rule(line.text);
        } else {
            scan.line(line);
        }
    }
    match std::mem::replace(&mut scan.place, Place::Prose) {
        Place::Prose => {}
        Place::Fenced(_, open) => scan.close(open, text.len(), Ending::Missing),
        Place::Indented(open) => scan.close(open, text.len(), Ending::Proper),
    }
    scan.parts
}

#[derive(Clone, Copy)]
struct Line<'a> {
    number: usize,
    start: usize,
    end: usize,
    text: &'a str,
}

/// A block that is still open: the line and the offset of its content.
#[derive(Clone, Copy)]
struct Open<'a> {
    line: usize,
    start: usize,
    language: &'a str,
    margin: usize,
}

enum Place<'a> {
    Prose,
    Fenced(Fence<'a>, Open<'a>),
    Indented(Open<'a>),
}

struct Scan<'a> {
    text: &'a str,
    place: Place<'a>,
    is_after_gap: bool,
    parts: Vec<Part<'a>>,
}

impl<'a> Scan<'a> {
    fn line(&mut self, line: Line<'a>) {
        match std::mem::replace(&mut self.place, Place::Prose) {
            Place::Prose => self.prose(line),
            Place::Fenced(fence, open) => self.fenced(line, fence, open),
            Place::Indented(open) if is_indented(line.text) || line.text.trim().is_empty() => {
                self.place = Place::Indented(open);
            }
            Place::Indented(open) => {
                self.close(open, line.start, Ending::Proper);
                self.prose(line);
            }
        }
    }

    fn prose(&mut self, line: Line<'a>) {
        let text = line.text.trim();
        let open = Open {
            line: line.number,
            start: line.start,
            language: "",
            margin: 4,
        };
        if let Some(fence) = Fence::open(line.text) {
            self.open(line, fence);
        } else if self.is_after_gap && is_indented(line.text) && text.starts_with(['{', '[', '"']) {
            self.place = Place::Indented(open);
        } else if !text.is_empty() {
            self.parts.push(Part::Prose {
                line: line.number,
                text: line.text,
            });
        }
        self.is_after_gap = text.is_empty();
    }

    fn open(&mut self, line: Line<'a>, fence: Fence<'a>) {
        let open = Open {
            line: line.number + 1,
            start: line.end,
            language: fence.language,
            margin: 0,
        };
        self.place = Place::Fenced(fence, open);
    }

    fn fenced(&mut self, line: Line<'a>, fence: Fence<'a>, open: Open<'a>) {
        if fence.is_closed_by(line.text) {
            self.close(open, line.start, Ending::Proper);
        } else if let Some(next) = Fence::open(line.text).filter(|next| !next.language.is_empty()) {
            self.close(open, line.start, Ending::Missing);
            self.open(line, next);
        } else {
            self.place = Place::Fenced(fence, open);
        }
    }

    fn close(&mut self, open: Open<'a>, end: usize, ending: Ending) {
        self.is_after_gap = true;
        self.parts.push(Part::Block(Block {
            line: open.line,
            language: open.language,
            text: &self.text[open.start..end],
            margin: open.margin,
            ending,
        }));
    }
}

fn is_indented(line: &str) -> bool {
    line.starts_with("    ") || line.starts_with('\t')
}

/// An opening fence: three or more backticks or tildes, and perhaps a language.
#[derive(Clone, Copy)]
struct Fence<'a> {
    mark: char,
    length: usize,
    language: &'a str,
}

impl<'a> Fence<'a> {
    fn open(line: &'a str) -> Option<Self> {
        let line = line.trim_start();
        let mark = line.chars().next().filter(|mark| "`~".contains(*mark))?;
        let info = line.trim_start_matches(mark);
        let length = line.len() - info.len();
        let is_fence = length >= 3 && !info.contains('`');
        is_fence.then(|| Fence {
            mark,
            length,
            language: info.split_whitespace().next().unwrap_or(""),
        })
    }

    fn is_closed_by(&self, line: &str) -> bool {
        let line = line.trim();
        line.len() >= self.length && line.chars().all(|character| character == self.mark)
    }
}
