//! The notes of what was repaired.

use super::{MAX_REPAIRS, Repair};

/// Keeps a repair; one more than allowed is enough to refuse the text.
pub(super) fn keep(repairs: &mut Vec<Repair>, repair: Repair) {
    if repairs.len() <= MAX_REPAIRS {
        repairs.push(repair);
    }
}

/// The first line of a text, short enough for a message.
pub(in crate::catalog::guide) fn beginning(text: &str) -> String {
    const MAX_LEN: usize = 40;
    let line = text.chars().take_while(|character| *character != '\n');
    let short: String = line.take(MAX_LEN).collect();
    short.trim_end().to_owned()
}
