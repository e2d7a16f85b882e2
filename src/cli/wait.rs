//! `mock-ce wait URL` returns as soon as the server at a URL is ready.
//!
//! It asks the health route over a plain socket until a server answers or the time is over.

use std::io;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use clap::{Arg, ArgMatches, Command};
use mock_ce::Json;

use super::asking::{self, Address, parse_address};

/// Pause between two requests.
const PAUSE: Duration = Duration::from_millis(20);
/// Maximum of `--timeout`; a later deadline could lie beyond what `Instant` can hold.
const MAX_WAIT: Duration = Duration::from_secs(24 * 60 * 60);
/// Maximum time for one request.
const MAX_REQUEST_TIME: Duration = Duration::from_secs(1);
/// Maximum number of bytes read of a reply.
const MAX_REPLY_LEN: u64 = 1 << 20;

pub(super) fn command() -> Command {
    let url = Arg::new("url")
        .value_name("URL")
        .required(true)
        .help("Any URL of the server");
    let timeout = Arg::new("timeout")
        .long("timeout")
        .value_name("TIME")
        .default_value("10s")
        .value_parser(humantime::parse_duration)
        .help("Maximum time to wait");
    Command::new("wait")
        .about("Wait until a server is ready")
        .arg(url)
        .arg(timeout)
        .after_help(
            "It asks by plain HTTP, so it reaches neither a server with --tls nor one at a Unix socket; for those, let\n\
             --ready-file of serve tell that the server is ready.\n\n\
             Example: mock-ce wait http://127.0.0.1:6847 --timeout 30s",
        )
}

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, String> {
    let url = matches.get_one::<String>("url").expect("clap demands it");
    let timeout = *matches
        .get_one::<Duration>("timeout")
        .expect("it has a default");
    let deadline = Instant::now() + timeout.min(MAX_WAIT);
    let address = parse_address(url)?;
    loop {
        match ask(&address) {
            Ok(Responder::Ready) => return Ok(ExitCode::SUCCESS),
            Ok(Responder::Closed) => {
                return Err(format!(
                    "{url} refuses to be asked from here; start it with --control anywhere"
                ));
            }
            Ok(Responder::Foreign) => {
                return Err(format!("{url} is not a mock-ce: it has no control API"));
            }
            Err(error) if Instant::now() >= deadline => {
                let waited = humantime::format_duration(timeout);
                return Err(format!("{url} was not ready within {waited}: {error}"));
            }
            Err(_) => thread::sleep(PAUSE),
        }
    }
}

/// The kinds of server that can answer at an address.
enum Responder {
    /// A mock-ce that is ready.
    Ready,
    /// A mock-ce whose control API is closed to this machine.
    Closed,
    /// Another server.
    Foreign,
}

/// Sends one health request and judges the reply.
fn ask(address: &Address) -> io::Result<Responder> {
    let (status, body) = asking::get(address, "/__admin/health", MAX_REQUEST_TIME, MAX_REPLY_LEN)?;
    Ok(match status {
        200 if is_health(&body) => Responder::Ready,
        403 if body.contains("the control API") => Responder::Closed,
        _ => Responder::Foreign,
    })
}

/// Tells the health document of mock-ce from a page that another server has at this path.
fn is_health(body: &str) -> bool {
    let health = Json::parse(body.as_bytes()).ok();
    let status = health.as_ref().and_then(|health| health.get("status"));
    status.and_then(Json::as_str) == Some("ready")
}
