//! The words and the secrets of a header such as `Authorization`.

use crate::wire::vocabulary::{Dialect, word};

/// One stretch of a header's value; all of them together are the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuthorizationPart<'a> {
    /// A known word with the blanks, commas and colons around it: `"User "`, `", Organization "`.
    Open(&'a str),
    /// Anything else.
    Secret(&'a str),
}

/// Splits the value of an `Authorization` header into its known words and its secrets (rule `auth-grammar`).
///
/// Only a listed word at the start of a comma-separated pair is open, so a value that nobody foresaw is secret as a
/// whole.
pub(crate) fn authorization_parts(value: &str) -> Vec<AuthorizationPart<'_>> {
    let mut parts = Vec::new();
    for pair in value.split_inclusive(',') {
        let (pair, comma) = match pair.strip_suffix(',') {
            Some(before) => (before, &pair[before.len()..]),
            None => (pair, ""),
        };
        let open = open_prefix_len(pair);
        let secret_len = pair[open..].trim_end().len();
        push(&mut parts, AuthorizationPart::Open(&pair[..open]));
        push(
            &mut parts,
            AuthorizationPart::Secret(&pair[open..open + secret_len]),
        );
        push(
            &mut parts,
            AuthorizationPart::Open(&pair[open + secret_len..]),
        );
        push(&mut parts, AuthorizationPart::Open(comma));
    }
    parts
}

fn push<'a>(parts: &mut Vec<AuthorizationPart<'a>>, part: AuthorizationPart<'a>) {
    let (AuthorizationPart::Open(text) | AuthorizationPart::Secret(text)) = part;
    if !text.is_empty() {
        parts.push(part);
    }
}

/// The length of the blanks, the known word and the separator that a pair begins with.
fn open_prefix_len(pair: &str) -> usize {
    let blanks = pair.len() - pair.trim_start().len();
    let rest = &pair[blanks..];
    let ends = |after: &str| after.is_empty() || after.starts_with([' ', '\t', ':']);
    let word = OPEN_WORDS.iter().find(|word| {
        let head = rest.get(..word.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(word)) && ends(&rest[word.len()..])
    });
    let Some(word) = word else { return blanks };
    let after = &rest[word.len()..];
    let separators = after.len() - after.trim_start_matches([' ', '\t', ':']).len();
    blanks + word.len() + separators
}

/// The words of the API in both dialects, and the schemes of other services that a client may use by mistake.
const OPEN_WORDS: &[&str] = &[
    word::USER,
    word::ORGANIZATION,
    Dialect::Element.token_word(),
    Dialect::YourMom.token_word(),
    "Bearer",
    "Basic",
    "Digest",
    "Token",
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn masked(value: &str) -> String {
        let shown = authorization_parts(value)
            .into_iter()
            .map(|part| match part {
                AuthorizationPart::Open(text) => text.to_owned(),
                AuthorizationPart::Secret(_) => "*".to_owned(),
            });
        shown.collect()
    }

    /// Rule `auth-grammar`.
    #[rstest]
    #[case("User u, Organization o", "User *, Organization *")]
    #[case(
        "User u,Organization o , Element t=",
        "User *,Organization * , Element *"
    )]
    #[case("User: a b <c>, Your_mom: x", "User: *, Your_mom: *")]
    #[case("Bearer abc", "Bearer *")]
    #[case("Userabc", "*")]
    #[case("abc", "*")]
    #[case("User", "User")]
    #[case("User s1, s2, Organization ,", "User *, *, Organization ,")]
    #[case("Élément x", "*")]
    #[case("", "")]
    fn only_known_words_are_open(#[case] value: &str, #[case] expected: &str) {
        assert_eq!(masked(value), expected);
    }

    proptest! {
        #[test]
        fn the_parts_are_the_whole_value(value in "(User|Organization|Element|é|[ -~]{0,9}|, ?| ){0,8}") {
            let text: String = authorization_parts(&value).into_iter().map(|part| match part {
                AuthorizationPart::Open(text) | AuthorizationPart::Secret(text) => text,
            }).collect();
            prop_assert_eq!(text, value);
        }

        #[test]
        fn a_secret_is_never_open(secret in "[a-z0-9]{6,20}", around in "(User |Organization: |x |, ){0,3}") {
            prop_assume!(!OPEN_WORDS.iter().any(|word| word.eq_ignore_ascii_case(&secret)));
            let value = format!("{around}{secret}");
            prop_assert!(!masked(&value).contains(&secret));
        }
    }
}
