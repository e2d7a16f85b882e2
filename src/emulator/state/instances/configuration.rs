//! An instance's configuration and its labels, packed: each one allocation, and the names that the catalog knows take one byte each.
//!
//! A million instances of the guide's SendGrid sample must fit a test machine; as a map of strings one of them takes
//! more than a kilobyte.

use std::collections::{HashMap, HashSet};

use crate::catalog::Element;

/// Entries with their values as text, in the order in which they were set.
///
/// Packed, one entry is a name (its position in the catalog from 1, or 0 and the text itself) and a value (0 where it
/// is unset, or 1 and the text); a text is its length in base 128 and its bytes. An unset entry is kept where the
/// catalog does not keep its place, for its number must stay the same (rule `instance-config-ids`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Configuration(Box<[u8]>);

impl Configuration {
    /// Packs entries; where a name comes twice, the later value wins in the earlier place.
    pub(crate) fn pack<'a>(
        element: &Element,
        entries: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let places = entries.into_iter().map(|(key, value)| (key, Some(value)));
        Configuration::pack_places(element, places)
    }

    /// The same with entries that are unset and keep their places.
    pub(crate) fn pack_places<'a>(
        element: &Element,
        places: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
    ) -> Self {
        let mut packed = Vec::with_capacity(128);
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
        Configuration(Box::from(&*packed))
    }

    /// The entries that are set, in order; `element` must be the one they were packed for.
    pub(crate) fn entries<'a>(
        &'a self,
        element: &'a Element,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        let places = self.places(element);
        places.filter_map(|(key, value)| Some((key, value?)))
    }

    /// The same, with the entries that were set once and keep their places.
    pub(crate) fn places<'a>(
        &'a self,
        element: &'a Element,
    ) -> impl Iterator<Item = (&'a str, Option<&'a str>)> {
        let packed = self.packed(element);
        packed.map(|(key, value)| (key, value.map(text)))
    }

    /// The same with values that are not looked at yet: whoever wants one entry need not check the text of all.
    fn packed<'a>(
        &'a self,
        element: &'a Element,
    ) -> impl Iterator<Item = (&'a str, Option<&'a [u8]>)> {
        let mut rest = &*self.0;
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

    /// The bytes that it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.0.len()
    }

    /// The value of an entry.
    pub(crate) fn get<'a>(&'a self, element: &'a Element, key: &str) -> Option<&'a str> {
        let (_, value) = self.packed(element).find(|(name, _)| *name == key)?;
        value.map(text)
    }

    /// These entries with `changes` applied: a value sets its entry, `None` unsets it.
    pub(crate) fn with(
        &self,
        from: &Element,
        to: &Element,
        changes: &[(&str, Option<&str>)],
    ) -> Self {
        let change: HashMap<_, _> = changes.iter().copied().collect();
        let known: HashSet<_> = self.places(from).map(|(key, _)| key).collect();
        let kept = self
            .places(from)
            .map(|(key, value)| (key, change.get(key).copied().unwrap_or(value)));
        let kept = kept.filter(|(key, value)| value.is_some() || to.entry(key).is_none());
        let added = changes
            .iter()
            .filter_map(|(key, value)| (!known.contains(key)).then_some((*key, Some((*value)?))));
        Configuration::pack_places(to, kept.chain(added))
    }
}

/// An instance's name and its tags, packed in the same way: the name, and where tags were sent a 1 and the tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Labels(Box<[u8]>);

impl Labels {
    /// Packs a name and tags; `None` is not the same as none (rules `tags-unset`, `tags-cleared`).
    pub(crate) fn pack<S: AsRef<str>>(
        name: &str,
        tags: Option<impl IntoIterator<Item = S>>,
    ) -> Self {
        let mut packed = Vec::with_capacity(128);
        push_text(&mut packed, name);
        if let Some(tags) = tags {
            push_length(&mut packed, 1);
            tags.into_iter()
                .for_each(|tag| push_text(&mut packed, tag.as_ref()));
        }
        // As above.
        Labels(Box::from(&*packed))
    }

    /// These with another name or other tags, where there are such.
    pub(crate) fn with<S: AsRef<str>>(&self, name: Option<&str>, tags: Option<&[S]>) -> Self {
        let name = name.unwrap_or_else(|| self.name());
        match tags {
            Some(tags) => Labels::pack(name, Some(tags)),
            None => Labels::pack(name, self.tags()),
        }
    }

    pub(crate) fn name(&self) -> &str {
        take_text(&mut &*self.0)
    }

    /// The tags that were sent, also where they are none.
    pub(crate) fn tags(&self) -> Option<impl Iterator<Item = &str>> {
        let mut rest = &*self.0;
        take_text(&mut rest);
        if rest.is_empty() {
            return None;
        }
        take_length(&mut rest);
        Some(std::iter::from_fn(move || {
            (!rest.is_empty()).then(|| take_text(&mut rest))
        }))
    }

    /// The tags as they are shown: the instance's own name until some are sent (rule `tags-unset`).
    pub(crate) fn shown_tags(&self) -> impl Iterator<Item = &str> {
        let tags = self.tags();
        let own_name = tags.is_none().then(|| self.name());
        tags.into_iter().flatten().chain(own_name)
    }

    /// The bytes that they take.
    pub(crate) fn bytes(&self) -> usize {
        self.0.len()
    }
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

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(
            entries in proptest::collection::btree_map("mailjet\\.api\\.key|[a-z.]{0,200}", ".{0,200}", 0..8),
        ) {
            let element = Catalog::documented().find("mailjet").unwrap();
            let packed = Configuration::pack(element, entries.iter().map(|(k, v)| (&**k, &**v)));
            let unpacked: Vec<_> = packed.entries(element).collect();
            let expected: Vec<_> = entries.iter().map(|(k, v)| (&**k, &**v)).collect();
            prop_assert_eq!(unpacked, expected);
        }
    }

    /// Rules `tags-unset`, `tags-cleared`.
    #[test]
    fn labels_tell_no_tags_from_unset_ones() {
        let named = Labels::pack("n", None::<[&str; 0]>);
        let shown = |labels: &Labels| labels.shown_tags().map(str::to_owned).collect::<Vec<_>>();
        assert!(named.tags().is_none());
        assert_eq!(shown(&named), ["n"]);
        let tagged = named.with(None, Some(&["a", ""]));
        assert_eq!(
            (tagged.name(), shown(&tagged)),
            ("n", vec!["a".to_owned(), String::new()])
        );
        let renamed = tagged.with(Some("m"), None::<&[&str]>);
        assert_eq!((renamed.name(), shown(&renamed)), ("m", shown(&tagged)));
        let cleared = renamed.with(None, Some::<&[&str]>(&[]));
        assert_eq!(cleared.tags().map(Iterator::count), Some(0));
        assert_eq!(shown(&cleared), [""; 0]);
    }

    #[test]
    fn changes_set_remove_and_add() {
        let element = Catalog::documented().find("mailjet").unwrap();
        let before = Configuration::pack(element, [("mailjet.api.key", "1"), ("extra", "2")]);
        let changes = [
            ("extra", None),
            ("mailjet.api.key", Some("3")),
            ("new", Some("4")),
        ];
        let after = before.with(element, element, &changes);
        assert_eq!(
            after.entries(element).collect::<Vec<_>>(),
            [("mailjet.api.key", "3"), ("new", "4")]
        );
        let places: Vec<_> = after.places(element).map(|(key, _)| key).collect();
        assert_eq!(places, ["mailjet.api.key", "extra", "new"]);
    }
}
