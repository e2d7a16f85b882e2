//! `mock-ce compare`: recorded requests again, against the emulator or a live service, and what is answered otherwise.
//!
//! The emulator names the rule of each answer: so a rule that is only assumed becomes known, or known to be wrong.

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};
use mock_ce::cassette::{Cassette, Difference, Drift, Policy};
use mock_ce::catalog::Catalog;
use mock_ce::recorder::Client;
use mock_ce::rules::Rule;
use mock_ce::wire::json::object;
use mock_ce::wire::message::{Reply, Request};
use mock_ce::{Emulator, Json, MockCe};

use super::record::files;
use super::{check, settings};

pub(super) fn command() -> Command {
    let flag = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let json = Arg::new("json")
        .long("json")
        .action(ArgAction::SetTrue)
        .help("Print JSON");
    let secret = flag(
        "secret",
        "PLACEHOLDER=VARIABLE",
        "Send what this environment variable holds where the placeholder was recorded; repeatable",
    )
    .action(ArgAction::Append);
    let command = Command::new("compare")
        .about("Send recorded requests again, and report what is answered otherwise")
        .arg(check::cassette())
        .arg(flag(
            "against",
            "URL",
            "A live service instead of the emulator: https://HOST",
        ))
        .arg(files(
            "ca",
            "FILE",
            "PEM file with certificates to trust beside the machine's; repeatable",
        ))
        .arg(secret)
        .arg(json)
        .after_help("Example: mock-ce compare day.json --against https://api.example --secret PLACEHOLDER=VARIABLE");
    settings::only(
        command,
        &[
            "seed",
            "shape",
            "empty-lists",
            "credentials",
            "catalog",
            "clock",
        ],
    )
}

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, String> {
    super::tell_unfinished(check::path(matches));
    let cassette = Cassette::load(check::path(matches)).map_err(|error| error.to_string())?;
    let service = Service::chosen(matches)?;
    let policy = Policy::new(Catalog::documented());
    let mut drift = Drift::new(&cassette, policy.clone());
    for (placeholder, secret) in secrets(matches)? {
        if !Drift::sends(&cassette, policy.clone(), &placeholder) {
            return Err(format!(
                "no recorded request has the placeholder {placeholder:?}, which --secret names"
            ));
        }
        drift = drift.secret(&placeholder, &secret);
    }
    let (answers, ended) = answers(&cassette, drift, &service);
    let text = if matches.get_flag("json") {
        to_json(&answers)
    } else {
        to_text(&answers)
    };
    super::print(&text)?;
    ended?;
    Ok(ExitCode::from(u8::from(
        answers.iter().any(|one| !one.differences.is_empty()),
    )))
}

/// The answers to the recorded requests; the first one without an answer ends it, because later ones may build on it.
fn answers(
    cassette: &Cassette,
    mut drift: Drift,
    service: &Service,
) -> (Vec<ComparedAnswer>, Result<(), String>) {
    let mut answers = Vec::new();
    for interaction in cassette.interactions() {
        let request = drift.request(interaction);
        let (reply, rule) = match service.answer(&request) {
            Ok(answered) => answered,
            Err(error) => {
                let (number, count) = (answers.len() + 1, cassette.interactions().len());
                let place =
                    format!("interaction {number} of {count} and the rest are not compared");
                return (answers, Err(format!("{place}: {error}")));
            }
        };
        answers.push(ComparedAnswer {
            request: format!("{} {}", request.method, request.uri.path()),
            rule,
            differences: drift.compare(interaction, &reply),
        });
    }
    (answers, Ok(()))
}

/// The placeholders that stand for something in the environment; a secret does not belong on a command line.
fn secrets(matches: &ArgMatches) -> Result<Vec<(String, String)>, String> {
    let named = matches.get_many::<String>("secret").into_iter().flatten();
    let read = named.map(|pair| {
        let (placeholder, variable) = pair
            .rsplit_once('=')
            .ok_or_else(|| format!("--secret {pair:?} is not PLACEHOLDER=VARIABLE"))?;
        let secret = env::var(variable)
            .map_err(|_| format!("the environment has no {variable}, which --secret names"))?;
        Ok((placeholder.to_owned(), secret))
    });
    read.collect()
}

/// The service that answers the recorded requests now.
enum Service {
    Emulator(Box<Emulator>),
    Live(Box<Client>),
}

impl Service {
    fn chosen(matches: &ArgMatches) -> Result<Self, String> {
        if let Some(url) = matches.get_one::<String>("against") {
            let ca: Vec<PathBuf> = super::record::all(matches, "ca");
            let client = Client::to(url, &ca).map_err(|error| error.to_string())?;
            return Ok(Service::Live(Box::new(client)));
        }
        let settings = settings::apply(MockCe::builder(), matches);
        let emulator = settings.emulator().map_err(|error| error.to_string())?;
        Ok(Service::Emulator(Box::new(emulator)))
    }

    fn answer(&self, request: &Request) -> Result<(Reply, Option<&'static Rule>), String> {
        match self {
            Service::Emulator(emulator) => {
                let outcome = emulator.answer(request);
                Ok((outcome.reply, Some(outcome.rule)))
            }
            Service::Live(client) => {
                let reply = client.send(request).map_err(|error| error.to_string())?;
                Ok((reply, None))
            }
        }
    }
}

/// One answer, and how it differs from the recorded one.
struct ComparedAnswer {
    request: String,
    rule: Option<&'static Rule>,
    differences: Vec<Difference>,
}

fn to_text(answers: &[ComparedAnswer]) -> String {
    let mut text = String::new();
    for (index, answer) in answers.iter().enumerate() {
        if answer.differences.is_empty() {
            continue;
        }
        let rule = answer.rule.map_or(String::new(), |rule| {
            format!(" (rule {}, {})", rule.id, rule.grade)
        });
        text += &format!("[{}] {}{rule}\n", index + 1, answer.request);
        for difference in &answer.differences {
            text += &format!("    {difference}\n");
        }
    }
    let differing = answers
        .iter()
        .filter(|one| !one.differences.is_empty())
        .count();
    text + &format!(
        "{}, {differing} answered otherwise\n",
        super::counted(answers.len(), "interaction")
    )
}

fn to_json(answers: &[ComparedAnswer]) -> String {
    let each = answers.iter().enumerate().map(|(index, answer)| {
        let differences: Json<'_> = answer.differences.iter().map(Difference::to_json).collect();
        object([
            ("interaction", (index as u64 + 1).into()),
            ("request", answer.request.as_str().into()),
            ("rule", answer.rule.map(|rule| rule.id).into()),
            ("grade", answer.rule.map(|rule| rule.grade.name()).into()),
            ("differences", differences),
        ])
    });
    let all: Json<'_> = each.collect();
    all.to_pretty() + "\n"
}
