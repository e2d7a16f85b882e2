//! The declaration of one resource in an element's fixture: enough to serve it, and nothing about the serving.

use crate::wire::json::{Json, object};

/// The page size of a resource that declares none, which is also the largest that the service allows.
pub const DEFAULT_PAGE_SIZE: u64 = 200;

/// A text in [`ResourceSpec::sets`] that stands for the time of the request, in UTC with a `Z`.
pub const NOW: &str = "{now}";

/// A call that a resource may support.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResourceMethod {
    /// `POST` to the path makes a row.
    Create,
    /// `GET` of the path shows the rows, page by page.
    List,
    /// `GET` of the path and an id shows one row.
    Retrieve,
    /// `PUT` of the path and an id replaces a row.
    Replace,
    /// `PATCH` of the path and an id changes the members sent.
    Update,
    /// `DELETE` of the path and an id removes a row.
    Delete,
}

impl ResourceMethod {
    /// Every call, in the order of the documentation.
    pub const ALL: [Self; 6] = [
        ResourceMethod::Create,
        ResourceMethod::List,
        ResourceMethod::Retrieve,
        ResourceMethod::Replace,
        ResourceMethod::Update,
        ResourceMethod::Delete,
    ];

    /// The word of the fixture: `"create"`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ResourceMethod::Create => "create",
            ResourceMethod::List => "list",
            ResourceMethod::Retrieve => "retrieve",
            ResourceMethod::Replace => "replace",
            ResourceMethod::Update => "update",
            ResourceMethod::Delete => "delete",
        }
    }

    /// The HTTP verb: `"POST"`.
    #[must_use]
    pub fn verb(self) -> &'static str {
        match self {
            ResourceMethod::Create => "POST",
            ResourceMethod::List | ResourceMethod::Retrieve => "GET",
            ResourceMethod::Replace => "PUT",
            ResourceMethod::Update => "PATCH",
            ResourceMethod::Delete => "DELETE",
        }
    }

    /// Tells whether the call names one row, whose id then follows the path.
    #[must_use]
    pub fn names_a_row(self) -> bool {
        !matches!(self, ResourceMethod::Create | ResourceMethod::List)
    }

    /// The call with this fixture word.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }
}

/// A resource that instances of an element have.
///
/// In a fixture it is one object of `resources`:
///
/// ```json
/// {
///   "path": "/messages",
///   "methods": ["create", "list", "retrieve"],
///   "row": {"id": 1, "from": "a@b.c", "sent": true},
///   "id": "id",
///   "required": ["from"],
///   "echoed": ["from"],
///   "sets": {"sent": true, "sentTime": "{now}"},
///   "defaults": {"priority": "High"},
///   "pageSize": 200,
///   "seeded": 4
/// }
/// ```
///
/// Only `path`, `methods` and `row` must be there.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceSpec {
    pub(super) path: String,
    pub(super) methods: Vec<ResourceMethod>,
    pub(super) row: Json<'static>,
    pub(super) id: String,
    pub(super) required: Vec<String>,
    pub(super) echoed: Option<Vec<String>>,
    pub(super) sets: Json<'static>,
    pub(super) defaults: Json<'static>,
    pub(super) page_size: u64,
    pub(super) seeded: u64,
}

impl ResourceSpec {
    /// A resource with the defaults of the format: the id is `id`, nothing is required, everything sent is echoed.
    #[must_use]
    pub fn new(path: String, methods: Vec<ResourceMethod>, row: Json<'static>) -> Self {
        ResourceSpec {
            path,
            methods,
            row,
            id: "id".to_owned(),
            required: Vec::new(),
            echoed: None,
            sets: Json::Object(Vec::new()),
            defaults: Json::Object(Vec::new()),
            page_size: DEFAULT_PAGE_SIZE,
            seeded: 0,
        }
    }

    /// The path of all rows below the base path or a hub: `/messages`, `/accounts/{id}/notes`. One that begins with
    /// `/hubs/` is served there only.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The calls that are supported, in the fixture's order.
    #[must_use]
    pub fn methods(&self) -> &[ResourceMethod] {
        &self.methods
    }

    /// A documented row, always an object. The kind of its id (number or text) is the kind of every id.
    #[must_use]
    pub fn row(&self) -> &Json<'static> {
        &self.row
    }

    /// The member of a row that is its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The members without which a creation is refused.
    #[must_use]
    pub fn required(&self) -> &[String] {
        &self.required
    }

    /// The members of a request that its answer shows again; `None` means every one.
    #[must_use]
    pub fn echoed(&self) -> Option<&[String]> {
        self.echoed.as_deref()
    }

    /// The members that a creation sets, whatever was sent; always an object. [`NOW`] stands for the time.
    #[must_use]
    pub fn sets(&self) -> &Json<'static> {
        &self.sets
    }

    /// The members that a creation sets when they were not sent; always an object.
    #[must_use]
    pub fn defaults(&self) -> &Json<'static> {
        &self.defaults
    }

    /// The number of rows on a page when the request names none.
    #[must_use]
    pub fn page_size(&self) -> u64 {
        self.page_size
    }

    /// The number of rows like [`ResourceSpec::row`] that a new instance has.
    #[must_use]
    pub fn seeded(&self) -> u64 {
        self.seeded
    }

    #[cfg(feature = "guide")]
    pub(super) fn add_methods(&mut self, methods: &[ResourceMethod]) {
        for method in methods {
            if !self.methods.contains(method) {
                self.methods.push(*method);
            }
        }
    }

    pub(super) fn to_json(&self) -> Json<'static> {
        let texts =
            |texts: &[String]| -> Json<'static> { texts.iter().cloned().map(Json::from).collect() };
        let methods = self.methods.iter().map(|method| Json::from(method.name()));
        let mut json = object([
            ("path", self.path.clone().into()),
            ("methods", methods.collect()),
            ("row", self.row.clone()),
            ("id", self.id.clone().into()),
        ]);
        let Json::Object(members) = &mut json else {
            return json;
        };
        let is_filled = |json: &Json<'_>| json.as_object().is_some_and(|all| !all.is_empty());
        if !self.required.is_empty() {
            members.push(("required".into(), texts(&self.required)));
        }
        if let Some(echoed) = &self.echoed {
            members.push(("echoed".into(), texts(echoed)));
        }
        for (name, object) in [("sets", &self.sets), ("defaults", &self.defaults)] {
            if is_filled(object) {
                members.push((name.into(), object.clone()));
            }
        }
        if self.page_size != DEFAULT_PAGE_SIZE {
            members.push(("pageSize".into(), self.page_size.into()));
        }
        if self.seeded != 0 {
            members.push(("seeded".into(), self.seeded.into()));
        }
        json
    }
}
