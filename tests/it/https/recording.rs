//! Recording the service of a client whose host is compiled in.

use mock_ce::MockCe;
use tempfile::TempDir;

use super::{HOST, is_there};
use crate::support::Process;

const ASK: &str = "curl -sS -o /dev/null -w '%{http_code}\\n' -H 'Authorization: User u, Organization o' \
                   https://api.cloud-elements.com/elements/api-v2/elements/keys";

#[test]
fn an_unchanged_client_is_recorded_and_then_replayed() {
    if !is_there("curl") {
        return;
    }
    let (room, ce) = (TempDir::new().unwrap(), MockCe::start());
    let cassette = room.path().join("keys.json");
    let upstream = format!("http://{}", ce.address());
    let record = || {
        let flags = [
            "record",
            "--intercept",
            HOST,
            "--upstream",
            &upstream,
            "--cassette",
        ];
        let mut record = Process::command(&flags);
        let output = record
            .arg(&cassette)
            .args(["--", "sh", "-c", ASK])
            .output()
            .unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "200\n", "{told}");
        told
    };
    let told = record();
    assert!(told.contains("recorded 1 interaction and"), "{told}");
    let told = record();
    assert!(told.contains("replays"), "{told}");
    assert_eq!(ce.journal(&mock_ce::Predicate::new()).requests.len(), 1);
}

#[test]
fn the_upstream_is_the_intercepted_host() {
    let room = TempDir::new().unwrap();
    let flags = ["record", "--intercept", "host.invalid", "--cassette"];
    let mut record = Process::command(&flags);
    let output = record
        .arg(room.path().join("c.json"))
        .args(["--", "true"])
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("records https://host.invalid into"), "{told}");
}

#[test]
fn a_refused_host_is_told_with_what_to_do() {
    if !is_there("curl") {
        return;
    }
    let room = TempDir::new().unwrap();
    let flags = ["record", "--intercept", "host.invalid", "--cassette"];
    let mut record = Process::command(&flags);
    let ask = "curl -s https://other.invalid/; true";
    let output = record
        .arg(room.path().join("c.json"))
        .args(["--", "sh", "-c", ask])
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    let expected = "mock-ce: the proxy refused a client: other.invalid:443 is not answered for here, only host.invalid at \
                    port 443; a recording is of one service, so give the other a recorder of its own; --pass lets all \
                    others through, unrecorded\n";
    assert_eq!(told.matches(expected).count(), 1, "{told}");
}

#[test]
fn a_recording_is_of_one_host() {
    let flags = [
        "record",
        "--intercept",
        HOST,
        "--intercept",
        "other.test",
        "--cassette",
        "c.json",
    ];
    let output = Process::command(&flags).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), &*told),
        (
            Some(1),
            "mock-ce: a recording is of one service; give --intercept only once\n"
        )
    );
}
