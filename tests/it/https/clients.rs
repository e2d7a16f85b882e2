//! Clients as they are, with the vendor's host in their code, run by `exec --intercept`.

use std::path::{Path, PathBuf};
use std::process::Command;

use rstest::rstest;

use super::{HOST, is_there};
use crate::support::Process;

fn client(name: &str) -> PathBuf {
    let clients = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/https/client");
    clients.join(name)
}

/// Tells whether the runtime is there and can use the environment; says so in the test's output when it is not.
#[expect(clippy::print_stderr, reason = "a test that was not run must say so")]
fn can_run(words: &[&str]) -> bool {
    let probe = match words {
        [_, "requests_client.py"] => "import requests",
        ["node", _] => "if (+process.versions.node.split('.')[0] < 24) process.exit(1)",
        _ => return is_there(words[0]),
    };
    let flag = if words[0] == "node" { "-e" } else { "-c" };
    let probed = Command::new(words[0]).args([flag, probe]).output();
    let can = probed.is_ok_and(|output| output.status.success());
    if !can {
        eprintln!("not run: {words:?} needs what is not here ({probe})");
    }
    can
}

#[rstest]
#[case::curl(&["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}\n", "-H", "Authorization: User u, Organization o", "https://api.cloud-elements.com/elements/api-v2/elements/keys"])]
#[case::urllib(&["python3", "urllib_client.py"])]
#[case::requests(&["python3", "requests_client.py"])]
#[case::node(&["node", "fetch.mjs"])]
#[case::java(&["java", "Client.java"])]
fn an_unchanged_client_is_served_in_the_place_of_the_vendors_host(#[case] words: &[&str]) {
    if !can_run(words) {
        return;
    }
    let mut exec =
        Process::command(&["exec", "--intercept", HOST, "--log", "text", "--", words[0]]);
    // What the machine's owner has set must not keep the clients from the proxy.
    exec.envs([("NO_PROXY", "*"), ("no_proxy", ".cloud-elements.com")]);
    match words {
        [_, script] => exec.arg(client(script)),
        _ => exec.args(&words[1..]),
    };
    let output = exec.output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "200\n", "{told}");
    assert!(
        told.contains("GET /elements/api-v2/elements/keys"),
        "{told}"
    );
    assert!(output.status.success(), "{told}");
}

#[test]
fn with_pass_the_commands_trust_is_the_machines_and_this_runs() {
    let count = |flags: &[&str]| {
        let mut exec = Process::command(&["exec", "--intercept", HOST]);
        let shell = "grep -c BEGIN \"$SSL_CERT_FILE\"; stat -c %a \"$(dirname \"$SSL_CERT_FILE\")\"; echo $SSL_CERT_FILE";
        let output = exec
            .args(flags)
            .args(["--", "sh", "-c", shell])
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<_> = said.lines().map(str::to_owned).collect();
        assert_eq!(lines[1], "700");
        assert!(!Path::new(&lines[2]).exists(), "{} stays", lines[2]);
        lines[0].parse::<usize>().unwrap()
    };
    assert_eq!(count(&[]), 1);
    assert!(count(&["--pass"]) > 1);
}

#[test]
fn a_command_of_an_https_server_trusts_it() {
    if !is_there("curl") {
        return;
    }
    let mut exec = Process::command(&["exec", "--tls", "--", "sh", "-c"]);
    let output = exec
        .arg("curl -sS \"$MOCK_CE_ADMIN_URL/health\"")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains("\"ready\""),
        "{said} {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
