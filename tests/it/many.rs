//! Many clients of one server, and many servers in one process.

use std::collections::HashSet;
use std::net::{SocketAddr, TcpStream};
use std::thread;

use mock_ce::MockCe;

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

/// The threads of this process that a server runs on.
fn runtime_threads() -> usize {
    let names = std::fs::read_dir("/proc/self/task").unwrap();
    let names =
        names.filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).ok());
    names.filter(|name| name.trim() == "mock-ce").count()
}

#[test]
fn five_hundred_servers_share_one_thread() {
    let servers: Vec<_> = (0..500).map(|_| MockCe::start()).collect();
    let addresses: HashSet<_> = servers.iter().map(MockCe::address).collect();
    assert_eq!(addresses.len(), 500);
    for server in &servers {
        let reply =
            Client::connect(server.address()).ask(&Request::post("/instances", mailjet("n")));
        assert_eq!((reply.status, reply.id()), (200, 1234));
    }
    assert_eq!(runtime_threads(), 1);
}

/// On a loopback address where no other test can take the port as soon as it is free.
fn start_alone(address: &str) -> MockCe {
    MockCe::builder().listen(address.parse().unwrap()).start()
}

#[test]
fn a_dropped_server_closes_its_port_and_its_connections() {
    let server = start_alone("127.0.0.2:0");
    let address = server.address();
    let mut client = Client::connect(address);
    assert_eq!(client.ask(&Request::get("/elements")).status, 200);
    drop(server);
    client.assert_closed();
    let refused = TcpStream::connect(address).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
}

#[test]
fn a_server_that_shuts_down_closes_idle_connections() {
    let server = start_alone("127.0.0.3:0");
    let address = server.address();
    let mut client = Client::connect(address);
    assert_eq!(client.ask(&Request::get("/elements")).status, 200);
    server.shutdown();
    client.assert_closed();
    assert!(TcpStream::connect(address).is_err());
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
