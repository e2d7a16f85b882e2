//! Properties that hold for every request and every state, tried on many at random.

mod bytes;
mod model;
mod requests;
mod snapshot;
mod steps;

use mock_ce::catalog::Catalog;
use mock_ce::{Emulator, MockCe};

/// A service whose clock stands still.
fn emulator() -> Emulator {
    let settings = MockCe::builder()
        .clock(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_489_519_216));
    Emulator::new(&settings, Catalog::documented().clone())
}

fn cases(cases: u32) -> proptest::prelude::ProptestConfig {
    proptest::prelude::ProptestConfig {
        failure_persistence: None,
        cases,
        ..Default::default()
    }
}
