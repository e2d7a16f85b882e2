//! What an import has to say about a document: what it repaired, what it doubts, what it refuses.

use std::fmt;

/// What was found wrong in a guide; each kind is either a repair or a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Defect {
    /// Quotes inside a text that are not escaped, as in HTML attributes.
    BareQuote,
    /// A line break, or another control character, inside a text.
    RawLineBreak,
    /// A backslash that escapes nothing JSON knows.
    BadEscape,
    /// A text whose closing quote is missing.
    UnclosedText,
    /// A `//` or `/* */` comment.
    Comment,
    /// A comma with nothing after it.
    TrailingComma,
    /// No comma between two members or items.
    MissingComma,
    /// An object without its `{`.
    MissingBrace,
    /// A `[` without its `]`.
    UnclosedArray,
    /// A `{` without its `}`.
    UnclosedObject,
    /// A `}` before the last member of its object.
    EarlyClose,
    /// Characters that belong to no value.
    StrayText,
    /// A name or a value that should stand in quotes.
    MissingQuotes,
    /// A member name without a value.
    MissingValue,
    /// A member that appears twice in one object.
    RepeatedMember,
    /// A fenced block without its closing fence.
    UnclosedFence,
    /// The front matter's id is not the response's, or is unreadable, or the response has none.
    IdDisagrees,
    /// A request's key is not the response's or not another request's.
    KeyDisagrees,
    /// Two guides of one element say different things.
    GuidesDisagree,
    /// What looks like a request is a sample of another call.
    OtherCall,
    /// A part of a usable block was not read.
    NotRead,
}

impl Defect {
    /// Whether the text was changed to be read, or is only doubtful.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Defect::IdDisagrees
            | Defect::KeyDisagrees
            | Defect::GuidesDisagree
            | Defect::OtherCall
            | Defect::NotRead => Severity::Warning,
            _ => Severity::Repair,
        }
    }
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Severity {
    /// The document was read as what it means, not as what it says; refused when strict.
    Repair,
    /// The document is readable and contradicts itself or another.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Repair => "repair",
            Severity::Warning => "warning",
        })
    }
}

/// One thing found wrong in a guide, and what was made of it: `mailjet.md:75: repair: …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The document's name.
    pub file: String,
    /// The line in the document, from 1.
    pub line: usize,
    /// What kind of thing it is.
    pub defect: Defect,
    /// What was found and how it was read.
    pub reason: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = self.defect.severity();
        write!(
            f,
            "{}:{}: {severity}: {}",
            self.file, self.line, self.reason
        )
    }
}

/// Why a guide was not imported, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The document's name.
    pub file: String,
    /// The line in the document, from 1; the first where the document as a whole is meant.
    pub line: usize,
    /// What is wrong and what to do.
    pub reason: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: refused: {}", self.file, self.line, self.reason)
    }
}

impl std::error::Error for Refusal {}
