//! The README is true: its tables are those of the code, its commands run.

use std::fmt::Write as _;
use std::path::PathBuf;

use mock_ce::emulator::routes::{Access, ROUTES};
use mock_ce::rules::RULES;

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

fn text() -> String {
    std::fs::read_to_string(path()).unwrap()
}

/// Compares what stands between two marks with `expected`; `UPDATE_GOLDEN=1` writes it there.
fn assert_section(name: &str, expected: &str) {
    let (text, open, close) = (
        text(),
        format!("<!-- {name} -->\n"),
        format!("<!-- /{name} -->"),
    );
    let (before, rest) = text.split_once(&open).expect("the opening mark");
    let (section, after) = rest.split_once(&close).expect("the closing mark");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path(), format!("{before}{open}{expected}{close}{after}")).unwrap();
    } else {
        assert_eq!(
            section, expected,
            "run the tests with UPDATE_GOLDEN=1 and review the change"
        );
    }
}

#[test]
fn its_tables_are_those_of_the_code() {
    let mut rules = String::from("| rule | grade | statement |\n|---|---|---|\n");
    for rule in RULES {
        writeln!(
            rules,
            "| `{}` | {} | {} |",
            rule.id, rule.grade, rule.statement
        )
        .unwrap();
    }
    assert_section("rules", &rules);
    let mut endpoints =
        String::from("| route | needs | rule | what it does |\n|---|---|---|---|\n");
    for route in ROUTES {
        let base = if route.access == Access::Control {
            "/__admin"
        } else {
            ""
        };
        let (method, pattern, words) = (&route.method, route.pattern, route.access.words());
        writeln!(
            endpoints,
            "| `{method} {base}{pattern}` | {words} | `{}` | {} |",
            route.rule.id, route.summary
        )
        .unwrap();
    }
    assert_section("endpoints", &endpoints);
}

/// The fenced shell blocks that start with `curl`.
fn curl_commands() -> Vec<String> {
    let text = text();
    let blocks = text.split("```sh\n").skip(1);
    let blocks = blocks.map(|block| block.split("```").next().unwrap_or_default().to_owned());
    blocks.filter(|block| block.starts_with("curl")).collect()
}

/// Both curl commands, sent to a server of the test's own.
#[test]
fn its_curl_commands_work_when_pasted() {
    let ce = mock_ce::MockCe::start();
    let [create, script] = <[String; 2]>::try_from(curl_commands()).unwrap();
    let run = |command: &str| {
        let mut shell = std::process::Command::new("sh");
        shell
            .args(["-c", command])
            .env("MOCK_CE_ADMIN_URL", ce.admin_url());
        String::from_utf8(shell.output().expect("a shell").stdout).unwrap()
    };
    let here = create.replace("127.0.0.1:6847", &ce.address().to_string());
    assert_ne!(here, create);
    assert!(run(&here).contains("mock-ce-because: create; grade=guide"));
    assert_eq!(run(&script), "{}");
    assert!(run(&here).starts_with("HTTP/1.1 200"));
    assert!(run(&here).starts_with("HTTP/1.1 503"));
}
