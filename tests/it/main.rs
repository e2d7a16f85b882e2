//! One integration binary, a module a capability.

mod guides;
mod readme;
