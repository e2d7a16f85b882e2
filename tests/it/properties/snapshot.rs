//! A restored state is the state: whatever is asked afterwards is answered with the same bytes.

use mock_ce::{Emulator, Json, Outcome};
use proptest::prelude::*;

use super::steps::{Step, step};

/// Status, headers and body.
type Bytes = (u16, Vec<(String, Vec<u8>)>, Vec<u8>);

fn take(emulator: &Emulator, step: &Step) -> Bytes {
    let instances = emulator.instances(None);
    let meant = instances
        .iter()
        .find(|instance| instance.organization == step.secret() && instance.id == step.id);
    let token = meant.map_or("nobody=", |instance| &instance.token);
    let Outcome { reply, .. } = emulator.answer(&step.request(token));
    let headers = reply
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
    (
        reply.status.as_u16(),
        headers.collect(),
        reply.body.to_vec(),
    )
}

proptest! {
    #![proptest_config(super::cases(50))]

    #[test]
    fn after_restoring_everything_is_answered_with_the_same_bytes(
        before in prop::collection::vec(step(), 0..40), after in prop::collection::vec(step(), 1..40),
    ) {
        let (taken, restored) = (super::emulator(), super::emulator());
        before.iter().for_each(|step| drop(take(&taken, step)));
        let text = taken.snapshot(None).to_string();
        restored.restore(&Json::parse(text.as_bytes()).unwrap(), None).unwrap();
        prop_assert_eq!(restored.snapshot(None).to_string(), text);
        for step in &after {
            prop_assert_eq!(take(&restored, step), take(&taken, step));
        }
        prop_assert_eq!(restored.snapshot(None).to_string(), taken.snapshot(None).to_string());
    }

    /// Restoring one organization leaves the others as they were.
    #[test]
    fn an_organization_restored_alone_is_as_it_was_and_the_others_as_they_are(
        before in prop::collection::vec(step(), 0..30), between in prop::collection::vec(step(), 0..30),
    ) {
        let emulator = super::emulator();
        before.iter().for_each(|step| drop(take(&emulator, step)));
        let text = |secret: &str| emulator.snapshot(Some(secret)).get("organizations").unwrap().to_string();
        let (one, other) = ("organization 0", "organization 1");
        let document = emulator.snapshot(Some(one));
        let as_it_was = text(one);
        between.iter().for_each(|step| drop(take(&emulator, step)));
        let as_it_is = text(other);
        emulator.restore(&document, Some(one)).unwrap();
        prop_assert_eq!((text(one), text(other)), (as_it_was, as_it_is));
    }
}
