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

#[cfg(test)]
mod tests {
    use crate::cassette::Policy;
    use crate::cassette::difference::DifferenceKind::{Extra, Missing, Value};
    use crate::cassette::message::{Asked, Content};
    use crate::cassette::request_match::RequestMatcher;
    use crate::catalog::Catalog;
    use crate::wire::json::Json;
    use crate::wire::message::Request;
    use http::Method;
    use rstest::rstest;

    fn compare(before: Content, after: Content) -> (usize, Vec<String>) {
        let matcher = RequestMatcher {
            policy: Policy::new(Catalog::documented()),
            ignored: Vec::new(),
        };
        let of = |body| Asked {
            body,
            ..Asked::of(&Request::new(Method::POST, "/a", ""))
        };
        let (differences, _) = matcher.compare(&of(before), &of(after), 3);
        let kept = differences.kept.iter();
        let kinds = kept.map(|one| one.kind.name().to_owned());
        (differences.count, kinds.collect())
    }

    fn object(members: impl Iterator<Item = (u32, u32)>) -> Content {
        let members =
            members.map(|(name, value)| (name.to_string().into(), u64::from(value).into()));
        Content::Json(Json::Object(members.collect()))
    }

    /// Comparing each member with each takes minutes here.
    #[rstest]
    #[case::short(3)]
    #[case::long(200_000)]
    fn members_are_compared_by_name_in_any_order(#[case] count: u32) {
        let same = || object((0..count).map(|name| (name, 0)));
        let reversed = || object((0..count).rev().map(|name| (name, 0)));
        let changed = object((0..count).map(|name| (name, u32::from(name == count / 2))));
        assert_eq!(compare(same(), same()).0, 0);
        assert_eq!(compare(same(), reversed()).0, 0);
        assert_eq!(compare(same(), changed), (1, vec![Value.name().to_owned()]));
    }

    #[rstest]
    #[case::short(3)]
    #[case::long(200_000)]
    fn values_of_one_name_are_compared_in_their_order(#[case] count: usize) {
        let form = |count| Content::Form(vec![("a".to_owned(), String::new()); count]);
        assert_eq!(compare(form(count), form(count)).0, 0);
        assert_eq!(
            compare(form(count), form(count - 1)),
            (1, vec![Missing.name().to_owned()])
        );
    }

    #[test]
    fn all_differences_are_counted_and_the_first_kept() {
        let (none, many) = (
            object(std::iter::empty()),
            object((0..900).map(|name| (name, 0))),
        );
        assert_eq!(compare(none, many), (900, vec![Extra.name().to_owned(); 3]));
    }
}
