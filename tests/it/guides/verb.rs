//! The verb `import`, as the shell sees it.

use super::*;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use mock_ce::Json;
use tempfile::TempDir;

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mock-ce"));
    command
        .arg("import")
        .args(arguments)
        .current_dir(fixtures("broken-guides"));
    command
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the binary runs")
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
fn one_element_is_printed_as_its_fixture_and_standard_error_has_one_line_a_guide() {
    let output = run(&["comments.md"]);
    assert_eq!(output.status.code(), Some(0));
    let fixture = Fixture::parse(&text(&output.stdout)).expect("a fixture is printed");
    assert_eq!(fixture.guides(), ["comments.md"]);
    assert_eq!(
        text(&output.stderr),
        "comments.md: imported as pigeonpost (9001), 2 repaired, 2 assumed\n"
    );
}

#[test]
fn verbose_says_every_repair_and_decision_with_its_line() {
    let output = run(&["comments.md", "-v"]);
    assert_eq!(
        text(&output.stderr),
        "comments.md: imported as pigeonpost (9001), 2 repaired, 2 assumed\n\
         comments.md:24: pigeon.loft: required (sample only, assumed)\n\
         comments.md:25: pigeon.password: required (sample only, assumed)\n\
         comments.md:46: repair: left out \"// it flies\"\n\
         comments.md:55: repair: left out \"// as long as the pigeon lives\"\n"
    );
}

#[test]
fn json_is_a_report_with_the_fixtures() {
    let output = run(&["trailing-commas.md", "no-guide.md", "no-reply.md", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let report = Json::parse(&output.stdout).expect("it is JSON");
    let guides = report.get("guides").and_then(Json::as_array).unwrap();
    let outcomes: Vec<_> = guides
        .iter()
        .map(|guide| guide.get("outcome").unwrap().as_str().unwrap())
        .collect();
    assert_eq!(outcomes, ["imported", "no guide", "refused"]);
    assert_eq!(
        guides[0].get("repairs").unwrap().as_array().unwrap()[0].to_string(),
        r#"{"line":52,"change":"left out","before":",","after":"","certain":true}"#
    );
    assert_eq!(
        guides[0].get("decisions").unwrap().as_array().unwrap()[0].to_string(),
        r#"{"line":24,"about":"pigeon.loft","decided":"required","evidence":"sample only","grade":"assumed"}"#
    );
    let element = &report.get("elements").unwrap().as_array().unwrap()[0];
    let fixture = element.get("fixture").unwrap().to_string();
    assert_eq!(Fixture::parse(&fixture).unwrap().id(), 9001);
}

#[test]
fn several_elements_are_printed_as_an_array() {
    let output = run(&["good.md", "array.md"]);
    let printed = Json::parse(&output.stdout).expect("an array is printed");
    assert_eq!(printed.as_array().map(<[_]>::len), Some(2));
}

#[test]
fn with_out_each_element_gets_a_file_and_nothing_is_left_beside_it() {
    let directory = directory();
    let out = directory.path().join("new");
    let path = out.display().to_string();
    for _ in ["written", "the same again"] {
        let output = run(&["good.md", "array.md", "--out", &path]);
        assert_eq!(
            (output.status.code(), output.stdout.as_slice()),
            (Some(0), &b""[..])
        );
    }
    assert_eq!(names(&out), ["auk.json", "pigeonpost.json"]);
    let written = Fixture::parse(&read(&out.join("auk.json")));
    assert_eq!(
        written.map(|fixture| fixture.guides().to_vec()),
        Ok(vec!["array.md".to_owned()])
    );
}

#[test]
fn a_fixture_that_was_edited_is_overwritten_by_force_only() {
    let directory = directory();
    let path = directory.path().display().to_string();
    run(&["good.md", "--out", &path]);
    let file = directory.path().join("pigeonpost.json");
    let edited = read(&file).replacen("true", "false", 1);
    fs::write(&file, &edited).unwrap();
    let refused = run(&["good.md", "--out", &path]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        text(&refused.stderr).contains("overwrite it with --force"),
        "{refused:?}"
    );
    assert_eq!(read(&file), edited);
    assert_eq!(
        run(&["good.md", "--out", &path, "--force"]).status.code(),
        Some(0)
    );
    assert_ne!(read(&file), edited);
}

/// A place that cannot be read may hold anything.
#[test]
fn a_place_that_cannot_be_read_is_not_overwritten_either() {
    let directory = directory();
    let path = directory.path().display().to_string();
    fs::create_dir(directory.path().join("pigeonpost.json")).unwrap();
    let refused = run(&["good.md", "--out", &path]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        text(&refused.stderr).contains("overwrite it with --force"),
        "{refused:?}"
    );
    let file = directory.path().join("file").display().to_string();
    fs::write(&file, "precious").unwrap();
    let refused = run(&["good.md", "--out", &file]);
    assert!(
        text(&refused.stderr).contains("give --out another one"),
        "{refused:?}"
    );
    assert_eq!(read(Path::new(&file)), "precious");
}

#[test]
fn what_clashes_with_another_fixture_of_the_directory_is_refused() {
    let directory = directory();
    let path = directory.path().display().to_string();
    assert_eq!(
        run(&["same-id/finch.md", "--out", &path]).status.code(),
        Some(0)
    );
    let output = run(&["same-id/linnet.md", "--out", &path]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("the id 9110 is taken by \"finch\" of "),
        "{output:?}"
    );
    assert_eq!(
        run(&["same-id/linnet.md", "--out", &path, "--id", "linnet=9111"])
            .status
            .code(),
        Some(0)
    );
    assert_eq!(names(directory.path()), ["finch.json", "linnet.json"]);
}

#[rstest]
#[case::built_in_key("built-in-key.md", "7")]
#[case::built_in_id("built-in-id.md", "84")]
fn a_built_in_element_is_replaced_on_demand_only(#[case] guide: &str, #[case] holder: &str) {
    let refused = run(&[guide]);
    assert_eq!(refused.status.code(), Some(1));
    let said = text(&refused.stderr);
    assert!(
        said.contains(holder) && said.contains("--replace-built-in"),
        "{said}"
    );
    assert_eq!(run(&[guide, "--replace-built-in"]).status.code(), Some(0));
}

#[test]
fn a_refused_document_keeps_no_other_from_being_written_and_shows_in_the_status() {
    let directory = directory();
    let out = directory.path();
    let path = out.display().to_string();
    let output = run(&[
        "comments.md",
        "optional-table.md",
        "good.md",
        "--strict",
        "--out",
        &path,
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(names(out), ["lark.json"]);
    assert!(
        text(&output.stderr)
            .contains("comments.md:24: refused: 2 repaired and 2 assumed, the first: "),
        "{output:?}"
    );
}

#[test]
fn placeholders_and_includes_are_filled_from_the_command_line() {
    let refused = run(&["placeholder-unknown.md"]);
    assert_eq!(
        text(&refused.stderr),
        "placeholder-unknown.md:19: refused: {{page.elementNick}}: the placeholder has no value; give it one with \
         --define NAME=VALUE\n"
    );
    let defined = run(&[
        "placeholder-unknown.md",
        "--define",
        "page.elementNick=heron",
    ]);
    assert_eq!(
        Fixture::parse(&text(&defined.stdout)).unwrap().key(),
        "heron"
    );
    let included = run(&["include-in-request.md", "--includes", "_includes"]);
    assert_eq!(
        Fixture::parse(&text(&included.stdout))
            .unwrap()
            .configuration()
            .len(),
        3
    );
    assert_eq!(run(&["include-in-request.md"]).status.code(), Some(1));
}

#[test]
fn an_include_is_read_from_below_its_directory_only() {
    let directory = directory();
    fs::write(
        directory.path().join("stork-entries.md"),
        "\"secret\": \"\"",
    )
    .unwrap();
    fs::create_dir(directory.path().join("includes")).unwrap();
    let guide = directory.path().join("guide.md");
    let climbing = read(&fixtures("broken-guides/include-in-request.md"))
        .replace("include stork", "include ../stork");
    fs::write(&guide, climbing).unwrap();
    let includes = directory.path().join("includes");
    let output = run(&[
        &guide.display().to_string(),
        "--includes",
        &includes.display().to_string(),
    ]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

#[test]
fn directories_are_walked_and_what_is_no_guide_costs_nothing() {
    let directory = directory();
    let below = directory.path().join("a/b");
    fs::create_dir_all(&below).unwrap();
    fs::write(below.join("guide.MD"), good()).unwrap();
    fs::write(directory.path().join("notes.md"), "# Notes\n").unwrap();
    fs::write(directory.path().join("picture.png"), [0xff; 8]).unwrap();
    fs::write(directory.path().join(".hidden.md"), [0xff; 8]).unwrap();
    let output = run(&[&directory.path().display().to_string()]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = text(&output.stderr);
    assert_eq!(said.lines().count(), 2, "{said}");
    assert!(
        said.contains("notes.md: documents no call; nothing to import"),
        "{said}"
    );
}

#[test]
fn a_dash_is_standard_input() {
    let mut child = command(&["-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(good().as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        Fixture::parse(&text(&output.stdout)).unwrap().guides(),
        ["(standard input)"]
    );
}

#[rstest]
#[case::no_guide(&[])]
#[case::define_without_a_value(&["good.md", "--define", "x"])]
#[case::id_without_a_number(&["good.md", "--id", "pigeonpost"])]
#[case::unknown_flag(&["good.md", "--loose"])]
fn wrong_usage_is_status_2(#[case] arguments: &[&str]) {
    assert_eq!(run(arguments).status.code(), Some(2));
}

#[rstest]
#[case::parent("../pigeon", "%2E.%2Fpigeon.json")]
#[case::hidden(".pigeon", "%2Epigeon.json")]
#[case::blank("a pigeon", "a%20pigeon.json")]
fn every_key_becomes_a_safe_file_name(#[case] key: &str, #[case] expected: &str) {
    let directory = directory();
    let folder = directory.path();
    let guide = folder.join("guide.md");
    fs::write(&guide, good().replace("pigeonpost", key)).expect("the guide can be written");
    let (guide, out) = (guide.display().to_string(), folder.join("out"));
    let output = run(&[&guide, "--out", &out.display().to_string()]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(names(&out), [expected]);
    assert_eq!(names(folder), ["guide.md", "out"]);
}

#[rstest]
#[case::too_long("\u{e9}".repeat(600_000).into_bytes(), ":1: refused: longer than 1048576 bytes")]
#[case::not_text(b"a\nb\n\xff".to_vec(), ":3: refused: not UTF-8 text; save the document as UTF-8")]
fn a_document_that_cannot_be_a_guide_is_refused(#[case] bytes: Vec<u8>, #[case] expected: &str) {
    let directory = directory();
    let guide = directory.path().join("guide.md");
    fs::write(&guide, bytes).expect("the guide can be written");
    let output = run(&[&guide.display().to_string()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains(expected), "{output:?}");
}

#[test]
fn a_guide_that_cannot_be_read_is_one_line() {
    let output = run(&["nowhere.md"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(
        said.contains("nowhere.md:1: refused: cannot be read: ") && said.lines().count() == 1,
        "{said}"
    );
}

/// Rule `configuration-missing-sample`: the grade of a refusal is that of the evidence for the entry.
#[test]
fn what_only_a_sample_demands_is_refused_as_assumed() {
    let directory = directory();
    let path = directory.path().display().to_string();
    run(&["optional-table.md", "good.md", "several", "--out", &path]);
    let emulator = mock_ce::MockCe::builder()
        .catalog(directory.path())
        .emulator()
        .unwrap();
    let create = |key: &str, configuration: &str| {
        let body = format!(
            "{{\"element\": {{\"key\": \"{key}\"}}, \"name\": \"n\", \"configuration\": {configuration}}}"
        );
        let mut request =
            mock_ce::Request::new(http::Method::POST, "/elements/api-v2/instances", body);
        let header = "User u, Organization o".parse().unwrap();
        request.headers.insert("authorization", header);
        request
            .headers
            .insert("content-type", "application/json".parse().unwrap());
        emulator.answer(&request).rule.id
    };
    assert_eq!(create("pigeonpost", "{}"), "configuration-missing-sample");
    assert_eq!(create("lark", "{}"), "configuration-missing");
    assert_eq!(create("lark", "{\"lark.nest\": \"n\"}"), "create");
    let structured = "{\"crow.nest\": \"n\", \"event.poller.configuration\": {\"accounts\": {}}}";
    assert_eq!(create("crow", structured), "create");
}

#[test]
fn serve_says_every_problem_of_its_directories_at_once() {
    let directory = directory();
    let path = directory.path().display().to_string();
    run(&["same-id/finch.md", "--out", &path]);
    let finch = read(&directory.path().join("finch.json"));
    fs::write(directory.path().join("broken.json"), "{").unwrap();
    fs::write(
        directory.path().join("linnet.json"),
        finch.replace("finch", "linnet"),
    )
    .unwrap();
    fs::write(
        directory.path().join("twilio.json"),
        finch.replace("finch", "twilio").replace("9110", "9111"),
    )
    .unwrap();
    let error = mock_ce::MockCe::builder()
        .catalog(directory.path())
        .emulator()
        .err()
        .unwrap()
        .to_string();
    assert_eq!(error.lines().count(), 3, "{error}");
    assert!(
        error.contains("the id 9110 is taken by \"finch\" of "),
        "{error}"
    );
    assert!(
        error.contains("the key \"twilio\" is taken by the element 7, which is built in"),
        "{error}"
    );
    for file in ["broken.json", "linnet.json"] {
        fs::remove_file(directory.path().join(file)).unwrap();
    }
    let replaced = mock_ce::MockCe::builder()
        .catalog(directory.path())
        .built_in(BuiltIn::Replace)
        .emulator();
    assert!(replaced.is_ok(), "{:?}", replaced.err());
}
