//! Joins the route table, the rule table, the guides and `parts.json` into the document.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use http::Method;
use mock_ce::emulator::route::{Access, Parameter, ParameterKind, Payload, Route};
use mock_ce::emulator::routes::ROUTES;
use mock_ce::wire::json::{Members, object};
use mock_ce::{Json, Surface};

use crate::support::Document as Guide;

/// Read while the tests run, so that a change of it compiles nothing.
const PARTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/openapi/parts.json");

type Value = Json<'static>;

/// One operation: a row of the route table with its part.
struct Operation {
    route: &'static Route,
    /// The path, whole; rows of resources have one for each depth.
    path: String,
    /// The words after the operation id that tell twins apart.
    suffix: &'static str,
    part: Value,
}

/// Makes the document.
///
/// # Panics
/// When a route has no part, or a part no route.
pub(super) fn document() -> Value {
    let parts = parts();
    let operations = operations(&parts);
    let mut paths: Members<'static> = Vec::new();
    for operation in &operations {
        let verb = operation.route.method.as_str().to_lowercase();
        let described = (verb.into(), operation.describe(&parts, &operations));
        match paths.iter_mut().find(|(path, _)| *path == operation.path) {
            Some((_, Json::Object(known))) => known.push(described),
            _ => paths.push((operation.path.clone().into(), Json::Object(vec![described]))),
        }
    }
    let paths = Json::Object(paths);
    let part = |name| parts.get(name).expect("a part of the document").clone();
    object([
        ("openapi", "3.1.0".into()),
        (
            "info",
            with(part("info"), "version", env!("CARGO_PKG_VERSION").into()),
        ),
        ("servers", part("servers")),
        ("tags", part("tags")),
        ("paths", paths.clone()),
        (
            "components",
            object([
                ("securitySchemes", part("securitySchemes")),
                ("headers", part("headers")),
                ("responses", refusals(&part("refusals"), &paths)),
                ("schemas", part("schemas")),
            ]),
        ),
    ])
}

fn parts() -> Value {
    let text = std::fs::read(PARTS).unwrap();
    let parts = Json::parse(&text).unwrap_or_else(|problem| panic!("{PARTS}: {problem}"));
    parts.into_owned()
}

fn with(value: Value, name: &'static str, member: Value) -> Value {
    let Json::Object(mut members) = value else {
        panic!("{name} belongs to an object");
    };
    members.push((name.into(), member));
    Json::Object(members)
}

fn members(value: Option<&Value>) -> &[(Cow<'static, str>, Value)] {
    value.and_then(Json::as_object).map_or(&[], Vec::as_slice)
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Json::as_array).unwrap_or_default();
    items
        .iter()
        .map(|item| item.as_str().expect("a text").to_owned())
        .collect()
}

/// Every route with its part: the twins of a route, by token or below an element, share one.
fn operations(parts: &Value) -> Vec<Operation> {
    let known = members(parts.get("operations"));
    let mut used = BTreeSet::new();
    let mut operations = Vec::new();
    for route in ROUTES {
        let (key, suffix) = key(route);
        let (stem, is_deep) = match key.strip_suffix("/**") {
            Some(stem) => (stem, true),
            None => (&*key, false),
        };
        let fitting = known.iter().filter(|(known, _)| {
            let below = known.strip_prefix(stem);
            below.is_some_and(|below| below.is_empty() || (is_deep && below.starts_with('/')))
        });
        let before = operations.len();
        for (known, part) in fitting {
            used.insert(known.clone());
            let base = route.full_path();
            let base = base.strip_suffix("/**").unwrap_or(&base);
            operations.push(Operation {
                route,
                path: format!("{base}{}", &known[stem.len()..]),
                suffix,
                part: part.clone(),
            });
        }
        assert!(
            operations.len() > before,
            "tests/it/openapi/parts.json does not describe {key:?}; add to its `operations`: \
             {key:?}: {{\"id\": \"verbNoun\", \"body\": \"SchemaOfTheRequest\", \"reply\": \"SchemaOfTheReply\", \
             \"refusals\": {{\"404\": [\"rule-id\"]}}}}, and the schemas to its `schemas`; then run the tests with \
             UPDATE_GOLDEN=1"
        );
    }
    let unused = known.iter().find(|(key, _)| !used.contains(key));
    assert_eq!(
        unused, None,
        "tests/it/openapi/parts.json describes what no route has"
    );
    operations
}

/// The name of a route's part: that of its form with an id.
fn key(route: &Route) -> (String, &'static str) {
    let (pattern, suffix) = match route.access {
        Access::Token => (
            route.pattern.replacen("/instances", "/instances/{id}", 1),
            "ByToken",
        ),
        Access::OrganizationOrToken => (
            route.pattern.replacen("/instances", "/instances/{id}", 1),
            "OfAll",
        ),
        Access::Resource if route.pattern.starts_with("/{resource}") => {
            (format!("/hubs/{{hub}}{}", route.pattern), "Bare")
        }
        _ if route.pattern.starts_with("/elements/{keyOrId}/instances") => (
            route.pattern.replacen("/elements/{keyOrId}", "", 1),
            "OfElement",
        ),
        _ => (route.pattern.to_owned(), ""),
    };
    let base = if route.surface == Surface::Control {
        "/__admin"
    } else {
        ""
    };
    (format!("{} {base}{pattern}", route.method), suffix)
}

impl Operation {
    fn id(&self) -> String {
        let id = self
            .part
            .get("id")
            .and_then(Json::as_str)
            .expect("an id of the operation");
        format!("{id}{}", self.suffix)
    }

    fn path_parameters(&self) -> impl Iterator<Item = &str> {
        let words = self.path.split('/');
        words.filter_map(|word| word.strip_prefix('{')?.strip_suffix('}'))
    }

    fn describe(&self, parts: &Value, operations: &[Operation]) -> Value {
        let security = if self.is_open() {
            Json::Array(Vec::new())
        } else {
            Json::Array(vec![object([("authorization", Json::Array(Vec::new()))])])
        };
        let mut operation = vec![
            ("operationId".into(), self.id().into()),
            ("summary".into(), self.route.summary.into()),
            ("tags".into(), Json::Array(vec![self.tag().into()])),
            ("security".into(), security),
        ];
        if !self.is_open() {
            let words = self.route.access.words();
            operation.push((
                "description".into(),
                format!("`Authorization` needs {words}.").into(),
            ));
        }
        let parameters = self.parameters(parts);
        if !parameters.is_empty() {
            operation.push(("parameters".into(), Json::Array(parameters)));
        }
        operation.extend(self.request_body().map(|body| ("requestBody".into(), body)));
        operation.push(("responses".into(), self.responses(parts, operations)));
        Json::Object(operation)
    }

    fn is_open(&self) -> bool {
        matches!(self.route.access, Access::Open | Access::Control)
            && self.part.get("security").is_none()
    }

    fn tag(&self) -> &'static str {
        match (self.route.surface, self.route.access) {
            (Surface::Control, _) => "control",
            (Surface::Page, _) => "pages",
            (_, Access::Resource) => "resources",
            _ => self
                .route
                .pattern
                .split('/')
                .nth(1)
                .expect("a pattern begins with a slash"),
        }
    }

    fn parameters(&self, parts: &Value) -> Vec<Value> {
        let described =
            |place: &'static str, name: &str, schema: Value, summary: Value, required: bool| {
                let mut parameter = vec![
                    ("name".into(), name.to_owned().into()),
                    ("in".into(), place.into()),
                    ("description".into(), summary),
                    ("required".into(), required.into()),
                    ("schema".into(), schema),
                ];
                if name.ends_with("[]") {
                    parameter.push(("explode".into(), true.into()));
                }
                Json::Object(parameter)
            };
        let special = self.part.get("parameters");
        let known = parts.get("parameters").expect("the parameters of paths");
        let of_path = self.path_parameters().map(|name| {
            let part = special
                .and_then(|special| special.get(name))
                .or_else(|| known.get(name));
            let part = part.unwrap_or_else(|| {
                panic!(
                    "parts.json lacks the parameter {name:?}: add {{\"description\", \"schema\"}}"
                )
            });
            let member = |member| part.get(member).expect("a member of the parameter").clone();
            described("path", name, member("schema"), member("description"), true)
        });
        let required = texts(self.part.get("required"));
        let of_query = self.route.query.iter().map(|parameter| {
            let narrowed = special.and_then(|special| special.get(parameter.name));
            let narrowed = narrowed.or_else(|| parts.get("queries").unwrap().get(parameter.name));
            let schema = narrowed.cloned().unwrap_or_else(|| schema_of(parameter));
            let required = required.iter().any(|name| name == parameter.name);
            described(
                "query",
                parameter.name,
                schema,
                parameter.summary.into(),
                required,
            )
        });
        of_path.chain(of_query).collect()
    }

    fn request_body(&self) -> Option<Value> {
        if self.route.body == Payload::Any {
            let any = object([("*/*", object([]))]);
            return Some(object([("content", any)]));
        }
        if self.route.body == Payload::Ignored {
            return None;
        }
        let schema = self.part.get("body");
        let schema = schema.unwrap_or_else(|| panic!("parts.json says no `body` of {}", self.id()));
        let mut media = vec![("schema".into(), reference(schema))];
        if self.part.get("guides").is_some() {
            media.push((
                "examples".into(),
                examples(|guide| guide.samples[0].clone()),
            ));
        }
        let content = object([("application/json", Json::Object(media))]);
        Some(object([
            ("required", (schema.as_str() != Some("Empty")).into()),
            ("content", content),
        ]))
    }

    fn responses(&self, parts: &Value, operations: &[Operation]) -> Value {
        let shared = parts.get("refusals").expect("the shared refusals");
        let mut refusals: BTreeMap<String, Vec<(&str, Vec<String>)>> = BTreeMap::new();
        for (status, rules) in self.own_refusals(parts) {
            refusals.entry(status).or_default().push(("", rules));
        }
        for name in self.usual_refusals() {
            let rules = texts(shared.get(name));
            let status = status_of(name).to_owned();
            refusals.entry(status).or_default().push((name, rules));
        }
        let mut responses: Members<'static> = vec![("200".into(), self.success(operations))];
        for (status, sources) in refusals {
            let response = match &sources[..] {
                [(name, _)] if !name.is_empty() => {
                    object([("$ref", format!("#/components/responses/{name}").into())])
                }
                _ => {
                    let rules: Vec<_> = sources.into_iter().flat_map(|(_, rules)| rules).collect();
                    refusal(&rules, &status)
                }
            };
            responses.push((status.into(), response));
        }
        Json::Object(responses)
    }

    /// The refusals that the part says, as far as they fit this twin of the route.
    fn own_refusals(&self, parts: &Value) -> Vec<(String, Vec<String>)> {
        let twin = parts.get("twins").and_then(|twins| twins.get(self.suffix));
        let without = texts(twin.and_then(|twin| twin.get("without")));
        let said = members(self.part.get("refusals")).iter();
        let fitting = said.map(|(status, rules)| {
            let mut rules = texts(Some(rules));
            rules.retain(|rule| !without.contains(rule));
            rules.extend(texts(twin.and_then(|twin| twin.get(status))));
            (status.to_string(), rules)
        });
        fitting.filter(|(_, rules)| !rules.is_empty()).collect()
    }

    /// The names of the shared refusals that fit the row.
    fn usual_refusals(&self) -> Vec<&'static str> {
        let route = self.route;
        let mut names = Vec::new();
        match route.access {
            Access::Control => names.extend(["Steering400", "Steering403"]),
            Access::Open => {}
            Access::Organization => names.push("Organization401"),
            Access::OrganizationOrToken => names.push("Either401"),
            Access::Token => names.push("Token401"),
            // The name can be a platform word, whose route has other verbs.
            Access::Resource => names.extend(["Resource401", "Method405"]),
        }
        if route.body == Payload::Json {
            names.extend(["Json400", "Json415"]);
        } else if route.surface == Surface::Control && route.method != Method::GET {
            names.push("Json415");
        }
        if route.surface != Surface::Page {
            names.push("Accept406");
        }
        names.extend(["TooLarge429", "Internal500"]);
        if route.surface == Surface::Api {
            names.push("NotServed501");
        }
        names
    }

    fn success(&self, operations: &[Operation]) -> Value {
        let mut rules = vec![self.route.rule.id.to_owned()];
        rules.extend(texts(self.part.get("rules")));
        let headers = self.headers();
        let mut response = vec![
            ("description".into(), self.route.summary.into()),
            (
                "x-mock-ce-rules".into(),
                rules.into_iter().map(Json::from).collect(),
            ),
        ];
        if !headers.is_empty() {
            response.push(("headers".into(), Json::Object(headers)));
        }
        if let Some(reply) = self.part.get("reply") {
            let media = self
                .part
                .get("media")
                .and_then(Json::as_str)
                .unwrap_or("application/json");
            let mut content = vec![("schema".into(), reference(reply))];
            if self.part.get("guides").is_some() {
                content.push((
                    "examples".into(),
                    examples(|guide| guide.response.to_string()),
                ));
            }
            let content = Json::Object(vec![(media.to_owned().into(), Json::Object(content))]);
            response.push(("content".into(), content));
        }
        let links = self.links(operations);
        if !links.is_empty() {
            response.push(("links".into(), Json::Object(links)));
        }
        Json::Object(response)
    }

    fn headers(&self) -> Members<'static> {
        let mut names = vec!["elements-request-id"];
        if self.route.surface != Surface::Control {
            names.push("mock-ce-because");
        }
        let more = texts(self.part.get("headers"));
        let all = names.into_iter().map(str::to_owned).chain(more);
        all.map(|name| {
            let reference = format!("#/components/headers/{name}");
            (name.into(), object([("$ref", reference.into())]))
        })
        .collect()
    }

    /// The operations that can follow a reply; a link names the operation alone, so that none leads on to itself.
    fn links(&self, operations: &[Operation]) -> Members<'static> {
        let linked = self.part.get("links");
        let from_reply = members(linked.and_then(|linked| linked.get("from")));
        let to = texts(linked.and_then(|linked| linked.get("to")));
        to.into_iter()
            .map(|id| {
                let twin = format!("{id}{}", self.suffix);
                let target = operations.iter().find(|one| one.id() == twin);
                let target = target.unwrap_or_else(|| panic!("no operation {twin} to link to"));
                let parameters = target.path_parameters().map(|name| {
                    let from = from_reply.iter().find(|(known, _)| known == name);
                    let value = from.map_or_else(
                        || format!("$request.path.{name}").into(),
                        |(_, expression)| expression.clone(),
                    );
                    (Cow::Owned(format!("path.{name}")), value)
                });
                let parameters = Json::Object(parameters.collect());
                let link = object([
                    ("operationId", twin.clone().into()),
                    ("parameters", parameters),
                ]);
                (twin.into(), link)
            })
            .collect()
    }
}

fn schema_of(parameter: &Parameter) -> Value {
    let whole = |least: u64, most: u64| {
        let mut schema = vec![
            ("type".into(), "integer".into()),
            ("minimum".into(), least.into()),
        ];
        if most < u64::MAX {
            schema.push(("maximum".into(), most.into()));
        }
        Json::Object(schema)
    };
    let text = || object([("type", "string".into())]);
    match parameter.kind {
        ParameterKind::Text => text(),
        ParameterKind::Texts => object([("type", "array".into()), ("items", text())]),
        ParameterKind::Number(least, most) => whole(least, most),
        ParameterKind::Boolean => object([("type", "boolean".into())]),
    }
}

/// A schema by its name, or as it stands.
fn reference(schema: &Value) -> Value {
    match schema.as_str() {
        Some(name) => object([("$ref", format!("#/components/schemas/{name}").into())]),
        None => schema.clone(),
    }
}

/// One example for each element that a guide documents.
fn examples(text: impl Fn(&Guide) -> String) -> Value {
    let guides = Guide::one_an_element();
    let examples = guides.iter().map(|guide| {
        let text = in_element_spelling(&text(guide));
        let value = Json::parse(text.as_bytes()).unwrap().into_owned();
        let name = guide.file.split('.').next().unwrap();
        (Cow::Borrowed(name), object([("value", value)]))
    });
    Json::Object(examples.collect())
}

/// The shared refusals that an operation refers to.
fn refusals(parts: &Value, paths: &Value) -> Value {
    let paths = paths.to_string();
    let used = members(Some(parts)).iter();
    let used = used.filter(|(name, _)| paths.contains(&format!("#/components/responses/{name}\"")));
    let described =
        used.map(|(name, rules)| (name.clone(), refusal(&texts(Some(rules)), status_of(name))));
    Json::Object(described.collect())
}

/// The text of the document: what is deeper than the members of a response stands on one line.
pub(super) fn layout(value: &Value) -> String {
    let mut text = String::new();
    lay_out(value, 0, &mut text);
    text + "\n"
}

const MAX_DEPTH: usize = 5;

fn lay_out(value: &Value, depth: usize, text: &mut String) {
    match value {
        Json::Object(members) if depth < MAX_DEPTH && !members.is_empty() => {
            for (at, (name, member)) in members.iter().enumerate() {
                let before = if at == 0 { "{" } else { "," };
                let (space, name) = (" ".repeat(depth + 1), Json::from(&**name));
                write!(text, "{before}\n{space}{name}: ").unwrap();
                lay_out(member, depth + 1, text);
            }
            write!(text, "\n{}}}", " ".repeat(depth)).unwrap();
        }
        other => text.push_str(&other.to_string()),
    }
}

/// The status at the end of a shared refusal's name.
fn status_of(name: &str) -> &str {
    &name[name.len() - 3..]
}

/// A response that is none of the success: an error, or a redirection, which has no body.
fn refusal(rules: &[String], status: &str) -> Value {
    let unknown = rules.iter().find(|id| mock_ce::rules::find(id).is_none());
    assert_eq!(unknown, None, "parts.json names a rule that there is not");
    let mut response = vec![
        ("description".into(), meaning(status).into()),
        (
            "x-mock-ce-rules".into(),
            rules.iter().cloned().map(Json::from).collect(),
        ),
    ];
    if status >= "400" {
        let error = object([("$ref", "#/components/schemas/Error".into())]);
        let media = object([("schema", error)]);
        response.push(("content".into(), object([("application/json", media)])));
    }
    Json::Object(response)
}

fn meaning(status: &str) -> &'static str {
    match status {
        "302" => "The browser is sent on.",
        "400" => "The request is wrong; the message says where.",
        "401" => "The credentials are missing, unreadable, or nobody's.",
        "403" => "The caller may not do this.",
        "404" => "There is none.",
        "405" => "The path is that of another route, which has other verbs.",
        "406" => "`Accept` excludes what is served.",
        "409" => "It is there already, or still in use.",
        "415" => "The body is not said to be JSON.",
        "429" => "The body is larger than the limit.",
        "500" => "Something went wrong inside of the mock.",
        "501" => {
            "The server was started to demand better evidence, or to replay a recording that lacks this."
        }
        other => panic!("say what {other} means"),
    }
}

/// A guide's text in the spelling of the document, where the guide has the other one.
fn in_element_spelling(text: &str) -> String {
    text.replace("your_mom", "element")
        .replace("Your_mom", "Element")
}
