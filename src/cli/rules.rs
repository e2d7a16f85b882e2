//! `mock-ce rules` prints the rule table, as text or as JSON.

use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};
use mock_ce::Json;
use mock_ce::rules::{RULES, Rule};

pub(super) fn command() -> Command {
    let json = Arg::new("json")
        .long("json")
        .action(ArgAction::SetTrue)
        .help("Print JSON");
    Command::new("rules")
        .about("Print every rule with its grade and its source")
        .arg(json)
        .after_help("Example: mock-ce rules | grep assumed")
}

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, String> {
    let text = if matches.get_flag("json") {
        let rules: Json<'_> = RULES.iter().map(|rule| rule.to_json()).collect();
        rules.to_pretty() + "\n"
    } else {
        let width = RULES.iter().map(|rule| rule.id.len()).max().unwrap_or(0) + 2;
        RULES.iter().map(|rule| to_line(rule, width)).collect()
    };
    super::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Formats a rule as one line: id, grade and statement in columns, and the source behind them.
fn to_line(rule: &Rule, width: usize) -> String {
    format!(
        "{:<width$}{:<9}{} [{}]\n",
        rule.id,
        rule.grade.name(),
        rule.statement,
        rule.source
    )
}
