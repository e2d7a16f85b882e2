//! Addresses as people write them: what to listen on, and whose page may steer.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
#[cfg(unix)]
use std::path::Path;

use http::Uri;

/// Reads an address to listen on: `127.0.0.1:6847`, `localhost:0`, or a port of this machine alone: `6847`.
///
/// # Errors
/// A text that is none of these; the error says so.
pub fn listen_address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.strip_prefix(':').unwrap_or(text).parse::<u16>() {
        return Ok((Ipv4Addr::LOCALHOST, port).into());
    }
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    if let Some(example) = without_port(text) {
        return Err(format!(
            "{text:?} has no port; write {example}:6847, or {example}:0 for any free one"
        ));
    }
    let wrong =
        || format!("{text:?} is not an address such as 127.0.0.1:6847, localhost:0 or 6847");
    let found: Vec<_> = text.to_socket_addrs().map_err(|_| wrong())?.collect();
    let first_of_v4 = found.iter().find(|address| address.is_ipv4());
    first_of_v4.or(found.first()).copied().ok_or_else(wrong)
}

/// An address or name of this machine that stands alone, as it is written before a port.
fn without_port(text: &str) -> Option<String> {
    match text.trim_matches(['[', ']']).parse() {
        Ok(IpAddr::V6(ip)) => Some(format!("[{ip}]")),
        Ok(IpAddr::V4(ip)) => Some(ip.to_string()),
        Err(_) => (text == "localhost").then(|| text.to_owned()),
    }
}

/// Maximum bytes of the path of a Unix socket; the system's address has room for one more, which ends it.
#[cfg(unix)]
const MAX_SOCKET_PATH: usize = match cfg!(any(target_os = "linux", target_os = "android")) {
    true => 107,
    false => 103,
};

/// Refuses a path that no Unix socket can have.
///
/// # Errors
/// An empty path, or one that is longer than the system takes; the error says so.
#[cfg(unix)]
pub fn check_socket_path(path: &Path) -> Result<(), String> {
    match path.as_os_str().len() {
        0 => Err("the path is empty; write one such as unix:/tmp/mock-ce.sock".to_owned()),
        1..=MAX_SOCKET_PATH => Ok(()),
        length => Err(format!(
            "the path has {length} bytes, and this system takes {MAX_SOCKET_PATH} at most"
        )),
    }
}

/// An address by which this machine reaches a listener: a wildcard stands for all, and no client can call it.
pub(crate) fn callable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

/// Reads the origin of a page, as browsers send it.
pub(super) fn origin(text: &str) -> Result<String, String> {
    let wrong = || format!("{text:?} is not an origin such as http://localhost:3000");
    let uri: Uri = text.parse().map_err(|_| wrong())?;
    let scheme = uri.scheme_str().unwrap_or_default().to_ascii_lowercase();
    let usual_port = match &*scheme {
        "http" => 80,
        "https" => 443,
        _ => return Err(wrong()),
    };
    let authority = uri.authority().ok_or_else(wrong)?;
    let has_more = !uri.path().trim_end_matches('/').is_empty() || uri.query().is_some();
    if has_more || authority.as_str().contains('@') {
        return Err(wrong());
    }
    let host = authority.host().to_ascii_lowercase();
    // A pattern is no origin: no browser sends one.
    if host.contains('*') {
        return Err(wrong());
    }
    Ok(
        match authority.port_u16().filter(|port| *port != usual_port) {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("6847", Some("127.0.0.1:6847"))]
    #[case(":6847", Some("127.0.0.1:6847"))]
    #[case("localhost:0", Some("127.0.0.1:0"))]
    #[case("0.0.0.0:1", Some("0.0.0.0:1"))]
    #[case("[::1]:1", Some("[::1]:1"))]
    #[case("70000", None)]
    #[case("127.0.0.1", None)]
    fn an_address_is_read(#[case] text: &str, #[case] expected: Option<&str>) {
        let read = listen_address(text).ok().map(|address| address.to_string());
        assert_eq!(read.as_deref(), expected);
    }

    #[rstest]
    #[case("http://localhost:3000", Some("http://localhost:3000"))]
    #[case("HTTPS://App.Test:443/", Some("https://app.test"))]
    #[case("http://app.test:80", Some("http://app.test"))]
    #[case("http://app.test/page", None)]
    #[case("http://user@app.test", None)]
    #[case("app.test", None)]
    #[case("null", None)]
    #[case("*", None)]
    #[case("http://*:3000", None)]
    #[case("http://*.app.test", None)]
    fn an_origin_is_read(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(origin(text).ok().as_deref(), expected);
    }
}
