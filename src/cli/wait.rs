//! `mock-ce wait URL`: until a server is ready.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use clap::{Arg, ArgMatches, Command};
use http::Uri;
use mock_ce::Json;

/// Between two questions.
const PAUSE: Duration = Duration::from_millis(20);
/// The longest that is waited at all.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// The most of an answer that is read.
const LARGEST: u64 = 1 << 20;

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
        .help("How long to wait at most");
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
    let deadline = Instant::now() + timeout.min(LONGEST);
    let address = address(url)?;
    loop {
        match ask(&address) {
            Ok(Answer::Ready) => return Ok(ExitCode::SUCCESS),
            Ok(Answer::Refused) => {
                return Err(format!(
                    "{url} refuses to be asked from here; start it with --control anywhere"
                ));
            }
            Ok(Answer::Other) => return Err(format!("{url} is no mock-ce: it has no control API")),
            Err(error) if Instant::now() >= deadline => {
                let waited = humantime::format_duration(timeout);
                return Err(format!("{url} was not ready within {waited}: {error}"));
            }
            Err(_) => thread::sleep(PAUSE),
        }
    }
}

/// What answers at an address.
enum Answer {
    /// A server that is ready.
    Ready,
    /// A server that is not to be asked from here.
    Refused,
    /// Something else.
    Other,
}

/// Host and port of a URL.
fn address(url: &str) -> Result<(String, u16), String> {
    let wrong = || format!("{url:?} is not a URL such as http://127.0.0.1:6847");
    let uri: Uri = url.parse().map_err(|_| wrong())?;
    if uri.scheme_str() != Some("http") {
        return Err(wrong());
    }
    let host = uri.host().ok_or_else(wrong)?.trim_matches(['[', ']']);
    Ok((host.to_owned(), uri.port_u16().unwrap_or(80)))
}

/// Asks at each address that the host has; an error while nothing answers.
fn ask((host, port): &(String, u16)) -> io::Result<Answer> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in (host.as_str(), *port).to_socket_addrs()? {
        match ask_at(address) {
            Ok(answer) => return Ok(answer),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn ask_at(address: SocketAddr) -> io::Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let question =
        format!("GET /__admin/health HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(question.as_bytes())?;
    let mut reply = String::new();
    stream.take(LARGEST).read_to_string(&mut reply)?;
    // A server that is about to start or to stop may close without a word.
    let status = reply
        .split(' ')
        .nth(1)
        .ok_or(io::ErrorKind::UnexpectedEof)?;
    let body = reply.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok(match status {
        "200" if is_health(body) => Answer::Ready,
        "403" if body.contains("the control API") => Answer::Refused,
        _ => Answer::Other,
    })
}

/// Other servers have a page at this path too.
fn is_health(body: &str) -> bool {
    let health = Json::parse(body.as_bytes()).ok();
    let status = health.as_ref().and_then(|health| health.get("status"));
    status.and_then(Json::as_str) == Some("ready")
}
