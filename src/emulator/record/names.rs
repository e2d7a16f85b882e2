//! The names by which the test itself called organizations.
//!
//! Messages have a short name in the place of every secret. An organization that the test has named is nothing that it
//! must not be told, so its messages say it as the test did.

use std::collections::BTreeMap;

use crate::emulator::identity;
use crate::emulator::lazy::LazyMutex;

/// More names are not remembered.
const MAX_NAMES: usize = 10_000;

/// Short names and what the test calls them.
#[derive(Debug, Default)]
pub(crate) struct Names(LazyMutex<BTreeMap<String, String>>);

impl Names {
    /// Remembers an organization's secret as the test spelled it.
    pub(crate) fn remember(&self, secret: &str) {
        let mut names = self.0.lock();
        if names.len() < MAX_NAMES {
            names.insert(identity::secret_name(secret), secret.to_owned());
        }
    }

    /// The text with each short name of a named organization spelled as the test did.
    pub(crate) fn spelled(&self, text: String) -> String {
        let names = self.0.lock();
        names.iter().fold(text, |text, (name, secret)| {
            if text.contains(name.as_str()) {
                text.replace(name, secret)
            } else {
                text
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_named_organization_is_spelled() {
        let names = Names::default();
        names.remember("acme");
        let (named, other) = (identity::secret_name("acme"), identity::secret_name("b"));
        let told = names.spelled(format!("expected {named}, was {other}"));
        assert_eq!(told, format!("expected acme, was {other}"));
    }
}
