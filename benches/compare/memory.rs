//! Measures the memory of servers, instances, lists and a long run, and the time of lists.

use std::path::Path;

use crate::arguments::Arguments;
use crate::load::{self, Conversation, Until};
use crate::process;
use crate::report::{Table, tell};
use crate::request::{INSTANCES, MAILJET, render};
use crate::series::Series;
use crate::speed::fresh_mock;
use crate::subject::{PEERS, numbers, of_peers, own};
use crate::verdict::{Bound, Verdicts};

pub(crate) fn idle_table(
    arguments: &Arguments,
    peers: Option<&Path>,
    verdicts: &mut Verdicts,
) -> Table {
    // Some descriptors are for the program itself.
    let servers = arguments.idle.min(process::most_descriptors() - 100);
    let servers = servers.to_string();
    let title = format!("{servers} idle servers in one process");
    let heads = ["server", "KiB each", "descriptors each", "threads of all"];
    let mut table = Table::new(&title, heads);
    let mut add = |name: &str, lines: Vec<f64>| {
        let cell = |at: usize, digits: usize| format!("{:.digits$}", lines[at]);
        let kibibytes = format!("{:.1}", lines[0] / 1024.0);
        table.row([name.to_owned(), kibibytes, cell(1, 2), cell(2, 0)]);
    };
    add(
        "bare hyper on a shared runtime",
        numbers(own(&["idle", "bare", &servers])),
    );
    let lines = numbers(own(&["idle", "mock-ce", &servers]));
    if lines[3] == 0.0 {
        tell("a port of mock-ce was still open after the server was dropped");
    }
    let which = format!("{servers} idle servers");
    verdicts.judge(
        &format!("{which}, KiB each"),
        lines[0] / 1024.0,
        Bound::AtMost(2.0),
    );
    verdicts.judge(
        &format!("{which}, descriptors each"),
        lines[1],
        Bound::AtMost(1.0),
    );
    verdicts.judge(
        &format!("{which}, threads of all"),
        lines[2],
        Bound::AtMost(1.0),
    );
    add("mock-ce", lines);
    // Of a peer, so many that their threads and descriptors stay within the usual limits.
    let few = arguments.idle.min(200).to_string();
    if let Some(program) = peers {
        for name in PEERS {
            let title = format!("{name} ({few} servers)");
            add(&title, numbers(of_peers(program, &["idle", name, &few])));
        }
    }
    table
}

/// Bytes that are kept for each request.
pub(crate) fn stored_table(arguments: &Arguments, verdicts: &mut Verdicts) -> Table {
    let (many, some) = (arguments.full, arguments.full / 10);
    let kept = |kind: &str, count: usize| numbers(own(&["store", kind, &count.to_string()]))[0];
    let mut table = Table::new("Memory for what is kept (resident)", ["what", "bytes each"]);
    let mut row = |what: String, bytes: f64| table.row([what, format!("{bytes:.0}")]);
    let smallest = kept("instances", many);
    row(
        format!("an instance of the guide's SendGrid minimum, of {many}"),
        smallest,
    );
    let instance = kept("mailjet", some);
    let entry = kept("journal", some) - instance;
    row(
        format!("a journal entry of a creation (412 bytes sent), of {some}"),
        entry,
    );
    let emptied = kept("emptied", some);
    row(format!("an emptied organization, of {some}"), emptied);
    verdicts.judge("an instance, bytes", smallest, Bound::AtMost(450.0));
    verdicts.judge("a journal entry, bytes", entry, Bound::AtMost(700.0));
    verdicts.judge(
        "an emptied organization, bytes",
        emptied,
        Bound::AtMost(100.0),
    );
    row(
        format!("a journal entry of a refusal (412 bytes sent), of {some}"),
        kept("errors", some),
    );
    table
}

/// A page of a list, with few and with many instances.
pub(crate) fn list_table(arguments: &Arguments) -> Table {
    let counts = [1_000, arguments.full];
    let heads = ["page", "µs with 1,000 instances", "µs with many", "many"];
    let mut table = Table::new("Listing, without a socket", heads);
    let pages = [
        ("the first 200", "pageSize=200"),
        ("the first 20", "pageSize=20"),
        ("20 from the middle", "pageSize=20&nextPage=YWZ0ZXI6MTczNA"),
    ];
    for (title, query) in pages {
        let [few, many] =
            counts.map(|count| Series::new(numbers(own(&["list", query, &count.to_string()]))));
        table.row([
            title.to_owned(),
            format!("{few:.1}"),
            format!("{many:.1}"),
            counts[1].to_string(),
        ]);
    }
    let [few, many] =
        [1_000, ROWS].map(|count| Series::new(numbers(own(&["rows", &count.to_string()]))));
    table.row([
        "20 rows of a resource, from the middle".to_owned(),
        format!("{few:.1}"),
        format!("{many:.1}"),
        ROWS.to_string(),
    ]);
    table
}

/// The rows of a resource from the middle of which a page is listed.
const ROWS: usize = 1_000_000;

/// The time until many events of one instance were delivered.
pub(crate) fn events_table() -> Table {
    let mut table = Table::new("Webhooks to a receiver on this machine", ["events", "ms"]);
    let times = (0..5).flat_map(|_| numbers(own(&["events", "1000"])));
    table.row(["1000".to_owned(), format!("{:.0}", Series::new(times))]);
    table
}

/// A reset of few and of many instances, which a test waits for between its cases.
pub(crate) fn reset_table() -> Table {
    let counts = [1_000, 100_000];
    let heads = ["instances", "µs"];
    let mut table = Table::new("Reset, without a socket", heads);
    for count in counts {
        let resets = Series::new(numbers(own(&["reset", &count.to_string()])));
        table.row([count.to_string(), format!("{resets:.0}")]);
    }
    table
}

/// Resident memory while requests create and delete over 32 connections.
pub(crate) fn long_run_table(arguments: &Arguments) -> Table {
    const STEPS: u64 = 10;
    let server = fresh_mock();
    let title = format!(
        "Resident memory over {} requests that create and delete",
        arguments.long_run
    );
    let mut table = Table::new(&title, ["requests", "MiB"]);
    let mut lives = Lives::new(32);
    for step in 1..=STEPS {
        let replies = arguments.long_run / STEPS;
        load::run(server.address, 32, Until::Replies(replies), &mut lives);
        lives.settle();
        if matches!(step, 1 | 2 | 5 | STEPS) {
            let resident = process::resident(server.pid()) as f64 / 1024.0 / 1024.0;
            table.row([(replies * step).to_string(), format!("{resident:.1}")]);
        }
    }
    table
}

/// Each connection has an organization of its own, creates an instance and deletes it, again and again.
struct Lives {
    organizations: Vec<Life>,
    /// Counts the runs: an organization whose last request was not answered is not used again.
    generation: u32,
}

struct Life {
    creation: Vec<u8>,
    organization: String,
    next_id: u64,
    alive: bool,
    request: Vec<u8>,
}

impl Lives {
    fn new(connections: usize) -> Self {
        let organizations = (0..connections).map(|index| Life::new(format!("o{index}-0")));
        Lives {
            organizations: organizations.collect(),
            generation: 0,
        }
    }

    /// Starts anew: what a run had under way when it ended is unknown.
    fn settle(&mut self) {
        self.generation += 1;
        for (index, life) in self.organizations.iter_mut().enumerate() {
            *life = Life::new(format!("o{index}-{}", self.generation));
        }
    }
}

impl Life {
    fn new(organization: String) -> Self {
        Life {
            creation: render("POST", INSTANCES, &organization, MAILJET),
            organization,
            next_id: 1234,
            alive: false,
            request: Vec::new(),
        }
    }
}

impl Conversation for Lives {
    fn next(&mut self, connection: usize) -> &[u8] {
        let life = &mut self.organizations[connection];
        life.alive = !life.alive;
        if life.alive {
            return &life.creation;
        }
        let target = format!("{INSTANCES}/{}", life.next_id);
        life.request = render("DELETE", &target, &life.organization, "");
        life.next_id += 1;
        &life.request
    }

    fn expected(&self) -> u16 {
        200
    }
}
