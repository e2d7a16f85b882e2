//! The binary: what it prints and where, its files, its signals, its exit status.

use std::fs;
use std::io::BufRead as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use mock_ce::Json;
use mock_ce::rules::RULES;
use mock_ce::settings::{FLAGS, Flag};
use rstest::rstest;
use tempfile::TempDir;

use crate::support::{Binary, Client, Harness, Process, Reply, Request, mailjet};

fn run(arguments: &[&str]) -> Output {
    Process::command(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Fails unless the run ended with this status, printed nothing, and told its operator one line.
fn the_one_line(output: &Output, status: i32) -> String {
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{told}");
    assert_eq!(text(&output.stdout), "");
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.starts_with("mock-ce: "), "{told}");
    told.to_owned()
}

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
#[case("--listen", "nowhere")]
#[case("--seed", "-1")]
#[case("--seed", "seven")]
#[case("--shape", "round")]
#[case("--empty-lists", "maybe")]
#[case("--clock", "noon")]
#[case("--body-limit", "8MB")]
#[case("--head-limit", "5")]
#[case("--connection-limit", "0")]
#[case("--header-limit", "0")]
#[case("--control-origin", "http://*:3000")]
#[case("--head-timeout", "soon")]
fn a_value_that_does_not_fit_is_wrong_usage(#[case] flag: &str, #[case] value: &str) {
    let told = the_one_line(
        &run(&["serve", "--listen=127.0.0.1:0", &format!("{flag}={value}")]),
        2,
    );
    assert!(
        told.contains(flag) && told.contains(&format!("{value:?}")),
        "{told}"
    );
}

#[test]
fn credentials_that_do_not_fit_are_not_repeated() {
    let told = the_one_line(
        &run(&["serve", "--listen=127.0.0.1:0", "--credentials=s3cret"]),
        2,
    );
    assert!(
        told.contains("USER:ORGANIZATION") && !told.contains("s3cret"),
        "{told}"
    );
}

#[rstest]
#[case::no_verb(&[])]
#[case::unknown_verb(&["brew"])]
#[case::unknown_flag(&["serve", "--colour=red"])]
#[case::flag_without_value(&["serve", "--seed"])]
#[case::value_for_a_flag_without(&["serve", "--show-secrets=no"])]
#[case::stray_argument(&["serve", "now"])]
fn wrong_usage_exits_with_2_and_prints_nothing(#[case] arguments: &[&str]) {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stdout), "");
    assert_ne!(text(&output.stderr), "");
}

const PIGEON: &str = r#"{
  "instance": {
    "id": 1, "name": "", "token": "t=",
    "element": { "id": 900, "name": "Pigeon Elements", "key": "pigeon" },
    "valid": true
  },
  "configuration": [
    { "key": "pigeon.loft", "required": true }
  ]
}"#;

/// A directory with one catalog file.
fn catalog(text: &str) -> TempDir {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("pigeon.json"), text).unwrap();
    directory
}

fn with_catalog(directory: &Path) -> Output {
    let flag = format!("--catalog={}", directory.display());
    run(&["serve", "--listen=127.0.0.1:0", &flag])
}

#[test]
fn a_catalog_adds_an_element_in_both_dialects() {
    let directory = catalog(PIGEON);
    let mut ce = Binary::start(&[("catalog", directory.path().to_str().unwrap())]);
    assert_eq!(ce.ask(Request::get("/elements")).ids(), [6, 7, 84, 900]);
    let create = |noun, configuration| {
        format!(r#"{{"{noun}":{{"key":"pigeon"}},"name":"n","configuration":{configuration}}}"#)
    };
    let refused: Reply = ce.ask(Request::post("/instances", create("element", "{}")));
    assert_eq!(refused.verdict(), (400, "configuration-missing"));
    let created = ce.ask(Request::post(
        "/instances",
        create("element", r#"{"pigeon.loft":"roof"}"#),
    ));
    assert!(
        created.text().contains(
            r#""element":{"id":900,"name":"Pigeon Elements","key":"pigeon"},"valid":true"#
        )
    );
    let created = ce.ask(
        Request::post(
            "/instances",
            create("your_mom", r#"{"pigeon.loft":"roof"}"#),
        )
        .your_mom(),
    );
    assert!(
        created
            .text()
            .contains(r#""your_mom":{"id":900,"name":"Pigeon Your_moms","key":"pigeon"}"#)
    );
}

#[rstest]
#[case::not_json(PIGEON.replace("\"required\": true", "\"required\" true"), 8, "expected `:`")]
#[case::misspelt(PIGEON.replace("configuration", "configurations"), 7, "did you mean \"configuration\"?")]
#[case::wrong_type(PIGEON.replace("900", "\"900\""), 4, "must be a whole number, found text")]
fn a_broken_catalog_is_told_with_file_line_and_reason(
    #[case] broken: String,
    #[case] line: usize,
    #[case] reason: &str,
) {
    let directory = catalog(&broken);
    let told = the_one_line(&with_catalog(directory.path()), 1);
    let place = format!(
        "{}:{line}: ",
        directory.path().join("pigeon.json").display()
    );
    assert!(told.contains(&place) && told.contains(reason), "{told}");
}

#[test]
fn a_catalog_with_a_taken_id_is_refused() {
    let directory = catalog(&PIGEON.replace("900", "84"));
    let told = the_one_line(&with_catalog(directory.path()), 1);
    assert!(
        told.contains("the id 84 is taken by \"mailjet\", which is built in"),
        "{told}"
    );
}

#[test]
fn a_catalog_that_cannot_be_read_is_told() {
    let empty = TempDir::new().unwrap();
    let told = the_one_line(&with_catalog(empty.path()), 1);
    assert!(told.contains("holds no *.json file"), "{told}");
    let told = the_one_line(&with_catalog(&empty.path().join("nowhere")), 1);
    assert!(told.contains("cannot read the catalog"), "{told}");
}

#[test]
fn rules_prints_every_rule() {
    let output = run(&["rules"]);
    assert!(output.status.success());
    let printed = text(&output.stdout);
    assert_eq!(printed.lines().count(), RULES.len());
    for (line, rule) in printed.lines().zip(RULES) {
        let mut words = line.split_whitespace();
        assert_eq!(
            (words.next(), words.next()),
            (Some(rule.id), Some(rule.grade.name()))
        );
        let end = format!("{} [{}]", rule.statement, rule.source);
        assert!(line.ends_with(&end), "{line}");
    }
}

#[test]
fn rules_prints_json() {
    let output = run(&["rules", "--json"]);
    assert!(output.status.success());
    let printed = Json::parse(&output.stdout).unwrap();
    let printed = printed.as_array().unwrap();
    assert_eq!(printed.len(), RULES.len());
    for (shown, rule) in printed.iter().zip(RULES) {
        let member = |name| shown.get(name).and_then(Json::as_str);
        assert_eq!(member("id"), Some(rule.id));
        assert_eq!(member("grade"), Some(rule.grade.name()));
        assert_eq!(member("statement"), Some(rule.statement));
        assert_eq!(member("source"), Some(rule.source));
    }
}

/// The lines of a help text that start with a flag, as `--name <VALUE>`.
fn flags_of(help: &str) -> Vec<String> {
    let flags = help
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("--"));
    flags
        .map(|line| line.split("  ").next().unwrap().to_owned())
        .collect()
}

#[test]
fn the_help_of_serve_has_every_setting_and_no_other_flag() {
    let output = run(&["serve", "--help"]);
    assert!(output.status.success());
    let with_value = |flag: &Flag| match flag.value {
        Some(value) => format!("--{} <{value}>", flag.name),
        None => format!("--{}", flag.name),
    };
    let mut expected: Vec<_> = FLAGS.iter().map(with_value).collect();
    expected.push("--ready-file <PATH>".to_owned());
    expected.push("--log <FORMAT>".to_owned());
    let mut shown = flags_of(text(&output.stdout));
    shown.sort();
    expected.sort();
    assert_eq!(shown, expected);
}

/// Every setting, with a value that fits.
#[test]
fn serve_takes_every_setting() {
    let directory = catalog(PIGEON);
    // A proxy is not itself asked by HTTPS; `https::port` has that.
    let is_for_https = |name: &str| ["tls", "tls-cert", "tls-key", "callback-ca"].contains(&name);
    let values: Vec<_> = FLAGS
        .iter()
        .filter(|flag| !is_for_https(flag.name))
        .map(|flag| (flag.name, a_value(flag.name, directory.path())))
        .collect();
    let flags: Vec<_> = values
        .iter()
        .map(|(name, value)| (*name, &**value))
        .collect();
    let mut ce = Binary::start(&flags);
    let reply = ce.ask(Request::post("/instances", mailjet("n")));
    assert_eq!(reply.status, 200);
    assert!(
        reply
            .text()
            .contains("\"createdDate\":\"2017-03-14T19:20:16Z\""),
        "{}",
        reply.text()
    );
}

/// A cassette with nothing in it.
fn cassette(directory: &Path) -> String {
    let path = directory.join("cassette");
    let empty = mock_ce::cassette::Cassette::new("https://api.example", "2017-03-14");
    std::fs::write(&path, empty.to_text()).unwrap();
    path.display().to_string()
}

fn a_value(flag: &str, directory: &Path) -> String {
    match flag {
        "listen" => "127.0.0.1:0".to_owned(),
        "shape" => "platform".to_owned(),
        "empty-lists" => "ok".to_owned(),
        "credentials" => "u:o".to_owned(),
        "login" => "a:pw".to_owned(),
        "oauth" => "strict".to_owned(),
        "min-grade" => "assumed".to_owned(),
        "port" => "0".to_owned(),
        "threads" => "2".to_owned(),
        "control-origin" => "http://localhost:3000".to_owned(),
        "control" | "callbacks" => "loopback".to_owned(),
        "webhook-body" => "guide".to_owned(),
        "webhook-delay" | "webhook-retry-unit" => "5s".to_owned(),
        "state" => directory.join("state").display().to_string(),
        "ca-file" => directory.join("ca.pem").display().to_string(),
        "intercept" | "tls-name" => "api.example".to_owned(),
        "catalog" => directory.display().to_string(),
        "cassette" => cassette(directory),
        "fallback" => "emulate".to_owned(),
        "repeat" => "last".to_owned(),
        "ignore" => "body:/name".to_owned(),
        "clock" => "2017-03-14T19:20:16Z".to_owned(),
        timeout if timeout.ends_with("timeout") => "5s".to_owned(),
        _ => "10000".to_owned(),
    }
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

#[rstest]
#[case::host(&["serve", "--host", "0.0.0.0"], "a similar argument exists: '--listen <ADDRESS>'")]
#[case::bind(&["exec", "--bind=0.0.0.0", "true"], "a similar argument exists: '--listen <ADDRESS>'")]
#[case::fallback(&["serve", "--fallback", "emulate"], "--cassette <FILE>")]
#[case::listen(&["serve", "--listen", "6847x"], "\"6847x\" is not an address such as 127.0.0.1:6847, localhost:0 or 6847")]
#[case::address_without_port(&["serve", "--listen", "127.0.0.1"], "\"127.0.0.1\" has no port; write 127.0.0.1:6847")]
#[case::address_of_v6_without_port(&["serve", "--listen", "::1"], "\"::1\" has no port; write [::1]:6847")]
#[case::misses_without_cassette(&["exec", "--deny-misses", "--", "true"], "--cassette <FILE>")]
#[case::flag_of_exec(&["exec", "--deny-unfred", "--", "true"], "a similar argument exists: '--deny-unfired'")]
#[case::flag_of_record(&["record", "--upstream", "http://a.test", "--cassette", "no-such.json", "--mod", "all", "--", "true"], "a similar argument exists: '--mode'")]
#[case::origin(&["serve", "--control-origin", "app.test"], "\"app.test\" is not an origin such as http://localhost:3000")]
fn wrong_usage_is_told_what_to_write_instead(#[case] words: &[&str], #[case] tip: &str) {
    let output = run(words);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains(tip),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn a_state_file_that_could_not_be_written_is_refused_at_the_start() {
    let line = the_one_line(
        &run(&["serve", "--port", "0", "--state", "/no-such-directory/x"]),
        1,
    );
    assert!(line.contains("its directory is not there"), "{line}");
}

#[rstest]
#[case::report("--report")]
#[case::post_mortem("--post-mortem")]
fn what_the_end_could_not_write_is_refused_before_the_command_runs(#[case] flag: &str) {
    let words = ["exec", flag, "/no-such-directory/x", "--", "echo", "ran"];
    let line = the_one_line(&run(&words), 1);
    assert!(
        line.contains(flag) && line.contains("its directory is not there"),
        "{line}"
    );
}

#[test]
fn a_key_file_without_a_key_is_told_as_such() {
    let directory = TempDir::new().unwrap();
    let ca = directory.path().join("ca.pem");
    let file = ca.to_str().unwrap();
    assert!(
        run(&["exec", "--tls", "--ca-file", file, "--", "true"])
            .status
            .success()
    );
    let line = the_one_line(
        &run(&[
            "serve",
            "--port=0",
            "--tls",
            "--tls-cert",
            file,
            "--tls-key",
            file,
        ]),
        1,
    );
    assert!(line.contains("it has no private key"), "{line}");
}

#[test]
fn the_banner_names_the_file_that_has_the_certificate() {
    let directory = TempDir::new().unwrap();
    let ca = directory.path().join("ca.pem");
    let mut process = Process::serve(&[("tls", ""), ("ca-file", ca.to_str().unwrap())]);
    let mut lines = (&mut process.stderr).lines().map(Result::unwrap);
    let told = lines.find(|line| line.contains("clients must trust"));
    let told = told.unwrap();
    assert!(
        told.contains("ca.pem") && !told.contains("--ca-file PATH"),
        "{told}"
    );
}

#[test]
fn each_verb_has_an_example_that_starts_with_the_program() {
    let help = run(&["--help"]);
    let help = text(&help.stdout);
    let verbs = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let verbs = verbs.take_while(|line| !line.is_empty());
    for verb in verbs.filter_map(|line| line.split_whitespace().next()) {
        let output = run(&[verb, "--help"]);
        let shown = text(&output.stdout);
        assert!(
            verb == "help" || shown.contains("Example: mock-ce "),
            "{verb}: {shown}"
        );
    }
}

#[test]
fn a_new_element_is_written_once_and_served() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("pigeon.json");
    let file = path.to_str().unwrap();
    let printed = run(&["new-element", "pigeon"]);
    assert!(run(&["new-element", "pigeon", file]).status.success());
    assert_eq!(fs::read(&path).unwrap(), printed.stdout);
    let again = the_one_line(&run(&["new-element", "dove", file]), 1);
    assert!(
        again.contains("is there already and stays as it is"),
        "{again}"
    );
    let mut ce = Binary::start(&[("catalog", file)]);
    let body = r#"{"element":{"key":"pigeon"},"name":"n","configuration":{"pigeon.api.key":"k"}}"#;
    let created = ce.ask(Request::post("/instances", body));
    assert_eq!(created.status, 200, "{}", created.text());
    let by_token = format!("User u, Element {}", created.token());
    let rows = ce.ask(Request::get("/hubs/general/contacts").by(&by_token));
    assert!(rows.text().contains("Ada"), "{}", rows.text());
}

#[rstest]
#[case::bash(&["completions", "bash"], "new-element")]
#[case::zsh(&["completions", "zsh"], "new-element")]
#[case::man(&["man"], ".TH mock-ce 1")]
#[case::man_of_a_verb(&["man", "serve"], ".TH mock-ce-serve 1")]
fn completions_and_manual_pages_are_printed(#[case] words: &[&str], #[case] part: &str) {
    let output = run(words);
    assert!(output.status.success());
    assert!(
        text(&output.stdout).contains(part),
        "{}",
        text(&output.stdout)
    );
}

#[rstest]
#[case::flag_of_a_verb("serve --tls-", "--tls-name\n--tls-cert\n--tls-key\n")]
#[case::flag_of_a_verb_with_a_hyphen("new-element --he", "--help\n")]
#[case::verb("che", "check\n")]
#[cfg(unix)]
fn bash_completes_verbs_and_flags(#[case] typed: &str, #[case] expected: &str) {
    let script = run(&["completions", "bash"]).stdout;
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("mock-ce.bash");
    fs::write(&file, script).unwrap();
    let ask = r#"source "$1"
COMP_WORDS=(mock-ce $2); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_mock__ce mock-ce "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}""#;
    let output = Command::new("bash")
        .args(["-c", ask, "bash", file.to_str().unwrap(), typed])
        .output()
        .expect("this test needs bash");
    assert_eq!(text(&output.stdout), expected, "{}", text(&output.stderr));
}
