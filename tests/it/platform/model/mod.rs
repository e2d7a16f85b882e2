//! The whole service against a plain model of it: every kind of state, two organizations, and snapshots in between.

mod account;
mod step;
mod world;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use step::step;
use world::World;

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        rng_seed: RngSeed::Fixed(11),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Rules of all capabilities, interleaved; after each case everything is compared once more.
    #[test]
    fn the_service_is_what_a_plain_model_says(steps in prop::collection::vec(step(), 20..80)) {
        let mut world = World::start();
        for step in &steps {
            world.take(step);
        }
        world.compare();
    }
}
