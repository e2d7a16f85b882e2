//! Gates: what a run must not have done. They judge the ledger of the whole run, so that no reset opens them.

use super::ledger::{Ledger, counted};

/// A demand that a run must meet, such as that every instance was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Gate {
    /// No answer rests on a rule below the demanded grade.
    MinGrade,
    /// Every instance that a client created was deleted.
    Leaks,
    /// No instance was deleted twice, and no token used after deletion.
    Mishaps,
    /// Every script and stub fired.
    Unfired,
    /// The cassette had every request.
    Misses,
}

impl Gate {
    /// Every gate.
    pub const ALL: [Gate; 5] = [
        Gate::MinGrade,
        Gate::Leaks,
        Gate::Mishaps,
        Gate::Unfired,
        Gate::Misses,
    ];

    /// The name in reports, and of the flag that demands it: `"deny-leaks"`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Gate::MinGrade => "min-grade",
            Gate::Leaks => "deny-leaks",
            Gate::Mishaps => "deny-mishaps",
            Gate::Unfired => "deny-unfired",
            Gate::Misses => "deny-misses",
        }
    }

    /// One line on the demand.
    #[must_use]
    pub const fn demand(self) -> &'static str {
        match self {
            Gate::MinGrade => "No answer rests on a rule below --min-grade",
            Gate::Leaks => "Every instance that was created was deleted",
            Gate::Mishaps => "No instance was deleted twice, and no token used after deletion",
            Gate::Unfired => "Every script and stub fired",
            Gate::Misses => "The cassette had every request",
        }
    }

    /// Judges a run.
    ///
    /// # Errors
    /// The reason for which the gate failed.
    pub fn judge(self, ledger: &Ledger) -> Result<(), String> {
        let mishaps = ledger.mishaps.len() as u64 + ledger.more_mishaps;
        let unfired = ledger.unfired.len() as u64 + ledger.more_unfired;
        let (count, reason) = match self {
            Gate::MinGrade => {
                let answers = counted(ledger.refused, "answer");
                (
                    ledger.refused,
                    format!(
                        "{answers} would rest on a rule below --min-grade{}",
                        ledger.refused_rules()
                    ),
                )
            }
            Gate::Leaks => {
                let were = if ledger.leaks() == 1 { "was" } else { "were" };
                let instances = counted(ledger.leaks(), "instance");
                (
                    ledger.leaks(),
                    format!("{instances} {were} created and never deleted"),
                )
            }
            Gate::Mishaps => (mishaps, counted(mishaps, "mishap")),
            Gate::Unfired => {
                let scripts = counted(unfired, "script");
                let stubs = if unfired == 1 { "stub" } else { "stubs" };
                (unfired, format!("{scripts} or {stubs} never fired"))
            }
            Gate::Misses => {
                let requests = counted(ledger.missed, "request");
                (
                    ledger.missed,
                    format!("the cassette did not have {requests}"),
                )
            }
        };
        if count == 0 { Ok(()) } else { Err(reason) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules;
    use rstest::rstest;

    #[rstest]
    #[case(Ledger { missed: 2, ..Ledger::default() }, Gate::Misses, "the cassette did not have 2 requests")]
    #[case(Ledger { refused: 1, ..Ledger::default() }, Gate::MinGrade, "1 answer would rest on a rule below --min-grade")]
    #[case(
        Ledger { refused: 3, refused_by: vec![(&rules::UNKNOWN_ROUTE, 2), (&rules::JSON_MALFORMED, 1)], ..Ledger::default() },
        Gate::MinGrade,
        "3 answers would rest on a rule below --min-grade: unknown-route (2), json-malformed (1)"
    )]
    #[case(Ledger { more_left: 3, ..Ledger::default() }, Gate::Leaks, "3 instances were created and never deleted")]
    #[case(Ledger { more_unfired: 1, ..Ledger::default() }, Gate::Unfired, "1 script or stub never fired")]
    #[case(Ledger { more_unfired: 2, ..Ledger::default() }, Gate::Unfired, "2 scripts or stubs never fired")]
    #[case(Ledger { more_mishaps: 2, ..Ledger::default() }, Gate::Mishaps, "2 mishaps")]
    fn each_gate_judges_its_own(#[case] run: Ledger, #[case] gate: Gate, #[case] reason: &str) {
        assert_eq!(gate.judge(&run), Err(reason.to_owned()));
        let others = Gate::ALL.iter().filter(|other| **other != gate);
        assert!(others.into_iter().all(|other| other.judge(&run).is_ok()));
    }
}
