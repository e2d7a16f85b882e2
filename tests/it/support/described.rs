//! The OpenAPI document as the judge of the replies that tests ask for.
//!
//! Not judged: what a script or a recording answers, what never was a request of a route, and the pages of `/__admin/`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Mutex, OnceLock};

use jsonschema::Validator;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::{Reply, Request};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/openapi.json");

/// The beginnings of the paths that the document describes.
const BASES: [&str; 4] = [
    "/elements/api-v2",
    "/__admin/",
    "/oauth/authorize",
    "/elements/jsp",
];

/// Rules of answers that are no operation's.
const NOT_AN_OPERATION: [&str; 5] = [
    "unknown-route",
    "method",
    "http-malformed",
    "upstream-failed",
    "cors",
];

struct Description {
    document: Value,
    paths: Vec<(Vec<String>, String)>,
    /// By the reference or the text of the schema.
    validators: Mutex<HashMap<String, &'static Validator>>,
}

/// Fails the test unless the document describes the reply.
pub(crate) fn check(request: &Request, reply: &Reply) {
    static DESCRIPTION: OnceLock<Description> = OnceLock::new();
    let description = DESCRIPTION.get_or_init(Description::read);
    if let Err(problem) = description.judge(request, reply) {
        let (method, target) = (&request.method, &request.target);
        let (status, body) = (reply.status, String::from_utf8_lossy(&reply.body));
        let because = reply.header("mock-ce-because").unwrap_or_default();
        panic!(
            "fixtures/openapi.json does not describe this reply: {problem}\n{method} {target} → {status} {because}\n\
             {body}\nmend the server, or tests/it/openapi/parts.json and run the tests with UPDATE_GOLDEN=1"
        );
    }
}

impl Description {
    fn read() -> Self {
        let document: Value = serde_json::from_slice(&std::fs::read(DOCUMENT).unwrap()).unwrap();
        let words = |path: &String| path.split('/').map(str::to_owned).collect();
        let paths = document["paths"].as_object().unwrap().keys();
        let mut paths: Vec<(Vec<String>, String)> =
            paths.map(|path| (words(path), path.clone())).collect();
        // A literal word stands before a parameter at the first place where two differ.
        paths.sort_by_key(|(words, _)| {
            words
                .iter()
                .map(|word| word.starts_with('{'))
                .collect::<Vec<_>>()
        });
        Description {
            document,
            paths,
            validators: Mutex::default(),
        }
    }

    fn judge(&self, request: &Request, reply: &Reply) -> Result<(), String> {
        let because = reply.header("mock-ce-because");
        let (rule, grade) = because
            .and_then(|because| because.split_once("; grade="))
            .unwrap_or_default();
        let path = request.target.split('?').next().unwrap_or_default();
        let (path, is_other_dialect) = in_element_spelling(path);
        let is_steering = path.starts_with("/__admin");
        let is_own = is_steering || because.is_some();
        let is_page = reply.header("content-type").is_some_and(|kind| {
            is_steering && kind.starts_with("text/") && kind != "text/event-stream"
        });
        if !is_own
            || is_page
            || !BASES.iter().any(|base| path.starts_with(base))
            || matches!(grade, "scripted" | "recorded")
            || NOT_AN_OPERATION.contains(&rule)
            || request.method == "OPTIONS"
        {
            return Ok(());
        }
        let is_refused = reply.status >= 400;
        let Some(item) = self.path(&path) else {
            return if is_refused {
                Ok(())
            } else {
                Err("no such path".to_owned())
            };
        };
        let verb = match &*request.method {
            "HEAD" => "get".to_owned(),
            verb => verb.to_lowercase(),
        };
        let Some(operation) = item.get(&verb) else {
            return if is_refused {
                Ok(())
            } else {
                Err("no such operation".to_owned())
            };
        };
        let response = operation["responses"].get(reply.status.to_string());
        let response = self.resolved(response.ok_or("no such status")?);
        let mut rules = response["x-mock-ce-rules"].as_array().unwrap().iter();
        // An answer below the demanded grade has the rule of what it stands for.
        if !is_steering && reply.status != 501 && !rules.any(|known| known == rule) {
            return Err(format!("the rule {rule} is not among those of the status"));
        }
        if request.method == "HEAD" {
            return Ok(());
        }
        self.judge_body(response, reply, is_other_dialect)
    }

    fn judge_body(
        &self,
        response: &Value,
        reply: &Reply,
        is_other_dialect: bool,
    ) -> Result<(), String> {
        let kind = reply
            .header("content-type")
            .map(|kind| kind.split(';').next().unwrap());
        let Some(content) = response.get("content") else {
            return if reply.body.is_empty() {
                Ok(())
            } else {
                Err("a body where there is none".to_owned())
            };
        };
        let kind = kind.ok_or("no content type")?;
        let media = content
            .get(kind)
            .ok_or_else(|| format!("no such content type as {kind}"))?;
        if kind != "application/json" {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&reply.body);
        let text = if is_other_dialect {
            text.replace("your_mom", "element").into()
        } else {
            text
        };
        let body: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let validator = self.validator(&media["schema"]);
        if validator.is_valid(&body) {
            return Ok(());
        }
        let error = validator.iter_errors(&body).next().expect("an error");
        Err(format!("{}: {error}", error.instance_path()))
    }

    fn path(&self, path: &str) -> Option<&Value> {
        let sent: Vec<_> = path
            .split('/')
            .map(|word| percent_decode_str(word).decode_utf8_lossy())
            .collect();
        let fits = |words: &Vec<String>| {
            words.len() == sent.len()
                && words.iter().zip(&sent).all(|(word, sent)| {
                    if word.starts_with('{') {
                        !sent.is_empty()
                    } else {
                        word == sent
                    }
                })
        };
        let (_, found) = self.paths.iter().find(|(words, _)| fits(words))?;
        Some(&self.document["paths"][found])
    }

    fn resolved<'d>(&'d self, value: &'d Value) -> &'d Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(reference) => self
                .document
                .pointer(&reference[1..])
                .expect("what is referred to"),
            None => value,
        }
    }

    fn validator(&self, schema: &Value) -> &'static Validator {
        let mut validators = self
            .validators
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let text = match schema.get("$ref").and_then(Value::as_str) {
            Some(reference) => Cow::Borrowed(reference),
            None => Cow::Owned(schema.to_string()),
        };
        if let Some(known) = validators.get(&*text) {
            return known;
        }
        validators.entry(text.into_owned()).or_insert_with(|| {
            let whole = json!({"components": {"schemas": self.document["components"]["schemas"]}, "allOf": [schema]});
            Box::leak(Box::new(jsonschema::draft202012::new(&whole).unwrap()))
        })
    }
}

/// A path as the document spells it, and whether it was spelled otherwise.
fn in_element_spelling(path: &str) -> (String, bool) {
    let path = path.strip_suffix('/').unwrap_or(path);
    match path.strip_prefix("/your_moms/api-v2") {
        None => (path.to_owned(), false),
        Some(below) => {
            let noun = below.strip_prefix("/your_moms");
            let below = noun.map_or(below.to_owned(), |rest| format!("/elements{rest}"));
            (format!("/elements/api-v2{below}"), true)
        }
    }
}
