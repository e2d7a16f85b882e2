//! `mock-ce tail URL` follows the requests of a running server, a line each on standard output.

use std::io::{self, IsTerminal as _};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command};
use mock_ce::Json;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::asking::{self, Limits, Server};

/// The time for which the server may hold one question back.
const MAX_HELD: Duration = Duration::from_secs(20);
const LIMITS: Limits = Limits {
    time: Duration::from_secs(60),
    len: 1 << 30,
};
/// Pause before a server that does not answer is asked again.
const PAUSE: Duration = Duration::from_millis(200);

/// The filters: query parameters of the journal.
const FILTERS: [(&str, &str); 9] = [
    ("match", "Only requests that fit this predicate, as JSON"),
    ("method", "Only requests with this verb"),
    (
        "path",
        "Only requests to a path that fits, such as /instances/*",
    ),
    ("element", "Only requests about the element with this key"),
    (
        "organization",
        "Only requests of the organization with this secret",
    ),
    ("instance", "Only requests about the instance with this id"),
    ("rule", "Only requests that this rule decided"),
    ("grade", "Only requests that a rule of this grade decided"),
    (
        "status",
        "Only requests that were answered with this status, 200 to 999 as a stub can have it",
    ),
];

pub(super) fn command() -> Command {
    let all = Arg::new("all")
        .long("all")
        .action(ArgAction::SetTrue)
        .help("Start with the requests that the journal has, not with the next one");
    let json = Arg::new("json")
        .long("json")
        .action(ArgAction::SetTrue)
        .help("Print each request as one line of JSON");
    let filters =
        FILTERS.map(|(name, help)| Arg::new(name).long(name).value_name("VALUE").help(help));
    Command::new("tail")
        .about("Follow the requests of a running server")
        .args(asking::arguments())
        .args([all, json])
        .args(filters)
        .after_help(
            "Lines are coloured on a terminal only, and not where NO_COLOR is set.\n\n\
             Example: mock-ce tail http://127.0.0.1:6847 --path '/instances/*' --status 404",
        )
}

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, String> {
    let follower = Follower {
        server: Server::named(matches)?,
        filters: filters(matches),
        style: Style::chosen(matches),
    };
    let from_now = "/__admin/requests?after=18446744073709551615";
    let mut after = match matches.get_flag("all") {
        true => 0,
        false => last_of(&follower.ask(from_now)?),
    };
    loop {
        after = follower.print_next(after)?;
    }
}

struct Follower {
    server: Server,
    filters: String,
    style: Style,
}

impl Follower {
    /// Prints what comes after the request with this number, and returns the number of the last one.
    fn print_next(&self, after: u64) -> Result<u64, String> {
        let (held, filters) = (MAX_HELD.as_secs(), &self.filters);
        let path = format!("/__admin/requests/wait?count=1&timeout={held}s&after={after}{filters}");
        let answer = self.ask(&path)?;
        let requests = answer.get("requests").and_then(Json::as_array);
        for request in requests.unwrap_or_default() {
            super::print(&format!("{}\n", self.style.line(request)))?;
        }
        let last = last_of(&answer);
        if last < after {
            // Another server has taken the place of the one that counted so far.
            thread::sleep(PAUSE);
        }
        Ok(last)
    }

    fn ask(&self, path: &str) -> Result<Json<'static>, String> {
        let url = &self.server.url;
        let answer = self.server.get(path, LIMITS);
        let (status, body) = answer.map_err(|error| format!("{url} does not answer: {error}"))?;
        let json = Json::parse(body.as_bytes()).map(Json::into_owned);
        match (status, json) {
            (200, Ok(json)) => Ok(json),
            (_, Ok(json)) => {
                let message = json.get("message").and_then(Json::as_str);
                Err(message.unwrap_or("the server refused").to_owned())
            }
            (_, Err(_)) => Err(format!("{url} is not a mock-ce: it has no control API")),
        }
    }
}

fn last_of(answer: &Json<'_>) -> u64 {
    answer.get("last").and_then(Json::as_u64).unwrap_or(0)
}

/// The filters as they stand in a query string.
fn filters(matches: &ArgMatches) -> String {
    let said = FILTERS.iter().filter_map(|(name, _)| {
        let value = matches.get_one::<String>(name)?;
        let value = utf8_percent_encode(value, NON_ALPHANUMERIC);
        Some(format!("&{name}={value}"))
    });
    said.collect()
}

/// The message of a refusal, with a blank before it.
fn refusal(request: &Json<'_>) -> String {
    let is_refused = request.get("status").and_then(Json::as_u64) >= Some(400);
    let answer = request.get("answer").filter(|_| is_refused);
    let text = answer.and_then(|answer| answer.get("text")?.as_str());
    let body = text.and_then(|text| Json::parse(text.as_bytes()).ok());
    let message = body
        .as_ref()
        .and_then(|body| body.get("message")?.as_str())
        // What the client sent may stand in it, and must not look like another line.
        .map(|message| format!(" {}", message.replace(char::is_control, "\u{fffd}")));
    message.unwrap_or_default()
}

/// The format of a printed request.
#[derive(Clone, Copy)]
enum Style {
    Json,
    Plain,
    Coloured,
}

impl Style {
    fn chosen(matches: &ArgMatches) -> Self {
        let has_no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        match (matches.get_flag("json"), io::stdout().is_terminal()) {
            (true, _) => Style::Json,
            (false, true) if !has_no_color => Style::Coloured,
            _ => Style::Plain,
        }
    }

    fn line(self, request: &Json<'_>) -> String {
        if matches!(self, Style::Json) {
            return request.to_string();
        }
        let text = |name: &str| request.get(name).and_then(Json::as_str).unwrap_or("none");
        let status = request.get("status").and_then(Json::as_u64);
        let shown = status.map_or("none".to_owned(), |status| status.to_string());
        let effect = request.get("effect").and_then(Json::as_str);
        let mut effect = effect.map_or(String::new(), |effect| format!(" [{effect}]"));
        if let Some(stub) = request.get("stub").and_then(Json::as_u64) {
            effect += &format!(" [stub {stub}]");
        }
        format!(
            "{} {} {} → {} ({}; grade={}){effect}{} · {}",
            text("at"),
            text("method"),
            text("target"),
            self.coloured(status, &shown),
            text("rule"),
            text("grade"),
            refusal(request),
            text("organization"),
        )
    }

    /// The status: green for a success, yellow for a refusal, red for what went wrong or did not arrive.
    fn coloured(self, status: Option<u64>, shown: &str) -> String {
        let color = match status {
            Some(200..=399) => 32,
            Some(400..=499) => 33,
            _ => 31,
        };
        match self {
            Style::Coloured => format!("\u{1b}[{color}m{shown}\u{1b}[0m"),
            Style::Plain | Style::Json => shown.to_owned(),
        }
    }
}
