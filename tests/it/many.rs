//! Many clients of one server, and more than one server.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::support::{Client, Harness, Request, Server, mailjet};

const CLIENTS: usize = 64;
const EACH: usize = 200;

fn create_many(address: SocketAddr) -> Vec<(u64, String)> {
    let mut client = Client::connect(address);
    let request = Request::post("/instances", mailjet("one of many"));
    let create = |_| {
        let reply = client.ask(&request);
        (reply.id(), reply.token())
    };
    (0..EACH).map(create).collect()
}

/// Rules `instance-id`, `instance-token`: distinct and without a gap, whoever asks at the same time.
#[test]
fn sixty_four_clients_create_at_once() {
    let mut server = Server::start(&[]);
    let address = server.ce.address();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| thread::spawn(move || create_many(address)))
        .collect();
    let created: Vec<_> = clients
        .into_iter()
        .flat_map(|client| client.join().unwrap())
        .collect();
    let mut ids: Vec<_> = created.iter().map(|(id, _)| *id).collect();
    ids.sort_unstable();
    assert_eq!(
        ids,
        (1234..1234 + (CLIENTS * EACH) as u64).collect::<Vec<_>>()
    );
    let tokens: HashSet<_> = created.iter().map(|(_, token)| token).collect();
    assert_eq!(tokens.len(), CLIENTS * EACH);
    let list = server.ask(Request::get("/instances?pageSize=1"));
    assert_eq!(list.header("elements-total-count"), Some("12800"));
    assert_eq!(server.ce.instances().len(), CLIENTS * EACH);
}

#[test]
fn servers_know_nothing_of_each_other() {
    let (mut one, mut other) = (Server::start(&[]), Server::start(&[]));
    assert_eq!(
        one.ask(Request::post("/instances", mailjet("n"))).status,
        200
    );
    assert_eq!(
        other.ask(Request::get("/instances")).verdict(),
        (404, "empty-list")
    );
    assert!(other.ce.instances().is_empty());
}

/// Also when it did not yet come to accepting anything.
#[test]
fn a_server_that_shuts_down_at_once_does_so() {
    let (done, is_done) = mpsc::channel();
    thread::spawn(move || {
        for _ in 0..200 {
            mock_ce::MockCe::start().shutdown();
        }
        done.send(())
    });
    // A server that waits for more than itself would take its five seconds each time.
    let ended = is_done.recv_timeout(Duration::from_secs(60));
    assert_eq!(ended, Ok(()), "a server does not shut down");
}
