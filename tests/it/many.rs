//! Many clients of one server, and more than one server.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use mock_ce::MockCe;
use rstest::rstest;

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
#[rstest]
#[case::on_the_shared_thread(&[])]
#[case::on_threads_of_the_server(&[("threads", "4")])]
fn sixty_four_clients_create_at_once(#[case] settings: &[(&str, &str)]) {
    let mut server = Server::start(settings);
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
#[rstest]
#[case::on_the_shared_thread(1)]
#[case::on_threads_of_the_server(3)]
fn a_server_that_shuts_down_at_once_does_so(#[case] threads: usize) {
    let (done, is_done) = mpsc::channel();
    thread::spawn(move || {
        for _ in 0..200 {
            MockCe::builder().threads(threads).start().shutdown();
        }
        done.send(())
    });
    // A server that waits for more than itself would take its five seconds each time.
    let ended = is_done.recv_timeout(Duration::from_secs(60));
    assert_eq!(ended, Ok(()), "a server does not shut down");
}

/// A dropped server's connections are closed when the drop returns, whichever thread served them.
#[test]
fn a_dropped_server_with_threads_has_closed_its_connections() {
    let ce = MockCe::builder().threads(2).start();
    let mut clients = [(); 4].map(|()| Client::connect(ce.address()));
    for client in &mut clients {
        assert_eq!(client.ask(&Request::get("/elements/6")).status, 200);
    }
    drop(ce);
    clients.iter_mut().for_each(Client::assert_closed);
}
