//! Asking the control API of a server: by HTTP, by HTTPS, or at a Unix socket.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
#[cfg(unix)]
use std::os::unix::fs::FileTypeExt as _;
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Arg, ArgMatches};
use http::Uri;
use mock_ce::TrustStore;
#[cfg(unix)]
use mock_ce::settings::check_socket_path;

use super::record::{all, files};

/// Maximum time to connect.
const MAX_CONNECT_TIME: Duration = Duration::from_secs(1);

/// A server that can be asked.
pub(super) struct Server {
    pub(super) url: String,
    place: Place,
    ca: Vec<PathBuf>,
}

enum Place {
    Http(String, u16),
    /// The certificates are those that the machine trusts.
    Https(String, u16, TrustStore),
    #[cfg(unix)]
    Unix(PathBuf),
}

/// Limits of one question.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub(super) time: Duration,
    /// Maximum number of bytes of the reply.
    pub(super) len: u64,
}

/// The status and the body of a reply.
pub(super) type Answer = (u16, String);

/// The arguments that name a server.
pub(super) fn arguments() -> [Arg; 2] {
    let url = Arg::new("url")
        .value_name("URL")
        .required(true)
        .help("Any URL of the server, or unix:PATH");
    let help = "PEM file with certificates to trust beside the machine's, such as that of --ca-file of serve; repeatable";
    [url, files("ca", "FILE", help).visible_alias("ca-file")]
}

impl Server {
    /// The server that the arguments name.
    pub(super) fn named(matches: &ArgMatches) -> Result<Self, String> {
        let url = matches.get_one::<String>("url").expect("clap demands it");
        Ok(Server {
            url: url.clone(),
            place: Place::parse(url)?,
            ca: all(matches, "ca"),
        })
    }

    /// Asks for a path.
    ///
    /// # Errors
    /// A server that does not answer; or, with [`io::ErrorKind::InvalidInput`], one that cannot be asked in this way.
    pub(super) fn get(&self, path: &str, limits: Limits) -> io::Result<Answer> {
        match &self.place {
            Place::Http(host, port) => {
                let (stream, address) = connect(host, *port, limits.time)?;
                exchange(stream, &address.to_string(), path, limits)
            }
            Place::Https(host, port, machine) => {
                // A file that cannot be used is told whether the server is there yet or not.
                let trust = self.trust(machine)?;
                let (stream, address) = connect(host, *port, limits.time)?;
                let stream = trust.connect(host, stream);
                let stream = stream.map_err(|error| match error.kind() {
                    io::ErrorKind::PermissionDenied => {
                        io::Error::other(format!("{error}; name it with --ca FILE"))
                    }
                    _ => error,
                })?;
                exchange(stream, &address.to_string(), path, limits)
            }
            #[cfg(unix)]
            Place::Unix(socket) => {
                let stream =
                    UnixStream::connect(socket).map_err(|error| match is_other(socket) {
                        true => io::Error::new(
                            io::ErrorKind::InvalidInput,
                            "it is no socket; name the one of --listen",
                        ),
                        false => error,
                    })?;
                stream.set_read_timeout(Some(limits.time))?;
                exchange(stream, "localhost", path, limits)
            }
        }
    }

    /// The trusted certificates; a server that starts writes its own anew, so the files are read each time.
    fn trust(&self, machine: &TrustStore) -> io::Result<TrustStore> {
        self.ca.iter().try_fold(machine.clone(), |trust, path| {
            trust.with_file(path).map_err(|reason| {
                let shown = path.display().to_string();
                let told = format!("cannot use the file of --ca {shown:?}: {reason}");
                match may_be_written_yet(path) {
                    true => io::Error::other(told),
                    false => io::Error::new(
                        io::ErrorKind::InvalidInput,
                        format!("{told}; name a PEM file with certificates that can be read"),
                    ),
                }
            })
        })
    }
}

/// Tells whether a file may get its certificates from a server that is starting: it is not there, empty, or half there.
fn may_be_written_yet(path: &Path) -> bool {
    match fs::read_to_string(path) {
        Ok(text) => text.is_empty() || text.contains("-----BEGIN CERTIFICATE-----"),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// Tells whether there is something that is no socket, in whose place no server can listen.
#[cfg(unix)]
fn is_other(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.file_type().is_socket())
}

impl Place {
    fn parse(url: &str) -> Result<Self, String> {
        #[cfg(unix)]
        if let Some(path) = url.strip_prefix("unix:") {
            return match check_socket_path(path.as_ref()) {
                Ok(()) => Ok(Place::Unix(path.into())),
                Err(reason) => Err(format!("cannot ask {url:?}: {reason}")),
            };
        }
        // The value may be a secret, so the error does not repeat it.
        if url.contains('@') {
            return Err("a mock-ce takes no credentials in its URL: leave them out".to_owned());
        }
        let wrong = || format!("{url:?} is not a URL such as http://127.0.0.1:6847");
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let host = uri.host().ok_or_else(wrong)?.trim_matches(['[', ']']);
        let (host, port) = (host.to_owned(), uri.port_u16());
        match uri.scheme_str() {
            Some("http") => Ok(Place::Http(host, port.unwrap_or(80))),
            Some("https") => {
                let trust = TrustStore::default().with_system_roots();
                Ok(Place::Https(host, port.unwrap_or(443), trust))
            }
            _ => Err(wrong()),
        }
    }
}

/// Connects to the first address of the host that answers.
fn connect(host: &str, port: u16, time: Duration) -> io::Result<(TcpStream, SocketAddr)> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, MAX_CONNECT_TIME) {
            Ok(stream) => {
                stream.set_read_timeout(Some(time))?;
                return Ok((stream, address));
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn exchange(
    mut stream: impl Read + Write,
    host: &str,
    path: &str,
    limits: Limits,
) -> io::Result<Answer> {
    let question = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(question.as_bytes())?;
    let mut reply = String::new();
    stream.take(limits.len).read_to_string(&mut reply)?;
    // A server that is starting or stopping may close the connection without a reply.
    let status = reply
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let status = status.ok_or(io::ErrorKind::UnexpectedEof)?;
    let body = reply.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok((status, body.to_owned()))
}
