//! The verb `import`, as the shell sees it.

use super::*;
use std::process::{Command, Output};

use tempfile::TempDir;

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mock-ce"))
        .arg("import")
        .args(arguments)
        .current_dir(fixtures("broken-guides"))
        .output()
        .expect("the binary runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A directory of the test's own, empty.
fn directory() -> TempDir {
    tempfile::tempdir().expect("the directory can be created")
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("the directory is there");
    let mut names: Vec<_> = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn one_element_is_printed_as_its_fixture_and_findings_go_to_standard_error() {
    let output = run(&["comments.md"]);
    assert_eq!(output.status.code(), Some(0));
    let fixture = Fixture::parse(&text(&output.stdout)).expect("a fixture is printed");
    assert_eq!(fixture.guides(), ["comments.md"]);
    assert_eq!(
        text(&output.stderr),
        "comments.md:46: repair: the comment \"// it flies\" is left out\n\
             comments.md:55: repair: the comment \"// as long as the pigeon lives\" is left out\n"
    );
}

#[test]
fn several_elements_are_printed_as_an_array() {
    let output = run(&["good.md", "../guides/twilio.md"]);
    let printed = mock_ce::Json::parse(&output.stdout).expect("an array is printed");
    assert_eq!(printed.as_array().map(<[_]>::len), Some(2));
}

#[test]
fn with_out_each_element_gets_a_file_and_nothing_is_left_beside_it() {
    let directory = directory();
    let out = directory.path().join("new");
    let path = out.display().to_string();
    for _ in ["written", "replaced"] {
        let output = run(&["good.md", "../guides/twilio.md", "--out", &path]);
        assert_eq!(
            (output.status.code(), output.stdout.as_slice()),
            (Some(0), &b""[..])
        );
    }
    assert_eq!(names(&out), ["pigeonpost.json", "twilio.json"]);
    let written = Fixture::parse(&read(&out.join("twilio.json")));
    assert_eq!(
        written.map(|fixture| fixture.guides().to_vec()),
        Ok(vec!["twilio.md".to_owned()])
    );
}

#[test]
fn a_refused_document_keeps_no_other_from_being_written_and_shows_in_the_status() {
    let directory = directory();
    let out = directory.path();
    let path = out.display().to_string();
    let output = run(&[
        "comments.md",
        "../guides/twilio.md",
        "good.md",
        "--strict",
        "--out",
        &path,
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(names(out), ["pigeonpost.json"]);
    assert!(text(&output.stderr).contains("comments.md:46: refused: 2 repair(s) needed, "));
}

#[rstest]
#[case::parent("../pigeon")]
#[case::hidden(".pigeon")]
#[case::blank("a pigeon")]
fn a_key_that_is_no_safe_file_name_is_never_written(#[case] key: &str) {
    let directory = directory();
    let folder = directory.path();
    let guide = folder.join("guide.md");
    fs::write(&guide, good().replace("pigeonpost", key)).expect("the guide can be written");
    let (guide, out) = (guide.display().to_string(), folder.join("out"));
    let output = run(&[&guide, "--out", &out.display().to_string()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("is no safe file name"),
        "{output:?}"
    );
    assert_eq!(names(&out), [""; 0]);
    assert_eq!(names(folder), ["guide.md", "out"]);
}

#[test]
fn a_document_is_not_read_beyond_the_length_of_a_guide() {
    let directory = directory();
    let guide = directory.path().join("guide.md");
    fs::write(&guide, "\u{e9}".repeat(600_000)).expect("the guide can be written");
    let output = run(&[&guide.display().to_string()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains(":1: refused: longer than 1048576 bytes"),
        "{output:?}"
    );
}

#[rstest]
#[case::missing("nowhere.md", "cannot read the guide \"nowhere.md\": ")]
#[case::directory(".", "cannot read the guide \".\": ")]
fn a_guide_that_cannot_be_read_is_one_line(#[case] guide: &str, #[case] message: &str) {
    let output = run(&[guide]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(
        said.contains(message) && said.lines().count() == 1,
        "{said}"
    );
}
