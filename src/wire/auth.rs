//! The `Authorization` header: comma-separated pairs of a word and a secret (rule `auth-grammar`).
//!
//! Secrets are opaque: they may hold any character but a comma, inner spaces included. Whether a secret is accepted is
//! not decided here.

use std::fmt;

use super::vocabulary::{Dialect, word};

/// The caller's secrets; absent words are `None`, present secrets are never blank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Credentials<'a> {
    /// The user's secret.
    pub user: Option<&'a str>,
    /// The organization's secret.
    pub organization: Option<&'a str>,
    /// The token of an instance.
    pub token: Option<&'a str>,
}

/// A reason for which an `Authorization` header cannot be read; it never holds a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthProblem {
    /// A pair starts with none of the known words.
    UnknownWord,
    /// A word without a secret.
    NoSecret,
    /// A word that appears twice.
    Repeated,
}

impl fmt::Display for AuthProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AuthProblem::UnknownWord => "a pair starts with an unknown word",
            AuthProblem::NoSecret => "a word has no secret",
            AuthProblem::Repeated => "a word appears twice",
        })
    }
}

impl std::error::Error for AuthProblem {}

impl<'a> Credentials<'a> {
    /// Reads the value of an `Authorization` header.
    ///
    /// # Errors
    /// The first pair that does not fit the grammar.
    pub fn parse(value: &'a str, dialect: Dialect) -> Result<Self, AuthProblem> {
        let mut credentials = Credentials::default();
        for pair in value.split(',') {
            let (slot, rest) = credentials.slot(pair.trim(), dialect)?;
            let secret = secret(rest)?;
            if slot.replace(secret).is_some() {
                return Err(AuthProblem::Repeated);
            }
        }
        Ok(credentials)
    }

    /// The place for the secret of `pair`, and what follows the word.
    fn slot<'p>(
        &mut self,
        pair: &'p str,
        dialect: Dialect,
    ) -> Result<(&mut Option<&'a str>, &'p str), AuthProblem> {
        if let Some(rest) = pair.strip_prefix(word::USER) {
            Ok((&mut self.user, rest))
        } else if let Some(rest) = pair.strip_prefix(word::ORGANIZATION) {
            Ok((&mut self.organization, rest))
        } else if let Some(rest) = pair.strip_prefix(dialect.token_word()) {
            Ok((&mut self.token, rest))
        } else {
            Err(AuthProblem::UnknownWord)
        }
    }

    /// The header's value that says the same, in the order user, organization, token.
    #[must_use]
    pub fn to_header(&self, dialect: Dialect) -> String {
        let pairs = [
            (word::USER, self.user),
            (word::ORGANIZATION, self.organization),
            (dialect.token_word(), self.token),
        ];
        let pairs = pairs
            .iter()
            .filter_map(|(word, secret)| Some(format!("{word} {}", (*secret)?)));
        pairs.collect::<Vec<_>>().join(", ")
    }
}

/// The secret after a word: behind a space, or behind a colon with or without one.
fn secret(rest: &str) -> Result<&str, AuthProblem> {
    let secret = rest
        .strip_prefix(':')
        .or_else(|| rest.strip_prefix([' ', '\t']));
    match secret.map(str::trim) {
        Some("") => Err(AuthProblem::NoSecret),
        Some(secret) => Ok(secret),
        None if rest.is_empty() => Err(AuthProblem::NoSecret),
        None => Err(AuthProblem::UnknownWord),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    const BOTH: Credentials<'static> = Credentials {
        user: Some("u"),
        organization: Some("o"),
        token: None,
    };

    /// Rule `auth-grammar`.
    #[rstest]
    #[case::as_documented("User u, Organization o", BOTH)]
    #[case::other_order("Organization o, User u", BOTH)]
    #[case::no_space("User u,Organization o", BOTH)]
    #[case::colon("User: u, Organization: o", BOTH)]
    #[case::token("Element t=, User u", Credentials { user: Some("u"), token: Some("t="), ..Default::default() })]
    #[case::opaque("User a+/=<b>", Credentials { user: Some("a+/=<b>"), ..Default::default() })]
    #[case::placeholder("User <user secret>", Credentials { user: Some("<user secret>"), ..Default::default() })]
    fn is_read(#[case] value: &str, #[case] expected: Credentials<'_>) {
        assert_eq!(Credentials::parse(value, Dialect::Element), Ok(expected));
    }

    #[rstest]
    #[case::bearer("Bearer abc", AuthProblem::UnknownWord)]
    #[case::glued("Userabc", AuthProblem::UnknownWord)]
    #[case::empty("", AuthProblem::UnknownWord)]
    #[case::trailing_comma("User u,", AuthProblem::UnknownWord)]
    #[case::no_secret("User , Organization o", AuthProblem::NoSecret)]
    #[case::word_only("User", AuthProblem::NoSecret)]
    #[case::twice("User a, User b", AuthProblem::Repeated)]
    #[case::other_dialect("Your_mom t", AuthProblem::UnknownWord)]
    fn is_refused(#[case] value: &str, #[case] problem: AuthProblem) {
        assert_eq!(Credentials::parse(value, Dialect::Element), Err(problem));
    }

    proptest! {
        /// Rule `auth-grammar`: whatever can be written is read back as it was.
        #[test]
        fn what_is_written_is_read_back(
            user in "[!-+\\--~]([ -+\\--~]{0,20}[!-+\\--~])?",
            organization in proptest::option::of("[!-+\\--~]{1,20}"),
            token in proptest::option::of("[!-+\\--~]{1,20}="),
            dialect in proptest::sample::select(&Dialect::ALL),
        ) {
            let written = Credentials {
                user: Some(&user),
                organization: organization.as_deref(),
                token: token.as_deref(),
            };
            // A secret that starts with a colon reads as the colon after the word.
            prop_assume!(![Some(user.as_str()), written.organization, written.token].iter().flatten().any(|s| s.starts_with(':')));
            let header = written.to_header(dialect);
            prop_assert_eq!(Credentials::parse(&header, dialect), Ok(written));
        }
    }
}
