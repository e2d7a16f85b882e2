//! Members of an object that no member of the recorded one was paired with yet.

use std::collections::HashMap;

use crate::wire::json::{Json, Members};

/// The longest object that is searched member by member; names of a longer one are indexed.
const MAX_SEARCHED: usize = 16;

/// The members that are left, in their order.
pub(super) struct Unpaired<'j> {
    /// Nothing in the place of a member that was taken.
    members: Vec<Option<(&'j str, &'j Json<'j>)>>,
    /// Name → the places of its members, the first of them last; empty where a search is quicker.
    places: HashMap<&'j str, Vec<usize>>,
}

impl<'j> Unpaired<'j> {
    pub(super) fn all(members: &'j Members<'j>) -> Self {
        let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
        if members.len() > MAX_SEARCHED {
            for (place, (name, _)) in members.iter().enumerate().rev() {
                places.entry(name).or_default().push(place);
            }
        }
        let members = members.iter().map(|(name, value)| Some((&**name, value)));
        Unpaired {
            members: members.collect(),
            places,
        }
    }

    /// Takes the first member with this name.
    pub(super) fn take(&mut self, name: &str) -> Option<&'j Json<'j>> {
        let place = if self.members.len() > MAX_SEARCHED {
            self.places.get_mut(name)?.pop()?
        } else {
            let is_named = |member: &Option<(&str, _)>| member.is_some_and(|(one, _)| one == name);
            self.members.iter().position(is_named)?
        };
        self.members[place].take().map(|(_, value)| value)
    }

    /// The members that nothing took.
    pub(super) fn left(self) -> impl Iterator<Item = (&'j str, &'j Json<'j>)> {
        self.members.into_iter().flatten()
    }
}
