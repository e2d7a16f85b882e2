//! The masked view of a body that cannot be read as JSON: malformed, cut, or another format.

use crate::catalog::Catalog;
use crate::wire::vocabulary::{Dialect, member};

/// Masks every word of a text except those that the API or the catalog knows; punctuation stays, and so the shape.
///
/// Without its members nobody can tell a name from a value, so a word is shown only where it could not be a secret.
pub(super) fn mask_broken(text: &str, catalog: &Catalog) -> String {
    let mut shown = String::with_capacity(text.len());
    for piece in text.split_inclusive(is_punctuation) {
        let word = piece.trim_end_matches(is_punctuation);
        if word.is_empty() || is_known(word, catalog) {
            shown.push_str(word);
        } else {
            shown.push('…');
        }
        shown.push_str(&piece[word.len()..]);
    }
    shown
}

fn is_punctuation(character: char) -> bool {
    character.is_whitespace() || "{}[],:=&\"'“”„‘’".contains(character)
}

fn is_known(word: &str, catalog: &Catalog) -> bool {
    let elements = catalog.elements();
    KNOWN_WORDS.contains(&word)
        || catalog.find(word).is_some()
        || elements.iter().any(|element| element.entry(word).is_some())
}

const KNOWN_WORDS: &[&str] = &[
    Dialect::Element.noun(),
    Dialect::YourMom.noun(),
    member::ID,
    member::KEY,
    member::NAME,
    member::TAGS,
    member::TOKEN,
    member::CONFIGURATION,
    member::PROVIDER_DATA,
    "value",
    "true",
    "false",
    "null",
];
