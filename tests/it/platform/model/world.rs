//! The service and the model of it, taking the same steps.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use mock_ce::{Json, MessageQuery};

use super::account::{Account, Event, Events, Instance, Stage, Table};
use super::step::{Act, Step};
use crate::support::{Core, Harness as _, Reply, Request};

const OWL: &str = r#"{"instance": {"id": 1, "name": "", "token": "t", "element": {"id": 9001, "name": "Owl", "key": "owl"}},
    "hub": "crm", "authentication": {"type": "oauth2"}, "configuration": [], "resources": [
    {"path": "/messages", "methods": ["create", "list", "retrieve", "update", "delete"], "row": {"id": 1}, "sets": {"sent": true}},
    {"path": "/things", "methods": ["create", "list", "retrieve", "update", "delete"], "row": {"id": "1"}}]}"#;
const SECRETS: [&str; 2] = ["first", "second"];
const TABLES: [&str; 2] = ["messages", "things"];
const NAMES: [&str; 2] = ["owls", "hawks"];

pub(super) struct World {
    ce: Core,
    accounts: [Account; 2],
    saved: Option<Saved>,
}

/// A snapshot of everything and of each organization, and the model at that time.
struct Saved {
    all: Json<'static>,
    each: [Json<'static>; 2],
    accounts: [Account; 2],
}

impl World {
    pub(super) fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("owl.json"), OWL).unwrap();
        let catalog = directory.path().to_str().unwrap();
        let clock = ("clock", "2018-09-17T12:00:00Z");
        World {
            ce: Core::start(&[("catalog", catalog), ("oauth", "strict"), clock]),
            accounts: Default::default(),
            saved: None,
        }
    }

    pub(super) fn take(&mut self, step: &Step) {
        match step.act {
            Act::Provision => self.provision(step),
            Act::ProvisionByUsedCode => self.provision_by_used_code(step),
            Act::Get => drop(self.about(step, "GET", "", "")),
            Act::Deprovision => self.deprovision(step),
            Act::Enable | Act::Disable => self.switch(step),
            Act::Configure => self.configure(step),
            Act::Count => self.count(step),
            Act::CreateRow => self.create_row(step),
            Act::GetRow | Act::UpdateRow | Act::DeleteRow => self.one_row(step),
            Act::ListRows => self.list_rows(step),
            Act::Define | Act::Undefine => self.define(step),
            Act::Map | Act::Unmap => self.map(step),
            Act::ReadMapped => self.read_mapped(step),
            Act::Describe => self.describe(step),
            Act::AddResource | Act::RemoveResource => self.extend(step),
            Act::CallAdded => self.call_added(step),
            Act::CreateHub | Act::DeleteHub | Act::GetHub => self.hub(step),
            Act::Event => self.event(step),
            Act::Deliver => self.deliver(step),
            Act::Snapshot => self.save(),
            Act::Restore | Act::RestoreOne => self.restore(step),
        }
    }

    fn of(&mut self, step: &Step) -> &mut Account {
        &mut self.accounts[step.organization]
    }

    fn instance(&mut self, step: &Step) -> Option<&mut Instance> {
        self.of(step).instances.get_mut(&step.instance)
    }

    /// Asks as an organization.
    fn ask(&mut self, step: &Step, verb: &str, path: &str, body: &str) -> Reply {
        let caller = format!("User u, Organization {}", SECRETS[step.organization]);
        self.ce.ask(Request::to(verb, path).json(body).by(&caller))
    }

    /// Asks for something of an instance, by its id or by its token; `None` where there is no such instance.
    fn about(&mut self, step: &Step, verb: &str, below: &str, body: &str) -> Option<Reply> {
        let token = self.instance(step).map(|instance| instance.token.clone());
        // Only by its id an instance itself is read.
        let reply = if step.by_token && !(verb == "GET" && below.is_empty()) {
            let caller = format!("User u, Element {}", token.as_deref().unwrap_or("nobody="));
            let path = format!("/instances{below}");
            self.ce.ask(Request::to(verb, &path).json(body).by(&caller))
        } else {
            self.ask(
                step,
                verb,
                &format!("/instances/{}{below}", step.instance),
                body,
            )
        };
        if token.is_none() {
            assert!(
                matches!(reply.status, 401 | 404),
                "{step:?}: {}",
                reply.text()
            );
            return None;
        }
        Some(reply)
    }

    /// Calls a resource; `None` where the instance is not there or disabled.
    fn call(&mut self, step: &Step, verb: &str, path: &str, body: &str) -> Option<Reply> {
        let found = self
            .instance(step)
            .map(|instance| (instance.token.clone(), instance.is_disabled));
        let token = found.as_ref().map_or("nobody=", |(token, _)| token);
        let path = if step.by_token {
            path.to_owned()
        } else {
            format!("/hubs/any{path}")
        };
        let reply = self.ce.ask(
            Request::to(verb, &path)
                .json(body)
                .by(&format!("User u, Element {token}")),
        );
        let Some((_, is_disabled)) = found else {
            assert_eq!(reply.status, 401, "{step:?}");
            return None;
        };
        self.of(step).calls += 1;
        if is_disabled {
            assert_eq!(reply.status, 403, "{step:?}: {}", reply.text());
            return None;
        }
        Some(reply)
    }

    fn provision(&mut self, step: &Step) {
        let asked = "/elements/owl/oauth/url?apiKey=k&apiSecret=s&callbackUrl=http://localhost/";
        let url = self.ask(step, "GET", asked, "").member("oauthUrl");
        let path = &url[url.find("/oauth/").unwrap()..];
        let consent = self.ce.ask(Request::raw("GET", path));
        let address = consent.header("location").unwrap();
        let query = address.split_once('?').unwrap().1;
        let code = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "code");
        let code = code.unwrap().1.into_owned();
        let (events, entries) = [
            (Events::Ignored, ""),
            (Events::Kept, r#""event.notification.enabled":true"#),
            (
                Events::Sent,
                r#""event.notification.enabled":true,"event.notification.callback.url":"http://127.0.0.1:1/""#,
            ),
        ][if step.by_token {
            2
        } else {
            step.number as usize - 1
        }];
        let body = format!(
            r#"{{"name":"n","providerData":{{"code":"{code}"}},"configuration":{{{entries}}}}}"#
        );
        let reply = self.ask(step, "POST", "/elements/owl/instances", &body);
        assert_eq!(reply.status, 200, "{}", reply.text());
        let account = self.of(step);
        assert_eq!(reply.id(), 1234 + account.issued);
        account.issued += 1;
        account.used_codes.push(code);
        let instance = Instance {
            token: reply.token(),
            is_disabled: false,
            nulls: "true".to_owned(),
            events,
            tables: <[Table; 2]>::default(),
            defined: Default::default(),
            mapped: Default::default(),
        };
        account.instances.insert(reply.id(), instance);
    }

    fn provision_by_used_code(&mut self, step: &Step) {
        let Some(code) = self.of(step).used_codes.last().cloned() else {
            return;
        };
        let body = format!(r#"{{"name":"n","providerData":{{"code":"{code}"}}}}"#);
        let reply = self.ask(step, "POST", "/elements/owl/instances", &body);
        assert_eq!(reply.verdict(), (400, "oauth-strict"));
    }

    fn deprovision(&mut self, step: &Step) {
        if let Some(reply) = self.about(step, "DELETE", "", "") {
            assert_eq!((reply.status, reply.text()), (200, ""));
            let gone = self.of(step).instances.remove(&step.instance).unwrap();
            let dead = Request::get("/things").by(&format!("User u, Element {}", gone.token));
            assert_eq!(self.ce.ask(dead).status, 401);
        }
    }

    fn switch(&mut self, step: &Step) {
        let is_disabled = step.act == Act::Disable;
        let verb = if is_disabled { "DELETE" } else { "PUT" };
        if let Some(reply) = self.about(step, verb, "/enabled", "") {
            assert_eq!((reply.status, reply.text()), (200, ""));
            self.instance(step).unwrap().is_disabled = is_disabled;
        }
    }

    fn configure(&mut self, step: &Step) {
        let Some(before) = self.about(step, "GET", "/configuration", "") else {
            return;
        };
        let json = before.json();
        let named = |entry: &&Json<'_>| {
            entry.get("key").and_then(Json::as_str) == Some("filter.response.nulls")
        };
        let entry = json.as_array().unwrap().iter().find(named).unwrap();
        let text = |name| entry.get(name).unwrap().as_str().unwrap().to_owned();
        assert_eq!(text("propertyValue"), self.instance(step).unwrap().nulls);
        let id = entry.get("id").and_then(Json::as_u64).unwrap();
        let value = ["true", "false"][step.which];
        let body = format!(r#"{{"propertyValue":"{value}"}}"#);
        let reply = self
            .about(step, "PATCH", &format!("/configuration/{id}"), &body)
            .unwrap();
        assert_eq!(
            (reply.status, reply.member("propertyValue")),
            (200, value.to_owned())
        );
        self.instance(step).unwrap().nulls = value.to_owned();
    }

    fn count(&mut self, step: &Step) {
        let reply = self.ask(step, "GET", "/instances/count", "");
        let expected = match self.of(step).instances.len() {
            0 => r#"{"totalInstances":0,"elementInstances":{}}"#.to_owned(),
            count => {
                format!(r#"{{"totalInstances":{count},"elementInstances":{{"owl":{count}}}}}"#)
            }
        };
        assert_eq!(reply.text(), expected);
    }

    fn create_row(&mut self, step: &Step) {
        let name = format!("{step:?}").len().to_string();
        let (path, body) = (
            format!("/{}", TABLES[step.which]),
            format!(r#"{{"name":"{name}"}}"#),
        );
        let Some(reply) = self.call(step, "POST", &path, &body) else {
            return;
        };
        assert_eq!(reply.status, 200, "{}", reply.text());
        let table = &mut self.instance(step).unwrap().tables[step.which];
        table.last += 1;
        table.rows.insert(table.last, name.clone());
        assert_eq!(row(&reply.json()), (table.last, name.clone()));
        if step.which == 0 {
            self.of(step).outbox.push(name);
        }
    }

    fn one_row(&mut self, step: &Step) {
        let path = format!("/{}/{}", TABLES[step.which], step.number);
        let (verb, body) = match step.act {
            Act::GetRow => ("GET", ""),
            Act::UpdateRow => ("PATCH", r#"{"name":"changed","id":99}"#),
            _ => ("DELETE", ""),
        };
        let Some(reply) = self.call(step, verb, &path, body) else {
            return;
        };
        let rows = &mut self.instance(step).unwrap().tables[step.which].rows;
        let Some(name) = rows.get_mut(&step.number) else {
            assert_eq!(reply.status, 404, "{}", reply.text());
            return;
        };
        match step.act {
            Act::DeleteRow => {
                assert_eq!((reply.status, reply.text()), (200, ""));
                rows.remove(&step.number);
            }
            act => {
                if act == Act::UpdateRow {
                    *name = "changed".to_owned();
                }
                assert_eq!(row(&reply.json()), (step.number, name.clone()));
            }
        }
    }

    fn list_rows(&mut self, step: &Step) {
        let path = format!("/{}", TABLES[step.which]);
        let Some(reply) = self.call(step, "GET", &path, "") else {
            return;
        };
        let rows = self.instance(step).unwrap().tables[step.which].rows.clone();
        assert_eq!(listed(&reply), rows.into_iter().collect::<Vec<_>>());
    }

    fn define(&mut self, step: &Step) {
        let below = format!("/objects/{}/definitions", NAMES[step.which]);
        let body = (step.act == Act::Define).then_some(r#"{"fields":[{"path":"x"}]}"#);
        let expected = |is_new, is_defined, is_mapped| match (is_new, is_defined, is_mapped) {
            (true, true, _) | (false, true, true) => 409,
            (false, false, _) => 404,
            _ => 200,
        };
        self.declare(step, &below, body, expected, |one| &mut one.defined);
    }

    fn map(&mut self, step: &Step) {
        let below = format!("/transformations/{}", NAMES[step.which]);
        let body = r#"{"vendorName":"things","fields":[{"path":"x","vendorPath":"name"}]}"#;
        let body = (step.act == Act::Map).then_some(body);
        let expected = |is_new, is_defined, is_mapped| match (is_new, is_defined, is_mapped) {
            (true, false, _) => 400,
            (true, _, true) => 409,
            (false, _, false) => 404,
            _ => 200,
        };
        self.declare(step, &below, body, expected, |one| &mut one.mapped);
    }

    /// Declares an object of an instance, or takes the declaration back where there is no body.
    fn declare(
        &mut self,
        step: &Step,
        below: &str,
        body: Option<&str>,
        expected: impl FnOnce(bool, bool, bool) -> u16,
        declared: fn(&mut Instance) -> &mut BTreeSet<usize>,
    ) {
        let verb = if body.is_some() { "POST" } else { "DELETE" };
        let Some(reply) = self.about(step, verb, below, body.unwrap_or_default()) else {
            return;
        };
        let instance = self.instance(step).unwrap();
        let (is_defined, is_mapped) = (
            instance.defined.contains(&step.which),
            instance.mapped.contains(&step.which),
        );
        let expected = expected(body.is_some(), is_defined, is_mapped);
        assert_eq!(reply.status, expected, "{step:?}: {}", reply.text());
        if expected == 200 {
            match body {
                Some(_) => declared(instance).insert(step.which),
                None => declared(instance).remove(&step.which),
            };
        }
    }

    fn read_mapped(&mut self, step: &Step) {
        let Some(reply) = self.call(step, "GET", &format!("/{}", NAMES[step.which]), "") else {
            return;
        };
        let Instance { mapped, tables, .. } = self.instance(step).unwrap();
        if !mapped.contains(&step.which) {
            assert_eq!(reply.verdict(), (400, "resource-unsupported"));
            return;
        }
        let expected: Vec<_> = tables[1].rows.values().map(String::as_str).collect();
        let json = reply.json();
        let shown = json.as_array().unwrap().iter();
        let shown: Vec<_> = shown
            .map(|row| row.get("x").and_then(Json::as_str).unwrap())
            .collect();
        assert_eq!(shown, expected);
    }

    fn describe(&mut self, step: &Step) {
        let Some(reply) = self.about(step, "GET", "/docs", "") else {
            return;
        };
        let json = reply.json();
        let paths = json.get("paths").unwrap();
        let account = self.of(step);
        for number in 1..4 {
            let is_added = account.added.values().any(|added| *added == number);
            assert_eq!(paths.get(&format!("/extra{number}")).is_some(), is_added);
        }
        let mapped = &account.instances[&step.instance].mapped;
        for (which, name) in NAMES.iter().enumerate() {
            assert_eq!(
                paths.get(&format!("/{name}")).is_some(),
                mapped.contains(&which)
            );
        }
    }

    fn extend(&mut self, step: &Step) {
        let path = "/elements/owl/resources";
        if step.act == Act::RemoveResource {
            let reply = self.ask(step, "DELETE", &format!("{path}/{}", step.number), "");
            let was_there = self.of(step).added.remove(&step.number).is_some();
            assert_eq!(reply.status, if was_there { 200 } else { 404 });
            return;
        }
        let body = format!(r#"{{"method":"GET","path":"/extra{}"}}"#, step.number);
        let reply = self.ask(step, "POST", path, &body);
        let account = self.of(step);
        if account.added.values().any(|added| *added == step.number) {
            assert_eq!(reply.status, 409);
            return;
        }
        account.last_added += 1;
        account.added.insert(account.last_added, step.number);
        assert_eq!(reply.id(), account.last_added);
    }

    fn call_added(&mut self, step: &Step) {
        let Some(reply) = self.call(step, "GET", &format!("/extra{}", step.number), "") else {
            return;
        };
        let is_added = self
            .of(step)
            .added
            .values()
            .any(|added| *added == step.number);
        assert_eq!(
            reply.status,
            if is_added { 200 } else { 400 },
            "{}",
            reply.text()
        );
    }

    fn hub(&mut self, step: &Step) {
        let (number, path) = (step.number, format!("/hubs/own{}", step.number));
        let body = format!(r#"{{"name":"Own","key":"own{number}"}}"#);
        let reply = match step.act {
            Act::CreateHub => self.ask(step, "POST", "/hubs", &body),
            Act::DeleteHub => self.ask(step, "DELETE", &path, ""),
            _ => self.ask(step, "GET", &path, ""),
        };
        let hubs = &mut self.of(step).hubs;
        let expected = match (step.act, hubs.contains(&number)) {
            (Act::CreateHub, true) => 409,
            (Act::CreateHub, false) | (_, true) => 200,
            (_, false) => 404,
        };
        assert_eq!(reply.status, expected, "{step:?}: {}", reply.text());
        match (step.act, expected) {
            (Act::CreateHub, 200) => drop(hubs.insert(number)),
            (Act::DeleteHub, 200) => drop(hubs.remove(&number)),
            _ => {}
        }
    }

    fn event(&mut self, step: &Step) {
        let id = base64::engine::general_purpose::STANDARD.encode(step.instance.to_string());
        let reply = self.ask(step, "POST", &format!("/events/owl/{id}"), "{}");
        assert_eq!((reply.status, reply.text()), (200, "{}"));
        let account = self.of(step);
        let Some(instance) = account.instances.get(&step.instance) else {
            return;
        };
        let stage = match instance.events {
            _ if instance.is_disabled => return,
            Events::Ignored => return,
            Events::Kept => Stage::Consumed,
            Events::Sent if account.off.contains(&step.instance) => Stage::Waiting,
            Events::Sent => Stage::Queued,
        };
        account.events.push(Event {
            instance: step.instance,
            stage,
        });
    }

    fn deliver(&mut self, step: &Step) {
        let is_accepted = step.number == 1;
        self.ce
            .emulator()
            .advance_clock(Duration::from_secs(4_u64.pow(10)));
        self.ce
            .emulator()
            .send_webhooks(|_| if is_accepted { 204 } else { 503 });
        self.accounts
            .iter_mut()
            .for_each(|account| account.deliver(is_accepted));
    }

    fn save(&mut self) {
        let emulator = self.ce.emulator();
        self.saved = Some(Saved {
            all: emulator.snapshot(None),
            each: SECRETS.map(|secret| emulator.snapshot(Some(secret))),
            accounts: self.accounts.clone(),
        });
    }

    fn restore(&mut self, step: &Step) {
        let Some(saved) = &self.saved else {
            return;
        };
        let (emulator, one) = (self.ce.emulator(), step.organization);
        if step.act == Act::Restore {
            emulator.restore(&saved.all, None).unwrap();
            assert_eq!(emulator.snapshot(None).to_string(), saved.all.to_string());
            self.accounts = saved.accounts.clone();
        } else {
            emulator
                .restore(&saved.each[one], Some(SECRETS[one]))
                .unwrap();
            self.accounts[one] = saved.accounts[one].clone();
        }
        self.compare();
    }

    /// Compares what each organization has, whatever was asked for so far.
    pub(super) fn compare(&mut self) {
        for (organization, secret) in SECRETS.iter().enumerate() {
            let account = self.accounts[organization].clone();
            let caller = format!("User u, Organization {secret}");
            let get = |path: &str| Request::get(path).by(&caller);
            let kept = self.ce.emulator().instances(Some(secret));
            let kept: Vec<_> = kept.into_iter().map(|kept| (kept.id, kept.token)).collect();
            let expected = account
                .instances
                .iter()
                .map(|(id, kept)| (*id, kept.token.clone()));
            assert_eq!(kept, expected.collect::<Vec<_>>());
            let query = MessageQuery::new().organization(*secret);
            let (messages, _) = self.ce.emulator().messages(&query);
            let sent = messages.iter().map(|message| message.text("name").unwrap());
            assert_eq!(sent.collect::<Vec<_>>(), account.outbox);
            let log = self.ce.ask(get("/usage?from=2000-01-01&pageSize=200"));
            let rows = if log.status == 404 {
                0
            } else {
                log.json().as_array().unwrap().len()
            };
            assert_eq!(rows, account.calls, "calls");
            let events = self.ce.ask(get("/instances/events?pageSize=200"));
            let shown = if events.status == 404 {
                Vec::new()
            } else {
                statuses(&events)
            };
            let expected = account
                .events
                .iter()
                .rev()
                .map(|event| event.stage.status());
            assert_eq!(shown, expected.collect::<Vec<_>>());
        }
    }
}

fn row(json: &Json<'_>) -> (u64, String) {
    let id = json.get("id").unwrap();
    let id = id.as_u64().or_else(|| id.as_str().unwrap().parse().ok());
    (
        id.unwrap(),
        json.get("name").unwrap().as_str().unwrap().to_owned(),
    )
}

fn listed(reply: &Reply) -> Vec<(u64, String)> {
    let rows = reply.json();
    rows.as_array().unwrap().iter().map(row).collect()
}

fn statuses(reply: &Reply) -> Vec<String> {
    let events = reply.json();
    let status = |event: &Json<'_>| event.get("status").unwrap().as_str().unwrap().to_owned();
    events.as_array().unwrap().iter().map(status).collect()
}
