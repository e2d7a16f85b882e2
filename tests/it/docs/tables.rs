//! Tables that repeat what the code says.

use std::fmt::Write as _;

use mock_ce::Surface;
use mock_ce::emulator::routes::ROUTES;
use mock_ce::rules::{Grade, RULES};
use rstest::rstest;

use super::{blocks, first_cells, path, text};
use crate::support::{Harness as _, Request, Server};

/// Compares what stands between two marks of a page with `expected`; `UPDATE_GOLDEN=1` writes it there.
fn assert_section(page: &str, name: &str, expected: &str) {
    let (text, open) = (text(page), format!("<!-- {name} -->\n"));
    let close = format!("<!-- /{name} -->");
    let (before, rest) = text.split_once(&open).expect("the opening mark");
    let (section, after) = rest.split_once(&close).expect("the closing mark");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(
            path(page),
            format!("{before}{open}{expected}{close}{after}"),
        )
        .unwrap();
    } else {
        assert_eq!(
            section, expected,
            "run the tests with UPDATE_GOLDEN=1 and review the change"
        );
    }
}

#[test]
fn the_rules_are_those_of_the_rule_table() {
    let mut rules = String::from("| rule | grade | statement |\n|---|---|---|\n");
    for rule in RULES {
        let (id, grade, statement) = (rule.id, rule.grade, rule.statement);
        writeln!(rules, "| `{id}` | {grade} | {statement} |").unwrap();
    }
    assert_section("src/docs/rules.md", "rules", &rules);
}

/// Rules that no client of the three documented elements meets: of OAuth and of other elements, and the mock's own.
const RULES_OF_OTHERS: [&str; 12] = [
    "oauth",
    "consent-",
    "configuration-missing-sample",
    "element-metadata-known",
    "generic-names",
    "twiliov2-rows",
    "scripted",
    "recorded",
    "not-recorded",
    "upstream-failed",
    "control",
    "internal",
];

/// At most a fifth of what such a client relies upon is assumed, and the page says how much.
#[test]
fn the_page_says_how_many_rules_are_assumed() {
    let is_met = |id: &str| !RULES_OF_OTHERS.iter().any(|start| id.starts_with(start));
    let met = RULES.iter().filter(|rule| is_met(rule.id));
    let assumed = met.clone().filter(|rule| rule.grade == Grade::Assumed);
    let (met, assumed) = (met.count(), assumed.count());
    assert!(assumed * 5 <= met, "{assumed} of {met}");
    let share = (assumed * 1000 / met) as f64 / 10.0;
    let line = format!(
        "A client of the three documented elements can meet {met} of the rules; {assumed} of these are `assumed`, {share:.1} %.\n"
    );
    assert_section("src/docs/rules.md", "share", &line);
}

#[test]
fn the_endpoints_are_those_of_the_route_table() {
    let mut endpoints =
        String::from("| route | needs | rule | what it does |\n|---|---|---|---|\n");
    for route in ROUTES {
        // The base path of the API is said above the table.
        let base = match route.surface {
            Surface::Control => "/__admin",
            Surface::Api | Surface::Page => "",
        };
        let (method, pattern, words) = (&route.method, route.pattern, route.access.words());
        let (rule, summary) = (route.rule.id, route.summary);
        writeln!(
            endpoints,
            "| `{method} {base}{pattern}` | {words} | `{rule}` | {summary} |"
        )
        .unwrap();
    }
    assert_section("src/docs/endpoints.md", "endpoints", &endpoints);
}

/// Every effect that a page shows as JSON is one that the control API takes.
#[rstest]
#[case::readme("README.md", 5)]
#[case::steering("src/docs/steering.md", 9)]
fn the_effects_can_be_ordered(#[case] page: &str, #[case] at_least: usize) {
    let cells = first_cells(page, "effect").join(", ");
    let effects = cells.split('`').filter(|text| text.starts_with(['{', '"']));
    // `{"min", "max"}` names members without values: it is no JSON.
    let whole: Vec<_> = effects.filter(|text| !text.contains("\", \"")).collect();
    assert!(whole.len() >= at_least, "{whole:?}");
    for effect in whole {
        order(&format!("{{\"effect\": {effect}}}"));
    }
}

#[test]
fn the_examples_of_orders_can_be_given() {
    let examples = blocks("src/docs/steering.md", "json");
    let [script, stub] = &examples[..] else {
        panic!("{examples:?}");
    };
    order(script);
    order_at("/__admin/stubs", stub);
}

/// Fails unless the control API takes this rule of the script.
fn order(rule: &str) {
    order_at("/__admin/script", rule);
}

fn order_at(path: &str, rule: &str) {
    let request = Request::raw("POST", path).header("host", "localhost");
    let reply = Server::start(&[]).ask(request.json(rule));
    assert_eq!(reply.status, 200, "{rule}: {}", reply.text());
}

#[test]
fn each_attack_names_a_module_of_the_tests() {
    let attacks = text("src/docs/attacks.md");
    let rows = attacks
        .lines()
        .skip_while(|line| !line.ends_with("| test |"));
    let rows: Vec<_> = rows.skip(2).take_while(|line| !line.is_empty()).collect();
    assert!(rows.len() >= 17, "{rows:?}");
    for row in rows {
        let module = row.rsplit('`').nth(1).unwrap();
        let here = path(&format!("tests/it/abuse/{module}.rs")).exists();
        assert!(
            here || path(&format!("tests/it/abuse/{module}")).is_dir(),
            "{row}"
        );
    }
}
