//! `mock-ce wait URL` returns as soon as the server at a URL is ready.
//!
//! It asks the health route until a server answers or the time is over.

use std::io;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use clap::{Arg, ArgMatches, Command};
use mock_ce::Json;

use super::asking::{self, Limits, Server};

/// Pause between two requests.
const PAUSE: Duration = Duration::from_millis(20);
/// Maximum of `--timeout`; a later deadline could lie beyond what `Instant` can hold.
const MAX_WAIT: Duration = Duration::from_secs(24 * 60 * 60);
const LIMITS: Limits = Limits {
    time: Duration::from_secs(1),
    len: 1 << 20,
};

pub(super) fn command() -> Command {
    let timeout = Arg::new("timeout")
        .long("timeout")
        .value_name("TIME")
        .default_value("10s")
        .value_parser(humantime::parse_duration)
        .help("Maximum time to wait");
    Command::new("wait")
        .about("Wait until a server is ready")
        .args(asking::arguments())
        .arg(timeout)
        .after_help(
            "A file of --ca need not be there yet: it is read at each attempt. One that is there and has no certificate, or\n\
             cannot be read, ends the wait at once.\n\n\
             Example: mock-ce wait http://127.0.0.1:6847 --timeout 30s\n\
             Example: mock-ce wait https://localhost:6847 --ca ca.pem\n\
             Example: mock-ce wait unix:/tmp/mock-ce.sock",
        )
}

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, String> {
    let timeout = *matches
        .get_one::<Duration>("timeout")
        .expect("it has a default");
    let deadline = Instant::now() + timeout.min(MAX_WAIT);
    let server = Server::named(matches)?;
    let url = &server.url;
    loop {
        match ask(&server) {
            Ok(Responder::Ready) => return Ok(ExitCode::SUCCESS),
            Ok(Responder::Closed) => {
                return Err(format!(
                    "{url} refuses to be asked from here; start it with --control anywhere"
                ));
            }
            Ok(Responder::Encrypted) => {
                return Err(format!(
                    "{url} speaks HTTPS; write https://, and name its certificate with --ca FILE"
                ));
            }
            Ok(Responder::Foreign) => {
                return Err(format!("{url} is not a mock-ce: it has no control API"));
            }
            // Asking again would not help.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                return Err(format!("{url} cannot be asked: {error}"));
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
    /// A mock-ce that speaks HTTPS, asked by plain HTTP.
    Encrypted,
    /// Another server.
    Foreign,
}

/// Sends one health request and judges the reply.
fn ask(server: &Server) -> io::Result<Responder> {
    let (status, body) = server.get("/__admin/health", LIMITS)?;
    Ok(match status {
        200 if is_health(&body) => Responder::Ready,
        400 if body.contains("This port speaks HTTPS") => Responder::Encrypted,
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
