//! Paths of the API, and the one pattern that routes, journal queries and scripts match them with.
//!
//! A path is read once into its surface, its dialect and its decoded segments. A pattern stands in the `element`
//! spelling: a word is itself, `*` and `{name}` are any one segment, `**` is any number of them, none included.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::catalog::fixture::TAKEN_WORDS;
use crate::wire::vocabulary::{CONTROL_PATH, Dialect};

/// The sets of routes: the API, what stands beside it on the same server, and what a test steers the mock by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// The emulated API, below its base path in either dialect.
    Api,
    /// The control API, below `/__admin`.
    Control,
    /// Pages outside of the base path, for browsers; a row has the whole path.
    Page,
}

impl Surface {
    /// The path that all of a surface's routes stand below.
    #[must_use]
    pub fn base_path(self, dialect: Dialect) -> &'static str {
        match self {
            Surface::Api => dialect.base_path(),
            Surface::Control => CONTROL_PATH,
            Surface::Page => "",
        }
    }
}

/// The places where paths begin; every path begins at the last one.
const BASES: [(Surface, Dialect); 4] = [
    (Surface::Api, Dialect::Element),
    (Surface::Api, Dialect::YourMom),
    (Surface::Control, Dialect::Element),
    (Surface::Page, Dialect::Element),
];

/// More segments than any route has; the rest of a hostile path is not read.
pub(super) const MAX_SEGMENTS: usize = 16;

/// A path with the surface that it belongs to.
pub(crate) struct ApiPath<'a> {
    pub(crate) surface: Surface,
    pub(crate) dialect: Dialect,
    pub(crate) segments: Vec<Cow<'a, str>>,
}

impl<'a> ApiPath<'a> {
    /// Reads a path, without its query; `None` for one that does not begin with a slash.
    pub(crate) fn parse(path: &'a str) -> Option<Self> {
        BASES.iter().find_map(|&(surface, dialect)| {
            let below = path
                .strip_prefix(surface.base_path(dialect))?
                .strip_prefix('/')?;
            Some(ApiPath {
                surface,
                dialect,
                segments: segments(below).collect(),
            })
        })
    }

    /// The name of the resource that a call of an instance's is about: `messages`.
    pub(crate) fn resource(&self) -> Option<&str> {
        match &*self.segments {
            [hubs, _, resource, ..] if hubs == "hubs" => Some(resource),
            [resource, ..] => Some(resource),
            [] => None,
        }
    }

    /// The element that the path names, as it was sent.
    pub(crate) fn named_element(&self) -> Option<&str> {
        let is_below_element =
            self.surface == Surface::Api && self.segments.first()? == self.dialect.plural();
        let named = self.segments.get(1).filter(|_| is_below_element)?;
        (!TAKEN_WORDS.contains(&&**named)).then_some(named)
    }
}

/// The decoded segments of a path, which may end in a slash (rule `trailing-slash`).
fn segments(path: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let path = path.strip_suffix('/').unwrap_or(path);
    path.split('/').take(MAX_SEGMENTS).map(decode)
}

fn decode(segment: &str) -> Cow<'_, str> {
    if !segment.contains('%') {
        return Cow::Borrowed(segment);
    }
    percent_decode_str(segment).decode_utf8_lossy()
}

/// A path with `*` or `{name}` for any one segment and `**` for any number of them: `"/instances/*"`.
///
/// It may be relative to the base path, in which case it fits in both dialects.
///
/// ```
/// use mock_ce::PathPattern;
///
/// let pattern = PathPattern::new("/elements/{key}/instances");
/// assert!(pattern.fits("/elements/api-v2/elements/twilio/instances"));
/// assert!(pattern.fits("/your_moms/api-v2/your_moms/7/instances"));
/// assert!(PathPattern::new("/hubs/**").fits("/elements/api-v2/hubs/crm/accounts/5"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern {
    text: String,
    segments: Vec<Segment>,
    /// `true` if it has a `**`.
    varies: bool,
}

/// One segment of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    /// The API's plural noun, which each dialect spells in its own way.
    Noun,
    Word(String),
    /// `{name}`, or `*` without a name.
    One(String),
    /// `**`
    Many,
}

impl PathPattern {
    /// Makes a pattern of its text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let text = text.trim_end_matches('/');
        let text = text.strip_prefix('/').unwrap_or(text);
        let segments: Vec<_> = text.split('/').map(Segment::new).collect();
        PathPattern {
            varies: segments.contains(&Segment::Many),
            segments,
            text: format!("/{text}"),
        }
    }

    /// The first segment of a pattern's text that has a wildcard beside other characters, which fits no more than itself.
    pub(crate) fn half_wild(text: &str) -> Option<&str> {
        let mut segments = text.split('/');
        segments.find(|text| {
            let name = match Segment::new(text) {
                Segment::Word(_) => text,
                Segment::One(_) if *text != "*" => &text[1..text.len() - 1],
                _ => return false,
            };
            name.contains(['*', '{', '}'])
        })
    }

    /// Tells whether a path, without its query, fits.
    #[must_use]
    pub fn fits(&self, path: &str) -> bool {
        let below_base = ApiPath::parse(path);
        below_base.is_some_and(|path| {
            path.surface == Surface::Api && self.matches(&path.segments, path.dialect)
        }) || self.fits_whole(path)
    }

    fn fits_whole(&self, path: &str) -> bool {
        let path = path.strip_prefix('/').unwrap_or(path);
        let found: Vec<_> = segments(path).collect();
        self.matches(&found, Dialect::Element)
    }

    /// Tells whether all of these segments fit.
    pub(crate) fn matches(&self, found: &[Cow<'_, str>], dialect: Dialect) -> bool {
        let wanted = &*self.segments;
        if self.varies {
            return fits_in_order(wanted, found.len(), |segment, index| {
                segment.takes(&found[index], dialect)
            });
        }
        // Each request asks dozens of rows, and nearly all of them end at the first word.
        let mut pairs = wanted.iter().zip(found);
        wanted.len() == found.len() && pairs.all(|(segment, found)| segment.takes(found, dialect))
    }

    /// The segment that stands where the pattern has `{name}`; a pattern with `**` names none behind it.
    pub(crate) fn parameter<'p>(&self, name: &str, found: &'p [Cow<'_, str>]) -> Option<&'p str> {
        let named = |segment: &Segment| matches!(segment, Segment::One(known) if known == name);
        let position = self.segments.iter().position(named)?;
        found.get(position).map(|segment| &**segment)
    }

    /// The names of its parameters, none of those behind a `**`.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &str> {
        let fixed = self.segments.iter();
        let fixed = fixed.take_while(|segment| **segment != Segment::Many);
        fixed.filter_map(|segment| match segment {
            Segment::One(name) if !name.is_empty() => Some(name.as_str()),
            _ => None,
        })
    }

    /// Tells whether one of its parameters has this name, wherever it stands.
    pub(crate) fn names(&self, name: &str) -> bool {
        let is_named = |segment: &Segment| matches!(segment, Segment::One(known) if known == name);
        self.segments.iter().any(is_named)
    }

    /// The decoded segment of a path that fits, which stands where the pattern has `{name}`.
    pub(crate) fn parameter_in(&self, name: &str, path: &str) -> Option<String> {
        let below_base = ApiPath::parse(path);
        let below_base = below_base.filter(|path| self.matches(&path.segments, path.dialect));
        let found = match below_base {
            Some(path) => path.segments,
            None => segments(path.strip_prefix('/').unwrap_or(path)).collect(),
        };
        self.parameter(name, &found).map(str::to_owned)
    }

    /// The number of segments; `None` where it varies.
    pub(crate) fn length(&self) -> Option<usize> {
        (!self.varies).then_some(self.segments.len())
    }

    /// Orders patterns so that a literal word stands before a parameter at the first place where they differ in kind.
    pub(crate) fn precedence(&self) -> Vec<u8> {
        let rank = |segment: &Segment| match segment {
            Segment::Noun | Segment::Word(_) => 0,
            Segment::One(_) => 1,
            Segment::Many => 2,
        };
        self.segments.iter().map(rank).collect()
    }

    /// The text of the pattern, with its leading slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl Segment {
    fn new(text: &str) -> Self {
        let in_braces = text
            .strip_prefix('{')
            .and_then(|text| text.strip_suffix('}'));
        match (text, in_braces) {
            ("elements", _) => Segment::Noun,
            ("**", _) => Segment::Many,
            ("*", _) => Segment::One(String::new()),
            (_, Some(name)) => Segment::One(name.to_owned()),
            (word, None) => Segment::Word(decode(word).into_owned()),
        }
    }

    fn takes(&self, found: &str, dialect: Dialect) -> bool {
        match self {
            Segment::Noun => found == dialect.plural(),
            Segment::Word(word) => found == word,
            Segment::One(_) | Segment::Many => !found.is_empty(),
        }
    }
}

/// Fits a pattern to a number of segments, and asks `takes` whether a segment of the pattern takes the one at an index.
///
/// A `**` takes as few segments as it can. Only the last one met is ever given more, because an earlier one could not
/// help; so a pattern with many of them costs no more than its length times the path's.
fn fits_in_order(
    wanted: &[Segment],
    found: usize,
    mut takes: impl FnMut(&Segment, usize) -> bool,
) -> bool {
    let (mut at, mut index) = (0, 0);
    let mut last_many = None;
    while index < found {
        match wanted.get(at) {
            Some(Segment::Many) => {
                at += 1;
                last_many = Some((at, index));
            }
            Some(segment) if takes(segment, index) => {
                at += 1;
                index += 1;
            }
            _ => {
                let Some((behind, from)) = last_many else {
                    return false;
                };
                (at, index) = (behind, from + 1);
                last_many = Some((behind, from + 1));
            }
        }
    }
    wanted[at..].iter().all(|rest| *rest == Segment::Many)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("/instances", "/elements/api-v2/instances", true)]
    #[case("/instances", "/your_moms/api-v2/instances/", true)]
    #[case("instances/", "/elements/api-v2/instances", true)]
    #[case("/instances", "/elements/api-v2/%69nstances", true)]
    #[case("/elements/api-v2/instances", "/elements/api-v2/instances", true)]
    #[case("/elements/api-v2/instances", "/your_moms/api-v2/instances", false)]
    #[case("/instances/*", "/elements/api-v2/instances/1234", true)]
    #[case("/instances/{id}", "/elements/api-v2/instances/1234", true)]
    #[case("/instances/*", "/elements/api-v2/instances", false)]
    #[case(
        "/elements/*/instances",
        "/your_moms/api-v2/your_moms/6/instances",
        true
    )]
    #[case("/instances/**", "/elements/api-v2/instances", true)]
    #[case("/instances/**", "/elements/api-v2/instances/1/configuration/2", true)]
    #[case("/**/2", "/elements/api-v2/instances/1/configuration/2", true)]
    #[case("/**/3", "/elements/api-v2/instances/1/configuration/2", false)]
    #[case("/**/a/**/b", "/a/b/a/c/b", true)]
    #[case("/**/a/**/b", "/b/a/c", false)]
    #[case("/**/a/b", "/a/a/b", true)]
    #[case("/**/**/a/**", "/a", true)]
    #[case("/**", "/favicon.ico", true)]
    #[case("/instances", "/__admin/instances", false)]
    #[case("/__admin/state", "/__admin/state", true)]
    fn a_pattern_fits(#[case] pattern: &str, #[case] path: &str, #[case] expected: bool) {
        assert_eq!(PathPattern::new(pattern).fits(path), expected);
    }

    #[test]
    fn a_hostile_path_is_not_read_to_its_end() {
        let long = "/elements/api-v2/".to_owned() + &"a/".repeat(100_000);
        let path = ApiPath::parse(&long).unwrap();
        assert_eq!(path.segments.len(), MAX_SEGMENTS);
        assert!(!PathPattern::new("/**/**/**/**/b").fits(&long));
    }

    #[rstest]
    #[case::neighbours("**/", "b")]
    #[case::between_words("**/a/", "b")]
    #[case::between_parameters("**/{x}/", "b")]
    fn many_double_stars_cost_no_more_than_pattern_times_path(
        #[case] repeated: &str,
        #[case] last: &str,
    ) {
        let pattern = PathPattern::new(&(repeated.repeat(200) + last));
        let found = ["a"; MAX_SEGMENTS];
        let mut asked = 0;
        let fits = fits_in_order(&pattern.segments, found.len(), |segment, index| {
            asked += 1;
            segment.takes(found[index], Dialect::Element)
        });
        assert!(!fits);
        assert!(asked <= pattern.segments.len() * found.len(), "{asked}");
    }

    #[test]
    fn a_parameter_is_the_segment_in_its_place() {
        let pattern = PathPattern::new("/elements/{keyOrId}/instances/{id}");
        let path = ApiPath::parse("/elements/api-v2/elements/a%20b/instances/5").unwrap();
        assert_eq!(pattern.parameter("keyOrId", &path.segments), Some("a b"));
        assert_eq!(pattern.parameter("id", &path.segments), Some("5"));
        assert_eq!(pattern.parameter("other", &path.segments), None);
    }
}
