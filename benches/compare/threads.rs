//! One server on several threads, where a whole machine's tests share it.
//!
//! On a machine of two cores the generator takes one of them. So beside the requests a second stands what two cores would
//! answer that had nothing else to do: twice the inverse of the processor time that a request takes.

use crate::arguments::Arguments;
use crate::load::{self, Repeated, Until};
use crate::report::Table;
use crate::request::{INSTANCES, MAILJET, render};
use crate::series::Series;
use crate::subject::{Running, own};
use crate::verdict::{Bound, Verdicts};

const CONNECTIONS: usize = 64;
const SUBJECTS: [(&str, &str); 2] = [("one thread", "mock-ce"), ("two threads", "two-threads")];

pub(crate) fn table(arguments: &Arguments, verdicts: &mut Verdicts) -> Table {
    let mut laps = [Vec::new(), Vec::new()];
    for _ in 0..arguments.rounds {
        for (laps, (_, subject)) in laps.iter_mut().zip(SUBJECTS) {
            laps.push(lap(arguments, subject));
        }
    }
    let title = format!("POST /instances on several threads, {CONNECTIONS} connections");
    let heads = [
        "server",
        "requests a second",
        "µs processor a request",
        "busy",
    ];
    let mut table = Table::new(&title, heads);
    let mut processor = [0.0; 2];
    for ((laps, (name, _)), processor) in laps.iter().zip(SUBJECTS).zip(&mut processor) {
        let of = |at: usize| Series::new(laps.iter().map(|lap: &[f64; 3]| lap[at]));
        *processor = of(1).median();
        let (rate, busy) = (format!("{:.0}", of(0)), format!("{:.2}", of(2)));
        table.row([name.to_owned(), rate, format!("{:.1}", of(1)), busy]);
    }
    let ratio = 2.0 * processor[0] / processor[1];
    verdicts.judge(
        "two threads to one, generator accounted, ratio",
        ratio,
        Bound::AtLeast(1.6),
    );
    table
}

/// Requests a second, microseconds of processor a request, and cores kept busy.
fn lap(arguments: &Arguments, subject: &str) -> [f64; 3] {
    let server = Running::start(own(&["serve", subject, "1"]));
    let mut creations = Repeated {
        request: render("POST", INSTANCES, "o", MAILJET),
        expected: 200,
    };
    let mut load = |time| {
        let until = Until::Elapsed(time);
        load::run(server.address, CONNECTIONS, until, &mut creations)
    };
    load(arguments.slice / 5);
    let before = server.processor_micros();
    let load = load(arguments.slice);
    let processor = server.processor_micros() - before;
    let busy = processor / 1e6 / load.elapsed.as_secs_f64();
    [load.per_second(), processor / load.replies as f64, busy]
}
