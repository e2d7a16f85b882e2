//! Wrong usage, and files that cannot be used.

use rstest::rstest;
use tempfile::TempDir;

use super::{run, text, the_one_line};

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

#[rstest]
#[case::host(&["serve", "--host", "0.0.0.0"], "a similar argument exists: '--listen <ADDRESS>'")]
#[case::bind(&["exec", "--bind=0.0.0.0", "true"], "a similar argument exists: '--listen <ADDRESS>'")]
#[case::fallback(&["serve", "--fallback", "emulate"], "--cassette <FILE>")]
#[case::listen(&["serve", "--listen", "6847x"], "\"6847x\" is not an address such as 127.0.0.1:6847, localhost:0 or 6847")]
#[case::address_without_port(&["serve", "--listen", "127.0.0.1"], "\"127.0.0.1\" has no port; write 127.0.0.1:6847")]
#[case::address_of_v6_without_port(&["serve", "--listen", "::1"], "\"::1\" has no port; write [::1]:6847")]
#[case::port(&["serve", "--port", "70000"], "\"70000\" is not a port from 0 to 65535")]
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

#[rstest]
#[case::no_directory("/no-such-directory/x", "its directory is not there")]
#[case::no_name("", "it names no file")]
fn a_state_file_that_could_not_be_written_is_refused_at_the_start(
    #[case] path: &str,
    #[case] reason: &str,
) {
    let line = the_one_line(&run(&["serve", "--port=0", "--state", path]), 1);
    assert!(line.contains(reason), "{line}");
}

#[rstest]
#[case::report("--report", "/no-such-directory/x", "its directory is not there")]
#[case::post_mortem("--post-mortem", "/no-such-directory/x", "its directory is not there")]
#[case::directory("--report", ".", "it is a directory")]
fn what_the_end_could_not_write_is_refused_before_the_command_runs(
    #[case] flag: &str,
    #[case] path: &str,
    #[case] reason: &str,
) {
    let words = ["exec", flag, path, "--", "echo", "ran"];
    let line = the_one_line(&run(&words), 1);
    assert!(line.contains(flag) && line.contains(reason), "{line}");
}

#[test]
fn a_command_that_cannot_be_started_is_all_that_is_told() {
    let line = the_one_line(&run(&["exec", "--", "/no/such/command"]), 127);
    assert!(line.contains("cannot start \"/no/such/command\""), "{line}");
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
