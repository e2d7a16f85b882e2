//! The output and the files of `serve`, from its start to the signal that ends it.

use std::fs;
use std::io::BufRead as _;
use std::net::TcpListener;
use std::process::Command;

use mock_ce::Json;
use rstest::rstest;
use tempfile::TempDir;

use super::{run, text, the_one_line};
use crate::support::{Client, Process, Request, mailjet};

#[rstest]
#[case::terminated("TERM")]
#[case::interrupted("INT")]
fn a_signal_ends_it_with_success_and_one_line_was_printed(#[case] signal: &str) {
    let process = Process::serve(&[]);
    let url = process.base_url.clone();
    assert!(
        url.starts_with("http://127.0.0.1:") && url.ends_with("/elements/api-v2"),
        "{url}"
    );
    let mut client = Client::connect(process.address());
    assert_eq!(
        client
            .ask(&Request::post("/instances", mailjet("n")))
            .status,
        200
    );
    process.signal(signal);
    client.assert_closed();
    let (status, more, _) = process.wait();
    assert_eq!(
        (status.code(), &*more),
        (Some(0), ""),
        "the base URL is the only line"
    );
}

#[test]
fn the_banner_has_a_curl_line_that_works_when_pasted() {
    let mut process = Process::serve(&[]);
    let mut lines = (&mut process.stderr).lines().map(Result::unwrap);
    let curl = lines
        .by_ref()
        .take(10)
        .find(|line| line.trim_start().starts_with("curl "));
    let output = Command::new("sh")
        .args(["-c", &curl.expect("a curl line")])
        .output()
        .unwrap();
    assert_ne!(
        output.status.code(),
        Some(127),
        "this test needs curl, which is not installed"
    );
    assert!(output.status.success(), "{}", text(&output.stderr));
    let created = Json::parse(&output.stdout).unwrap();
    assert_eq!(
        created.get("id").and_then(Json::as_u64),
        Some(1234),
        "{created}"
    );
}

#[test]
fn each_request_is_a_line_on_standard_error() {
    let process = Process::serve(&[]);
    let mut client = Client::connect(process.address());
    let created = client
        .ask(&Request::post("/instances", mailjet("n")).by("User s3cret-u, Organization s3cret-o"));
    assert_eq!(created.status, 200);
    client.ask(&Request::get("/nowhere"));
    drop(client);
    let mut process = process;
    let mut lines = (&mut process.stderr).lines().map(Result::unwrap);
    let created = lines
        .find(|line| line.contains("POST") && line.contains("200"))
        .unwrap();
    assert!(created.contains("create"), "{created}");
    let nowhere = lines.next().unwrap();
    assert!(
        nowhere.contains("/elements/api-v2/nowhere") && nowhere.contains("unknown-route"),
        "{nowhere}"
    );
    assert!(
        !(created + &nowhere).contains("s3cret"),
        "secrets are not logged"
    );
}

/// A collector reads each line as JSON, and none of them is a greeting.
#[test]
fn the_log_in_json_has_nothing_else_beside_it() {
    let process = Process::serve(&[("log", "json")]);
    let mut client = Client::connect(process.address());
    client.ask(&Request::get("/elements/keys"));
    process.signal("TERM");
    client.assert_closed();
    let (status, _, told) = process.wait();
    assert!(status.success(), "{told}");
    let targets: Vec<_> = told
        .lines()
        .map(|line| {
            let request = Json::parse(line.as_bytes()).unwrap_or_else(|_| panic!("{line}"));
            let target = request.get("target").and_then(Json::as_str);
            target.map(str::to_owned)
        })
        .collect();
    assert_eq!(
        targets,
        [Some("/elements/api-v2/elements/keys".to_owned())],
        "{told}"
    );
}

#[test]
fn the_ready_file_says_where_the_server_is() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("ready.json");
    let process = Process::serve(&[("ready-file", path.to_str().unwrap())]);
    let written = fs::read(&path).unwrap();
    let ready = Json::parse(&written).unwrap();
    let members: Vec<_> = ready
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, _)| &**name)
        .collect();
    assert_eq!(members, ["base_url", "admin_url", "pid", "version"]);
    let root = format!("http://{}", process.address());
    assert_eq!(
        ready.get("admin_url").and_then(Json::as_str),
        Some(&*format!("{root}/__admin"))
    );
    assert_eq!(
        ready.get("base_url").and_then(Json::as_str),
        Some(&*process.base_url)
    );
    assert_eq!(
        ready.get("pid").and_then(Json::as_u64),
        Some(process.pid().into())
    );
    assert_eq!(
        ready.get("version").and_then(Json::as_str),
        Some(env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(
        fs::read_dir(&directory).unwrap().count(),
        1,
        "nothing half-written stays beside it"
    );
}

#[test]
fn the_ready_file_is_gone_when_the_server_has_ended() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("ready.json");
    let process = Process::serve(&[("ready-file", path.to_str().unwrap())]);
    assert!(path.exists());
    process.signal("TERM");
    process.wait();
    assert!(!path.exists());
}

#[test]
fn the_ready_file_of_another_server_stays() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("ready.json");
    let flags = [("ready-file", path.to_str().unwrap())];
    let first = Process::serve(&flags);
    let _second = Process::serve(&flags);
    first.signal("TERM");
    first.wait();
    assert!(path.exists());
}

#[test]
fn a_ready_file_that_cannot_be_written_is_told() {
    let told = the_one_line(
        &run(&[
            "serve",
            "--listen=127.0.0.1:0",
            "--ready-file=/nowhere/ready.json",
        ]),
        1,
    );
    assert!(told.contains("\"/nowhere/ready.json\""), "{told}");
}

#[test]
fn a_port_in_use_is_told_with_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let told = the_one_line(&run(&["serve", "--listen", &address]), 1);
    assert!(
        told.contains(&address) && told.contains("in use") && told.contains("port 0"),
        "{told}"
    );
}

#[rstest]
#[case::port(&["--listen", "0"])]
#[case::name(&["--listen", "localhost:0"])]
#[case::port_alone(&["--port", "0"])]
#[case::wildcard(&["--listen", "0.0.0.0:0"])]
fn serve_listens_where_it_is_told_and_prints_an_address_to_call(#[case] flags: &[&str]) {
    let mut command = Process::command(&[&["serve"], flags].concat());
    let command = command.stdout(std::process::Stdio::piped());
    let mut child = command.stderr(std::process::Stdio::null()).spawn().unwrap();
    let line = crate::support::first_line(&mut child);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(line.starts_with("http://127.0.0.1:"), "{line}");
    assert!(!line.contains(":0/"), "{line}");
}

#[test]
fn the_banner_names_the_file_that_has_the_certificate() {
    let directory = TempDir::new().unwrap();
    let ca = directory.path().join("ca.pem");
    let mut process = Process::serve(&[("tls", ""), ("ca-file", ca.to_str().unwrap())]);
    let mut lines = (&mut process.stderr).lines().map(Result::unwrap);
    let curl = lines
        .find(|line| line.trim_start().starts_with("curl "))
        .unwrap();
    let trusting = format!("curl --cacert '{}' ", ca.display());
    assert!(curl.contains(&trusting) && !curl.contains(" -k"), "{curl}");
    let told = lines.find(|line| line.contains("clients must trust"));
    let told = told.unwrap();
    assert!(
        told.contains("ca.pem") && !told.contains("--ca-file PATH"),
        "{told}"
    );
}
