//! Evidence in a guide's prose and comments about its configuration entries: required, optional, a default.
//!
//! Decided in this order: a table or a list that names the entry; a sentence that does; a comment in the sample. In a
//! sentence the words behind an entry's name are its own, up to the next name that has words of its own.

use std::collections::{HashMap, HashSet};

use super::report::Evidence;

/// A statement about one entry, and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) line: usize,
    pub(super) evidence: Evidence,
    pub(super) required: bool,
    pub(super) default: Option<String>,
}

/// Collects the statements about each of `keys`.
pub(super) fn verdicts(prose: &[(usize, &str)], keys: &[&str]) -> HashMap<String, Verdict> {
    let mut found = Found {
        keys: keys.iter().copied().collect(),
        verdicts: HashMap::new(),
    };
    found.tables(prose);
    found.paragraphs(prose, Evidence::Table);
    found.paragraphs(prose, Evidence::Sentence);
    found.verdicts
}

/// Reads a comment about the entry that it stands beside or above.
pub(super) fn comment(line: usize, text: &str) -> Option<Verdict> {
    judge(text).map(|said| Verdict::new(line, Evidence::Comment, said))
}

impl Verdict {
    fn new(line: usize, evidence: Evidence, (required, default): Said) -> Self {
        Verdict {
            line,
            evidence,
            required,
            default,
        }
    }
}

struct Found<'k> {
    keys: HashSet<&'k str>,
    verdicts: HashMap<String, Verdict>,
}

impl Found<'_> {
    fn add(&mut self, key: &str, verdict: Verdict) {
        self.verdicts.entry(key.to_owned()).or_insert(verdict);
    }

    fn tables(&mut self, prose: &[(usize, &str)]) {
        let mut header: Vec<String> = Vec::new();
        let mut last = 0;
        for (line, text) in prose {
            let cells = cells(text);
            if cells.len() < 2 {
                header.clear();
                continue;
            }
            let key = cells
                .iter()
                .find_map(|cell| self.named(cell).first().map(|(_, key)| *key));
            let is_first = header.is_empty() || *line != last + 1;
            last = *line;
            let Some(key) = key else {
                if is_first {
                    header = cells.iter().map(|cell| cell.to_lowercase()).collect();
                }
                continue;
            };
            // A row that names an entry is no header.
            if is_first {
                header = vec![String::new()];
            }
            if let Some(said) = row(&header, &cells) {
                self.add(key, Verdict::new(*line, Evidence::Table, said));
            }
        }
    }

    /// List items, or the sentences of everything else.
    fn paragraphs(&mut self, prose: &[(usize, &str)], evidence: Evidence) {
        let mut introduction = None;
        for unit in units(prose) {
            if !unit.is_item {
                let introduces = unit.text.ends_with(':') || unit.text.starts_with('#');
                introduction = judge(&unit.text).filter(|_| introduces);
            }
            if unit.is_item != (evidence == Evidence::Table) {
                continue;
            }
            for (key, said) in shares(&unit.text, &self.named(&unit.text)) {
                if let Some(said) = said.or_else(|| introduction.clone().filter(|_| unit.is_item)) {
                    self.add(key, Verdict::new(unit.line, evidence, said));
                }
            }
        }
    }

    /// The entries that a text names, and where each name ends.
    fn named<'t>(&self, text: &'t str) -> Vec<(usize, &'t str)> {
        let is_part = |mark: char| mark.is_alphanumeric() || "._-".contains(mark);
        let mut names = Vec::new();
        let mut start = 0;
        for piece in text.split(|mark| !is_part(mark)) {
            let key = piece.trim_end_matches(['.', '-']).trim_matches('_');
            let at = start + piece.find(key).unwrap_or(0);
            if self.keys.contains(key) && (key.contains('.') || is_marked(&text[..at])) {
                names.push((at + key.len(), key));
            }
            start += piece.len();
            start += text[start..].chars().next().map_or(0, char::len_utf8);
        }
        names
    }
}

/// Tells whether a plain word behind `before` is meant as a name: in quotes or code, or at the start of a line or of a
/// cell.
fn is_marked(before: &str) -> bool {
    before.ends_with(['`', '"', '\'', '*', '_', '\u{201c}'])
        || before.trim().is_empty()
        || is_bullet(before.trim())
}

/// A list item, or a sentence.
struct Unit {
    line: usize,
    is_item: bool,
    text: String,
}

fn is_bullet(text: &str) -> bool {
    matches!(text, "*" | "-" | "+")
        || text
            .strip_suffix(['.', ')'])
            .is_some_and(|number| number.parse::<u32>().is_ok())
}

/// The items and sentences of the prose; a paragraph or an item may go on for several lines.
fn units(prose: &[(usize, &str)]) -> Vec<Unit> {
    let mut paragraphs: Vec<Unit> = Vec::new();
    let mut last = 0;
    for (line, text) in prose.iter().filter(|(_, text)| cells(text).len() < 2) {
        let text = text.trim();
        let is_item = text
            .split_once(' ')
            .is_some_and(|(first, _)| is_bullet(first));
        let is_heading = text.starts_with('#');
        match paragraphs.last_mut() {
            Some(open)
                if *line == last + 1 && !is_item && !is_heading && !open.text.starts_with('#') =>
            {
                open.text.push(' ');
                open.text.push_str(text);
            }
            _ => paragraphs.push(Unit {
                line: *line,
                is_item,
                text: text.to_owned(),
            }),
        }
        last = *line;
    }
    paragraphs.into_iter().flat_map(sentences).collect()
}

fn sentences(unit: Unit) -> Vec<Unit> {
    if unit.is_item {
        return vec![unit];
    }
    let sentences = unit.text.split_inclusive(". ").map(|sentence| Unit {
        line: unit.line,
        is_item: false,
        text: sentence.trim().to_owned(),
    });
    sentences.collect()
}

/// A judgement of an entry: `true` if it is required, and its default.
type Said = (bool, Option<String>);

/// Reads a text about each entry that it names: the words behind a name are its own, and those of an enumeration are shared.
fn shares<'t>(text: &str, names: &[(usize, &'t str)]) -> Vec<(&'t str, Option<Said>)> {
    let starts: Vec<_> = names.iter().map(|(end, key)| end - key.len()).collect();
    let segment = |index: usize| {
        let next = starts.get(index + 1).copied().unwrap_or(text.len());
        &text[names[index].0..next]
    };
    let mut said: Vec<_> = (0..names.len())
        .map(|index| judge(segment(index)))
        .collect();
    for index in (1..names.len()).rev() {
        if said[index - 1].is_none() && is_joiner(segment(index - 1)) {
            said[index - 1] = said[index].clone();
        }
    }
    if let (Some(first), Some(start)) = (said.first_mut(), starts.first()) {
        *first = first.take().or_else(|| judge(&text[..*start]));
    }
    for index in 1..names.len() {
        if said[index].is_none() && is_joiner(segment(index - 1)) {
            said[index] = said[index - 1].clone();
        }
    }
    names.iter().map(|(_, key)| *key).zip(said).collect()
}

/// Tells whether a text does nothing but join two names.
fn is_joiner(text: &str) -> bool {
    let mut words = text
        .split(|mark: char| !mark.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.all(|word| ["and", "or", "as", "well"].contains(&word))
}

fn cells(line: &str) -> Vec<&str> {
    if !line.contains('|') {
        return Vec::new();
    }
    let line = line.trim();
    let line = line.strip_prefix('|').unwrap_or(line);
    line.strip_suffix('|')
        .unwrap_or(line)
        .split('|')
        .map(str::trim)
        .collect()
}

/// Reads a row of a table by its columns, else by its words.
fn row(header: &[String], cells: &[&str]) -> Option<Said> {
    let cell = |word: &str| {
        let column = header.iter().position(|name| name.contains(word))?;
        Some(cells.get(column)?.trim_matches(['`', '"', '*', '_', ' ']))
    };
    let is_nothing = |text: &str| {
        ["", "-", "\u{2013}", "none", "n/a", "null"].contains(&text.to_lowercase().as_str())
    };
    let (worded, named) = judge(&cells.join(" ; ")).unzip();
    let default = cell("default").filter(|text| !is_nothing(text));
    let default = default.map(str::to_owned).or(named.flatten());
    let required = match (
        cell("required").or_else(|| cell("mandatory")),
        cell("optional"),
    ) {
        (Some(text), _) => affirms(text),
        (_, Some(text)) if text.eq_ignore_ascii_case("optional") => Some(false),
        (_, Some(text)) => affirms(text).map(|optional| !optional),
        _ => None,
    };
    let required = required.or(worded);
    let required = required.or_else(|| default.is_some().then_some(false))?;
    Some((required, default))
}

fn affirms(text: &str) -> Option<bool> {
    let lower = text.to_lowercase();
    match lower.split(|mark: char| !mark.is_alphanumeric()).next() {
        Some("y" | "yes" | "true" | "required" | "x") => Some(true),
        Some("n" | "no" | "false" | "optional" | "not") => Some(false),
        _ if lower == "\u{2713}" || lower == "\u{2714}" => Some(true),
        _ if lower.is_empty() || lower == "-" => Some(false),
        _ => None,
    }
}

/// Tells whether a text calls something required, and the default that it names.
fn judge(text: &str) -> Option<Said> {
    let lower = text.to_lowercase();
    let words: Vec<_> = lower
        .split(|mark: char| !mark.is_alphanumeric() && mark != '\'')
        .filter(|word| !word.is_empty())
        .collect();
    let default = default(text);
    let denied = |at: usize| {
        let before = &words[at.saturating_sub(2)..at];
        before
            .iter()
            .any(|word| *word == "not" || *word == "no" || word.ends_with("n't"))
    };
    let said = words.iter().enumerate().find_map(|(at, word)| match *word {
        "optional" | "optionally" => Some(denied(at)),
        // Required under a condition is not required of everybody.
        "required" | "mandatory" => {
            let is_conditional = matches!(
                words.get(at + 1),
                Some(&("if" | "when" | "only" | "unless"))
            );
            Some(!denied(at) && !is_conditional)
        }
        _ => None,
    });
    let required = said.or_else(|| default.is_some().then_some(false))?;
    Some((required, default))
}

/// The value behind "default is", "defaults to", "default:".
fn default(text: &str) -> Option<String> {
    const OPENINGS: [&str; 8] = [
        "defaults to ",
        "default value is ",
        "default value: ",
        "default is ",
        "default: ",
        "default = ",
        "default to ",
        "default ",
    ];
    // Lower-casing ASCII only keeps every offset.
    let lower = text.to_ascii_lowercase();
    let opening = OPENINGS
        .iter()
        .find_map(|opening| Some(lower.find(opening)? + opening.len()))?;
    let rest = text[opening..].trim_start();
    if let Some(mark) = rest
        .chars()
        .next()
        .filter(|mark| "`\"'\u{201c}".contains(*mark))
    {
        let close = if mark == '\u{201c}' { '\u{201d}' } else { mark };
        let inside = &rest[mark.len_utf8()..];
        return inside.find(close).map(|end| inside[..end].to_owned());
    }
    let word = rest.split_whitespace().next()?;
    let word = word
        .trim_end_matches([',', ';', ')', '.', '*', '_'])
        .trim_matches(['*', '_']);
    const FILLERS: [&str; 12] = [
        "the", "a", "an", "your", "to", "is", "in", "of", "value", "none", "it", "for",
    ];
    let is_value = !word.is_empty() && !FILLERS.contains(&word.to_ascii_lowercase().as_str());
    is_value.then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::optional("*Optional*. The wing.", Some((false, None)))]
    #[case::required("is required", Some((true, None)))]
    #[case::not_optional("is not optional", Some((true, None)))]
    #[case::not_required("isn't required", Some((false, None)))]
    #[case::conditional("required if you fly", Some((false, None)))]
    #[case::default_is("The default is `left`.", Some((false, Some("left"))))]
    #[case::defaults_to("defaults to 587.", Some((false, Some("587"))))]
    #[case::in_parentheses("(default: \"a b\")", Some((false, Some("a b"))))]
    #[case::no_value("the default is the left one", None)]
    #[case::nothing("The wing.", None)]
    fn words_say_what_is_required(
        #[case] text: &str,
        #[case] expected: Option<(bool, Option<&str>)>,
    ) {
        let expected = expected.map(|(required, default)| (required, default.map(str::to_owned)));
        assert_eq!(judge(text), expected);
    }

    #[rstest]
    #[case::both("`p.a` and `p.b` are optional", &[("p.a", false), ("p.b", false)])]
    #[case::each("p.a is required, while p.b is optional.", &[("p.a", true), ("p.b", false)])]
    #[case::before("Optional: \"p.a\", \"p.b\"", &[("p.a", false), ("p.b", false)])]
    #[case::longer_name("`p.a.x` is optional", &[])]
    #[case::plain_word("loft is optional", &[("loft", false)])]
    #[case::word_in_passing("The loft is optional", &[])]
    #[case::list("Optional entries:\n* p.a\n* p.b, required", &[("p.a", false), ("p.b", true)])]
    #[case::item_on_two_lines("* `p.a`: a wing\n  (optional)", &[("p.a", false)])]
    #[case::columns("Name | Required\n---|---\np.a | Yes\n`p.b` | No", &[("p.a", true), ("p.b", false)])]
    #[case::column_of_defaults("| Name | Default |\n|---|---|\n| p.a | left |\n| p.b | - |", &[("p.a", false)])]
    #[case::column_of_optional("Name | Optional\n---|---\np.a | yes\np.b | no", &[("p.a", false), ("p.b", true)])]
    #[case::words_in_a_row("| p.a | *Optional*. A wing |", &[("p.a", false)])]
    #[case::table_before_sentence("`p.a` is optional.\n\nName | Required\n---|---\np.a | yes", &[("p.a", true)])]
    fn prose_speaks_of_the_entries_it_names(#[case] text: &str, #[case] expected: &[(&str, bool)]) {
        let prose: Vec<_> = text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.is_empty())
            .collect();
        let verdicts = verdicts(&prose, &["p.a", "p.b", "loft"]);
        let mut found: Vec<_> = verdicts
            .iter()
            .map(|(key, verdict)| (key.as_str(), verdict.required))
            .collect();
        found.sort_unstable();
        assert_eq!(found, expected);
    }
}
