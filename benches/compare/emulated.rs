//! Emulators without a server, the instances that they are filled with, and the numbers that are told of them.

use std::io::Write as _;
use std::sync::Arc;

use http::Method;
use mock_ce::{Emulator, Request, Settings};

use crate::request::INSTANCES;

/// Creates instances without a socket.
pub(crate) fn fill(emulator: &Emulator, instances: usize, body: &'static str) {
    let request = creation(body);
    for _ in 0..instances {
        assert_eq!(emulator.answer(&request).reply.status, 200);
    }
}

pub(crate) fn creation(body: &'static str) -> Request {
    Request::new(Method::POST, INSTANCES, body)
        .header("authorization", "User u8Jx1DqvCYIpQnzY, Organization o")
        .header("host", "localhost")
        .header("accept", "*/*")
        .header("content-type", "application/json")
        .header("content-length", "412")
}

/// The authorization of the token of a server's first instance.
pub(crate) fn first_caller(emulator: &Emulator) -> String {
    format!("Element {}", emulator.instances(None)[0].token)
}

/// An emulator without a server.
pub(crate) fn emulator(settings: &Settings) -> Arc<Emulator> {
    let catalog = mock_ce::catalog::Catalog::documented().clone();
    Arc::new(Emulator::new(settings, catalog))
}

/// Prints a line for each.
pub(crate) fn print<T: std::fmt::Display>(lines: impl IntoIterator<Item = T>) {
    let mut out = std::io::stdout().lock();
    for line in lines {
        writeln!(out, "{line}").expect("whoever started this reads");
    }
    out.flush().expect("whoever started this reads");
}
