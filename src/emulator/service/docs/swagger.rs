//! The Swagger 2.0 document of some elements' resources.

use std::borrow::Cow;

use crate::catalog::{ResourceMethod, ResourceSpec};
use crate::wire::json::{Json, Members, object};
use crate::wire::vocabulary::member;

/// The address of the described API.
pub(super) struct Base {
    scheme: String,
    host: String,
    path: String,
    key_header: Option<&'static str>,
}

impl Base {
    pub(super) fn new(scheme: &str, host: &str, path: String) -> Self {
        Base {
            scheme: scheme.to_owned(),
            host: host.to_owned(),
            path,
            key_header: None,
        }
    }

    /// The gateway that demands a key of its own (rule `docs-provider`).
    pub(super) fn aws() -> Self {
        Base {
            key_header: Some("x-api-key"),
            ..Base::new("https", "aws-api.cloud-elements.com", "/".to_owned())
        }
    }
}

/// A document before it is JSON.
pub(super) struct Document<'e> {
    title: String,
    base: Base,
    operations: Vec<Operation<'e>>,
}

/// One call of a resource.
struct Operation<'e> {
    spec: &'e ResourceSpec,
    method: ResourceMethod,
    path: String,
    /// The resource's name, which is that of its definition: `accountsNotes`.
    name: String,
}

/// The answers that every operation may give.
const REFUSALS: [(&str, &str); 10] = [
    ("400", "The request is malformed"),
    ("401", "The credentials are not accepted"),
    ("403", "The call is not permitted"),
    ("404", "There is no such resource"),
    ("405", "The method is not allowed"),
    ("406", "The accepted media types are not served"),
    ("409", "The resource exists already"),
    ("415", "The media type is not read"),
    ("500", "Something went wrong in the service"),
    ("502", "Something went wrong at the provider"),
];

impl<'e> Document<'e> {
    /// A document of an API that has no calls yet.
    pub(super) fn new(title: &str, base: Base) -> Self {
        Document {
            title: title.to_owned(),
            base,
            operations: Vec::new(),
        }
    }

    /// Describes resources; of two calls alike, the first stays.
    pub(super) fn add(&mut self, specs: impl IntoIterator<Item = &'e ResourceSpec>, row_id: &str) {
        for spec in specs {
            for method in spec.methods() {
                let operation = Operation::new(spec, *method, row_id);
                if !self.operations.iter().any(|known| known.is_at(&operation)) {
                    self.operations.push(operation);
                }
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// Cuts the document to the operation with this id; `false` when there is none.
    pub(super) fn keep(&mut self, id: &str) -> bool {
        let named = |operation: &Operation<'_>| operation.id() == id || operation.path_id() == id;
        if !self.operations.iter().any(named) {
            return false;
        }
        self.operations.retain(named);
        true
    }

    /// A schema for each resource, made of its documented row.
    pub(super) fn definitions(&self) -> Members<'static> {
        let mut definitions: Members<'static> = Vec::new();
        for operation in &self.operations {
            if definitions.iter().all(|(name, _)| *name != operation.name) {
                let schema = schema(operation.spec.row());
                definitions.push((operation.name.clone().into(), schema));
            }
        }
        definitions
    }

    pub(super) fn to_json(&self) -> Json<'_> {
        let mut tags: Vec<&str> = Vec::new();
        let mut paths: Members<'_> = Vec::new();
        for operation in &self.operations {
            if !tags.contains(&&*operation.name) {
                tags.push(&operation.name);
            }
            let verb = Cow::Owned(operation.method.verb().to_lowercase());
            let shown = (verb, operation.to_json(&self.base));
            match paths.iter_mut().find(|(path, _)| *path == operation.path) {
                Some((_, Json::Object(verbs))) => verbs.push(shown),
                _ => paths.push((operation.path.clone().into(), Json::Object(vec![shown]))),
            }
        }
        let tags = tags
            .into_iter()
            .map(|tag| object([(member::NAME, tag.into())]));
        let info = object([
            ("title", (&*self.title).into()),
            ("version", "api-v2".into()),
        ]);
        object([
            ("swagger", "2.0".into()),
            ("info", info),
            ("host", (&*self.base.host).into()),
            ("basePath", (&*self.base.path).into()),
            (
                "schemes",
                [Json::from(&*self.base.scheme)].into_iter().collect(),
            ),
            ("tags", tags.collect()),
            ("paths", Json::Object(paths)),
            ("definitions", Json::Object(self.definitions())),
        ])
    }
}

impl<'e> Operation<'e> {
    /// `row_id` is the parameter that names a row.
    fn new(spec: &'e ResourceSpec, method: ResourceMethod, row_id: &str) -> Self {
        // A path that begins with a hub is described below that hub.
        let below = spec.path().strip_prefix("/hubs/");
        let below = below.and_then(|rest| rest.find('/').map(|at| &rest[at..]));
        let mut path = below.unwrap_or(spec.path()).to_owned();
        let words = path
            .split('/')
            .filter(|word| !word.is_empty() && !word.starts_with('{'));
        let mut name = String::new();
        for word in words {
            name.push_str(&if name.is_empty() {
                word.to_owned()
            } else {
                capitalized(word)
            });
        }
        if method.names_a_row() {
            // No name may come twice in a path.
            let id = if path.contains("{id}") {
                format!("{name}Id")
            } else {
                row_id.to_owned()
            };
            path.push_str(&format!("/{{{id}}}"));
        }
        Operation {
            spec,
            method,
            path,
            name,
        }
    }

    /// Tells if two operations are the same call, whatever their parameters are called.
    fn is_at(&self, other: &Operation<'_>) -> bool {
        let mut words = self.path.split('/').zip(other.path.split('/'));
        self.method.verb() == other.method.verb()
            && self.path.split('/').count() == other.path.split('/').count()
            && words.all(|(a, b)| a == b || (a.starts_with('{') && b.starts_with('{')))
    }

    /// `getContacts`, `updateContactsById`
    fn id(&self) -> String {
        let verb = match self.method {
            ResourceMethod::List | ResourceMethod::Retrieve => "get",
            other => other.name(),
        };
        let row = if self.method.names_a_row() {
            "ById"
        } else {
            ""
        };
        format!("{verb}{}{row}", capitalized(&self.name))
    }

    /// The other spelling of the id: `GET-contacts`, `PATCH-contacts-{id}`
    fn path_id(&self) -> String {
        format!("{}{}", self.method.verb(), self.path.replace('/', "-"))
    }

    fn to_json(&self, base: &Base) -> Json<'_> {
        let summary = format!("{} {}", self.method.verb(), self.path);
        object([
            ("operationId", self.id().into()),
            ("summary", summary.into()),
            ("tags", [Json::from(&*self.name)].into_iter().collect()),
            ("parameters", Json::Array(self.parameters(base))),
            ("responses", Json::Object(self.responses())),
        ])
    }

    fn parameters(&self, base: &Base) -> Vec<Json<'_>> {
        let words = "The user's secret, and the token of the instance";
        let mut parameters = vec![parameter("Authorization", "header", true, "string", words)];
        if let Some(header) = base.key_header {
            let words = "The key of the gateway";
            parameters.push(parameter(header, "header", true, "string", words));
        }
        let names = self
            .path
            .split('/')
            .filter_map(|word| word.strip_prefix('{')?.strip_suffix('}'));
        parameters
            .extend(names.map(|name| parameter(name, "path", true, "string", "The id of a row")));
        match self.method {
            ResourceMethod::List => parameters.extend([
                parameter(
                    "where",
                    "query",
                    false,
                    "string",
                    "A condition that rows must fulfil",
                ),
                parameter(
                    "page",
                    "query",
                    false,
                    "integer",
                    "The number of the page, from 1",
                ),
                parameter(
                    "pageSize",
                    "query",
                    false,
                    "integer",
                    "The number of rows on a page",
                ),
            ]),
            ResourceMethod::Create | ResourceMethod::Replace | ResourceMethod::Update => {
                parameters.push(object([
                    (member::NAME, "body".into()),
                    ("in", "body".into()),
                    (member::REQUIRED, true.into()),
                    (member::DESCRIPTION, "The members of the row".into()),
                    ("schema", self.reference()),
                ]));
            }
            ResourceMethod::Retrieve | ResourceMethod::Delete => {}
        }
        parameters
    }

    fn responses(&self) -> Members<'_> {
        let mut done = vec![(member::DESCRIPTION.into(), "OK".into())];
        match self.method {
            ResourceMethod::Delete => {}
            ResourceMethod::List => {
                let rows = object([(member::TYPE, "array".into()), ("items", self.reference())]);
                done.push(("schema".into(), rows));
            }
            _ => done.push(("schema".into(), self.reference())),
        }
        let refusals = REFUSALS.iter().map(|(status, words)| {
            let refusal = object([(member::DESCRIPTION, (*words).into())]);
            (Cow::Borrowed(*status), refusal)
        });
        let done = (Cow::Borrowed("200"), Json::Object(done));
        std::iter::once(done).chain(refusals).collect()
    }

    fn reference(&self) -> Json<'static> {
        object([("$ref", format!("#/definitions/{}", self.name).into())])
    }
}

/// A parameter that is no body; `Authorization` is the first of every operation.
fn parameter<'a>(
    name: &'a str,
    place: &'static str,
    required: impl Into<Json<'a>>,
    kind: &'static str,
    description: &'static str,
) -> Json<'a> {
    object([
        (member::NAME, name.into()),
        ("in", place.into()),
        (member::REQUIRED, required.into()),
        (member::DESCRIPTION, description.into()),
        (member::TYPE, kind.into()),
    ])
}

/// The schema of a value like this one.
fn schema(value: &Json<'_>) -> Json<'static> {
    let kind = |kind: &'static str| object([(member::TYPE, kind.into())]);
    match value {
        Json::Null | Json::Text(_) => kind("string"),
        Json::Bool(_) => kind("boolean"),
        Json::Number(number) if number.is_f64() => kind("number"),
        Json::Number(_) => kind("integer"),
        Json::Array(items) => {
            let items = items
                .first()
                .map_or_else(|| Json::Object(Vec::new()), schema);
            object([(member::TYPE, "array".into()), ("items", items)])
        }
        Json::Object(members) => {
            let properties = members
                .iter()
                .map(|(name, value)| (name.to_string().into(), schema(value)));
            object([
                (member::TYPE, "object".into()),
                ("properties", Json::Object(properties.collect())),
            ])
        }
    }
}

fn capitalized(word: &str) -> String {
    let mut characters = word.chars();
    let first = characters
        .next()
        .map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + characters.as_str()
}
