//! Verbs that print and end, and the help of all.

#[cfg(unix)]
use std::fs;
#[cfg(unix)]
use std::process::Command;

use mock_ce::Json;
use mock_ce::rules::RULES;
use rstest::rstest;
#[cfg(unix)]
use tempfile::TempDir;

use super::{run, text};

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
