//! A short soak; `benches/soak` is the long one, with the same traffic.

use crate::traffic::{self, Tally};

use super::process::Server;

/// 64 connections, five rounds each.
#[test]
fn nothing_goes_wrong_in_mixed_traffic_but_what_the_script_ordered() {
    let server = Server::start();
    let idle = server.descriptors();
    let tally = Tally::default();
    traffic::script(server.address);
    traffic::run(server.address, 64, |round| round >= 5, &tally);
    assert!(tally.faults_seen() > 0);
    assert_eq!(tally.unasked(server.address), 0, "{:?}", tally.examples);
    // The server sees the end of a connection when it next looks, and each look is an answer here.
    let closed = (0..10_000).any(|_| {
        tally.unasked(server.address);
        server.descriptors() <= idle + 1
    });
    assert!(closed, "{idle} before, {} now", server.descriptors());
}
