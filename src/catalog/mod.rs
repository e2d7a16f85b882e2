//! The elements of the service: what each shows and what it demands.
//!
//! A catalog is made of fixtures and never changes; while a server runs, one with another element takes its place. What
//! can be made ready for an answer is made ready here, at its first use: the documented response, compiled for both
//! dialects, and the element as `GET /elements/{keyOrId}` shows it.

pub(crate) mod builtin;
mod element;
pub mod fixture;
#[cfg(feature = "guide")]
pub mod guide;
mod identity;
mod live;
mod resource;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use once_cell::sync::OnceCell;

pub(crate) use element::OAuthVersion;
pub use element::{Element, ResourceOrigin};
use fixture::{Fixture, FixtureError};
pub use identity::{BuiltIn, Clash, Identities};
pub(crate) use live::LiveCatalog;
pub use resource::{DEFAULT_PAGE_SIZE, NOW, ResourceMethod, ResourceSpec};

use crate::wire::distance;
use crate::wire::vocabulary::is_secret_key;

/// The elements that a server knows, by id.
#[derive(Clone, Debug)]
pub struct Catalog {
    elements: Vec<Arc<Element>>,
    /// Elements that are gone, as far as they name secrets: instances and requests of theirs may still be shown.
    former: Vec<Arc<Element>>,
}

impl Catalog {
    /// The catalog of the guides: `sendgrid` (6), `twilio` (7) and `mailjet` (84).
    #[must_use]
    pub fn documented() -> &'static Arc<Self> {
        static DOCUMENTED: OnceCell<Arc<Catalog>> = OnceCell::new();
        DOCUMENTED.get_or_init(|| {
            let built_in = [
                (
                    6,
                    "sendgrid",
                    include_str!("../../fixtures/catalog/sendgrid.json"),
                ),
                (
                    7,
                    "twilio",
                    include_str!("../../fixtures/catalog/twilio.json"),
                ),
                (
                    84,
                    "mailjet",
                    include_str!("../../fixtures/catalog/mailjet.json"),
                ),
            ];
            let elements =
                built_in.map(|(id, key, text)| Arc::new(Element::built_in(id, key, text)));
            Arc::new(Catalog::sorted(elements.into()))
        })
    }

    fn sorted(mut elements: Vec<Arc<Element>>) -> Self {
        elements.sort_unstable_by_key(|element| element.id());
        let former = Vec::new();
        Catalog { elements, former }
    }

    /// This catalog and the elements of these fixture files, and of every `*.json` file in these directories.
    ///
    /// # Errors
    /// Directories and files that cannot be read, broken fixtures, ids and keys that are taken: all of them at once.
    pub fn with_files(&self, paths: &[PathBuf], built_in: BuiltIn) -> Result<Self, CatalogError> {
        let mut catalog = self.clone();
        let mut identities = Identities::new(built_in);
        let mut problems = Vec::new();
        for path in paths {
            match fixture_files(path) {
                Ok(files) => {
                    let added = files
                        .into_iter()
                        .map(|path| catalog.add(path, &mut identities));
                    problems.extend(added.filter_map(Result::err));
                }
                Err(problem) => problems.push(problem),
            }
        }
        match problems.len() {
            0 => Ok(Catalog::sorted(catalog.elements)),
            1 => Err(problems.remove(0)),
            _ => Err(CatalogError::Several(problems)),
        }
    }

    fn add(&mut self, path: PathBuf, identities: &mut Identities) -> Result<(), CatalogError> {
        let fixture = load_fixture(&path)?;
        let claimed = identities.claim(fixture.id(), fixture.key(), &path.display().to_string());
        claimed.map_err(|clash| CatalogError::Taken { path, clash })?;
        self.elements
            .retain(|element| element.id() != fixture.id() && element.key() != fixture.key());
        self.elements.push(Arc::new(Element::new(&fixture)));
        Ok(())
    }

    /// This catalog and a fixture's element, which takes the place of one of the user's own with the same id and key.
    ///
    /// # Errors
    /// Its id or its key is that of another element, or of a built-in one that stays.
    pub fn with_element(&self, fixture: &Fixture, built_in: BuiltIn) -> Result<Self, Clash> {
        let (id, key) = (fixture.id(), fixture.key());
        let is_same = |known: &Element| known.id() == id || known.key() == key;
        let stays = |known: &&Arc<Element>| match known.is_built_in() {
            true => built_in == BuiltIn::Keep,
            false => known.id() != id || known.key() != key,
        };
        let mut holders = self.elements.iter().filter(|known| is_same(known));
        if let Some(holder) = holders.find(stays) {
            return Err(Clash::with(holder, key));
        }
        let mut catalog = self.without(is_same);
        catalog.elements.push(Arc::new(Element::new(fixture)));
        catalog
            .elements
            .sort_unstable_by_key(|element| element.id());
        Ok(catalog)
    }

    /// This catalog without some of its elements; what they call a secret stays one.
    fn without(&self, is_gone: impl Fn(&Element) -> bool) -> Self {
        let mut catalog = self.clone();
        catalog.elements.retain(|known| !is_gone(known));
        for gone in self.elements.iter().filter(|known| is_gone(known)) {
            let mut entries = gone.entries().iter().map(|entry| &entry.key);
            if entries.any(|key| gone.hides(key) && !catalog.hides(key)) {
                catalog.former.push(gone.clone());
            }
        }
        catalog
    }

    /// The elements, by id.
    #[must_use]
    pub fn elements(&self) -> &[Arc<Element>] {
        &self.elements
    }

    /// Tells whether the value of an entry with this name is never shown, whichever element it is of.
    pub(crate) fn hides(&self, key: &str) -> bool {
        let mut all = self.elements.iter().chain(&self.former);
        is_secret_key(key) || all.any(|element| element.hides(key))
    }

    /// The element with this key or this id.
    #[must_use]
    pub fn find(&self, key_or_id: &str) -> Option<&Arc<Element>> {
        let by_key = self
            .elements
            .iter()
            .find(|element| element.key() == key_or_id);
        by_key.or_else(|| self.find_id(key_or_id.parse().ok()?))
    }

    /// The element with this id.
    #[must_use]
    pub fn find_id(&self, id: u64) -> Option<&Arc<Element>> {
        self.elements.iter().find(|element| element.id() == id)
    }

    /// The known key that is nearest to one that is not known; `None` when none is near.
    #[must_use]
    pub fn nearest(&self, key: &str) -> Option<&str> {
        distance::nearest(key, self.elements.iter().map(|element| element.key()))
    }
}

fn load_fixture(path: &Path) -> Result<Fixture, CatalogError> {
    let text = std::fs::read_to_string(path).map_err(|source| CatalogError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    Fixture::parse(&text).map_err(|source| CatalogError::Broken {
        path: path.to_owned(),
        source,
    })
}

fn fixture_files(directory: &Path) -> Result<Vec<PathBuf>, CatalogError> {
    if directory.is_file() {
        return Ok(vec![directory.to_owned()]);
    }
    let unreadable = |source| CatalogError::Unreadable {
        path: directory.to_owned(),
        source,
    };
    let entries = std::fs::read_dir(directory).map_err(unreadable)?;
    let paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>, _>>();
    let mut files = paths.map_err(unreadable)?;
    files.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    files.sort_unstable();
    if files.is_empty() {
        return Err(CatalogError::Empty {
            path: directory.to_owned(),
        });
    }
    Ok(files)
}

/// The reason for which the user's own elements are refused.
#[derive(Debug)]
#[non_exhaustive]
pub enum CatalogError {
    /// The directory or a file in it cannot be read.
    Unreadable {
        /// Which.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The directory has no fixture.
    Empty {
        /// Which.
        path: PathBuf,
    },
    /// A file is not a catalog fixture.
    Broken {
        /// Which.
        path: PathBuf,
        /// The place and the reason.
        source: FixtureError,
    },
    /// A file's element has an id or key that another one has.
    Taken {
        /// The later file.
        path: PathBuf,
        /// Which, and whose it is.
        clash: Clash,
    },
    /// An element that the settings were given has an id or key that another one has.
    Clash(Clash),
    /// A guide that the settings were given is refused.
    Guide(String),
    /// More than one of these.
    Several(Vec<CatalogError>),
}

impl fmt::Display for CatalogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CatalogError::Unreadable { path, source } => {
                write!(f, "cannot read the catalog {:?}: {source}", path.display())
            }
            CatalogError::Empty { path } => {
                write!(f, "the catalog {:?} holds no *.json file", path.display())
            }
            CatalogError::Broken { path, source } => {
                write!(f, "{}:{}: {}", path.display(), source.line, source.reason)
            }
            CatalogError::Taken { path, clash } => write!(f, "{}: {clash}", path.display()),
            CatalogError::Clash(clash) => clash.fmt(f),
            CatalogError::Guide(reason) => write!(f, "a guide is refused: {reason}"),
            CatalogError::Several(problems) => {
                let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
                f.write_str(&lines.join("\n"))
            }
        }
    }
}

// The texts tell the whole reason; a `source` would be printed twice.
impl std::error::Error for CatalogError {}

#[cfg(test)]
mod tests {
    use super::*;

    /// Their identity stands beside their fixtures, so that no fixture is read before it is asked for.
    #[test]
    fn built_in_elements_are_who_their_fixtures_say() {
        for element in Catalog::documented().elements() {
            let shown = element.object(crate::wire::vocabulary::Dialect::Element);
            let shown = crate::wire::json::Json::parse(shown).unwrap();
            assert_eq!(
                shown.get("id").and_then(|id| id.as_u64()),
                Some(element.id())
            );
            assert_eq!(
                shown.get("key").and_then(|key| key.as_str()),
                Some(element.key())
            );
        }
    }
}
