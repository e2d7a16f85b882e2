//! x
mod finding;
mod markdown;
mod repair;
mod tree;
pub use finding::*;
