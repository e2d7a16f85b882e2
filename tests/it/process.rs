//! The cost of servers to the process that they live in, and what they leave behind.
//!
//! Only on Linux, which tells the threads of a process, and has all of 127.0.0.0/8 to listen on.

use std::collections::HashSet;
use std::net::TcpStream;

use mock_ce::MockCe;

use super::support::{Client, Request, mailjet};

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

/// On a loopback address where no other test can take the port as soon as it is free; Linux has all of 127.0.0.0/8.
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
