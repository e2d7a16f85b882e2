//! One integration binary, a module a capability.

mod guides;
mod readme;
#[cfg(feature = "cli")]
mod recorder;
