//! Fixtures for other languages' test runners, run as their user would where the runner is there, and quoted by a page.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rstest::rstest;
use tempfile::TempDir;

use super::{assert_quoted, script, skip};
use crate::docs::text;

const PAGE: &str = "src/docs/fixtures.md";
/// JUnit as Debian's package `junit5` installs it.
const JUNIT: &str = "/usr/share/java";

/// A command that finds the binary as its user does, in a folder of the fixtures.
fn command(program: &str, folder: &str) -> Command {
    let binary = Path::new(env!("CARGO_BIN_EXE_mock-ce"));
    let others = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new(program);
    command.env(
        "PATH",
        format!("{}:{others}", binary.parent().unwrap().display()),
    );
    command.current_dir(script(folder));
    command
}

fn assert_success(output: &Output, said: &str) {
    let told = String::from_utf8_lossy(&output.stderr);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{told}");
    assert!(text.contains(said), "{said} in {text}{told}");
}

/// The Python that has these modules; the machine may have more than one Python.
fn python_with(modules: &str) -> Option<&'static str> {
    let import = format!("import {modules}");
    let mut pythons = ["python3", "/usr/bin/python3"].into_iter();
    let found = pythons.find(|python| {
        let output = Command::new(python).args(["-c", &import]).output();
        output.is_ok_and(|output| output.status.success())
    });
    if found.is_none() {
        skip(&format!("no python3 has {modules}"));
    }
    found
}

#[rstest]
#[case::with_a_server_of_its_own("pytest", &[])]
#[case::in_four_processes("pytest, xdist", &["-n", "4"])]
fn the_tests_for_pytest_pass(#[case] modules: &str, #[case] more: &[&str]) {
    let Some(python) = python_with(modules) else {
        return;
    };
    let mut pytest = command(python, "pytest");
    pytest.args(["-B", "-m", "pytest", "-q", "-p", "no:cacheprovider"]);
    assert_success(&pytest.args(more).output().unwrap(), "4 passed");
}

#[test]
fn the_tests_for_pytest_pass_under_exec_and_leave_nothing_behind() {
    let Some(python) = python_with("pytest") else {
        return;
    };
    let mut exec = command("mock-ce", "pytest");
    exec.args(["exec", "--deny-leaks", "--", python, "-B", "-m", "pytest"]);
    exec.args(["-q", "-p", "no:cacheprovider"]);
    let output = exec.output().unwrap();
    assert_success(&output, "4 passed");
    let ledger = String::from_utf8(output.stderr).unwrap();
    assert!(
        ledger.contains("guide: create (3)"),
        "it has a server of its own: {ledger}"
    );
}

#[test]
fn the_tests_for_the_runner_of_node_pass() {
    let Ok(output) = command("node", "node").arg("--test").output() else {
        return skip("node is not there");
    };
    assert_success(&output, "# pass 2");
}

#[test]
fn the_test_for_vitest_passes() {
    let Ok(output) = command("vitest", "node").arg("run").output() else {
        return skip("vitest is not there");
    };
    assert_success(&output, "1 passed");
}

#[test]
fn the_tests_for_junit_pass() {
    if !Path::new(JUNIT).join("junit-platform-console.jar").exists() {
        return skip("JUnit 5 is not there");
    }
    let classes = TempDir::new().unwrap();
    let here = classes.path().display();
    let libraries = format!("{here}:{JUNIT}/*");
    let mut javac = command("javac", "junit");
    javac.args(["-d", &here.to_string(), "-cp", &libraries]);
    let Ok(compiled) = javac
        .args(["MockCe.java", "ProvisioningTest.java"])
        .output()
    else {
        return skip("javac is not there");
    };
    assert_success(&compiled, "");
    let mut java = command("java", "junit");
    java.args([
        "-cp",
        &libraries,
        "org.junit.platform.console.ConsoleLauncher",
    ]);
    java.args([
        "--scan-classpath",
        &here.to_string(),
        "--disable-ansi-colors",
    ]);
    assert_success(&java.output().unwrap(), "2 tests successful");
}

/// A service's own checker is the only judge of all of it; here it is YAML, and its commands are ones that work.
#[rstest]
#[case("ci/github.yml", "jobs")]
#[case("ci/gitlab.yml", "test")]
fn the_snippet_for_a_service_is_yaml_and_its_command_works(
    #[case] name: &str,
    #[case] member: &str,
) {
    let path = script(name);
    let line = std::fs::read_to_string(&path).unwrap();
    let line = line
        .lines()
        .find_map(|line| line.trim().split_once("mock-ce exec "));
    let (flags, _) = line.unwrap().1.split_once(" -- ").unwrap();
    let directory = TempDir::new().unwrap();
    let mut exec = command("mock-ce", "ci");
    exec.arg("exec").args(flags.split(' ')).args(["--", "true"]);
    assert_success(&exec.current_dir(&directory).output().unwrap(), "");
    if let Some(python) = python_with("yaml") {
        let read = format!("import yaml, sys; assert yaml.safe_load(sys.stdin)[{member:?}]");
        let file = std::fs::File::open(&path).unwrap();
        let output = Command::new(python)
            .args(["-c", &read])
            .stdin(file)
            .output();
        assert_success(&output.unwrap(), "");
    }
}

/// Every file of the folders stands in the page as it was run.
#[rstest]
#[case("pytest", "python", 2)]
#[case("node", "js", 6)]
#[case("junit", "java", 2)]
#[case("ci", "yaml", 2)]
fn the_page_quotes_the_fixtures(
    #[case] folder: &str,
    #[case] language: &str,
    #[case] count: usize,
) {
    let files = std::fs::read_dir(script(folder)).unwrap();
    let files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    let files: Vec<_> = files.iter().filter(|path| path.is_file()).collect();
    assert_eq!(files.len(), count, "{files:?}");
    for path in files {
        assert_quoted(PAGE, language, path);
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(text(PAGE).contains(&format!("`{name}`")), "{name}");
    }
}
