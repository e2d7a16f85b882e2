//! The notes of what was repaired.

use super::{Change, MAX_REPAIRS, Repair};

/// The repairs so far; one more than allowed is enough to refuse the text.
#[derive(Default)]
pub(super) struct Notes(pub(super) Vec<Repair>);

impl Notes {
    /// Notes a repair that can mean nothing else.
    pub(super) fn fix(&mut self, line: usize, change: Change, before: &str, after: &str) {
        self.keep(Repair::certain(line, change, before, after));
    }

    /// Notes a repair that is the likely meaning.
    pub(super) fn guess(&mut self, line: usize, change: Change, before: &str, after: &str) {
        self.keep(Repair::likely(line, change, before, after));
    }

    fn keep(&mut self, repair: Repair) {
        if self.0.len() <= MAX_REPAIRS {
            self.0.push(repair);
        }
    }
}

/// The first line of a text, short enough for a message.
pub(in crate::catalog::guide) fn beginning(text: &str) -> String {
    const MAX_LEN: usize = 40;
    let line = text.chars().take_while(|character| *character != '\n');
    let short: String = line.take(MAX_LEN).collect();
    short.trim_end().to_owned()
}
