//! A server that runs out of file descriptors, in a process of its own with few of them.

use super::*;

#[test]
fn a_server_out_of_descriptors_serves_again_when_they_return() {
    let server = process::Server::start_short_of_descriptors(32, &[]);
    let mut held: Vec<_> = (0..64).map(|_| Raw::connect(server.address)).collect();
    // As many as there are descriptors are served, and each of them goes on being served.
    for raw in &mut held[..10] {
        raw.send(GET);
        assert_eq!(raw.answer().unwrap().status, 200);
    }
    let last = held.last_mut().unwrap();
    last.send(GET);
    assert!(last.is_open_after(std::time::Duration::from_millis(100)));
    assert!(last.has_heard_nothing());
    held.drain(..63);
    assert_eq!(held[0].answer().unwrap().status, 200);
    let mut next = Raw::connect(server.address);
    next.send(create());
    assert_eq!(next.answer().unwrap().status, 200);
}

/// The server blames itself, not its caller, for a file that the machine cannot write.
#[test]
fn a_server_out_of_descriptors_says_that_the_state_is_not_written() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path().join("state.json");
    let state = state.to_str().unwrap();
    let server = process::Server::start_short_of_descriptors(32, &["--state", state]);
    let mut held: Vec<_> = (0..64).map(|_| Raw::connect(server.address)).collect();
    held[0].send("POST /__admin/state/save HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\r\n");
    let answer = held[0].answer().unwrap();
    assert_eq!(answer.status, 500);
    let body = String::from_utf8(answer.body).unwrap();
    assert!(body.contains("cannot write the state"), "{body}");
}
