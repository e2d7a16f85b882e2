//! One step of a client or of a test.

use proptest::prelude::*;

#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) organization: usize,
    pub(super) instance: u64,
    pub(super) act: Act,
    /// Which row, resource or hub; or how an instance is configured.
    pub(super) number: u64,
    /// Which of two tables, names or answers.
    pub(super) which: usize,
    /// `true` if the client addresses the instance by its token.
    pub(super) by_token: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Provision,
    ProvisionByUsedCode,
    Get,
    Deprovision,
    Enable,
    Disable,
    Configure,
    Count,
    CreateRow,
    GetRow,
    UpdateRow,
    DeleteRow,
    ListRows,
    Define,
    Undefine,
    Map,
    Unmap,
    ReadMapped,
    Describe,
    AddResource,
    RemoveResource,
    CallAdded,
    CreateHub,
    DeleteHub,
    GetHub,
    Event,
    Deliver,
    Snapshot,
    Restore,
    RestoreOne,
}

/// All acts; those without which the others find nothing stand there more than once.
const ACTS: [Act; 44] = {
    use Act::*;
    [
        Provision,
        Provision,
        Provision,
        Provision,
        ProvisionByUsedCode,
        Get,
        Deprovision,
        Enable,
        Enable,
        Disable,
        Configure,
        Count,
        CreateRow,
        CreateRow,
        CreateRow,
        GetRow,
        UpdateRow,
        DeleteRow,
        ListRows,
        Define,
        Define,
        Undefine,
        Map,
        Map,
        Unmap,
        ReadMapped,
        Describe,
        AddResource,
        RemoveResource,
        CallAdded,
        CreateHub,
        DeleteHub,
        GetHub,
        Event,
        Event,
        Event,
        Event,
        Deliver,
        Deliver,
        Deliver,
        Deliver,
        Snapshot,
        Restore,
        RestoreOne,
    ]
};

pub(super) fn step() -> impl Strategy<Value = Step> {
    let act = prop::sample::select(&ACTS[..]);
    (
        0..2_usize,
        1234..1236_u64,
        act,
        1..4_u64,
        0..2_usize,
        any::<bool>(),
    )
        .prop_map(
            |(organization, instance, act, number, which, by_token)| Step {
                organization,
                instance,
                act,
                number,
                which,
                by_token,
            },
        )
}
