//! The site generator's marks in a guide: `{{ page.name }}`, `{% include file.md %}`, `{% highlight json %}`.
//!
//! They are filled before anything is read: from the definitions of the person who imports, then from the document's own
//! front matter. What cannot be filled stays as it is, for the reader to refuse where it would become a value.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::MAX_LEN;

/// Includes within includes; a deeper one is a circle.
const MAX_DEPTH: usize = 8;

/// A document with its marks filled.
#[derive(Debug, Default)]
pub(super) struct Source {
    pub(super) text: String,
    /// For each line of the text, its line in the document.
    origins: Vec<usize>,
}

/// The values and files that marks are filled from.
pub(super) struct Filler<'a> {
    pub(super) defines: &'a BTreeMap<String, String>,
    pub(super) front_matter: BTreeMap<&'a str, (usize, &'a str)>,
    pub(super) includes: Option<&'a PathBuf>,
}

impl Source {
    pub(super) fn fill(text: &str, filler: &Filler<'_>) -> Self {
        let mut source = Source::default();
        for (index, line) in text.split_inclusive('\n').enumerate() {
            source.push(line, index + 1, filler, 0);
        }
        source
    }

    /// The document's line that a line of the text came from.
    pub(super) fn origin(&self, line: usize) -> usize {
        let last = self.origins.last().copied().unwrap_or(1);
        self.origins
            .get(line.saturating_sub(1))
            .copied()
            .unwrap_or(last)
    }

    /// The document's line at which the text got longer than a guide may be; nothing was filled after it.
    pub(super) fn overflow(&self) -> Option<usize> {
        let last = self.origins.last().copied();
        last.filter(|_| self.text.len() > MAX_LEN)
    }

    fn push(&mut self, line: &str, origin: usize, filler: &Filler<'_>, depth: usize) {
        if self.text.len() > MAX_LEN {
            return;
        }
        let included = include_name(line)
            .filter(|_| depth < MAX_DEPTH)
            .and_then(|name| filler.include(name));
        if let Some(included) = included {
            for inner in included.split_inclusive('\n') {
                self.push(inner, origin, filler, depth + 1);
            }
            if !included.ends_with('\n') {
                self.text.push('\n');
            }
            return;
        }
        self.origins.push(origin);
        match highlight(line) {
            Some(language) => {
                self.text.push_str("```");
                self.text.push_str(language);
                self.text.push('\n');
            }
            None => filler.fill_line(line, &mut self.text),
        }
    }
}

impl Filler<'_> {
    /// Fills a line's marks, until the text is longer than a guide may be.
    fn fill_line(&self, line: &str, out: &mut String) {
        let mut rest = line;
        while let Some(start) = rest.find("{{") {
            let Some(length) = rest[start..].find("}}") else {
                break;
            };
            let name = rest[start + 2..start + length].trim();
            out.push_str(&rest[..start]);
            match self.value(name) {
                Some(value) => out.push_str(value),
                None => out.push_str(&rest[start..start + length + 2]),
            }
            if out.len() > MAX_LEN {
                return;
            }
            rest = &rest[start + length + 2..];
        }
        out.push_str(rest);
    }

    fn value(&self, name: &str) -> Option<&str> {
        let bare = name
            .strip_prefix("page.")
            .or_else(|| name.strip_prefix("site."));
        let defined = self.defines.get(name).or_else(|| self.defines.get(bare?));
        let value = defined.map(String::as_str);
        // A value that is itself a mark would be a text nobody meant.
        value.or_else(|| {
            let (_, value) = self.front_matter.get(bare?)?;
            Some(*value).filter(|value| !value.contains("{{"))
        })
    }

    /// The text of an included file, which must be below the directory of includes.
    fn include(&self, name: &str) -> Option<String> {
        let is_below = Path::new(name)
            .components()
            .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        let path = self.includes.filter(|_| is_below)?.join(name);
        let is_short = std::fs::metadata(&path).is_ok_and(|file| file.len() <= MAX_LEN as u64);
        is_short.then(|| std::fs::read_to_string(path).ok())?
    }
}

/// The first mark in `text` that was not filled, with its line counted from 0.
pub(super) fn unfilled(text: &str) -> Option<(usize, &str)> {
    text.lines().enumerate().find_map(|(index, line)| {
        let braces = line.find("{{").filter(|start| {
            let inside = line[start + 2..].trim_start();
            inside.starts_with(|first: char| first.is_ascii_alphabetic())
                && line[*start..].contains("}}")
        });
        let start = braces.into_iter().chain(line.find("{%")).min()?;
        let end = ["}}", "%}"]
            .iter()
            .filter_map(|close| line[start..].find(close))
            .min();
        let end = end.map_or(line.len(), |end| start + end + 2);
        Some((index, &line[start..end]))
    })
}

/// The words of a line that is nothing but a tag of the generator.
fn tag(line: &str) -> Option<impl Iterator<Item = &str>> {
    let tag = line.trim().strip_prefix("{%")?.strip_suffix("%}")?;
    Some(tag.trim_matches(['-', ' ']).split_whitespace())
}

/// The file of a line that is nothing but an include.
fn include_name(line: &str) -> Option<&str> {
    let mut words = tag(line)?;
    let is_include = matches!(words.next(), Some("include" | "include_relative"));
    words.next().filter(|_| is_include)
}

/// The language of a line that opens the generator's own code block, nothing for one that closes it.
fn highlight(line: &str) -> Option<&str> {
    let mut words = tag(line)?;
    match words.next()? {
        "highlight" => Some(words.next().unwrap_or("")),
        "endhighlight" => Some(""),
        _ => None,
    }
}
