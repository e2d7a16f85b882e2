//! Recording a real service: what reaches the disk, what is replayed, and what survives.

mod bad_files;
mod forwarding;
mod kill;
mod lifecycle;
mod modes;
mod planted;
// Signals, shells and file modes.
#[cfg(unix)]
mod processes;
mod properties;
mod replay;
mod schema;
mod secrets;
mod stand;
mod verbs;
