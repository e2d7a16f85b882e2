//! An instance's name, tags and configuration, packed into one allocation, in which the names that the catalog knows take
//! one byte each.
//!
//! A million instances of the guide's SendGrid sample must fit a test machine; as a map of strings one of them takes
//! more than a kilobyte.

use std::collections::{HashMap, HashSet};

use crate::catalog::Element;

/// What a client has set of an instance: its name, its tags and its configuration.
///
/// Packed, a text is its length in base 128 and its bytes. The name stands first; then the number of tags and one, or 0
/// where none were sent; then the tags; then the entries of the configuration in the order in which they were set. An
/// entry is a name (its position in the catalog from 1, or 0 and the text itself) and a value (0 where it is unset, or 1
/// and the text). An unset entry is kept where the catalog does not keep its place, for its number must stay the same
/// (rule `instance-config-ids`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Details(Box<[u8]>);

impl Details {
    /// Packs a name, tags and entries; no tags are not the same as unset ones (rules `tags-unset`, `tags-cleared`).
    pub(crate) fn pack<'a, S: AsRef<str>>(
        name: &str,
        tags: Option<&[S]>,
        element: &Element,
        entries: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let places = entries.into_iter().map(|(key, value)| (key, Some(value)));
        Details::pack_places(name, tags, element, places)
    }

    /// The same with entries that are unset and keep their places.
    pub(crate) fn pack_places<'a, S: AsRef<str>>(
        name: &str,
        tags: Option<&[S]>,
        element: &Element,
        places: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
    ) -> Self {
        let mut packed = Vec::with_capacity(256);
        push_labels(&mut packed, name, tags);
        for (key, value) in places {
            match element.position(key) {
                Some(position) => push_length(&mut packed, position + 1),
                None => {
                    push_length(&mut packed, 0);
                    push_text(&mut packed, key);
                }
            }
            push_length(&mut packed, usize::from(value.is_some()));
            if let Some(value) = value {
                push_text(&mut packed, value);
            }
        }
        // A copy of the right size: what is cut off of a larger one would lie unused between instances.
        Details(Box::from(&*packed))
    }

    pub(crate) fn labels(&self) -> Labels<'_> {
        Labels(&self.0)
    }

    pub(crate) fn configuration(&self) -> Configuration<'_> {
        Configuration(self.labels().behind())
    }

    /// The bytes that they take.
    pub(crate) fn bytes(&self) -> usize {
        self.0.len()
    }

    /// These with another name, other tags, and changed entries of the element that is theirs from now on.
    pub(crate) fn with<S: AsRef<str>>(
        &self,
        name: Option<&str>,
        tags: Option<&[S]>,
        (from, to): (&Element, &Element),
        changes: &[(&str, Option<&str>)],
    ) -> Self {
        let labels = self.labels();
        let tags: Option<Vec<_>> = match tags {
            Some(tags) => Some(tags.iter().map(AsRef::as_ref).collect()),
            None => labels.tags().map(Iterator::collect),
        };
        let places = self.configuration().changed(from, to, changes);
        let name = name.unwrap_or_else(|| labels.name());
        Details::pack_places(name, tags.as_deref(), to, places)
    }
}

/// A packed configuration.
#[derive(Clone, Copy)]
pub(crate) struct Configuration<'a>(&'a [u8]);

impl<'a> Configuration<'a> {
    /// The entries that are set, in order; `element` must be the one they were packed for.
    pub(crate) fn entries(self, element: &'a Element) -> impl Iterator<Item = (&'a str, &'a str)> {
        let places = self.places(element);
        places.filter_map(|(key, value)| Some((key, value?)))
    }

    /// The same, with the entries that were set once and keep their places.
    pub(crate) fn places(
        self,
        element: &'a Element,
    ) -> impl Iterator<Item = (&'a str, Option<&'a str>)> {
        let packed = self.packed(element);
        packed.map(|(key, value)| (key, value.map(text)))
    }

    /// The same with values that are not looked at yet: whoever wants one entry need not check the text of all.
    fn packed(self, element: &'a Element) -> impl Iterator<Item = (&'a str, Option<&'a [u8]>)> {
        let Configuration(mut rest) = self;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let key = match take_length(&mut rest) {
                0 => take_text(&mut rest),
                position => &element.entries()[position - 1].key,
            };
            let is_set = take_length(&mut rest) == 1;
            Some((key, is_set.then(|| take_bytes(&mut rest))))
        })
    }

    /// The value of an entry.
    pub(crate) fn get(self, element: &'a Element, key: &str) -> Option<&'a str> {
        let (_, value) = self.packed(element).find(|(name, _)| *name == key)?;
        value.map(text)
    }

    /// The places with `changes` applied: a value sets its entry, `None` unsets it.
    fn changed(
        self,
        from: &'a Element,
        to: &'a Element,
        changes: &'a [(&'a str, Option<&'a str>)],
    ) -> impl Iterator<Item = (&'a str, Option<&'a str>)> {
        let change: HashMap<_, _> = changes.iter().copied().collect();
        let known: HashSet<_> = self.places(from).map(|(key, _)| key).collect();
        let kept = self
            .places(from)
            .map(move |(key, value)| (key, change.get(key).copied().unwrap_or(value)));
        let kept = kept.filter(|(key, value)| value.is_some() || to.entry(key).is_none());
        let is_new =
            move |(key, value): &&(&str, Option<_>)| value.is_some() && !known.contains(key);
        kept.chain(changes.iter().filter(is_new).copied())
    }
}

/// A packed name and packed tags, whatever comes behind them.
#[derive(Clone, Copy)]
pub(crate) struct Labels<'a>(&'a [u8]);

impl<'a> Labels<'a> {
    pub(crate) fn name(self) -> &'a str {
        let Labels(mut rest) = self;
        take_text(&mut rest)
    }

    /// The tags that were sent, also where they are none.
    pub(crate) fn tags(self) -> Option<impl Iterator<Item = &'a str>> {
        let Labels(mut rest) = self;
        take_bytes(&mut rest);
        let count = take_length(&mut rest).checked_sub(1)?;
        Some((0..count).map(move |_| take_text(&mut rest)))
    }

    /// The tags as they are shown: the instance's own name until some are sent (rule `tags-unset`).
    pub(crate) fn shown_tags(self) -> impl Iterator<Item = &'a str> {
        let tags = self.tags();
        let own_name = tags.is_none().then(|| self.name());
        tags.into_iter().flatten().chain(own_name)
    }

    /// What stands behind the labels.
    fn behind(self) -> &'a [u8] {
        let Labels(mut rest) = self;
        take_bytes(&mut rest);
        for _ in 1..take_length(&mut rest) {
            take_bytes(&mut rest);
        }
        rest
    }
}

/// The labels of an instance at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeptLabels(Box<[u8]>);

impl KeptLabels {
    pub(crate) fn pack<S: AsRef<str>>(name: &str, tags: Option<&[S]>) -> Self {
        let mut packed = Vec::new();
        push_labels(&mut packed, name, tags);
        KeptLabels(packed.into())
    }

    pub(crate) fn get(&self) -> Labels<'_> {
        Labels(&self.0)
    }

    /// The bytes that they take.
    pub(crate) fn bytes(&self) -> usize {
        self.0.len()
    }
}

impl From<Labels<'_>> for KeptLabels {
    fn from(labels: Labels<'_>) -> Self {
        let length = labels.0.len() - labels.behind().len();
        KeptLabels(labels.0[..length].into())
    }
}

fn push_labels<S: AsRef<str>>(packed: &mut Vec<u8>, name: &str, tags: Option<&[S]>) {
    push_text(packed, name);
    push_length(packed, tags.map_or(0, |tags| tags.len() + 1));
    let tags = tags.into_iter().flatten();
    tags.for_each(|tag| push_text(packed, tag.as_ref()));
}

fn push_length(packed: &mut Vec<u8>, mut length: usize) {
    while length >= 0x80 {
        packed.push(length as u8 | 0x80);
        length >>= 7;
    }
    packed.push(length as u8);
}

fn push_text(packed: &mut Vec<u8>, text: &str) {
    push_length(packed, text.len());
    packed.extend_from_slice(text.as_bytes());
}

fn take_length(rest: &mut &[u8]) -> usize {
    let digits = rest
        .iter()
        .position(|byte| byte & 0x80 == 0)
        .expect("a packed length ends")
        + 1;
    let (length, behind) = rest.split_at(digits);
    *rest = behind;
    length
        .iter()
        .rev()
        .fold(0, |length, byte| length << 7 | usize::from(byte & 0x7f))
}

fn take_bytes<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let length = take_length(rest);
    let (bytes, behind) = rest.split_at(length);
    *rest = behind;
    bytes
}

fn take_text<'a>(rest: &mut &'a [u8]) -> &'a str {
    text(take_bytes(rest))
}

fn text(packed: &[u8]) -> &str {
    std::str::from_utf8(packed).expect("a packed text is UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use proptest::prelude::*;

    fn mailjet() -> &'static Element {
        Catalog::documented().find("mailjet").unwrap()
    }

    fn labels(name: &str, tags: Option<&[&str]>) -> Details {
        Details::pack(name, tags, mailjet(), [("extra", "2")])
    }

    fn renamed(details: &Details, name: Option<&str>, tags: Option<&[&str]>) -> Details {
        details.with(name, tags, (mailjet(), mailjet()), &[])
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(
            name in ".{0,200}",
            tags in proptest::option::of(proptest::collection::vec(".{0,200}", 0..4)),
            entries in proptest::collection::btree_map("mailjet\\.api\\.key|[a-z.]{0,200}", ".{0,200}", 0..8),
        ) {
            let entries: Vec<_> = entries.iter().map(|(k, v)| (&**k, &**v)).collect();
            let packed = Details::pack(&name, tags.as_deref(), mailjet(), entries.iter().copied());
            prop_assert_eq!(packed.configuration().entries(mailjet()).collect::<Vec<_>>(), entries);
            let kept = KeptLabels::from(packed.labels());
            prop_assert_eq!(&kept, &KeptLabels::pack(&name, tags.as_deref()));
            let unpacked = kept.get().tags().map(|tags| tags.map(str::to_owned).collect());
            prop_assert_eq!((kept.get().name(), unpacked), (&*name, tags));
        }
    }

    /// Rules `tags-unset`, `tags-cleared`.
    #[test]
    fn labels_tell_no_tags_from_unset_ones() {
        let named = labels("n", None);
        let shown = |details: &Details| {
            let tags = details.labels().shown_tags();
            tags.map(str::to_owned).collect::<Vec<_>>()
        };
        assert!(named.labels().tags().is_none());
        assert_eq!(shown(&named), ["n"]);
        let tagged = renamed(&named, None, Some(&["a", ""]));
        assert_eq!(
            (tagged.labels().name(), shown(&tagged)),
            ("n", vec!["a".to_owned(), String::new()])
        );
        let other = renamed(&tagged, Some("m"), None);
        assert_eq!(
            (other.labels().name(), shown(&other)),
            ("m", shown(&tagged))
        );
        let cleared = renamed(&other, None, Some(&[]));
        assert_eq!(cleared.labels().tags().map(Iterator::count), Some(0));
        assert_eq!(shown(&cleared), [""; 0]);
        assert_eq!(cleared.configuration().get(mailjet(), "extra"), Some("2"));
    }

    #[test]
    fn changes_set_remove_and_add() {
        let entries = [("mailjet.api.key", "1"), ("extra", "2")];
        let before = Details::pack("n", None::<&[&str]>, mailjet(), entries);
        let changes = [
            ("extra", None),
            ("mailjet.api.key", Some("3")),
            ("new", Some("4")),
        ];
        let after = before.with(None, None::<&[&str]>, (mailjet(), mailjet()), &changes);
        let after = after.configuration();
        assert_eq!(
            after.entries(mailjet()).collect::<Vec<_>>(),
            [("mailjet.api.key", "3"), ("new", "4")]
        );
        let places: Vec<_> = after.places(mailjet()).map(|(key, _)| key).collect();
        assert_eq!(places, ["mailjet.api.key", "extra", "new"]);
    }
}
