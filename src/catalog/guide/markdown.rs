//! The parts of a Markdown guide that matter here: front matter, fenced blocks, and what introduces each block.
//!
//! Deliberately not a Markdown parser: no inline markup, no lists, no HTML. A block ends at its closing fence, at the
//! next fence that names a language, or at the end of the document, in that order.

/// A guide, taken apart.
#[derive(Debug, Default)]
pub(super) struct Document<'a> {
    /// The front matter's `key: value` lines.
    pub(super) front_matter: Vec<Setting<'a>>,
    /// The fenced blocks in their order.
    pub(super) blocks: Vec<Block<'a>>,
}

/// One line of front matter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting<'a> {
    pub(super) line: usize,
    pub(super) key: &'a str,
    pub(super) value: &'a str,
}

/// A fenced block and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block<'a> {
    /// The line of the opening fence; the content starts on the next.
    pub(super) line: usize,
    /// The first word after the fence, as written.
    pub(super) language: &'a str,
    /// Everything between the fences.
    pub(super) text: &'a str,
    /// The last line of prose between the previous block and this one, or nothing.
    pub(super) introduction: &'a str,
    /// The heading this block stands under, or nothing.
    pub(super) heading: &'a str,
    /// The call that was last mentioned before this block.
    pub(super) call: Call,
    pub(super) ending: Ending,
}

/// The API call a passage speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Unsaid,
    Instances,
    Oauth,
}

/// How a block ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Fence,
    Missing,
}

impl<'a> Document<'a> {
    pub(super) fn parse(text: &'a str) -> Self {
        let mut scan = Scan::new(text);
        for line in lines(text) {
            scan.line(line);
        }
        scan.finish(text.len())
    }

    /// The front matter's line for one of `keys`.
    pub(super) fn setting(&self, keys: &[&str]) -> Option<Setting<'a>> {
        self.front_matter
            .iter()
            .copied()
            .find(|setting| keys.contains(&setting.key))
    }
}

impl Block<'_> {
    /// Whether the block's language says it may hold JSON.
    pub(super) fn may_be_json(&self) -> bool {
        ["", "json", "javascript", "js"]
            .iter()
            .any(|language| self.language.eq_ignore_ascii_case(language))
    }
}

#[derive(Clone, Copy)]
struct Line<'a> {
    number: usize,
    start: usize,
    end: usize,
    text: &'a str,
}

fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    text.split_inclusive('\n')
        .scan(0, |offset, raw| {
            let start = *offset;
            *offset += raw.len();
            Some((start, raw))
        })
        .enumerate()
        .map(|(index, (start, raw))| Line {
            number: index + 1,
            start,
            end: start + raw.len(),
            text: raw.trim_end_matches(['\n', '\r']),
        })
}

/// Where the scan is: before, in or after the front matter, or in a block.
enum Place<'a> {
    FrontMatter,
    Prose,
    Fenced(Fence<'a>, Block<'a>, usize),
}

struct Scan<'a> {
    text: &'a str,
    place: Place<'a>,
    document: Document<'a>,
    introduction: &'a str,
    heading: &'a str,
    call: Call,
}

impl<'a> Scan<'a> {
    fn new(text: &'a str) -> Self {
        Scan {
            text,
            place: Place::Prose,
            document: Document::default(),
            introduction: "",
            heading: "",
            call: Call::Unsaid,
        }
    }

    fn line(&mut self, line: Line<'a>) {
        match std::mem::replace(&mut self.place, Place::Prose) {
            Place::FrontMatter => self.front_matter(line),
            Place::Prose => self.prose(line),
            Place::Fenced(fence, block, start) => self.fenced(line, fence, block, start),
        }
    }

    fn front_matter(&mut self, line: Line<'a>) {
        if line.text.trim_end() == "---" {
            return;
        }
        self.place = Place::FrontMatter;
        if let Some((key, value)) = line.text.split_once(':') {
            self.document.front_matter.push(Setting {
                line: line.number,
                key: key.trim(),
                value: value.trim(),
            });
        }
    }

    fn prose(&mut self, line: Line<'a>) {
        if line.number == 1 && line.text.trim_end() == "---" {
            self.place = Place::FrontMatter;
        } else if let Some(fence) = Fence::open(line.text) {
            self.open(line, fence);
        } else if !line.text.trim().is_empty() {
            self.introduction = line.text.trim();
            if line.text.starts_with('#') {
                self.heading = line.text.trim();
            }
            self.mention(line.text);
        }
    }

    fn open(&mut self, line: Line<'a>, fence: Fence<'a>) {
        let block = Block {
            line: line.number,
            language: fence.language,
            text: "",
            introduction: std::mem::take(&mut self.introduction),
            heading: self.heading,
            call: self.call,
            ending: Ending::Missing,
        };
        self.place = Place::Fenced(fence, block, line.end);
    }

    fn fenced(&mut self, line: Line<'a>, fence: Fence<'a>, mut block: Block<'a>, start: usize) {
        if fence.is_closed_by(line.text) {
            block.ending = Ending::Fence;
            self.close(block, start, line.start);
        } else if let Some(next) = Fence::open(line.text).filter(|next| !next.language.is_empty()) {
            self.close(block, start, line.start);
            self.open(line, next);
        } else {
            if !block.may_be_json() {
                self.mention(line.text);
            }
            self.place = Place::Fenced(fence, block, start);
        }
    }

    fn close(&mut self, mut block: Block<'a>, start: usize, end: usize) {
        block.text = &self.text[start..end];
        self.document.blocks.push(block);
    }

    fn mention(&mut self, line: &str) {
        if line.contains("/instances") {
            self.call = Call::Instances;
        } else if line.contains("oauth/url") || line.contains("oauth/token") {
            self.call = Call::Oauth;
        }
    }

    fn finish(mut self, end: usize) -> Document<'a> {
        if let Place::Fenced(_, block, start) = std::mem::replace(&mut self.place, Place::Prose) {
            self.close(block, start, end);
        }
        self.document
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const GUIDE: &str = "---\nheading: A: B\nelementId: 9\n---\n# Top\nSee oauth/url.\n\n\
        ```bash\ncurl /instances\n```\nMinimum:\n\n```JSON x\n{\n}\n```\n~~~\nbare\n~~~\n";

    #[test]
    fn blocks_know_their_lines_and_what_introduces_them() {
        let document = Document::parse(GUIDE);
        let seen: Vec<_> = document
            .blocks
            .iter()
            .map(|block| {
                (
                    block.line,
                    block.language,
                    block.text,
                    block.introduction,
                    block.call,
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                (
                    8,
                    "bash",
                    "curl /instances\n",
                    "See oauth/url.",
                    Call::Oauth
                ),
                (13, "JSON", "{\n}\n", "Minimum:", Call::Instances),
                (17, "", "bare\n", "", Call::Instances),
            ]
        );
        assert!(
            document
                .blocks
                .iter()
                .all(|block| block.heading == "# Top" && block.ending == Ending::Fence)
        );
    }

    #[test]
    fn front_matter_is_read_up_to_its_end() {
        let setting = Document::parse(GUIDE).setting(&["your_momId", "elementId"]);
        assert_eq!(
            setting.map(|setting| (setting.line, setting.value)),
            Some((3, "9"))
        );
    }

    #[rstest]
    #[case::end_of_document("```json\n{}\n", "{}\n")]
    #[case::next_fence("```json\n{}\n```bash\nls\n```\n", "{}\n")]
    fn a_block_without_its_closing_fence_ends_all_the_same(
        #[case] text: &str,
        #[case] content: &str,
    ) {
        let block = Document::parse(text).blocks[0];
        assert_eq!((block.text, block.ending), (content, Ending::Missing));
    }

    #[rstest]
    #[case::json("json", true)]
    #[case::upper_case("JSON", true)]
    #[case::javascript("javascript", true)]
    #[case::bare("", true)]
    #[case::shell("bash", false)]
    fn languages_that_may_hold_json(#[case] language: &str, #[case] expected: bool) {
        let text = format!("```{language}\n{{}}\n```\n");
        assert_eq!(Document::parse(&text).blocks[0].may_be_json(), expected);
    }
}
