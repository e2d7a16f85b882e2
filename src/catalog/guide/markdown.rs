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
    /// Tells whether the block's language says it may hold JSON.
    pub(super) fn may_be_json(&self) -> bool {
        ["", "json", "javascript", "js", "http", "text", "plaintext"]
            .iter()
            .any(|language| self.language.eq_ignore_ascii_case(language))
    }
}

/// The front matter's `key: value` lines, quotes around a value left out; the first of a key counts.
pub(super) fn front_matter(text: &str) -> BTreeMap<&str, (usize, &str)> {
    let mut settings = BTreeMap::new();
    let mut lines = text.lines().enumerate();
    if !lines.next().is_some_and(|(_, first)| is_rule(first)) {
        return settings;
    }
    for (index, line) in lines.take_while(|(_, line)| !is_rule(line)) {
        if let Some((key, value)) = line.split_once(':') {
            let value = value.trim().trim_matches(['"', '\'']);
            settings.entry(key.trim()).or_insert((index + 1, value));
        }
    }
    settings
}

fn is_rule(line: &str) -> bool {
    line.trim_end() == "---"
}

/// The prose and the blocks behind the front matter.
pub(super) fn parts(text: &str) -> Vec<Part<'_>> {
    let mut scan = Scan {
        text,
        open: None,
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
    if let Some(open) = scan.open.take() {
        let ending = match open.fence {
            Some(_) => Ending::Missing,
            None => Ending::Proper,
        };
        scan.close(open, text.len(), ending);
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
    /// `None` for an indented block.
    fence: Option<Fence<'a>>,
}

struct Scan<'a> {
    text: &'a str,
    open: Option<Open<'a>>,
    is_after_gap: bool,
    parts: Vec<Part<'a>>,
}

impl<'a> Scan<'a> {
    fn line(&mut self, line: Line<'a>) {
        let Some(open) = self.open.take() else {
            return self.prose(line);
        };
        let names_language = |fence: Fence<'_>| !fence.language.is_empty();
        match open.fence {
            Some(fence) if fence.is_closed_by(line.text) => {
                self.close(open, line.start, Ending::Proper);
            }
            Some(_) if Fence::open(line.text).is_some_and(names_language) => {
                self.close(open, line.start, Ending::Missing);
                self.prose(line);
            }
            None if !is_indented(line.text) && !line.text.trim().is_empty() => {
                self.close(open, line.start, Ending::Proper);
                self.prose(line);
            }
            _ => self.open = Some(open),
        }
    }

    fn prose(&mut self, line: Line<'a>) {
        let text = line.text.trim();
        let may_be_block = self.is_after_gap && is_indented(line.text);
        if let Some(fence) = Fence::open(line.text) {
            self.open = Some(Open {
                line: line.number + 1,
                start: line.end,
                fence: Some(fence),
            });
        } else if may_be_block && text.starts_with(['{', '[', '"']) {
            self.open = Some(Open {
                line: line.number,
                start: line.start,
                fence: None,
            });
        } else if !text.is_empty() {
            self.parts.push(Part::Prose {
                line: line.number,
                text: line.text,
            });
        }
        self.is_after_gap = text.is_empty();
    }

    fn close(&mut self, open: Open<'a>, end: usize, ending: Ending) {
        self.is_after_gap = true;
        self.parts.push(Part::Block(Block {
            line: open.line,
            language: open.fence.map_or("", |fence| fence.language),
            text: &self.text[open.start..end],
            margin: if open.fence.is_some() { 0 } else { 4 },
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
