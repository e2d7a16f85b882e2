//! Places of a cassette that its policy would not have kept: for a cassette that was edited by hand.

use std::fmt;

use http::uri::Authority;

use super::policy::Policy;
use super::redact::ids_of;
use super::selector::MessagePart;
use super::walk::visit;
use super::{Cassette, Interaction};

/// A value of a cassette that is neither known to be harmless nor a placeholder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Counted from 1; `None` for the head of the cassette.
    interaction: Option<usize>,
    /// Never holds the value.
    place: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = &self.place;
        match self.interaction {
            Some(number) => write!(
                f,
                "interaction {number}: {place} holds what is not known to be harmless; put a placeholder there, or name the place in `keep`"
            ),
            None => write!(
                f,
                "{place} is more than scheme and host, and may hold credentials; write https://HOST[:PORT] there"
            ),
        }
    }
}

impl Cassette {
    /// Every place that a recording would have replaced, by the same policy.
    #[must_use]
    pub fn findings(&self, defaults: Policy) -> Vec<Finding> {
        let policy = self.policy(defaults);
        let each = (1..).zip(self.interactions.clone());
        let findings = each.flat_map(|(number, interaction)| {
            let places = unkept_places(interaction, &policy);
            places.into_iter().map(move |place| Finding {
                interaction: Some(number),
                place,
            })
        });
        let of_head = (!is_origin(&self.upstream)).then(|| Finding {
            interaction: None,
            place: "upstream".to_owned(),
        });
        of_head.into_iter().chain(findings).collect()
    }
}

/// Tells whether a text is `https://HOST[:PORT]` or the same with `http`, and nothing else.
fn is_origin(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let authority = rest.and_then(|rest| rest.parse::<Authority>().ok());
    authority.is_some_and(|authority| !authority.as_str().contains('@'))
}

fn unkept_places(mut interaction: Interaction, policy: &Policy) -> Vec<String> {
    let path = interaction.request.path.clone();
    let ids = ids_of(&path);
    let mut places = Vec::new();
    visit(&mut interaction, &mut |place, leaf| {
        let is_left_out = place.part == MessagePart::Header && !policy.keeps_header(place);
        if is_left_out || !policy.keeps(place, leaf, &ids) {
            places.push(place.outline(leaf.is_name()));
        }
    });
    places
}
