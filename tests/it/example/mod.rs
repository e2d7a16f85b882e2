//! Scripts of a new user, run as that user would, and quoted by a page of the documentation as they are.

mod fixtures;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rstest::rstest;

use crate::docs::text;
use crate::support::Process;

const PAGE: &str = "src/docs/examples.md";

fn script(name: &str) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/example");
    directory.join(name)
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

/// Says that a test was not run.
#[expect(clippy::print_stderr, reason = "a test that was not run must say so")]
fn skip(reason: &str) {
    eprintln!("not run: {reason}");
}

/// Runs a script under `exec`; `None`, and a line in the test's output, where the machine lacks its interpreter.
fn run(program: &str, name: &str) -> Option<Output> {
    if program == "python3" && !is_there(program) {
        skip(&format!("{program} is not there"));
        return None;
    }
    let catalog = script("catalog");
    let mut exec = Process::command(&["exec", "--deny-leaks", "--catalog"]);
    exec.arg(catalog).args(["--", program]);
    Some(exec.arg(script(name)).output().unwrap())
}

#[rstest]
#[case::shell("sh", "provisioning.sh")]
#[case::python("python3", "provisioning.py")]
fn the_example_runs_and_its_ledger_names_a_rule_of_each_grade(
    #[case] program: &str,
    #[case] name: &str,
) {
    let Some(output) = run(program, name) else {
        return;
    };
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, "provisioned, lost, found and deleted\n", "{told}");
    for line in [
        "guide: create (",
        "vendor: instance-list (",
        "client: trailing-slash (",
        "assumed: element-unknown (1): A creation for an element that the catalog does not have",
    ] {
        assert!(told.contains(&format!("\n  {line}")), "{line} in {told}");
    }
    assert!(
        !told.contains("left behind") && !told.contains("never fired"),
        "{told}"
    );
}

/// A day of a client: from the login to the refusal of a token whose instance is deleted.
#[test]
fn the_walk_through_a_day_runs_and_leaves_nothing_behind() {
    let Some(output) = run("python3", "day.py") else {
        return;
    };
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}");
    for rule in [
        "login-secrets",
        "consent-redirect",
        "create-by-element",
        "messages-create",
        "event-deliver",
        "instance-config-patch",
        "disabled-403",
        "instance-delete",
        "dead-token",
    ] {
        assert!(told.contains(&format!(": {rule} (")), "{rule} in {told}");
    }
}

/// The pages show the scripts that were run.
#[rstest]
#[case::shell(PAGE, "sh", "provisioning.sh")]
#[case::python(PAGE, "python", "provisioning.py")]
#[case::client(PAGE, "python", "client.py")]
#[case::day("README.md", "python", "day.py")]
fn a_page_quotes_the_example(#[case] page: &str, #[case] language: &str, #[case] name: &str) {
    assert_quoted(page, language, &script(name));
}

/// Fails unless a page has a block that is this file.
fn assert_quoted(page: &str, language: &str, path: &Path) {
    let file = std::fs::read_to_string(path).unwrap();
    let block = format!("```{language}\n{file}```\n");
    let name = path.display();
    assert!(
        text(page).contains(&block),
        "{page} does not quote {name} as it is"
    );
}

/// The page shows the ledger that such a run prints.
#[test]
fn the_page_shows_the_ledger_of_the_example() {
    let output = run("sh", "provisioning.sh").expect("a shell is always there");
    let (said, told) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    let block = format!("```text\n{said}{told}```\n");
    assert!(
        text(PAGE).contains(&block),
        "{PAGE} does not show:\n{block}"
    );
}
