//! The usage log: one row a call of an instance's resources (rule `usage-written`).

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

use super::instances::KeptLabels;
use super::instances::document::element;
use super::{Change, Restoration, Section};
use crate::catalog::{Catalog, Element};
use crate::emulator::clock::millis;
use crate::emulator::identity::RequestId;
use crate::emulator::lazy::LazyMutex;
use crate::wire::json::document::{Document, Reading};
use crate::wire::json::{Json, object};
use crate::wire::time;

/// More rows of one organization are not kept: the oldest go first.
const MAX_ROWS: usize = 10_000;
/// The same for the bytes that its rows take.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// The rows of a server.
#[derive(Debug, Default)]
pub(crate) struct Usage(LazyMutex<BTreeMap<Arc<str>, Log>>);

/// The rows of one organization, oldest first.
#[derive(Clone, Debug, Default)]
struct Log {
    rows: VecDeque<Arc<Row>>,
    bytes: usize,
    /// The number of rows that were ever written; that of the last one.
    written: u64,
    dropped: u64,
}

/// One call.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// From 1, per organization.
    pub(crate) number: u64,
    /// When, in milliseconds since 1970.
    pub(crate) at: u64,
    pub(crate) request_id: RequestId,
    pub(crate) traffic_id: RequestId,
    pub(crate) element: Arc<Element>,
    pub(crate) instance: u64,
    /// Those of the instance at the time of the call.
    pub(crate) labels: KeptLabels,
    /// The path that was called, without its query.
    pub(crate) path: Box<str>,
    pub(crate) ip: IpAddr,
    pub(crate) is_success: bool,
}

impl Row {
    /// Roughly what it takes.
    fn bytes(&self) -> usize {
        size_of::<Row>() + self.labels.bytes() + self.path.len()
    }
}

impl Usage {
    /// Writes a row; its number is given here.
    pub(crate) fn record(&self, organization: &str, row: Row) {
        let mut organizations = self.0.lock();
        if !organizations.contains_key(organization) {
            organizations.insert(organization.into(), Log::default());
        }
        let log = organizations
            .get_mut(organization)
            .expect("it was put there above");
        let number = log.written + 1;
        log.keep(Row { number, ..row });
    }

    /// An organization's rows, newest first.
    pub(crate) fn rows(&self, organization: &str) -> Vec<Arc<Row>> {
        let organizations = self.0.lock();
        let log = organizations.get(organization);
        log.into_iter()
            .flat_map(|log| log.rows.iter().rev().cloned())
            .collect()
    }
}

impl Log {
    fn keep(&mut self, row: Row) {
        self.written = self.written.max(row.number);
        self.bytes += row.bytes();
        self.rows.push_back(Arc::new(row));
        while self.rows.len() > MAX_ROWS || (self.bytes > MAX_BYTES && self.rows.len() > 1) {
            let oldest = self.rows.pop_front().expect("it has more than one");
            self.bytes -= oldest.bytes();
            self.dropped += 1;
        }
    }
}

impl Section for Usage {
    fn member(&self) -> &'static str {
        "usage"
    }

    fn clear(&self, only: Option<&str>) {
        self.0
            .lock()
            .retain(|organization, _| only.is_some_and(|only| only != &**organization));
    }

    fn snapshot(&self, only: Option<&str>) -> Json<'static> {
        let organizations = self.0.lock();
        let of = |organization: &&Arc<str>| only.is_none_or(|only| only == &***organization);
        let logs = organizations
            .iter()
            .filter(|(organization, _)| of(organization));
        logs.map(|(organization, log)| log_json(organization, log))
            .collect()
    }

    fn dropped(&self, only: Option<&str>) -> u64 {
        let organizations = self.0.lock();
        let wanted = organizations
            .iter()
            .filter(|(organization, _)| only.is_none_or(|only| only == &***organization));
        wanted.map(|(_, log)| log.dropped).sum()
    }

    fn read<'s>(
        &'s self,
        json: Option<&Json<'_>>,
        restoration: &Restoration<'s>,
    ) -> Reading<Change<'s>> {
        let Restoration { only, catalog, .. } = *restoration;
        let mut logs = json.map_or(Ok(BTreeMap::new()), |json| read_logs(json, catalog))?;
        logs.retain(|organization, _| only.is_none_or(|only| only == &**organization));
        Ok(Box::new(move || {
            self.clear(only);
            self.0.lock().extend(logs);
            Ok(())
        }))
    }
}

fn log_json(organization: &str, log: &Log) -> Json<'static> {
    object([
        ("organization", organization.to_owned().into()),
        ("written", log.written.into()),
        ("dropped", log.dropped.into()),
        ("rows", log.rows.iter().map(|row| row_json(row)).collect()),
    ])
}

fn row_json(row: &Row) -> Json<'static> {
    let tags = row
        .labels
        .get()
        .shown_tags()
        .map(|tag| tag.to_owned().into());
    object([
        ("number", row.number.into()),
        ("at", time::format(row.at).into()),
        ("requestId", row.request_id.to_string().into()),
        ("trafficId", row.traffic_id.to_string().into()),
        ("element", row.element.key().to_owned().into()),
        ("instance", row.instance.into()),
        ("tags", tags.collect()),
        ("path", row.path.to_string().into()),
        ("ip", row.ip.to_string().into()),
        ("success", row.is_success.into()),
    ])
}

fn read_logs(json: &Json<'_>, catalog: &Catalog) -> Reading<BTreeMap<Arc<str>, Log>> {
    let found = || format!("usage must be an array, found {}", json.kind());
    let mut logs = BTreeMap::new();
    for (at, json) in json.as_array().ok_or_else(found)?.iter().enumerate() {
        let path = format!("usage[{at}]");
        let document =
            Document::read(json, &path, &["organization", "written", "dropped", "rows"])?;
        let mut log = Log::default();
        for (at, json) in document.array("rows")?.iter().enumerate() {
            let path = document.at(&format!("rows[{at}]"));
            let row = read_row(json, &path, catalog)?;
            if row.number <= log.written {
                return Err(format!("{path}.number must be higher than the one before"));
            }
            log.keep(row);
        }
        log.written = log.written.max(document.counter("written")?.unwrap_or(0));
        log.dropped += document.counter("dropped")?.unwrap_or(0);
        if logs
            .insert(document.required_text("organization")?.into(), log)
            .is_some()
        {
            return Err(format!("{path}.organization comes twice"));
        }
    }
    Ok(logs)
}

fn read_row(json: &Json<'_>, path: &str, catalog: &Catalog) -> Reading<Row> {
    let known = [
        "number",
        "at",
        "requestId",
        "trafficId",
        "element",
        "instance",
        "tags",
        "path",
        "ip",
        "success",
    ];
    let document = Document::read(json, path, &known)?;
    let id = |name: &str| {
        let wrong = || format!("{} must be 24 hex digits in lower case", document.at(name));
        RequestId::parse(document.required_text(name)?).ok_or_else(wrong)
    };
    let ip = document.required_text("ip")?.parse();
    let called = document.required_text("path")?;
    if !called.starts_with('/') {
        return Err(format!("{} must begin with a slash", document.at("path")));
    }
    let number = document.required_counter("number")?;
    let tags = document.array("tags")?.iter().enumerate().map(|(at, tag)| {
        let wrong = || format!("{path}.tags[{at}] must be text");
        tag.as_str().ok_or_else(wrong)
    });
    Ok(Row {
        number,
        at: document.moment("at")?.map_or(0, millis),
        request_id: id("requestId")?,
        traffic_id: id("trafficId")?,
        element: element(
            document.required_text("element")?,
            &document.at("element"),
            catalog,
        )?,
        instance: document.required_whole("instance")?,
        labels: KeptLabels::pack("", Some(&tags.collect::<Reading<Vec<_>>>()?)),
        path: called.into(),
        ip: ip.map_err(|_| format!("{} must be an address", document.at("ip")))?,
        is_success: document.flag("success")?.unwrap_or(true),
    })
}
