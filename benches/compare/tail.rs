//! Latency while a store grows, at a rate that is the same for every server, without the generator's own waiting left out.

use std::fmt::Write as _;

use crate::arguments::Arguments;
use crate::load::{self, Repeated, Until};
use crate::report::{Table, tell};
use crate::request::{INSTANCES, MAILJET, render};
use crate::speed::{FRESH, YARDSTICK};
use crate::subject::{Running, own};
use crate::verdict::{Bound, Verdicts};

/// Points along the growth.
const POINTS: usize = 100;
const PERCENTILES: [(&str, f64); 4] = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)];

/// The latencies of one server at one number of connections, in the order of arrival.
pub(crate) struct Growth {
    pub(crate) name: &'static str,
    pub(crate) connections: usize,
    latencies: Vec<f32>,
}

/// Part of a growth, in microseconds.
pub(crate) struct Point {
    pub(crate) median: f32,
    pub(crate) p99: f32,
    pub(crate) greatest: f32,
}

/// Makes `arguments.full` instances at half of the rate that bare hyper can answer.
pub(crate) fn measure(arguments: &Arguments) -> (f64, Vec<Growth>) {
    let rate = (capacity(arguments) / 2.0).round();
    let mut growths = Vec::new();
    for connections in [8, 32] {
        for (name, subject) in [(YARDSTICK, "bare"), (FRESH, "mock-ce")] {
            let server = Running::start(own(&["serve", subject, "0"]));
            let of = (rate, arguments.full);
            let latencies = load::run_at_rate(server.address, connections, of, &mut creations());
            let growth = Growth {
                name,
                connections,
                latencies,
            };
            tell(&format!(
                "{} at {connections} connections: {}",
                name,
                growth.brief()
            ));
            growths.push(growth);
        }
    }
    (rate, growths)
}

fn creations() -> Repeated {
    Repeated {
        request: render("POST", INSTANCES, "o", MAILJET),
        expected: 200,
    }
}

/// Requests a second that bare hyper answers when it is asked without a pause.
fn capacity(arguments: &Arguments) -> f64 {
    let server = Running::start(own(&["serve", "bare", "0"]));
    let mut laps = [(); 5].map(|()| {
        let until = Until::Elapsed(arguments.slice);
        load::run(server.address, 32, until, &mut creations()).per_second()
    });
    laps.sort_by(f64::total_cmp);
    laps[2]
}

/// One row a server and number of connections, and the verdicts on the tail.
pub(crate) fn table(rate: f64, growths: &[Growth], verdicts: &mut Verdicts) -> Table {
    let count = growths[0].count();
    let title = format!("Latency while {count} instances are made, {rate:.0} a second, µs");
    let heads = ["server, connections", "p50", "p90", "p99", "p99.9", "max"];
    let mut table = Table::new(&title, heads);
    for growth in growths {
        let values = PERCENTILES.map(|(_, share)| format!("{:.0}", growth.percentile(share)));
        let [p50, p90, p99, p999] = values;
        let max = format!("{:.0}", growth.percentile(1.0));
        let name = format!("{}, {}", growth.name, growth.connections);
        table.row([name, p50, p90, p99, p999, max]);
    }
    for pair in growths.chunks_exact(2) {
        let [bare, own] = pair else { continue };
        let at = format!("{} connections", own.connections);
        verdicts.judge(
            &format!("99th percentile while the store grows, {at}, ratio"),
            f64::from(own.percentile(0.99) / bare.percentile(0.99)),
            Bound::AtMost(1.5),
        );
        verdicts.judge(
            &format!(
                "longest stall, {at}, ms (bare hyper in the same run: {:.1})",
                bare.percentile(1.0) / 1e3
            ),
            f64::from(own.percentile(1.0)) / 1e3,
            Bound::AtMost(2.0),
        );
    }
    table
}

impl Growth {
    fn percentile(&self, share: f64) -> f32 {
        percentile(&self.latencies, share)
    }

    /// Requests that were answered.
    pub(crate) fn count(&self) -> usize {
        self.latencies.len()
    }

    fn brief(&self) -> String {
        let mut text = String::new();
        for (name, share) in PERCENTILES {
            let _infallible = write!(text, "{name} {:.0} µs, ", self.percentile(share));
        }
        format!("{text}max {:.0} µs", self.percentile(1.0))
    }

    /// The growth in equal parts.
    pub(crate) fn points(&self) -> Vec<Point> {
        let parts = self.latencies.chunks(self.latencies.len().div_ceil(POINTS));
        let point = |part: &[f32]| Point {
            median: percentile(part, 0.5),
            p99: percentile(part, 0.99),
            greatest: percentile(part, 1.0),
        };
        parts.map(point).collect()
    }
}

/// The least value that is not exceeded by this share of the values.
fn percentile(values: &[f32], share: f64) -> f32 {
    let mut ordered = values.to_vec();
    let at = (values.len() as f64 * share).ceil() as usize;
    let at = at.clamp(1, values.len()) - 1;
    *ordered.select_nth_unstable_by(at, f32::total_cmp).1
}
