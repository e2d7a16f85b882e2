//! The commands that the README shows.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use mock_ce::MockCe;
use tempfile::TempDir;

use super::{blocks, first_cells, text};
use crate::support::{Client, Process, Request, first_line};

/// A shell that finds the binary as its user does.
fn shell(command: &str) -> Command {
    let binaries = Path::new(env!("CARGO_BIN_EXE_mock-ce")).parent().unwrap();
    let others = std::env::var("PATH").unwrap_or_default();
    let mut shell = Command::new("sh");
    shell.args(["-c", command]);
    shell.env("PATH", format!("{}:{others}", binaries.display()));
    shell
}

fn starting_with(word: &str) -> Vec<String> {
    let mut blocks = blocks("README.md", "sh");
    blocks.retain(|block| block.starts_with(word));
    blocks
}

/// The gate runs the blocks that start with `cargo`, the tests below the others.
#[test]
fn each_block_of_shell_is_of_a_kind_that_is_run() {
    let all = blocks("README.md", "sh").len();
    let [cargo, curl, verbs] =
        ["cargo ", "curl ", "mock-ce "].map(|word| starting_with(word).len());
    assert_eq!((cargo, curl, verbs, all), (3, 2, 1, 6));
}

#[test]
fn the_table_of_verbs_is_that_of_the_help() {
    let help = Process::command(&["--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    let mut verbs: Vec<_> = lines
        .map(|line| format!("`{}`", line.split_whitespace().next().unwrap()))
        .collect();
    assert_eq!(verbs.pop().as_deref(), Some("`help`"));
    assert_eq!(first_cells("README.md", "verb"), verbs);
}

/// The flags in code of this page that is not a command of cargo.
fn flags(page: &str) -> Vec<String> {
    let text = text(page);
    let code = text.split('`').skip(1).step_by(2);
    let code = code.filter(|code| !code.trim_start_matches("sh\n").starts_with("cargo "));
    let lines = code.flat_map(str::lines);
    let lines = lines.filter(|line| !line.starts_with("curl "));
    let words = lines.flat_map(str::split_whitespace);
    let flags = words.filter(|word| word.len() > 2 && word.starts_with("--"));
    flags.map(str::to_owned).collect()
}

#[test]
fn each_flag_that_a_page_names_is_one_of_a_verb() {
    let verbs = first_cells("README.md", "verb");
    let helps: String = verbs
        .iter()
        .map(|verb| Process::command(&[verb.trim_matches('`'), "--help"]).output())
        .map(|output| String::from_utf8(output.unwrap().stdout).unwrap())
        .collect();
    let known: Vec<_> = helps.split([' ', ',', '\n', '.']).collect();
    for (page, at_least) in [
        ("README.md", 8),
        ("src/docs/endpoints.md", 1),
        ("src/docs/service.md", 5),
        ("src/docs/https.md", 10),
    ] {
        let named = flags(page);
        assert!(named.len() >= at_least, "{named:?}");
        for flag in named {
            assert!(known.contains(&&*flag), "{page}: {flag}");
        }
    }
}

#[test]
fn the_curl_commands_work_when_pasted() {
    let ce = MockCe::start();
    let [create, script] = <[String; 2]>::try_from(starting_with("curl ")).unwrap();
    let run = |command: &str| {
        let mut shell = shell(command);
        shell.env("MOCK_CE_ADMIN_URL", ce.admin_url());
        String::from_utf8(shell.output().unwrap().stdout).unwrap()
    };
    let here = create.replace("127.0.0.1:6847", &ce.address().to_string());
    assert_ne!(here, create);
    assert!(run(&here).contains("mock-ce-because: create; grade=guide"));
    assert_eq!(run(&script), r#"{"id":1}"#);
    assert!(run(&here).starts_with("HTTP/1.1 200"));
    assert!(run(&here).starts_with("HTTP/1.1 503"));
    let empty = here.split("\"configuration\"").next().unwrap().to_owned();
    let refused = run(&(empty + "\"configuration\": {}}'"));
    assert!(refused.contains(&blocks("README.md", "text")[1].trim_end().to_owned()));
}

#[test]
fn the_recording_commands_work_when_pasted() {
    let (directory, ce) = (TempDir::new().unwrap(), MockCe::start());
    let tests = directory.path().join("my-tests");
    fs::write(
        &tests,
        "#!/bin/sh\ncurl -fsS \"$MOCK_CE_URL/elements/keys\"\n",
    )
    .unwrap();
    fs::set_permissions(&tests, fs::Permissions::from_mode(0o755)).unwrap();
    let [commands] = <[String; 1]>::try_from(starting_with("mock-ce ")).unwrap();
    let [record, check, serve] =
        <[&str; 3]>::try_from(commands.lines().collect::<Vec<_>>()).unwrap();
    let record = record.replace("https://HOST", &format!("http://{}", ce.address()));
    for command in [&*record, check] {
        let output = shell(command).current_dir(&directory).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{command}: {told}");
    }
    // The one that does not end by itself is started by the harness, with the port of its choice.
    assert_eq!(serve, "mock-ce serve --cassette lifecycle.json");
    let cassette = directory.path().join("lifecycle.json");
    let replay = Process::serve(&[("cassette", cassette.to_str().unwrap())]);
    let reply = Client::connect(replay.address()).ask(&Request::get("/elements/keys"));
    assert_eq!(reply.verdict(), (200, "recorded"));
}

/// Runs the `serve` of a block, and its `curl` against that server; what `curl` said.
fn serve_and_ask(block: &str, more: &str) -> String {
    let room = TempDir::new().unwrap();
    let own = room.path().to_str().unwrap();
    let [serve, curl] = <[&str; 2]>::try_from(block.lines().collect::<Vec<_>>()).unwrap();
    // A shell that becomes the server, so that the server is what is ended.
    let serve = format!("exec {} {more}", serve.replace("/tmp", own));
    let mut serving = shell(&serve);
    serving.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut server = serving.current_dir(&room).spawn().unwrap();
    let url = first_line(&mut server);
    let origin = url.split("/elements").next().unwrap().to_owned();
    let here = curl
        .replace("/tmp", own)
        .replace("https://localhost:6847", &origin);
    let asked = shell(&here).current_dir(&room).output();
    server.kill().unwrap();
    server.wait().unwrap();
    String::from_utf8(asked.unwrap().stdout).unwrap()
}

#[test]
fn the_commands_of_the_https_page_work_when_pasted() {
    let blocks = blocks("src/docs/https.md", "sh");
    let [https, intercepted, recording, socket, waiting] = <[String; 5]>::try_from(blocks).unwrap();
    let intercepted = shell(&intercepted).output().unwrap();
    for said in [
        serve_and_ask(&https, "--listen 127.0.0.1:0"),
        serve_and_ask(&socket, ""),
        String::from_utf8(intercepted.stdout).unwrap(),
    ] {
        assert!(said.contains("\"mailjet\""), "{said}");
    }
    let waiting = format!("{} && echo ready", waiting.trim_end());
    assert_eq!(serve_and_ask(&waiting, "--listen 127.0.0.1:0"), "ready\n");
    // It would ask the vendor, so that it is only seen to be understood.
    let recording = recording.replace("-- ./my-tests", "--help");
    assert!(shell(&recording).output().unwrap().status.success());
}
