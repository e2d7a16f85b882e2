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
