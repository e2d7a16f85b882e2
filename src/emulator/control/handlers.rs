//! The control API's handlers: a document in, an operation of the emulator, a document out.

use std::time::Duration;

use http::{Method, StatusCode};

use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::outcome::{Handled, Outcome};
use crate::emulator::record::journal::{Found, Query};
use crate::emulator::state::Seed;
use crate::emulator::steer::script::{Line, Scripted};
use crate::emulator::view::date;
use crate::instance::Instance;
use crate::rules::{self, RULES, Rule};
use crate::wire::error::ApiError;
use crate::wire::json::document::{Document, duration};
use crate::wire::json::{Json, object};

/// How long `requests/wait` waits when it is not told.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest that it waits.
const MAX_PATIENCE: Duration = Duration::from_secs(50);

/// `GET /__admin/health` → `{"status", "version", "seed", "uptime", "time", "catalog": [key]}`; uptime in seconds
pub(in crate::emulator) fn health(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let keys = emulator
        .catalog()
        .elements()
        .iter()
        .map(|element| Json::from(element.key()));
    let health = object([
        ("status", "ready".into()),
        ("version", env!("CARGO_PKG_VERSION").into()),
        ("seed", emulator.seed().into()),
        ("uptime", emulator.started.elapsed().as_secs().into()),
        ("time", date(emulator.clock.now()).into()),
        ("catalog", keys.collect()),
    ]);
    Ok(ok(call, &health))
}

/// `GET /__admin/requests?method=…` → `{"requests": […], "dropped": 0, "nearest": […]}`
pub(in crate::emulator) fn requests(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let Asked { query, .. } = Asked::read(call)?;
    let found = emulator.received(&query);
    let nearest = if found.requests.is_empty() {
        emulator.nearest_json(&query)
    } else {
        Json::Array(Vec::new())
    };
    Ok(ok(
        call,
        &found_json(emulator, found, [("nearest", nearest)]),
    ))
}

/// `GET /__admin/requests/wait?count=1&timeout=5s&method=…` → `{"requests": […], "dropped": 0, "satisfied": true}`
pub(in crate::emulator) fn wait_for_requests(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let Asked {
        query,
        count,
        patience,
    } = Asked::read(call)?;
    let found = emulator.received(&query);
    let satisfied = found.requests.len() >= count;
    let mut outcome = ok(
        call,
        &found_json(emulator, found, [("satisfied", satisfied.into())]),
    );
    outcome.patience = (!satisfied).then_some(patience);
    Ok(outcome)
}

/// `DELETE /__admin/requests`
pub(in crate::emulator) fn forget_requests(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    emulator.forget_requests(organization(call).as_deref());
    Ok(done(call))
}

/// `GET /__admin/script` → `[{"match", "when", "effect", "matched", "fired"}]`
pub(in crate::emulator) fn script(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let lines = emulator.script.lines(organization(call).as_deref());
    Ok(ok(call, &lines.iter().map(Line::to_json).collect()))
}

/// `POST /__admin/script` with one scripted rule or an array of them
pub(in crate::emulator) fn add_to_script(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let body = call.json()?;
    let organization = organization(call);
    let scripted = each(body, Scripted::read).map_err(refused)?;
    for scripted in scripted {
        emulator.script(match &organization {
            Some(organization) => scripted.organization(organization.clone()),
            None => scripted,
        });
    }
    Ok(done(call))
}

/// `DELETE /__admin/script`
pub(in crate::emulator) fn clear_script(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    emulator.clear_script(organization(call).as_deref());
    Ok(done(call))
}

/// `GET /__admin/state` → the document of [`Emulator::snapshot`]
pub(in crate::emulator) fn snapshot(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    Ok(ok(call, &emulator.snapshot(organization(call).as_deref())))
}

/// `PUT /__admin/state` with such a document
pub(in crate::emulator) fn restore(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    emulator.restore(call.json()?, organization(call).as_deref())?;
    Ok(done(call))
}

/// `DELETE /__admin/state`: forgets instances, journal, script and ledger
pub(in crate::emulator) fn reset(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    emulator.reset(organization(call).as_deref());
    Ok(done(call))
}

/// `POST /__admin/state/instances` with `{"organization", "element", "name", …}` or an array → the instances
pub(in crate::emulator) fn seed(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let body = call.json()?;
    let limit = organization(call);
    let read = |json: &Json<'_>, path: &str| {
        let seed = Seed::read(json, path, limit.as_deref())?;
        Ok((path.to_owned(), seed))
    };
    let seeds = each(body, read).map_err(refused)?;
    let seeds: Vec<_> = seeds
        .iter()
        .map(|(path, seed)| (path.clone(), seed))
        .collect();
    let instances = emulator.seed_each(&seeds)?;
    Ok(ok(call, &instances.iter().map(instance_json).collect()))
}

/// `POST /__admin/state/save`: writes the file of `--state`
pub(in crate::emulator) fn save(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    emulator.save()?;
    Ok(done(call))
}

/// `GET /__admin/ledger` → the document of [`crate::Ledger`]
pub(in crate::emulator) fn ledger(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    Ok(ok(
        call,
        &emulator.ledger(organization(call).as_deref()).to_json(),
    ))
}

/// `PUT /__admin/clock` with `{"at": "2017-03-14T19:20:16Z"}`, `{"advance": "10s"}` or `{"at": null}` → `{"time"}`
pub(in crate::emulator) fn set_clock(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let body = call.json()?;
    let document = Document::read(body, "", &["at", "advance"]).map_err(refused)?;
    let at = document.moment("at").map_err(refused)?;
    let by = document.duration("advance").map_err(refused)?;
    if body.get("at").is_some() {
        emulator.set_clock(at);
    }
    if let Some(by) = by {
        emulator.advance_clock(by);
    }
    clock(emulator, call)
}

/// `GET /__admin/clock` → `{"time": "2017-03-14T19:20:16Z"}`
pub(in crate::emulator) fn clock(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    Ok(ok(
        call,
        &object([("time", date(emulator.clock.now()).into())]),
    ))
}

/// `GET /__admin/rules` → `[{"id", "grade", "statement", "source"}]`
pub(in crate::emulator) fn rules(_: &Emulator, call: &Call<'_, '_>) -> Handled {
    Ok(ok(
        call,
        &RULES.iter().map(|rule| Rule::to_json(rule)).collect(),
    ))
}

/// `GET /__admin/openapi.json`
pub(in crate::emulator) fn openapi(_: &Emulator, call: &Call<'_, '_>) -> Handled {
    Ok(ok(call, &super::openapi::document()))
}

pub(super) fn ok(call: &Call<'_, '_>, body: &Json<'_>) -> Outcome {
    Outcome::json(call.rule, body.to_string())
}

/// 200 with an empty object: a client that reads JSON need not special-case it.
pub(super) fn done(call: &Call<'_, '_>) -> Outcome {
    Outcome::json(call.rule, "{}")
}

pub(super) fn refused(reason: String) -> ApiError {
    ApiError::bad_request(&rules::CONTROL, reason)
}

/// What `read` makes of a document, or of each one of an array.
pub(super) fn each<T>(
    body: &Json<'_>,
    read: impl Fn(&Json<'_>, &str) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    match body {
        Json::Array(items) => items
            .iter()
            .enumerate()
            .map(|(at, item)| read(item, &format!("[{at}]")))
            .collect(),
        one => Ok(vec![read(one, "")?]),
    }
}

/// The organization that a control call is limited to.
pub(super) fn organization(call: &Call<'_, '_>) -> Option<String> {
    let mut pairs = call.query();
    pairs.find_map(|(name, value)| (name == "organization").then(|| value.into_owned()))
}

/// What the query string of a journal route asks for.
struct Asked {
    query: Query,
    count: usize,
    patience: Duration,
}

impl Asked {
    fn read(call: &Call<'_, '_>) -> Result<Self, ApiError> {
        let mut asked = Asked {
            query: Query::new(),
            count: 1,
            patience: PATIENCE,
        };
        for (name, value) in call.query() {
            asked.take(&name, &value).map_err(refused)?;
        }
        Ok(asked)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), String> {
        let query = std::mem::take(&mut self.query);
        let wrong = |expected: &str| format!("{name} must be {expected}, found {value:?}");
        self.query = match name {
            "method" => {
                let verb = value.to_ascii_uppercase();
                query.method(Method::from_bytes(verb.as_bytes()).map_err(|_| wrong("a verb"))?)
            }
            "path" => query.path(value),
            "element" => query.element(value),
            "organization" => query.organization(value),
            "instance" => query.instance(value.parse().map_err(|_| wrong("a whole number"))?),
            "status" => query.status(value.parse::<StatusCode>().map_err(|_| wrong("a status"))?),
            "rule" if rules::find(value).is_some() => query.rule(value),
            "rule" => return Err(wrong("the id of a rule")),
            "count" => {
                self.count = value.parse().map_err(|_| wrong("a whole number"))?;
                query
            }
            "timeout" => {
                let patience =
                    duration(&Json::from(value)).ok_or_else(|| wrong("a time such as 5s"))?;
                self.patience = patience.min(MAX_PATIENCE);
                query
            }
            _ => unreachable!("unknown parameters are refused before any handler runs"),
        };
        Ok(())
    }
}

/// The requests as readers outside of this process get them.
fn found_json(emulator: &Emulator, found: Found, [extra]: [(&str, Json<'_>); 1]) -> Json<'static> {
    let requests = found.requests.into_iter();
    let shown = requests.map(|received| emulator.outside_view(received).to_json().into_owned());
    let json = object([
        ("requests", shown.collect()),
        ("dropped", found.dropped.into()),
        extra,
    ]);
    json.into_owned()
}

impl Emulator {
    /// The requests that came nearest to a query, and what differs.
    fn nearest_json(&self, query: &Query) -> Json<'static> {
        let all = self.received(&query.of_same_sender()).requests;
        let nearest = query.nearest(&all).into_iter().map(|(received, _)| {
            let shown = self.outside_view(received.clone());
            let differs = query.differences(&shown).into_iter();
            object([
                ("request", shown.to_line().into()),
                ("differs", differs.map(Json::from).collect()),
            ])
        });
        nearest.collect()
    }
}

/// A seeded instance as the control API shows it.
fn instance_json(instance: &Instance) -> Json<'_> {
    object([
        ("id", instance.id.into()),
        ("element", instance.element.as_str().into()),
        ("token", instance.token.as_str().into()),
        ("name", instance.name.as_str().into()),
    ])
}
