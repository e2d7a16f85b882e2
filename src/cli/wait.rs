//! `mock-ce wait URL` returns as soon as the server at a URL is ready.
//!
//! It asks the health route over a plain socket until a server answers or the time is over.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use clap::{Arg, ArgMatches, Command};
use http::Uri;
use mock_ce::Json;

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

/// Parses the host and the port out of a URL.
fn parse_address(url: &str) -> Result<(String, u16), String> {
    let wrong = || format!("{url:?} is not a URL such as http://127.0.0.1:6847");
    let uri: Uri = url.parse().map_err(|_| wrong())?;
    if uri.scheme_str() != Some("http") {
        return Err(wrong());
    }
    let host = uri.host().ok_or_else(wrong)?.trim_matches(['[', ']']);
    Ok((host.to_owned(), uri.port_u16().unwrap_or(80)))
}

/// Asks each address of the host in turn; it is an error when none answers.
fn ask((host, port): &(String, u16)) -> io::Result<Responder> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in (host.as_str(), *port).to_socket_addrs()? {
        match ask_at(address) {
            Ok(responder) => return Ok(responder),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Sends one health request and judges the reply.
fn ask_at(address: SocketAddr) -> io::Result<Responder> {
    let mut stream = TcpStream::connect_timeout(&address, MAX_REQUEST_TIME)?;
    stream.set_read_timeout(Some(MAX_REQUEST_TIME))?;
    let question =
        format!("GET /__admin/health HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(question.as_bytes())?;
    let mut reply = String::new();
    stream.take(MAX_REPLY_LEN).read_to_string(&mut reply)?;
    // A server that is starting or stopping may close the connection without a reply.
    let status = reply
        .split(' ')
        .nth(1)
        .ok_or(io::ErrorKind::UnexpectedEof)?;
    let body = reply.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok(match status {
        "200" if is_health(body) => Responder::Ready,
        "403" if body.contains("the control API") => Responder::Closed,
        _ => Responder::Foreign,
    })
}

/// Tells the health document of mock-ce from a page that another server has at this path.
fn is_health(body: &str) -> bool {
    let health = Json::parse(body.as_bytes()).ok();
    let status = health.as_ref().and_then(|health| health.get("status"));
    status.and_then(Json::as_str) == Some("ready")
}
