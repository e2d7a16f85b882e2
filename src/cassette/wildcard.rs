//! Placeholders as wildcards: any other secret may come where one was recorded.

use std::collections::HashSet;

use super::finder::Finder;

/// The placeholders of a cassette, alone and inside longer texts.
pub(super) struct Placeholders {
    all: HashSet<String>,
    /// Those that may be common texts, and stand for a secret in its own place only.
    short: HashSet<String>,
    finder: Finder,
}

/// What stands for a placeholder while two texts are compared.
const ANY: char = '\0';

impl Placeholders {
    pub(super) fn new(all: HashSet<String>) -> Self {
        let mut finder = Finder::default();
        let (all, short) = all
            .into_iter()
            .partition::<HashSet<_>, _>(|text| text.len() >= 6);
        for placeholder in &all {
            finder.insert(placeholder, &ANY.to_string());
        }
        Placeholders { all, short, finder }
    }

    /// Whether `sent` may be what was recorded in the place of a secret.
    pub(super) fn agree_in_place(&self, recorded: &str, sent: &str) -> bool {
        !sent.is_empty() && self.short.contains(recorded)
    }

    pub(super) fn are_in(&self, text: &str) -> bool {
        self.finder.is_in(text.as_bytes())
    }

    /// Whether `sent` may be what was recorded: the same text, or another secret in the place of a placeholder.
    pub(super) fn agree(&self, recorded: &str, sent: &str) -> bool {
        if recorded == sent {
            return true;
        }
        if self.all.contains(recorded) {
            return !sent.is_empty() && !self.all.contains(sent);
        }
        let Some(pattern) = self.finder.clean(recorded) else {
            return false;
        };
        if !pattern.contains(ANY) {
            // The placeholder is inside something encoded.
            return true;
        }
        is_like(&pattern, sent)
    }
}

/// Whether `text` is `pattern` with anything in the place of each [`ANY`].
fn is_like(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split(ANY);
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut pieces = pieces.peekable();
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::same("a", "a", true)]
    #[case::other("a", "b", false)]
    #[case::secret("redacted-1", "anything", true)]
    #[case::nothing("redacted-1", "", false)]
    #[case::another_placeholder("redacted-1", "redacted-2", false)]
    #[case::inside("by redacted-1, of redacted-2.", "by me, of you.", true)]
    #[case::inside_of_another_text("by redacted-1.", "for me.", false)]
    #[case::escaped("by%20redacted%2D1", "by%20me", true)]
    fn texts_agree(#[case] recorded: &str, #[case] sent: &str, #[case] expected: bool) {
        let all = ["redacted-1", "redacted-2"].map(str::to_owned);
        assert_eq!(
            Placeholders::new(all.into()).agree(recorded, sent),
            expected
        );
    }
}
