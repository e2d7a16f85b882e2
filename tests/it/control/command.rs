//! `mock-ce exec -- COMMAND…`.

use std::io::Read as _;
use std::process::{Child, Command, Output, Stdio};

use rstest::rstest;

use crate::support::{Process, first_line};

/// Runs a shell script under `exec` with these flags.
fn exec(flags: &[&str], script: &str) -> Output {
    command(flags, script).output().unwrap()
}

fn command(flags: &[&str], script: &str) -> Command {
    let mut command = Process::command(&["exec"]);
    command.args(flags).args(["--", "sh", "-c", script]);
    command
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Creates an instance with the shell's own means: `mock-ce wait` proves the URL, `curl` asks.
fn create(path: &str) -> String {
    let body = crate::support::mailjet("n").replace('\'', "");
    format!(
        "curl -sS -o /dev/null -d '{body}' -H 'Content-Type: application/json' \
         -H \"Authorization: User u, Organization $MOCK_CE_ORGANIZATION\" \"$MOCK_CE_URL{path}\""
    )
}

#[test]
fn the_command_finds_the_server_in_its_environment() {
    let program = env!("CARGO_BIN_EXE_mock-ce");
    let script = format!(
        "{program} wait \"$MOCK_CE_URL\" && {program} wait \"$MOCK_CE_ADMIN_URL\" && \
         echo \"$MOCK_CE_URL $MOCK_CE_ADMIN_URL $MOCK_CE_ORGANIZATION\""
    );
    let output = exec(&[], &script);
    assert!(output.status.success(), "{}", err(&output));
    let said = String::from_utf8(output.stdout.clone()).unwrap();
    let words: Vec<_> = said.split_whitespace().collect();
    assert!(words[0].ends_with("/elements/api-v2"), "{said}");
    assert!(words[1].ends_with("/__admin"), "{said}");
    assert_eq!(words.len(), 3, "{said}");
    assert!(
        err(&output).contains("ledger: no rule was relied upon"),
        "{}",
        err(&output)
    );
}

/// Rule `any-credentials`: the variable names the organization that the server takes.
#[rstest]
#[case::any(&[], "mock-ce-exec")]
#[case::only_these(&["--credentials", "u:first", "--credentials", "u:or:ganization"], "or:ganization")]
fn the_command_finds_an_organization_that_is_taken(#[case] flags: &[&str], #[case] expected: &str) {
    let flags = [flags, &["--deny-leaks"]].concat();
    let output = exec(
        &flags,
        &format!("echo $MOCK_CE_ORGANIZATION; {}", create("/instances")),
    );
    assert_eq!(output.stdout, format!("{expected}\n").as_bytes());
    assert_eq!(output.status.code(), Some(3), "{}", err(&output));
}

#[rstest]
#[case(0)]
#[case(1)]
#[case(3)]
#[case(42)]
#[case(255)]
fn the_status_is_the_command_s(#[case] status: i32) {
    assert_eq!(
        exec(&[], &format!("exit {status}")).status.code(),
        Some(status)
    );
}

#[rstest]
#[case("KILL", 128 + 9)]
#[case("TERM", 128 + 15)]
fn a_command_that_a_signal_ended_is_128_and_the_signal(#[case] signal: &str, #[case] status: i32) {
    assert_eq!(
        exec(&[], &format!("kill -{signal} $$")).status.code(),
        Some(status)
    );
}

#[test]
fn a_command_that_cannot_be_started_is_127() {
    let output = Process::command(&["exec", "--", "/no/such/command"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(127));
    assert!(err(&output).contains("cannot start \"/no/such/command\""));
}

fn signal(child: &Child, name: &str) {
    let kill = format!("kill -{name} {}", child.id());
    assert!(
        Command::new("sh")
            .args(["-c", &kill])
            .status()
            .unwrap()
            .success()
    );
}

#[rstest]
#[case("TERM", 8)]
#[case("INT", 9)]
fn a_signal_reaches_the_command(#[case] name: &str, #[case] status: i32) {
    // A trap runs between two commands, so that it is never too early for one nor too late.
    let script = "trap 'exit 8' TERM; trap 'exit 9' INT; echo ready; \
                  for round in $(seq 600); do sleep 0.1; done";
    let mut child = command(&[], script)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let line = first_line(&mut child);
    assert_eq!(line, "ready\n");
    signal(&child, name);
    let mut told = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut told)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(status), "{told}");
    assert!(
        told.contains("ledger: "),
        "the end is an ordinary one: {told}"
    );
}

/// A terminal sends Ctrl-C to both, and the command may have ended before the signal is seen here.
#[test]
#[cfg(unix)]
fn ctrl_c_in_a_terminal_ends_the_command_and_the_ledger_is_told() {
    use std::os::unix::process::CommandExt as _;

    for _ in 0..20 {
        let mut child = command(&[], "echo ready; exec sleep 60")
            .process_group(0)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        assert_eq!(first_line(&mut child), "ready\n");
        let kill = format!("kill -INT -{}", child.id());
        let sent = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(sent.success(), "{kill}");
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(128 + 2));
        assert!(err(&output).contains("ledger: "), "{}", err(&output));
    }
}

#[test]
fn a_leak_fails_the_run_where_it_is_denied() {
    let leak = create("/instances");
    let allowed = exec(&[], &leak);
    assert_eq!(allowed.status.code(), Some(0), "{}", err(&allowed));
    assert!(err(&allowed).contains("left behind: instance 1234 of mailjet was never deleted"));
    let denied = exec(&["--deny-leaks"], &leak);
    assert_eq!(denied.status.code(), Some(3), "{}", err(&denied));
    assert!(err(&denied).contains("gate failed: 1 instance was created and never deleted"));
    let tidy = format!("{leak} && {} -X DELETE", create("/instances/1234"));
    assert_eq!(exec(&["--deny-leaks"], &tidy).status.code(), Some(0));
    // The command's own failure is the one to tell.
    let failing = format!("{leak}; exit 5");
    assert_eq!(exec(&["--deny-leaks"], &failing).status.code(), Some(5));
}

/// Asks the control API with the shell's own means.
fn steer(method: &str, path: &str, body: &str) -> String {
    format!(
        "curl -sS -o /dev/null -X {method} -d '{body}' -H 'Content-Type: application/json' \
         \"$MOCK_CE_ADMIN_URL{path}\""
    )
}

#[rstest]
#[case::leak(
    "--deny-leaks",
    create("/instances"),
    "1 instance was created and never deleted"
)]
#[case::grade(
    "--min-grade=vendor",
    create("/nowhere"),
    "1 answer would rest on a rule below --min-grade"
)]
#[case::unfired(
    "--deny-unfired",
    steer("POST", "/script", r#"{"effect":"reset","when":{"nth":9}}"#),
    "1 script or stub never fired"
)]
fn a_teardown_does_not_open_a_gate(
    #[case] gate: &str,
    #[case] sin: String,
    #[case] reason: &str,
    #[values(true, false)] restores: bool,
) {
    let teardown = match restores {
        true => steer("PUT", "/state", r#"{"version":1,"organizations":[]}"#),
        false => steer("DELETE", "/state", "{}"),
    };
    let output = exec(&[gate], &format!("{sin} && {teardown}"));
    assert_eq!(output.status.code(), Some(3), "{}", err(&output));
    assert!(
        err(&output).contains(&format!("gate failed: {reason}")),
        "{}",
        err(&output)
    );
}

#[rstest]
#[case::json("report.json", "\"gate\": \"deny-leaks\",\n      \"passed\": false")]
#[case::junit(
    "report.xml",
    "<failure message=\"1 instance was created and never deleted\"/>"
)]
fn a_report_is_written(#[case] name: &str, #[case] part: &str) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    let report = format!("--report={}", path.display());
    let output = exec(&["--deny-leaks", &report], &create("/instances"));
    assert_eq!(output.status.code(), Some(3), "{}", err(&output));
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written.contains(part), "{written}");
    let undemanded = ["deny-unfired", "min-grade"];
    assert!(
        !undemanded.iter().any(|gate| written.contains(gate)),
        "{written}"
    );
}

/// A file that cannot be written costs neither another one nor the status.
#[rstest]
#[case::of_the_command("exit 7", 7)]
#[case::of_a_gate("true", 3)]
#[case::of_the_file(
    "curl -sS -X DELETE -H \"Authorization: User u, Organization $MOCK_CE_ORGANIZATION\" \"$MOCK_CE_URL/instances/1234\"",
    1
)]
#[cfg(unix)]
fn a_report_that_cannot_be_written_leaves_the_state_and_the_status(
    #[case] last: &str,
    #[case] status: i32,
) {
    let directory = tempfile::tempdir().unwrap();
    let (reports, state) = (
        directory.path().join("reports"),
        directory.path().join("state.json"),
    );
    std::fs::create_dir(&reports).unwrap();
    let report = format!("--report={}", reports.join("report.xml").display());
    let state_flag = format!("--state={}", state.display());
    let script = format!(
        "{} && rmdir {} && {last}",
        create("/instances"),
        reports.display()
    );
    let output = exec(&["--deny-leaks", &report, &state_flag], &script);
    assert_eq!(output.status.code(), Some(status), "{}", err(&output));
    assert!(
        err(&output).contains("cannot write the report"),
        "{}",
        err(&output)
    );
    assert!(state.exists());
}

#[test]
fn a_command_that_fails_is_told_what_it_asked_for() {
    let output = exec(&[], &format!("{}; exit 5", create("/nowhere")));
    let told = err(&output);
    assert!(
        told.contains("mock-ce: the command failed; the last 1 of 1 requests:"),
        "{told}"
    );
    assert!(
        told.contains("POST /elements/api-v2/nowhere → 404 (unknown-route"),
        "{told}"
    );
    let output = exec(&[], "exit 5");
    assert!(err(&output).contains("the command failed, and sent no request"));
    let output = exec(&[], &create("/nowhere"));
    assert!(
        !err(&output).contains("POST /elements/api-v2/nowhere"),
        "{}",
        err(&output)
    );
}

#[rstest]
#[case(
    "text",
    "POST /elements/api-v2/nowhere?1 → 404 (unknown-route; grade=assumed)"
)]
#[case("json", "{\"number\":1,\"at\":\"20")]
fn requests_are_logged_where_that_is_asked_for(#[case] format: &str, #[case] part: &str) {
    let output = exec(&["--log", format], &create("/nowhere?[1-300]"));
    let told = err(&output);
    assert!(told.contains(part), "{told}");
    assert!(told.contains("/nowhere?300"), "the last one: {told}");
}

#[test]
fn an_answer_below_the_grade_fails_the_run() {
    let output = exec(&["--min-grade", "vendor"], &create("/nowhere"));
    assert_eq!(output.status.code(), Some(3));
    let told = err(&output);
    assert!(
        told.contains("gate failed: 1 answer would rest on a rule below --min-grade"),
        "{told}"
    );
    assert!(told.contains("refused: 1 answer "), "{told}");
    assert_eq!(
        exec(&["--min-grade", "guide"], &create("/instances"))
            .status
            .code(),
        Some(0)
    );
}

#[test]
fn the_ledger_goes_to_standard_error_and_names_what_was_assumed() {
    let output = exec(&[], &create("/nowhere"));
    assert_eq!(output.stdout, b"");
    let rule = mock_ce::rules::find("unknown-route").unwrap();
    let expected = format!("assumed: unknown-route (1): {}", rule.statement);
    assert!(err(&output).contains(&expected), "{}", err(&output));
}

/// The command keeps a page of a run that failed, which CI can publish.
#[rstest]
#[case::command_failed(&[], "exit 4", Some("the command failed"))]
#[case::gate_failed(&["--deny-leaks"], "exit 0", Some("gate failed: "))]
#[case::all_is_well(&[], "exit 0", None)]
fn a_post_mortem_is_written_when_the_run_failed(
    #[case] flags: &[&str],
    #[case] end: &str,
    #[case] reason: Option<&str>,
) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.html");
    let flag = format!("--post-mortem={}", path.display());
    let flags = [flags, &[flag.as_str()]].concat();
    exec(&flags, &format!("{} && {end}", create("/instances")));
    let written = std::fs::read_to_string(&path).ok();
    assert_eq!(written.is_some(), reason.is_some());
    if let (Some(written), Some(reason)) = (written, reason) {
        assert!(written.starts_with("<!doctype html>"));
        assert!(
            written.contains(&format!("\"reason\":\"{reason}")),
            "{reason}"
        );
        assert!(written.contains("\"rule\":\"create\""));
    }
}
