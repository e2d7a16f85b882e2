//! Instances that a client created and never deleted.

use std::fmt;
use std::time::SystemTime;

use super::stored::{Origin, Stored};
use crate::emulator::clock::system_time;
use crate::emulator::identity;
use crate::wire::json::{Json, object};

/// The most leaks that are kept by name; beyond, they are only counted.
const MAX_NAMED: usize = 200;

/// Shorter values of secret entries are too common to be told from other text.
const MIN_SECRET_LEN: usize = 4;

/// An instance that a client created and never deleted.
///
/// As JSON: `{"id", "element", "name", "request", "at", "clearedBy"}`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Leak {
    /// The instance's id.
    pub id: u64,
    /// The key of its element.
    pub element: String,
    /// Its name.
    pub name: String,
    /// The number of the request that created it, as the journal counts.
    pub request: Option<u64>,
    /// When it was created.
    pub created: SystemTime,
    /// The clearing that took it away; `None` while it is alive.
    pub cleared_by: Option<Clearing>,
}

/// A way in which a test clears state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Clearing {
    /// By a reset, of everything or of one organization.
    Reset,
    /// By restoring a document that does not have it.
    Restore,
    /// By the control API, which was told to forget it.
    Control,
}

impl Clearing {
    /// The name in JSON: `"reset"`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Clearing::Reset => "reset",
            Clearing::Restore => "restore",
            Clearing::Control => "control",
        }
    }
}

/// Leaks of one organization: the first by name, the others counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Leaks {
    pub(crate) named: Vec<Leak>,
    pub(crate) more: u64,
}

impl Leaks {
    /// The created ones of these instances, of which there are so many.
    pub(crate) fn of<'s>(
        instances: impl Iterator<Item = &'s Stored>,
        created: u64,
        cleared_by: Option<Clearing>,
    ) -> Self {
        if created == 0 {
            return Leaks::default();
        }
        let created_ones = instances.filter(|stored| stored.origin == Origin::Created);
        let leaks = created_ones.map(|stored| Leak::new(stored, cleared_by));
        let wanted = usize::try_from(created).map_or(MAX_NAMED, |created| MAX_NAMED.min(created));
        let named: Vec<_> = leaks.take(wanted).collect();
        let more = created.saturating_sub(named.len() as u64);
        Leaks { named, more }
    }

    pub(crate) fn add(&mut self, other: &Leaks) {
        let room = MAX_NAMED.saturating_sub(self.named.len());
        self.named.extend(other.named.iter().take(room).cloned());
        self.more += other.more + other.named.len().saturating_sub(room) as u64;
    }

    pub(crate) fn count(&self) -> u64 {
        self.named.len() as u64 + self.more
    }
}

impl Stored {
    /// The leak that the instance is when it is taken away; none where a test seeded it.
    pub(crate) fn leaks(&self, cleared_by: Clearing) -> Leaks {
        let created = u64::from(self.origin == Origin::Created);
        Leaks::of(std::iter::once(self), created, Some(cleared_by))
    }
}

impl Leak {
    fn new(stored: &Stored, cleared_by: Option<Clearing>) -> Self {
        Leak {
            id: stored.id,
            element: stored.element.key().to_owned(),
            name: shown_name(stored),
            request: stored.request.get(),
            created: system_time(stored.created),
            cleared_by,
        }
    }

    /// The shape that the type's documentation gives.
    #[must_use]
    pub fn to_json(&self) -> Json<'static> {
        object([
            ("id", self.id.into()),
            ("element", self.element.clone().into()),
            ("name", self.name.clone().into()),
            ("request", self.request.into()),
            ("at", self.at().into()),
            ("clearedBy", self.cleared_by.map(Clearing::name).into()),
        ])
        .into_owned()
    }

    fn at(&self) -> String {
        humantime::format_rfc3339_seconds(self.created).to_string()
    }
}

/// The name, without what the instance keeps secret: a client may have put one into the other.
fn shown_name(stored: &Stored) -> String {
    let entries = stored.configuration().entries(&stored.element);
    let secrets =
        entries.filter(|(key, value)| stored.element.hides(key) && value.len() >= MIN_SECRET_LEN);
    secrets.fold(stored.name().to_owned(), |name, (_, secret)| {
        name.replace(secret, &identity::secret_name(secret))
    })
}

/// `instance 1234 of mailjet ("Test"), created by request 3 at 2017-03-14T19:20:16Z, was never deleted`
impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, element, name) = (self.id, &self.element, &self.name);
        write!(f, "instance {id} of {element} was never deleted")?;
        if let Some(clearing) = self.cleared_by {
            write!(f, " before it was cleared by {}", clearing.name())?;
        }
        write!(f, ": {name:?}, created")?;
        if let Some(number) = self.request {
            write!(f, " by request {number}")?;
        }
        write!(f, " at {}", self.at())
    }
}

impl serde_core::Serialize for Leak {
    /// In the shape that the type's documentation gives.
    fn serialize<S: serde_core::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}
