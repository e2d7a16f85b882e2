//! The control API's handlers: a document in, an operation of the emulator, a document out.

use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::header::HOST;

use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::outcome::{Handled, Outcome};
use crate::emulator::record::journal::Found;
use crate::emulator::state::Seed;
use crate::emulator::steer::predicate::{Condition, Made, Predicate};
use crate::emulator::view::date;
use crate::instance::Instance;
use crate::rules::{self, RULES, Rule};
use crate::wire::error::ApiError;
use crate::wire::json::document::{Document, duration};
use crate::wire::json::{Json, object};

/// The wait of `requests/wait` when the query names none.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest that it waits.
const MAX_PATIENCE: Duration = Duration::from_secs(50);
/// More requests are not shown as near.
const MAX_NEAREST: usize = 3;

/// `GET /__admin/health` → `{"status", "version", "seed", "uptime", "time", "catalog": [key]}`; uptime in seconds
pub(in crate::emulator) fn health(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let catalog = emulator.catalog();
    let keys = catalog.elements().iter();
    let keys = keys.map(|element| Json::from(element.key()));
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

/// `GET /__admin/ca.pem` → the certificates that a client of an HTTPS server must trust
pub(in crate::emulator) fn ca_pem(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let missing = "this server speaks no TLS; start it with --tls or --intercept HOST";
    let pem = emulator.ca_pem.as_ref();
    let pem = pem.ok_or_else(|| ApiError::unknown_route(missing.to_owned()))?;
    let mut outcome = Outcome::empty(call.rule).header(CONTENT_TYPE, "application/x-pem-file");
    outcome.reply.body = pem.clone().into();
    Ok(outcome)
}

/// `GET /__admin/requests?method=…` → `{"requests": […], "dropped": 0, "nearest": […]}`
pub(in crate::emulator) fn requests(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let Asked {
        predicate, after, ..
    } = Asked::read(emulator, call)?;
    let found = emulator.received_after(after, &predicate);
    let nearest = if found.requests.is_empty() {
        emulator.nearest_json(&predicate)
    } else {
        Json::Array(Vec::new())
    };
    Ok(ok(call, &found_json(emulator, found, ("nearest", nearest))))
}

/// `GET /__admin/requests/wait?count=1&timeout=5s&method=…` → `{"requests": […], "dropped": 0, "satisfied": true}`
pub(in crate::emulator) fn wait_for_requests(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let Asked {
        predicate,
        count,
        patience,
        after,
    } = Asked::read(emulator, call)?;
    let found = emulator.received_after(after, &predicate);
    let satisfied = found.requests.len() >= count;
    let mut outcome = ok(
        call,
        &found_json(emulator, found, ("satisfied", satisfied.into())),
    );
    outcome.patience = (!satisfied).then_some(patience);
    Ok(outcome)
}

/// `DELETE /__admin/requests`
pub(in crate::emulator) fn forget_requests(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    emulator.forget_requests(organization(call).as_deref());
    Ok(done(call))
}

/// `GET /__admin/state` → the document of [`Emulator::snapshot`]
pub(in crate::emulator) fn snapshot(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    Ok(ok(call, &emulator.snapshot(organization(call).as_deref())))
}

/// `PUT /__admin/state` with such a document
pub(in crate::emulator) fn restore(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    emulator.restore(call.document()?, organization(call).as_deref())?;
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

/// `POST /__admin/cassette/rewind`
pub(in crate::emulator) fn rewind(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    emulator.rewind()?;
    Ok(done(call))
}

/// `GET /__admin/settings` → the document of [`crate::Settings::to_json`]
pub(in crate::emulator) fn settings(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    Ok(ok(call, &emulator.settings.to_json()))
}

/// `GET /__admin/ledger?of=run` → the document of [`crate::Ledger`], since the last reset or of the whole run
pub(in crate::emulator) fn ledger(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let organization = organization(call);
    let mut asked = call.query();
    let ledger = match asked.find(|(name, _)| name == "of") {
        None => emulator.ledger(organization.as_deref()),
        Some((_, period)) if period == "run" => emulator.run_ledger(organization.as_deref()),
        Some((_, other)) => {
            let wrong = format!("of must be run, or not be there, found {other:?}");
            return Err(refused(wrong));
        }
    };
    Ok(ok(call, &ledger.to_json()))
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
    let host = call.context.request.header_text(&HOST);
    Ok(Outcome::json(call.rule, super::openapi::document(host)))
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

/// Reads a document, or each one of an array.
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

/// The query of a journal route.
struct Asked {
    predicate: Predicate,
    count: usize,
    patience: Duration,
    after: u64,
}

impl Asked {
    fn read(emulator: &Emulator, call: &Call<'_, '_>) -> Result<Self, ApiError> {
        let mut asked = Asked {
            predicate: Predicate::new(),
            count: 1,
            patience: PATIENCE,
            after: 0,
        };
        // The organization that a call is limited to is not widened by a predicate.
        let (predicates, others): (Vec<_>, Vec<_>) =
            call.query().partition(|(name, _)| name == "match");
        for (name, value) in predicates.iter().chain(&others) {
            asked.take(name, value).map_err(refused)?;
        }
        asked.predicate = emulator.resolved(asked.predicate)?;
        Ok(asked)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), String> {
        let wrong = |expected: &str| format!("{name} must be {expected}, found {value:?}");
        let whole = || value.parse::<u64>().map_err(|_| wrong("a whole number"));
        let made: Made = match name {
            "method" => Condition::methods([value]),
            "path" => Condition::path(value),
            "element" => Condition::element(value),
            "organization" => Condition::organization(value),
            "instance" => Condition::instance(whole()?),
            "rule" => Condition::rule(value),
            "grade" => Condition::grade(value),
            "status" => Condition::statuses([value
                .parse()
                .map_err(|_| wrong("a status from 200 to 999"))?]),
            "match" => return self.take_predicate(value),
            "count" => {
                self.count = value.parse().map_err(|_| wrong("a whole number"))?;
                return Ok(());
            }
            "after" => {
                self.after = whole()?;
                return Ok(());
            }
            "timeout" => {
                let patience =
                    duration(&Json::from(value)).ok_or_else(|| wrong("a time such as 5s"))?;
                self.patience = patience.min(MAX_PATIENCE);
                return Ok(());
            }
            _ => unreachable!("unknown parameters are refused before any handler runs"),
        };
        self.predicate
            .add(made.map_err(|reason| format!("{name}{reason}"))?);
        Ok(())
    }

    /// A whole predicate as JSON.
    fn take_predicate(&mut self, text: &str) -> Result<(), String> {
        let json = Json::parse(text.as_bytes()).map_err(|problem| format!("match: {problem}"))?;
        for condition in Predicate::read(&json, "match")?.conditions() {
            self.predicate.add(condition.clone());
        }
        Ok(())
    }
}

/// The requests as readers outside of this process get them.
///
/// The number of the last request, from which a reader goes on with `after`, stands at the end.
fn found_json(emulator: &Emulator, found: Found, (name, extra): (&str, Json<'_>)) -> Json<'static> {
    let requests = found.requests.into_iter();
    let shown = requests.map(|received| emulator.outside_view(received).to_json().into_owned());
    let (_, last) = emulator.last_requests(0);
    let json = object([
        ("requests", shown.collect()),
        ("dropped", found.dropped.into()),
        (name, extra),
        ("last", last.into()),
    ]);
    json.into_owned()
}

impl Emulator {
    /// The requests that came nearest to a predicate, and what differs.
    fn nearest_json(&self, predicate: &Predicate) -> Json<'static> {
        let near = self.nearest(predicate, MAX_NEAREST).into_iter();
        // Of other organizations a reader of this one is told nothing.
        let own = near.filter(|near| near.is_of_same_sender(predicate));
        let shown = own.map(|near| {
            let shown = self.outside_view(near.received.clone());
            let differs = near.differences_in(&shown, predicate);
            object([
                ("request", shown.to_line().into()),
                ("differs", differs.into_iter().map(Json::from).collect()),
            ])
        });
        shown.collect()
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
