//! An exchange as it came goes in, an interaction that may be written comes out.
//!
//! In this order: headers that are not kept are left out; every other value is kept or replaced as the [`Policy`] says;
//! names that repeat a replaced value are replaced too; and what is left is searched for every value that was replaced
//! so far. An interaction in which one is found is refused as a [`Leak`].

use std::collections::HashMap;
use std::fmt;

use super::message::{Exchange, Interaction};
use super::policy::{Piece, Policy};
use super::selector::{MessagePart, Place};
use super::sought::Sought;
use super::walk::{Leaf, rewrite};
use super::{placeholder, seal};
use crate::wire::json::Json;

/// Makes interactions of exchanges, and remembers what it has replaced.
pub struct Redactor {
    policy: Policy,
    /// Checksums of replaced values, which may be large bodies, with the numbers of their placeholders.
    numbers: HashMap<String, u32>,
    /// The highest number that is in use.
    last: u32,
    sought: Sought,
}

/// A place that still held a replaced value, so its interaction must not be written; the value is not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leak {
    place: String,
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}

impl Redactor {
    /// Starts with the first placeholder.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Redactor {
            policy,
            numbers: HashMap::new(),
            last: 0,
            sought: Sought::default(),
        }
    }

    /// Goes on after these interactions, whose placeholders keep their meaning.
    #[must_use]
    pub fn continuing(policy: Policy, interactions: &[Interaction]) -> Self {
        let mut last = 0;
        for interaction in interactions {
            rewrite(interaction, &mut |_, leaf| {
                last = leaf.placeholders().into_iter().fold(last, u32::max);
                None
            });
        }
        Redactor {
            last,
            ..Redactor::new(policy)
        }
    }

    /// Redacts an exchange; the interaction can be written at once.
    ///
    /// # Errors
    /// A value that was replaced, here or earlier, and stands in a place that is kept.
    pub fn redact(&mut self, exchange: &Exchange) -> Result<Interaction, Leak> {
        let (raw, left_out) = Interaction::read(exchange, &self.policy);
        self.continue_after(&raw);
        for value in left_out {
            self.sought.insert(&value, self.policy.known());
        }
        let path = raw.request.path.clone();
        let ids = ids_of(&path);
        let replaced = rewrite(&raw, &mut |place, leaf| self.replacement(place, leaf, &ids));
        let renamed = rewrite(&replaced, &mut |place, leaf| self.other_name(place, leaf));
        match self.leak(&renamed) {
            Some(leak) => Err(leak),
            None => Ok(renamed),
        }
    }

    /// Takes no number that a client has sent as a placeholder, as one does that was replayed to.
    fn continue_after(&mut self, raw: &Interaction) {
        rewrite(raw, &mut |_, leaf| {
            self.last = leaf.placeholders().into_iter().fold(self.last, u32::max);
            None
        });
    }

    fn replacement(
        &mut self,
        place: &Place<'_>,
        leaf: Leaf<'_>,
        ids: &[&str],
    ) -> Option<Json<'static>> {
        match leaf {
            Leaf::Name(name) if self.policy.keeps_name(place, name) => None,
            Leaf::Name(name) => Some(self.text(place, name)),
            Leaf::Text(text) => self.text_replacement(place, text, ids),
            Leaf::Number(number) if self.policy.keeps_number(place, number) => None,
            Leaf::Number(number) => {
                let number = self.number(&number.to_string());
                Some(placeholder::for_number(number).into())
            }
            Leaf::Body { bytes, media_type } => {
                let text = String::from_utf8_lossy(bytes);
                if self.policy.shows(place, &text) {
                    return None;
                }
                let number = self.number(&text);
                Some(placeholder::for_body(media_type, bytes.len(), number).into())
            }
        }
    }

    fn text_replacement(
        &mut self,
        place: &Place<'_>,
        text: &str,
        ids: &[&str],
    ) -> Option<Json<'static>> {
        match self.policy.pieces(place, text, ids).as_slice() {
            [Piece::Keep(_)] => None,
            [Piece::Replace(text)] => Some(self.text(place, text)),
            pieces if pieces.iter().all(|piece| matches!(piece, Piece::Keep(_))) => None,
            pieces => {
                let mut made = String::with_capacity(text.len());
                for piece in pieces {
                    match piece {
                        Piece::Keep(text) => made.push_str(text),
                        Piece::Replace(text) => {
                            made.push_str(&format!("{}", PlainText(self.number(text))))
                        }
                    }
                }
                self.sought.insert(text, self.policy.known());
                Some(made.into())
            }
        }
    }

    /// The placeholder of a whole text; in a path and as a name it has no other form.
    fn text(&mut self, place: &Place<'_>, text: &str) -> Json<'static> {
        let number = self.number(text);
        match place.part {
            MessagePart::Path => PlainText(number).to_string().into(),
            _ => placeholder::for_text(text, number).into(),
        }
    }

    /// The number of a value, which is looked for from now on.
    fn number(&mut self, value: &str) -> u32 {
        let checksum = seal::of(value);
        if let Some(number) = self.numbers.get(&checksum) {
            return *number;
        }
        self.sought.insert(value, self.policy.known());
        self.last += 1;
        self.numbers.insert(checksum, self.last);
        self.last
    }

    /// Replaces a name that repeats what was replaced elsewhere.
    fn other_name(&mut self, place: &Place<'_>, leaf: Leaf<'_>) -> Option<Json<'static>> {
        let Leaf::Name(name) = leaf else { return None };
        let is_fixed = self.policy.known().has_name(name) || placeholder::number_of(name).is_some();
        let is_repeated =
            !is_fixed && !self.policy.is_kept_by_user(place) && self.sought.is_in(name);
        is_repeated.then(|| PlainText(self.number(name)).to_string().into())
    }

    /// The first place that holds what is looked for.
    fn leak(&self, interaction: &Interaction) -> Option<Leak> {
        let mut found = None;
        let known = self.policy.known();
        rewrite(interaction, &mut |place, leaf| {
            let is_hit = |text: &str| !known.has_text(text) && self.sought.is_in(text);
            let is_leak = match leaf {
                Leaf::Name(name) => !known.has_name(name) && is_hit(name),
                Leaf::Text(text) => is_hit(text),
                Leaf::Number(number) => is_hit(&number.to_string()),
                Leaf::Body { bytes, .. } => is_hit(&String::from_utf8_lossy(bytes)),
            };
            if is_leak && found.is_none() {
                found = Some(Leak {
                    place: place.outline(matches!(leaf, Leaf::Name(_))),
                });
            }
            None
        });
        found
    }
}

/// A placeholder that may stand inside another text.
struct PlainText(u32);

impl fmt::Display for PlainText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&placeholder::for_text("", self.0))
    }
}

/// The numbers in a path, which are ids wherever else they stand.
pub(super) fn ids_of(path: &str) -> Vec<&str> {
    let is_number = |segment: &&str| segment.bytes().all(|byte| byte.is_ascii_digit());
    path.split('/').filter(is_number).collect()
}
