//! `mock-ce wait URL`: until a server is ready.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use clap::{Arg, ArgMatches, Command};
use http::Uri;

/// Between two questions.
const PAUSE: Duration = Duration::from_millis(20);
/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(1);

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
    let deadline = Instant::now() + timeout;
    let address = address(url)?;
    loop {
        match ask(address) {
            Ok(true) => return Ok(ExitCode::SUCCESS),
            Ok(false) => return Err(format!("{url} is no mock-ce: it has no control API")),
            Err(error) if Instant::now() >= deadline => {
                let waited = humantime::format_duration(timeout);
                return Err(format!("{url} was not ready within {waited}: {error}"));
            }
            Err(_) => thread::sleep(PAUSE),
        }
    }
}

fn address(url: &str) -> Result<SocketAddr, String> {
    let wrong = || format!("{url:?} is not a URL such as http://127.0.0.1:6847");
    let uri: Uri = url.parse().map_err(|_| wrong())?;
    if uri.scheme_str() != Some("http") {
        return Err(wrong());
    }
    let host = uri.host().ok_or_else(wrong)?.trim_matches(['[', ']']);
    let mut addresses = (host, uri.port_u16().unwrap_or(80))
        .to_socket_addrs()
        .map_err(|_| wrong())?;
    addresses.next().ok_or_else(wrong)
}

/// Whether what answers there is a ready server; an error while nothing answers.
fn ask(address: SocketAddr) -> io::Result<bool> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "GET /__admin/health HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
    )?;
    let mut head = [0; 12];
    stream.read_exact(&mut head)?;
    Ok(head == *b"HTTP/1.1 200")
}
