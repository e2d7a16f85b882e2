//! Asking the control API of a server over a plain socket.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use http::Uri;

/// Maximum time to connect.
const MAX_CONNECT_TIME: Duration = Duration::from_secs(1);

/// The host and the port of a server.
pub(super) struct Address(String, u16);

/// The status and the body of a reply.
pub(super) type Answer = (u16, String);

/// Parses the host and the port out of a URL.
pub(super) fn parse_address(url: &str) -> Result<Address, String> {
    let wrong = || match url.starts_with("https:") {
        true => format!(
            "{url:?} is asked by HTTPS, which only curl and other clients do; serve without --tls"
        ),
        false => format!("{url:?} is not a URL such as http://127.0.0.1:6847"),
    };
    let uri: Uri = url.parse().map_err(|_| wrong())?;
    if uri.scheme_str() != Some("http") {
        return Err(wrong());
    }
    let host = uri.host().ok_or_else(wrong)?.trim_matches(['[', ']']);
    Ok(Address(host.to_owned(), uri.port_u16().unwrap_or(80)))
}

/// Asks each address of the host in turn; it is an error when none answers.
pub(super) fn get(
    Address(host, port): &Address,
    path: &str,
    time: Duration,
    most: u64,
) -> io::Result<Answer> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in (host.as_str(), *port).to_socket_addrs()? {
        match get_at(address, path, time, most) {
            Ok(answer) => return Ok(answer),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn get_at(address: SocketAddr, path: &str, time: Duration, most: u64) -> io::Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&address, MAX_CONNECT_TIME)?;
    stream.set_read_timeout(Some(time))?;
    let question = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(question.as_bytes())?;
    let mut reply = String::new();
    stream.take(most).read_to_string(&mut reply)?;
    // A server that is starting or stopping may close the connection without a reply.
    let status = reply
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let status = status.ok_or(io::ErrorKind::UnexpectedEof)?;
    let body = reply.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok((status, body.to_owned()))
}
