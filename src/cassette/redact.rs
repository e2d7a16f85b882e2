//! An exchange as it came goes in, an interaction that may be written comes out.
//!
//! In this order: headers that are not kept are left out; every other value is kept or replaced as the [`Policy`] says;
//! names that repeat a replaced value are replaced too; and what is left is searched for the values that were replaced
//! so far, as [`Sought`] looks for them. An interaction in which one is found is refused as a [`Leak`].

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::message::{Exchange, Interaction};
use super::policy::{Piece, Policy};
use super::selector::{Leaf, MessagePart, Place, Selector};
use super::sought::{Origin, Scope, Sought, Weight};
use super::walk::{placeholders, rewrite, visit};
use super::{placeholder, seal};
use crate::wire::json::Json;

/// Makes interactions of exchanges, and remembers what it has replaced.
pub struct Redactor {
    policy: Policy,
    /// Checksums of replaced values, which may be large bodies, with the numbers of their placeholders.
    numbers: HashMap<u128, u32>,
    /// The highest number that is in use.
    last: u32,
    sought: Sought,
}

/// A place that still held a replaced value, so its interaction must not be written; the value is not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leak {
    place: String,
    /// The place where the value was replaced.
    origin: Origin,
}

/// Tells where the value is, where it was replaced, and which flags would help.
impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Leak { place, origin } = self;
        let origin = origin.as_deref();
        let origin_told = origin.unwrap_or("a place whose name is not kept either");
        write!(
            f,
            "{place} holds a value that was replaced in {origin_told}"
        )?;
        let is_selector = |text: &&str| text.parse::<Selector>().is_ok();
        match (
            origin.filter(is_selector),
            Some(&**place).filter(is_selector),
        ) {
            (None, None) => Ok(()),
            (None, Some(place)) => write!(f, "; redact it there too with --redact {place}"),
            (Some(origin), None) => write!(f, "; if it is no secret, --keep {origin}"),
            (Some(origin), Some(place)) => write!(
                f,
                "; if it is no secret, --keep {origin}, otherwise --redact {place}"
            ),
        }
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
        let numbers = interactions
            .iter()
            .cloned()
            .flat_map(|mut one| placeholders(&mut one));
        Redactor {
            last: numbers.map(|(_, number)| number).max().unwrap_or(0),
            ..Redactor::new(policy)
        }
    }

    /// Redacts an exchange; the interaction can be written at once.
    ///
    /// # Errors
    /// A value that was replaced, here or earlier, and stands in a place that is kept.
    pub fn redact(&mut self, exchange: &Exchange) -> Result<Interaction, Leak> {
        let (mut interaction, left_out) = Interaction::read(exchange, &self.policy);
        // No number that a client has sent is taken, as one sends that was replayed to.
        let sent = placeholders(&mut interaction)
            .into_iter()
            .map(|(_, number)| number);
        self.last = sent.fold(self.last, u32::max);
        for (weight, value) in left_out {
            let origin = || Some("a header that is not kept".into());
            self.sought
                .insert(&value, weight, origin, self.policy.known());
        }
        let path = interaction.request.path.clone();
        let ids = ids_of(&path);
        rewrite(&mut interaction, &mut |place, leaf| {
            self.replacement(place, leaf, &ids)
        });
        rewrite(&mut interaction, &mut |place, leaf| {
            self.other_name(place, leaf)
        });
        match self.leak(&mut interaction) {
            Some(leak) => Err(leak),
            None => Ok(interaction),
        }
    }

    fn replacement(
        &mut self,
        place: &Place<'_>,
        leaf: Leaf<'_>,
        ids: &[&str],
    ) -> Option<Json<'static>> {
        if let Leaf::Text(text) = leaf {
            return self.text_replacement(place, text, ids);
        }
        if self.policy.keeps(place, leaf, ids) {
            return None;
        }
        let text = leaf.text();
        Some(match leaf {
            Leaf::Name(_) | Leaf::Text(_) => self.text(place, leaf, &text),
            Leaf::Number(_) => placeholder::for_number(self.number(place, leaf, &text)).into(),
            Leaf::Body { bytes, media_type } => {
                let number = self.number(place, leaf, &text);
                placeholder::for_body(media_type, bytes.len(), number).into()
            }
        })
    }

    fn text_replacement(
        &mut self,
        place: &Place<'_>,
        text: &str,
        ids: &[&str],
    ) -> Option<Json<'static>> {
        let pieces = self.policy.pieces(place, text, ids);
        if let [Piece::Replace(text)] = pieces.as_slice() {
            return Some(self.text(place, Leaf::Text(text), text));
        }
        if pieces.iter().all(|piece| matches!(piece, Piece::Keep(_))) {
            return None;
        }
        let mut made = String::with_capacity(text.len());
        for piece in pieces {
            match piece {
                Piece::Keep(text) => made.push_str(text),
                Piece::Replace(text) => {
                    made += &plain_text(self.number(place, Leaf::Text(text), text));
                }
            }
        }
        self.seek(place, Leaf::Text(text), text);
        Some(made.into())
    }

    /// The placeholder of a whole text; in a path and as a name it has no other form.
    fn text(&mut self, place: &Place<'_>, leaf: Leaf<'_>, text: &str) -> Json<'static> {
        let number = self.number(place, leaf, text);
        match place.part {
            MessagePart::Path => plain_text(number).into(),
            _ => placeholder::for_text(text, number).into(),
        }
    }

    /// The number of a value, which is looked for from now on.
    fn number(&mut self, place: &Place<'_>, leaf: Leaf<'_>, value: &str) -> u32 {
        self.seek(place, leaf, value);
        let checksum = seal::checksum(value);
        if let Some(number) = self.numbers.get(&checksum) {
            return *number;
        }
        self.last += 1;
        self.numbers.insert(checksum, self.last);
        self.last
    }

    /// Looks for a value from now on, which was replaced at this place.
    fn seek(&mut self, place: &Place<'_>, leaf: Leaf<'_>, value: &str) {
        let policy = &self.policy;
        let weight = policy.weight(place);
        let is_told = || !leaf.is_name() && policy.keeps_names(place);
        let origin = || is_told().then(|| place.to_string().into());
        // A header may tell the same path, as `Location` does.
        let parts: Vec<_> = match weight == Weight::Unknown && policy.is_plain_path(value) {
            true => value.split('/').collect(),
            false => vec![value],
        };
        for part in parts {
            self.sought.insert(part, weight, origin, policy.known());
        }
    }

    /// Replaces a name that repeats what was replaced elsewhere.
    fn other_name(&mut self, place: &Place<'_>, leaf: Leaf<'_>) -> Option<Json<'static>> {
        let Leaf::Name(name) = leaf else { return None };
        let is_fixed = self.policy.known().has_name(name) || placeholder::number_of(name).is_some();
        let is_repeated =
            !is_fixed && !self.policy.is_kept_by_user(place) && self.sought.is_in(name);
        is_repeated.then(|| plain_text(self.number(place, leaf, name)).into())
    }

    /// The first place that holds what is looked for.
    fn leak(&self, interaction: &mut Interaction) -> Option<Leak> {
        let mut found = None;
        let known = self.policy.known();
        visit(interaction, &mut |place, leaf| {
            let text = leaf.text();
            let is_known = known.has_text(&text) || (leaf.is_name() && known.has_name(&text));
            if found.is_some() || is_known {
                return;
            }
            // What else the policy keeps of numbers are ids, counts and sizes.
            let scope = match self.policy.is_kept_by_user(place) {
                true => Scope::All,
                false => Scope::ButIds,
            };
            if let Some(origin) = self.sought.find(&text, scope) {
                let place = place.outline(leaf.is_name());
                let is_told = |origin: &&Arc<str>| !self.sought.is_in(origin);
                let origin = origin.as_ref().filter(is_told).cloned();
                found = Some(Leak { place, origin });
            }
        });
        found
    }
}

/// A placeholder that may stand inside another text.
fn plain_text(number: u32) -> String {
    placeholder::for_text("", number)
}

/// The numbers in a path, which are ids wherever else they stand.
pub(super) fn ids_of(path: &str) -> Vec<&str> {
    let is_number = |segment: &&str| segment.bytes().all(|byte| byte.is_ascii_digit());
    path.split('/').filter(is_number).collect()
}
