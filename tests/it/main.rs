//! The service from the outside: requests, replies, and what the process around them does.
//!
//! `cases` is one table for three harnesses; `contract` has the rules, section by section.
#![allow(clippy::unwrap_used)]

mod support;

mod abuse;
mod bad_input;
#[cfg(feature = "cli")]
mod binary;
mod cases;
mod contract;
mod control;
mod docs;
mod elements;
#[cfg(feature = "cli")]
mod example;
mod fuzzing;
#[cfg(feature = "guide")]
mod guides;
#[cfg(feature = "cli")]
mod https;
mod many;
mod openapi;
#[cfg(feature = "page")]
mod page;
mod platform;
#[cfg(target_os = "linux")]
mod process;
mod properties;
#[cfg(feature = "cli")]
mod recorder;
mod samples;

#[cfg(feature = "cli")]
#[path = "../../benches/soak/connection.rs"]
mod connection;
#[cfg(feature = "cli")]
#[path = "../../benches/soak/traffic.rs"]
mod traffic;
