//! The arguments of a run: its length, and what it measures beside the yardstick.

use std::time::Duration;

/// The amounts to measure.
#[derive(Clone, Debug)]
pub(crate) struct Arguments {
    /// Rounds of each throughput scenario.
    pub(crate) rounds: usize,
    /// Time for which a server is loaded in one round.
    pub(crate) slice: Duration,
    /// Instances of the server that is called full.
    pub(crate) full: usize,
    /// Requests of the long run; half of them create, half delete.
    pub(crate) long_run: u64,
    /// Repetitions where single starts are timed.
    pub(crate) starts: usize,
    /// Servers that idle together.
    pub(crate) idle: usize,
    /// `true` if the Rust peers are measured too.
    pub(crate) peers: bool,
    /// `true` if clean builds are timed too.
    pub(crate) build_cost: bool,
    pub(crate) keep: Keep,
}

/// The destination of the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// They are printed, and rewrite `results.md`, `plot.svg` and `growth.svg`.
    Files,
    /// They are only printed.
    Nothing,
}

const USAGE: &str =
    "usage: cargo bench --bench compare -- [--quick | --long | --check] [--peers] [--build-cost]";

impl Arguments {
    /// `None` when it is not a benchmark that is wanted.
    ///
    /// # Errors
    /// The usage, when a flag is not known.
    pub(crate) fn parse(words: &[String]) -> Result<Option<Self>, String> {
        let mut arguments = Arguments::whole();
        let mut wanted = false;
        for word in words {
            match &**word {
                "--bench" => wanted = true,
                "--quick" => arguments = arguments.quick(),
                "--check" => arguments = arguments.check(),
                "--long" => arguments.long_run = 10_000_000,
                "--peers" => arguments.peers = true,
                "--build-cost" => arguments.build_cost = true,
                other => return Err(format!("unknown argument {other:?}\n{USAGE}")),
            }
        }
        Ok(wanted.then_some(arguments))
    }

    fn whole() -> Self {
        Arguments {
            rounds: 15,
            slice: Duration::from_millis(400),
            full: 1_000_000,
            long_run: 1_000_000,
            starts: 500,
            idle: 10_000,
            peers: false,
            build_cost: false,
            keep: Keep::Files,
        }
    }

    /// Shows that every measurement works; its numbers mean nothing.
    fn check(self) -> Self {
        Arguments {
            rounds: 1,
            slice: Duration::from_millis(20),
            full: 10_000,
            long_run: 1_000,
            starts: 5,
            idle: 10,
            keep: Keep::Nothing,
            ..self
        }
    }

    fn quick(self) -> Self {
        Arguments {
            rounds: 5,
            slice: Duration::from_millis(200),
            full: 100_000,
            long_run: 100_000,
            starts: 100,
            idle: 1_000,
            keep: Keep::Nothing,
            ..self
        }
    }
}
