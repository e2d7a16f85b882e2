//! Text that was to be JSON and is none: its shape can be shown, its values cannot.

/// JSON that was cut or is broken, or another text: what is neither punctuation nor the name of a member is masked.
pub(super) fn broken(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(is_punctuation).unwrap_or(rest.len());
        if end == 0 {
            let (mark, behind) = rest.split_at(first.len_utf8());
            shown.push_str(mark);
            rest = behind;
            continue;
        }
        let (word, behind) = rest.split_at(end);
        let is_name = is_name(&shown, word, behind);
        shown.push_str(if is_name { word } else { "…" });
        rest = behind;
    }
    shown
}

fn is_punctuation(character: char) -> bool {
    character.is_whitespace() || "{}[],:".contains(character) || is_quote(character)
}

fn is_quote(character: char) -> bool {
    "\"'“”„‘’".contains(character)
}

/// Whether a word is the name of a member: with quotes on both sides, or bare where a member begins, and a colon behind.
fn is_name(before: &str, word: &str, behind: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let unquoted = behind.strip_prefix(is_quote);
    let is_quoted = before.ends_with(is_quote);
    let begins = || {
        let before = before.trim_end_matches([' ', '\t']);
        before.is_empty() || before.ends_with(['{', ',', '\n'])
    };
    word.bytes().all(is_plain)
        && is_quoted == unquoted.is_some()
        && (is_quoted || begins())
        && unquoted.unwrap_or(behind).trim_start().starts_with(':')
}
