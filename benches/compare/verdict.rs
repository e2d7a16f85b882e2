//! Targets, and what a run says of each.

use crate::report::Table;

/// The values that a target allows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// The targets that a run has judged, in the order of the measurements.
#[derive(Debug, Default)]
pub(crate) struct Verdicts(Vec<[String; 4]>);

impl Verdicts {
    pub(crate) fn judge(&mut self, target: &str, measured: f64, bound: Bound) {
        let (is_met, sign, limit) = match bound {
            Bound::AtLeast(limit) => (measured >= limit, "≥", limit),
            Bound::AtMost(limit) => (measured <= limit, "≤", limit),
        };
        let apart = (measured / limit - 1.0).abs() * 100.0;
        let verdict = match (is_met, limit == 0.0) {
            (true, _) => "met".to_owned(),
            (false, true) => "missed".to_owned(),
            (false, false) => format!("missed by {apart:.0} %"),
        };
        self.0.push([
            target.to_owned(),
            format!("{sign} {}", figure(limit)),
            figure(measured),
            verdict,
        ]);
    }

    pub(crate) fn table(self) -> Table {
        let mut table = Table::new("Verdicts", ["target", "asked", "measured", "verdict"]);
        self.0.into_iter().for_each(|row| table.row(row));
        table
    }
}

/// Three digits that matter.
fn figure(value: f64) -> String {
    match value.abs() {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
